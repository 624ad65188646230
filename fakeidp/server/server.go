// Package server answers the fake IdP's control API: the paths of the client in fakeidp/control. It must
// never listen where the public endpoints do.
package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
)

// maxRequest bounds the body of a request to the control API.
const maxRequest = 1 << 20

// Provider is the part of the OpenID Provider that the control API drives.
type Provider interface {
	Grant(control.Grant) error
	Visits(clientID string) []control.Visit
	Mutations() []control.Mutation
	// SetHabits gives a client mutations for good, in place of those it has; Habits names them.
	SetHabits(clientID string, names []string) error
	Habits(clientID string) []string
	// Forget drops pending logins, grants, what was issued, sessions, habits and outages.
	Forget()
	// ForgetClient ends what was ordered for a client that is gone.
	ForgetClient(clientID string)
	Sessions(clientID string) []control.Session
	Logout(context.Context, control.LogoutOrder) (control.Ended, error)
	Logouts(clientID string) []control.Logout
	// Suspended logs a person out where the vendor does that.
	Suspended(ctx context.Context, personID string) control.Ended
	AddOutage(control.App, control.Outage) (control.Outage, error)
	Outages() []control.Outage
	EndOutage(id string) error
	EndOutages()
	// Issuer is the issuer of a persona's apps.
	Issuer(persona string) string
	Keys(persona string) ([]control.Key, error)
	AddKey(persona string) (control.Key, error)
	SignWith(persona, kid string) error
	WithdrawKey(persona, kid string) error
	RotateBeforeSigning(persona string) error
}

// SAML is the part of the SAML identity provider that the control API drives.
type SAML interface {
	Grant(control.Grant) error
	Mutations() []control.Mutation
	// Metadata is the URL of an app's metadata, "" for an app without SAML.
	Metadata(control.App) string
	// Forget drops pending logins, grants and sessions.
	Forget()
	LieInMetadata(control.App, []string) error
	Certificates(control.App) ([]control.Certificate, error)
	AddCertificate(control.App) ([]control.Certificate, error)
	SwitchCertificate(app control.App, id string) ([]control.Certificate, error)
	Withdraw(app control.App, id string) ([]control.Certificate, error)
	Sessions(control.App) []control.SAMLSession
	StartLogout(control.App, control.SAMLLogout) (control.SAMLLogout, error)
	Logouts(control.App) []control.SAMLLogout
	Fetches(control.App) []control.Fetch
}

// House is the listeners of the IdP.
type House interface {
	// Open opens the TLS listeners and says where they are.
	Open(context.Context) (control.Doors, error)
	// Cut makes connections to the public listener to be refused, or not any more.
	Cut(ctx context.Context, cut bool) error
}

// Options are what the control API gives access to. All but Logger and Persona are required.
type Options struct {
	Token     string            // bearer token that every request but /healthz must carry
	Persona   string            // of apps that name none
	Personas  []persona.Persona // that apps may have; nil means the built-in ones
	Directory *directory.Directory
	Engine    *push.Engine
	Provider  Provider
	SAML      SAML
	House     House
	Logger    *slog.Logger
}

type server struct {
	Options
	mux         *http.ServeMux
	token       [32]byte
	description json.RawMessage
	shelf       shelf
}

// New returns the handler of the control API. The state that it finds is the one that POST /reset goes back to.
// It fails when what provisioning remembers cannot be read.
func New(o Options) (http.Handler, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Personas == nil {
		o.Personas = persona.All()
	}
	s := &server{Options: o, mux: http.NewServeMux(), token: sha256.Sum256([]byte(o.Token))}
	start, err := s.now()
	if err != nil {
		return nil, err
	}
	s.shelf.start = start
	for _, r := range s.routes() {
		s.handle(r)
	}
	s.description = describe(s.routes())
	return s, nil
}

// ServeHTTP checks the token before anything else, so that a stranger does not even learn which paths exist.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		respond(w, http.StatusOK, map[string]string{"status": "ok"})
		return
	}
	if !s.authorized(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="assay fake IdP control"`)
		refuse(w, http.StatusUnauthorized, "the control API takes its bearer token in the Authorization header")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	handler, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.unrouted(w, r, handler)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// authorized compares hashes in constant time: the time says nothing about the token, nor its length.
func (s *server) authorized(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	guess := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return ok && s.Token != "" && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(guess[:], s.token[:]) == 1
}

// unrouted turns the router's plain text for an unknown path or method into a problem.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	probe := &headerOnly{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	if allow := probe.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		refuse(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s takes %s", r.URL.Path, allow))
		return
	}
	refuse(w, http.StatusNotFound, fmt.Sprintf("the control API has no path %s", r.URL.Path))
}

// headerOnly is a response writer that keeps the header and drops the rest.
type headerOnly struct{ header http.Header }

func (h *headerOnly) Header() http.Header         { return h.header }
func (h *headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (h *headerOnly) WriteHeader(int)             {}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if status == http.StatusInternalServerError {
		s.Logger.Error("control request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	refuse(w, status, err.Error())
}

// errRequest says that a request's body or parameters cannot be used.
var errRequest = errors.New("bad request")

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, directory.ErrNotFound), errors.Is(err, push.ErrNoApp), errors.Is(err, errNoSnapshot),
		errors.Is(err, oidc.ErrUnknownPersona), errors.Is(err, oidc.ErrUnknownKey), errors.Is(err, oidc.ErrUnknownOutage):
		return http.StatusNotFound
	case errors.Is(err, directory.ErrConflict), errors.Is(err, push.ErrNoConnection), errors.Is(err, errSnapshot),
		errors.Is(err, oidc.ErrKeyInUse), errors.Is(err, oidc.ErrTooManyKeys):
		return http.StatusConflict
	case errors.Is(err, directory.ErrInvalid), errors.Is(err, errRequest), errors.Is(err, push.ErrNoPersona),
		errors.Is(err, push.ErrPersona), errors.Is(err, push.ErrOnDemand), errors.Is(err, push.ErrClock):
		return http.StatusBadRequest
	default:
		return statusOfSAML(err)
	}
}

// decode reads the JSON body strictly: an unknown member, a wrong type or a second value is an error that
// names it.
func decode[T any](r *http.Request) (T, error) {
	var in T
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&in)
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	if err != nil {
		return in, fmt.Errorf("%w: body: %w", errRequest, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return in, fmt.Errorf("%w: body: there is something after the JSON value", errRequest)
	}
	return in, nil
}

func respond(w http.ResponseWriter, status int, body any) {
	write(w, status, "application/json", body)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	write(w, status, "application/problem+json", control.Problem{Status: status, Title: http.StatusText(status), Detail: detail})
}

func write(w http.ResponseWriter, status int, contentType string, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer has no JSON form", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client is gone: nobody is left to tell
}
