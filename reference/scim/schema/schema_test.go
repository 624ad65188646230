package schema_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func TestFromElimityKeepsCharacteristics(t *testing.T) {
	user, group := schema.UserType(), schema.GroupType()
	if user.Core.URN != "urn:ietf:params:scim:schemas:core:2.0:User" || len(user.Core.Attributes) != 21 {
		t.Fatalf("user schema: %s with %d attributes", user.Core.URN, len(user.Core.Attributes))
	}
	want := func(a *schema.Attribute, check func(*schema.Attribute) bool, what string) {
		t.Helper()
		if a == nil || !check(a) {
			t.Errorf("%s does not hold for %+v", what, a)
		}
	}
	want(user.Attribute("userName"), func(a *schema.Attribute) bool { return a.Required && a.Uniqueness == "server" && !a.CaseExact }, "required, unique")
	want(user.Attribute("password"), func(a *schema.Attribute) bool {
		return a.Mutability == schema.WriteOnly && a.Returned == schema.Never
	}, "write-only, never returned")
	want(user.Attribute("groups"), func(a *schema.Attribute) bool { return a.Mutability == schema.ReadOnly && a.MultiValued }, "read-only")
	want(user.Attribute("emails").SubAttribute("TYPE"), func(a *schema.Attribute) bool {
		return reflect.DeepEqual(a.Canonical, []string{"work", "home", "other"})
	}, "canonical values")
	want(group.Attribute("displayName"), func(a *schema.Attribute) bool { return a.Required }, "required")
	want(group.Attribute("members").SubAttribute("$ref"), func(a *schema.Attribute) bool {
		return a.Mutability == schema.Immutable && reflect.DeepEqual(a.References, []string{"User", "Group"})
	}, "immutable reference")
	want(group.Attribute("id"), func(a *schema.Attribute) bool { return a.Returned == schema.Always && a.CaseExact }, "always returned")
	want(group.Attribute("meta").SubAttribute("lastModified"), func(a *schema.Attribute) bool {
		return a.Type == schema.DateTime && a.Mutability == schema.ReadOnly
	}, "dateTime")
}

func TestResolve(t *testing.T) {
	user := schema.UserType()
	for path, want := range map[string]string{
		"USERNAME":       "userName",
		"name.GIVENNAME": "name.givenName",
		"meta.created":   "meta.created",
		"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName":       "name.familyName",
		"URN:IETF:params:scim:schemas:CORE:2.0:user:userName":              "userName",
		"urn:ietf:params:scim:schemas:core:2.0:User:id":                    "id",
		strings.ToUpper(enterprise) + ":department":                        enterprise + ":department",
		enterprise + ":manager.displayname":                                enterprise + ":manager.displayName",
		enterprise:                                                         enterprise,
		strings.ToLower(enterprise):                                        enterprise,
		"emails.value":                                                     "emails.value",
		"urn:ietf:params:scim:schemas:core:2.0:User:x509certificates.type": "x509Certificates.type",
	} {
		ref, err := user.Resolve(path)
		if err != nil || ref.String() != want {
			t.Errorf("Resolve(%q) = %q, %v; want %q", path, ref, err, want)
		}
	}
	for _, path := range []string{
		"", ".", "nope", "userName.x", "name.nope", "name.givenName.x", "department", "userName.", ".userName",
		"urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User:", enterprise + ":", enterprise + ":userName",
		"urn:example:other:userName", enterprise + "x:department", ":userName", enterprise + ".department",
	} {
		if ref, err := user.Resolve(path); err == nil {
			t.Errorf("Resolve(%q) = %q, want an error", path, ref)
		}
	}
}

func TestResolveLoose(t *testing.T) {
	user := schema.UserType()
	for path, want := range map[string]string{"manager": enterprise + ":manager", "manager.value": enterprise + ":manager.value", "title": "title"} {
		if ref, err := user.ResolveLoose(path); err != nil || ref.String() != want {
			t.Errorf("ResolveLoose(%q) = %q, %v; want %q", path, ref, err, want)
		}
	}
	if ref, err := user.ResolveLoose("nope"); err == nil {
		t.Errorf("ResolveLoose(nope) = %q", ref)
	}
	twice := schema.New("T", "/T", schema.Schema{URN: "urn:c"},
		schema.Schema{URN: "urn:a", Attributes: []schema.Attribute{{Name: "x", Type: schema.String}}},
		schema.Schema{URN: "urn:a:b", Attributes: []schema.Attribute{{Name: "x", Type: schema.String}}})
	if ref, err := twice.ResolveLoose("x"); err == nil {
		t.Errorf("an ambiguous name resolved to %q", ref)
	}
	if ref, err := twice.Resolve("urn:a:b:x"); err != nil || ref.String() != "urn:a:b:x" {
		t.Errorf("the longest URN should win, got %q, %v", ref, err)
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	doc, err := schema.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

func TestCanonicalise(t *testing.T) {
	user := schema.UserType()
	given := decode(t, `{"USERNAME":"Bj","nickname":null,"emails":[{"VALUE":"a@x","Primary":true},{}],"phoneNumbers":[],
		"name":{"GivenName":"B","familyName":null},"addresses":[{"nope":1}],"unknown":{"a":1},"urn:example:x":{"a":1},
		"`+strings.ToUpper(enterprise)+`":{"Department":"d","manager":{"value":"m","$REF":null},"nope":2},"displayName":""}`)
	before := schema.Clone(given)
	want := decode(t, `{"userName":"Bj","emails":[{"value":"a@x","primary":true}],"name":{"givenName":"B"},
		"`+enterprise+`":{"department":"d","manager":{"value":"m"}},"displayName":""}`)
	got, err := user.Canonicalise(given)
	if err != nil {
		t.Fatal(err)
	}
	if !schema.Same(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if !schema.Same(given, before) {
		t.Errorf("the input was changed: %v", given)
	}
	again, err := user.Canonicalise(got)
	if err != nil || !schema.Same(again, got) {
		t.Errorf("not idempotent: %v, %v", again, err)
	}
}

func TestCanonicaliseRefuses(t *testing.T) {
	user := schema.UserType()
	const invalidValue, invalidSyntax = scimerr.TypeInvalidValue, scimerr.TypeInvalidSyntax
	tests := []struct{ body, scimType, names string }{
		{`{"userName":5}`, invalidValue, "userName"},
		{`{"userName":["a"]}`, invalidValue, "userName"},
		{`{"active":"true"}`, invalidValue, "active"},
		{`{"active":1}`, invalidValue, "active"},
		{`{"emails":{"value":"a"}}`, invalidValue, "emails"},
		{`{"emails":"a"}`, invalidValue, "emails"},
		{`{"emails":["a"]}`, invalidValue, "emails[0]"},
		{`{"emails":[null]}`, invalidValue, "emails[0]"},
		{`{"emails":[{"value":"a"},{"value":1}]}`, invalidValue, "emails[1].value"},
		{`{"emails":[{"primary":"True"}]}`, invalidValue, "emails[0].primary"},
		{`{"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, invalidValue, "emails"},
		{`{"name":"x"}`, invalidValue, "name"},
		{`{"name":[]}`, invalidValue, "name"},
		{`{"profileUrl":"not a uri"}`, invalidValue, "profileUrl"},
		{`{"x509Certificates":[{"value":"%%"}]}`, invalidValue, "x509Certificates[0].value"},
		{`{"` + enterprise + `":"x"}`, invalidValue, enterprise},
		{`{"` + enterprise + `":{"manager":"m"}}`, invalidValue, enterprise + ":manager"},
		{`{"userName":"a","USERNAME":"b"}`, invalidSyntax, "userName"},
		{`{"userName":null,"USERNAME":"b"}`, invalidSyntax, "userName"},
		{`{"name":{"givenName":"a","GIVENNAME":"b"}}`, invalidValue, "name.givenName"},
	}
	for _, test := range tests {
		_, err := user.Canonicalise(decode(t, test.body))
		e, ok := scimerr.As(err)
		if !ok || e.ScimType != test.scimType || e.Status != 400 {
			t.Errorf("%s: got %v, want %s", test.body, err, test.scimType)
			continue
		}
		if !strings.Contains(e.Detail, test.names) {
			t.Errorf("%s: %q does not name %q", test.body, e.Detail, test.names)
		}
	}
}

func TestErrorsQuoteNoValue(t *testing.T) {
	_, err := schema.UserType().Canonicalise(map[string]any{"password": []any{"hunter2"}})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestScalars(t *testing.T) {
	kinds := map[string]*schema.Attribute{}
	for _, kind := range []string{schema.Integer, schema.Decimal, schema.DateTime, schema.Binary, schema.Reference, schema.Boolean} {
		kinds[kind] = &schema.Attribute{Name: "x", Type: kind}
	}
	good := []struct {
		kind string
		in   any
		out  any
	}{
		{schema.Integer, 5, int64(5)}, {schema.Integer, 5.0, int64(5)}, {schema.Integer, json.Number("9007199254740993"), int64(9007199254740993)},
		{schema.Decimal, json.Number("1"), json.Number("1.0")}, {schema.Decimal, json.Number("1e0"), json.Number("1.0")},
		{schema.Decimal, int64(2), json.Number("2.0")}, {schema.Decimal, json.Number("-1.5e2"), json.Number("-150.0")}, {schema.Decimal, json.Number("-0"), json.Number("0.0")},
		{schema.Decimal, json.Number("1e30"), json.Number("1.0e+30")}, {schema.Decimal, json.Number("2.5e-9"), json.Number("2.5e-09")},
		{schema.DateTime, "2011-05-13T04:42:34Z", "2011-05-13T04:42:34Z"}, {schema.DateTime, "2011-05-13T04:42:34.123456+02:00", "2011-05-13T04:42:34.123456+02:00"},
		{schema.DateTime, "2011-05-13T04:42:34", "2011-05-13T04:42:34Z"}, {schema.DateTime, "2011-05-13T04:42:34.5", "2011-05-13T04:42:34.5Z"}, {schema.DateTime, "2011-05-13T24:00:00.0Z", "2011-05-13T24:00:00.0Z"}, {schema.DateTime, "2011-05-13T24:00:00", "2011-05-13T24:00:00Z"}, {schema.DateTime, "", ""},
		{schema.Binary, "aGk", "aGk"}, {schema.Binary, "aGk=", "aGk="}, {schema.Binary, "-_-_", "-_-_"}, {schema.Binary, "+/+/", "+/+/"},
		{schema.Reference, "../Users/1", "../Users/1"}, {schema.Reference, "urn:x:y", "urn:x:y"}, {schema.Boolean, false, false},
	}
	for _, g := range good {
		if got, err := kinds[g.kind].Value(g.in); err != nil || got != g.out {
			t.Errorf("%s %v: got %v (%T), %v", g.kind, g.in, got, got, err)
		}
	}
	bad := []struct {
		kind string
		in   any
	}{
		{schema.Integer, 5.5}, {schema.Integer, json.Number("42.0")}, {schema.Integer, json.Number("4e1")}, {schema.Integer, "5"}, {schema.Integer, 1e300},
		{schema.Decimal, "1.0"}, {schema.Decimal, json.Number("1e999")}, {schema.Decimal, true}, {schema.Decimal, math.NaN()},
		{schema.DateTime, "2011-05-13"}, {schema.DateTime, "2011-05-13 04:42:34Z"}, {schema.DateTime, "2011-05-13T04:42Z"}, {schema.DateTime, "2011-13-13T04:42:34Z"},
		{schema.DateTime, "2011-05-13T4:42:34Z0000"}, {schema.DateTime, "2011-05-13T24:00:01Z"}, {schema.DateTime, "2011-05-13T24:00:00.1Z"}, {schema.DateTime, "2011-05-13T04:42:34,5Z"}, {schema.DateTime, 5},
		{schema.DateTime, "2011-05-13T04:42:34+15:00"}, {schema.Binary, "a"}, {schema.Binary, "aGk=="}, {schema.Binary, "aGkx===="}, {schema.Binary, "+_+_"}, {schema.Binary, "aG k"}, {schema.Binary, "aG\nk"}, {schema.Reference, "a b"}, {schema.Reference, "%zz"}, {schema.Reference, "http://[x"},
	}
	for _, b := range bad {
		if got, err := kinds[b.kind].Value(b.in); err == nil {
			t.Errorf("%s %v was accepted as %v", b.kind, b.in, got)
		}
	}
}

func TestStripReadOnlyAndCheckRequired(t *testing.T) {
	user := schema.UserType()
	doc := decode(t, `{"id":"1","meta":{"version":"v"},"schemas":["x"],"userName":"a","externalId":"e","groups":[{"value":"g"}],
		"`+enterprise+`":{"manager":{"displayName":"Boss"}}}`)
	user.StripReadOnly(doc)
	if want := decode(t, `{"userName":"a","externalId":"e"}`); !schema.Same(doc, want) {
		t.Errorf("got %v", doc)
	}
	for body, missing := range map[string]string{`{"userName":"a"}`: "", `{}`: "userName", `{"userName":""}`: "userName"} {
		err := user.CheckRequired(decode(t, body))
		if (err == nil) != (missing == "") || err != nil && !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", body, err)
		}
	}
	inner := schema.Attribute{Name: "c", Type: schema.Complex, MultiValued: true, Sub: []schema.Attribute{{Name: "r", Type: schema.String, Required: true}, {Name: "o", Type: schema.String}}}
	custom := schema.New("T", "/T", schema.Schema{URN: "urn:c", Attributes: []schema.Attribute{inner}}, schema.Schema{URN: "urn:x", Attributes: []schema.Attribute{{Name: "must", Type: schema.String, Required: true}, inner}})
	for body, want := range map[string]string{
		`{}`: "", `{"c":[{"r":"1"},{"o":"2"}]}`: "c.r", `{"urn:x":{"c":[{"r":"1"}]}}`: "urn:x:must", `{"urn:x":{"must":"1","c":[{"o":"1"}]}}`: "urn:x:c.r",
	} {
		err := custom.CheckRequired(decode(t, body))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestDecode(t *testing.T) {
	doc := decode(t, ` {"a":[1,{"b":null}],"c":"d"} `)
	if want := (map[string]any{"a": []any{json.Number("1"), map[string]any{"b": nil}}, "c": "d"}); !reflect.DeepEqual(doc, want) {
		t.Errorf("got %v", doc)
	}
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	decode(t, deep(schema.MaxDepth-1))
	for _, body := range []string{
		"", " ", "null", "[]", `"x"`, "5", "{", `{"a"`, `{"a":1`, `{"a":1,}`, `{"a":1} x`, `{"a":1}{}`, `{"a":1,"a":2}`, `{"b":{"a":1,"a":2}}`,
		"{\"a\":\"\xff\"}", "\ufeff{}", deep(schema.MaxDepth), deep(100000), `{1:2}`, `{"a":[1 2]}`, `{"a" "b"}`, `{"a":01}`, `{"a":tru}`,
	} {
		_, err := schema.Decode([]byte(body))
		if e, ok := scimerr.As(err); !ok || e.ScimType != scimerr.TypeInvalidSyntax || e.Status != 400 {
			t.Errorf("%.40q: got %v", body, err)
		}
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	letters := []string{"a", "A", "k", "K", "\u212a", "s", "ſ", "ß", "ẞ", "i", "I", "ı", "İ", "σ", "ς", "Σ", "é", "É", "1", "µ", "μ"}
	for _, a := range letters {
		for _, b := range letters {
			if got, want := schema.Fold("x"+a) == schema.Fold("x"+b), strings.EqualFold(a, b); got != want {
				t.Errorf("Fold(%q) == Fold(%q) is %v, EqualFold says %v", a, b, got, want)
			}
		}
	}
}

func TestSameAndEqual(t *testing.T) {
	same := [][2]any{
		{1, 1.0}, {json.Number("1e0"), int64(1)}, {[]string{"a"}, []any{"a"}}, {[]map[string]any{{"a": 1}}, []any{map[string]any{"a": 1.0}}}, {nil, nil}, {true, true},
	}
	for _, p := range same {
		if !schema.Same(p[0], p[1]) {
			t.Errorf("%v and %v should be the same", p[0], p[1])
		}
	}
	differ := [][2]any{{1, "1"}, {nil, ""}, {nil, false}, {"a", "A"}, {[]any{1, 2}, []any{2, 1}}, {map[string]any{"a": nil}, map[string]any{}}, {map[string]any{"a": nil}, map[string]any{"b": nil}}, {[]any{}, nil}}
	for _, p := range differ {
		if schema.Same(p[0], p[1]) || schema.Same(p[1], p[0]) {
			t.Errorf("%v and %v should differ", p[0], p[1])
		}
	}
	emails := schema.UserType().Attribute("emails")
	if !emails.Equal(map[string]any{"value": "A@X", "primary": false}, map[string]any{"value": "a@x"}) {
		t.Error("values should be equal but for case and the default of primary")
	}
	photos := schema.UserType().Attribute("photos")
	if photos.Equal(map[string]any{"value": "http://x/A"}, map[string]any{"value": "http://x/a"}) {
		t.Error("references are case-exact")
	}
	when := schema.Attribute{Type: schema.DateTime}
	if !when.Equal("2011-05-13T04:42:34Z", "2011-05-13T06:42:34.000+02:00") || when.Equal("2011-05-13T04:42:34Z", nil) {
		t.Error("times are equal as instants")
	}
}

func TestIsEmpty(t *testing.T) {
	for _, v := range []any{nil, "", []any{}, []any{""}, []string{""}, map[string]any{}, map[string]any{"a": nil, "b": []any{map[string]any{}}}} {
		if !schema.IsEmpty(v) {
			t.Errorf("%v should be empty", v)
		}
	}
	for _, v := range []any{"a", false, 0, []any{false}, map[string]any{"a": "x"}} {
		if schema.IsEmpty(v) {
			t.Errorf("%v should not be empty", v)
		}
	}
}
