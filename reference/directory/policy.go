package directory

import (
	"context"
	"time"
)

// Policy is what a tenant asks of those who sign on to it. The zero value asks for what DefaultPolicy does where a
// number is needed, and for nothing else.
type Policy struct {
	MFA MFA
	// SSOOnly closes local login to everybody but break-glass administrators, whatever LocalLogin says. In
	// ModeLegacy, where there is no other way in, it waits for the migration.
	SSOOnly bool
	// LocalLogin opens local login to everybody while the tenant is in ModeSSO.
	LocalLogin bool
	// SessionAge is how long a session lasts, SessionIdle how long without a request, and SessionCount how many
	// of them a person has at once: the oldest ends for the next one. 0 stands for the default.
	SessionAge, SessionIdle time.Duration
	SessionCount            int
	// Networks are the CIDR ranges from which people may come; from anywhere when there are none.
	Networks       []string
	Password       PasswordRules
	Classification Classification
	Updated        time.Time // zero: never set
}

// PasswordRules is what a tenant asks of a password.
type PasswordRules struct {
	MinLength int           // characters; 0 stands for DefaultPasswordLength
	Classes   int           // how many of: lower case, upper case, digits, others
	MaxAge    time.Duration // after which a new one has to be chosen; 0: never
}

// MFA says of whom a second factor is asked.
type MFA string

// The values of Policy.MFA. Where it is asked of everybody, an identity provider has to say that there was one.
const (
	MFAOptional MFA = ""      // of those who have set one up
	MFALocal    MFA = "local" // of everybody who logs in with a password
	MFAAlways   MFA = "always"
)

// Classification is what kind of data a tenant holds. It changes nothing by itself; every answer about the
// tenant's policy and its console tell it.
type Classification string

// The classifications that Resgrid documents.
const (
	Unclassified Classification = "Unclassified"
	CUI          Classification = "CUI"
	Confidential Classification = "Confidential"
)

// Defaults of a Policy.
const (
	DefaultSessionAge     = 8 * time.Hour
	DefaultSessionIdle    = time.Hour
	DefaultPasswordLength = 12
)

// WithDefaults fills in the numbers that are 0.
func (p Policy) WithDefaults() Policy {
	if p.SessionAge <= 0 {
		p.SessionAge = DefaultSessionAge
	}
	if p.SessionIdle <= 0 {
		p.SessionIdle = DefaultSessionIdle
	}
	if p.Password.MinLength <= 0 {
		p.Password.MinLength = DefaultPasswordLength
	}
	if p.Classification == "" {
		p.Classification = Unclassified
	}
	return p
}

// Policies is the part of the Store that keeps the policies of tenants.
type Policies interface {
	// Policy returns the policy of a tenant, the zero value when none was set.
	Policy(ctx context.Context, tenant string) (Policy, error)

	// SetPolicy replaces the policy of a tenant and ends all its sessions but the one with the ID keep, in one
	// transaction. It returns ErrNotFound when there is no such tenant.
	SetPolicy(ctx context.Context, tenant string, p Policy, keep string) error
}
