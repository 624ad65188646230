package scim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim"
)

func TestAuthentication(t *testing.T) {
	c := newClient(t)
	for _, path := range []string{"/Users", "/Users/x", "/Schemas", "/ResourceTypes", "/Bulk", "/nowhere"} {
		for header, challenge := range map[string]string{
			"":                       `Bearer realm="scim"`,
			"Bearer":                 `Bearer realm="scim"`,
			"Basic " + secret:        `Bearer realm="scim"`,
			"Bearer guessed-t0ken":   `Bearer realm="scim", error="invalid_token"`,
			"Bearer " + secret + "x": `Bearer realm="scim", error="invalid_token"`,
		} {
			r := c.refused(401, "", "GET", path, "", "Authorization", header)
			if r.header.Get("WWW-Authenticate") != challenge || strings.Contains(r.raw, "guessed") {
				t.Errorf("%s %q: %v %s", path, header, r.header, r.raw)
			}
		}
	}
	c.want(200, "GET", "/Users", "", "Authorization", "bearer   "+secret+" ")
	if log := c.log.String(); strings.Contains(log, "guessed") || strings.Contains(log, secret) {
		t.Errorf("a token is in the log:\n%s", log)
	}
}

func TestMethods(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	for path, allow := range map[string]string{
		"/Users":                 "GET, HEAD, OPTIONS, POST",
		"/Groups":                "GET, HEAD, OPTIONS, POST",
		"/Users/.search":         "OPTIONS, POST",
		"/.search":               "OPTIONS, POST",
		"/Bulk":                  "OPTIONS, POST",
		"/":                      "GET, HEAD, OPTIONS",
		"/Users/" + id:           "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
		"/ServiceProviderConfig": "GET, HEAD, OPTIONS",
		"/Schemas":               "GET, HEAD, OPTIONS",
		"/Schemas/" + userURN:    "GET, HEAD, OPTIONS",
		"/ResourceTypes":         "GET, HEAD, OPTIONS",
		"/ResourceTypes/User":    "GET, HEAD, OPTIONS",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			if strings.Contains(allow, method) {
				continue
			}
			r := c.refused(405, "", method, path, "")
			if r.header.Get("Allow") != allow {
				t.Errorf("%s %s: Allow %q", method, path, r.header.Get("Allow"))
			}
		}
		if r := c.want(204, "OPTIONS", path, ""); r.header.Get("Allow") != allow || r.raw != "" {
			t.Errorf("OPTIONS %s: Allow %q, %q", path, r.header.Get("Allow"), r.raw)
		}
		if strings.Contains(allow, "HEAD") {
			get, head := c.want(200, "GET", path, ""), c.want(200, "HEAD", path, "")
			if head.raw != "" || head.header.Get("Content-Length") != fmt.Sprint(len(get.raw)) || head.header.Get("ETag") != get.header.Get("ETag") {
				t.Errorf("HEAD %s: %v %q", path, head.header, head.raw)
			}
		}
	}
}

func TestPaths(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	for _, path := range []string{"/users", "/Users/", "/Usersx", "/Users/" + id + "/", "/Users/" + id + "/x", "/Users/%252F", "/Users/100%25",
		"/Users/" + strings.ToUpper(id), "/Users/" + id + "%00", "/Users/..", "/v2/Users", "/Users/x%2Fy", "/Schemas/", "/Schemas/urn:x", "/Schemas/not%20a%20urn", "/Schemas/%22%23%00", "/ResourceTypes/", "/ResourceTypes/Nope", "/ServiceProviderConfig/x"} {
		c.refused(404, "", "GET", path, "")
	}
	for _, path := range []string{"/Me", "/Me/.search"} { // ME-01: a token without a subject
		for _, method := range []string{"GET", "POST", "PATCH"} {
			c.refused(501, "", method, path, "")
		}
	}
}

func TestContentTypes(t *testing.T) {
	c := newClient(t)
	n := 0
	for kind, status := range map[string]int{
		"application/scim+json": 201, "application/json": 201, "application/scim+json; charset=utf-8": 201, "Application/JSON;charset=UTF-8": 201,
		"application/json;;": 201, "application/scim+json; profile=\"x": 201, "": 201,
		"text/plain": 415, "application/xml": 415, "application/x-www-form-urlencoded": 415, "text/json": 415, "json": 415,
	} {
		n++
		body := userBody(fmt.Sprint("u", n), "")
		if status == 415 {
			c.refused(415, "", "POST", "/Users", body, "Content-Type", kind)
			c.refused(415, "", "PUT", "/Users/x", body, "Content-Type", kind)
			c.refused(415, "", "PATCH", "/Users/x", body, "Content-Type", kind)
			c.refused(415, "", "POST", "/Users/.search", body, "Content-Type", kind)
			continue
		}
		c.want(status, "POST", "/Users", body, "Content-Type", kind)
	}
	c.want(200, "GET", "/Users", "", "Content-Type", "text/plain")
	c.want(200, "GET", "/Users", "", "Accept", "text/xml")
}

func TestBodyLimit(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxBody = 1000 })
	for size, status := range map[int]int{1000: 201, 1001: 413, 100_000: 413} {
		body := userBody(fmt.Sprint("u", size), "")
		body += strings.Repeat(" ", size-len(body))
		if status == 413 {
			c.refused(413, "", "POST", "/Users", body)
			r := httptest.NewRequest("POST", "/Users", io.MultiReader(strings.NewReader(body))) // length unknown
			r.Header.Set("Authorization", "Bearer "+secret)
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code != 413 {
				t.Errorf("%d bytes in chunks: %d", size, w.Code)
			}
			continue
		}
		c.want(status, "POST", "/Users", body)
	}
	r := httptest.NewRequest("POST", "/Users", io.MultiReader(strings.NewReader("{"), errReader{}))
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != 400 || strings.Contains(w.Body.String(), "torn") {
		t.Errorf("a body that breaks off: %d %s", w.Code, w.Body)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("torn") }

func TestETags(t *testing.T) {
	c := newClient(t)
	for _, kind := range []struct{ path, body, patch string }{
		{"/Users", userBody("ada", `,"title":"a"`), patchBody(`{"op":"replace","path":"title","value":"%d"}`)},
		{"/Groups", groupBody("all"), patchBody(`{"op":"replace","path":"displayName","value":"%d"}`)},
	} {
		made := c.want(201, "POST", kind.path, kind.body)
		path := kind.path + "/" + made.id()
		if made.header.Get("ETag") != `W/"1"` {
			t.Errorf("ETag %q", made.header.Get("ETag"))
		}
		for _, tag := range []string{`W/"1"`, `"1"`, `*`, `W/"9", W/"1"`} {
			r := c.want(304, "GET", path, "", "If-None-Match", tag)
			if r.raw != "" || r.header.Get("ETag") != `W/"1"` {
				t.Errorf("304 with %q and %v", r.raw, r.header)
			}
			c.want(200, "GET", path, "", "If-Match", tag)
			c.refused(412, "", "PATCH", path, fmt.Sprintf(kind.patch, 0), "If-None-Match", tag)
		}
		for _, tag := range []string{`W/"2"`, `W/"11"`, `1`, `""`} {
			c.want(200, "GET", path, "", "If-None-Match", tag)
			c.refused(412, "", "GET", path, "", "If-Match", tag)
			c.refused(412, "", "PUT", path, kind.body, "If-Match", tag)
			c.refused(412, "", "PATCH", path, fmt.Sprintf(kind.patch, 0), "If-Match", tag)
			c.refused(412, "", "DELETE", path, "", "If-Match", tag)
		}
		c.expect(c.want(200, "GET", path, ""), "meta", made.at("meta"))
		changed := c.want(200, "PATCH", path, fmt.Sprintf(kind.patch, 1), "If-Match", `W/"1"`)
		if changed.header.Get("ETag") != `W/"2"` || changed.at("meta/version") != `W/"2"` {
			t.Errorf("after a change: %v %s", changed.header, changed.raw)
		}
		c.refused(412, "", "PATCH", path, fmt.Sprintf(kind.patch, 2), "If-Match", `W/"1"`)
		c.want(200, "PUT", path, kind.body, "If-Match", `W/"2"`)
		c.want(204, "DELETE", path, "", "If-Match", `W/"3"`)
		c.refused(404, "", "PUT", path, kind.body, "If-Match", `*`)
	}
}

// plain hides the store's own conditional delete.
type plain struct{ directory.Store }

func TestDeleteWithoutConditionalStore(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.Store = plain{o.Store} })
	id := c.user("ada")
	c.refused(412, "", "DELETE", "/Users/"+id, "", "If-Match", `W/"2"`)
	c.want(204, "DELETE", "/Users/"+id, "", "If-Match", `W/"1"`)
	c.refused(404, "", "DELETE", "/Users/"+id, "")
}

// broken fails and panics with texts that no client may see.
type broken struct {
	directory.Store
	panics bool
}

func (b broken) Get(context.Context, string, directory.Kind, string) (directory.Resource, error) {
	if b.panics {
		panic("disk /dev/secret exploded")
	}
	return directory.Resource{}, errors.New("disk /dev/secret is full")
}

func TestInternalsStayInside(t *testing.T) {
	for _, panics := range []bool{false, true} {
		c := newClient(t, func(o *scim.Options) { o.Store = broken{o.Store, panics} })
		r := c.refused(500, "", "GET", "/Users/x", "")
		if strings.Contains(r.raw, "secret") || !strings.Contains(c.log.String(), "/dev/secret") {
			t.Errorf("the client got %s\nthe log %s", r.raw, c.log)
		}
		detail := fmt.Sprint(r.doc["detail"])
		request := detail[strings.LastIndex(detail, " ")+1:]
		if strings.Count(c.log.String(), request) != 2 {
			t.Errorf("request %q is not in both records:\n%s", request, c.log)
		}
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	c := newClient(t)
	c.want(201, "POST", "/Users", oktaUser)
	c.want(200, "GET", "/Users?filter=userName%20eq%20%22hidden%22", "")
	log := c.log.String()
	for _, word := range []string{secret, "x7Kp02qz", "hidden", "ada@example.test"} {
		if strings.Contains(log, word) {
			t.Errorf("%q is in the log:\n%s", word, log)
		}
	}
	for _, word := range []string{"method=POST", "path=/Users", "status=201", "duration=", "tenant=acme", "token_id=t1", "request="} {
		if !strings.Contains(log, word) {
			t.Errorf("no %q in the log:\n%s", word, log)
		}
	}
	events, err := c.store.Events(context.Background(), "acme", 10)
	if err != nil || strings.Contains(fmt.Sprint(events), "x7Kp02qz") {
		t.Errorf("%v %v", events, err)
	}
	for r, err := range c.store.List(context.Background(), "acme", directory.Query{Kind: directory.User}) {
		if err != nil || strings.Contains(fmt.Sprint(r), "x7Kp02qz") || r.Email != "ada@example.test" || r.Attributes["password"] != nil {
			t.Errorf("stored %+v, %v", r, err)
		}
	}
}

// slow fails as a store does whose caller has gone away.
type slow struct{ directory.Store }

func (slow) Get(ctx context.Context, _ string, _ directory.Kind, _ string) (directory.Resource, error) {
	return directory.Resource{}, fmt.Errorf("get: %w", ctx.Err())
}

func TestCancelledRequest(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.Store = slow{o.Store} })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequest("GET", "/Users/x", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code != 503 || strings.Contains(c.log.String(), "scim error") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, c.log)
	}
}
