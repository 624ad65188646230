package scim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assay/reference/scim/schema"
)

// FuzzHandler asks of any request what holds for every answer, see arena.
func FuzzHandler(f *testing.F) {
	a := newArena(f)
	for _, seed := range []struct{ method, path, query, body string }{
		{"POST", "/Users", "attributes=userName", userBody("grace", `,"emails":[{"value":"g@x"}]`)},
		{"PUT", "/Users/ID", "", oktaUser},
		{"PUT", "/Groups/GRP", "excludedAttributes=members", groupBody("some", "ID")},
		{"PATCH", "/Users/ID", "", patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`)},
		{"PATCH", "/Groups/GRP", "", patchBody(`{"op":"remove","path":"members","value":[{"value":"ID"}]}`)},
		{"POST", "/Users/.search", "", `{"schemas":["` + findURN + `"],"filter":"emails co \"x\" and not (title pr)","sortBy":"emails","count":3}`},
		{"POST", "/.search", "", `{"schemas":["` + findURN + `"],"filter":"meta.resourceType eq \"Group\"","attributes":["displayName"],"startIndex":2}`},
		{"POST", "/Bulk", "", bulkBody(operation("DELETE", "/Users/ID", ""))},
		{"GET", "/Users", "filter=" + url.QueryEscape(`meta.created gt "2020-01-01T00:00:00Z" or groups[value eq "x"]`) + "&sortBy=name.givenName&startIndex=2", ""},
		{"GET", "/Users", "cursor=&count=1", ""}, {"GET", "/", "filter=userName%20pr&count=0", ""}, {"GET", "/Users/ID", "attributes=emails.value,x", ""},
		{"GET", "/Schemas/x", "filter=", ""}, {"OPTIONS", "/Me", "", ""}, {"HEAD", "/ResourceTypes/User", "", ""},
		{"DELETE", "/Groups/%00", "", ""}, {"DELETE", "/Users/ID", "", ""},
		{"POST", "/Users", "", "{\"schemas\":[\"\xff\"]"},
		{"POST", "/Users", "", strings.Repeat("[", 20000)},
		{"GET", "/Users", "filter=" + strings.Repeat("(", 9000), ""},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := a.answer(t, method, path, query, body)
		reads := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions || strings.HasSuffix(path, ".search")
		a.settle(r.status < 300 && !reads)
	})
}

// FuzzPatch asks of any PATCH, of a user or a group: a refused one changes nothing, not even by its first
// operations; an accepted one is answered with the resource as it can be read afterwards, whose version
// is another exactly when it has changed, and whose read-only attributes have not.
func FuzzPatch(f *testing.F) {
	a := newArena(f)
	for _, seed := range []string{
		`{"op":"replace","path":"title","value":"T"},{"op":"replace","path":"nope","value":1}`,
		`{"op":"Replace","path":"emails[type eq \"other\"].value","value":"x"}`,
		`{"op":"add","value":{"emails":{"value":"x"},"` + workURN + `":{"manager":{"value":"x"}},"name.givenName":"G","id":"x"}}`,
		`{"op":"remove","path":"emails[value co \"@\" and (type eq \"work\" or primary eq true)]"},{"op":"add","path":"` + workURN + `","value":{"department":"D"}}`,
		`{"op":"remove","path":"userName"}`, `{"op":"replace","path":"userName","value":""}`, `{"op":"add","path":"groups","value":[{"value":"GRP"}]}`, `{"op":"remove"}`,
		`{"op":"add","path":"roles","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, `{"op":"replace","path":"active","value":"False"}`,
	} {
		f.Add(false, seed)
	}
	for _, seed := range []string{
		`{"op":"remove","path":"members[value eq \"ID\"]"},{"op":"add","path":"members","value":[{"value":"GRP"}]}`,
		`{"op":"replace","value":{"members":[{"value":"ID"},{"value":"none"}],"displayName":"x"}}`,
		`{"op":"remove","path":"members","value":[{"value":"ID"}]},{"op":"replace","path":"displayName","value":null}`,
		`{"op":"replace","path":"members[value eq \"ID\"].value","value":"GRP"}`, `{"op":"remove","path":"members[type eq \"User\" or display sw \"a\"]"}`,
	} {
		f.Add(true, seed)
	}
	f.Fuzz(func(t *testing.T, ofGroup bool, operations string) {
		path, id := "/Users/", a.user
		if ofGroup {
			path, id = "/Groups/", a.group
		}
		before := a.answer(t, "GET", path+id, "", "").doc
		r := a.answer(t, "PATCH", path+id, "", patchBody(operations))
		if r.status != http.StatusOK {
			a.settle(false)
			return
		}
		after := a.answer(t, "GET", path+id, "", "")
		if after.raw != r.raw || after.header.Get("ETag") != r.header.Get("ETag") {
			t.Errorf("%s\nis answered with %s\nand reads     %s", operations, r.raw, after.raw)
		}
		for _, name := range []string{"id", "groups", "meta/created", "meta/resourceType", "meta/location"} {
			if !schema.Same(at(before, name), after.at(name)) {
				t.Errorf("%s\nchanges the read-only %s to %v", operations, name, after.at(name))
			}
		}
		changed := !schema.Same(before, after.doc)
		if changed == (at(before, "meta/version") == after.at("meta/version")) {
			t.Errorf("%s\nversion %v, before %v:\n%s", operations, after.at("meta/version"), at(before, "meta/version"), after.raw)
		}
		if a.settle(true) != changed {
			t.Errorf("%s\nchanged the directory, but not what is shown: %s", operations, after.raw)
		}
	})
}

// FuzzBulk asks of any bulk request that it is refused whole, with nothing done, or answered with
// well-formed entries, of which no more have failed than failOnErrors allows and none is a 5xx.
func FuzzBulk(f *testing.F) {
	a := newArena(f)
	for _, seed := range []string{
		figureCircle, figureGuides, figureManager,
		bulkBody(operation("PATCH", "/Groups/bulkId:g", data("", patchBody(`{"op":"remove","path":"members[value eq \"bulkId:g\"]"}`))), operation("POST", "/Groups", data("g", groupBody("g", "bulkId:g")))),
		bulkBody(operation("PUT", "/Users/bulkId:%2F?attributes=id", data("p", userBody("x", ""))), operation("DELETE", "/Me", ""), operation("GET", "", "")),
		bulkBody(operation("PATCH", "/Users/ID", data("", patchBody(`{"op":"replace","path":"title","value":"T"}`))), operation("DELETE", "/Groups/GRP", "")),
		`{"schemas":["` + bulkURN + `"],"failOnErrors":1,"Operations":[{"method":"DELETE","path":"Users/x","version":"*"},{"method":"post","path":"/Users","bulkId":"b","data":{"manager":{"$ref":"/bulkId:b"}}}]}`,
		`{"schemas":["` + bulkURN + `"],"Operations":[{"method":"POST","path":"/.search","bulkId":"","data":null}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := a.answer(t, "POST", "/Bulk", "", body)
		if r.status != http.StatusOK {
			if r.status != 400 && r.status != 413 {
				t.Errorf("%d %s", r.status, r.raw)
			}
			a.settle(false)
			return
		}
		a.checkBulk(r)
		a.checkCount(r, body)
		a.settle(true)
	})
}

// checkCount compares the entries with the request.
func (a *arena) checkCount(r response, body string) {
	a.Helper()
	var request struct {
		FailOnErrors int               `json:"failOnErrors"`
		Operations   []json.RawMessage `json:"Operations"`
	}
	if err := json.Unmarshal([]byte(a.fill(body)), &request); err != nil {
		a.Fatalf("%q was accepted: %v", body, err)
	}
	entries, _ := r.at("Operations").([]any)
	failed := 0
	for _, e := range entries {
		if at(e, "response") != nil {
			failed++
		}
	}
	if len(entries) > len(request.Operations) || request.FailOnErrors > 0 && failed > request.FailOnErrors {
		a.Errorf("%d entries, %d failed, for %s", len(entries), failed, body)
	}
	if request.FailOnErrors == 0 && len(entries) != len(request.Operations) {
		a.Errorf("%d entries for %s", len(entries), body)
	}
}
