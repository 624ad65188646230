// Package fakeidp is an identity provider for tests: an OpenID Provider, a SAML 2.0 identity provider, a directory, and a SCIM
// provisioning client that behaves as a vendor's does. It listens twice: the public endpoints, which a
// product under test sees, and the control API, which tests drive and which takes a token.
//
// Everything is in memory and gone with the process, unless Options.State keeps what was pushed. It proves nobody's identity: its login page lets
// anybody be anybody.
package fakeidp

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/journal"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
	"assay/fakeidp/saml"
	"assay/fakeidp/server"
)

const (
	loopback       = "127.0.0.1:0" // any free port, for this machine only
	defaultPersona = "okta-oin"
	tokenBytes     = 32
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
)

// Options configure an IdP. The zero value is one on free loopback ports, with an empty directory.
type Options struct {
	Addr        string // host:port of the public endpoints; "" is a free loopback port
	ControlAddr string // host:port of the control API; "" is a free loopback port
	// PublicURL is how products reach the public endpoints, when that is not http://Addr: scheme and host,
	// without a path. The issuers are built from it and from nothing else.
	PublicURL string
	Persona   string            // of apps that name none; "" is "okta-oin"
	Personas  []persona.Persona // besides the built-in ones
	Fill      Fill              // nil leaves the directory empty
	Push      push.Options      // its Logger is set from Logger when nil
	// State is a file in which it is remembered what was pushed, so that an IdP that was killed goes on where it ended: links
	// to the targets' users and groups with the profiles as last pushed, escrow, quarantine, the clock. The directory is not in
	// it: apps, people and groups are found again by their ids. Nor is any secret; for the profiles' sake only its owner may
	// read it. "" remembers nothing.
	State  string
	Logger *slog.Logger // nil means nowhere
}

// Fill puts people, groups and apps into the directory before anything listens; POST /reset of the control API goes back
// to what it made. It passes each app to prepare, which gives it a persona if it names none.
type Fill func(d *directory.Directory, prepare func(*control.App) error) error

// IdP is a running identity provider.
type IdP struct {
	Issuer       string // the OpenID Connect issuer of the own persona; each app is told its own
	PublicURL    string
	Control      string // base URL of the control API
	ControlToken string // its bearer token: random, to be kept out of logs

	public  *http.Server
	control *http.Server
	house   *house
	engine  *push.Engine
	failed  chan error

	closeState func() error
}

// Start listens and returns an IdP that serves until Close. The context bounds the start only.
func Start(ctx context.Context, o Options) (*IdP, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Persona == "" {
		o.Persona = defaultPersona
	}
	cast := o.cast()
	p, ok := persona.Find(cast, o.Persona)
	if !ok {
		return nil, fmt.Errorf("fake IdP: persona %q is none of %s", o.Persona, strings.Join(persona.NamesOf(cast), ", "))
	}
	people := directory.New()
	people.UseIDs(p.OIDC.DirectoryIDs.Value)
	if o.Fill != nil {
		prepare := func(a *control.App) error { return server.Prepare(a, o.Persona, cast) }
		if err := o.Fill(people, prepare); err != nil {
			return nil, fmt.Errorf("directory: %w", err)
		}
	}
	closeState, err := o.remember()
	if err != nil {
		return nil, fmt.Errorf("fake IdP: state: %w", err)
	}
	idp, err := o.listen(ctx, p, people)
	if err != nil {
		return nil, errors.Join(err, closeState())
	}
	idp.closeState = closeState
	return idp, nil
}

// remember opens the state, if there is one, and returns what closes it.
func (o *Options) remember() (closing func() error, err error) {
	if o.State == "" {
		return func() error { return nil }, nil
	}
	if o.Push.Journal, err = journal.Open(o.State); err != nil {
		return nil, err
	}
	return o.Push.Journal.Close, nil
}

func (o Options) listen(ctx context.Context, p persona.Persona, people *directory.Directory) (*IdP, error) {
	public, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, fmt.Errorf("fake IdP: public endpoints: %w", err)
	}
	admin, err := listen(ctx, o.ControlAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fake IdP: control API: %w", err), public.Close())
	}
	idp, err := assemble(o, p, people, public, admin)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fake IdP: %w", err), public.Close(), admin.Close())
	}
	return idp, nil
}

// cast is every persona that an app may have.
func (o Options) cast() []persona.Persona { return append(persona.All(), o.Personas...) }

func assemble(o Options, p persona.Persona, people *directory.Directory, public, admin net.Listener) (*IdP, error) {
	base, err := publicURL(o.PublicURL, public.Addr())
	if err != nil {
		return nil, err
	}
	cast := o.cast()
	issuers, err := oidc.New(oidc.Options{PublicURL: base, Personas: cast, Own: p.Name, Directory: people, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	known := func(name string) (persona.Persona, bool) { return persona.Find(cast, name) }
	assertions, err := saml.New(saml.Options{PublicURL: base, Directory: people, Personas: known, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	front, err := index(p, cast, issuers.Issuer)
	if err != nil {
		return nil, err
	}
	if o.Push.Personas == nil {
		o.Push.Personas = known
	}
	if o.Push.Logger == nil {
		o.Push.Logger = o.Logger
	}
	engine := push.New(people, o.Push)
	people.UseClock(engine.Now)
	mux := http.NewServeMux()
	issuers.Register(mux)
	mux.Handle("GET /{$}", front)
	mux.Handle("/", assertions)
	mux.HandleFunc("GET /healthz", healthy)
	token := newToken()
	house := newHouse(public, newServer(mux, o.Logger), o.Logger)
	api, err := server.New(server.Options{
		Token: token, Persona: o.Persona, Personas: cast, Directory: people, Engine: engine, Provider: issuers, SAML: assertions, House: house, Logger: o.Logger,
	})
	if err != nil {
		engine.Close()
		return nil, err
	}
	idp := &IdP{
		Issuer: issuers.Issuer(p.Name), PublicURL: base, Control: "http://" + reachable(admin.Addr()), ControlToken: token,
		public: house.server, control: newServer(api, o.Logger), house: house, engine: engine, failed: make(chan error, 2),
	}
	go idp.serve(idp.public, house.line)
	go idp.serve(idp.control, admin)
	return idp, nil
}

func (i *IdP) serve(s *http.Server, l net.Listener) {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		i.failed <- err
	}
}

// Failed delivers the error with which a listener broke down, if one does.
func (i *IdP) Failed() <-chan error { return i.failed }

// Close stops listening, waits for requests under way until the context ends, and then cuts them off.
func (i *IdP) Close(ctx context.Context) error {
	err := errors.Join(stop(ctx, i.control), stop(ctx, i.public), i.house.doors.close())
	i.engine.Close()
	err = errors.Join(err, i.closeState())
	if err != nil {
		return fmt.Errorf("fake IdP: close: %w", err)
	}
	return nil
}

func stop(ctx context.Context, s *http.Server) error {
	err := s.Shutdown(ctx)
	if err == nil {
		return nil
	}
	return errors.Join(err, s.Close())
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = loopback
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", addr)
}

// newServer bounds what a slow or idle client costs. It does not bound an answer's time: a push takes as
// long as its target needs.
func newServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// publicURL checks the override, or makes a URL from the address that was listened on.
func publicURL(override string, addr net.Addr) (string, error) {
	if override == "" {
		return "http://" + reachable(addr), nil
	}
	u, err := url.Parse(strings.TrimSuffix(override, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return "", errors.New("public URL: want scheme://host[:port] with http or https and nothing more")
	}
	return u.String(), nil
}

// reachable turns an address of all interfaces into one that a client on this machine can dial.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

func newToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // ends the program rather than fail
	return base64.RawURLEncoding.EncodeToString(b)
}
