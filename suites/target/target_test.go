package target

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"assay/fixtures"
	"assay/suites/wire"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestTheReferencesOwnFileIsValid(t *testing.T) {
	data, err := fixtures.Target("reference")
	if err != nil {
		t.Fatal(err)
	}
	file, err := Parse("reference.yaml", data, environment(map[string]string{
		"ASSAY_REFERENCE_URL": "http://127.0.0.1:1", "ASSAY_TOKEN": "t0ken-one", "ASSAY_ADMIN_TOKEN": "t0ken-two",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if file.SCIM.URL != "http://127.0.0.1:1/scim/v2" || file.SCIM.Token != "t0ken-one" {
		t.Errorf("scim: %+v", file.SCIM)
	}
	if file.Auth["Authorization"] != "Bearer t0ken-two" || file.Admin["connect_oidc"] == nil {
		t.Errorf("admin: %v %v", file.Auth, file.Admin)
	}
}

func TestDefectsNameFileLineAndField(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "f.yaml: the file is empty",
		"scim: {url: 5 }":                   "f.yaml:1: scim.url: must be an absolute",
		"name: x":                           "f.yaml:1: scim.url: is missing",
		"scim:\n  url: http://x\n  uri: y":  "f.yaml:3: uri: is not a field",
		"scim:\n  url: http://u:p@x/":       "f.yaml:2: scim.url: must not hold credentials",
		"scim: {url: http://x}\nadmin: [1]": "f.yaml:2: admin: must be a mapping",
		"scim: {url: http://x}\nadmin:\n  auth: {header: nothing}":                      "f.yaml:3: admin.auth.header: must look like",
		"scim: {url: http://x}\nadmin:\n  migrate: {post: http://x, get: http://x}":     "f.yaml:3: admin.migrate: needs exactly one",
		"scim: {url: http://x}\nadmin:\n  migrate: {poost: http://x}":                   "f.yaml:3: admin.migrate: ",
		"scim: {url: http://x}\nsso:\n  session: {get: http://x/me, subject: email}":    "f.yaml:3: sso.session.subject: must be a JSON Pointer",
		"scim: {url: http://x}\nsso:\n  oidc: {start: /login, callback: http://x/cb}\n": "f.yaml:3: sso.oidc.start: must be an absolute",
		"scim:\n  url: http://x\n  token: env:NOT_SET_AT_ALL":                           "f.yaml:3: scim.token: the environment variable NOT_SET_AT_ALL is not set",
		"scim: &a {url: http://x}\nname: [*a":                                           "f.yaml",
	} {
		_, err := Parse("f.yaml", []byte(text), environment(nil))
		var defect *FileError
		if !errors.As(err, &defect) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := fixtures.Target("reference")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("scim: {url: http://x}\nadmin: {auth: {header: 'a: b'}, migrate: {post: http://x}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("f.yaml", text, func(string) string { return "value" })
		if err == nil && file.SCIM.URL == "" {
			t.Error("a file without a URL was accepted")
		}
	})
}

func TestProbe(t *testing.T) {
	documents := map[string]string{
		"/ServiceProviderConfig": `{"patch":{"supported":true},"sort":{"supported":false},"bulk":{"supported":"yes"}}`,
		"/ResourceTypes":         `{"Resources":[{"endpoint":"/Users","schemaExtensions":[{"schema":"` + strings.ToUpper(EnterpriseURN) + `"}]}]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if document, ok := documents[r.URL.Path]; ok {
			io.WriteString(w, document)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	implementation := New(&File{SCIM: SCIM{URL: server.URL}}, 0)
	claims, err := implementation.Probe(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for capability, want := range map[Capability]Claim{
		Patch:      {true, "ServiceProviderConfig"},
		Sort:       {false, "ServiceProviderConfig"},
		Bulk:       {true, "assumed: ServiceProviderConfig does not say"},
		Filter:     {true, "assumed: ServiceProviderConfig does not say"},
		Groups:     {false, "ResourceTypes"},
		Enterprise: {true, "ResourceTypes"},
		OIDC:       {false, "target file: sso.oidc"},
	} {
		if claims[capability] != want {
			t.Errorf("%s: %+v, want %+v", capability, claims[capability], want)
		}
	}
	delete(documents, "/ResourceTypes")
	if claims, _ = implementation.Probe(context.Background()); !claims[Groups].Claimed {
		t.Error("an unreadable document must leave its capabilities assumed")
	}
	server.Close()
	if _, err := implementation.Probe(context.Background()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("no answer: %v", err)
	}
}

func TestDoFillsPlaceholdersAndPicksYields(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.RequestURI + " " + string(body) + " " + r.Header.Get("Authorization")
		io.WriteString(w, `{"id":"t-1"}`)
	}))
	defer server.Close()
	implementation := New(&File{
		SCIM: SCIM{URL: server.URL},
		Auth: map[string]string{"Authorization": "Bearer planted-admin"},
		Admin: map[string]*Operation{"create_tenant": {
			Post: server.URL + "/tenants/{name}?again={name}", Body: map[string]any{"name": "{name}", "tags": []any{"{name}", 1}},
			Yields: map[string]string{"tenant": "/id"},
		}},
	}, 0)
	yields, res, err := implementation.Do(context.Background(), "create_tenant", map[string]string{"name": "a b/c"})
	if err != nil || yields["tenant"] != "t-1" {
		t.Fatalf("%v %v", yields, err)
	}
	if want := `POST /tenants/a%20b%2Fc?again=a+b%2Fc {"name":"a b/c","tags":["a b/c",1]} Bearer planted-admin`; got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
	if strings.Contains(res.Exchange.Curl, "planted-admin") {
		t.Error("the admin token is in the record")
	}
	if _, _, err := implementation.Do(context.Background(), "migrate", nil); err == nil {
		t.Error("an operation that the file lacks was run")
	}
}

func TestBrowserKeepsCookiesAndForks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "s", Value: "1", Path: "/"})
			http.Redirect(w, r, "/done", http.StatusFound)
		case "/me":
			if _, err := r.Cookie("s"); err != nil {
				http.Error(w, "{}", http.StatusUnauthorized)
				return
			}
			io.WriteString(w, `{"email":"ada@example.test"}`)
		}
	}))
	defer server.Close()
	implementation := New(&File{SCIM: SCIM{URL: server.URL}, SSO: &SSO{
		Session: &Operation{Get: server.URL + "/me", Subject: "/email"},
	}}, 0)
	ctx := context.Background()
	browser, err := implementation.NewBrowser(func(*wire.Response) {})
	if err != nil {
		t.Fatal(err)
	}
	before, err := browser.Fork()
	if err != nil {
		t.Fatal(err)
	}
	stopped, _ := browser.Follow(ctx, server.URL+"/login", func(u *url.URL) bool { return u.Path == "/done" })
	if stopped != server.URL+"/done" {
		t.Errorf("stopped at %q", stopped)
	}
	after, err := browser.Fork()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		browser *Browser
		want    string
	}{"itself": {browser, "ada@example.test"}, "a fork from before": {before, ""}, "a fork from after": {after, "ada@example.test"}} {
		if who, err := c.browser.WhoAmI(ctx); err != nil || who != c.want {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
}
