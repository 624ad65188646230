package scim

import (
	"slices"

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
	})
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
