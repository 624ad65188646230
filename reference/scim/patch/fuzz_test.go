package patch_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// FuzzApply asks of any body: no panic, errors of the right kind, and after a success a document that
// is still canonical, keeps its read-only and required attributes and is unchanged by the same
// request when that consists of one "add".
func FuzzApply(f *testing.F) {
	for _, seed := range []string{
		`{"op":"add","value":{"emails":[{"value":"c@x","primary":true}],"nickname":"B"}}`,
		`{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}`,
		`{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"x"}`,
		`{"op":"add","path":"emails[type eq \"other\" and primary eq true].value","value":"o@x"}`,
		`{"op":"remove","path":"emails","value":[{"value":"b@example.com"}]},{"op":"replace","path":"name","value":{"givenName":null}}`,
		`{"op":"add","value":{"name.givenName":"G","` + enterprise + `:manager":{"value":"m2"},"urn:example:T":{"tags":["x"],"count":1}}}`,
		`{"op":"replace","path":"emails.primary","value":false},{"op":"remove","path":"urn:example:T:tags[value eq \"red\"]"}`,
		`{"op":"add","path":"urn:example:T:slots","value":[1,2.0,3]}`,
	} {
		f.Add(seed)
	}
	user, group := userType(), schema.GroupType()
	f.Fuzz(func(t *testing.T, list string) {
		ops, err := patch.Decode([]byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + list + `]}`))
		if err != nil {
			refused(t, list, err)
			return
		}
		if _, _, err := patch.Members(group, ops); err != nil {
			refused(t, list, err)
		}
		holds(t, user, list, ops)
	})
}

// TestApplyProperties asks the same of every combination of the operations, paths and values below, and
// of random sequences of them.
func TestApplyProperties(t *testing.T) {
	paths := []string{
		`userName`, `nickName`, `active`, `name`, `name.givenName`, `emails`, `emails.value`, `emails.primary`, `emails.type`, `emails[type eq \"work\"]`, `emails[type eq \"work\"].value`,
		`emails[type eq \"other\"]`, `emails[type eq \"other\"].primary`, `emails[primary eq true]`, `emails[value pr].display`, `emails[type eq \"x\" and primary eq true].value`, `addresses`,
		`addresses[type eq \"home\"]`, `addresses[locality pr].primary`, `ims`, `ims.value`, `x509Certificates`, `photos`, `id`, `groups`, `meta`, `externalId`, `password`,
		enterprise, enterprise + `:department`, enterprise + `:manager`, enterprise + `:manager.value`, enterprise + `:manager.displayName`,
		custom, custom + `:hired`, custom + `:tags`, custom + `:tags[value eq \"red\"]`, custom + `:tags[value eq \"new\"]`, custom + `:badge`, custom + `:badge.kind`, custom + `:badge.serial`, custom + `:slots`, custom + `:slots[value gt 2]`, custom + `:count`,
	}
	values := []string{
		`null`, `""`, `"work"`, `"b@example.com"`, `"red"`, `true`, `false`, `5`, `1.5`, `[]`, `{}`, `["red","RED","new"]`, `[1,2,2,3]`, `{"value":"b@example.com"}`, `{"value":"c@x","primary":true}`, `{"value":null,"type":"home"}`,
		`[{"value":"c@x"},{"value":"C@X","type":"work"},{"value":"c@x","type":"home","primary":true}]`, `[{"value":"babs@jensen.org","type":"home","primary":true}]`, `[{"type":"work","locality":"Hollywood"}]`, `{"primary":true}`,
		`{"givenName":"G","familyName":""}`, `{"department":"D","manager":{"value":"m2"}}`, `{"department":null}`, `{"serial":"s1","kind":"k2"}`, `{"kind":""}`, `{"tags":["x"],"badge":{"kind":"q"}}`, `{"formatted":"x","display":"y","$ref":null}`,
	}
	var all []string
	for _, op := range []string{patch.Add, patch.Replace, patch.Remove} {
		for _, path := range paths {
			for _, value := range values {
				all = append(all, fmt.Sprintf(`{"op":%q,"path":"%s","value":%s}`, op, path, value))
				if op != patch.Remove {
					all = append(all, fmt.Sprintf(`{"op":%q,"value":{"%s":%s}}`, op, path, value))
				}
			}
		}
	}
	user, applied := userType(), 0
	run := func(list string) {
		if holds(t, user, list, operations(t, list)) {
			applied++
		}
	}
	for _, o := range all {
		run(o)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		run(all[random.IntN(len(all))] + "," + all[random.IntN(len(all))])
	}
	if applied < len(all)/4 {
		t.Errorf("only %d of the requests were applied: the test shows little", applied)
	}
}

// holds applies the operations to a fresh resource and checks the outcome; it tells whether they were accepted.
func holds(t *testing.T, user *schema.Type, list string, ops []patch.Operation) bool {
	t.Helper()
	doc := decode(t, bjensen)
	if err := patch.Apply(user, doc, ops); err != nil {
		refused(t, list, err)
		return false
	}
	clean, err := user.Canonicalise(doc)
	if err != nil || !schema.Same(clean, doc) {
		t.Fatalf("%s: the result is not canonical: %v\n%v\n%v", list, err, doc, clean)
	}
	if err := user.CheckRequired(doc); err != nil || doc["id"] != "2819c223" {
		t.Fatalf("%s: %v, %v", list, err, doc["id"])
	}
	if len(ops) != 1 || ops[0].Op != patch.Add {
		return true
	}
	if err := patch.Apply(user, doc, ops); err != nil {
		t.Fatalf("%s: the second time: %v", list, err)
	}
	if !schema.Same(clean, doc) {
		t.Fatalf("%s is not idempotent:\n%v\n%v", list, clean, doc)
	}
	return true
}

func refused(t *testing.T, list string, err error) {
	t.Helper()
	if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType == "" {
		t.Fatalf("%s: %v", list, err)
	}
}
