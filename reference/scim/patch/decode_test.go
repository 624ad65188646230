package patch_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"assay/reference/scim/patch"
	"assay/reference/scim/scimerr"
)

func TestDecode(t *testing.T) {
	ops, err := patch.Decode([]byte(`{"SCHEMAS":["URN:ietf:params:scim:api:messages:2.0:PatchOp"],"operations":[
		{"OP":"Add","Path":"title","VALUE":1,"name":"ignored"},{"op":"REMOVE","path":"title"},{"op":"replace","path":null,"value":null}],"other":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []patch.Operation{
		{Op: patch.Add, Said: "Add", Path: "title", Value: json.Number("1"), HasValue: true},
		{Op: patch.Remove, Said: "REMOVE", Path: "title"},
		{Op: patch.Replace, Said: "replace", HasValue: true},
	}
	if !reflect.DeepEqual(ops, want) {
		t.Errorf("got %+v", ops)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const schemas = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
	const syntax = scimerr.TypeInvalidSyntax
	operation := func(o string) string { return `{` + schemas + `,"Operations":[` + o + `]}` }
	tests := []struct{ body, scimType string }{
		{``, syntax},
		{`[]`, syntax},
		{`{}`, syntax},
		{`{"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":[],"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":null,"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":"urn:ietf:params:scim:api:messages:2.0:PatchOp","Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOps"],"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{"schemas":[5],"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{` + schemas + `,"Schemas":["x"],"Operations":[{"op":"remove","path":"title"}]}`, syntax},
		{`{` + schemas + `}`, syntax},
		{`{` + schemas + `,"Operations":null}`, syntax},
		{`{` + schemas + `,"Operations":[]}`, syntax},
		{`{` + schemas + `,"Operations":{"op":"remove","path":"title"}}`, syntax},
		{`{` + schemas + `,"Operations":[{"op":"remove","path":"title"}],"operations":[]}`, syntax},
		{`{` + schemas + `,"Operations":[{"op":"remove","path":"title"}]}{}`, syntax},
		{operation(`"x"`), syntax},
		{operation(`{}`), syntax},
		{operation(`{"path":"title","value":"x"}`), syntax},
		{operation(`{"op":"","path":"title","value":"x"}`), syntax},
		{operation(`{"op":null,"path":"title","value":"x"}`), syntax},
		{operation(`{"op":1,"path":"title","value":"x"}`), syntax},
		{operation(`{"op":"move","from":"nickName","path":"title"}`), syntax},
		{operation(`{"op":"copy","from":"nickName","path":"title"}`), syntax},
		{operation(`{"op":"test","path":"title","value":"x"}`), syntax},
		{operation(`{"op":"` + strings.Repeat("x", 10000) + `","path":"title"}`), syntax},
		{operation(`{"op":"add","OP":"remove","path":"title","value":"x"}`), syntax},
		{operation(`{"op":"add","op":"add","path":"title","value":"x"}`), syntax},
		{operation(`{"op":"add","path":5,"value":"x"}`), scimerr.TypeInvalidPath},
		{operation(`{"op":"add","path":"title"}`), scimerr.TypeInvalidValue},
		{operation(`{"op":"replace","path":"title"}`), scimerr.TypeInvalidValue},
		{operation(`{"op":"remove"}`), scimerr.TypeNoTarget},
		{operation(`{"op":"remove","path":"","value":{"title":"x"}}`), scimerr.TypeNoTarget},
	}
	for _, test := range tests {
		ops, err := patch.Decode([]byte(test.body))
		e, ok := scimerr.As(err)
		if !ok || e.ScimType != test.scimType || e.Status != 400 || len(e.Detail) > 300 {
			t.Errorf("%.200s: got %v, %v, want %s", test.body, ops, err, test.scimType)
		}
	}
}

func TestDecodeLimitsOperations(t *testing.T) {
	body := func(n int) []byte {
		list := strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"title"},`, n), ",")
		return []byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + list + `]}`)
	}
	if ops, err := patch.Decode(body(patch.MaxOperations)); err != nil || len(ops) != patch.MaxOperations {
		t.Errorf("%d operations: %v", len(ops), err)
	}
	_, err := patch.Decode(body(patch.MaxOperations + 1))
	if e, ok := scimerr.As(err); !ok || e.Status != 413 {
		t.Errorf("got %v, want 413", err)
	}
}
