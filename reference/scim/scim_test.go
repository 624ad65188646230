package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim"
	"assay/reference/sqlstore"
)

const (
	base     = "https://scim.test/scim/v2"
	secret   = "s3cret-of-acme"
	other    = "s3cret-of-other"
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
	workURN  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"
	findURN  = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// tokens is a scim.Verifier.
type tokens map[string]directory.Token

func (v tokens) Verify(_ context.Context, bearer string) (directory.Token, error) {
	token, ok := v[bearer]
	if !ok {
		return directory.Token{}, errors.New("unknown token " + bearer)
	}
	return token, nil
}

// client talks to a server of its own.
type client struct {
	testing.TB
	handler http.Handler
	store   *sqlstore.Store
	log     *lockedBuffer
	bearer  string
}

type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.String()
}

func newClient(tb testing.TB, adjust ...func(*scim.Options)) *client {
	tb.Helper()
	ctx := context.Background()
	store, err := sqlstore.Open(ctx, "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	for _, id := range []string{"acme", "other"} {
		if err := store.CreateTenant(ctx, directory.Tenant{ID: id}); err != nil {
			tb.Fatal(err)
		}
	}
	c := &client{TB: tb, store: store, log: &lockedBuffer{}, bearer: secret}
	o := scim.Options{
		Store: store, BaseURL: base, MaxBody: 64 << 10, MaxResults: 50, Logger: slog.New(slog.NewTextHandler(c.log, nil)),
		Verify: tokens{secret: {ID: "t1", Tenant: "acme"}, other: {ID: "t2", Tenant: "other"}},
	}
	for _, change := range adjust {
		change(&o)
	}
	if c.handler, err = scim.New(o); err != nil {
		tb.Fatal(err)
	}
	return c
}

// response is an answer with its body decoded, where there is one.
type response struct {
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

// do sends a request. header is a list of names and values.
func (c *client) do(method, path, body string, header ...string) response {
	c.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	out := response{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if out.raw == "" {
		return out
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out.doc); err != nil {
		c.Fatalf("%s %s: the body is not JSON: %v\n%s", method, path, err, out.raw)
	}
	if got := w.Header().Get("Content-Type"); got != "application/scim+json" {
		c.Errorf("%s %s: Content-Type %q", method, path, got)
	}
	return out
}

// want does, and checks the status.
func (c *client) want(status int, method, path, body string, header ...string) response {
	c.Helper()
	out := c.do(method, path, body, header...)
	if out.status != status {
		c.Fatalf("%s %s: %d, wanted %d\nsent %s\ngot  %s", method, path, out.status, status, body, out.raw)
	}
	return out
}

// refused does, and checks that the answer is a SCIM error.
func (c *client) refused(status int, scimType, method, path, body string, header ...string) response {
	c.Helper()
	out := c.want(status, method, path, body, header...)
	schemas, _ := out.doc["schemas"].([]any)
	if len(schemas) != 1 || schemas[0] != errorURN || out.doc["status"] != strconv.Itoa(status) {
		c.Errorf("%s %s: not a SCIM error: %s", method, path, out.raw)
	}
	for name := range out.doc {
		if !slices.Contains([]string{"schemas", "status", "scimType", "detail"}, name) { // ERR-11
			c.Errorf("%s %s: %s is no member of an error: %s", method, path, name, out.raw)
		}
	}
	if got, _ := out.doc["scimType"].(string); got != scimType {
		c.Errorf("%s %s: scimType %q, wanted %q: %s", method, path, got, scimType, out.raw)
	}
	if detail, _ := out.doc["detail"].(string); detail == "" {
		c.Errorf("%s %s: no detail: %s", method, path, out.raw)
	}
	return out
}

// at follows a path of keys and indexes into a document.
func at(doc any, path string) any {
	for _, step := range strings.Split(path, "/") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

func (r response) at(path string) any { return at(r.doc, path) }

func (r response) id() string { return fmt.Sprint(r.doc["id"]) }

// expect compares values in a response; want nil means absent.
func (c *client) expect(r response, pairs ...any) {
	c.Helper()
	for i := 0; i < len(pairs); i += 2 {
		path := fmt.Sprint(pairs[i])
		got, err := json.Marshal(r.at(path))
		want, err2 := json.Marshal(pairs[i+1])
		if err != nil || err2 != nil || string(got) != string(want) {
			c.Errorf("%s is %s, wanted %s in\n%s", path, got, want, r.raw)
		}
	}
}

func userBody(name string, more string) string {
	return fmt.Sprintf(`{"schemas":[%q],"userName":%q%s}`, userURN, name, more)
}

func groupBody(name string, members ...string) string {
	list := make([]string, len(members))
	for i, id := range members {
		list[i] = fmt.Sprintf(`{"value":%q}`, id)
	}
	return fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, groupURN, name, strings.Join(list, ","))
}

func patchBody(operations ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchURN, strings.Join(operations, ","))
}

func (c *client) user(name string) string {
	c.Helper()
	return c.want(201, "POST", "/Users", userBody(name, "")).id()
}

func (c *client) group(name string, members ...string) string {
	c.Helper()
	return c.want(201, "POST", "/Groups", groupBody(name, members...)).id()
}

func (c *client) events() []string {
	c.Helper()
	events, err := c.store.Events(context.Background(), "acme", 100)
	if err != nil {
		c.Fatal(err)
	}
	var actions []string
	for _, e := range events {
		if e.Actor != "scim:t1" || e.Subject == "" {
			c.Errorf("event %+v", e)
		}
		action := e.Action
		if e.Detail["attributes"] != "" {
			action += " " + e.Detail["attributes"]
		}
		actions = append([]string{action}, actions...)
	}
	return actions
}

func TestOptions(t *testing.T) {
	store, err := sqlstore.Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for name, o := range map[string]scim.Options{
		"no store":     {Verify: tokens{}, BaseURL: base},
		"no verifier":  {Store: store, BaseURL: base},
		"no base":      {Store: store, Verify: tokens{}},
		"relative":     {Store: store, Verify: tokens{}, BaseURL: "/scim/v2"},
		"with a query": {Store: store, Verify: tokens{}, BaseURL: base + "?a=b"},
	} {
		if _, err := scim.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := scim.New(scim.Options{Store: store, Verify: tokens{}, BaseURL: base}); err != nil {
		t.Error(err)
	}
}
