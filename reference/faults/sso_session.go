package faults

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"net/http"
	"strings"

	"assay/reference/directory"
)

// ssoSession are defects of the session that a login starts, and of what deactivation means for it.
func ssoSession() []Fault {
	return []Fault{
		{
			Name:    "session-not-renewed",
			Text:    "a login turns the session that the browser had before into a signed-on one",
			Model:   "applications that do not renew the session identifier at login (session fixation)",
			Reddens: []string{"oidc.flow.session-renewed"},
			Site:    plantableSession,
		},
		{
			Name:    "session-survives-deactivation",
			Text:    "a person whom SCIM deactivated stays signed on",
			Model:   "applications that look at active when somebody signs on and never again",
			Reddens: []string{"lifecycle.leaver.session-ends"},
			Site:    rememberedIdentity,
		},
		{
			Name:    "active-not-looked-at",
			Text:    "sign-on does not look at active at all",
			Model:   "applications that store active for the identity provider to read back and do nothing with it",
			Reddens: []string{"lifecycle.leaver.session-ends", "lifecycle.leaver.cannot-sign-on"},
			Site:    markSignOn,
			Store:   func(next directory.Store) directory.Store { return &everybodyActive{Store: next} },
		},
	}
}

const visitorCookie = "assay_visitor"

// plantableSession gives every browser an identifier at the login page that stands for whatever session
// a login with it starts.
func plantableSession(next http.Handler) http.Handler {
	var sessions memory[string, string] // value of the session cookie by visitor
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor := ""
		if cookie, err := r.Cookie(visitorCookie); err == nil {
			visitor = cookie.Value
		}
		if session, ok := sessions.recall(visitor); ok {
			r = r.Clone(r.Context())
			withCookie(r, sessionCookie, session)
		}
		Rewrite(Always, func(res *Response) {
			if started := cookieOf(res.Header, sessionCookie); started != nil && visitor != "" {
				sessions.keep(visitor, started.Value)
			}
			if r.URL.Path == loginPage && visitor == "" {
				res.Header.Add("Set-Cookie", (&http.Cookie{Name: visitorCookie, Value: rand.Text(), Path: "/"}).String())
			}
		})(next).ServeHTTP(w, r)
	})
}

// rememberedIdentity answers who is signed on as it did the first time.
func rememberedIdentity(next http.Handler) http.Handler {
	var answers memory[string, []byte] // by session
	return Rewrite(On(http.MethodGet, identityPage), func(r *Response) {
		cookie, err := r.Request.Cookie(sessionCookie)
		if err != nil {
			return
		}
		if r.Status == http.StatusOK {
			answers.keep(cookie.Value, r.Body)
			return
		}
		if body, ok := answers.recall(cookie.Value); ok {
			r.Status, r.Body = http.StatusOK, body
			r.Header.Del("Set-Cookie")
		}
	})(next)
}

// everybodyActive hides that somebody is deactivated from everybody but SCIM, which reads the document. A session ends
// when somebody signs off, and not with a deactivation.
type everybodyActive struct {
	directory.Store
	sessions memory[string, directory.Session] // by hash
	hashes   memory[string, string]            // by the id of the session
}

// StartSession implements directory.Sessions, wrongly.
func (s *everybodyActive) StartSession(ctx context.Context, session directory.Session, most int) error {
	s.sessions.keep(session.Hash, session)
	s.hashes.keep(session.ID, session.Hash)
	if err := s.Store.StartSession(ctx, session, most); !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return nil
}

// Session implements directory.Sessions, wrongly.
func (s *everybodyActive) Session(ctx context.Context, hash string) (directory.Session, error) {
	session, err := s.Store.Session(ctx, hash)
	if kept, ok := s.sessions.recall(hash); ok && kept.Hash != "" && errors.Is(err, directory.ErrNotFound) {
		return kept, nil
	}
	return session, err
}

// EndSession implements directory.Sessions.
func (s *everybodyActive) EndSession(ctx context.Context, tenant, id string) error {
	if hash, ok := s.hashes.recall(id); ok {
		s.sessions.keep(hash, directory.Session{})
	}
	return s.Store.EndSession(ctx, tenant, id)
}

// signOn marks the context of a request that is not one of SCIM.
type signOn struct{}

// markSignOn lets a store tell who asks: SCIM shall go on seeing what is so.
func markSignOn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/scim/") {
			r = r.WithContext(context.WithValue(r.Context(), signOn{}, true))
		}
		next.ServeHTTP(w, r)
	})
}

// Get implements directory.Resources, wrongly.
func (s *everybodyActive) Get(ctx context.Context, tenant string, kind directory.Kind, id string) (directory.Resource, error) {
	r, err := s.Store.Get(ctx, tenant, kind, id)
	r.Active = r.Active || ctx.Value(signOn{}) != nil
	return r, err
}

// List implements directory.Resources, wrongly.
func (s *everybodyActive) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	return mapped(s.Store.List(ctx, tenant, q), func(r directory.Resource) directory.Resource {
		r.Active = r.Active || ctx.Value(signOn{}) != nil
		return r
	})
}

// mapped changes the resources of a list.
func mapped(list iter.Seq2[directory.Resource, error], change func(directory.Resource) directory.Resource) iter.Seq2[directory.Resource, error] {
	return func(yield func(directory.Resource, error) bool) {
		for r, err := range list {
			if !yield(change(r), err) {
				return
			}
		}
	}
}
