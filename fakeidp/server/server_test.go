package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
	"assay/fakeidp/saml"
)

const token = "control-t0ken"

// provider stands in for the OpenID Providers, but for issuers and keys.
type provider struct {
	*oidc.Issuers
	granted []control.Grant
}

func (p *provider) Grant(g control.Grant) error {
	if g.Person == "nobody" {
		return fmt.Errorf("no such person: %q", g.Person)
	}
	p.granted = append(p.granted, g)
	return nil
}

func (p *provider) Visits(client string) []control.Visit {
	if client == "" {
		return nil
	}
	return []control.Visit{{Path: "token", Client: client}}
}

func (p *provider) Forget() { p.granted = nil }

func (p *provider) Mutations() []control.Mutation {
	return []control.Mutation{{Name: "wrong-nonce", Text: "the nonce is another"}}
}

// house stands in for the listeners.
type house struct{}

func (house) Open(context.Context) (control.Doors, error) { return control.Doors{}, nil }
func (house) Cut(context.Context, bool) error             { return nil }

func newProvider(t *testing.T, d *directory.Directory) *provider {
	t.Helper()
	issuers, err := oidc.New(oidc.Options{PublicURL: "https://idp.example", Personas: persona.All(), Own: "okta-oin", Directory: d})
	if err != nil {
		t.Fatal(err)
	}
	return &provider{Issuers: issuers}
}

func start(t *testing.T) (*httptest.Server, *control.Client, *provider) {
	t.Helper()
	d := directory.New()
	engine := push.New(d, push.Options{})
	t.Cleanup(engine.Close)
	p := newProvider(t, d)
	assertions, err := saml.New(saml.Options{PublicURL: "https://idp.example", Directory: d})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := New(Options{Token: token, Persona: "okta-oin", Directory: d, Engine: engine, Provider: p, SAML: assertions, House: house{}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s, control.NewClient(s.URL, token), p
}

// target is a SCIM server that holds nothing and takes everything.
func target(t *testing.T) string {
	t.Helper()
	created := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			_, _ = io.WriteString(w, `{"totalResults":0}`)
		case http.MethodPost:
			created++
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"id":"%d"}`, created)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// must fails the test at the first error; it lets every call of the story below be one line.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestEveryCallOfTheClient(t *testing.T) {
	_, c, p := start(t)
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ada := must[control.Person](t)(c.CreatePerson(ctx, control.Person{Login: "ada", Email: "ada@example.test"}))
	ada.Title = "Countess"
	if got := must[control.Person](t)(c.UpdatePerson(ctx, ada)); !reflect.DeepEqual(got, ada) {
		t.Errorf("updated person %v", got)
	}
	if got := must[[]control.Person](t)(c.People(ctx)); !reflect.DeepEqual(got, []control.Person{ada}) {
		t.Errorf("people %v", got)
	}
	eng := must[control.Group](t)(c.CreateGroup(ctx, control.Group{Name: "Eng", Members: []string{ada.ID}}))
	eng.Name = "Engineering"
	if got := must[control.Group](t)(c.UpdateGroup(ctx, eng)); !reflect.DeepEqual(got, eng) {
		t.Errorf("updated group %v", got)
	}
	if got := must[[]control.Group](t)(c.Groups(ctx)); !reflect.DeepEqual(got, []control.Group{eng}) {
		t.Errorf("groups %v", got)
	}
	app := must[control.App](t)(c.CreateApp(ctx, control.App{Name: "Acme", SCIM: &control.SCIM{URL: target(t), Token: "scim-t0ken"}}))
	if app.Persona != "okta-oin" || app.Issuer != "https://idp.example/oauth2/default" || app.ClientSecret == "" || app.SCIM.Token != "" {
		t.Errorf("app %+v", app)
	}
	listed := app
	listed.ClientSecret = ""
	if got := must[[]control.App](t)(c.Apps(ctx)); !reflect.DeepEqual(got, []control.App{listed}) {
		t.Errorf("apps %+v", got)
	}
	do(c.Assign(ctx, app.ID, ada.ID))
	do(c.PushGroup(ctx, app.ID, eng.ID))
	if got := must[control.Push](t)(c.TestConnection(ctx, app.ID)); len(got.Steps) != 2 || got.Failed != 0 {
		t.Errorf("test %+v", got)
	}
	pushed := must[control.Push](t)(c.Push(ctx, app.ID))
	if len(pushed.Steps) != 6 || pushed.Failed != 0 {
		t.Errorf("push: %d steps, %d failed", len(pushed.Steps), pushed.Failed)
	}
	want := []control.Link{{Subject: ada.ID, Remote: "1", Active: true}, {Subject: eng.ID, Remote: "2", Active: true}}
	if got := must[[]control.Link](t)(c.Links(ctx, app.ID)); !reflect.DeepEqual(got, want) {
		t.Errorf("links %v", got)
	}
	imported := must[control.Import](t)(c.Import(ctx, app.ID))
	if imported.Users == nil || len(imported.Steps) != 2 {
		t.Errorf("import %+v", imported)
	}
	log := must[[]control.Step](t)(c.Log(ctx, app.ID))
	if len(log) != 10 || log[0].Seq >= log[9].Seq {
		t.Errorf("log of %d steps", len(log))
	}
	do(c.UnlinkGroup(ctx, app.ID, eng.ID, true))
	do(c.Unassign(ctx, app.ID, ada.ID))
	if got := must[control.Push](t)(c.Push(ctx, app.ID)); len(got.Steps) != 2 || got.Steps[0].Task != "deactivate" || got.Steps[1].Task != "group-delete" {
		t.Errorf("push %+v", got)
	}
	if got := must[control.Status](t)(c.Status(ctx, app.ID)); got.State != "active" || len(got.Escrow) != 0 {
		t.Errorf("status %+v", got)
	}
	if got := must[control.Comparison](t)(c.Compare(ctx, app.ID)); got.Users != 1 || len(got.Differences) != 1 || got.Differences[0].Subject != ada.ID {
		t.Errorf("comparison with a target that holds nothing: %+v", got)
	}
	if got := must[control.Clock](t)(c.Advance(ctx, 40*time.Minute)); got.Ran != 1 || time.Until(got.Now) < 39*time.Minute {
		t.Errorf("clock %+v", got)
	}
	do(c.DeletePerson(ctx, ada.ID))
	if got := must[[]control.Deletion](t)(c.DeletedPeople(ctx)); len(got) != 1 || !reflect.DeepEqual(got[0].Person, ada) || got[0].Purged {
		t.Errorf("deleted %+v", got)
	}
	if got := must[control.Person](t)(c.RestorePerson(ctx, ada.ID)); !reflect.DeepEqual(got, ada) {
		t.Errorf("restored %+v", got)
	}
	do(c.DeletePerson(ctx, ada.ID))
	do(c.PurgePerson(ctx, ada.ID))
	if _, err := c.RestorePerson(ctx, ada.ID); err == nil {
		t.Error("somebody who was purged is restored")
	}
	ada = must[control.Person](t)(c.CreatePerson(ctx, ada))
	do(c.Grant(ctx, control.Grant{State: "s", Person: "ada", Mutations: []string{"wrong-nonce"}}))
	if len(p.granted) != 1 || p.granted[0].State != "s" {
		t.Errorf("grants %v", p.granted)
	}
	if got := must[[]control.Mutation](t)(c.Mutations(ctx)); len(got) < 2 || got[0].Name != "wrong-nonce" || !strings.HasPrefix(got[1].Name, "saml-") {
		t.Errorf("mutations %v", got)
	}
	if got := must[[]control.Visit](t)(c.Visits(ctx, "a b&c")); len(got) != 1 || got[0].Client != "a b&c" {
		t.Errorf("visits %v", got)
	}
	if got := must[[]control.Persona](t)(c.Personas(ctx)); len(got) < 2 || len(got[0].Knobs) == 0 || got[0].Knobs[0].Text == "" {
		t.Errorf("personas %v", got)
	}
	do(c.DeleteGroup(ctx, eng.ID))
	do(c.DeletePerson(ctx, ada.ID))
	do(c.DeleteApp(ctx, app.ID))
	if _, err := c.Log(ctx, app.ID); err == nil || !strings.Contains(err.Error(), "no such app") {
		t.Errorf("log of a deleted app: %v", err)
	}
	again := must[control.App](t)(c.CreateApp(ctx, control.App{ID: app.ID, SCIM: &control.SCIM{URL: target(t)}}))
	if got := must[[]control.Link](t)(c.Links(ctx, again.ID)); len(got) != 0 {
		t.Errorf("a new app of the same id remembers %v", got)
	}
	if text := fmt.Sprint(log, pushed, imported); strings.Contains(text, "t0ken") {
		t.Error("a token is in the log")
	}
}

func TestIssuersAndKeys(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	entra := must[control.App](t)(c.CreateApp(ctx, control.App{Persona: "entra-default"}))
	if entra.Issuer != "https://idp.example/11111111-1111-4111-8111-111111111111/v2.0" {
		t.Errorf("issuer %s", entra.Issuer)
	}
	public := must[control.App](t)(c.CreateApp(ctx, control.App{Persona: "generic", Issuer: "https://idp.example/oidc", AuthMethod: "none"}))
	if public.ClientSecret != "" || public.Issuer != "https://idp.example/oidc" {
		t.Errorf("public client %+v", public)
	}
	first := must[[]control.Key](t)(c.Keys(ctx, "generic"))
	if len(first) != 1 || !first[0].Signing {
		t.Fatalf("keys %v", first)
	}
	added := must[control.Key](t)(c.AddKey(ctx, "generic"))
	if err := errors.Join(c.SignWith(ctx, "generic", added.ID), c.WithdrawKey(ctx, "generic", first[0].ID), c.RotateBeforeSigning(ctx, "generic")); err != nil {
		t.Error(err)
	}
	if got := must[[]control.Key](t)(c.Keys(ctx, "generic")); !reflect.DeepEqual(got, []control.Key{{ID: added.ID, Signing: true}}) {
		t.Errorf("keys %v", got)
	}
	_, unknown := c.Keys(ctx, "acme")
	_, method := c.CreateApp(ctx, control.App{Persona: "generic", AuthMethod: "tls_client_auth"})
	_, issuer := c.CreateApp(ctx, control.App{Persona: "generic", Issuer: "https://idp.example/oauth2/default"})
	for says, err := range map[string]error{
		"no such persona: \"acme\"":                         unknown,
		"tokens are signed with this key":                   c.WithdrawKey(ctx, "generic", added.ID),
		"no such key: \"x\"":                                c.SignWith(ctx, "generic", "x"),
		"token_endpoint_auth_method \"tls_":                 method,
		"of persona generic it is https://idp.example/oidc": issuer,
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func TestTokenIsRequired(t *testing.T) {
	s, _, _ := start(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + token, token, "Bearer " + token + "x"} {
		for _, path := range []string{"/people", "/nothing", "/apps/x/push"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", header)
			status, problem, res := ask(t, req)
			if status != 401 || problem.Status != 401 || problem.Detail == "" || res.Get("WWW-Authenticate") == "" {
				t.Errorf("%q %s: %d %+v", header, path, status, problem)
			}
		}
	}
	res, err := http.Get(s.URL + "/healthz")
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("healthz: %v %v", res, err)
	}
	_ = res.Body.Close()
}

// A server that was given no token must not take the empty one.
func TestNoTokenMeansNoEntry(t *testing.T) {
	d := directory.New()
	engine := push.New(d, push.Options{})
	defer engine.Close()
	handler, err := New(Options{Directory: d, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/personas", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = []string{"Bearer "}
	if status, _, _ := ask(t, req); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
}

func ask(t *testing.T, req *http.Request) (int, control.Problem, http.Header) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var problem control.Problem
	if res.StatusCode >= 300 {
		if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: content type %q", req.Method, req.URL.Path, got)
		}
		if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
			t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
		}
	}
	return res.StatusCode, problem, res.Header
}

func TestMistakesAreNamed(t *testing.T) {
	s, c, _ := start(t)
	ctx := t.Context()
	ada := must[control.Person](t)(c.CreatePerson(ctx, control.Person{Login: "ada", Email: "ada@example.test"}))
	app := must[control.App](t)(c.CreateApp(ctx, control.App{}))
	tests := []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"POST", "/people", `{"login":"x","email":"x","shoe_size":44}`, 400, "shoe_size"},
		{"POST", "/people", `{"login":7}`, 400, "login"},
		{"POST", "/people", `{"login":"x","email":"x"} {}`, 400, "after the JSON value"},
		{"POST", "/people", `{"login":"x","email":"x"}}`, 400, "after the JSON value"},
		{"POST", "/people", ``, 400, "empty"},
		{"POST", "/people", `[]`, 400, "array"},
		{"POST", "/people", `{"login":"x"}`, 400, "email"},
		{"POST", "/people", `{"login":"ADA","email":"x"}`, 409, "ADA"},
		{"POST", "/people", `{"login":"` + strings.Repeat("x", maxRequest) + `"}`, 413, "too large"},
		{"PUT", "/people/nobody", `{"login":"x","email":"x"}`, 404, "nobody"},
		{"PUT", "/people/" + ada.ID, `{"id":"other","login":"x","email":"x"}`, 400, "other"},
		{"POST", "/groups", `{"name":"g","members":["nobody"]}`, 400, "nobody"},
		{"POST", "/apps", `{"persona":"acme"}`, 400, "okta-oin"},
		{"POST", "/apps", `{"issuer":"https://evil.example"}`, 400, "issuer"},
		{"POST", "/apps", `{"scim":{"url":"nowhere"}}`, 400, "scim.url"},
		{"POST", "/apps/" + app.ID + "/push", ``, 409, "no SCIM connection"},
		{"POST", "/apps/nothing/push", ``, 404, "nothing"},
		{"GET", "/apps/nothing/log", ``, 404, "nothing"},
		{"PUT", "/apps/nothing/people/x", ``, 404, "nothing"},
		{"DELETE", "/apps/" + app.ID + "/groups/x?delete=maybe", ``, 400, "delete"},
		{"POST", "/grants", `{"state":"s","person":"nobody"}`, 400, "nobody"},
		{"GET", "/people/nobody", ``, 404, `person "nobody"`},
		{"GET", "/groups/nothing", ``, 404, `group "nothing"`},
		{"PUT", "/groups/nothing/members/ada", ``, 404, `group "nothing"`},
		{"PUT", "/apps/" + app.ID + "/mutations", `{"mutations":["nothing"]}`, 400, "nothing"},
		{"PUT", "/apps/nothing/mutations", `{"mutations":[]}`, 404, "nothing"},
		{"GET", "/apps/nothing/mutations", ``, 404, "nothing"},
		{"GET", "/nothing", ``, 404, "/nothing"},
		{"GET", "/people?q=ada", ``, 400, "no query parameters"},
		{"GET", "/exchanges?stauts=404", ``, 400, `"stauts" is none of app, person, group, method, status,`},
		{"GET", "/exchanges?status=4x", ``, 400, "4xx"},
		{"GET", "/exchanges?status=200&status=201", ``, 400, "status is given 2 times"},
		{"GET", "/exchanges?since=yesterday", ``, 400, "2026-"},
		{"GET", "/exchanges?failed=maybe", ``, 400, "true or false"},
		{"GET", "/exchanges.har?limit=0", ``, 400, "from 1"},
		{"GET", "/exchanges?app=nothing", ``, 400, "no app with this id"},
		{"POST", "/snapshots", `{"name":"a/b"}`, 400, `"a/b"`},
		{"POST", "/snapshots/none/restore", ``, 404, "there is none"},
		{"DELETE", "/snapshots/none", ``, 404, `"none"`},
		{"POST", "/groups", `{"id":"g","name":"G","groups":["g"]}`, 400, "inside itself"},
		{"PATCH", "/people", ``, 405, "GET"},
	}
	for _, test := range tests {
		req, err := http.NewRequestWithContext(ctx, test.method, s.URL+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		status, problem, _ := ask(t, req)
		if status != test.status || problem.Status != status || !strings.Contains(problem.Detail, test.text) {
			t.Errorf("%s %s %.60s: %d %+v, want %d naming %q", test.method, test.path, test.body, status, problem, test.status, test.text)
		}
	}
}

func TestClientHangUpStopsThePush(t *testing.T) {
	_, c, _ := start(t)
	arrived, gone := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	}))
	defer slow.Close()
	app := must[control.App](t)(c.CreateApp(t.Context(), control.App{SCIM: &control.SCIM{URL: slow.URL}}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := c.TestConnection(ctx, app.ID); err == nil {
		t.Error("the call succeeded")
	}
	<-gone // the request to the target ended with the call
}

func TestSAMLApps(t *testing.T) {
	_, client, _ := start(t)
	ctx := context.Background()
	app, err := client.CreateApp(ctx, control.App{Persona: "okta-oin", SAML: &control.SAML{EntityID: "https://sp.example", ACS: []string{"https://sp.example/acs"}}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(app.SAML.Metadata, "https://idp.example/app/exk") || !strings.HasSuffix(app.SAML.Metadata, "/sso/saml/metadata") {
		t.Errorf("metadata is at %q", app.SAML.Metadata)
	}
	for want, wrong := range map[string]control.SAML{
		"entity_id":   {ACS: []string{"https://sp.example/acs"}},
		"acs":         {EntityID: "https://sp.example"},
		"/relative":   {EntityID: "https://sp.example", ACS: []string{"/relative"}},
		"certificate": {EntityID: "https://sp.example", ACS: []string{"https://sp.example/acs"}, Certificate: "no"},
	} {
		if _, err := client.CreateApp(ctx, control.App{Persona: "okta-oin", SAML: &wrong}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := client.CreatePerson(ctx, control.Person{Login: "ada@example.test", Email: "ada@example.test"}); err != nil {
		t.Fatal(err)
	}
	if err := client.Grant(ctx, control.Grant{State: "r", Person: "ada@example.test", Mutations: []string{"saml-xsw1"}, Protocol: "saml"}); err != nil {
		t.Error(err)
	}
	if err := client.Grant(ctx, control.Grant{State: "r", Person: "ada@example.test", Protocol: "ldap"}); err == nil || !strings.Contains(err.Error(), "ldap") {
		t.Errorf("protocol ldap: %v", err)
	}
}
