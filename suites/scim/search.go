package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

func search(s *check.Suite) {
	s.Describe("search", func() {
		s.It(check.Spec{
			ID: "scim.search.available", Level: check.Should,
			Title: "POST /Users/.search answers with a list",
			Refs:  check.Refs(check.RFC7644("3.4.3", `The inclusion of "/.search" on the end of a valid SCIM endpoint SHALL be used to indicate that the HTTP POST verb is intended to be a query operation.`)),
		}, func(t *check.T) {
			t.CreateUser()
			t.Expect(searchUsers(t, map[string]any{"count": 1})).To(check.BeListResponse())
		})
		s.It(check.Spec{
			ID: "scim.search.filters", Level: check.Must,
			Title: "a filter in a search request finds the user and nobody else",
			Refs:  check.Refs(check.RFC7644("3.4.3", "After receiving an HTTP POST request, a response is returned as specified in Section 3.4.2."), check.RFC7644("3.4.2.2", quoteOnlyMatching)),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			user, other := t.CreateUser(), t.CreateUser()
			t.Expect(searchOrSkip(t, map[string]any{"filter": named(user)})).To(check.HoldExactly(user.ID))
			t.Expect(searchOrSkip(t, map[string]any{"filter": named(other)})).To(check.HoldExactly(other.ID))
		})
		s.It(check.Spec{
			ID: "scim.search.filters-id", Level: check.Must,
			Title: "a search request may filter on a common attribute as a GET may",
			Refs:  check.Refs(check.RFC7644("3.4.3", "After receiving an HTTP POST request, a response is returned as specified in Section 3.4.2.")),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.CreateUser()
			expression := compare("id", "eq", user.ID)
			t.Require("GET with the same filter", find(t, "/Users", expression), check.HoldExactly(user.ID))
			t.Expect(searchOrSkip(t, map[string]any{"filter": expression})).To(check.HoldExactly(user.ID))
		})
		s.It(check.Spec{
			ID: "scim.search.pages", Level: check.Must,
			Title: "count in a search request bounds the page",
			Refs:  check.Refs(check.RFC7644("3.4.3", "count An integer indicating the desired maximum number of query results per page. See Section 3.4.2.4. OPTIONAL.")),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			first, second := t.CreateUser(), t.CreateUser()
			t.Require("the search without count", searchOrSkip(t, map[string]any{"filter": named(first, second)}), check.HoldExactly(first.ID, second.ID))
			res := searchOrSkip(t, map[string]any{"filter": named(first, second), "count": 1})
			t.Expect(res).To(check.BeListResponse())
			t.Expect(res).To(holdAtMost(1))
			t.Expect(res).To(check.HaveJSON("/totalResults", 2))
		})
		s.It(check.Spec{
			ID: "scim.search.projects", Level: check.Must,
			Title: "attributes in a search request selects what is returned",
			Refs:  check.Refs(check.RFC7644("3.4.3", "attributes A multi-valued list of strings indicating the names of resource attributes to return in the response, overriding the set of attributes that would be returned by default.")),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			user := projected(t)
			res := searchOrSkip(t, map[string]any{"filter": named(user), "attributes": []any{"userName"}})
			t.Expect(res).To(check.HoldExactly(user.ID))
			t.Expect(res).To(check.HaveJSON("/Resources/0/userName", userName(user)))
			t.Expect(res).To(check.LackJSON("/Resources/0/displayName"))
		})
		s.It(check.Spec{
			ID: "scim.search.sorts", Level: check.Must,
			Title: "sortBy in a search request orders the results",
			Refs:  check.Refs(check.RFC7644("3.4.3", "sortBy A string indicating the attribute whose value SHALL be used to order the returned responses.")),
			Needs: check.Needs(target.Filter, target.Sort),
		}, func(t *check.T) {
			users := ordered(t)
			t.Expect(searchOrSkip(t, map[string]any{"filter": named(users...), "sortBy": "userName"})).To(holdInOrder(users...))
		})
		s.It(check.Spec{
			ID: "scim.search.malformed-filter-refused", Level: check.Should,
			Title: "a filter in a search request that does not follow the grammar is refused with 400 and invalidFilter",
			Refs:  check.Refs(check.RFC7644("3.12", quoteStatusTable)),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(searchOrSkip(t, map[string]any{"filter": named(user)}), check.HoldExactly(user.ID))
			t.Expect(searchOrSkip(t, map[string]any{"filter": named(user) + " and userName eq"})).To(check.BeSCIMError(400, "invalidFilter"))
		})
		s.It(check.Spec{
			ID: "scim.search.groups", Level: check.Should,
			Title: "POST /Groups/.search finds a group",
			Refs:  check.Refs(check.RFC7644("3.4.3", `The inclusion of "/.search" on the end of a valid SCIM endpoint SHALL be used to indicate that the HTTP POST verb is intended to be a query operation.`)),
			Needs: check.Needs(target.Filter, target.Groups),
		}, func(t *check.T) {
			group := t.CreateGroup()
			expression := compare("displayName", "eq", group.Sent["displayName"].(string))
			t.Require("GET with the same filter", find(t, "/Groups", expression), check.HoldExactly(group.ID))
			t.Expect(t.Send("POST", "/Groups/.search", map[string]any{"schemas": []any{searchURN}, "filter": expression})).To(check.HoldExactly(group.ID))
		})
	})
}

func searchUsers(t *check.T, request map[string]any) *wire.Response {
	request["schemas"] = []any{searchURN}
	return t.Send("POST", "/Users/.search", request)
}

// searchOrSkip searches on a target that has the endpoint; many have none.
func searchOrSkip(t *check.T, request map[string]any) *wire.Response {
	probe := searchUsers(t, map[string]any{"count": 1})
	if probe.Err == nil && !probe.OK() {
		t.NotApplicable("the target has no /Users/.search: %s", probe.Summary())
	}
	return searchUsers(t, request)
}
