package patch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

const (
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	custom     = "urn:example:T"
)

// userType is the User with one more extension, for the characteristics that the standard schemas do not use.
func userType() *schema.Type {
	t := schema.UserType()
	text := func(name, mutability string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.String, Mutability: mutability}
	}
	badge := schema.Attribute{Name: "badge", Type: schema.Complex, Sub: []schema.Attribute{
		text("serial", schema.Immutable), text("colour", schema.ReadWrite), text("issuer", schema.ReadOnly), {Name: "kind", Type: schema.String, Required: true}}}
	t.Extensions = append(t.Extensions, schema.Schema{URN: custom, Attributes: []schema.Attribute{
		text("hired", schema.Immutable), text("level", schema.ReadOnly), badge,
		{Name: "tags", Type: schema.String, MultiValued: true}, {Name: "count", Type: schema.Integer}, {Name: "ratio", Type: schema.Decimal},
		{Name: "since", Type: schema.DateTime}, {Name: "slots", Type: schema.Integer, MultiValued: true},
	}})
	return t
}

const bjensen = `{
	"id": "2819c223", "externalId": "bj", "meta": {"version": "1"}, "userName": "bjensen", "nickName": "Babs", "active": true,
	"name": {"givenName": "Barbara", "familyName": "Jensen"},
	"emails": [{"value": "b@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
	"addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood"}, {"type": "home", "locality": "Burbank", "primary": true}],
	"groups": [{"value": "g1"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tours", "manager": {"value": "m1", "displayName": "John"}},
	"urn:example:T": {"hired": "2001", "level": "9", "tags": ["red", "Blue"], "badge": {"serial": "s1", "kind": "k", "issuer": "i"}}
}`

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	doc, err := schema.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// operations decodes a PATCH body with the given operations.
func operations(t testing.TB, list string) []patch.Operation {
	t.Helper()
	ops, err := patch.Decode([]byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + list + `]}`))
	if err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	return ops
}

type example struct {
	name string
	ops  string
	want string // the attributes that differ from before, null for one that is gone
}

// check applies each example to a fresh copy and compares the whole document.
func check(t *testing.T, kind *schema.Type, document string, examples []example) {
	t.Helper()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			doc, want := decode(t, document), decode(t, document)
			for name, value := range decode(t, e.want) {
				want[name] = value
				if value == nil {
					delete(want, name)
				}
			}
			if err := patch.Apply(kind, doc, operations(t, e.ops)); err != nil {
				t.Fatalf("%s: %v", e.ops, err)
			}
			if !schema.Same(doc, want) {
				t.Errorf("%s:\ngot  %v\nwant %v", e.ops, doc, want)
			}
		})
	}
}

const street = `"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave","locality":"Hollywood"},{"type":"home","locality":"Burbank","primary":true}]`

func TestRFC7644Examples(t *testing.T) {
	check(t, userType(), bjensen, []example{
		{"3.5.2.1 add without path", `{"op":"add","value":{"emails":[{"value":"babs@new.org","type":"home"}],"nickname":"B"}}`,
			`{"nickName":"B","emails":[{"value":"b@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"},{"value":"babs@new.org","type":"home"}]}`},
		{"3.5.2.2 remove by complex filter", `{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"3.5.2.3 replace the work address", `{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911","primary":true}}`,
			`{"addresses":[{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911","primary":true},{"type":"home","locality":"Burbank","primary":false}]}`},
		{"3.5.2.3 replace a sub-attribute", `{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}`, `{` + street + `}`},
		{"3.5.2 implicit extension", `{"op":"add","path":"urn:example:T:count","value":5}`, `{"urn:example:T":{"count":5,"hired":"2001","level":"9","tags":["red","Blue"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
	})
	check(t, schema.GroupType(), `{"displayName":"g","members":[{"value":"2819c223","display":"Babs"},{"value":"m2"}]}`, []example{
		{"add a member", `{"op":"add","path":"members","value":[{"display":"J","$ref":"https://example.com/v2/Users/08e1d05d","value":"08e1d05d"}]}`,
			`{"members":[{"value":"2819c223","display":"Babs"},{"value":"m2"},{"display":"J","$ref":"https://example.com/v2/Users/08e1d05d","value":"08e1d05d"}]}`},
		{"add a member again", `{"op":"add","path":"members","value":[{"display":"Barbara","value":"2819c223"}]}`, `{}`},
		{"remove a member", `{"op":"remove","path":"members[value eq\"2819c223\"]"}`, `{"members":[{"value":"m2"}]}`},
		{"remove one who is no member", `{"op":"remove","path":"members[value eq \"none\"]"}`, `{}`},
		{"remove all members", `{"op":"remove","path":"members"}`, `{"members":null}`},
		{"remove and add", `{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}`, `{"members":[{"value":"a"},{"value":"b"}]}`},
		{"replace all", `{"op":"replace","path":"members","value":[{"value":"a"}]}`, `{"members":[{"value":"a"}]}`},
	})
}

func TestAdd(t *testing.T) {
	const emails = `{"value":"b@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}`
	check(t, userType(), bjensen, []example{
		{"simple, absent", `{"op":"add","path":"title","value":"T"}`, `{"title":"T"}`},
		{"simple, present", `{"op":"ADD","path":"NICKNAME","value":"T"}`, `{"nickName":"T"}`},
		{"same simple", `{"op":"add","path":"nickName","value":"Babs"}`, `{}`},
		{"complex merges", `{"op":"add","path":"name","value":{"MiddleName":"J","familyName":"X"}}`, `{"name":{"givenName":"Barbara","familyName":"X","middleName":"J"}}`},
		{"sub-attribute", `{"op":"add","path":"name.middleName","value":"J"}`, `{"name":{"givenName":"Barbara","familyName":"Jensen","middleName":"J"}}`},
		{"single value is wrapped", `{"op":"add","path":"emails","value":{"value":"c@x"}}`, `{"emails":[` + emails + `,{"value":"c@x"}]}`},
		{"existing value, other case", `{"op":"add","path":"emails","value":[{"value":"B@EXAMPLE.com","type":"Work","primary":true}]}`, `{}`},
		{"existing value gets a label", `{"op":"add","path":"emails","value":[{"value":"b@example.com","type":"work","display":"B"}]}`, `{"emails":[{"value":"b@example.com","type":"work","primary":true,"display":"B"},{"value":"babs@jensen.org","type":"home"}]}`},
		{"same value, other type", `{"op":"add","path":"emails","value":[{"value":"b@example.com","type":"other"}]}`, `{"emails":[` + emails + `,{"value":"b@example.com","type":"other"}]}`},
		{"existing value, no type", `{"op":"add","path":"emails","value":[{"value":"b@example.com"}]}`, `{}`},
		{"untyped value gets its type", `{"op":"add","path":"ims","value":[{"value":"i"}]},{"op":"add","path":"ims","value":[{"value":"i","type":"aim"},{"value":"i","type":"icq"},{"value":"I","type":"AIM"}]}`, `{"ims":[{"value":"i","type":"aim"},{"value":"i","type":"icq"}]}`},
		{"twice the same in one operation", `{"op":"add","path":"emails","value":[{"value":"c@x"},{"value":"C@x"}]}`, `{"emails":[` + emails + `,{"value":"c@x"}]}`},
		{"existing address", `{"op":"add","path":"addresses","value":[{"type":"home","locality":"Burbank","primary":true}]}`, `{}`},
		{"primary moves", `{"op":"add","path":"emails","value":[{"value":"c@x","primary":true}]}`, `{"emails":[{"value":"b@example.com","type":"work","primary":false},{"value":"babs@jensen.org","type":"home"},{"value":"c@x","primary":true}]}`},
		{"primary moves to an existing value", `{"op":"add","path":"emails","value":[{"value":"babs@jensen.org","type":"home","primary":true},{"value":"b@example.com","type":"work"}]}`, `{"emails":[{"value":"b@example.com","type":"work","primary":false},{"value":"babs@jensen.org","type":"home","primary":true}]}`},
		{"simple multi-valued", `{"op":"add","path":"urn:example:T:tags","value":["RED","green"]}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["red","Blue","green"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
		{"null and empty add nothing", `{"op":"add","path":"emails","value":null},{"op":"add","path":"emails","value":[]},{"op":"add","path":"emails[type eq \"x\"]","value":null},{"op":"add","path":"emails[type eq \"work\"]","value":null}`, `{}`},
		{"value filter that matches", `{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"B"}}`, `{"emails":[{"value":"b@example.com","type":"work","primary":true,"display":"B"},{"value":"babs@jensen.org","type":"home"}]}`},
		{"value filter creates", `{"op":"add","path":"emails[type eq \"other\"].value","value":"o@x"}`, `{"emails":[` + emails + `,{"type":"other","value":"o@x"}]}`},
		{"value filter creates with an object", `{"op":"add","path":"phoneNumbers[type eq \"work\" and primary eq true]","value":[{"value":"1"}]}`, `{"phoneNumbers":[{"type":"work","primary":true,"value":"1"}]}`},
		{"created value takes primary", `{"op":"add","path":"emails[type eq \"other\" and primary eq true].value","value":"o@x"}`, `{"emails":[{"value":"b@example.com","type":"work","primary":false},{"value":"babs@jensen.org","type":"home"},{"type":"other","primary":true,"value":"o@x"}]}`},
		{"sub-attribute of no values creates one", `{"op":"add","path":"ims.value","value":"i"}`, `{"ims":[{"value":"i"}]}`},
		{"whole extension", `{"op":"add","path":"` + enterprise + `","value":{"COSTCENTER":"c","department":"D"}}`, `{"` + enterprise + `":{"department":"D","costCenter":"c","manager":{"value":"m1","displayName":"John"}}}`},
		{"immutable without value", `{"op":"remove","path":"urn:example:T:badge"},{"op":"add","path":"urn:example:T:badge","value":{"serial":"n","kind":"k"}}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["red","Blue"],"badge":{"serial":"n","kind":"k"}}}`},
		{"immutable with the same value", `{"op":"add","path":"urn:example:T:hired","value":"2001"}`, `{}`},
		{"numbers", `{"op":"add","value":{"urn:example:T:count":7,"urn:example:T:ratio":2}}`, `{"urn:example:T":{"count":7,"ratio":2,"hired":"2001","level":"9","tags":["red","Blue"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
	})
}

func TestReplace(t *testing.T) {
	check(t, userType(), bjensen, []example{
		{"simple", `{"op":"Replace","path":"active","value":false}`, `{"active":false}`},
		{"absent acts as add", `{"op":"replace","path":"title","value":"T"}`, `{"title":"T"}`},
		{"complex keeps the rest", `{"op":"replace","path":"name","value":{"familyName":"X"}}`, `{"name":{"givenName":"Barbara","familyName":"X"}}`},
		{"complex with null and empty parts", `{"op":"replace","path":"name","value":{"familyName":null,"givenName":null}}`, `{"name":null}`},
		{"multi-valued", `{"op":"replace","path":"emails","value":[{"value":"n@x"}]}`, `{"emails":[{"value":"n@x"}]}`},
		{"empty text is a value", `{"op":"replace","path":"nickName","value":""}`, `{"nickName":""}`},
		{"null and [] unassign", `{"op":"replace","path":"nickName","value":null},{"op":"replace","path":"emails","value":[]},{"op":"replace","path":"name","value":null},{"op":"replace","path":"addresses","value":null}`, `{"nickName":null,"emails":null,"name":null,"addresses":null}`},
		{"sub-attribute null", `{"op":"replace","path":"name.givenName","value":null},{"op":"replace","path":"emails[type eq \"work\"].type","value":null}`, `{"name":{"familyName":"Jensen"},"emails":[{"value":"b@example.com","primary":true},{"value":"babs@jensen.org","type":"home"}]}`},
		{"null by value filter removes the value", `{"op":"replace","path":"emails[type eq \"work\"]","value":null}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"all that match", `{"op":"replace","path":"emails[value pr].display","value":"d"}`, `{"emails":[{"value":"b@example.com","type":"work","primary":true,"display":"d"},{"value":"babs@jensen.org","type":"home","display":"d"}]}`},
		{"every value", `{"op":"replace","path":"emails.type","value":"other"}`, `{"emails":[{"value":"b@example.com","type":"other","primary":true},{"value":"babs@jensen.org","type":"other"}]}`},
		{"primary by path", `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, `{"emails":[{"value":"b@example.com","type":"work","primary":false},{"value":"babs@jensen.org","type":"home","primary":true}]}`},
		{"simple value by filter", `{"op":"replace","path":"urn:example:T:tags[value eq \"RED\"]","value":"green"}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["green","Blue"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
		{"no path merges", `{"op":"replace","value":{"nickName":"N","name":{"middleName":"M"},"emails":[{"value":"n@x"}],"addresses":null}}`, `{"nickName":"N","name":{"givenName":"Barbara","familyName":"Jensen","middleName":"M"},"emails":[{"value":"n@x"}],"addresses":null}`},
		{"Okta sends the id along", `{"op":"replace","value":{"id":"other","active":false,"meta":{"version":"9"},"schemas":["x"],"groups":[{"value":"g2"}]}}`, `{"active":false}`},
		{"Entra verbose", `{"op":"Add","value":{"DISPLAYNAME":"D","name.givenName":"G","emails[type eq \"work\"].value":"w@x","` + enterprise + `:department":"X","` + strings.ToLower(enterprise) + `:manager":{"value":"m2","displayName":"Eve"}}}`,
			`{"displayName":"D","name":{"givenName":"G","familyName":"Jensen"},"emails":[{"value":"w@x","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"` + enterprise + `":{"department":"X","manager":{"value":"m2","displayName":"John"}}}`},
		{"extension container", `{"op":"replace","value":{"` + strings.ToUpper(enterprise) + `":{"Department":null,"manager.value":"m3"}}}`, `{"` + enterprise + `":{"manager":{"value":"m3","displayName":"John"}}}`},
		{"read-only part of an object is ignored", `{"op":"replace","path":"` + enterprise + `:manager","value":{"value":"m2","displayName":"Eve"}}`, `{"` + enterprise + `":{"department":"Tours","manager":{"value":"m2","displayName":"John"}}}`},
		{"in order, the last wins", `{"op":"replace","path":"title","value":"1"},{"op":"remove","path":"title"},{"op":"add","path":"title","value":"2"},{"op":"replace","path":"title","value":"3"}`, `{"title":"3"}`},
		{"common attribute", `{"op":"replace","path":"externalId","value":"x"}`, `{"externalId":"x"}`},
		{"password", `{"op":"replace","path":"password","value":"p"}`, `{"password":"p"}`},
		{"immutable parts that stay the same", `{"op":"replace","path":"urn:example:T:badge","value":{"serial":"S1","colour":"c"}}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["red","Blue"],"badge":{"serial":"s1","kind":"k","colour":"c","issuer":"i"}}}`},
	})
}

func TestRemove(t *testing.T) {
	check(t, userType(), bjensen, []example{
		{"simple", `{"op":"Remove","path":"nickName"}`, `{"nickName":null}`},
		{"absent", `{"op":"remove","path":"title"},{"op":"remove","path":"name.middleName"},{"op":"remove","path":"ims"},{"op":"remove","path":"ims[type eq \"x\"]"},{"op":"remove","path":"ims.value"},{"op":"remove","path":"emails[type eq \"x\"].value"}`, `{}`},
		{"sub-attribute", `{"op":"remove","path":"name.givenName"}`, `{"name":{"familyName":"Jensen"}}`},
		{"last sub-attribute", `{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}`, `{"name":null}`},
		{"multi-valued", `{"op":"remove","path":"emails"}`, `{"emails":null}`},
		{"last values", `{"op":"remove","path":"emails[type eq \"work\"]"},{"op":"remove","path":"emails[type eq \"home\"]"}`, `{"emails":null}`},
		{"sub-attribute of matching values", `{"op":"remove","path":"emails[type eq \"home\"].type"}`, `{"emails":[{"value":"b@example.com","type":"work","primary":true},{"value":"babs@jensen.org"}]}`},
		{"sub-attribute of every value", `{"op":"remove","path":"emails.type"},{"op":"remove","path":"emails.primary"}`, `{"emails":[{"value":"b@example.com"},{"value":"babs@jensen.org"}]}`},
		{"simple value by filter", `{"op":"remove","path":"urn:example:T:tags[value eq \"red\"]"}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["Blue"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
		{"whole extension", `{"op":"remove","path":"` + enterprise + `"}`, `{"` + enterprise + `":null}`},
		{"last attribute of an extension", `{"op":"remove","path":"` + enterprise + `:manager"},{"op":"remove","path":"` + enterprise + `:department"}`, `{"` + enterprise + `":null}`},
		{"listed values (Entra)", `{"op":"Remove","path":"emails","value":[{"$ref":null,"value":"B@example.com"},{"value":"none@x"}]}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"listed value of another type stays", `{"op":"remove","path":"emails","value":[{"value":"b@example.com","type":"home"}]}`, `{}`},
		{"listed value, label ignored", `{"op":"remove","path":"emails","value":{"value":"b@example.com","type":"work","display":"?","primary":false}}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"listed as a string", `{"op":"remove","path":"emails","value":["b@example.com"]}`, `{"emails":[{"value":"babs@jensen.org","type":"home"}]}`},
		{"listed without value", `{"op":"remove","path":"addresses","value":[{"type":"work","locality":"Hollywood"},{"type":"home","locality":"Elsewhere"}]}`, `{"addresses":[{"type":"home","locality":"Burbank","primary":true}]}`},
		{"an empty list removes nothing", `{"op":"remove","path":"emails","value":[]},{"op":"remove","path":"emails","value":[{}]},{"op":"remove","path":"emails","value":[{"primary":true}]}`, `{}`},
		{"null as value removes all", `{"op":"remove","path":"emails","value":null}`, `{"emails":null}`},
		{"listed simple values", `{"op":"remove","path":"urn:example:T:tags","value":["RED","none"]}`, `{"urn:example:T":{"hired":"2001","level":"9","tags":["Blue"],"badge":{"serial":"s1","kind":"k","issuer":"i"}}}`},
	})
}

func TestApplyRefuses(t *testing.T) {
	const (
		mutability    = scimerr.TypeMutability
		invalidValue  = scimerr.TypeInvalidValue
		invalidPath   = scimerr.TypeInvalidPath
		invalidFilter = scimerr.TypeInvalidFilter
		invalidSyntax = scimerr.TypeInvalidSyntax
		noTarget      = scimerr.TypeNoTarget
	)
	tests := []struct{ ops, scimType string }{
		// Read-only, immutable, required.
		{`{"op":"replace","path":"id","value":"x"}`, mutability},
		{`{"op":"remove","path":"meta"}`, mutability},
		{`{"op":"add","path":"meta.version","value":"x"}`, mutability},
		{`{"op":"add","path":"schemas","value":["x"]}`, mutability},
		{`{"op":"add","path":"groups","value":[{"value":"g"}]}`, mutability},
		{`{"op":"remove","path":"groups[value eq \"g1\"]"}`, mutability},
		{`{"op":"replace","path":"` + enterprise + `:manager.displayName","value":"x"}`, mutability},
		{`{"op":"replace","path":"urn:example:T:level","value":"x"}`, mutability},
		{`{"op":"replace","path":"urn:example:T:hired","value":"x"}`, mutability},
		{`{"op":"remove","path":"urn:example:T:hired"}`, mutability},
		{`{"op":"replace","value":{"urn:example:T":{"hired":"x"}}}`, mutability},
		{`{"op":"remove","path":"urn:example:T"}`, mutability},
		{`{"op":"replace","path":"urn:example:T:badge.serial","value":"x"}`, mutability},
		{`{"op":"remove","path":"urn:example:T:badge.serial"}`, mutability},
		{`{"op":"replace","path":"urn:example:T:badge","value":{"serial":"x"}}`, mutability},
		{`{"op":"remove","path":"userName"}`, mutability},
		{`{"op":"replace","path":"userName","value":null}`, mutability},
		{`{"op":"replace","path":"userName","value":""}`, mutability},
		{`{"op":"replace","value":{"userName":null}}`, mutability},
		{`{"op":"remove","path":"urn:example:T:badge.kind"}`, mutability},
		{`{"op":"remove","path":"urn:example:T:badge"},{"op":"add","path":"urn:example:T:badge","value":{"serial":"1"}}`, invalidValue},
		// Values.
		{`{"op":"replace","path":"active","value":"x"}`, invalidValue},
		{`{"op":"replace","path":"active","value":""}`, invalidValue},
		{`{"op":"replace","path":"nickName","value":5}`, invalidValue},
		{`{"op":"replace","path":"nickName","value":["a"]}`, invalidValue},
		{`{"op":"replace","path":"nickName","value":{"value":"a"}}`, invalidValue},
		{`{"op":"replace","path":"name","value":"x"}`, invalidValue},
		{`{"op":"replace","path":"name.givenName","value":true}`, invalidValue},
		{`{"op":"replace","path":"emails","value":"x"}`, invalidValue},
		{`{"op":"replace","path":"emails","value":[null]}`, invalidValue},
		{`{"op":"add","path":"emails","value":[{"value":5}]}`, invalidValue},
		{`{"op":"add","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, invalidValue},
		{`{"op":"replace","path":"emails[value pr].primary","value":true}`, invalidValue},
		{`{"op":"replace","path":"emails[type eq \"work\"]","value":"x"}`, invalidValue},
		{`{"op":"replace","path":"emails[type eq \"work\"].value","value":{}}`, invalidValue},
		{`{"op":"remove","path":"emails","value":[{"value":5}]}`, invalidValue},
		{`{"op":"add","value":"x"}`, invalidValue},
		{`{"op":"replace","value":[{"nickName":"x"}]}`, invalidValue},
		{`{"op":"replace","path":"` + enterprise + `","value":"x"}`, invalidValue},
		{`{"op":"replace","path":"` + enterprise + `:manager","value":"m"}`, invalidValue},
		{`{"op":"add","path":"urn:example:T:count","value":1.5}`, invalidValue},
		{`{"op":"add","path":"urn:example:T:since","value":"today"}`, invalidValue},
		{`{"op":"add","value":{"nickName":"a","NICKNAME":"b"}}`, invalidSyntax},
		// Paths, filters, targets.
		{`{"op":"add","path":"nope","value":"x"}`, invalidPath},
		{`{"op":"add","value":{"nope":"x"}}`, invalidPath},
		{`{"op":"add","value":{"department":"x"}}`, invalidPath},
		{`{"op":"add","value":{"` + enterprise + `":{"nope":"x"}}}`, invalidPath},
		{`{"op":"remove","path":"name.nope"}`, invalidPath},
		{`{"op":"remove","path":"userName[value eq \"x\"]"}`, invalidPath},
		{`{"op":"remove","path":"emails[nope eq \"x\"]"}`, invalidFilter},
		{`{"op":"replace","path":"emails[primary gt true].value","value":"x"}`, invalidFilter},
		{`{"op":"replace","path":"emails[type eq \"x\"]","value":{"value":"a"}}`, noTarget},
		{`{"op":"replace","path":"emails[type eq \"x\"].value","value":"a"}`, noTarget},
		{`{"op":"replace","path":"urn:example:T:tags[value eq \"x\"]","value":"a"}`, noTarget},
		{`{"op":"add","path":"emails[type eq \"x\" or type eq \"y\"].value","value":"a"}`, noTarget},
		{`{"op":"add","path":"emails[type ne \"work\" and type ne \"home\"].value","value":"a"}`, noTarget},
	}
	user := userType()
	for _, test := range tests {
		ops := operations(t, `{"op":"replace","path":"title","value":"first"},`+test.ops)
		err := patch.Apply(user, decode(t, bjensen), ops)
		e, ok := scimerr.As(err)
		if !ok || e.ScimType != test.scimType || e.Status != 400 {
			t.Errorf("%s: got %v, want %s", test.ops, err, test.scimType)
			continue
		}
		if !strings.HasPrefix(e.Detail, "operation ") || strings.HasPrefix(e.Detail, "operation 1:") {
			t.Errorf("%s: %q does not name the operation", test.ops, e.Detail)
		}
	}
}

func TestApplyOnlyChecksWhatItChanges(t *testing.T) {
	doc := map[string]any{"emails": []any{map[string]any{"value": "a", "primary": true}, map[string]any{"value": "b", "primary": true}}, "active": "odd"}
	if err := patch.Apply(userType(), doc, operations(t, `{"op":"add","path":"title","value":"T"}`)); err != nil {
		t.Errorf("an old defect elsewhere in the resource is in the way: %v", err)
	}
	if err := patch.Apply(userType(), doc, []patch.Operation{{Op: "remove"}}); err == nil {
		t.Error("a remove without path was applied")
	}
}

// TestLongLists adds and removes so many values that quadratic time would show.
func TestLongLists(t *testing.T) {
	const n = 20_000
	emails, streets := make([]any, n), make([]any, n)
	for i := range n {
		emails[i] = map[string]any{"value": fmt.Sprintf("%d@x", i)}
		streets[i] = map[string]any{"streetAddress": fmt.Sprint(i)}
	}
	doc := map[string]any{"userName": "a"}
	began := time.Now()
	for range 2 {
		if err := patch.Apply(userType(), doc, []patch.Operation{{Op: patch.Add, Path: "emails", Value: emails, HasValue: true}, {Op: patch.Add, Path: "addresses", Value: streets, HasValue: true}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(doc["emails"].([]any)) != n || len(doc["addresses"].([]any)) != n {
		t.Errorf("%d addresses of each kind were expected", n)
	}
	if err := patch.Apply(userType(), doc, []patch.Operation{{Op: patch.Remove, Path: "emails", Value: emails[1:]}}); err != nil {
		t.Fatal(err)
	}
	if got := doc["emails"].([]any); len(got) != 1 {
		t.Errorf("%d are left", len(got))
	}
	if err := patch.Apply(userType(), doc, []patch.Operation{{Op: patch.Remove, Path: "addresses", Value: streets}}); err == nil {
		t.Error("a list that takes quadratic time was accepted")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestApplyCopiesValues(t *testing.T) {
	ops := operations(t, `{"op":"add","path":"emails","value":[{"value":"c@x"}]}`)
	doc := decode(t, `{"userName":"a"}`)
	if err := patch.Apply(userType(), doc, ops); err != nil {
		t.Fatal(err)
	}
	ops[0].Value.([]any)[0].(map[string]any)["value"] = "changed"
	if !schema.Same(doc, decode(t, `{"userName":"a","emails":[{"value":"c@x"}]}`)) {
		t.Errorf("the document shares a value with the request: %v", doc)
	}
}
