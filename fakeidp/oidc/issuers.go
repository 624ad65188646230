package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/expiring"
	"assay/fakeidp/mutation"
	"assay/fakeidp/outage"
	"assay/fakeidp/persona"
)

// Issuers are the OpenID Providers of one fake IdP, one for each shape that its personas have: personas whose
// OIDC knobs are the same share an issuer. An app belongs to the issuer of its persona, and no other issuer knows it.
//
// All are below one public URL. The own persona of the IdP has the very paths of its knobs. So have the others, where
// nobody has them yet and they do not want the host itself as issuer; else their paths are below "/NAME" of the persona.
type Issuers struct {
	*shared
	providers []*Provider
	of        map[string]*Provider // by name of the persona
	taken     []string             // patterns of paths
}

// shared is what the providers of an IdP have in common.
type shared struct {
	directory Directory
	logger    *slog.Logger
	now       func() time.Time
	newKey    func() (*rsa.PrivateKey, error)
	stock     *mutation.Stock // keys that mutations need
	habits    habits
	outages   outage.Board
	visits    visits
	sessions  *expiring.Map[session] // by sid
	logouts   logouts
	grants    *expiring.Map[grant] // by state
}

// Directory is what the providers ask about people and apps. Its methods are called concurrently.
type Directory interface {
	// Person finds somebody by id, login or e-mail, without regard to case.
	Person(key string) (control.Person, bool)
	// People lists everybody, always in the same order.
	People() []control.Person
	// Users lists the people who may use an app, likewise.
	Users(appID string) []control.Person
	// GroupNames and GroupIDs list the groups that the person is in, each in alphabetical order.
	GroupNames(personID string) []string
	GroupIDs(personID string) []string
	// AppByClient finds the app that has this client id.
	AppByClient(clientID string) (control.App, bool)
	// CheckSecret tells whether this is the client's secret.
	CheckSecret(clientID, secret string) bool
	// Assigned tells whether the person may use the app.
	Assigned(appID, personID string) bool
}

// Options configure Issuers.
type Options struct {
	// PublicURL is scheme and host, which all issuers and endpoints begin with: "http://127.0.0.1:9000".
	PublicURL string
	Personas  []persona.Persona // that apps may have
	Own       string            // name of the persona whose paths come first; "" is the first of Personas
	Directory Directory
	// Logger gets what the library under the providers logs about refused requests; nil means nowhere.
	Logger *slog.Logger
	// NewKey makes signing keys; nil means that each is a random RSA key of 2048 bits.
	NewKey func() (*rsa.PrivateKey, error)
	// Now is the clock for the lifetimes of logins, codes and tokens and for the times in them; nil means time.Now.
	Now func() time.Time
}

// Errors of Grant and of the keys, wrapped with what was asked for and what there is.
var (
	ErrUnknownPerson   = errors.New("no such person")
	ErrUnknownPersona  = errors.New("no such persona")
	ErrUnknownMutation = mutation.ErrUnknown
	ErrBadGrant        = errors.New("bad grant")
)

// New makes the providers. Keys are made when they are first needed, and are random, so that nobody can use this in
// production. It fails when the public URL is not scheme and host, when there is no directory or no persona,
// and for a persona whose paths repeat, or cannot be had.
//
// It also wraps slog's default handler, see Quiet.
func New(o Options) (*Issuers, error) {
	base, err := url.Parse(o.PublicURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.Path != "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("OpenID Provider: public URL %q: want http or https, a host and nothing more", o.PublicURL)
	}
	if o.Directory == nil || len(o.Personas) == 0 {
		return nil, errors.New("OpenID Provider: no directory, or no persona")
	}
	silenceLibrary()
	i := &Issuers{shared: newShared(o), of: map[string]*Provider{}}
	for _, p := range ownFirst(o.Personas, o.Own) {
		if err := i.add(o.PublicURL, p); err != nil {
			return nil, fmt.Errorf("OpenID Provider: persona %q: %w", p.Name, err)
		}
	}
	return i, nil
}

// add gives a persona its issuer.
func (i *Issuers) add(public string, p persona.Persona) error {
	known := i.withFace(p.OIDC)
	if known == nil {
		prefix, err := i.place(p)
		if err != nil {
			return err
		}
		known = newProvider(i.shared, public, prefix, p.OIDC)
		i.providers = append(i.providers, known)
	}
	known.personas[p.Name] = true
	i.of[p.Name] = known
	return nil
}

func newShared(o Options) *shared {
	s := &shared{directory: o.Directory, logger: o.Logger, now: o.Now, newKey: o.NewKey}
	if s.newKey == nil {
		s.newKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.stock = mutation.NewStock()
	s.sessions = expiring.New[session](sessionLifetime, maxPending, s.now)
	s.grants = expiring.New[grant](grantLifetime, maxPending, s.now)
	return s
}

func ownFirst(personas []persona.Persona, own string) []persona.Persona {
	var first, rest []persona.Persona
	for _, p := range personas {
		if p.Name == own {
			first = append(first, p)
			continue
		}
		rest = append(rest, p)
	}
	return append(first, rest...)
}

func (i *Issuers) withFace(face persona.OIDC) *Provider {
	for _, p := range i.providers {
		if reflect.DeepEqual(p.face, face) {
			return p
		}
	}
	return nil
}

// place takes the paths of a persona, and returns what they are below: nothing for the IdP's own, and where they are free.
func (i *Issuers) place(p persona.Persona) (prefix string, err error) {
	paths := pathsOf(p.OIDC)
	if path, twice := repeatedPath(paths); twice {
		return "", fmt.Errorf("two endpoints have the path %s (the login page is at /login below the issuer)", path)
	}
	host := strings.Trim(p.OIDC.IssuerPath.Value, "/") == ""
	if len(i.providers) > 0 && (host || i.isTaken(paths)) {
		prefix = "/" + p.Name
		for n := range paths {
			paths[n] = prefix + paths[n]
		}
	}
	if i.isTaken(paths) {
		return "", errors.New("other personas have its paths, also below its name: give it another name")
	}
	i.taken = append(i.taken, paths...)
	return prefix, nil
}

func (i *Issuers) isTaken(paths []string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		return slices.ContainsFunc(i.taken, func(other string) bool { return overlap(path, other) })
	})
}

func repeatedPath(paths []string) (string, bool) {
	for n, path := range paths {
		if slices.Contains(paths[:n], path) {
			return path, true
		}
	}
	return "", false
}

// overlap tells whether some path fits both patterns.
func overlap(a, b string) bool {
	left, right := strings.Split(a, "/"), strings.Split(b, "/")
	if len(left) != len(right) {
		return false
	}
	for n := range left {
		if left[n] != right[n] && !strings.HasPrefix(left[n], "{") && !strings.HasPrefix(right[n], "{") {
			return false
		}
	}
	return true
}

// Register adds the endpoints of all issuers.
func (i *Issuers) Register(mux *http.ServeMux) {
	for _, p := range i.providers {
		for pattern := range p.routes {
			mux.Handle(pattern, p)
		}
	}
}

// Issuer is the issuer of a persona's apps, the same string in every document and token; "" when there is no such persona.
func (i *Issuers) Issuer(persona string) string {
	if p := i.of[persona]; p != nil {
		return p.issuer
	}
	return ""
}

// Grant arranges the answer to the one authorization request that will carry this state: within ten
// minutes, at once and without the login page. Errors wrap ErrBadGrant, ErrUnknownPerson,
// ErrUnknownMutation, mutation.ErrConflict, mutation.ErrParameter or mutation.ErrStage and name what there is.
func (i *Issuers) Grant(g control.Grant) error {
	if g.State == "" {
		return fmt.Errorf("%w: it names no state", ErrBadGrant)
	}
	person, ok := i.directory.Person(g.Person)
	if !ok {
		return fmt.Errorf("%w: %q; there are %s", ErrUnknownPerson, g.Person, i.knownPeople())
	}
	plan, err := mutation.ResolveLogin(g.Mutations)
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	i.grants.Put(g.State, grant{person: person.ID, plan: plan})
	return nil
}

func (i *Issuers) knownPeople() string {
	people := i.directory.People()
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
func (i *Issuers) Visits(clientID string) []control.Visit {
	return i.visits.of(clientID)
}
