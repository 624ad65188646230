package sso

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/identity"
	"assay/reference/page"
	"assay/reference/secrets"
	"assay/reference/sso/saml"
)

//go:embed pages/*.html
var pageFiles embed.FS

// CallbackPath is where identity providers send browsers back to.
const CallbackPath = "/auth/sso/callback"

// Options is what a RelyingParty works with. Logins, WrapChecker, Transport, Replays, SAMLSkew and Now may be left out.
type Options struct {
	BaseURL  string // public URL of the site, without a path
	Store    directory.Store
	Sessions *access.Sessions
	Vault    *secrets.Vault
	Audit    *audit.Recorder
	Logger   *slog.Logger
	Tenants  TenantTokens
	People   *identity.Recognizer

	Logins      Logins
	WrapChecker func(Checker) Checker
	Transport   http.RoundTripper // for exchanges with identity providers
	Replays     saml.Replays
	SAMLSkew    time.Duration // difference of clocks that SAML forgives; see saml.Options
	Now         func() time.Time
}

// RelyingParty signs people on. Register adds its pages to a site.
type RelyingParty struct {
	base      string
	secure    bool
	store     directory.Store
	sessions  *access.Sessions
	vault     *secrets.Vault
	audit     *audit.Recorder
	logger    *slog.Logger
	logins    Logins
	checker   Checker
	people    *identity.Recognizer
	tokens    TenantTokens
	out       *outgoing
	providers *providers
	pages     *page.Set
	saml      *samlSite
	skew      time.Duration
	now       func() time.Time
}

// New returns a relying party.
func New(o Options) (*RelyingParty, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || strings.Trim(base.Path, "/") != "" {
		return nil, errors.New("single sign-on: the public URL must be a scheme and a host without a path")
	}
	if o.SAMLSkew < 0 || o.SAMLSkew > saml.MaxSkew {
		return nil, fmt.Errorf("single sign-on: a clock skew of %s is not between 0 and %s", o.SAMLSkew, saml.MaxSkew)
	}
	files, err := fs.Sub(pageFiles, "pages")
	if err != nil {
		return nil, fmt.Errorf("single sign-on: %w", err)
	}
	// The forms of the login page and of SAML lead on to the identity provider, wherever that is.
	pages, err := page.Parse(files, page.Options{FormTargets: "https: http:"})
	if err != nil {
		return nil, fmt.Errorf("single sign-on: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logins == nil {
		o.Logins = NewMemoryLogins(o.Now)
	}
	if o.Transport == nil {
		o.Transport = NewTransport()
	}
	out := newOutgoing(o.Transport)
	rp := &RelyingParty{
		base: base.Scheme + "://" + base.Host, secure: base.Scheme == "https",
		store: o.Store, sessions: o.Sessions, vault: o.Vault, audit: o.Audit, logger: o.Logger,
		logins: o.Logins, people: o.People, tokens: o.Tenants,
		out: out, providers: newProviders(out, o.Now), pages: pages, skew: o.SAMLSkew, now: o.Now,
	}
	rp.saml = newSAMLSite(rp, o.Replays)
	rp.checker = &tokenChecker{providers: rp.providers, now: o.Now}
	if o.WrapChecker != nil {
		rp.checker = o.WrapChecker(rp.checker)
	}
	return rp, nil
}

// Register adds the pages of the relying party to a site: /, /login, the callback, /logout, /api/me and those of SAML
// below /saml/.
func (p *RelyingParty) Register(mux *http.ServeMux) {
	session := func(h http.HandlerFunc) http.Handler { return p.sessions.Handler(h) }
	mux.Handle("GET /{$}", session(p.home))
	mux.Handle("GET "+LoginPath, http.HandlerFunc(p.login))
	mux.Handle("GET "+CallbackPath, session(p.callback))
	mux.Handle("GET /api/me", session(p.me))
	mux.Handle("POST /logout", http.NewCrossOriginProtection().Handler(session(p.logout)))
	p.saml.register(mux)
}

// Discover fetches and checks the discovery document of an issuer, so that an administrator learns at
// once when a connection cannot work. The error is fit to be shown.
func (p *RelyingParty) Discover(ctx context.Context, issuer string) error {
	_, _, err := p.providers.discover(ctx, issuer)
	return err
}

// Forget drops what is known about the identity provider of a tenant, after its connection was changed.
func (p *RelyingParty) Forget(tenant string) { p.providers.forget(tenant) }

// CallbackURL is the redirect URI that has to be registered at the identity provider.
func (p *RelyingParty) CallbackURL() string { return p.base + CallbackPath }
