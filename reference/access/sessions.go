package access

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"assay/reference/directory"

	"github.com/google/uuid"
)

// ErrNoSession is returned where nobody is signed on.
var ErrNoSession = errors.New("not signed on")

// Session is who signed on and how.
type Session = directory.Session

// SessionStore keeps sessions: the directory, or the memory of the process.
type SessionStore interface {
	StartSession(ctx context.Context, s directory.Session, most int) error
	Session(ctx context.Context, hash string) (directory.Session, error)
	SeeSession(ctx context.Context, id string, at time.Time) error
	EndSession(ctx context.Context, tenant, id string) error
}

// Terms is how long a session lasts and how many of them its user may have, 0 being any number, and what the one who judged
// it knows about the request.
type Terms struct {
	Age, Idle time.Duration
	Count     int
	Role      directory.Role // of the user, now
	Address   netip.Addr     // where the request comes from
}

// Guard says whether a session may begin, and whether it may go on. When it may not, the error is a *Denial; any other
// error means that this could not be told.
type Guard interface {
	Judge(ctx context.Context, r *http.Request, s Session) (Terms, error)
}

// SessionOptions shapes a set of sessions. Now may be left out.
type SessionOptions struct {
	Cookie string // name of the cookie, without the __Host- prefix that https adds
	Secure bool   // the site is https
	Store  SessionStore
	Guard  Guard // nil lets everybody in, for eight hours or one without a request
	Now    func() time.Time
}

// Sessions knows who is signed on. The cookie is HttpOnly and SameSite=Lax, on https also Secure and bound to the host,
// and the store knows only its hash.
//
// A request reads its session and does not write it, except for about once a minute, to remember that there was one:
// a session may end up to a minute before its idle time is over.
type Sessions struct {
	options SessionOptions
	name    string
}

// NewSessions returns a set of sessions.
func NewSessions(o SessionOptions) *Sessions {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Guard == nil {
		o.Guard = open{}
	}
	name := o.Cookie
	if o.Secure {
		name = "__Host-" + name
	}
	return &Sessions{options: o, name: name}
}

// open is the Guard of sessions without a policy.
type open struct{}

func (open) Judge(context.Context, *http.Request, Session) (Terms, error) {
	return Terms{Age: directory.DefaultSessionAge, Idle: directory.DefaultSessionIdle}, nil
}

// visit is a request and what is known about its session.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	known   bool // whether the session was looked for
	session Session
	err     error
}

// visitKey is the place of a visit in a context; each set of sessions has its own.
type visitKey struct{ sessions *Sessions }

// Handler makes the session of a request available to next.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{s}, v)))
	})
}

func (s *Sessions) visit(ctx context.Context) (*visit, error) {
	v, ok := ctx.Value(visitKey{s}).(*visit)
	if !ok {
		return nil, errors.New("sessions: the request did not come through Handler")
	}
	return v, nil
}

// Admit says whether a session may begin. It returns a *Denial when it may not. Start asks the same; whoever records a
// login does so in between.
func (s *Sessions) Admit(ctx context.Context, session Session) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	_, err = s.options.Guard.Judge(ctx, v.r, session)
	return err
}

// Start signs somebody on: Tenant, User, Via and MFA of session say whom and how. The session that the browser had is
// ended and the new one has a cookie of its own, so that a cookie which an attacker planted before the login is worth
// nothing after it. It must be called before the answer is written, and returns a *Denial when the session may not begin.
func (s *Sessions) Start(ctx context.Context, session Session) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	terms, err := s.options.Guard.Judge(ctx, v.r, session)
	if err != nil {
		return err
	}
	if err := s.endOf(ctx, v.r); err != nil {
		return err
	}
	secret, now := newSecret(), s.options.Now().UTC()
	session.ID, session.Hash, session.Role = uuid.NewString(), cookieHash(secret), terms.Role
	session.Address = address(terms.Address)
	session.Agent = cut(v.r.UserAgent(), maxAgent)
	session.Created, session.Seen, session.Expires = now, now, now.Add(terms.Age)
	if err := s.options.Store.StartSession(ctx, session, terms.Count); err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	v.session, v.err, v.known = session, nil, true
	http.SetCookie(v.w, s.cookie(secret, 0))
	return nil
}

// Current returns the session of a request, or ErrNoSession. One that may not go on is ended.
func (s *Sessions) Current(ctx context.Context) (Session, error) {
	v, err := s.visit(ctx)
	if err != nil {
		return Session{}, err
	}
	if !v.known {
		v.session, v.err = s.find(ctx, v.r)
		v.known = true
	}
	return v.session, v.err
}

func (s *Sessions) find(ctx context.Context, r *http.Request) (Session, error) {
	session, err := s.stored(ctx, r)
	if err != nil {
		return Session{}, err
	}
	terms, err := s.options.Guard.Judge(ctx, r, session)
	if _, denied := errors.AsType[*Denial](err); denied {
		return Session{}, s.drop(ctx, session)
	}
	if err != nil {
		return Session{}, fmt.Errorf("judge session: %w", err)
	}
	now := s.options.Now()
	fallen := session.Role != "" && !terms.Role.AtLeast(session.Role)
	if fallen || !lasts(session, terms, now) {
		return Session{}, s.drop(ctx, session)
	}
	if now.Sub(session.Seen) >= min(time.Minute, terms.Idle/10) {
		if err := s.options.Store.SeeSession(ctx, session.ID, now.UTC()); err != nil {
			return Session{}, fmt.Errorf("see session: %w", err)
		}
	}
	session.Role = terms.Role
	return session, nil
}

// lasts reports whether a session is young enough, also under terms that have changed since it began.
func lasts(session Session, terms Terms, now time.Time) bool {
	return now.Before(session.Expires) && now.Before(session.Created.Add(terms.Age)) && now.Before(session.Seen.Add(terms.Idle))
}

// stored returns the session of the cookie as it is stored.
func (s *Sessions) stored(ctx context.Context, r *http.Request) (Session, error) {
	cookie, err := r.Cookie(s.name)
	if err != nil || cookie.Value == "" {
		return Session{}, ErrNoSession
	}
	session, err := s.options.Store.Session(ctx, cookieHash(cookie.Value))
	if errors.Is(err, directory.ErrNotFound) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	return session, nil
}

// drop ends a session that may not go on and returns ErrNoSession.
func (s *Sessions) drop(ctx context.Context, session Session) error {
	err := s.options.Store.EndSession(ctx, session.Tenant, session.ID)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("end session: %w", err)
	}
	return ErrNoSession
}

// endOf ends the session that a request has, if it has one.
func (s *Sessions) endOf(ctx context.Context, r *http.Request) error {
	session, err := s.stored(ctx, r)
	if err == nil {
		err = s.drop(ctx, session)
	}
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	return err
}

// End signs off. Ending no session is no error.
func (s *Sessions) End(ctx context.Context) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := s.endOf(ctx, v.r); err != nil {
		return err
	}
	v.session, v.err, v.known = Session{}, ErrNoSession, true
	http.SetCookie(v.w, s.cookie("", -1))
	return nil
}

func (s *Sessions) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: s.name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.options.Secure, SameSite: http.SameSiteLaxMode,
	}
}

func cookieHash(value string) string {
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// address is empty for one that is not known.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

const maxAgent = 200 // bytes

// cut makes text of a browser fit to be kept.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
