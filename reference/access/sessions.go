package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
)

// ErrNoSession is returned where nobody is signed on.
var ErrNoSession = errors.New("not signed on")

// Session is who signed on and how.
type Session struct {
	ID     string // names the session and opens nothing; Start makes it
	Tenant string
	User   string // id of the user; empty in an administrator's session
	Via    string // "oidc", "saml", "admin-token"
}

// SessionOptions shapes a set of sessions.
type SessionOptions struct {
	Cookie   string        // name of the cookie, without the __Host- prefix that https adds
	Secure   bool          // the site is https
	Lifetime time.Duration // absolute; 0 means eight hours
	Idle     time.Duration // 0 means one hour
}

// Sessions keeps sessions in memory; they end when the process does. The cookie is HttpOnly and
// SameSite=Lax, on https also Secure and bound to the host, and the store knows only its hash.
type Sessions struct {
	manager *scs.SessionManager
}

// NewSessions returns an empty set of sessions. One request passes through the Handler of one set only:
// two nested sets would share a place in the context, because scs gives a manager of its own key only
// together with a goroutine that cannot be stopped.
func NewSessions(o SessionOptions) *Sessions {
	m := &scs.SessionManager{
		Store:            newMemory(time.Now), // scs reckons with the clock of the machine as well
		Codec:            scs.GobCodec{},
		ErrorFunc:        sessionError,
		HashTokenInStore: true,
	}
	m.Lifetime = 8 * time.Hour
	if o.Lifetime > 0 {
		m.Lifetime = o.Lifetime
	}
	m.IdleTimeout = time.Hour
	if o.Idle > 0 {
		m.IdleTimeout = o.Idle
	}
	m.HashTokenInStore = true
	m.Cookie.Name = o.Cookie
	if o.Secure {
		m.Cookie.Name = "__Host-" + o.Cookie
	}
	m.Cookie.HttpOnly = true
	m.Cookie.Secure = o.Secure
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	m.Cookie.Persist = false
	return &Sessions{manager: m}
}

// Handler makes the session of a request available to next and saves what next changed.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	return s.manager.LoadAndSave(next)
}

// Start signs somebody on. What the session held before is dropped and its token is renewed, so that
// a token which an attacker planted before the login is worth nothing after it.
func (s *Sessions) Start(ctx context.Context, session Session) error {
	if err := s.manager.Clear(ctx); err != nil {
		return fmt.Errorf("clear session: %w", err)
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew session token: %w", err)
	}
	s.manager.Put(ctx, "id", uuid.NewString())
	s.manager.Put(ctx, "tenant", session.Tenant)
	s.manager.Put(ctx, "user", session.User)
	s.manager.Put(ctx, "via", session.Via)
	return nil
}

// Current returns the session of a request, or ErrNoSession.
func (s *Sessions) Current(ctx context.Context) (Session, error) {
	session := Session{
		ID:     s.manager.GetString(ctx, "id"),
		Tenant: s.manager.GetString(ctx, "tenant"),
		User:   s.manager.GetString(ctx, "user"),
		Via:    s.manager.GetString(ctx, "via"),
	}
	if strings.TrimSpace(session.Via) == "" {
		return Session{}, ErrNoSession
	}
	return session, nil
}

// End signs off. Ending no session is no error.
func (s *Sessions) End(ctx context.Context) error {
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func sessionError(w http.ResponseWriter, _ *http.Request, _ error) {
	http.Error(w, "the session could not be read", http.StatusInternalServerError)
}
