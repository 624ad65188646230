package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"assay/reference/directory"
)

// LoginPath is where a person signs on. Without a parameter it asks for an e-mail address. It is told whose identity
// provider to use by one of these, of which the first that is there counts:
//
//	tenant_token  the opaque token of a tenant, see RelyingParty.LoginURL
//	tenant        the id of a tenant, in plain: also tried when the token does not open
//	customer      the customer ID of a tenant
//	email         an e-mail address in a verified domain of a tenant
const LoginPath = "/login"

// TenantTokens turns the ids of tenants into opaque tokens for public URLs, and back.
type TenantTokens interface {
	Seal(tenant string) string
	// Open returns the id, or false for what is no token.
	Open(token string) (tenant string, ok bool)
}

// LoginURL is where the people of a tenant sign on. It does not show which tenant that is.
func (p *RelyingParty) LoginURL(tenant string) string {
	return p.base + LoginPath + "?" + url.Values{"tenant_token": {p.tokens.Seal(tenant)}}.Encode()
}

// login shows the login page, or sends the browser to the identity provider.
func (p *RelyingParty) login(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	email := strings.TrimSpace(query.Get("email"))
	if email == "" && !query.Has("tenant_token") && !query.Has("tenant") && !query.Has("customer") {
		p.write(w, r, http.StatusOK, "login", nil)
		return
	}
	tenant, err := p.route(r.Context(), query, email)
	if err != nil {
		p.refused(w, r, attempt{}, err)
		return
	}
	if connection, err := p.store.Connection(r.Context(), tenant); err == nil && connection.Protocol == directory.SAML {
		p.redirect(w, p.SAMLEndpoints(tenant).Login)
		return
	}
	target, cookie, err := p.begin(r.Context(), tenant, email)
	if err != nil {
		p.refused(w, r, attempt{tenant: tenant}, err)
		return
	}
	http.SetCookie(w, cookie)
	p.redirect(w, target)
}

// route finds the id of the tenant whose identity provider a person wants to use.
func (p *RelyingParty) route(ctx context.Context, query url.Values, email string) (string, error) {
	if id, ok := p.tokens.Open(query.Get("tenant_token")); ok {
		return found(p.store.Tenant(ctx, id))
	}
	switch {
	case query.Has("tenant"):
		return found(p.store.Tenant(ctx, query.Get("tenant")))
	case query.Has("tenant_token"):
		return "", refuse(reasonUnknownTenant)
	case query.Has("customer"):
		return found(p.store.TenantOfCustomer(ctx, query.Get("customer")))
	}
	return p.routeEmail(ctx, email)
}

func found(tenant directory.Tenant, err error) (string, error) {
	if errors.Is(err, directory.ErrNotFound) {
		return "", refuse(reasonUnknownTenant)
	}
	if err != nil {
		return "", fmt.Errorf("find tenant: %w", err)
	}
	return tenant.ID, nil
}

// routeEmail finds the tenant whose verified domain an e-mail address is in. A tenant that has no domains takes
// everybody, as long as it is the only tenant.
func (p *RelyingParty) routeEmail(ctx context.Context, email string) (string, error) {
	domain, ok := directory.EmailDomain(email)
	if !ok {
		return "", refuse(reasonUnknownDomain)
	}
	owner, err := p.store.DomainOwner(ctx, domain)
	if err == nil {
		return owner, nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return "", fmt.Errorf("find tenant: %w", err)
	}
	tenants, err := p.store.Tenants(ctx)
	if err != nil {
		return "", fmt.Errorf("find tenant: %w", err)
	}
	if len(tenants) == 1 && len(tenants[0].Domains) == 0 {
		return tenants[0].ID, nil
	}
	return "", refuse(reasonUnknownDomain)
}
