package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/reference/directory"
)

// PAT-50, GAP-106: whatever the last operation fails with, the operations before it leave nothing behind, not
// even a time.
func TestPatchIsAtomic(t *testing.T) {
	c := newClient(t)
	c.user("taken")
	user := "/Users/" + c.want(201, "POST", "/Users", userBody("ada", `,"title":"T","emails":[{"value":"w@x.test","type":"work","primary":true}],"`+workURN+`":{"department":"D"}`)).id()
	group := "/Groups/" + c.group("all", c.user("bob"))
	before := map[string]string{user: c.want(200, "GET", user, "").raw, group: c.want(200, "GET", group, "").raw}
	changes := map[string][]string{
		user: {`{"op":"replace","path":"title","value":"lost"}`, `{"op":"add","path":"emails","value":[{"value":"h@x.test","type":"home","primary":true}]}`, `{"op":"add","path":"name.givenName","value":"A"}`,
			`{"op":"remove","path":"` + workURN + `"}`, `{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"externalId","value":"x"}`},
		group: {`{"op":"replace","path":"displayName","value":"lost"}`, `{"op":"remove","path":"members"}`, `{"op":"add","path":"members","value":[{"value":"` + c.user("eve") + `"}]}`},
	}
	for _, fails := range []struct {
		path, operation, scimType string
		status                    int
	}{
		{user, `{"op":"remove"}`, "noTarget", 400},
		{user, `{"op":"replace","path":"emails[type eq \"fax\"].value","value":"x"}`, "noTarget", 400},
		{user, `{"op":"replace","path":"id","value":"x"}`, "mutability", 400},
		{user, `{"op":"remove","path":"userName"}`, "mutability", 400},
		{user, `{"op":"replace","path":"nope","value":"x"}`, "invalidPath", 400},
		{user, `{"op":"remove","path":"emails[type xx \"work\"]"}`, "invalidFilter", 400},
		{user, `{"op":"replace","path":"active","value":"maybe"}`, "invalidValue", 400},
		{user, `{"op":"copy","path":"title","value":"x"}`, "invalidSyntax", 400},
		{user, `{"op":"replace","path":"userName","value":"TAKEN"}`, "uniqueness", 409},
		{group, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`, "invalidValue", 400},
		{group, `{"op":"replace","path":"members[value pr].value","value":"x"}`, "mutability", 400},
		{group, `{"op":"remove","path":"displayName"}`, "mutability", 400},
	} {
		c.refused(fails.status, fails.scimType, "PATCH", fails.path, patchBody(append(changes[fails.path], fails.operation)...))
		if after := c.want(200, "GET", fails.path, "").raw; after != before[fails.path] {
			t.Errorf("%s left something behind:\n%s\n%s", fails.operation, before[fails.path], after)
		}
	}
	for path, operations := range changes { // the same operations do change it
		if after := c.want(200, "PATCH", path, patchBody(operations...)).raw; after == before[path] {
			t.Errorf("%s is unchanged: %s", path, after)
		}
	}
}

// PAT-13, PAT-14, GAP-107: what changes nothing leaves the time and the version alone, what changes something
// moves them.
func TestPatchMovesTheTimeWhenItChanges(t *testing.T) {
	c := newClient(t)
	bob := c.user("bob")
	user := "/Users/" + c.want(201, "POST", "/Users", userBody("ada", `,"title":"T","emails":[{"value":"w@x.test","type":"work","primary":true}]`)).id()
	group := "/Groups/" + c.group("all", bob)
	for path, tries := range map[string]map[string]bool{
		user: {
			`{"op":"add","path":"title","value":"T"}`: false, `{"op":"replace","path":"title","value":"T"}`: false, `{"op":"add","value":{"title":"T"}}`: false, `{"op":"remove","path":"nickName"}`: false,
			`{"op":"add","path":"emails","value":[{"value":"w@x.test","type":"work"}]}`: false, `{"op":"remove","path":"emails[type eq \"fax\"]"}`: false, `{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}`: false,
			`{"op":"replace","path":"title","value":"a"},{"op":"replace","path":"title","value":"T"}`: false,
			`{"op":"replace","path":"title","value":"t"}`:                                             true, `{"op":"add","path":"emails","value":[{"value":"n@x.test"}]}`: true, `{"op":"replace","path":"active","value":false}`: true,
		},
		group: {
			`{"op":"add","path":"members","value":[{"value":"` + bob + `"}]}`: false, `{"op":"replace","path":"members","value":[{"value":"` + bob + `"}]}`: false, `{"op":"remove","path":"members[value eq \"nobody\"]"}`: false,
			`{"op":"remove","path":"members"}`: true, `{"op":"add","path":"members","value":[{"value":"` + c.user("eve") + `"}]}`: true,
		},
	} {
		for _, moves := range []bool{false, true} { // the changes come last: the others are about the first state
			for operation, changes := range tries {
				if changes != moves {
					continue
				}
				before := c.want(200, "GET", path, "")
				after := c.want(200, "PATCH", path, patchBody(operation))
				moved := fmt.Sprint(before.at("meta/lastModified")) < fmt.Sprint(after.at("meta/lastModified"))
				if moved != changes || (before.at("meta/version") != after.at("meta/version")) != changes || !changes && before.raw != after.raw {
					t.Errorf("%s: moved is %v\n%s\n%s", operation, moved, before.raw, after.raw)
				}
			}
		}
	}
}

// PAT-68: add, replace and remove of every attribute that the published schemas let a client write, and of
// every part of one.
func TestPatchEveryWritableAttribute(t *testing.T) {
	c := newClient(t)
	tried := 0
	for _, of := range []struct{ urn, prefix string }{{userURN, ""}, {workURN, workURN + ":"}} {
		attributes, _ := c.want(200, "GET", "/Schemas/"+of.urn, "").at("attributes").([]any)
		for _, definition := range attributes {
			name := fmt.Sprint(at(definition, "name"))
			if at(definition, "mutability") != "readWrite" || at(definition, "required") == true || name == "active" { // "active" has always a value
				continue
			}
			tried++
			path := "/Users/" + c.user(fmt.Sprintf("%s%d", name, tried))
			pointer := strings.TrimSuffix(of.prefix, ":")
			if pointer != "" {
				pointer += "/"
			}
			pointer += name
			for i, op := range []string{"add", "replace", "remove"} {
				value := example(definition, i)
				operation := fmt.Sprintf(`{"op":%q,"path":%q,"value":%s}`, op, of.prefix+name, value)
				if op == "remove" {
					operation = fmt.Sprintf(`{"op":"remove","path":%q}`, of.prefix+name)
				}
				c.want(200, "PATCH", path, patchBody(operation))
				got := c.want(200, "GET", path, "").at(pointer)
				if op == "remove" && got != nil || op != "remove" && compact(got) != value {
					t.Errorf("%s: got %s", operation, compact(got))
				}
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d attributes were tried", tried)
	}
}

// example is a value for an attribute by its published definition, another one for each n.
func example(definition any, n int) string {
	one := fmt.Sprintf(`"v%d"`, n)
	switch at(definition, "type") {
	case "boolean":
		one = fmt.Sprint(n%2 == 0)
	case "binary":
		one = fmt.Sprintf(`"aG%dk"`, n)
	case "reference":
		one = fmt.Sprintf(`"https://x.test/%d"`, n)
	case "complex":
		var parts []string
		subs, _ := at(definition, "subAttributes").([]any)
		for _, sub := range subs {
			if at(sub, "mutability") == "readWrite" {
				parts = append(parts, fmt.Sprintf("%q:%s", at(sub, "name"), example(sub, n)))
			}
		}
		slices.Sort(parts) // as encoding/json does
		one = "{" + strings.Join(parts, ",") + "}"
	}
	if at(definition, "multiValued") == true {
		return "[" + one + "]"
	}
	return one
}

func compact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return string(text)
}

// PAT-15, PAT-46, GAP-102: a manager by the URN of its schema; the schema comes with the first attribute and goes
// with the last.
func TestPatchManager(t *testing.T) {
	c := newClient(t)
	boss, next := c.user("boss"), c.user("next")
	path := "/Users/" + c.user("ada")
	manager := workURN + ":manager"
	for _, try := range []struct {
		operation string
		pairs     []any
	}{
		{`{"op":"add","path":"` + manager + `","value":{"value":"` + boss + `","$ref":"../Users/` + boss + `"}}`, []any{workURN + "/manager/value", boss, "schemas", []string{userURN, workURN}}},
		{`{"op":"replace","path":"` + manager + `.value","value":"` + next + `"}`, []any{workURN + "/manager/value", next, "schemas", []string{userURN, workURN}}},
		{`{"op":"replace","path":"` + manager + `","value":{"value":"` + boss + `"}}`, []any{workURN + "/manager/value", boss}},
		{`{"op":"add","path":"` + workURN + `:department","value":"D"}`, []any{workURN + "/manager/value", boss, workURN + "/department", "D"}},
		{`{"op":"remove","path":"` + manager + `"}`, []any{workURN + "/manager", nil, workURN + "/department", "D", "schemas", []string{userURN, workURN}}},
		{`{"op":"remove","path":"` + workURN + `:department"}`, []any{workURN, nil, "schemas", []string{userURN}}},
		{`{"op":"replace","path":"` + manager + `","value":{"value":"` + boss + `"}}`, []any{workURN + "/manager/value", boss, "schemas", []string{userURN, workURN}}},
		{`{"op":"remove","path":"` + manager + `.value"},{"op":"remove","path":"` + manager + `.$ref"}`, []any{workURN, nil, "schemas", []string{userURN}}},
		{`{"op":"add","path":"schemas","value":["` + workURN + `"]},{"op":"add","path":"` + workURN + `:division","value":"V"}`, []any{workURN + "/division", "V", "schemas", []string{userURN, workURN}}}, // GAP-103
		{`{"op":"remove","path":"schemas[value eq \"` + workURN + `\"]"}`, []any{workURN, nil, "schemas", []string{userURN}}},
	} {
		c.expect(c.want(200, "PATCH", path, patchBody(try.operation)), try.pairs...)
		c.expect(c.want(200, "GET", path, ""), try.pairs...)
	}
}

// PAT-30, PAT-31, PAT-32, PAT-36, GAP-101: null, an empty array and the removal of all that there is unassign; what
// is required cannot be unassigned.
func TestPatchUnassigns(t *testing.T) {
	c := newClient(t)
	const full = `,"title":"T","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"w@x.test","type":"work"},{"value":"h@x.test","type":"home"}]`
	for i, try := range []struct {
		operations string
		pairs      []any
	}{
		{`{"op":"replace","path":"title","value":null}`, []any{"title", nil}},
		{`{"op":"replace","value":{"title":null,"emails":null}}`, []any{"title", nil, "emails", nil}},
		{`{"op":"replace","path":"emails","value":[]}`, []any{"emails", nil}},
		{`{"op":"replace","path":"name.givenName","value":null}`, []any{"name", map[string]string{"familyName": "B"}}},
		{`{"op":"replace","path":"name","value":{"givenName":null,"familyName":null}}`, []any{"name", nil}},
		{`{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}`, []any{"name", nil}},
		{`{"op":"remove","path":"emails[type eq \"work\"].type"}`, []any{"emails", []any{map[string]any{"value": "w@x.test"}, map[string]any{"type": "home", "value": "h@x.test"}}}},
		{`{"op":"remove","path":"emails[type eq \"work\"].type"},{"op":"remove","path":"emails[value eq \"w@x.test\"].value"}`, []any{"emails/0/value", "h@x.test", "emails/1", nil}},
		{`{"op":"remove","path":"emails[type eq \"work\"]"},{"op":"remove","path":"emails[type eq \"home\"]"}`, []any{"emails", nil}},
		{`{"op":"remove","path":"emails.value"},{"op":"remove","path":"emails.type"}`, []any{"emails", nil}},
	} {
		path := "/Users/" + c.want(201, "POST", "/Users", userBody(fmt.Sprint("u", i), full)).id()
		c.want(200, "PATCH", path, patchBody(try.operations))
		r := c.want(200, "GET", path, "")
		c.expect(r, try.pairs...)
		for name, value := range r.doc {
			if value == nil || compact(value) == "[]" || compact(value) == "{}" {
				t.Errorf("%s: %s is shown as %s", try.operations, name, compact(value))
			}
		}
	}
	keeps := "/Users/" + c.user("keeps")
	for _, operation := range []string{`{"op":"replace","path":"userName","value":null}`, `{"op":"add","value":{"userName":null}}`, `{"op":"remove","path":"userName"}`} {
		c.refused(400, "mutability", "PATCH", keeps, patchBody(operation))
	}
}

// PAT-57: an old defect of a stored resource is in nobody's way who changes something else.
func TestPatchChecksWhatItChanges(t *testing.T) {
	c := newClient(t)
	odd, err := c.store.Create(context.Background(), "acme", directory.Resource{Kind: directory.User, Name: "old", Active: true, Attributes: map[string]any{
		"userName": "old", "nickName": 5, "emails": []any{map[string]any{"value": "a@x", "primary": true}, map[string]any{"value": "b@x", "primary": true}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := c.want(200, "PATCH", "/Users/"+odd.ID, patchBody(`{"op":"add","path":"title","value":"T"}`))
	c.expect(r, "title", "T", "nickName", 5, "emails/1/primary", true)
	c.refused(400, "invalidValue", "PATCH", "/Users/"+odd.ID, patchBody(`{"op":"replace","path":"nickName","value":6}`))
}

// PAT-58: a PUT after several PATCHes replaces what they made.
func TestPutAfterPatches(t *testing.T) {
	c := newClient(t)
	path := "/Users/" + c.want(201, "POST", "/Users", userBody("ada", `,"title":"T"`)).id()
	for _, operation := range []string{
		`{"op":"add","path":"nickName","value":"N"}`, `{"op":"add","path":"emails","value":[{"value":"w@x.test","type":"work"}]}`,
		`{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@x.test"}`, `{"op":"add","path":"` + workURN + `:department","value":"D"}`, `{"op":"remove","path":"title"}`,
	} {
		c.want(200, "PATCH", path, patchBody(operation))
	}
	c.expect(c.want(200, "GET", path, ""), "nickName", "N", "emails/0/value", "n@x.test", workURN+"/department", "D", "title", nil)
	c.expect(c.want(200, "PUT", path, userBody("ada", `,"emails":[{"value":"p@x.test"}]`)), "nickName", nil, workURN, nil, "emails", []any{map[string]string{"value": "p@x.test"}}, "schemas", []string{userURN}, "meta/version", `W/"7"`)
}

// PAT-52, GAP-099, GAP-111: nothing answers for what was deleted, and nothing refers to it.
func TestDeletedIsGoneEverywhere(t *testing.T) {
	c := newClient(t)
	ada, bob := c.user("ada"), c.user("bob")
	inner := c.group("inner", ada, bob)
	outer := c.group("outer", inner, ada)
	c.expect(c.want(200, "GET", "/Users/"+ada, ""), "groups/1/display", "outer")
	c.want(204, "DELETE", "/Users/"+ada, "")
	c.want(204, "DELETE", "/Groups/"+inner, "")
	search := `{"schemas":["` + findURN + `"]}`
	for path, body := range map[string]string{"/Users/" + ada: userBody("ada", ""), "/Groups/" + inner: groupBody("inner")} {
		c.refused(404, "", "GET", path, "")
		c.refused(404, "", "PUT", path, body)
		c.refused(404, "", "PATCH", path, patchBody(`{"op":"add","path":"externalId","value":"x"}`))
		c.refused(404, "", "DELETE", path, "")
		c.refused(404, "", "POST", path+"/.search", search)
	}
	c.expect(c.want(200, "GET", "/Groups/"+outer, ""), "members", nil)
	c.expect(c.want(200, "GET", "/Users/"+bob, ""), "groups", nil)
	c.refused(404, "", "PATCH", "/Groups/nobody", patchBody(`{"op":"remove","path":"members"}`))
}

// GAP-098: what is immutable of a member gets its first value by PUT; the next PUT has another member, not
// another value.
func TestPutGivesImmutableFirstValues(t *testing.T) {
	c := newClient(t)
	ada, inner := c.user("ada"), c.group("inner")
	path := "/Groups/" + c.group("all")
	c.expect(c.want(200, "GET", path, ""), "members", nil)
	c.expect(c.want(200, "PUT", path, groupBody("all", ada)), "members/0/value", ada, "members/0/type", "User")
	c.expect(c.want(200, "PUT", path, groupBody("all", ada, inner)), "members/0/value", ada, "members/1/value", inner, "members/1/type", "Group")
}
