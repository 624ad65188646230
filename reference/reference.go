// Package reference assembles the reference: a complete application with single sign-on and SCIM
// provisioning, the living answer to "how should this behave?".
package reference

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"assay/reference/access"
	"assay/reference/faults"
	"assay/reference/scim/schema"
)

// Options is how the reference is started. Everything may be left out.
type Options struct {
	Addr   string // host:port to listen on; port 0 is any free one. "127.0.0.1:0" when empty
	Data   string // path of the SQLite database or URL of the PostgreSQL database; in memory when empty
	Keyset string // file with the key-encryption key; see KeysetFile
	KMS    string // location of the key-encryption key in a key service, in place of a file; see secrets.TransitKey
	State  string // URL of the NATS server that keeps sign-on state for all replicas; this process when empty
	// StateCredentials is the file with the credentials of the NATS user; empty for none.
	StateCredentials string
	PublicURL        string // scheme and host under which clients reach it; from the listener when empty
	Version          string // for the OpenAPI document

	TenantName    string   // of the tenant that an empty store is seeded with; "Acme"
	TenantDomains []string // its e-mail domains; without any it takes everybody

	// AdminToken opens the administration API and the console. One is made when it is empty; it is not
	// stored, so that each start without a given one has another.
	AdminToken string

	// Strict sets whether the first tenant forgives its SCIM clients nothing (see scim/leniency); nil leaves
	// what there is, which is lenient for a new store.
	Strict *bool
	// Rate is how many SCIM requests a second one token may make on average, Burst how many at once; 0 sets
	// no limit.
	Rate  float64
	Burst int

	// Proxies are whom X-Forwarded-For is believed from, when they are in front of the server: that decides which address
	// people come from.
	Proxies access.Networks

	// KeepChanges is how many of its newest changes each tenant keeps in the change feed;
	// sqlstore.DefaultKeepChanges when it is 0.
	KeepChanges int
	Schemas     []schema.Extension // custom extensions of SCIM's resource types

	// SAMLSkew is how far the clocks of SAML identity providers may differ from ours; saml.DefaultSkew when it is 0,
	// saml.MaxSkew at most.
	SAMLSkew time.Duration

	SSO    *SSO           // connection of the first tenant, set at start; nil leaves what there is
	Faults []faults.Fault // switched on, the first innermost
	Logger *slog.Logger   // nothing is logged when nil
	Now    func() time.Time
}

// SSO is an OpenID Connect connection. The issuer is not asked at start: it may come up later.
type SSO struct {
	Issuer       string
	ClientID     string
	ClientSecret string
}

// Server is a running reference.
type Server struct {
	BaseURL    string // public URL, without a slash at the end
	SCIM       string // SCIM base URL
	Login      string // where a person signs on
	Callback   string // redirect URI to register at the identity provider
	Admin      string // base URL of the administration API
	Console    string // the administrator's pages
	Tenant     string // id of the first tenant
	AdminToken string

	// Token is the SCIM token of the tenant that this start has seeded. Only its hash is kept: after a
	// restart on the same data it is empty, and POST {Admin}/tenants/{Tenant}/scim-token makes a new one.
	Token string

	http    *http.Server
	release func() error
	done    chan error

	closing  sync.Once
	closeErr error
}

// Limits of the HTTP server. A request has to be read within a minute and answered within two, which is
// generous for the largest body that is accepted.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = time.Minute
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// Start opens the store, seeds it when it is empty, and serves until Close. ctx bounds the start only.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start reference: %w", err)
	}
	s, err := assemble(ctx, o, listener.Addr())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start reference: %w", err), listener.Close())
	}
	go s.serve(listener)
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.TenantName == "" {
		o.TenantName = "Acme"
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// publicURL is the URL under which clients reach the server: the configured one, or the listener's
// address, where a wildcard becomes loopback.
func publicURL(configured string, addr net.Addr) (string, error) {
	if configured == "" {
		host, port, err := net.SplitHostPort(addr.String())
		if err != nil {
			return "", fmt.Errorf("listen address: %w", err)
		}
		if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		return "http://" + net.JoinHostPort(host, port), nil
	}
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", errors.New("public URL: it must begin with http:// or https:// and name a host")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("public URL: only a scheme and a host")
	}
	return u.Scheme + "://" + u.Host, nil
}

func (s *Server) serve(listener net.Listener) {
	err := s.http.Serve(listener)
	if !errors.Is(err, http.ErrServerClosed) {
		s.done <- fmt.Errorf("reference: %w", err)
	}
	close(s.done)
}

// Done is closed when the server has stopped. When it stopped on its own, it carries the error first.
func (s *Server) Done() <-chan error { return s.done }

// Close stops the server: it takes no new connections, lets the requests that are under way finish as
// long as ctx allows, and closes the store. Closing twice is no error.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Do(func() {
		err := s.http.Shutdown(ctx)
		if err != nil { // requests are left: cut them off, the store must not close under them unnoticed
			err = errors.Join(err, s.http.Close())
		}
		s.closeErr = errors.Join(err, s.release())
	})
	if s.closeErr != nil {
		return fmt.Errorf("stop reference: %w", s.closeErr)
	}
	return nil
}
