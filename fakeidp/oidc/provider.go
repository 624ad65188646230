// Package oidc is the fake IdP's OpenID Provider: discovery, keys, authorization with a login page and
// a machine login, token, userinfo, introspection, revocation and logout, shaped as Okta's custom
// authorization servers are. It is built on zitadel/oidc's op, whose server is embedded so that each
// endpoint can be made to lie on demand (package mutation).
//
// Everything is in memory and bounded; the signing keys are random at each start, so that nobody can
// use this in production.
package oidc

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/expiring"
	"assay/fakeidp/mutation"
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

// Directory is what the provider asks about people and apps. Its methods are called concurrently.
type Directory interface {
	// Person finds somebody by id, login or e-mail, without regard to case.
	Person(key string) (control.Person, bool)
	// People lists everybody, always in the same order.
	People() []control.Person
	// Users lists the people who may use an app, likewise.
	Users(appID string) []control.Person
	// GroupNames lists the names of the groups that the person is in.
	GroupNames(personID string) []string
	// AppByClient finds the app that has this client id.
	AppByClient(clientID string) (control.App, bool)
	// CheckSecret tells whether this is the client's secret.
	CheckSecret(clientID, secret string) bool
	// Assigned tells whether the person may use the app.
	Assigned(appID, personID string) bool
}

// Options configure a Provider.
type Options struct {
	// Issuer is the provider's identity and base URL, without a trailing slash:
	// "http://127.0.0.1:9000/oauth2/default". The endpoints are {issuer}/v1/….
	Issuer    string
	Directory Directory
	// Claims are all claims that can be said about a person, "sub" among them, before the scopes
	// select; nil means OktaClaims.
	Claims func(person control.Person, groups []string) map[string]any
	// FatIDTokens puts the profile and email claims into the ID token of the code flow too. Okta leaves
	// them to the userinfo endpoint when an access token is issued as well ("thin" ID token), which is the default.
	FatIDTokens bool
	// Logger gets what the library under the provider logs about refused requests; nil means nowhere.
	Logger *slog.Logger
	// Now is the clock for the lifetimes of logins, codes and tokens and for the times in them; nil
	// means time.Now. An access token's expiry is also checked by the real clock.
	Now func() time.Time
}

// Errors of Grant, wrapped with what was asked for and what there is.
var (
	ErrUnknownPerson   = errors.New("no such person")
	ErrUnknownMutation = mutation.ErrUnknown
	ErrBadGrant        = errors.New("bad grant")
)

// Provider is an OpenID Provider. It serves the paths below its issuer's path and expects to see them
// whole: mount it with mux.Handle("/oauth2/default/", provider), without http.StripPrefix.
type Provider struct {
	issuer    string // without trailing slash
	path      string // of the issuer
	idp       string // Okta's "idp" claim: who authenticated the person
	fat       bool
	secure    bool // https
	directory Directory
	claims    func(control.Person, []string) map[string]any
	logger    *slog.Logger
	now       func() time.Time
	key       signingKey
	pages     *signin.Pages

	op      *op.Provider
	library http.Handler
	routes  map[string]endpoint
	visits  visits

	logins  *expiring.Map[login]  // by id
	codes   *expiring.Map[code]   // by value
	tokens  *expiring.Map[token]  // by jti
	grants  *expiring.Map[grant]  // by state
	denials *expiring.Map[answer] // by id
}

// New makes a provider with fresh keys. It fails when the issuer is not an absolute http or https URL
// without query, fragment and trailing slash, or when there is no directory.
//
// It also wraps slog's default handler, see Quiet.
func New(o Options) (*Provider, error) {
	issuer, err := parseIssuer(o.Issuer)
	if err != nil {
		return nil, err
	}
	if o.Directory == nil {
		return nil, errors.New("OpenID Provider: no directory")
	}
	key, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	p := &Provider{
		issuer: o.Issuer, path: issuer.Path, idp: "00o" + randomID(17), fat: o.FatIDTokens, secure: issuer.Scheme == "https",
		directory: o.Directory, claims: o.Claims, logger: o.Logger, now: o.Now, key: key,
	}
	p.setDefaults()
	p.pages = signin.New(p.issuer, p.path+loginPath, p.secure, p.logger)
	p.logins = expiring.New[login](loginLifetime, maxPending, p.now)
	p.codes = expiring.New[code](loginLifetime, maxPending, p.now) // longer than they are good, so that a replay is known as one
	p.tokens = expiring.New[token](accessTokenLifetime, maxPending, p.now)
	p.grants = expiring.New[grant](grantLifetime, maxPending, p.now)
	p.denials = expiring.New[answer](codeLifetime, maxPending, p.now)
	if err := p.buildLibrary(); err != nil {
		return nil, err
	}
	p.routes = p.buildRoutes()
	return p, nil
}

func parseIssuer(raw string) (*url.URL, error) {
	issuer, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	if issuer.Scheme != "http" && issuer.Scheme != "https" || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" {
		return nil, fmt.Errorf("issuer %q: want an absolute http or https URL without query and fragment", raw)
	}
	if strings.HasSuffix(raw, "/") {
		return nil, fmt.Errorf("issuer %q: must not end in a slash", raw)
	}
	return issuer, nil
}

func (p *Provider) setDefaults() {
	if p.claims == nil {
		p.claims = OktaClaims
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	if p.now == nil {
		p.now = time.Now
	}
}

func (p *Provider) buildLibrary() error {
	silenceLibrary()
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true}
	_, _ = rand.Read(config.CryptoKey[:]) // never fails
	var options []op.Option
	if !p.secure {
		options = append(options, op.WithAllowInsecure())
	}
	provider, err := op.NewProvider(config, storage{p}, op.StaticIssuer(p.issuer), options...)
	if err != nil {
		return fmt.Errorf("OpenID Provider: %w", err)
	}
	p.op = provider
	ours := &server{LegacyServer: op.NewLegacyServer(provider, endpoints()), p: p}
	p.library = op.RegisterLegacyServer(ours, p.callback, op.WithServerCORSOptions(nil)) // Okta allows no origin by default
	return nil
}

// Grant arranges the answer to the one authorization request that will carry this state: within ten
// minutes, at once and without the login page. Errors wrap ErrBadGrant, ErrUnknownPerson,
// ErrUnknownMutation or mutation.ErrConflict and name what there is.
func (p *Provider) Grant(g control.Grant) error {
	if g.State == "" {
		return fmt.Errorf("%w: it names no state", ErrBadGrant)
	}
	person, ok := p.directory.Person(g.Person)
	if !ok {
		return fmt.Errorf("%w: %q; there are %s", ErrUnknownPerson, g.Person, p.knownPeople())
	}
	plan, err := mutation.Resolve(g.Mutations)
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	p.grants.Put(g.State, grant{person: person.ID, plan: plan})
	return nil
}

func (p *Provider) knownPeople() string {
	people := p.directory.People()
	var logins []string
	for _, person := range people[:min(len(people), maxShownNames)] {
		logins = append(logins, person.Login)
	}
	if more := len(people) - len(logins); more > 0 {
		logins = append(logins, fmt.Sprintf("and %d more", more))
	}
	if len(logins) == 0 {
		return "none"
	}
	return strings.Join(logins, ", ")
}

// Visits returns the requests of one client, oldest first; of all clients together the last 10,000 are
// kept. The empty client stands for the requests that do not say whose they are: discovery, keys, and
// whatever could not be attributed. How a client authenticated is shown as the parameter
// "Authorization", whose value is the scheme and "[redacted]".
func (p *Provider) Visits(clientID string) []control.Visit {
	return p.visits.of(clientID)
}

// Mutations lists the hostile behaviours that a grant may name.
func (p *Provider) Mutations() []control.Mutation {
	var listed []control.Mutation
	for _, m := range mutation.All() {
		listed = append(listed, control.Mutation{Name: m.Name, Protocol: "oidc", Text: string(m.Stage()) + ": " + m.Text})
	}
	return listed
}
