package scim

import (
	"slices"
	"strconv"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const quoteSortOrder = `for case-insensitive attributes, sort the result using case-insensitive Unicode alphabetic sort order with no specific locale implied`

func sorting(s *check.Suite) {
	needs := check.Needs(target.Sort, target.Filter)
	s.Describe("sort", func() {
		s.It(check.Spec{
			ID: "scim.sort.ascending", Level: check.Must,
			Title: "sortBy orders the results by the attribute, the smallest first unless told otherwise",
			Refs:  check.Refs(check.RFC7644("3.4.2.3", `The "sortBy" parameter specifies the attribute whose value SHALL be used to order the returned responses.`), check.RFC7644("3.4.2.3", `If a value for "sortBy" is provided and no "sortOrder" is specified, "sortOrder" SHALL default to ascending.`)),
			Needs: needs,
		}, func(t *check.T) {
			users := ordered(t)
			t.Expect(sortedBy(t, users, "userName", "")).To(holdInOrder(users...))
			t.Expect(sortedBy(t, users, "userName", "ascending")).To(holdInOrder(users...))
		})
		s.It(check.Spec{
			ID: "scim.sort.descending", Level: check.Must,
			Title: "sortOrder descending puts the largest first",
			Refs:  check.Refs(check.RFC7644("3.4.2.3", `Allowed values are "ascending" and "descending".`)),
			Needs: needs,
		}, func(t *check.T) {
			users := ordered(t)
			reversed := slices.Clone(users)
			slices.Reverse(reversed)
			t.Expect(sortedBy(t, users, "userName", "descending")).To(holdInOrder(reversed...))
		})
		s.It(check.Spec{
			ID: "scim.sort.folds-case", Level: check.Must,
			Title: "text that is not case-exact is ordered without regard to case",
			Refs:  check.Refs(check.RFC7644("3.4.2.3", quoteSortOrder)),
			Needs: needs,
		}, func(t *check.T) {
			users := titled(t, "alpha", "Bravo", "charlie")
			t.Expect(sortedBy(t, users, "title", "ascending")).To(holdInOrder(users...))
		})
		s.It(check.Spec{
			ID: "scim.sort.sub-attribute", Level: check.Must,
			Title: "sortBy takes the path of a sub-attribute",
			Refs:  check.Refs(check.RFC7644("3.4.2.3", "If the attribute is complex, the attribute name must be a path to a sub-attribute in standard attribute notation (Section 3.10)")),
			Needs: needs,
		}, func(t *check.T) {
			var users []check.Resource
			for _, family := range []string{"Byron", "King", "Noel"} {
				users = append(users, t.CreateUserKeeping(map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": family}}))
			}
			shuffled := []check.Resource{users[2], users[0], users[1]}
			t.Expect(sortedBy(t, shuffled, "name.familyName", "ascending")).To(holdInOrder(users...))
			slices.Reverse(users)
			t.Expect(sortedBy(t, shuffled, "name.familyName", "descending")).To(holdInOrder(users...))
		})
		s.It(check.Spec{
			ID: "scim.sort.missing-last", Level: check.Must,
			Title: "results without a value come last in ascending order and first in descending order",
			Refs:  check.Refs(check.RFC7644("3.4.2.3", "they are ordered last if ascending and first if descending.")),
			Needs: needs,
		}, func(t *check.T) {
			users := titled(t, "alpha", "bravo")
			untitled := t.CreateUser()
			t.Require("a user without a title", t.Reread(untitled), check.LackJSON("/title"))
			all := append([]check.Resource{untitled}, users...)
			t.Expect(sortedBy(t, all, "title", "ascending")).To(holdInOrder(users[0], users[1], untitled))
			t.Expect(sortedBy(t, all, "title", "descending")).To(holdInOrder(untitled, users[1], users[0]))
		})
		sortingNames(s)
		sortingValues(s)
	})
}

func sortingNames(s *check.Suite) {
	needs := check.Needs(target.Sort, target.Filter)
	s.It(check.Spec{
		ID: "scim.sort.names-any-case", Level: check.Must,
		Title: "the attribute in sortBy is recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.4.3", `The "sortBy" attribute MUST be in standard attribute notation (Section 3.10) form.`), check.RFC7644("3.10", quoteAllFacets)),
		Needs: needs,
	}, func(t *check.T) {
		users := ordered(t)
		t.Expect(sortedBy(t, users, "USERNAME", "ascending")).To(holdInOrder(users...))
	})
	s.It(check.Spec{
		ID: "scim.sort.urn-prefix", Level: check.Must,
		Title: "the attribute in sortBy may carry the URN of its schema",
		Refs:  check.Refs(check.RFC7644("3.4.3", `The "sortBy" attribute MUST be in standard attribute notation (Section 3.10) form.`), check.RFC7644("3.10", "attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon")),
		Needs: needs,
	}, func(t *check.T) {
		users := ordered(t)
		t.Expect(sortedBy(t, users, check.UserURN+":userName", "ascending")).To(holdInOrder(users...))
	})
	s.It(check.Spec{
		ID: "scim.sort.pages", Level: check.Must,
		Title: "the pages of a sorted list continue its order, and each counts all results",
		Refs:  check.Refs(check.RFC7644("3.4.2.3", `The "sortBy" parameter specifies the attribute whose value SHALL be used to order the returned responses.`), check.RFC7644("3.4.2.4", "The 1-based index of the")),
		Needs: needs,
	}, func(t *check.T) {
		needsIndex(t)
		users := ordered(t)
		for i, user := range users {
			res := find(t, "/Users", named(users...), wire.Query("sortBy", "userName"), wire.Query("startIndex", strconv.Itoa(i+1)), wire.Query("count", "1"))
			t.Expect(res).To(check.HaveJSON("/totalResults", len(users)))
			t.Expect(res).To(holdInOrder(user))
		}
	})
	s.It(check.Spec{
		ID: "scim.sort.groups", Level: check.Must,
		Title: "sortBy orders groups by displayName",
		Refs:  check.Refs(check.RFC7644("3.4.2.3", `The "sortBy" parameter specifies the attribute whose value SHALL be used to order the returned responses.`)),
		Needs: check.Needs(target.Sort, target.Filter, target.Groups),
	}, func(t *check.T) {
		stem := t.Name()
		last := t.CreateGroup(map[string]any{"displayName": stem + "-b"})
		first := t.CreateGroup(map[string]any{"displayName": stem + "-a"})
		both := compare("displayName", "eq", stem+"-a") + " or " + compare("displayName", "eq", stem+"-b")
		t.Expect(find(t, "/Groups", both, wire.Query("sortBy", "displayName"))).To(holdInOrder(first, last))
		t.Expect(find(t, "/Groups", both, wire.Query("sortBy", "displayName"), wire.Query("sortOrder", "descending"))).To(holdInOrder(last, first))
	})
}

func sortingValues(s *check.Suite) {
	needs := check.Needs(target.Sort, target.Filter)
	s.It(check.Spec{
		ID: "scim.sort.case-exact", Level: check.Must,
		Title: "text that is case-exact and differs in case only has one order",
		Refs:  check.Refs(check.RFC7644("3.4.2.3", "for case-exact attribute types, sort the result using case-sensitive Unicode alphabetic sort order."), check.RFC7643("3.1", `This attribute has "caseExact" as "true" and a mutability of "readWrite".`)),
		Needs: needs,
	}, func(t *check.T) {
		one, other := t.Name(), t.Name()
		// Made in opposite orders: whoever takes "k" and "K" for equal shows them in the order of their creation.
		small, large := identified(t, one+"-k"), identified(t, one+"-K")
		large2, small2 := identified(t, other+"-K"), identified(t, other+"-k")
		res := sortedBy(t, []check.Resource{small, large}, "externalId", "ascending")
		t.Require("the list of the two", res, check.HoldExactly(small.ID, large.ID))
		if check.IDs(res)[0] == large.ID { // a collation puts either first
			small, large, small2, large2 = large, small, large2, small2
		}
		t.Expect(sortedBy(t, []check.Resource{small2, large2}, "externalId", "ascending")).To(holdInOrder(small2, large2))
		t.Expect(sortedBy(t, []check.Resource{small, large}, "externalId", "descending")).To(holdInOrder(large, small))
	})
	s.It(check.Spec{
		ID: "scim.sort.primary-value", Level: check.Must,
		Title: "a multi-valued attribute sorts by its primary value, else by its first",
		Refs:  check.Refs(check.RFC7644("3.4.2.3", "if it's a multi-valued attribute, resources are sorted by the value of the primary attribute (see Section 2.4 of [RFC7643]), if any, or else the first value in the list, if any.")),
		Needs: needs,
	}, func(t *check.T) {
		stem, domain := t.Name(), "@"+t.Target().EmailDomain()
		last := t.CreateUserKeeping(map[string]any{"emails": []any{email(stem+"-b"+domain, "work")}})
		first := t.CreateUserKeeping(map[string]any{"emails": []any{email(stem+"-c"+domain, "work"), primary(email(stem+"-a"+domain, "home"))}})
		t.Require("GET with the same filter, unsorted", find(t, "/Users", named(last, first)), check.HoldExactly(last.ID, first.ID))
		t.Expect(sortedBy(t, []check.Resource{last, first}, "emails.value", "ascending")).To(holdInOrder(first, last))
		t.Expect(sortedBy(t, []check.Resource{last, first}, "emails.value", "descending")).To(holdInOrder(last, first))
	})
}

func identified(t *check.T, external string) check.Resource {
	return t.CreateUserKeeping(map[string]any{"externalId": external})
}

// ordered makes three users, created in another order than that of their names, and returns them in
// the order of their names.
func ordered(t *check.T) []check.Resource {
	stem, users := t.Name(), make([]check.Resource, 3)
	for _, i := range []int{1, 2, 0} {
		users[i] = t.CreateUser(map[string]any{"userName": stem + "-" + string(rune('a'+i)) + "@" + t.Target().EmailDomain()})
	}
	return users
}

// titled makes a user for each title, the last first.
func titled(t *check.T, titles ...string) []check.Resource {
	users := make([]check.Resource, len(titles))
	for i, title := range slices.Backward(titles) {
		users[i] = t.CreateUserKeeping(map[string]any{"title": title})
	}
	return users
}

func sortedBy(t *check.T, users []check.Resource, attribute, order string) *wire.Response {
	options := []wire.Option{wire.Query("sortBy", attribute)}
	if order != "" {
		options = append(options, wire.Query("sortOrder", order))
	}
	return find(t, "/Users", named(users...), options...)
}
