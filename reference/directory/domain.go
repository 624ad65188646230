package directory

import (
	"context"
	"time"
)

// Domain is an e-mail domain that a tenant claims. Only a verified one counts: it sends people to the tenant's
// identity provider and lets e-mail addresses find users.
type Domain struct {
	Name      string // canonical, see CanonicalDomain
	Challenge string // what the tenant has to publish to show that the domain is its own
	Added     time.Time
	Verified  time.Time // zero while it is pending
}

// Domains is the part of the Store that holds e-mail domains. Several tenants may claim one; it is verified for one
// of them at most. Names must be canonical.
type Domains interface {
	// AddDomain stores a claim. It returns a *ConflictError when the tenant has it already, and when it is
	// verified and another tenant's verified domain too.
	AddDomain(ctx context.Context, tenant string, d Domain) error

	// DomainsOf returns the domains of a tenant by name.
	DomainsOf(ctx context.Context, tenant string) ([]Domain, error)

	// VerifyDomain marks a domain of the tenant as verified; one that is stays as it is. It returns ErrNotFound, or a
	// *ConflictError when it is another tenant's verified domain.
	VerifyDomain(ctx context.Context, tenant, name string, at time.Time) (Domain, error)

	// RemoveDomain removes a domain of the tenant, or returns ErrNotFound.
	RemoveDomain(ctx context.Context, tenant, name string) error

	// DomainOwner returns the id of the tenant whose verified domain this is, or ErrNotFound.
	DomainOwner(ctx context.Context, name string) (string, error)
}
