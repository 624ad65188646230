package elimitydefects

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"assay/reference/directory"
	reference "assay/reference/scim"
	"assay/reference/scim/schema"
	"assay/reference/sqlstore"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	searchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// quote is what an RFC says, word for word.
type quote struct{ doc, section, text string }

// defect is one entry of the table.
type defect struct {
	title    string
	says     []quote // empty when the contract of the library, not an RFC, is broken
	before   []request
	request  request
	library  want
	ours     want                                   // of the reference; its status is 0 where own is set
	own      func(t *testing.T, thing *schema.Type) // shows packages of the reference right on a schema that it does not serve
	lenient  bool                                   // the reference is asked in its lenient mode; elsewhere in the strict one
	expected string
	where    string   // "file function" in the library, several by commas; "filter-parser/…" for its parser
	fronted  string   // how the reference avoids it
	shown    []string // by which check IDs, or "directory TestName"
}

func rfc7643(section, text string) []quote { return []quote{{"RFC 7643", section, text}} }
func rfc7644(section, text string) []quote { return []quote{{"RFC 7644", section, text}} }

// request is one request. The body is JSON; {id} stands for the id of the resource that was made last. The query is
// written without percent-encoding.
type request struct {
	method, path, body string
	header             []string // "Name: value"
}

func (r request) with(header ...string) request { r.header = header; return r }

// answer is what came back, or the text of a panic.
type answer struct {
	status int
	header http.Header
	body   string
	doc    map[string]any
	panic  string
}

// want describes an answer: its status, and of its body and header statements as in holds.
type want struct {
	status int
	has    []string
	panic  string // a part of the text of the panic that there is in place of an answer
}

func is(status int, has ...string) want { return want{status: status, has: has} }
func panics(text string) want           { return want{panic: text} }

func get(path string) request { return request{method: "GET", path: path} }
func find(f string) request   { return get("/Users?filter=" + f) }
func thingsBy(f string) request {
	return get("/Things?filter=" + f)
}

func makeUser(more string) request {
	if more != "" {
		more = "," + more
	}
	return request{method: "POST", path: "/Users", body: `{"schemas":["` + userURN + `"],"userName":"ada"` + more + `}`}
}

func makeThing(attributes string) request {
	return request{method: "POST", path: "/Things", body: `{"schemas":["urn:example:Thing"],` + attributes + `}`}
}

func patchOf(path, operation string) request {
	return request{method: "PATCH", path: path, body: `{"schemas":["` + patchURN + `"],"Operations":[` + operation + `]}`}
}

func patchUser(operation string) request { return patchOf("/Users/{id}", operation) }

// send makes the set-up and the request, in that order.
func (d defect) send(h http.Handler, headers ...string) answer {
	id := ""
	for _, r := range d.before {
		made := do(h, r, id, headers)
		if text, ok := made.doc["id"].(string); ok {
			id = text
		}
		if made.status/100 != 2 {
			made.body = "the set-up failed: " + made.body
			return made
		}
	}
	return do(h, d.request, id, headers)
}

func do(h http.Handler, r request, id string, headers []string) (a answer) {
	path, query, _ := strings.Cut(strings.ReplaceAll(r.path, "{id}", id), "?")
	if query != "" {
		path += "?" + encodeQuery(query)
	}
	http := httptest.NewRequest(r.method, path, strings.NewReader(strings.ReplaceAll(r.body, "{id}", id)))
	if r.body != "" {
		http.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range append(headers, r.header...) {
		name, value, _ := strings.Cut(h, ": ")
		http.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause != nil {
			a = answer{panic: fmt.Sprint(cause)}
		}
	}()
	h.ServeHTTP(w, http)
	a = answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.doc) // what is no object has no members to look at
	return a
}

func encodeQuery(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		parts[i] = name + "=" + url.QueryEscape(value)
	}
	return strings.Join(parts, "&")
}

// misses says in what the answer is not what is wanted; "" when it is.
func (w want) misses(a answer) string {
	if w.panic != "" {
		if !strings.Contains(a.panic, w.panic) {
			return fmt.Sprintf("wanted a panic %q, got %d %s %s", w.panic, a.status, a.body, a.panic)
		}
		return ""
	}
	if a.status != w.status {
		return fmt.Sprintf("wanted %d, got %d %s %s", w.status, a.status, a.body, a.panic)
	}
	for _, statement := range w.has {
		if !holds(a, statement) {
			return fmt.Sprintf("wanted that %s, got %v %s", statement, a.header, a.body)
		}
	}
	return ""
}

// holds reads "emails is null", "Resources/0/id is \"1\"", "detail holds secret", "header Allow is GET", or any
// of them with "absent".
func holds(a answer, statement string) bool {
	if rest, ok := strings.CutPrefix(statement, "header "); ok {
		name, value, _ := strings.Cut(rest, " is ")
		got := a.header.Values(name)
		return value == "absent" && got == nil || len(got) == 1 && got[0] == value
	}
	if path, part, ok := strings.Cut(statement, " holds "); ok {
		text, _ := lookUp(a.doc, path)
		return strings.Contains(fmt.Sprint(text), part)
	}
	path, value, _ := strings.Cut(statement, " is ")
	got, there := lookUp(a.doc, path)
	if value == "absent" {
		return !there
	}
	text, err := json.Marshal(got)
	return err == nil && there && string(text) == value
}

func lookUp(doc any, path string) (any, bool) {
	for _, step := range strings.Split(path, "/") {
		switch v := doc.(type) {
		case map[string]any:
			inner, there := v[step]
			if !there {
				return nil, false
			}
			doc = inner
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

// everyone lets every request in, to the tenant that its token names.
type everyone struct{}

func (everyone) Verify(_ context.Context, bearer string) (directory.Token, error) {
	return directory.Token{ID: "t", Tenant: bearer}, nil
}

// ours is the reference with two tenants, "strict" and "lenient".
func ours(t *testing.T) http.Handler {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, tenant := range []directory.Tenant{{ID: "strict", Strict: true}, {ID: "lenient"}} {
		if err := store.CreateTenant(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	h, err := reference.New(reference.Options{Store: store, Verify: everyone{}, BaseURL: "https://scim.test/v2"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// mode is the header that names the tenant of the reference which the entry is for.
func (d defect) mode() string {
	if d.lenient {
		return "Authorization: Bearer lenient"
	}
	return "Authorization: Bearer strict"
}
