package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// show prints changes in a short form that tests can compare.
func show(changes []patch.MemberChange, rest []patch.Operation) string {
	text := ""
	for _, c := range changes {
		if c.Clear {
			text += "clear "
		}
		for _, id := range c.Remove {
			text += "-" + id + " "
		}
		if c.RemoveWhere != nil {
			text += "-[" + c.RemoveWhere.String() + "] "
		}
		for _, member := range c.Add {
			text += fmt.Sprintf("+%v ", member["value"])
			if member["display"] != nil {
				text += fmt.Sprintf("(%v) ", member["display"])
			}
		}
		text += "| "
	}
	for _, o := range rest {
		text += fmt.Sprintf("%s %q %v; ", o.Op, o.Path, o.Value)
	}
	return text
}

func TestMembers(t *testing.T) {
	tests := []struct{ ops, want string }{
		{`{"op":"add","path":"members","value":[{"value":"a","display":"A","$ref":null},{"VALUE":"b"},{"value":"a"}]}`, `+a (A) +b | `},
		{`{"op":"add","path":"MEMBERS","value":{"value":"a"}}`, `+a | `},
		{`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":[{"value":"a"}]}`, `+a | `},
		{`{"op":"replace","path":"members","value":[{"value":"a"}]}`, `clear +a | `},
		{`{"op":"replace","path":"members","value":[]},{"op":"replace","path":"members","value":null}`, `clear | clear | `},
		{`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"a"}]}`, `clear | +a | `},
		{`{"op":"remove","path":"members[value eq \"a\"]"}`, `-a | `},
		{`{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`, `-a -b | `},
		{`{"op":"remove","path":"members[type eq \"Group\" and value eq \"a\"]"}`, `-[type eq "Group" and value eq "a"] | `},
		{`{"op":"replace","path":"members[value eq \"a\"]","value":null}`, `-a | `},
		{`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"},{"value":"b","display":"B"}]}`, `-a -b | `},
		{`{"op":"remove","path":"members","value":{"value":"a"}}`, `-a | `},
		{`{"op":"remove","path":"members","value":["a"]}`, `-a | `},
		{`{"op":"remove","path":"members","value":[]},{"op":"add","path":"members","value":[]},{"op":"add","path":"members","value":null}`, ``},
		{`{"op":"add","path":"members[value eq \"a\"]","value":{"display":"A"}}`, `+a (A) | `},
		{`{"op":"replace","value":{"id":"g","displayName":"n"}}`, `replace "" map[displayName:n id:g]; `},
		{`{"op":"replace","value":{"displayName":"n","Members":[{"value":"a"}]}}`, `clear +a | replace "" map[displayName:n]; `},
		{`{"op":"add","value":{"members":[{"value":"a"}]}},{"op":"add","value":{"members":[]}}`, `+a | `},
		{`{"op":"replace","path":"displayName","value":"n"},{"op":"add","path":"nope","value":1},{"op":"remove","path":"members[nope eq 1]"}`,
			`replace "displayName" n; add "nope" 1; remove "members[nope eq 1]" <nil>; `},
		{`{"op":"add","value":"x"},{"op":"add","value":{}}`, `add "" x; add "" map[]; `},
	}
	group := schema.GroupType()
	for _, test := range tests {
		changes, rest, err := patch.Members(group, operations(t, test.ops))
		if got := show(changes, rest); err != nil || got != test.want {
			t.Errorf("%s:\ngot  %s (%v)\nwant %s", test.ops, got, err, test.want)
		}
	}
	user := userType()
	changes, rest, err := patch.Members(user, operations(t, `{"op":"add","path":"members","value":[{"value":"a"}]}`))
	if err != nil || len(changes) != 0 || len(rest) != 1 {
		t.Errorf("a type without members: %s, %v", show(changes, rest), err)
	}
}

func TestMembersRefuses(t *testing.T) {
	const invalidValue, mutability = scimerr.TypeInvalidValue, scimerr.TypeMutability
	tests := []struct{ ops, scimType string }{
		{`{"op":"add","path":"members","value":[{"display":"A"}]}`, invalidValue},
		{`{"op":"add","path":"members","value":[{"value":""}]}`, invalidValue},
		{`{"op":"add","path":"members","value":[{"value":5}]}`, invalidValue},
		{`{"op":"add","path":"members","value":["a"]}`, invalidValue},
		{`{"op":"add","path":"members","value":"a"}`, invalidValue},
		{`{"op":"replace","value":{"members":[{"value":null,"display":"x"}]}}`, invalidValue},
		{`{"op":"remove","path":"members","value":[{"display":"A"}]}`, invalidValue},
		{`{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}`, mutability},
		{`{"op":"replace","path":"members.display","value":"b"}`, mutability},
		{`{"op":"remove","path":"members[value eq \"a\"].display"}`, mutability},
		{`{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}`, mutability},
		{`{"op":"add","path":"members[value sw \"a\"]","value":{"display":"b"}}`, scimerr.TypeNoTarget},
		{`{"op":"add","path":"members[type eq \"User\"]","value":{"display":"b"}}`, invalidValue},
		{`{"op":"add","value":{"members":[],"MEMBERS":[]}}`, scimerr.TypeInvalidSyntax},
	}
	group := schema.GroupType()
	for _, test := range tests {
		changes, rest, err := patch.Members(group, operations(t, test.ops))
		if e, ok := scimerr.As(err); !ok || e.ScimType != test.scimType || e.Status != 400 {
			t.Errorf("%s: got %s, %v, want %s", test.ops, show(changes, rest), err, test.scimType)
		}
	}
}

// TestMembersAgreesWithApply does both ways of changing a group and compares the outcome.
func TestMembersAgreesWithApply(t *testing.T) {
	group := schema.GroupType()
	const start = `{"displayName":"g","members":[{"value":"a","type":"User"},{"value":"b"},{"value":"c","type":"Group"}]}`
	for _, list := range []string{
		`{"op":"add","path":"members","value":[{"value":"d"},{"value":"a"}]}`,
		`{"op":"remove","path":"members[value eq \"a\" or value eq \"c\"]"}`,
		`{"op":"remove","path":"members[type eq \"User\"]"}`,
		`{"op":"remove","path":"members","value":[{"value":"b"},{"value":"z"}]}`,
		`{"op":"replace","value":{"displayName":"n","members":[{"value":"a"},{"value":"y"}]}}`,
		`{"op":"remove","path":"members"},{"op":"add","value":{"members":[{"value":"x"}]}},{"op":"remove","path":"members[value eq \"x\"]"}`,
		`{"op":"add","path":"members[value eq \"q\"]","value":{"display":"Q"}},{"op":"replace","path":"displayName","value":"m"}`,
	} {
		ops := operations(t, list)
		whole, parts := decode(t, start), decode(t, start)
		if err := patch.Apply(group, whole, ops); err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		changes, rest, err := patch.Members(group, ops)
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		if err := patch.Apply(group, parts, rest); err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		if got, want := ids(perform(changes, parts["members"])), ids(schema.Values(whole["members"])); got != want {
			t.Errorf("%s: members by changes %s, by Apply %s", list, got, want)
		}
		if parts["displayName"] != whole["displayName"] {
			t.Errorf("%s: displayName %v and %v", list, parts["displayName"], whole["displayName"])
		}
	}
}

// perform does to a list what a server does to rows.
func perform(changes []patch.MemberChange, value any) []any {
	current := schema.Values(value)
	for _, c := range changes {
		var kept []any
		for _, item := range current {
			gone := c.Clear || c.RemoveWhere != nil && c.RemoveWhere.Match(item)
			for _, id := range c.Remove {
				gone = gone || item.(map[string]any)["value"] == id
			}
			if !gone {
				kept = append(kept, item)
			}
		}
		current = kept
		for _, member := range c.Add {
			if !strings.Contains(ids(current), fmt.Sprintf(" %v ", member["value"])) {
				current = append(current, member)
			}
		}
	}
	return current
}

func ids(values []any) string {
	text := " "
	for _, item := range values {
		text += fmt.Sprint(item.(map[string]any)["value"], " ")
	}
	return text
}

func TestTargets(t *testing.T) {
	group := schema.GroupType()
	for list, want := range map[string]bool{
		`{"op":"add","path":"members","value":[]}`: true, `{"op":"remove","path":"MEMBERS[value eq \"a\"].display"}`: true, `{"op":"replace","value":{"Members":[]}}`: true,
		`{"op":"replace","value":{"displayName":"members"}}`: false, `{"op":"replace","path":"displayName","value":"members"}`: false, `{"op":"add","path":"members[","value":1}`: false, `{"op":"add","value":"members"}`: false,
	} {
		if got := operations(t, list)[0].Targets(group, "members"); got != want {
			t.Errorf("%s: Targets is %v", list, got)
		}
	}
}
