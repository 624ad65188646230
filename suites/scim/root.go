package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// root are the checks of queries over all resource types. A service provider need not have them.
func root(s *check.Suite) {
	needs := check.Needs(target.Filter, target.Groups)
	s.Describe("root", func() {
		s.It(check.Spec{
			ID: "scim.root.types", Level: check.Must,
			Title: "a query at the root finds resources of every type, each as what it is",
			Refs:  check.Refs(check.RFC7644("3.4.2.1", "A query against a server root indicates that all resources within the server SHALL be included, subject to filtering.")),
			Needs: needs,
		}, func(t *check.T) {
			user, group, both := userAndGroup(t)
			res := atRoot(t, both)
			t.Expect(res).To(check.HoldExactly(user.ID, group.ID))
			t.Expect(res).To(check.HaveElement("/Resources", map[string]any{"id": user.ID, "userName": userName(user)}))
			t.Expect(res).To(check.HaveElement("/Resources", map[string]any{"id": group.ID, "displayName": group.Sent["displayName"]}))
		})
		s.It(check.Spec{
			ID: "scim.root.restricted", Level: check.Must,
			Title: "a filter on meta.resourceType restricts a query at the root to one type",
			Refs:  check.Refs(check.RFC7644("3.4.2.1", `A filter expression using "meta.resourceType" MAY be used to restrict results to one or more specific resource types (to exclude others).`)),
			Needs: needs,
		}, func(t *check.T) {
			user, group, both := userAndGroup(t)
			usersOnly := `meta.resourceType eq "User" and (` + both + `)`
			t.Require("the filter at /Users", find(t, "/Users", usersOnly), check.HoldExactly(user.ID))
			t.Expect(atRoot(t, usersOnly)).To(check.HoldExactly(user.ID))
			t.Expect(atRoot(t, `meta.resourceType eq "Group" and (`+both+`)`)).To(check.HoldExactly(group.ID))
		})
		s.It(check.Spec{
			ID: "scim.root.undefined-attribute", Level: check.Must,
			Title: "in a query at the root an attribute that a type does not have counts as one without a value",
			Refs:  check.Refs(check.RFC7644("3.4.2.1", "For filtered attributes that are not part of a particular resource type, the service provider SHALL treat the attribute as if there is no attribute value.")),
			Needs: needs,
		}, func(t *check.T) {
			user, _, both := userAndGroup(t)
			named := `userName pr and (` + both + `)`
			t.Require("the filter at /Users", find(t, "/Users", named), check.HoldExactly(user.ID))
			t.Expect(atRoot(t, named)).To(check.HoldExactly(user.ID))
		})
	})
}

// userAndGroup makes a user and a group, and the filter that finds the two and nothing else. A target that
// gives no list for it has no queries at its root.
func userAndGroup(t *check.T) (user, group check.Resource, filter string) {
	user, group = t.CreateUser(), t.CreateGroup()
	filter = compare("id", "eq", user.ID) + " or " + compare("id", "eq", group.ID)
	probe := atRoot(t, filter)
	if isList, _ := check.HaveSchema(check.ListURN).Match(probe); probe.Err == nil && !isList {
		t.NotApplicable("the target answers no query at its root: %s", probe.Summary())
	}
	t.Require("the filter at /Users", find(t, "/Users", filter), check.HoldExactly(user.ID))
	return user, group, filter
}

func atRoot(t *check.T, filter string) *wire.Response {
	return t.Get("/", wire.Query("filter", filter), wire.Query("count", "10"))
}
