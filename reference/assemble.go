package reference

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"assay/reference/access"
	"assay/reference/access/local"
	"assay/reference/admin"
	"assay/reference/audit"
	"assay/reference/console"
	"assay/reference/directory"
	"assay/reference/faults"
	"assay/reference/identity"
	"assay/reference/migration"
	"assay/reference/scim"
	"assay/reference/scim/cursor"
	"assay/reference/scim/leniency"
	"assay/reference/secrets"
	"assay/reference/sqlstore"
	"assay/reference/sso"
	"assay/reference/sso/saml"
	"assay/reference/state"
)

// parts is what the site is made of.
type parts struct {
	Options
	base     string
	store    directory.Store
	vault    *secrets.Vault
	tokens   *access.Tokens
	admin    *access.Admin
	ledger   *leniency.Ledger
	audit    *audit.Recorder
	people   *identity.Recognizer
	gate     *access.Gate
	sessions *access.Sessions // of people
	runner   *migration.Runner

	cursorKey []byte
	logins    sso.Logins
	replays   saml.Replays  // nil for those of this process
	shared    *state.Shared // nil when the state of sign-on stays in this process
	stopping  chan struct{} // closed when the server is about to stop
}

func assemble(ctx context.Context, o Options, addr net.Addr) (*Server, error) {
	base, err := publicURL(o.PublicURL, addr)
	if err != nil {
		return nil, err
	}
	kek, err := o.KeyEncryptionKey()
	if err != nil {
		return nil, err
	}
	opened, err := sqlstore.Open(ctx, o.Data, sqlstore.KeepChanges(o.KeepChanges))
	if err != nil {
		return nil, err
	}
	store := faults.Wrap[directory.Store](opened, o.Faults, func(f faults.Fault) func(directory.Store) directory.Store { return f.Store })
	s, err := build(ctx, o, base, store, secrets.New(kek, store))
	if err != nil {
		return nil, err
	}
	return s, nil
}

func build(ctx context.Context, o Options, base string, store directory.Store, vault *secrets.Vault) (*Server, error) {
	if o.AdminToken == "" {
		o.AdminToken = access.NewAdminToken()
	}
	p := &parts{
		Options: o, stopping: make(chan struct{}), base: base, store: store, vault: vault,
		tokens: access.NewTokens(store, o.Now),
		admin:  access.NewAdmin(o.AdminToken),
		ledger: &leniency.Ledger{},
		audit:  audit.New(store, o.Logger, o.Now),
		people: identity.New(store, o.Now),
	}
	p.gate = &access.Gate{Store: store, Roles: roles{p.people}, Proxies: o.Proxies}
	p.sessions = access.NewSessions(access.SessionOptions{
		Cookie: "assay_session", Secure: isHTTPS(base), Store: store, Guard: p.gate, Now: o.Now,
	})
	p.runner = migration.New(migration.Options{Store: store, Audit: p.audit, Logger: o.Logger, Now: o.Now})
	if err := p.shareState(ctx); err != nil {
		return nil, err
	}
	s, err := p.serve(ctx)
	if err != nil {
		return nil, errors.Join(err, p.release())
	}
	return s, nil
}

func (p *parts) serve(ctx context.Context) (s *Server, err error) {
	if p.cursorKey, err = p.sharedKey(ctx, cursorKeyName, cursor.KeySize); err != nil {
		return nil, err
	}
	tenant, token, err := p.seed(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.connect(ctx, tenant); err != nil {
		return nil, err
	}
	if err := p.setStrict(ctx, tenant); err != nil {
		return nil, err
	}
	site, err := p.site(ctx)
	if err != nil {
		return nil, err
	}
	s = &Server{
		BaseURL: p.base, SCIM: p.base + scimPath, Login: p.base + sso.LoginPath, Callback: p.base + sso.CallbackPath,
		Admin: p.base + "/api", Console: p.base + "/console",
		Tenant: tenant, Token: token, AdminToken: p.AdminToken,
		release: p.release, done: make(chan error, 1),
		http: &http.Server{
			Handler: site, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
			IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
			ErrorLog: slog.NewLogLogger(p.Logger.Handler(), slog.LevelWarn),
		},
	}
	s.http.RegisterOnShutdown(func() { close(p.stopping) })
	p.runner.TakeUp()
	return s, nil
}

// roles tells an access.Gate which role people have.
type roles struct{ people *identity.Recognizer }

// Role implements access.Roles.
func (r roles) Role(ctx context.Context, tenant, user string) (directory.Role, error) {
	standing, err := r.people.Standing(ctx, tenant, user)
	return standing.Role, err
}

// shareState connects to what keeps the state of sign-on.
func (p *parts) shareState(ctx context.Context) error {
	if p.State == "" {
		p.logins = sso.NewMemoryLogins(p.Now)
		return nil
	}
	shared, err := state.Open(ctx, p.State, p.StateCredentials, p.vault, p.Now)
	if err != nil {
		return errors.Join(err, p.store.Close())
	}
	p.shared, p.logins, p.replays = shared, shared, shared
	return nil
}

// release closes what requests work with, when there are none any more.
func (p *parts) release() error {
	p.runner.Close()
	if p.shared != nil {
		p.shared.Close()
	}
	return p.store.Close()
}

// scim returns the SCIM handler with the faults around and under it.
func (p *parts) scim() (http.Handler, error) {
	verifier := faults.Wrap[scim.Verifier](p.tokens, p.Faults, func(f faults.Fault) func(scim.Verifier) scim.Verifier { return f.Verifier })
	handler, err := scim.New(scim.Options{Store: p.store, Verify: verifier, BaseURL: p.base + scimPath, Logger: p.Logger,
		Rate: p.Rate, Burst: p.Burst, Ledger: p.ledger, CursorKey: p.cursorKey, Schemas: p.Schemas})
	if err != nil {
		return nil, err
	}
	return faults.Wrap(handler, p.Faults, func(f faults.Fault) func(http.Handler) http.Handler { return f.HTTP }), nil
}

// signOn returns the relying party with the faults at its seams.
func (p *parts) signOn(ctx context.Context) (*sso.RelyingParty, error) {
	tenants, err := p.tenantTokens(ctx)
	if err != nil {
		return nil, err
	}
	logins := faults.Wrap(p.logins, p.Faults, func(f faults.Fault) func(sso.Logins) sso.Logins { return f.Logins })
	transport := faults.Wrap[http.RoundTripper](sso.NewTransport(), p.Faults, func(f faults.Fault) func(http.RoundTripper) http.RoundTripper { return f.Outgoing })
	return sso.New(sso.Options{
		BaseURL: p.base, Store: p.store, Sessions: p.sessions, Vault: p.vault, Audit: p.audit, Logger: p.Logger,
		Tenants: tenants, People: p.people, Logins: logins, Replays: p.replays, Transport: transport, SAMLSkew: p.SAMLSkew, Now: p.Now,
		WrapChecker: func(inner sso.Checker) sso.Checker {
			return faults.Wrap(inner, p.Faults, func(f faults.Fault) func(sso.Checker) sso.Checker { return f.Checker })
		},
	})
}

func (p *parts) site(ctx context.Context) (http.Handler, error) {
	provisioning, err := p.scim()
	if err != nil {
		return nil, err
	}
	relying, err := p.signOn(ctx)
	if err != nil {
		return nil, err
	}
	login, err := local.New(local.Options{
		Store: p.store, Sessions: p.sessions, Proxies: p.Proxies, Vault: p.vault, Audit: p.audit, Logger: p.Logger, Now: p.Now,
	})
	if err != nil {
		return nil, err
	}
	// The administrator's token is another one after a restart, and so the console's sessions do not outlive the process.
	consoleSessions := access.NewSessions(access.SessionOptions{
		Cookie: "assay_console", Secure: isHTTPS(p.base), Store: &access.MemorySessions{}, Now: p.Now,
	})
	pages, err := console.New(console.Options{
		Store: p.store, Admin: p.admin, Sessions: consoleSessions, Audit: p.audit, Logger: p.Logger,
		SCIMURL: p.base + scimPath, Callback: relying.CallbackURL(),
	})
	if err != nil {
		return nil, err
	}
	api := admin.New(admin.Options{
		Store: p.store, Admin: p.admin, Sessions: p.sessions, Gate: p.gate, Migrations: p.runner, Tokens: p.tokens, SignOn: relying,
		People: p.people, Leniencies: p.ledger, Vault: p.vault, Audit: p.audit,
		Logger: p.Logger, SCIMURL: p.base + scimPath, Version: p.Version, Now: p.Now, Stopping: p.stopping,
	})
	mux := http.NewServeMux()
	relying.Register(mux)
	login.Register(mux)
	mux.Handle("/api/", api)
	mux.Handle("/console", pages)
	mux.Handle("/console/", pages)
	mux.HandleFunc("GET /healthz", p.health)
	site := route(provisioning, mux)
	site = faults.Wrap(site, p.Faults, func(f faults.Fault) func(http.Handler) http.Handler { return f.Site })
	if len(p.Faults) > 0 {
		site = uncompressed(site)
	}
	return p.survive(site), nil
}

// connect sets the single sign-on connection that the options ask for.
func (p *parts) connect(ctx context.Context, tenant string) error {
	if p.SSO == nil {
		return nil
	}
	sealed, err := p.vault.Seal(ctx, tenant, []byte(p.SSO.ClientSecret))
	if err != nil {
		return err
	}
	connection := directory.Connection{
		Protocol: directory.OIDC, Issuer: p.SSO.Issuer, ClientID: p.SSO.ClientID, SealedSecret: sealed, Updated: p.Now().UTC(),
		ConnectionSettings: directory.ConnectionSettings{Active: true},
	}
	if err := p.store.SetConnection(ctx, tenant, connection); err != nil {
		return fmt.Errorf("connect identity provider: %w", err)
	}
	return p.audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: audit.System, Action: audit.ConnectionChanged, Subject: tenant,
		Detail: map[string]string{"issuer": connection.Issuer, "client_id": connection.ClientID},
	})
}
