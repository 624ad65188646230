package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	// What stands in the tables of the RFC is quoted by the line.
	quoteNextCursor = "omitted from a response only to indicate that"
	quoteIdentical  = "To retrieve another result page for a query, the client MUST query the same service provider endpoint with all query parameters and values being identical to the initial query with the exception of the cursor value"
	unreserved      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)

// cursors are the checks of paging by cursor (RFC 9865).
func cursors(s *check.Suite) {
	s.Describe("cursor", func() {
		cursorPages(s)
		cursorQueries(s)
		cursorErrors(s)
	})
}

// five makes the set that is walked through.
func five(t *check.T) (expression string, users []check.Resource) {
	ids := make([]string, 0, 5)
	for range 5 {
		user := t.CreateUser()
		users, ids = append(users, user), append(ids, user.ID)
	}
	expression = named(users...)
	t.Require("the five users on one page", find(t, "/Users", expression), check.HoldExactly(ids...))
	return expression, users
}

// cursorPage reads a page of a walk; the cursor of the first is empty.
func cursorPage(t *check.T, expression, cursor, count string) *wire.Response {
	return findPlain(t, "/Users", expression, wire.Query("cursor", cursor), wire.Query("count", count))
}

// secondCursor is what the first page of a walk by two leads to.
func secondCursor(t *check.T, expression string) (first *wire.Response, cursor string) {
	first = cursorPage(t, expression, "", "2")
	t.Control(first, check.BeListResponse())
	if cursor = first.String("/nextCursor"); cursor == "" {
		t.NotRun("the first page of two of five users has no nextCursor: %s", first.Summary())
	}
	return first, cursor
}

func cursorPages(s *check.Suite) {
	needs := check.Needs(target.Cursor, target.Filter)
	s.It(check.Spec{
		ID: "scim.cursor.advertised", Level: check.Must,
		Title: "pagination in the configuration says by true or false whether there are cursors and indexes",
		Refs:  check.Refs(check.RFC9865("4", "cursor A Boolean value specifying support of cursor-based pagination. REQUIRED."), check.RFC9865("4", "index A Boolean value specifying support of index-based pagination. REQUIRED.")),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		t.Require("the configuration", res, check.BeOK())
		if _, has := res.At("/pagination"); !has {
			t.NotApplicable("the target's configuration does not mention pagination, as it need not without cursors")
		}
		t.Expect(res).To(check.HaveJSON("/pagination/cursor", beBoolean()))
		t.Expect(res).To(check.HaveJSON("/pagination/index", beBoolean()))
	})
	s.It(check.Spec{
		ID: "scim.cursor.count-bounds", Level: check.Must,
		Title: "a page by cursor holds no more resources than count",
		Refs:  check.Refs(check.RFC9865("2", "provider MUST NOT return more, although it MAY")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		res := cursorPage(t, expression, "", "2")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(holdAtMost(2))
	})
	s.It(check.Spec{
		ID: "scim.cursor.zero-count", Level: check.Must,
		Title: "a count of 0 gives no resources",
		Refs:  check.Refs(check.RFC9865("2", "that no resource results are to be returned except")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		res := cursorPage(t, expression, "", "0")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(holdAtMost(0))
	})
	s.It(check.Spec{
		ID: "scim.cursor.walk-complete", Level: check.Must,
		Title: "nextCursor leads through all results, each exactly once",
		Refs:  check.Refs(check.RFC9865("2", quoteNextCursor)),
		Needs: needs,
	}, func(t *check.T) {
		expression, users := five(t)
		seen := map[string]int{}
		cursor := ""
		for range 2 * len(users) { // a page may hold fewer than two
			res := cursorPage(t, expression, cursor, "2")
			t.Expect(res).To(check.BeListResponse())
			for _, item := range check.Elements(res, "/Resources") {
				id, _ := wire.At(item, "/id")
				text, _ := id.(string)
				seen[text]++
			}
			if cursor = res.String("/nextCursor"); cursor == "" {
				break
			}
		}
		for _, user := range users {
			t.ExpectThat("how often user "+user.ID+" came", seen[user.ID]).To(check.Satisfy("once", func(n any) bool { return n == 1 }))
		}
	})
	s.It(check.Spec{
		ID: "scim.cursor.first-page", Level: check.Must,
		Title: "the first page has no previousCursor",
		Refs:  check.Refs(check.RFC9865("2", "previousCursor MUST NOT be returned")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		res := cursorPage(t, expression, "", "2")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.LackJSON("/previousCursor"))
	})
	s.It(check.Spec{
		ID: "scim.cursor.unreserved", Level: check.Must,
		Title: "cursors consist of unreserved characters",
		Refs:  check.Refs(check.RFC9865("2", "characters from the unreserved character set")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		_, cursor := secondCursor(t, expression)
		second := cursorPage(t, expression, cursor, "2")
		for _, value := range []string{cursor, second.String("/nextCursor"), second.String("/previousCursor")} {
			t.ExpectThat("a cursor", value).To(check.Satisfy(`letters, digits, "-", ".", "_" and "~"`, isUnreserved))
		}
	})
	s.It(check.Spec{
		ID: "scim.cursor.previous", Level: check.May,
		Title: "previousCursor leads back to the same page",
		Refs:  check.Refs(check.RFC9865("2", "indicating that the service provider supports forward and reverse traversal of result pages")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		first, cursor := secondCursor(t, expression)
		back := cursorPage(t, expression, cursor, "2").String("/previousCursor")
		if back == "" {
			t.NotApplicable("the target gives no previousCursor, as it may")
		}
		var ids []string
		for _, item := range check.Elements(first, "/Resources") {
			id, _ := wire.At(item, "/id")
			text, _ := id.(string)
			ids = append(ids, text)
		}
		t.Expect(cursorPage(t, expression, back, "2")).To(check.HoldExactly(ids...))
	})
}

// cursorQueries are the checks of what else holds for a query by cursor.
func cursorQueries(s *check.Suite) {
	needs := check.Needs(target.Cursor, target.Filter)
	s.It(check.Spec{
		ID: "scim.cursor.negative-count", Level: check.Must,
		Title: "a negative count of a page by cursor is taken for 0",
		Refs:  check.Refs(check.RFC9865("2", "be interpreted as \"0\"")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		t.Require("a page of two", cursorPage(t, expression, "", "2"), check.BeListResponse())
		res := cursorPage(t, expression, "", "-1")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(holdAtMost(0))
	})
	s.It(check.Spec{
		ID: "scim.cursor.total-constant", Level: check.May,
		Title: "totalResults is the number of all results on the second page too, or left out",
		Refs:  check.Refs(check.RFC9865("2", "service providers should return an accurate value for totalResults, which is the total number of resources for all pages")),
		Needs: needs,
	}, func(t *check.T) {
		expression, users := five(t)
		_, cursor := secondCursor(t, expression)
		res := cursorPage(t, expression, cursor, "2")
		t.Expect(res).To(check.BeListResponse())
		if _, given := res.At("/totalResults"); !given {
			t.NotApplicable("the target leaves totalResults out, as it may")
		}
		t.Expect(res).To(check.HaveJSON("/totalResults", len(users)))
	})
	s.It(check.Spec{
		ID: "scim.cursor.sorted", Level: check.Should,
		Title: "the pages of a walk with sortBy follow the order of the whole",
		Refs:  check.Refs(check.RFC9865("2.2", "then cursor-paged results should be sorted")),
		Needs: check.Needs(target.Cursor, target.Filter, target.Sort),
	}, func(t *check.T) {
		expression, users := five(t)
		order := []wire.Option{wire.Query("sortBy", "userName"), wire.Query("sortOrder", "descending")}
		whole := check.IDs(find(t, "/Users", expression, order...))
		t.Require("the five users in order", len(whole), check.Be(len(users)))
		var walked []string
		cursor := ""
		for range 2 * len(users) {
			res := findPlain(t, "/Users", expression, append(order, wire.Query("cursor", cursor), wire.Query("count", "2"))...)
			t.Expect(res).To(check.BeListResponse())
			walked = append(walked, check.IDs(res)...)
			if cursor = res.String("/nextCursor"); cursor == "" {
				break
			}
		}
		t.Require("all five users in the walk", len(walked), check.Be(len(users)))
		t.ExpectThat("the order of the walk", walked).To(check.Be(whole))
	})
	s.It(check.Spec{
		ID: "scim.cursor.search", Level: check.Should,
		Title: "a search request takes a cursor and leads on with it",
		Refs:  check.Refs(check.RFC9865("3", "When posting to /.search, the client would pass the parameters defined in Section 2 in the body of the POST request.")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		first := searchOrSkip(t, map[string]any{"filter": expression, "count": 2, "cursor": ""})
		t.Expect(first).To(check.BeListResponse())
		t.Expect(first).To(check.HaveJSON("/nextCursor", check.BeNonEmptyString()))
		second := searchUsers(t, map[string]any{"filter": expression, "count": 2, "cursor": first.String("/nextCursor")})
		t.Expect(second).To(check.BeListResponse())
		for _, id := range check.IDs(first) {
			t.Expect(second).To(check.LackResource(id))
		}
	})
}

func isUnreserved(value any) bool {
	text, ok := value.(string)
	return ok && strings.Trim(text, unreserved) == ""
}

func cursorErrors(s *check.Suite) {
	needs := check.Needs(target.Cursor, target.Filter)
	s.It(check.Spec{
		ID: "scim.cursor.garbage", Level: check.Should,
		Title: "a cursor that was never given is refused with invalidCursor",
		Refs:  check.Refs(check.RFC9865("5.2", "Service providers should be able to easily detect forged cursor values and immediately return an invalidCursor as described in Section 2.1.")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		_, cursor := secondCursor(t, expression)
		t.Control(cursorPage(t, expression, cursor, "2"), check.BeListResponse())
		t.Expect(cursorPage(t, expression, "assay-never-given", "2")).To(check.BeSCIMError(400, "invalidCursor"))
	})
	s.It(check.Spec{
		ID: "scim.cursor.count-changed", Level: check.Should,
		Title: "a count that changes during a walk is refused with invalidCount",
		Refs:  check.Refs(check.RFC9865("2.1", "If a service provider encounters invalid pagination query parameters (invalid cursor value, count value, etc) or other error conditions, the service provider SHOULD return the appropriate HTTP response status code and detailed JSON error response")),
		Needs: needs,
	}, func(t *check.T) {
		expression, _ := five(t)
		_, cursor := secondCursor(t, expression)
		t.Control(cursorPage(t, expression, cursor, "2"), check.BeListResponse())
		t.Expect(cursorPage(t, expression, cursor, "1")).To(check.BeSCIMError(400, "invalidCount"))
	})
	s.It(check.Spec{
		ID: "scim.cursor.other-query", Level: check.May,
		Title: "a cursor is refused when the filter is not the one that it was given for",
		Refs:  check.Refs(check.RFC9865("2", quoteIdentical)),
		Needs: needs,
	}, func(t *check.T) {
		expression, users := five(t)
		_, cursor := secondCursor(t, expression)
		t.Control(cursorPage(t, expression, cursor, "2"), check.BeListResponse())
		t.Expect(cursorPage(t, named(users[:3]...), cursor, "2")).To(check.BeSCIMError(400, "invalidCursor"))
	})
}
