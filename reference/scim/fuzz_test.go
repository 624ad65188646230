package scim_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever comes, the answer is SCIM and never a 5xx but 501.
func FuzzHandler(f *testing.F) {
	c := newClient(f)
	id := c.want(201, "POST", "/Users", oktaUser).id()
	grp := c.group("all", id)
	for _, seed := range []struct{ method, path, query, body string }{
		{"POST", "/Users", "attributes=userName", oktaUser},
		{"PUT", "/Users/ID", "", oktaUser},
		{"PATCH", "/Users/ID", "", patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`)},
		{"PATCH", "/Users/ID", "", patchBody(`{"op":"add","value":{"emails":{"value":"x"},"` + workURN + `":{"manager":{"value":"x"}}}}`)},
		{"PATCH", "/Groups/GRP", "", patchBody(`{"op":"remove","path":"members","value":[{"value":"x"}]}`)},
		{"PATCH", "/Groups/GRP", "", patchBody(`{"op":"replace","value":{"members":[{"value":"ID"}],"displayName":null}}`)},
		{"POST", "/Users/.search", "", `{"schemas":["` + findURN + `"],"filter":"emails co \"x\" and not (title pr)","sortBy":"emails","count":3}`},
		{"GET", "/Users", "filter=" + url.QueryEscape(`meta.created gt "2020-01-01T00:00:00Z" or groups[value eq "x"]`) + "&sortBy=name.givenName&startIndex=2", ""},
		{"GET", "/Schemas/x", "filter=", ""},
		{"DELETE", "/Groups/%00", "", ""},
		{"POST", "/Users", "", "{\"schemas\":[\"\xff\"]"},
		{"POST", "/Users", "", strings.Repeat("[", 20000)},
		{"GET", "/Users", "filter=" + strings.Repeat("(", 9000), ""},
	} {
		f.Add(seed.method, seed.path, seed.query, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		path = strings.NewReplacer("ID", id, "GRP", grp).Replace(path)
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Authorization": {"Bearer " + secret}},
			Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		}
		if len(body) > 0 {
			text := strings.NewReplacer("ID", id, "GRP", grp).Replace(string(body))
			r = r.Clone(r.Context())
			r.Body = httptest.NewRequest("POST", "/", strings.NewReader(text)).Body
		}
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %q ?%q: %d %s\n%s", method, path, query, w.Code, w.Body, c.log)
		}
		if w.Code >= 400 && method != http.MethodHead && !strings.Contains(w.Body.String(), errorURN) {
			t.Errorf("%s %q: %d without a SCIM error: %s", method, path, w.Code, w.Body)
		}
	})
}
