package directory

import (
	"context"
	"errors"
	"time"
)

// Token is a bearer token of a tenant's SCIM connection. Hash is its argon2id hash in PHC form. Subject is
// the id of the user that it stands for, which may be gone by now: the one behind /Me (RFC 7644 section
// 3.11). It is empty for a token that stands for the connection alone.
type Token struct {
	ID      string
	Tenant  string
	Subject string
	Hash    string
	Created time.Time
	Expires time.Time // zero for never
	Used    time.Time // about when it was last used, see access.Tokens; zero for never
	Revoked bool
}

// SCIMAccess says whether a tenant may be provisioned by SCIM at all: whether its administrators have switched the
// endpoint on, and whether what it has bought includes it. Both are so for a new tenant.
type SCIMAccess struct {
	Enabled bool
	InPlan  bool
}

// Errors of a token that is good while SCIM is not open to its tenant.
var (
	ErrSCIMDisabled  = errors.New("the SCIM endpoint of this organisation is switched off")
	ErrSCIMNotInPlan = errors.New("the plan of this organisation does not include SCIM")
)

// Tokens is the part of the Store that keeps the SCIM tokens of tenants.
type Tokens interface {
	AddToken(ctx context.Context, t Token) error
	// Token returns a token, revoked or expired or not, or ErrNotFound.
	Token(ctx context.Context, id string) (Token, error)
	// TokensOf returns all tokens of a tenant, the oldest first.
	TokensOf(ctx context.Context, tenant string) ([]Token, error)
	// RevokeTokens revokes every token of a tenant.
	RevokeTokens(ctx context.Context, tenant string) error
	// RevokeToken revokes one token of a tenant, or returns ErrNotFound.
	RevokeToken(ctx context.Context, tenant, id string) error
	// ExpireTokens lets every token of a tenant expire then, unless it does so earlier.
	ExpireTokens(ctx context.Context, tenant string, at time.Time) error
	// UseToken sets when a token was last used.
	UseToken(ctx context.Context, id string, at time.Time) error

	SCIMAccess(ctx context.Context, tenant string) (SCIMAccess, error)
	// SetSCIMAccess returns ErrNotFound when there is no such tenant.
	SetSCIMAccess(ctx context.Context, tenant string, a SCIMAccess) error
}
