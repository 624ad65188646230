package directory

import (
	"context"
	"errors"
	"time"
)

// Credentials is what a user logs in with here, without an identity provider. Every user has some; they are zero, but
// for UserID, until the first is set. They go with the user.
type Credentials struct {
	UserID      string
	Password    string    // argon2id hash in PHC form; empty when there is none
	PasswordSet time.Time // when it was chosen
	SealedTOTP  []byte    // secret of the second factor, as package secrets has sealed it; empty when there is none
	TOTPSet     time.Time
	Recovery    []string // hashes of the recovery codes that are left

	// BreakGlass is when the user was granted local login while everybody else has to use the identity provider; zero
	// when not. GrantedBy is the actor who did.
	BreakGlass time.Time
	GrantedBy  string
}

// Errors of LocalLogin and BreakGlass.
var (
	// ErrUsed is returned for a one-time code that was used already.
	ErrUsed = errors.New("the code was used already")
	// ErrEnrolled is returned for a second factor where there is one.
	ErrEnrolled = errors.New("there is a second factor already")
	// ErrRoleTooLow is returned where a role is needed that the user does not have.
	ErrRoleTooLow = errors.New("the user is neither an owner nor an administrator")
	// ErrLastBreakGlass is returned for a change that would leave a tenant in ModeSSO without anybody who can get in
	// when the identity provider fails.
	ErrLastBreakGlass = errors.New("this is the last break-glass administrator of a tenant that signs on by single sign-on")
)

// LocalLogin is the part of the Store that holds the credentials of users. All of it returns ErrNotFound when the tenant
// has no such user.
type LocalLogin interface {
	Credentials(ctx context.Context, tenant, user string) (Credentials, error)

	// SetPassword replaces the hash of a password, which was chosen then, and ends the sessions of the user but the one
	// with the ID keep. An empty hash takes the password away, unless the user is the last one whom ErrLastBreakGlass protects.
	SetPassword(ctx context.Context, tenant, user, hash string, at time.Time, keep string) error

	// Enrol sets a second factor, whose first code was that of the time step, or returns ErrEnrolled.
	Enrol(ctx context.Context, tenant, user string, sealed []byte, step int64, recovery []string) error

	// RemoveTOTP takes the second factor and its recovery codes away and ends the sessions of the user.
	RemoveTOTP(ctx context.Context, tenant, user string) error

	// TOTPStep returns the last time step of which a code was used. UseTOTP uses one, or returns ErrUsed when it is not later.
	TOTPStep(ctx context.Context, tenant, user string) (int64, error)
	UseTOTP(ctx context.Context, tenant, user string, step int64) error

	// UseRecovery uses up the recovery code with this hash, or returns ErrUsed when there is none.
	UseRecovery(ctx context.Context, tenant, user, hash string) error

	// Attempt counts an attempt to log in under each of the keys, before it is known whether it is a good one, so that
	// attempts at the same time count too. When it has to wait for one of them nothing is counted, and wait is how long.
	Attempt(ctx context.Context, at time.Time, limits ...AttemptLimit) (wait time.Duration, err error)

	// GoodAttempt is what follows an attempt that was a good one: the keys to forget have no attempts any more, and that
	// to refund one less.
	GoodAttempt(ctx context.Context, refund string, forget ...string) error
}

// AttemptLimit is how many attempts there may be under a key before each further one has to wait: First after the last
// one, then twice as long each time, Most at most. Attempts are forgotten a day after the last.
type AttemptLimit struct {
	Key         string
	Free        int
	First, Most time.Duration
}

// AttemptLife is how long attempts are remembered.
const AttemptLife = 24 * time.Hour

// Wait is how long to wait after this many attempts.
func (l AttemptLimit) Wait(attempts int) time.Duration {
	if attempts < l.Free {
		return 0
	}
	wait := l.First
	for range attempts - l.Free {
		if wait >= l.Most {
			return l.Most
		}
		wait *= 2
	}
	return min(wait, l.Most)
}

// BreakGlass is the part of the Store that says who may log in locally whatever the mode of the tenant is, and
// what has happened because of it.
type BreakGlass interface {
	// GrantBreakGlass lets a user log in locally. Again is no change. It returns ErrRoleTooLow unless the user has been
	// assigned the role of an owner or an administrator directly: a role that comes from a group of the identity
	// provider is gone when the identity provider fails.
	GrantBreakGlass(ctx context.Context, tenant, user, by string) (fresh bool, err error)

	// RevokeBreakGlass takes that back and ends the sessions that it has opened. It returns ErrLastBreakGlass, and
	// ErrNotFound when nothing was granted.
	RevokeBreakGlass(ctx context.Context, tenant, user string) error

	// BreakGlassUsers returns the credentials of all who have break-glass access, in the order of granting.
	BreakGlassUsers(ctx context.Context, tenant string) ([]Credentials, error)

	// AddAlert adds an alert and returns its place.
	AddAlert(ctx context.Context, a Alert) (int64, error)

	// Alerts returns the alerts after this place, oldest first, at most limit; with open, only those that nobody has
	// acknowledged.
	Alerts(ctx context.Context, tenant string, after int64, limit int, open bool) ([]Alert, error)

	// AcknowledgeAlert notes who has seen an alert; it stays with the first. It returns ErrNotFound.
	AcknowledgeAlert(ctx context.Context, tenant string, place int64, by string, at time.Time) (Alert, error)
}

// Alert is something that an administrator has to look at.
type Alert struct {
	Place          int64
	Tenant         string
	Time           time.Time
	Kind           AlertKind
	Subject        string // id of the user whom it is about
	Detail         map[string]string
	Acknowledged   time.Time // zero while it is open
	AcknowledgedBy string
}

// AlertKind says what an Alert is about. Its text is stable.
type AlertKind string

// BreakGlassUsed is the alert of a login that only break-glass access has made possible.
const BreakGlassUsed AlertKind = "break-glass.used"
