package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
)

// arena is a server that every input of a fuzzer finds alike: a user, who is the member of a group.
type arena struct {
	*client
	user, group string // their ids, which stand for ID and GRP in inputs
	start       string // what state gives for them
}

// patience is how long an answer may take. Inputs are short, and work is linear in them, so that an
// answer takes milliseconds; the rest is for a machine that has much else to do.
const patience = 5 * time.Second

func newArena(f *testing.F) *arena {
	a := &arena{client: newClient(f)}
	a.rebuild()
	return a
}

func (a *arena) rebuild() {
	a.Helper()
	ctx := context.Background()
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for _, r := range a.list(kind) {
			if err := a.store.Delete(ctx, "acme", kind, r.ID, nil); err != nil {
				a.Fatal(err)
			}
		}
	}
	a.user = a.want(201, "POST", "/Users", oktaUser).id()
	a.group = a.want(201, "POST", "/Groups", groupBody("all", a.user)).id()
	a.start = a.state()
}

func (a *arena) list(kind directory.Kind) []directory.Resource {
	a.Helper()
	var out []directory.Resource
	for r, err := range a.store.List(context.Background(), "acme", directory.Query{Kind: kind}) {
		if err != nil {
			a.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// state is everything that the tenant has, as text.
func (a *arena) state() string {
	a.Helper()
	users, groups := a.list(directory.User), a.list(directory.Group)
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	members, err := a.store.MembersOf(context.Background(), "acme", ids...)
	if err != nil {
		a.Fatal(err)
	}
	text, err := json.Marshal([]any{users, groups, members})
	if err != nil {
		a.Fatal(err)
	}
	return string(text)
}

// fill puts the ids in their places.
func (a *arena) fill(text string) string {
	return strings.NewReplacer("ID", a.user, "GRP", a.group).Replace(text)
}

// answer sends what no net/http client would, and checks what holds for every answer: it comes soon, is
// SCIM or nothing, and no 5xx but 501; a request that is refused, or that only reads, changes nothing.
func (a *arena) answer(t *testing.T, method, path, query, body string) response {
	t.Helper()
	a.TB = t
	r := &http.Request{
		Method: method, URL: &url.URL{Path: a.fill(path), RawQuery: a.fill(query)}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Authorization": {"Bearer " + secret}, "Content-Type": {"application/scim+json"}}, Body: http.NoBody,
	}
	if body != "" {
		r.Body = httptest.NewRequest("POST", "/", strings.NewReader(a.fill(body))).Body
	}
	w, begun := httptest.NewRecorder(), time.Now()
	a.handler.ServeHTTP(w, r)
	if took := time.Since(begun); took > patience {
		t.Errorf("%d bytes took %s", len(path)+len(query)+len(body), took)
	}
	out := response{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if out.status >= 500 && out.status != http.StatusNotImplemented {
		t.Errorf("%s %q ?%q: %d %s\n%s", method, path, query, out.status, out.raw, a.log)
	}
	a.readBack(&out, method)
	a.log.Lock()
	a.log.Reset()
	a.log.Unlock()
	return out
}

// readBack decodes the answer and checks its shape (RFC 7644 sections 3.1 and 3.12).
func (a *arena) readBack(r *response, method string) {
	a.Helper()
	if r.raw == "" {
		if method != http.MethodHead && r.status != http.StatusNoContent && r.status != http.StatusNotModified {
			a.Errorf("%s: %d with nothing", method, r.status)
		}
		return
	}
	if err := json.Unmarshal([]byte(r.raw), &r.doc); err != nil || r.header.Get("Content-Type") != "application/scim+json" {
		a.Fatalf("%s: %v, Content-Type %q: %s", method, err, r.header.Get("Content-Type"), r.raw)
	}
	if urn, _ := r.at("schemas/0").(string); urn == "" {
		a.Errorf("%s: no schemas: %s", method, r.raw)
	}
	isError := r.at("schemas/0") == errorURN
	if isError != (r.status >= 400) || isError && (r.at("status") != fmt.Sprint(r.status) || r.at("detail") == nil) {
		a.Errorf("%s: %d with %s", method, r.status, r.raw)
	}
}

// settle compares the state with what it was, and makes it that again. It tells whether it had changed.
func (a *arena) settle(mayChange bool) (changed bool) {
	a.Helper()
	now := a.state()
	if now == a.start {
		return false
	}
	if !mayChange {
		a.Errorf("the directory was\n%s\nand is\n%s", a.start, now)
	}
	a.rebuild()
	return true
}
