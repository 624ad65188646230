// Package oidc is the fake IdP's OpenID Providers: discovery, keys, authorization with a login page and a machine
// login, token, refresh, userinfo, introspection, revocation and logout, each shaped as the knobs of its persona
// say. The HTTP side is the server of zitadel/oidc's op, whose endpoints are answered here, so that each can be
// shaped, and made to lie on demand (package mutation).
//
// Everything is in memory and bounded; the signing keys are random at each start, so that nobody can
// use this in production.
package oidc

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/expiring"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"

	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	codeLifetime  = time.Minute // Okta: codes are good for 60 seconds
	loginLifetime = 15 * time.Minute
	grantLifetime = 10 * time.Minute
	maxPending    = 10_000 // logins, codes, tokens and grants, each
	maxShownNames = 20     // in an error message
)

// Provider is the OpenID Provider of one issuer. Issuers makes and registers it.
type Provider struct {
	*shared
	face     persona.OIDC
	base     string // URL that the paths of the persona are below
	prefix   string // path of base
	issuer   string
	idp      string // Okta's "idp" claim: who authenticated the person
	personas map[string]bool
	started  time.Time
	keys     *keyring
	pages    *signin.Pages
	library  http.Handler
	routes   map[string]endpoint // by pattern of the whole path

	logins     *expiring.Map[login]    // by id
	codes      *expiring.Map[code]     // by value
	tokens     *expiring.Map[token]    // access tokens, by value
	refreshes  *expiring.Map[refresh]  // refresh tokens, by value
	assertions *expiring.Map[struct{}] // client assertions that were used, by client and jti
	denials    *expiring.Map[answer]   // by id
}

func newProvider(s *shared, public, prefix string, face persona.OIDC) *Provider {
	p := &Provider{
		shared: s, face: face, base: public + prefix, prefix: prefix, issuer: public + prefix + face.Path(face.IssuerPath.Value),
		idp: "00o" + randomID(17), personas: map[string]bool{}, started: s.now(),
	}
	p.keys = newKeyring(s, face, p.issuer)
	p.pages = signin.New(p.issuer, p.pathOf(p.loginURL()), strings.HasPrefix(public, "https:"), s.logger)
	p.logins = expiring.New[login](loginLifetime, maxPending, s.now)
	p.codes = expiring.New[code](loginLifetime, maxPending, s.now) // longer than they are good, so that a replay is known as one
	p.tokens = expiring.New[token](face.AccessTokenLifetime.Value, maxPending, s.now)
	p.refreshes = expiring.New[refresh](face.RefreshLifetime.Value, maxPending, s.now)
	p.assertions = expiring.New[struct{}](maxAssertionAge, maxPending, s.now)
	p.denials = expiring.New[answer](codeLifetime, maxPending, s.now)
	p.library = op.RegisterServer(&server{p: p}, libraryEndpoints(), op.WithServerCORSOptions(nil)) // no origin is allowed by default
	p.routes = p.buildRoutes()
	return p
}

// loginURL is where the browser is sent to; callback and denied are beside the authorization endpoint.
func (p *Provider) loginURL() string { return strings.TrimSuffix(p.issuer, "/") + loginPath }

func (p *Provider) authorizationURL() string {
	return p.base + p.face.Path(p.face.Endpoints.Value.Authorization)
}

func (p *Provider) pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/" // it is made of a URL and paths that were checked
	}
	return u.Path
}

// app finds the app with this client id, if it belongs to this issuer.
func (p *Provider) app(clientID string) (control.App, bool) {
	app, ok := p.directory.AppByClient(clientID)
	if !ok || !p.personas[app.Persona] {
		return control.App{}, false
	}
	return app, true
}

// randomID returns n random characters of the alphabet that Okta's ids are made of.
func randomID(n int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	id := make([]byte, n)
	_, _ = rand.Read(id) // never fails
	for i := range id {
		id[i] = alphabet[int(id[i])%len(alphabet)]
	}
	return string(id)
}
