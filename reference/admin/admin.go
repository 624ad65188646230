// Package admin is the administration API of the reference, under /api, described by the OpenAPI
// document at /api/openapi.json. It takes the site administrator's bearer token or, for what is below a tenant, the session
// of one of its owners or administrators. No answer ever holds a secret, except the SCIM token in the answer that makes it.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/identity"
	"assay/reference/secrets"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// maxBody bounds a request body; the largest is an SSO connection.
const maxBody = 64 << 10

// SignOn is what the API needs of the relying party.
type SignOn interface {
	// Discover checks that an issuer can be used. Its error is fit to be shown.
	Discover(ctx context.Context, issuer string) error
	// Forget drops what is cached about the identity provider of a tenant.
	Forget(tenant string)
	// CallbackURL is the redirect URI to register at the identity provider.
	CallbackURL() string
	// LoginURL is where the people of a tenant sign on.
	LoginURL(tenant string) string
	SAML
}

// Tokens makes and revokes SCIM tokens.
type Tokens interface {
	Rotate(ctx context.Context, tenant string, o access.TokenOptions) (plain string, record directory.Token, err error)
	Revoke(ctx context.Context, tenant, id string) error
	// Forget has to follow each change of the SCIM access of a tenant.
	Forget(tenant string)
}

// Options is what the API works with. Now, Stopping and Heartbeat may be left out.
type Options struct {
	Store      directory.Store
	Admin      *access.Admin
	Sessions   *access.Sessions // of people: owners and administrators of a tenant may use what is below it
	Gate       *access.Gate
	Migrations Migrations
	Tokens     Tokens
	SignOn     SignOn
	People     *identity.Recognizer
	Leniencies Leniencies
	Vault      *secrets.Vault
	Audit      *audit.Recorder
	Logger     *slog.Logger
	SCIMURL    string
	Version    string // of the OpenAPI document
	Now        func() time.Time
	// Stopping is closed when the server is about to stop: streams end then, which would last for ever.
	Stopping <-chan struct{}
	// Heartbeat is how long a stream stays silent at most, and how long its client may take to receive what
	// is sent.
	Heartbeat time.Duration
}

type api struct {
	Options
	streams chan struct{} // one place a stream
}

// New returns the handler of the API. It serves the paths under /api/.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = heartbeat
	}
	mux := http.NewServeMux()
	a := &api{Options: o, streams: make(chan struct{}, maxStreams)}
	a.register(humago.New(mux, config(o.Version)))
	return o.Sessions.Handler(a.guard(mux))
}

func config(version string) huma.Config {
	c := huma.DefaultConfig("assay reference: administration", version)
	c.OpenAPIPath = "/api/openapi"
	c.DocsPath = ""
	c.SchemasPath = ""
	c.CreateHooks = nil // no $schema members and links
	c.Transformers = append(c.Transformers, withoutValues)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"admin":   {Type: "http", Scheme: "bearer", Description: "The site administrator's token, printed once at start."},
		"session": {Type: "apiKey", In: "cookie", Name: "assay_session", Description: "An owner or administrator of the tenant who is signed on, for what is below /api/tenants/{tenant}; on https the name begins with __Host-."},
	}
	c.Security = []map[string][]string{{"admin": {}}, {"session": {}}}
	return c
}

// withoutValues takes the offending values out of validation errors: one of them may be a secret.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, detail := range model.Errors {
		detail.Value = nil
	}
	return model, nil
}

// operation describes one operation to huma.
func operation(id, method, path, summary string, failures ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		Errors: append(failures, http.StatusUnauthorized, http.StatusForbidden), MaxBodyBytes: maxBody,
	}
}

func (a *api) register(h huma.API) {
	huma.Register(h, operation("list-tenants", http.MethodGet, "/api/tenants", "List the tenants"), a.tenants)
	huma.Register(h, operation("get-tenant", http.MethodGet, "/api/tenants/{tenant}", "Read a tenant", 404), a.tenant)
	huma.Register(h, operation("get-sso", http.MethodGet, "/api/tenants/{tenant}/sso",
		"Read the SSO connection; the client secret is never returned", 404), a.connection)
	huma.Register(h, operation("put-sso", http.MethodPut, "/api/tenants/{tenant}/sso",
		"Connect an OpenID provider", 404, 422), a.connect)
	huma.Register(h, operation("connect-sso", http.MethodPost, "/api/tenants/{tenant}/sso",
		"Connect an OpenID provider (the same as PUT)", 404, 422), a.connect)
	a.registerSAML(h)
	huma.Register(h, operation("rotate-scim-token", http.MethodPost, "/api/tenants/{tenant}/scim-token",
		"Revoke the SCIM tokens of a tenant at once and make a new one, shown once", 404, 422), a.rotate)
	huma.Register(h, operation("get-scim", http.MethodGet, "/api/tenants/{tenant}/scim",
		"Read the settings of the SCIM connection and what its clients were forgiven", 404), a.scim)
	huma.Register(h, operation("put-scim", http.MethodPut, "/api/tenants/{tenant}/scim",
		"Make the SCIM connection strict or lenient", 404), a.setSCIM)
	huma.Register(h, operation("list-audit-events", http.MethodGet, "/api/tenants/{tenant}/audit",
		"Read the audit log, newest first, with filters", 404, 422), a.events)
	huma.Register(h, operation("verify-audit", http.MethodGet, "/api/tenants/{tenant}/audit/chain",
		"Verify that no event of the audit log was changed, removed or slipped in", 404), a.verifyAudit)
	huma.Register(h, exportOperation(), a.exportAudit)
	huma.Register(h, operation("archive-user", http.MethodPost, "/api/tenants/{tenant}/users/{user}/archive",
		"Archive a user: the e-mail address and the names become free. Doing so again changes nothing", 404, 409), a.archive)
	huma.Register(h, operation("list-archived-users", http.MethodGet, "/api/tenants/{tenant}/archived-users",
		"List the archived users, in the order of archiving", 404), a.archivedUsers)
	huma.Register(h, operation("get-archived-user", http.MethodGet, "/api/tenants/{tenant}/archived-users/{user}",
		"Read an archived user", 404), a.archivedUser)
	huma.Register(h, operation("delete-archived-user", http.MethodDelete, "/api/tenants/{tenant}/archived-users/{user}",
		"Delete an archived user for good", 404, 409), a.deleteArchived)
	huma.Register(h, operation("list-changes", http.MethodGet, "/api/tenants/{tenant}/changes",
		"Read what has happened to users and groups, in the order of commits", 404, 410), a.changes)
	huma.Register(h, streamOperation(h), a.streamChanges)
	a.registerPeople(h)
	a.registerAccess(h)
}

// find returns a tenant or the problem that there is none.
func (a *api) find(ctx context.Context, id string) (directory.Tenant, error) {
	tenant, err := a.Store.Tenant(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Tenant{}, noTenant()
	}
	if err != nil {
		return directory.Tenant{}, a.internal(ctx, "read tenant", err)
	}
	return tenant, nil
}

// internal logs an error and returns a problem that does not tell what it was.
func (a *api) internal(ctx context.Context, doing string, err error) error {
	a.Logger.ErrorContext(ctx, "administration failed", "doing", doing, "error", err)
	return &Problem{Status: http.StatusInternalServerError, Code: "INTERNAL", Detail: "Something went wrong on our side; the log says what."}
}
