package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim"
)

// people makes five users and a group, and gives their ids by userName.
func people(c *client) map[string]string {
	c.Helper()
	ids := map[string]string{}
	for name, more := range map[string]string{
		"carol": `,"title":"b","externalId":"E1","name":{"familyName":"Zuse"},"emails":[{"value":"c@x.test","type":"work"},{"value":"C2@x.test","type":"home"}]`,
	} {
		ids[name] = c.want(201, "POST", "/Users", userBody(name, more)).id()
	}
	ids["Alice"] = c.want(201, "POST", "/Users", userBody("Alice", `,"title":"C","externalId":"e1","active":false,"name":{"familyName":"Byron"}`)).id()
	ids["bob"] = c.want(201, "POST", "/Users", userBody("bob", `,"name":{"familyName":"aiken"},"`+workURN+`":{"department":"Engines"}`)).id()
	ids["dave"] = c.want(201, "POST", "/Users", userBody("dave", `,"title":"a","emails":[{"value":"z@x.test"},{"value":"a@x.test","primary":true}]`)).id()
	ids["ö"] = c.user("ö")
	ids["all"] = c.group("all", ids["bob"], ids["dave"])
	return ids
}

func names(r response) string {
	var out []string
	list, _ := r.doc["Resources"].([]any)
	for _, item := range list {
		out = append(out, fmt.Sprint(at(item, "userName")))
	}
	return strings.Join(out, " ")
}

func TestFilters(t *testing.T) {
	c := newClient(t)
	ids := people(c)
	for filter, want := range map[string]string{
		``:                                         "carol Alice bob dave ö",
		`userName eq "ALICE"`:                      "Alice",
		`USERNAME Eq "alice"`:                      "Alice",
		`userName eq "Ö"`:                          "ö",
		`userName eq "nobody"`:                     "",
		`id eq "` + ids["bob"] + `"`:               "bob",
		`externalId eq "E1"`:                       "carol",
		`externalId eq "e1"`:                       "Alice",
		`userName eq "bob" and active eq true`:     "bob",
		`userName eq "bob" or userName eq "dave"`:  "bob dave",
		`not (userName eq "bob")`:                  "carol Alice dave ö",
		`userName ne "bob"`:                        "carol Alice dave ö",
		`active eq false`:                          "Alice",
		`title pr`:                                 "carol Alice dave",
		`title gt "a"`:                             "carol Alice",
		`userName sw "A" or userName ew "E"`:       "Alice dave",
		`emails.value eq "c2@X.test"`:              "carol",
		`emails[type eq "work" and value co "c@"]`: "carol",
		workURN + `:department eq "engines" and userName pr`: "bob",
		userURN + `:userName eq "bob"`:                       "bob",
		`groups.value eq "` + ids["all"] + `"`:               "bob dave",
		`meta.created gt "2020-01-01T00:00:00Z"`:             "carol Alice bob dave ö",
		`meta.lastModified lt "2020-01-01T00:00:00Z"`:        "",
		`userName eq "x' OR '1'='1"`:                         "",
	} {
		r := c.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), "")
		if got := names(r); got != want {
			t.Errorf("%s: %q, wanted %q", filter, got, want)
		}
		c.expect(r, "totalResults", len(strings.Fields(want)), "itemsPerPage", len(strings.Fields(want)), "startIndex", 1)
		if _, is := r.doc["Resources"].([]any); !is {
			t.Errorf("%s: Resources is no array: %s", filter, r.raw)
		}
		body, _ := json.Marshal(map[string]any{"schemas": []string{findURN}, "filter": filter})
		if got := names(c.want(200, "POST", "/Users/.search", string(body))); got != want {
			t.Errorf(".search %s: %q, wanted %q", filter, got, want)
		}
	}
	for _, filter := range []string{`userName`, `userName xx "a"`, `userName eq`, `(userName eq "a"`, `active gt true`, `password sw "a"`, `nope eq "a"`} {
		c.refused(400, "invalidFilter", "GET", "/Users?filter="+url.QueryEscape(filter), "")
	}
	r := c.want(200, "GET", "/Groups?filter="+url.QueryEscape(`displayName eq "ALL" and members.value eq "`+ids["bob"]+`"`), "")
	c.expect(r, "totalResults", 1, "Resources/0/members/0/value", ids["bob"], "Resources/0/members/1/value", ids["dave"])
}

func TestPaging(t *testing.T) {
	c := newClient(t)
	people(c)
	type page struct {
		query, names string
		start        int
	}
	for _, p := range []page{
		{"", "carol Alice bob dave ö", 1},
		{"?count=2", "carol Alice", 1},
		{"?startIndex=2&count=2", "Alice bob", 2},
		{"?startindex=4", "dave ö", 4},
		{"?startIndex=5&count=1", "ö", 5},
		{"?startIndex=6", "", 6},
		{"?startIndex=0&count=1", "carol", 1},
		{"?startIndex=-3&count=1", "carol", 1},
		{"?count=0", "", 1},
		{"?count=-1", "", 1},
		{"?count=99999999999999999999", "carol Alice bob dave ö", 1},
		{"?startIndex=1000000000000&count=5", "", 1000000000000},
		{"?startIndex=2&count=2&filter=userName%20pr", "Alice bob", 2},
		{"?count=0&filter=userName%20pr", "", 1},
		{"?startIndex=2&count=2&sortBy=userName", "bob carol", 2},
		{"?startIndex=9&sortBy=userName", "", 9},
		{"?count=0&sortBy=userName", "", 1},
	} {
		r := c.want(200, "GET", "/Users"+p.query, "")
		if names(r) != p.names {
			t.Errorf("%s: %q, wanted %q", p.query, names(r), p.names)
		}
		c.expect(r, "schemas/0", "urn:ietf:params:scim:api:messages:2.0:ListResponse", "totalResults", 5, "itemsPerPage", len(strings.Fields(p.names)), "startIndex", p.start)
	}
	c.want(200, "GET", "/Users?startIndex=99999999999999999999&sortBy=id", "")
	for _, query := range []string{"count=abc", "count=1.5", "startIndex=x", "sortBy=nope", "sortBy=name", "sortBy=password", "sortBy=" + workURN, "sortBy=userName&sortOrder=up", "filter=%zz"} {
		c.refused(400, "invalidValue", "GET", "/Users?"+query, "")
	}
	limited := newClient(t, func(o *scim.Options) { o.MaxResults = 2 })
	people(limited)
	for _, query := range []string{"", "?count=100"} {
		limited.expect(limited.want(200, "GET", "/Users"+query, ""), "totalResults", 5, "itemsPerPage", 2)
	}
}

func TestSorting(t *testing.T) {
	c := newClient(t)
	ids := people(c)
	for by, want := range map[string]string{
		"userName":              "Alice bob carol dave ö",
		"USERNAME":              "Alice bob carol dave ö",
		"title":                 "dave carol Alice bob ö",
		"name.familyName":       "bob Alice carol dave ö",
		"emails":                "dave carol Alice bob ö", // a@ is primary, c@ the first
		"emails.value":          "dave carol Alice bob ö",
		"externalId":            "carol Alice bob dave ö", // case-exact
		"active":                "Alice carol bob dave ö",
		"meta.created":          "carol Alice bob dave ö",
		workURN + ":department": "bob carol Alice dave ö",
		"department":            "bob carol Alice dave ö",
		userURN + ":userName":   "Alice bob carol dave ö",
		"groups.display":        "bob dave carol Alice ö",
	} {
		r := c.want(200, "GET", "/Users?sortBy="+url.QueryEscape(by), "")
		if names(r) != want {
			t.Errorf("%s: %q, wanted %q", by, names(r), want)
		}
	}
	// Without a value comes last when ascending and first when descending.
	if got := names(c.want(200, "GET", "/Users?sortBy=title&sortOrder=descending", "")); got != "bob ö Alice carol dave" {
		t.Errorf("descending: %q", got)
	}
	body := `{"schemas":["` + findURN + `"],"sortBy":"userName","sortOrder":"descending","count":2,"startIndex":2,"attributes":["userName"],"filter":"userName pr"}`
	r := c.want(200, "POST", "/Users/.search", body)
	if names(r) != "dave carol" || r.at("Resources/0/active") != nil {
		t.Errorf("search: %s", r.raw)
	}
	c.expect(r, "Resources/0/id", ids["dave"], "totalResults", 5)
}

func TestSearchRefusals(t *testing.T) {
	c := newClient(t)
	for body, scimType := range map[string]string{
		`{}`: "invalidSyntax", `[]`: "invalidSyntax", ``: "invalidSyntax",
		`{"schemas":["` + findURN + `"],"count":"5"}`:                   "invalidValue",
		`{"schemas":["` + findURN + `"],"count":1.5}`:                   "invalidValue",
		`{"schemas":["` + findURN + `"],"filter":5}`:                    "invalidValue",
		`{"schemas":["` + findURN + `"],"attributes":[5]}`:              "invalidValue",
		`{"schemas":["` + findURN + `"],"attributes":{}}`:               "invalidValue",
		`{"schemas":["` + findURN + `"],"sortBy":"id","sortOrder":"x"}`: "invalidValue",
		`{"schemas":["` + findURN + `"],"filter":"x"}`:                  "invalidFilter",
	} {
		c.refused(400, scimType, "POST", "/Groups/.search", body)
	}
	r := c.want(200, "POST", "/Groups/.search", `{"schemas":["`+findURN+`"],"startIndex":null,"excludedAttributes":"members"}`)
	c.expect(r, "totalResults", 0, "Resources", []any{})
}

// counting counts what the handler asks of the store.
type counting struct {
	directory.Store
	calls atomic.Int32
	read  atomic.Int32
}

func (s *counting) MembersOf(ctx context.Context, tenant string, groups ...string) (map[string][]directory.Member, error) {
	s.calls.Add(1)
	return s.Store.MembersOf(ctx, tenant, groups...)
}

func (s *counting) GroupsOf(ctx context.Context, tenant string, users ...string) (map[string][]directory.Member, error) {
	s.calls.Add(1)
	return s.Store.GroupsOf(ctx, tenant, users...)
}

func (s *counting) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	return func(yield func(directory.Resource, error) bool) {
		for r, err := range s.Store.List(ctx, tenant, q) {
			s.read.Add(1)
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestListsAskTheStoreLittle(t *testing.T) {
	store := &counting{}
	c := newClient(t, func(o *scim.Options) { store.Store, o.Store = o.Store, store })
	people(c)
	for _, try := range []struct {
		path        string
		calls, read int32
	}{
		{"/Users", 1, 5},
		{"/Users?excludedAttributes=groups", 0, 5},
		{"/Users?count=2", 1, 2},
		{"/Users?count=0", 0, 0},
		{"/Groups?attributes=displayName", 0, 1},
		{"/Users?excludedAttributes=groups&filter=userName+eq+%22bob%22", 0, 1},
		{"/Users?excludedAttributes=groups&filter=externalId+eq+%22e1%22+and+active+eq+false", 0, 1},
		{"/Users?excludedAttributes=groups&filter=userName+eq+%22bob%22+or+userName+eq+%22dave%22", 0, 2},
		{"/Users?excludedAttributes=groups&filter=groups+pr", 0, 2},
		{"/Users?excludedAttributes=groups&filter=groups.display+eq+%22all%22", 1, 5},
		{"/Users?excludedAttributes=groups&filter=not+(emails.type+eq+%22work%22)&count=2", 0, 2},
		{"/Users?excludedAttributes=groups&count=2&cursor=", 0, 3},
		{"/Users?excludedAttributes=groups&sortBy=groups.display", 1, 5},
	} {
		store.calls.Store(0)
		store.read.Store(0)
		c.want(200, "GET", try.path, "")
		if store.calls.Load() > try.calls || store.read.Load() != try.read {
			t.Errorf("%s: %d reads of memberships, %d of resources; wanted %d and %d", try.path, store.calls.Load(), store.read.Load(), try.calls, try.read)
		}
	}
}
