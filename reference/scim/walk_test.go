package scim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reference/scim"
)

func users(c *client, n int) {
	c.Helper()
	for i := range n {
		c.want(201, "POST", "/Users", userBody(fmt.Sprintf("user%02d", i), fmt.Sprintf(`,"title":"T%d"`, i%3)))
	}
}

// pageOf gets one page of a walk. It checks what holds for every page.
func pageOf(c *client, query, cursor string) response {
	c.Helper()
	r := c.want(200, "GET", "/Users?"+query+"&cursor="+cursor, "")
	list, _ := r.doc["Resources"].([]any)
	if r.at("startIndex") != nil || r.at("itemsPerPage") != float64(len(list)) {
		c.Errorf("%s: startIndex or itemsPerPage: %s", query, r.raw)
	}
	for _, name := range []string{"nextCursor", "previousCursor"} {
		value, present := r.doc[name]
		text, _ := value.(string)
		if present && (text == "" || url.QueryEscape(text) != text) {
			c.Errorf("%s: %s is %v", query, name, value)
		}
	}
	return r
}

func next(r response) string     { text, _ := r.doc["nextCursor"].(string); return text }
func previous(r response) string { text, _ := r.doc["previousCursor"].(string); return text }

// walk gets all pages, and then goes all the way back.
func walk(c *client, query string) (pages []string) {
	c.Helper()
	r := pageOf(c, query, "")
	if previous(r) != "" {
		c.Errorf("%s: the first page has a previousCursor", query)
	}
	total := r.at("totalResults")
	for {
		pages = append(pages, names(r))
		if next(r) == "" {
			break
		}
		if r = pageOf(c, query, next(r)); previous(r) == "" || r.at("totalResults") != total {
			c.Fatalf("%s: a later page: %s", query, r.raw)
		}
	}
	for i := len(pages) - 2; i >= 0; i-- {
		if r = pageOf(c, query, previous(r)); names(r) != pages[i] || next(r) == "" {
			c.Fatalf("%s: back on page %d there is %q, wanted %q", query, i, names(r), pages[i])
		}
	}
	if previous(r) != "" {
		c.Errorf("%s: back on the first page there is a previousCursor", query)
	}
	return pages
}

// PAG-17, PAG-18, PAG-19, PAG-20, GAP-128, GAP-129, GAP-130, GAP-131, GAP-132, GAP-141, GAP-144: a walk from an empty
// cursor gives what one page without cursor gives, in its order and under any filter, and back again.
func TestWalk(t *testing.T) {
	c := newClient(t)
	users(c, 11)
	for _, query := range []string{
		"", "filter=" + url.QueryEscape(`title eq "t1"`), "filter=" + url.QueryEscape(`title ne "é"`), "filter=" + url.QueryEscape(`userName eq "nobody"`),
		"sortBy=userName", "sortBy=userName&sortOrder=descending", "sortBy=title", "sortBy=title&sortOrder=descending", "sortBy=nickName",
		"sortBy=meta.created&sortOrder=descending", "sortBy=active&filter=" + url.QueryEscape(`not (title eq "T0")`),
	} {
		all := strings.Fields(names(c.want(200, "GET", "/Users?"+query, "")))
		for _, count := range []int{1, 3, 10, 11, 12} {
			pages := walk(c, fmt.Sprintf("count=%d&%s", count, query))
			if got := strings.Fields(strings.Join(pages, " ")); !slices.Equal(got, all) {
				t.Errorf("%s by %d: %v, wanted %v", query, count, got, all)
			}
			if want := max(1, (len(all)+count-1)/count); len(pages) != want {
				t.Errorf("%s by %d: %d pages, wanted %d", query, count, len(pages), want)
			}
		}
	}
}

// PAG-22, GAP-133, GAP-143: no resources for a count of 0 or less, and never more than maxPageSize; GAP-142: without
// cursor and startIndex the answer is a page by index.
func TestWalkCounts(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxResults = 4 })
	users(c, 6)
	for _, count := range []string{"0", "-3"} {
		c.expect(pageOf(c, "count="+count, ""), "totalResults", 6, "itemsPerPage", 0, "Resources", []any{}, "nextCursor", nil, "previousCursor", nil)
	}
	for _, query := range []string{"", "count=5", "count=100"} {
		r := pageOf(c, query, "")
		c.expect(r, "totalResults", 6, "itemsPerPage", 4)
		c.expect(pageOf(c, query, next(r)), "totalResults", 6, "itemsPerPage", 2, "nextCursor", nil)
	}
	c.expect(c.want(200, "GET", "/Users?count=2", ""), "startIndex", 1, "nextCursor", nil)
	c.expect(c.want(200, "GET", "/Users?cursor&count=2", ""), "startIndex", nil, "itemsPerPage", 2)
	c.expect(c.want(200, "GET", "/Users?CURSOR=&count=2&startIndex=1", ""), "startIndex", nil, "itemsPerPage", 2)
	c.refused(400, "invalidValue", "GET", "/Users?cursor=&startIndex=2", "")
}

// PAG-21, GAP-134, GAP-135, GAP-137, GAP-138: a cursor is good for one query of one tenant, and whatever else it is tried
// on, the answer is the same.
func TestCursorIsBound(t *testing.T) {
	c := newClient(t)
	users(c, 4)
	c.group("g1")
	c.group("g2")
	query := "count=1&sortBy=userName&filter=" + url.QueryEscape(`userName sw "user"`)
	cursor := next(pageOf(c, query, ""))
	c.want(200, "GET", "/Users?count=1&sortBy=USERNAME&sortOrder=ascending&filter="+url.QueryEscape(`(USERNAME SW "user")`)+"&cursor="+cursor, "")

	garbage := c.refused(400, "invalidCursor", "GET", "/Users?"+query+"&cursor=garbage", "").raw
	for name, path := range map[string]string{
		"another filter":     "/Users?count=1&sortBy=userName&filter=" + url.QueryEscape(`userName sw "x"`) + "&cursor=" + cursor,
		"no filter":          "/Users?count=1&sortBy=userName&cursor=" + cursor,
		"another order":      "/Users?count=1&sortBy=id&filter=" + url.QueryEscape(`userName sw "user"`) + "&cursor=" + cursor,
		"another direction":  "/Users?" + query + "&sortOrder=descending&cursor=" + cursor,
		"another projection": "/Users?" + query + "&attributes=userName&cursor=" + cursor,
		"another endpoint":   "/Groups?count=1&cursor=" + next(pageOf(c, "count=1", "")),
		"changed":            "/Users?" + query + "&cursor=" + cursor[:len(cursor)-2] + "AA",
		"twice":              "/Users?" + query + "&cursor=" + cursor + "&cursor=",
		"of a restarted one": "/Users?" + query + "&cursor=" + otherCursor(t, query),
	} {
		if got := c.refused(400, "invalidCursor", "GET", path, "").raw; got != garbage {
			t.Errorf("%s: %s, for garbage it is %s", name, got, garbage)
		}
	}
	c.bearer = other
	users(c, 4)
	if got := c.refused(400, "invalidCursor", "GET", "/Users?"+query+"&cursor="+cursor, "").raw; got != garbage {
		t.Errorf("of another tenant: %s", got)
	}
	c.bearer = secret
	for _, count := range []string{"2", "0", "x", "1.5"} {
		c.refused(400, "invalidCount", "GET", "/Users?"+strings.Replace(query, "count=1", "count="+count, 1)+"&cursor="+cursor, "")
	}
	c.refused(400, "invalidCount", "GET", "/Users?cursor=&count=x", "")
	c.refused(400, "invalidValue", "GET", "/Users?count=x", "")
}

// otherCursor is a cursor of another server.
func otherCursor(t *testing.T, query string) string {
	c := newClient(t)
	users(c, 4)
	return next(pageOf(c, query, ""))
}

// GAP-136, GAP-143: a cursor lives as long as cursorTimeout says, and dies then.
func TestCursorExpires(t *testing.T) {
	now := time.Now()
	c := newClient(t, func(o *scim.Options) {
		o.CursorTimeout, o.Clock = 90*time.Second+time.Millisecond, func() time.Time { return now }
	})
	users(c, 4)
	c.expect(c.want(200, "GET", "/ServiceProviderConfig", ""), "pagination/cursorTimeout", 90)
	r := pageOf(c, "count=1", "")
	first := next(r)
	for range 2 { // each page begins anew
		now = now.Add(90 * time.Second)
		r = pageOf(c, "count=1", next(r))
	}
	c.refused(400, "expiredCursor", "GET", "/Users?count=1&cursor="+first, "")
	c.bearer = other
	c.refused(400, "invalidCursor", "GET", "/Users?count=1&cursor="+first, "")
}

// GAP-140: in the body of a search, under the rules of the URL.
func TestWalkBySearch(t *testing.T) {
	c := newClient(t)
	users(c, 5)
	search := func(more map[string]any) string {
		more["schemas"], more["count"], more["sortBy"] = []string{findURN}, 2, "userName"
		body, err := json.Marshal(more)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	r := c.want(200, "POST", "/Users/.search", search(map[string]any{"cursor": ""}))
	c.expect(r, "totalResults", 5, "itemsPerPage", 2, "startIndex", nil, "Resources/0/userName", "user00", "previousCursor", nil)
	r = c.want(200, "POST", "/Users/.search", search(map[string]any{"cursor": next(r)}))
	c.expect(r, "Resources/0/userName", "user02")
	// A search is the same query as that in a URL.
	c.expect(pageOf(c, "count=2&sortBy=userName", next(r)), "Resources/0/userName", "user04", "nextCursor", nil)
	c.expect(c.want(200, "POST", "/Users/.search", search(map[string]any{"cursor": nil})), "startIndex", 1)
	c.refused(400, "invalidCursor", "POST", "/Users/.search", search(map[string]any{"cursor": 5}))
	c.refused(400, "invalidCursor", "POST", "/Users/.search", search(map[string]any{"cursor": "garbage"}))
	c.refused(400, "invalidCount", "POST", "/Users/.search", `{"schemas":["`+findURN+`"],"cursor":"","count":"x"}`)
}

// GAP-130, GAP-132: what others create, delete and change in between moves no other resource to another page.
func TestWalkWhileOthersWrite(t *testing.T) {
	for _, query := range []string{"count=3", "count=3&sortBy=userName", "count=3&sortBy=userName&sortOrder=descending"} {
		c := newClient(t)
		users(c, 12)
		kept := names(c.want(200, "GET", "/Users?"+strings.Replace(query, "count=3", "count=50", 1), ""))
		ids := map[string]string{}
		for _, item := range c.want(200, "GET", "/Users?count=50", "").doc["Resources"].([]any) {
			ids[fmt.Sprint(at(item, "userName"))] = fmt.Sprint(at(item, "id"))
		}
		order := strings.Fields(kept)
		r := pageOf(c, query, "")
		seen := strings.Fields(names(r))
		// The last of the page that was seen and the first of the next go, and new ones come at both ends.
		c.want(204, "DELETE", "/Users/"+ids[order[2]], "")
		c.want(204, "DELETE", "/Users/"+ids[order[3]], "")
		c.user("aaa")
		c.user("zzz")
		for next(r) != "" {
			r = pageOf(c, query, next(r))
			seen = append(seen, strings.Fields(names(r))...)
		}
		want := append(slices.Clone(order[:3]), order[4:]...)
		got := slices.DeleteFunc(slices.Clone(seen), func(name string) bool { return name == "aaa" || name == "zzz" })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, wanted %v", query, seen, want)
		}
	}
}

// When everything on the other side has gone there is an empty page, from which the way back leads to what is left.
func TestWalkToAnEmptiedSide(t *testing.T) {
	for _, query := range []string{"count=2", "count=2&sortBy=userName"} {
		c := newClient(t)
		var ids []string
		for _, name := range []string{"a", "b", "c", "d"} {
			ids = append(ids, c.user(name))
		}
		first := pageOf(c, query, "")
		second := pageOf(c, query, next(first))
		c.want(204, "DELETE", "/Users/"+ids[2], "")
		c.want(204, "DELETE", "/Users/"+ids[3], "")
		emptied := pageOf(c, query, next(first))
		c.expect(emptied, "itemsPerPage", 0, "nextCursor", nil)
		if got := names(pageOf(c, query, previous(emptied))); got != "a b" {
			t.Errorf("%s: back from the end: %q", query, got)
		}
		c.user("e")
		c.want(204, "DELETE", "/Users/"+ids[0], "")
		c.want(204, "DELETE", "/Users/"+ids[1], "")
		emptied = pageOf(c, query, previous(second))
		c.expect(emptied, "itemsPerPage", 0, "previousCursor", nil)
		if got := names(pageOf(c, query, next(emptied))); got != "e" {
			t.Errorf("%s: back from the beginning: %q", query, got)
		}
	}
}

// A sort key is part of the cursor: it must not show there, nor make it too long for a URL.
func TestCursorsHideAndLimitKeys(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("ü", 3000)
	for i := range 3 {
		c.want(201, "POST", "/Users", userBody(fmt.Sprintf("u%d", i), fmt.Sprintf(`,"title":"%s%d"`, long, i)))
	}
	if pages := walk(c, "count=1&sortBy=title"); strings.Join(pages, " ") != "u0 u1 u2" {
		t.Errorf("%v", pages)
	}
	if cursor := next(pageOf(c, "count=1&sortBy=title", "")); len(cursor) > 2000 {
		t.Errorf("the cursor has %d bytes", len(cursor))
	}
}

// PAG-16, GAP-143, GAP-145: what is advertised.
func TestPaginationIsAdvertised(t *testing.T) {
	c := newClient(t)
	c.expect(c.want(200, "GET", "/ServiceProviderConfig", ""), "pagination", map[string]any{
		"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 50, "maxPageSize": 50, "cursorTimeout": 3600,
	})
	const urn = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	r := c.want(200, "GET", "/Schemas/"+urn, "")
	attributes, _ := r.doc["attributes"].([]any)
	found := slices.IndexFunc(attributes, func(a any) bool { return at(a, "name") == "pagination" })
	if found < 0 {
		t.Fatalf("no pagination in %s", r.raw)
	}
	var subs []string
	for _, sub := range at(attributes[found], "subAttributes").([]any) {
		subs = append(subs, fmt.Sprintf("%v %v %v", at(sub, "name"), at(sub, "type"), at(sub, "required")))
	}
	want := "cursor boolean true, index boolean true, defaultPaginationMethod string false, defaultPageSize integer false, maxPageSize integer false, cursorTimeout integer false"
	if got := strings.Join(subs, ", "); got != want {
		t.Errorf("pagination has %s", got)
	}
	listed := false
	for _, s := range c.want(200, "GET", "/Schemas", "").doc["Resources"].([]any) {
		listed = listed || at(s, "id") == urn
	}
	if !listed {
		t.Error("/Schemas does not list it")
	}
}

// GAP-128 to GAP-132, GAP-140, GAP-141 for queries over all types.
func TestWalkOverAllTypes(t *testing.T) {
	c := newClient(t)
	for i := range 5 {
		c.want(201, "POST", "/Users", userBody(fmt.Sprintf("user%d", i), fmt.Sprintf(`,"displayName":"D%d","externalId":"E%d"`, 4-i, i%2)))
		c.group(fmt.Sprintf("D%d", i))
	}
	ids := func(r response) (out []string) {
		for _, item := range r.doc["Resources"].([]any) {
			out = append(out, fmt.Sprint(at(item, "id")))
		}
		return out
	}
	for _, query := range []string{"", "sortBy=displayName", "sortBy=displayName&sortOrder=descending", "sortBy=userName", "sortBy=externalId",
		"filter=" + url.QueryEscape(`userName pr or displayName gt "d2"`), "filter=" + url.QueryEscape(`meta.resourceType eq "Group"`)} {
		all := ids(c.want(200, "GET", "/?count=50&"+query, ""))
		for _, count := range []int{1, 4, 10} {
			path := fmt.Sprintf("/?count=%d&%s&cursor=", count, query)
			r := c.want(200, "GET", path, "")
			var pages [][]string
			for ; ; r = c.want(200, "GET", path+next(r), "") {
				pages = append(pages, ids(r))
				c.expect(r, "totalResults", len(all), "startIndex", nil)
				if next(r) == "" {
					break
				}
			}
			if got := slices.Concat(pages...); !slices.Equal(got, all) {
				t.Errorf("%s: %v, wanted %v", path, got, all)
			}
			for i := len(pages) - 2; i >= 0; i-- {
				if r = c.want(200, "GET", path+previous(r), ""); !slices.Equal(ids(r), pages[i]) {
					t.Errorf("%s: back on page %d: %v, wanted %v", path, i, ids(r), pages[i])
				}
			}
		}
	}
	of := next(c.want(200, "GET", "/?count=1&cursor=", ""))
	c.want(200, "POST", "/.search", `{"schemas":["`+findURN+`"],"count":1,"cursor":"`+of+`"}`)
	c.refused(400, "invalidCursor", "GET", "/Users?count=1&cursor="+of, "")
}
