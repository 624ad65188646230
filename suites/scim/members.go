package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

func members(s *check.Suite) {
	s.Describe("groups: members", func() {
		memberValues(s)
		memberConsistency(s)
	})
}

// withMembers makes a group of users, on a target that keeps members.
func withMembers(t *check.T, users ...check.Resource) check.Resource {
	group := t.CreateGroup(map[string]any{"members": check.Members(users...)})
	stored := readMembers(t, group)
	for _, user := range users {
		if !hasMember(stored, user) {
			t.NotApplicable("the target does not keep the members that a group is created with")
		}
	}
	return group
}

// readMembers reads a group with its members, which a target may return only on request.
func readMembers(t *check.T, group check.Resource) *wire.Response {
	res := t.Reread(group)
	if len(check.Elements(res, "/members")) > 0 {
		return res
	}
	return t.Reread(group, wire.Query("attributes", "displayName,members"))
}

func hasMember(res *wire.Response, user check.Resource) bool {
	ok, _ := haveMember(user).Match(res)
	return ok
}

func memberValues(s *check.Suite) {
	needs := check.Needs(target.Groups)
	s.It(check.Spec{
		ID: "scim.groups.members-kept", Level: check.Should,
		Title: "the members that a group is created with are kept",
		Refs:  check.Refs(check.RFC7643("4.2", `The "value" sub-attribute contains the value of an "id" attribute of a SCIM resource`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		first, second := t.CreateUser(), t.CreateUser()
		group := t.CreateGroup(map[string]any{"members": check.Members(first, second)})
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(first))
		t.Expect(stored).To(haveMember(second))
	})
	s.It(check.Spec{
		ID: "scim.groups.member-reference-resolves", Level: check.Must,
		Title: "$ref of a member leads to the member",
		Refs:  check.Refs(check.RFC7643("4.2", `the "$ref" sub-attribute must be the URI of a SCIM resource such as a "User", or a "Group".`), check.RFC7643("2.3.7", "An HTTP client performing a GET operation on a reference URI MUST receive the target resource or an appropriate HTTP response code.")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		stored := readMembers(t, withMembers(t, user))
		reference := textAt(check.Elements(stored, "/members")[0], "/$ref")
		if reference == "" {
			t.NotApplicable("the target gives members no $ref")
		}
		t.Expect(follow(t, reference)).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.groups.replace-members", Level: check.Must,
		Title: "PUT replaces the members of a group",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteReplaced)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		first, second := t.CreateUser(), t.CreateUser()
		group := withMembers(t, first)
		t.Expect(t.Put(group.Path, body(group, map[string]any{"members": check.Members(second)}))).To(check.BeOK())
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(second))
		t.Expect(stored).To(lackMember(first))
	})
	s.It(check.Spec{
		ID: "scim.groups.replace-empties-members", Level: check.Must,
		Title: "an empty array of members in a PUT leaves the group without members",
		Refs:  check.Refs(check.RFC7644("3.5.1", `an empty array "[]" for a multi-valued attribute, to clear all values.`)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		group := withMembers(t, t.CreateUser())
		t.Expect(t.Put(group.Path, body(group, map[string]any{"members": []any{}}))).To(check.BeOK())
		t.Expect(readMembers(t, group)).To(check.LackJSON("/members"))
	})
}

func memberConsistency(s *check.Suite) {
	needs := check.Needs(target.Groups)
	s.It(check.Spec{
		ID: "scim.groups.user-shows-its-groups", Level: check.Should,
		Title: "groups of a user names the groups that it is a member of",
		Refs:  check.Refs(check.RFC7643("4.1.2", "A list of groups to which the user belongs, either through direct membership, through nested groups, or dynamically calculated.")),
		Needs: needs,
	}, func(t *check.T) {
		member, other := t.CreateUser(), t.CreateUser()
		group := withMembers(t, member)
		entry := map[string]any{"value": group.ID}
		t.Expect(t.Reread(member)).To(check.HaveElement("/groups", entry))
		t.Expect(t.Reread(other)).To(check.LackElement("/groups", entry))
	})
	s.It(check.Spec{
		ID: "scim.groups.user-cannot-join-itself", Level: check.Must,
		Title: "writing groups of a user does not change the group",
		Refs:  check.Refs(check.RFC7643("4.1.2", `Since this attribute has a mutability of "readOnly", group membership changes MUST be applied via the "Group" Resource (Section 4.2).`)),
		Needs: needs,
	}, func(t *check.T) {
		member, intruder := t.CreateUser(), t.CreateUser()
		group := withMembers(t, member)
		t.Require("a PUT without groups", t.Put(intruder.Path, body(intruder, nil)), check.BeOK())
		t.Put(intruder.Path, body(intruder, map[string]any{"groups": []any{map[string]any{"value": group.ID}}}))
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(member))
		t.Expect(stored).To(lackMember(intruder))
	})
	s.It(check.Spec{
		ID: "scim.groups.deleted-user-leaves", Level: check.Should,
		Title: "a deleted user is no longer a member of a group",
		Refs:  check.Refs(check.RFC7644("3.6", "Service providers MUST omit the resource from future query results.")),
		Needs: needs,
	}, func(t *check.T) {
		gone, stays := t.CreateUser(), t.CreateUser()
		group := withMembers(t, gone, stays)
		t.Require("the deletion", deleted(t, gone), check.BeOK())
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(stays))
		t.Expect(stored).To(lackMember(gone))
	})
	s.It(check.Spec{
		ID: "scim.groups.deleted-group-spares-users", Level: check.Must,
		Title: "the members of a deleted group are still there",
		Refs:  check.Refs(check.RFC7644("3.4.1", quoteFound)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		group := withMembers(t, user)
		t.Require("the deletion", deleted(t, group), check.BeOK())
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
	})
}
