package projection_test

import (
	"strings"
	"testing"

	"assay/reference/scim/projection"
	"assay/reference/scim/schema"
)

const (
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	core       = "urn:ietf:params:scim:schemas:core:2.0:User"
)

// userType is the User with one more extension, for the "returned" values that the standard schemas do not use.
func userType() *schema.Type {
	t := schema.UserType()
	text := func(name, returned string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.String, Returned: returned}
	}
	t.Extensions = append(t.Extensions,
		schema.Schema{URN: "urn:x:A", Attributes: []schema.Attribute{
			text("onRequest", schema.Request), text("usual", schema.Default), text("hidden", schema.Never),
			{Name: "list", Type: schema.Complex, MultiValued: true, Returned: schema.Default, Sub: []schema.Attribute{
				text("key", schema.Always), text("usual", schema.Default), text("onRequest", schema.Request), text("hidden", schema.Never)}},
		}},
		schema.Schema{URN: "urn:x:B", Attributes: []schema.Attribute{text("hidden", schema.Never)}})
	return t
}

const document = `{
	"schemas": ["` + core + `", "` + enterprise + `", "urn:x:A", "urn:x:B"], "id": "1", "externalId": "e", "userName": "bj", "title": "T", "password": "secret", "notInSchema": 1,
	"name": {"givenName": "B", "familyName": "J"}, "meta": {"version": "v", "location": "l"},
	"emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}],
	"` + enterprise + `": {"department": "D", "manager": {"value": "m", "displayName": "M"}},
	"urn:x:A": {"onRequest": "r", "usual": "u", "hidden": "h", "list": [{"key": "k", "usual": "u", "onRequest": "r", "hidden": "h"}]},
	"urn:x:B": {"hidden": "h"}
}`

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	doc, err := schema.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

const (
	always   = `"id":"1"`
	schemaU  = `"schemas":["` + core + `"]`
	schemaUE = `"schemas":["` + core + `","` + enterprise + `"]`
	schemaUA = `"schemas":["` + core + `","urn:x:A"]`
	aDefault = `"urn:x:A":{"usual":"u","list":[{"key":"k","usual":"u"}]}`
)

func TestApply(t *testing.T) {
	all := `{"schemas":["` + core + `","` + enterprise + `","urn:x:A"],` + always + `,"externalId":"e","userName":"bj","title":"T","name":{"givenName":"B","familyName":"J"},"meta":{"version":"v","location":"l"},
		"emails":[{"value":"a@x","type":"work"},{"value":"b@x"}],"` + enterprise + `":{"department":"D","manager":{"value":"m","displayName":"M"}},` + aDefault + `}`
	tests := []struct{ attributes, excluded, want string }{
		{"", "", all},
		{"", "nope,id,schemas,ID, ,name.nope", all},
		// RFC 7644 section 3.9.
		{"userName", "", `{` + schemaU + `,` + always + `,"userName":"bj"}`},
		{" USERNAME , nope ", "", `{` + schemaU + `,` + always + `,"userName":"bj"}`},
		{core + ":userName," + strings.ToUpper(core) + ":TITLE", "", `{` + schemaU + `,` + always + `,"userName":"bj","title":"T"}`},
		{"nope", "", `{` + schemaU + `,` + always + `}`},
		{"name.givenName,meta.location,emails.TYPE", "", `{` + schemaU + `,` + always + `,"name":{"givenName":"B"},"meta":{"location":"l"},"emails":[{"type":"work"}]}`},
		{"name,name.givenName", "", `{` + schemaU + `,` + always + `,"name":{"givenName":"B","familyName":"J"}}`},
		{"emails.display", "", `{` + schemaU + `,` + always + `}`},
		{"userName", "userName", `{` + schemaU + `,` + always + `,"userName":"bj"}`},
		// Never and on request.
		{"password,urn:x:A:hidden,urn:x:A:list.hidden,urn:x:B,notInSchema", "", `{` + schemaUA + `,` + always + `,"urn:x:A":{"list":[{"key":"k"}]}}`},
		{"urn:x:A:onRequest", "", `{` + schemaUA + `,` + always + `,"urn:x:A":{"onRequest":"r"}}`},
		{"urn:x:A:list.onRequest", "", `{` + schemaUA + `,` + always + `,"urn:x:A":{"list":[{"key":"k","onRequest":"r"}]}}`},
		{"urn:x:A:list", "", `{` + schemaUA + `,` + always + `,"urn:x:A":{"list":[{"key":"k","usual":"u"}]}}`},
		// Extensions.
		{strings.ToLower(enterprise), "", `{` + schemaUE + `,` + always + `,"` + enterprise + `":{"department":"D","manager":{"value":"m","displayName":"M"}}}`},
		{enterprise + ":department", "", `{` + schemaUE + `,` + always + `,"` + enterprise + `":{"department":"D"}}`},
		{enterprise + ":manager.value", "", `{` + schemaUE + `,` + always + `,"` + enterprise + `":{"manager":{"value":"m"}}}`},
		{"department", "", `{` + schemaUE + `,` + always + `,"` + enterprise + `":{"department":"D"}}`},
		{core, "", `{` + schemaU + `,` + always + `,"userName":"bj","title":"T","name":{"givenName":"B","familyName":"J"},"emails":[{"value":"a@x","type":"work"},{"value":"b@x"}]}`},
		// Excluding.
		{"", "externalId,userName,title,name.familyName,meta,emails.value,urn:x:A," + enterprise + ":manager", `{` + schemaUE + `,` + always + `,"name":{"givenName":"B"},"emails":[{"type":"work"}],"` + enterprise + `":{"department":"D"}}`},
		{"", "meta,externalId," + core + "," + enterprise + ",urn:x:A:usual,urn:x:A:list.key,urn:x:A:list.usual", `{` + schemaUA + `,` + always + `,"urn:x:A":{"list":[{"key":"k"}]}}`},
	}
	user := userType()
	for _, test := range tests {
		doc := decode(t, document)
		got := projection.Apply(user, doc, split(test.attributes), split(test.excluded))
		if want := decode(t, test.want); !schema.Same(got, want) {
			t.Errorf("attributes=%s excludedAttributes=%s\ngot  %v\nwant %v", test.attributes, test.excluded, got, want)
		}
		if !schema.Same(doc, decode(t, document)) {
			t.Errorf("attributes=%s changed the document", test.attributes)
		}
	}
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func TestApplyOnOddDocuments(t *testing.T) {
	user := userType()
	got := projection.Apply(user, map[string]any{"id": "1", "emails": []map[string]any{{"value": "a"}}, "name": nil, "phoneNumbers": []any{"x"}, enterprise: "x", "ims": []any{}}, nil, nil)
	if want := (map[string]any{"id": "1", "emails": []any{map[string]any{"value": "a"}}}); !schema.Same(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestWants(t *testing.T) {
	group := schema.GroupType()
	tests := []struct {
		attr, attributes, excluded string
		want                       bool
	}{
		{"members", "", "", true},
		{"members", "displayName", "", false},
		{"members", "displayName,Members.value", "", true},
		{"MEMBERS", "", "members", false},
		{"members", "", "members.display", true},
		{"members", "", "urn:ietf:params:scim:schemas:core:2.0:Group:members", false},
		{"id", "displayName", "", true},
		{"nope", "", "", false},
	}
	for _, test := range tests {
		if got := projection.Wants(group, test.attr, split(test.attributes), split(test.excluded)); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
	if projection.Wants(schema.UserType(), "password", []string{"password"}, nil) {
		t.Error("a password is never returned")
	}
}

func BenchmarkApply(b *testing.B) {
	user := userType()
	doc, err := schema.Decode([]byte(document))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		projection.Apply(user, doc, nil, nil)
	}
}
