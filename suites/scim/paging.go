package scim

import (
	"strconv"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const quotePartial = "REQUIRED when partial results are returned due to pagination."

func paging(s *check.Suite) {
	s.Describe("paging", func() {
		pageSize(s)
		pageLimit(s)
		pageStart(s)
		pageValues(s)
	})
}

// three makes the set that is paged through: a filter for three users that nobody else is in.
func three(t *check.T) (expression string, users []check.Resource) {
	needsIndex(t)
	users = []check.Resource{t.CreateUser(), t.CreateUser(), t.CreateUser()}
	expression = named(users...)
	t.Require("the three users on one page", find(t, "/Users", expression), check.HoldExactly(users[0].ID, users[1].ID, users[2].ID))
	return expression, users
}

// needsIndex makes a check not applicable when the target does not page by index, as it need not beside
// cursors (RFC 9865 section 4).
func needsIndex(t *check.T) {
	config := t.Get("/ServiceProviderConfig")
	if index, ok := config.At("/pagination/index"); ok && index == false {
		t.NotApplicable("the target pages by cursor only (RFC 9865)")
	}
}

// page reads a page of a filtered list; a parameter of "" is left out.
func page(t *check.T, expression, startIndex, count string) *wire.Response {
	var options []wire.Option
	if startIndex != "" {
		options = append(options, wire.Query("startIndex", startIndex))
	}
	if count != "" {
		options = append(options, wire.Query("count", count))
	}
	return findPlain(t, "/Users", expression, options...)
}

func pageSize(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.paging.count-bounds", Level: check.Must,
		Title: "a page holds no more resources than count",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "MUST NOT return more")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "", "2")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", 3))
		t.Expect(res).To(holdAtMost(2))
	})
	s.It(check.Spec{
		ID: "scim.paging.count-bounds-unfiltered", Level: check.Must,
		Title: "a page of all users holds no more resources than count",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "MUST NOT return more")),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		t.CreateUser()
		t.CreateUser()
		res := list(t, "/Users", wire.Query("startIndex", "1"), wire.Query("count", "1"))
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", beAtLeast(2)))
		t.Expect(res).To(holdAtMost(1))
	})
	s.It(check.Spec{
		ID: "scim.paging.total-results", Level: check.Must,
		Title: "totalResults counts all results, not those of the page",
		Refs:  check.Refs(check.RFC7644("3.4.2", "The value may be larger than the number of resources returned, such as when returning a single page (see Section 3.4.2.4) of results where multiple pages are available.")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		expression, _ := three(t)
		t.Expect(page(t, expression, "1", "1")).To(check.HaveJSON("/totalResults", 3))
	})
	s.It(check.Spec{
		ID: "scim.paging.items-per-page", Level: check.Must,
		Title: "itemsPerPage of a partial list is the number of resources in it",
		Refs:  check.Refs(check.RFC7644("3.4.2", "itemsPerPage The number of resources returned in a list response page. "+quotePartial)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "2", "5")
		t.Expect(res).To(check.BeListResponse())
		t.Require("a partial list", res, holdAtMost(2))
		t.Expect(res).To(check.HaveJSON("/itemsPerPage", len(check.IDs(res))))
	})
	s.It(check.Spec{
		ID: "scim.paging.count-zero", Level: check.Must,
		Title: "count 0 asks for the number of results only",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "indicates that no resource")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "", "0")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", 3))
		t.Expect(res).To(holdAtMost(0))
	})
	s.It(check.Spec{
		ID: "scim.paging.count-negative", Level: check.Must,
		Title: "a negative count is taken for 0",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "A negative value")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "", "-1")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", 3))
		t.Expect(res).To(holdAtMost(0))
	})
}

func pageLimit(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.paging.max-results-kept", Level: check.Should,
		Title: "a list holds no more resources than maxResults of the configuration says",
		Refs:  check.Refs(check.RFC7643("5", "maxResults An integer value specifying the maximum number of resources returned in a response. REQUIRED.")),
		Needs: check.Needs(target.Filter),
	}, func(t *check.T) {
		most, said := check.Integer(t.Get("/ServiceProviderConfig"), "/filter/maxResults")
		t.Require("maxResults is an integer", said, check.Be(true))
		t.CreateUser()
		res := list(t, "/Users")
		t.Require("a list of users", res, check.HaveJSON("/Resources", beFilledList()))
		t.Expect(res).To(holdAtMost(most))
	})
}

func pageStart(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.paging.start-index-said", Level: check.Must,
		Title: "a partial list says at which index it starts",
		Refs:  check.Refs(check.RFC7644("3.4.2", "startIndex The 1-based index of the first result in the current set of list results. "+quotePartial)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "2", "1")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/startIndex", 2))
	})
	s.It(check.Spec{
		ID: "scim.paging.start-index-skips", Level: check.Must,
		Title: "startIndex leaves out the results before it",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "The 1-based index of the")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		expression, _ := three(t)
		res := page(t, expression, "3", "")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", 3))
		t.Expect(res).To(holdAtMost(1))
	})
	s.It(check.Spec{
		ID: "scim.paging.start-index-below-one", Level: check.Must,
		Title: "a startIndex below 1 is taken for 1",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "value less than 1 SHALL be")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		expression, users := three(t)
		for _, start := range []string{"0", "-3"} {
			t.Expect(page(t, expression, start, "")).To(check.HoldExactly(users[0].ID, users[1].ID, users[2].ID))
		}
	})
	s.It(check.Spec{
		ID: "scim.paging.beyond-the-end", Level: check.Should,
		Title: "a startIndex beyond the last result gives an empty page",
		Refs:  check.Refs(check.RFC7644("3.4.2", "A query that does not return any matches SHALL return success (HTTP status code 200)")),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		expression, _ := three(t)
		t.Expect(page(t, expression, "4", "2")).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.paging.walk", Level: check.Should,
		Title: "the pages of an unchanged list hold every resource exactly once",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", `Pagination parameters can be used together to "page through" large numbers of resources so as not to overwhelm the client or service provider.`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		expression, users := three(t)
		seen := map[string]int{}
		for index := 1; index <= 3; index++ {
			res := page(t, expression, strconv.Itoa(index), "1")
			t.Expect(res).To(check.BeListResponse())
			for _, id := range check.IDs(res) {
				seen[id]++
			}
		}
		t.ExpectThat("how often each resource was on a page", seen).To(check.Be(map[string]int{
			users[0].ID: 1, users[1].ID: 1, users[2].ID: 1,
		}))
	})
}

func pageValues(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.paging.no-number-refused", Level: check.Should,
		Title: "a count or startIndex that is no number is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.12", "A required value was missing,")),
	}, func(t *check.T) {
		t.Control(list(t, "/Users", wire.Query("startIndex", "1"), wire.Query("count", "1")), check.BeListResponse())
		t.Expect(t.Get("/Users", wire.Query("count", "many"))).To(check.BeSCIMError(400))
		t.Expect(t.Get("/Users", wire.Query("startIndex", "first"))).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.paging.large-values-answered", Level: check.Must,
		Title: "a very large count or startIndex is answered, with a list or a refusal",
		Refs:  check.Refs(check.RFC7644("3.4.2.4", "although it MAY return")),
	}, func(t *check.T) {
		const huge = "99999999999999999999"
		t.CreateUser()
		t.Require("a small page", list(t, "/Users", wire.Query("startIndex", "1"), wire.Query("count", "1")), check.HaveJSON("/totalResults", beAtLeast(1)))
		t.Expect(t.Get("/Users", wire.Query("startIndex", huge), wire.Query("count", "1"))).To(beAnswered())
		t.Expect(t.Get("/Users", wire.Query("filter", compare("userName", "eq", t.Email())), wire.Query("count", huge))).To(beAnswered())
	})
}
