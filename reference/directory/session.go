package directory

import (
	"context"
	"time"
)

// Session is one browser in which somebody is signed on. The store knows the SHA-256 of its cookie and not the cookie.
type Session struct {
	ID      string // names it to people; opens nothing
	Hash    string // of the cookie, in base64url
	Tenant  string
	User    string // id of the user; empty in an administrator's session
	Via     Via
	MFA     bool // whether there was a second factor
	Role    Role // of the user when it began: a session does not outlive the loss of a role
	Address string
	Agent   string // what the browser calls itself, cut to a bounded length
	Created time.Time
	Seen    time.Time // a request came about then, see access.Sessions
	Expires time.Time
	Place   int64 // its place in the order in which sessions began
}

// Via is how somebody signed on. Its text is stable.
type Via string

// The ways to sign on. Local login by an administrator who may use it because of break-glass access alone is a way of
// its own.
const (
	ViaOIDC       Via = "oidc"
	ViaSAML       Via = "saml"
	ViaLocal      Via = "local"
	ViaBreakGlass Via = "break-glass"
	ViaAdminToken Via = "admin-token"
)

// Sessions is the part of the Store that keeps who is signed on. A session ends with its user: when that one is
// deactivated, archived or deleted, in the same transaction.
type Sessions interface {
	// StartSession keeps a session and ends the oldest of its user beyond most, unless that is 0. It returns
	// ErrNotFound when the tenant has no such active user. Sessions past their Expires are dropped meanwhile.
	StartSession(ctx context.Context, s Session, most int) error

	// Session returns the session with this hash, expired or not, or ErrNotFound.
	Session(ctx context.Context, hash string) (Session, error)

	// SeeSession sets when a request of a session came. One that has ended meanwhile is no error.
	SeeSession(ctx context.Context, id string, at time.Time) error

	// EndSession ends a session, or returns ErrNotFound.
	EndSession(ctx context.Context, tenant, id string) error

	// EndSessions ends the sessions of a user, of the whole tenant when user is empty, but for the one with the ID
	// keep, and returns how many there were.
	EndSessions(ctx context.Context, tenant, user, keep string) (int, error)

	// SessionsOf returns sessions with a Place after this one, of a user or, when user is empty, of the whole
	// tenant, oldest first, at most limit. Expired ones that were not dropped yet are among them.
	SessionsOf(ctx context.Context, tenant, user string, after int64, limit int) ([]Session, error)
}
