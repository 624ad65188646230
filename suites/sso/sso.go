// Package sso checks a relying party from the outside: the fake IdP plays the identity provider, good
// or hostile, and the verdict is taken from identity. After an attempt the target is asked who is logged
// in; nobody means that the attempt was refused, whatever status code came with it.
package sso

import (
	"net/url"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/fakeidp/control"
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// Register puts the sign-on checks on a suite.
func Register(s *check.Suite) {
	oidcRequests(s)
	oidcLogin(s)
	lifecycle(s)
}

// needs lists what every check with an OpenID Connect login needs.
func needs() []target.Capability {
	return check.Needs(target.OIDC, target.ConnectOIDC, target.IdP)
}

// connection is the integration of the target with the fake IdP that a story signs on through.
// One is made a story; person can sign on.
type connection struct {
	app    control.App
	person control.Person
	user   check.Resource
	ready  bool
	rough  []string // hostile attempts that the target answered with a server error or not at all
}

// open connects the target with the fake IdP and provisions one person at both, once.
func (c *connection) open(t *check.T) {
	if c.ready {
		return
	}
	callback := t.Target().File.SSO.OIDC.Callback
	app, err := t.IdP().CreateApp(t.Context(), control.App{
		Persona: "okta-oin", Name: t.Name(), RedirectURIs: []string{callback},
	})
	if err != nil {
		t.NotRun("the fake IdP could not make an app: %v", err)
	}
	t.Target().Redact.Add(app.ClientSecret)
	email := t.Email()
	person, err := t.IdP().CreatePerson(t.Context(), control.Person{
		Login: email, Email: email, GivenName: "Grace", FamilyName: "Hopper",
	})
	if err != nil {
		t.NotRun("the fake IdP could not make a person: %v", err)
	}
	if err := t.IdP().Assign(t.Context(), app.ID, person.ID); err != nil {
		t.NotRun("the fake IdP could not assign the app: %v", err)
	}
	_, res, err := t.Target().Do(t.Context(), "connect_oidc", map[string]string{
		"issuer": app.Issuer, "client_id": app.ClientID, "client_secret": app.ClientSecret,
	})
	if res != nil {
		t.Record(res.Exchange)
	}
	if err != nil {
		t.NotRun("the target could not be connected: %v", err)
	}
	c.user = t.CreateUser(map[string]any{
		"userName": email, "externalId": person.ID, "emails": []any{map[string]any{"value": email, "type": "work", "primary": true}},
		"name": map[string]any{"givenName": "Grace", "familyName": "Hopper"}, "displayName": "Grace Hopper",
	})
	c.app, c.person, c.ready = app, person, true
}

// attempt is one sign-on in one browser, taken step by step.
type attempt struct {
	browser   *target.Browser
	authorize string // the authorization request, as the target made it
	params    url.Values
	callback  string // the authorization response, as the IdP made it
	last      *wire.Response
}

// begin starts a sign-on in a new browser and stops at the authorization request.
func (c *connection) begin(t *check.T) *attempt {
	c.open(t)
	a := &attempt{browser: t.NewBrowser()}
	start := t.Target().StartURL(c.person.Email)
	a.authorize, a.last = a.browser.Follow(t.Context(), start, func(u *url.URL) bool {
		return u.Query().Get("client_id") == c.app.ClientID // its path is the vendor's affair
	})
	if a.authorize == "" {
		t.NotRun("the sign-on at %s did not lead to the IdP at %s: %s", start, c.app.Issuer, a.last.Summary())
	}
	request, err := url.Parse(a.authorize)
	if err != nil {
		t.NotRun("the authorization request is not a URL: %v", err)
	}
	a.params = request.Query()
	return a
}

// consent lets the IdP answer the authorization request, with mutations if any, and stops at the
// authorization response.
func (c *connection) consent(t *check.T, a *attempt, mutations ...string) {
	state := a.params.Get("state")
	err := t.IdP().Grant(t.Context(), control.Grant{State: state, Person: c.person.ID, Mutations: mutations})
	if err != nil {
		t.NotRun("the fake IdP refused the machine login: %v", err)
	}
	callback := t.Target().File.SSO.OIDC.Callback
	a.callback, a.last = a.browser.Follow(t.Context(), a.authorize, func(u *url.URL) bool {
		return strings.HasPrefix(u.String(), callback)
	})
	if a.callback == "" {
		t.NotRun("the IdP did not redirect to the callback %s: %s", callback, a.last.Summary())
	}
}

// deliver hands an authorization response to the target in a browser, and follows what it answers.
func deliver(t *check.T, browser *target.Browser, callback string) *wire.Response {
	_, res := browser.Follow(t.Context(), callback, func(*url.URL) bool { return false })
	return res
}

// signOn runs a whole sign-on in a new browser and returns who is logged in afterwards.
func (c *connection) signOn(t *check.T, mutations ...string) string {
	a := c.begin(t)
	c.consent(t, a, mutations...)
	a.last = deliver(t, a.browser, a.callback)
	if len(mutations) > 0 {
		c.watch(mutations[0], a.last)
	}
	return whoAmI(t, a.browser)
}

// watch notes an answer to a hostile message that is no answer: a server error, a reset, a hang.
func (c *connection) watch(what string, res *wire.Response) {
	if res.Err != nil || res.Status >= 500 {
		c.rough = append(c.rough, what+": "+res.Summary())
	}
}

func whoAmI(t *check.T, browser *target.Browser) string {
	who, err := browser.WhoAmI(t.Context())
	if err != nil {
		t.NotRun("%v", err)
	}
	return who
}

// control signs the genuine person on, as the positive control of a refusal.
func (c *connection) control(t *check.T) {
	t.Control(c.signOn(t), c.bePerson())
}

// bePerson matches the identity of the story's person: the e-mail address or the userName.
func (c *connection) bePerson() types.GomegaMatcher { return check.BeIdentity(c.person.Email) }
