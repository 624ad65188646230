package reference

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
)

// firstTenant is the id of the tenant that a new store is seeded with. It is fixed, so that scripts and
// target files can name it.
const firstTenant = "default"

// seed gives an empty store its first tenant and that tenant a SCIM token. It returns the id of the
// first tenant, and the token only when it was made just now.
func (p *parts) seed(ctx context.Context) (tenant, token string, err error) {
	tenants, err := p.store.Tenants(ctx)
	if err != nil {
		return "", "", fmt.Errorf("read tenants: %w", err)
	}
	if len(tenants) > 0 {
		return tenants[0].ID, "", nil
	}
	domains, err := canonicalDomains(p.TenantDomains)
	if err != nil {
		return "", "", fmt.Errorf("seed tenant: %w", err)
	}
	first := directory.Tenant{ID: firstTenant, Name: p.TenantName, Domains: domains, Created: p.Now().UTC()}
	err = p.store.CreateTenant(ctx, first)
	if _, taken := errors.AsType[*directory.ConflictError](err); taken {
		return first.ID, "", nil // another process on the same database was a moment faster
	}
	if err != nil {
		return "", "", fmt.Errorf("seed tenant: %w", err)
	}
	token, record, err := p.tokens.Issue(ctx, first.ID, access.TokenOptions{})
	if err != nil {
		return "", "", fmt.Errorf("seed tenant: %w", err)
	}
	for _, entry := range []audit.Entry{
		{Tenant: first.ID, Actor: audit.System, Action: audit.TenantCreated, Subject: first.ID},
		{Tenant: first.ID, Actor: audit.System, Action: audit.TokenIssued, Subject: record.ID},
	} {
		if err := p.audit.Record(ctx, entry); err != nil {
			return "", "", fmt.Errorf("seed tenant: %w", err)
		}
	}
	return first.ID, token, nil
}

// canonicalDomains are the e-mail domains that the operator has given, which count as verified.
func canonicalDomains(given []string) ([]string, error) {
	var domains []string
	for _, name := range given {
		canonical, ok := directory.CanonicalDomain(name)
		if !ok {
			return nil, fmt.Errorf("%q is not a domain: give e-mail domains such as example.com", name)
		}
		if !slices.Contains(domains, canonical) {
			domains = append(domains, canonical)
		}
	}
	return domains, nil
}
