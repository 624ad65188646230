package reference_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/reference"
)

// TestAgainstTheFakeIdP lets the fake IdP provision a person, signs that person on, and then tries
// every hostile behaviour that the fake IdP knows.
func TestAgainstTheFakeIdP(t *testing.T) {
	idp, err := fakeidp.Start(t.Context(), fakeidp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := start(t, reference.Options{})
	client := control.NewClient(idp.Control, idp.ControlToken)
	app := connect(t, client, s)
	person := assign(t, client, app, "grace@acme.example")
	push(t, client, app)
	signOn := func(mutations ...string) (email string, status int) {
		return signOnAt(t, client, s, person, mutations)
	}
	if email, status := signOn(); email != person.Email {
		t.Fatalf("good login: signed on as %q, status %d", email, status)
	}
	mutations, err := client.Mutations(t.Context())
	if err != nil || len(mutations) < 20 {
		t.Fatalf("%d mutations, %v", len(mutations), err)
	}
	for _, mutation := range mutations {
		if mutation.Protocol != "oidc" || !ofLogin(mutation.Stage) {
			continue
		}
		t.Run(mutation.Name, func(t *testing.T) {
			email, status := signOn(mutation.Name)
			switch harmless := harmless(mutation); {
			case email != "" && email != person.Email || status >= 500:
				t.Errorf("signed on as %q, status %d: %s", email, status, mutation.Text)
			case mutation.Stage == "claims about the person": // who is recognised by the subject may be let in or not
			case harmless && email == "":
				t.Errorf("refused with status %d: %s", status, mutation.Text)
			case !harmless && (email != "" || status < 400 || status > 499):
				t.Errorf("signed on as %q, status %d: %s", email, status, mutation.Text)
			}
		})
	}
	if email, _ := signOn(); email != person.Email {
		t.Fatalf("good login afterwards: signed on as %q", email)
	}
}

// ofLogin tells whether mutations of a stage are of one login, and not of what the issuer publishes or of a logout.
func ofLogin(stage string) bool {
	for _, other := range []string{"discovery", "key set", "logout"} {
		if strings.HasPrefix(stage, other) {
			return false
		}
	}
	return true
}

// harmless tells whether a mutation leaves a login that is to be accepted: because the standards allow what it does, or because
// a login does not meet it.
func harmless(m control.Mutation) bool {
	if strings.HasPrefix(m.Stage, "refresh") {
		return true
	}
	return slices.Contains([]string{
		"missing-response-issuer", "right-response-issuer", "unknown-response-parameters", // RFC 9207 is not promised
		"unsolicited-nonce", "audience-list", "typ-id-token", "no-kid",
		"missing-at-hash", "wrong-c-hash", // nothing of the hybrid flow is looked at
		"missing-auth-time", "old-auth-time", "wrong-acr", "short-session", // not asked for
		"wrong-tenant", // tid is Entra's
		"token-type-lower", "token-type-upper", "missing-expires-in", "expires-in-text", "missing-scope", "unknown-members",
		"token-text-type", "token-error-200", "token-cacheable",
		"other-email-userinfo",
	}, m.Name)
}

// TestManyAtOnce signs ten people on at the same time: nobody may get the session of somebody else.
func TestManyAtOnce(t *testing.T) {
	idp, err := fakeidp.Start(t.Context(), fakeidp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := start(t, reference.Options{})
	client := control.NewClient(idp.Control, idp.ControlToken)
	app := connect(t, client, s)
	people := make([]control.Person, 10)
	for i := range people {
		people[i] = assign(t, client, app, fmt.Sprintf("person%d@acme.example", i))
	}
	push(t, client, app)
	for _, person := range people {
		t.Run(person.Login, func(t *testing.T) {
			t.Parallel()
			for range 3 {
				if email, status := signOnAt(t, client, s, person, nil); email != person.Email {
					t.Errorf("signed on as %q, status %d", email, status)
				}
			}
		})
	}
}

// connect makes an app at the fake IdP for the reference, and connects the reference to it.
func connect(t *testing.T, client *control.Client, s *reference.Server) control.App {
	t.Helper()
	app, err := client.CreateApp(t.Context(), control.App{
		Persona: "okta-oin", RedirectURIs: []string{s.Callback}, SCIM: &control.SCIM{URL: s.SCIM, Token: s.Token},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := call(t, http.MethodPut, s.Admin+"/tenants/"+s.Tenant+"/sso", s.AdminToken,
		`{"issuer":"`+app.Issuer+`","client_id":"`+app.ClientID+`","client_secret":"`+app.ClientSecret+`"}`)
	if got.status != http.StatusOK || strings.Contains(got.text, app.ClientSecret) {
		t.Fatalf("connect: status %d: %s", got.status, got.text)
	}
	return app
}

// assign makes a person at the fake IdP and gives them the app.
func assign(t *testing.T, client *control.Client, app control.App, email string) control.Person {
	t.Helper()
	person, err := client.CreatePerson(t.Context(), control.Person{
		Login: email, Email: email, GivenName: "Grace", FamilyName: "Hopper",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Assign(t.Context(), app.ID, person.ID); err != nil {
		t.Fatal(err)
	}
	return person
}

// push lets the fake IdP provision what is due.
func push(t *testing.T, client *control.Client, app control.App) {
	t.Helper()
	pushed, err := client.Push(t.Context(), app.ID)
	if err != nil || pushed.Failed > 0 || len(pushed.Steps) == 0 {
		t.Fatalf("push: %+v, %v", pushed, err)
	}
}

// signOnAt signs a person on in a new browser and returns who is signed on then, and the status of the callback.
func signOnAt(t *testing.T, client *control.Client, s *reference.Server, person control.Person, mutations []string) (string, int) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	authorize := send(t, browser, http.MethodGet, s.Login+"?email="+url.QueryEscape(person.Email), nil, "").header.Get("Location")
	request, err := url.Parse(authorize)
	if err != nil || authorize == "" {
		t.Fatalf("authorization request %q: %v", authorize, err)
	}
	grant := control.Grant{State: request.Query().Get("state"), Person: person.ID, Mutations: mutations}
	if err := client.Grant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	callback := authorize
	var last answer
	for range 5 { // the fake IdP may take more than one redirect
		last = send(t, browser, http.MethodGet, callback, nil, "")
		if strings.HasPrefix(callback, s.Callback) {
			break
		}
		callback = last.header.Get("Location")
		if next, err := request.Parse(callback); err == nil {
			callback = next.String()
		}
	}
	if !strings.HasPrefix(callback, s.Callback) {
		t.Fatalf("no callback: %d %s", last.status, last.text)
	}
	who := send(t, browser, http.MethodGet, s.Admin+"/me", nil, "")
	if who.status != http.StatusOK {
		return "", last.status
	}
	email, _ := who.json(t)["email"].(string)
	return email, last.status
}
