// Package saml is the fake IdP's SAML 2.0 identity provider: metadata, sign-on by the redirect and POST
// bindings, begun by the service provider or here, and single logout, shaped as its persona says. It makes
// its messages itself, because no library makes hostile ones: a response is built as a tree, changed,
// signed, changed again and written (see Mutation).
//
// Everything is in memory and bounded; the signing key is random at each start, so that nobody can use
// this in production.
package saml

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/expiring"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"
)

const (
	loginLifetime   = 15 * time.Minute
	grantLifetime   = 10 * time.Minute
	sessionLifetime = 24 * time.Hour
	maxPending      = 10_000 // logins, grants and sessions, each
	maxForm         = 256 << 10
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
	// App finds an app by id.
	App(id string) (control.App, bool)
	// Assigned tells whether the person may use the app.
	Assigned(appID, personID string) bool
}

// Options configure a Provider.
type Options struct {
	// PublicURL is under which scheme and host browsers reach the provider, without a trailing slash.
	PublicURL string
	Directory Directory
	// Personas finds a persona by name; nil means the built-in ones.
	Personas func(name string) (persona.Persona, bool)
	Logger   *slog.Logger     // nil means nowhere
	Now      func() time.Time // nil means time.Now
}

// Errors of Grant, wrapped with what was asked for and what there is.
var (
	ErrUnknownPerson   = errors.New("no such person")
	ErrUnknownMutation = errUnknown
	ErrConflict        = errConflict
	ErrBadGrant        = errors.New("bad grant")
)

// Provider serves the endpoints of all SAML apps. It is an http.Handler of whole paths.
type Provider struct {
	base      string
	pages     *signin.Pages
	directory Directory
	personas  func(string) (persona.Persona, bool)
	logger    *slog.Logger
	now       func() time.Time
	keys      *keyrings
	foreign   func() (*credential, error) // one that no metadata shows; made when it is first needed, because that takes a while
	huge      int                         // bytes of the largest hostile message

	logins   *expiring.Map[login]   // by id
	grants   *expiring.Map[grant]   // by kind of message, and RelayState or request ID
	sessions *expiring.Map[session] // by app and SessionIndex
	answered *expiring.Map[string]  // by app: the ID of the AuthnRequest that was answered last
	asked    *expiring.Map[string]  // by app: the ID of the LogoutRequest that was sent last
	logouts  *expiring.Map[logout]  // by ID of the LogoutRequest
	lies     *expiring.Map[plan]    // by app: of its metadata
	fetches  *expiring.Map[fetch]   // by a number of their own
}

// login is a sign-on that waits for a person.
type login struct {
	app       string
	acs       string
	inReplyTo string
	relay     string
	done      bool
}

// grant is a control.Grant whose names have been looked up.
type grant struct {
	person string
	plan   plan
}

// session is what a response has opened at a service provider.
type session struct {
	app, person, nameID, index string
	since                      time.Time
}

// New makes a provider, which makes itself a fresh key for its first request.
func New(o Options) (*Provider, error) {
	base, err := url.Parse(o.PublicURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || strings.HasSuffix(o.PublicURL, "/") {
		return nil, fmt.Errorf("SAML: public URL %q is not an http or https URL without a trailing slash", o.PublicURL)
	}
	if o.Directory == nil {
		return nil, errors.New("SAML: no directory")
	}
	p := &Provider{
		base: o.PublicURL, directory: o.Directory, personas: o.Personas, logger: o.Logger, now: o.Now,
		huge: bombBytes,
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	if p.personas == nil {
		p.personas = persona.ByName
	}
	if p.now == nil {
		p.now = time.Now
	}
	p.keys = &keyrings{first: sync.OnceValues(p.newCredential), make: p.newCredential, apps: map[string]keyring{}}
	p.pages = signin.New(p.base, "/", base.Scheme == "https", p.logger)
	p.foreign = sync.OnceValues(p.newCredential)
	p.logins = expiring.New[login](loginLifetime, maxPending, p.now)
	p.grants = expiring.New[grant](grantLifetime, maxPending, p.now)
	p.sessions = expiring.New[session](sessionLifetime, maxPending, p.now)
	p.answered = expiring.New[string](sessionLifetime, maxPending, p.now)
	p.asked = expiring.New[string](sessionLifetime, maxPending, p.now)
	p.logouts = expiring.New[logout](sessionLifetime, maxPending, p.now)
	p.lies = expiring.New[plan](sessionLifetime, maxPending, p.now)
	p.fetches = expiring.New[fetch](sessionLifetime, maxPending, p.now)
	return p, nil
}

// newCredential names the genuine and the foreign key alike: a name proves nothing.
func (p *Provider) newCredential() (*credential, error) {
	return newCredential("assay fake IdP", keyBits, p.now())
}

// Grant arranges the answer to the one request that will carry this RelayState or ID, or to the one sign-on
// begun here with this RelayState: within ten minutes, at once and without the login page. With mutations of
// logout messages it is the answer to a LogoutRequest. Errors wrap ErrBadGrant, ErrUnknownPerson,
// ErrUnknownMutation or ErrConflict.
func (p *Provider) Grant(g control.Grant) error {
	if g.State == "" {
		return fmt.Errorf("%w: it names no state", ErrBadGrant)
	}
	person, ok := p.directory.Person(g.Person)
	if !ok {
		return fmt.Errorf("%w: %q", ErrUnknownPerson, g.Person)
	}
	plan, err := resolve(g.Mutations)
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	kind := plan.kind()
	switch kind {
	case Metadata:
		return fmt.Errorf("%w: %s lies in an app's metadata, not in an answer: PUT /apps/{app}/saml/metadata", ErrBadGrant, g.Mutations[0])
	case "":
		kind = Response
	}
	p.grants.Put(string(kind)+" "+g.State, grant{person: person.ID, plan: plan})
	return nil
}

// Mutations lists the hostile behaviours that a grant may name.
func (p *Provider) Mutations() []control.Mutation {
	var listed []control.Mutation
	for _, m := range Mutations() {
		listed = append(listed, control.Mutation{Name: m.Name, Protocol: "saml", Stage: string(m.Kind), Rows: m.Rows, Text: "SAML " + string(m.Kind) + ": " + m.Text})
	}
	return listed
}

// Metadata is the URL of what an app's service provider has to know, or "" for an app without SAML.
func (p *Provider) Metadata(app control.App) string {
	site, ok := p.site(app)
	if !ok {
		return ""
	}
	return site.url + metadataPath
}

// site is one app with what follows from its persona.
type site struct {
	app    control.App
	shape  persona.SAML
	tenant string // the customer at a vendor that shows one, as in the issuer of its OpenID provider
	key    string // the app's id at the vendor
	url    string // of its endpoints
	path   string
	build  builder
	// keys and encryption are there while a request is served.
	keys       keyring
	encryption *encryption // for the service provider; nil leaves assertions readable
}

func (p *Provider) site(app control.App) (site, bool) {
	vendor, ok := p.personas(app.Persona)
	if !ok || app.SAML == nil || vendor.SAML.Path.Value == "" {
		return site{}, false
	}
	s := site{app: app, shape: vendor.SAML, tenant: vendor.OIDC.Tenant.Value, key: keyOf(app.ID)}
	fill := strings.NewReplacer("{key}", url.PathEscape(s.key), "{base}", p.base, "{tenant}", vendor.OIDC.Tenant.Value)
	s.path = fill.Replace(s.shape.Path.Value)
	s.url = p.base + s.path
	s.build = builder{shape: s.shape, entityID: fill.Replace(s.shape.EntityID.Value)}
	return s, true
}

// Okta gives the SAML side of an app an id that differs from the app's in its first letters.
const appPrefix, keyPrefix = "0oa", "exk"

func keyOf(appID string) string { return keyPrefix + strings.TrimPrefix(appID, appPrefix) }

// find is the site that a path belongs to, and what of the path is below it.
func (p *Provider) find(path string) (s site, below string, ok bool) {
	for _, segment := range strings.Split(path, "/") {
		id, isKey := strings.CutPrefix(segment, keyPrefix)
		if !isKey {
			continue
		}
		for _, candidate := range []string{appPrefix + id, id} {
			app, known := p.directory.App(candidate)
			if !known {
				continue
			}
			if s, ok = p.site(app); !ok {
				continue
			}
			if below, ok = strings.CutPrefix(path, s.path); ok {
				return s, below, true
			}
		}
	}
	return site{}, "", false
}

func (s site) seal() seal {
	return seal{method: s.shape.Method.Value}.by(s.keys.signer())
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	s, below, ok := p.find(r.URL.Path)
	if !ok {
		http.Error(w, "There is no SAML app with this URL.", http.StatusNotFound)
		return
	}
	serve, methods := p.endpoint(below)
	if serve == nil {
		http.Error(w, "There is no such endpoint.", http.StatusNotFound)
		return
	}
	if !strings.Contains(methods, r.Method) {
		w.Header().Set("Allow", methods)
		http.Error(w, "The endpoint does not support this method.", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read, or is too large.", http.StatusBadRequest)
		return
	}
	if err := p.equip(&s); err != nil {
		p.logger.Error("SAML", "app", s.app.ID, "error", err)
		http.Error(w, "The app's keys cannot be used.", http.StatusInternalServerError)
		return
	}
	serve(w, r, s)
}

// equip gives a site the keys that its messages need.
func (p *Provider) equip(s *site) (err error) {
	if s.keys, err = p.keys.of(s.app.ID); err != nil || s.app.SAML.Encryption == "" {
		return err
	}
	cert, err := certificate(s.app.SAML.Encryption)
	if err == nil {
		s.encryption, err = encryptionFor(cert)
	}
	return err
}

// The paths below an app's own.
const (
	metadataPath = "/metadata"
	loginPath    = "/login"
	startPath    = "/start" // where a person begins who comes from the IdP's dashboard
	logoutPath   = "/logout"
	endPath      = "/end"  // where a person begins who signs out at the IdP
	lurePath     = "/lure" // that hostile messages point to, and nobody should fetch
)

type handler func(http.ResponseWriter, *http.Request, site)

func (p *Provider) endpoint(below string) (serve handler, methods string) {
	switch below {
	case "":
		return p.signOn, "GET, POST"
	case metadataPath:
		return p.metadata, "GET, HEAD"
	case loginPath:
		return p.login, "GET, POST"
	case startPath:
		return p.start, "GET"
	case logoutPath:
		return p.logout, "GET, POST"
	case endPath:
		return p.endSession, "GET"
	case lurePath:
		return p.lure, "GET, HEAD, POST"
	}
	return nil, ""
}
