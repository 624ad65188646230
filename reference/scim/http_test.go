package scim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"assay/reference/scim"
	"assay/reference/scim/leniency"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGzipRequest(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxBody = 4000 })
	for coding, name := range map[string]string{"gzip": "a", "GZIP": "b", "x-gzip": "c", " gzip ": "d"} {
		c.want(201, "POST", "/Users", zipped(t, userBody(name, "")), "Content-Encoding", coding)
	}
	c.want(201, "POST", "/Users", userBody("e", ""), "Content-Encoding", "identity")
	for _, coding := range []string{"deflate", "br", "gzip, gzip", "zstd"} {
		r := c.refused(415, "", "POST", "/Users", zipped(t, userBody("f", "")), "Content-Encoding", coding)
		if r.header.Get("Accept-Encoding") != "gzip, identity" {
			t.Errorf("%s: %v", coding, r.header)
		}
	}
	c.refused(400, "invalidSyntax", "POST", "/Users", userBody("f", ""), "Content-Encoding", "gzip")
	c.refused(400, "invalidSyntax", "POST", "/Users", zipped(t, userBody("f", ""))[:40], "Content-Encoding", "gzip")
	c.refused(400, "invalidSyntax", "POST", "/Users", "", "Content-Encoding", "gzip", "Content-Type", "application/json")
	// 4001 bytes when inflated are too many, and a bomb is not inflated to its end.
	pad := func(n int) string { return userBody("g", "") + strings.Repeat(" ", n-len(userBody("g", ""))) }
	c.refused(413, "", "POST", "/Users", zipped(t, pad(4001)), "Content-Encoding", "gzip")
	c.refused(413, "", "PATCH", "/Users/x", zipped(t, strings.Repeat(" ", 3<<20)), "Content-Encoding", "gzip")
	c.want(201, "POST", "/Users", zipped(t, pad(4000)), "Content-Encoding", "gzip")
}

func TestGzipResponse(t *testing.T) {
	c := newClient(t)
	long := "/Users/" + c.want(201, "POST", "/Users", userBody("ada", `,"title":"`+strings.Repeat("x", 3000)+`"`)).id()
	short := "/Users/" + c.user("eve")
	send := func(method, path, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		if accept != "" {
			r.Header.Set("Accept-Encoding", accept)
		}
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		return w
	}
	plain := send("GET", long, "")
	for accept, compressed := range map[string]bool{
		"gzip": true, "gzip,deflate": true, "br, x-gzip;q=0.5": true, "*": true, "GZIP; Q=1": true,
		"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.000, *": false, "deflate": false, "*;q=0": false,
	} {
		w := send("GET", long, accept)
		if w.Code != 200 || w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("ETag") != `W/"1"` {
			t.Errorf("%q: %d %v", accept, w.Code, w.Header())
		}
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%q: compressed %v", accept, got)
		}
		if w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%q: Content-Length %s for %d bytes", accept, w.Header().Get("Content-Length"), w.Body.Len())
		}
		if !compressed {
			continue
		}
		head := send("HEAD", long, accept)
		if head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") || head.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("HEAD with %q: %v", accept, head.Header())
		}
		reader, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reader)
		if err != nil || string(body) != plain.Body.String() {
			t.Errorf("%q: %v %s", accept, err, body)
		}
	}
	if w := send("GET", short, "gzip"); w.Header().Get("Content-Encoding") != "" || !json.Valid(w.Body.Bytes()) {
		t.Errorf("a short body is compressed: %v", w.Header())
	}
	if w := send("GET", "/Users/x", "gzip"); w.Code != 404 || w.Header().Get("Vary") == "" || !json.Valid(w.Body.Bytes()) {
		t.Errorf("404: %v", w.Header())
	}
	r := httptest.NewRequest("GET", long, nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("If-None-Match", `W/"1"`)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != 304 || w.Body.Len() > 0 || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Vary") == "" {
		t.Errorf("304: %d %v", w.Code, w.Header())
	}
}

func TestAccept(t *testing.T) {
	c := newClient(t)
	for accept, fits := range map[string]bool{
		"application/scim+json": true, "application/json": true, "*/*": true, "application/*": true, "": true, " ": true,
		"application/scim+json, application/json;q=0.5": true, "text/html, */*;q=0.1": true, "Application/SCIM+JSON;charset=utf-8": true,
		"application/json;q=0, */*": false, "application/scim+json;q=0, application/json": false,
		"text/xml": false, "application/xml, text/*": false, "*/*;q=0": false, "application/scim+json;q=0": false,
	} {
		c.setStrict(true)
		if fits {
			c.want(200, "GET", "/Users", "", "Accept", accept)
		} else {
			c.refused(406, "", "GET", "/Users", "", "Accept", accept)
		}
		c.setStrict(false)
		c.want(200, "GET", "/Users", "", "Accept", accept)
	}
	if used := c.leniencies(); len(used) != 1 || used[0] != leniency.AnyAccept {
		t.Errorf("used %q", used)
	}
	// The configuration may be read without a token: there is no tenant to be strict.
	r := httptest.NewRequest("GET", "/ServiceProviderConfig", nil)
	r.Header.Set("Accept", "text/xml")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("configuration: %d", w.Code)
	}
}

func TestNoContentType(t *testing.T) {
	c := newClient(t)
	c.want(201, "POST", "/Users", userBody("ada", ""), "Content-Type", "")
	if used := c.leniencies(); len(used) != 1 || used[0] != leniency.NoContentType {
		t.Errorf("used %q", used)
	}
	c.setStrict(true)
	c.refused(415, "", "POST", "/Users", userBody("eve", ""), "Content-Type", "")
	c.refused(400, "invalidSyntax", "POST", "/Users", "", "Content-Type", "") // there is nothing that could have a type
}

func TestThrottling(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.Rate, o.Burst = 0.001, 2 })
	c.want(200, "GET", "/Users", "")
	c.want(404, "GET", "/nowhere", "")
	r := c.refused(429, "", "GET", "/Users", "")
	if seconds, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || seconds < 900 || seconds > 1000 {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	c.refused(429, "", "POST", "/Users", userBody("ada", ""))
	c.refused(401, "", "GET", "/Users", "", "Authorization", "Bearer guess") // a wrong token is told so
	c.want(200, "GET", "/Users", "", "Authorization", "Bearer "+other)       // each token has its own limit
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, httptest.NewRequest("GET", "/ServiceProviderConfig", nil))
	if w.Code != http.StatusOK {
		t.Errorf("a client that does not say who it is: %d", w.Code)
	}
}

// TestStrictness shows that a setting holds from the next request on, and for its tenant only.
func TestStrictness(t *testing.T) {
	c := newClient(t)
	path := "/Users/" + c.user("ada")
	body := patchBody(`{"op":"Replace","path":"active","value":"False"}`)
	c.setStrict(true)
	c.refused(400, "invalidSyntax", "PATCH", path, body)
	c.want(200, "PATCH", path, patchBody(`{"op":"replace","path":"title","value":""}`))
	c.expect(c.want(200, "GET", path, ""), "title", "", "active", true)
	c.refused(400, "invalidFilter", "GET", `/Users?filter=active+eq+%22True%22`, "")
	theirs := c.want(201, "POST", "/Users", userBody("ada", `,"active":"False"`), "Authorization", "Bearer "+other)
	c.expect(theirs, "active", false)
	c.setStrict(false)
	c.expect(c.want(200, "PATCH", path, body), "active", false)
	c.expect(c.want(200, "GET", `/Users?filter=active+eq+%22False%22`, ""), "totalResults", 1)
	search := `{"schemas":["` + findURN + `"],"filter":"active eq \"False\""}`
	c.expect(c.want(200, "POST", "/Users/.search", search), "totalResults", 1)
	c.refused(400, "invalidFilter", "GET", `/Users?filter=active+eq+%22yes%22`, "")
}

// TestForgivenAndRefused shows that the audit log tells of a leniency although the request failed.
func TestForgivenAndRefused(t *testing.T) {
	var ledger leniency.Ledger
	c := newClient(t, func(o *scim.Options) { o.Ledger = &ledger })
	c.refused(400, "mutability", "PATCH", "/Users/"+c.user("ada"), patchBody(`{"op":"Replace","path":"id","value":"x"}`))
	events, err := c.store.Events(t.Context(), "acme", 1)
	if err != nil || events[0].Detail["status"] != "400" || events[0].Detail["names"] != leniency.CapitalOperation {
		t.Errorf("%+v %v", events, err)
	}
	if uses := ledger.Uses("acme"); len(uses) != 1 || uses[leniency.CapitalOperation] != 1 {
		t.Errorf("%v", uses)
	}
}
