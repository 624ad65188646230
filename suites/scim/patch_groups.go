package scim

import (
	"assay/suites/check"
	"assay/suites/target"
)

func patchGroups(s *check.Suite) {
	s.Describe("patch: groups", func() {
		patchMembersIn(s)
		patchMembersOut(s)
		patchGroupItself(s)
	})
}

func patchMembersIn(s *check.Suite) {
	needs := check.Needs(target.Patch, target.Groups)
	s.It(check.Spec{
		ID: "scim.patch.add-members", Level: check.Must,
		Title: "add puts members into a group and keeps those that are there",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the target location specifies a multi-valued attribute, a new value is added to the attribute.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		first, second, third := t.CreateUser(), t.CreateUser(), t.CreateUser()
		group := withMembers(t, first)
		patchAccepted(t, group, opAdd("members", check.Members(second, third)))
		stored := readMembers(t, group)
		for _, user := range []check.Resource{first, second, third} {
			t.Expect(stored).To(haveMember(user))
		}
	})
	s.It(check.Spec{
		ID: "scim.patch.add-first-member", Level: check.Must,
		Title: "add puts the first member into a group",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the target location does not exist, the attribute and value are added.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		user, group := t.CreateUser(), t.CreateGroup()
		patchAccepted(t, group, opAdd("members", check.Members(user)))
		t.Expect(readMembers(t, group)).To(haveMember(user))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-member-again", Level: check.Should,
		Title: "adding a member that is in the group succeeds and adds nothing",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the user was already a member of this group, no changes should be made to the resource, and a success response should be returned.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		group := withMembers(t, user)
		patchAccepted(t, group, opAdd("members", check.Members(user)))
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(user))
		t.ExpectThat("how many members the group has", len(check.Elements(stored, "/members"))).To(check.Be(1))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-members", Level: check.Must,
		Title: "replace of members takes the old ones out",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", "If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are replaced.")),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		first, second := t.CreateUser(), t.CreateUser()
		group := withMembers(t, first)
		patchAccepted(t, group, opReplace("members", check.Members(second)))
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(second))
		t.Expect(stored).To(lackMember(first))
	})
}

func patchMembersOut(s *check.Suite) {
	needs := check.Needs(target.Patch, target.Groups)
	s.It(check.Spec{
		ID: "scim.patch.remove-member", Level: check.Must,
		Title: "remove with a filter takes one member out of a group",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", `If the target location is a multi-valued attribute and a complex filter is specified comparing a "value", the values matched by the filter are removed.`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		leaves, stays := t.CreateUser(), t.CreateUser()
		group := withMembers(t, leaves, stays)
		patchAccepted(t, group, opRemove("members["+compare("value", "eq", leaves.ID)+"]"))
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(stays))
		t.Expect(stored).To(lackMember(leaves))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-last-member", Level: check.Must,
		Title: "removing the last member leaves members unassigned",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If no other values remain after removal of the selected values, the multi-valued attribute SHALL be considered unassigned.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		group := withMembers(t, user)
		patchAccepted(t, group, opRemove("members["+compare("value", "eq", user.ID)+"]"))
		t.Expect(readMembers(t, group)).To(check.LackJSON("/members"))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-all-members", Level: check.Must,
		Title: "remove without a filter takes all members out of a group",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are removed, and the attribute SHALL be considered unassigned.")),
		Needs: needs,
	}, func(t *check.T) {
		group := withMembers(t, t.CreateUser(), t.CreateUser())
		patchAccepted(t, group, opRemove("members"))
		t.Expect(readMembers(t, group)).To(check.LackJSON("/members"))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-stranger", Level: check.Should,
		Title: "removing a user who is no member succeeds and changes nothing",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If the user was not a member of this group, no changes should be made to the resource, and a success response should be returned.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		member, stranger := t.CreateUser(), t.CreateUser()
		group := withMembers(t, member)
		patchAccepted(t, group, opRemove("members["+compare("value", "eq", stranger.ID)+"]"))
		t.Expect(readMembers(t, group)).To(haveMember(member))
	})
	s.It(check.Spec{
		ID: "scim.patch.member-exchanged", Level: check.Must,
		Title: "one request can take one member out and put another in",
		Refs:  check.Refs(check.RFC7644("3.5.2", quoteInOrder)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		leaves, joins := t.CreateUser(), t.CreateUser()
		group := withMembers(t, leaves)
		patchAccepted(t, group, opRemove("members["+compare("value", "eq", leaves.ID)+"]"), opAdd("members", check.Members(joins)))
		stored := readMembers(t, group)
		t.Expect(stored).To(haveMember(joins))
		t.Expect(stored).To(lackMember(leaves))
	})
}

func patchGroupItself(s *check.Suite) {
	needs := check.Needs(target.Patch, target.Groups)
	s.It(check.Spec{
		ID: "scim.patch.rename-group", Level: check.Must,
		Title: "replace of displayName renames a group and keeps its members",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteSingleReplaced)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		group, after := withMembers(t, user), t.Name()
		patchAccepted(t, group, opReplace("displayName", after))
		stored := readMembers(t, group)
		t.Expect(stored).To(check.HaveJSON("/displayName", after))
		t.Expect(stored).To(haveMember(user))
	})
	s.It(check.Spec{
		ID: "scim.patch.rename-group-without-path", Level: check.Must,
		Title: "replace without a path renames a group and keeps its members",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", `If the "path" parameter is omitted, the target is assumed to be the resource itself.`)),
		Needs: needs, Hurts: check.Hurts("okta", "jumpcloud"),
	}, func(t *check.T) {
		user := t.CreateUser()
		group, after := withMembers(t, user), t.Name()
		patchAccepted(t, group, opReplace("", map[string]any{"displayName": after}))
		stored := readMembers(t, group)
		t.Expect(stored).To(check.HaveJSON("/displayName", after))
		t.Expect(stored).To(haveMember(user))
	})
	s.It(check.Spec{
		ID: "scim.patch.member-value-immutable", Level: check.Must,
		Title: "an operation that changes value of a member, which is immutable, is refused",
		Refs:  check.Refs(check.RFC7643("4.2", `While values MAY be added or removed, sub-attributes of members are "immutable".`), check.RFC7644("3.5.2", quoteIncompatible)),
		Needs: needs,
	}, func(t *check.T) {
		member, other := t.CreateUser(), t.CreateUser()
		group := withMembers(t, member)
		t.Control(t.Patch(group.Path, opReplace("displayName", t.Name())), check.BeOK())
		t.Expect(t.Patch(group.Path, opReplace("members["+compare("value", "eq", member.ID)+"].value", other.ID))).To(check.BeRefused())
	})
}
