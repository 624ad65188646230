package oidc

import (
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// login is one authorization request and what has become of it. As a value it is a snapshot, the living one is
// in Provider.logins. Its request holds the scopes that are granted.
type login struct {
	id       string
	request  oidc.AuthRequest
	offline  bool           // a refresh token was asked for
	person   control.Person // once done
	session  string         // once done
	plan     mutation.Plan
	done     bool // answered: the person is known, or was refused
	authTime time.Time
}

// grant is a control.Grant whose names have been looked up.
type grant struct {
	person string // id
	plan   mutation.Plan
}

// code is an authorization code that was given out.
type code struct {
	login  string // id
	client string
	issued time.Time
	spent  bool
}

// token is an access token that was given out. All tokens of one login are a family.
type token struct {
	login   login
	scopes  []string
	issued  time.Time
	expires time.Time
}

// refresh is a refresh token that was given out.
type refresh struct {
	login login
	spent bool // and another was given for it
}

// newLogin remembers an authorization request until somebody has logged in.
func (p *Provider) newLogin(request oidc.AuthRequest, accessType string) login {
	l := login{id: signin.Random(24), request: request}
	l.request.Scopes = slices.DeleteFunc(slices.Clone(request.Scopes), func(scope string) bool {
		return !slices.Contains(p.face.Scopes.Value, scope)
	})
	switch p.face.Refresh.Value {
	case persona.RefreshAlways:
		l.offline = true
	case persona.RefreshByScope:
		l.offline = slices.Contains(l.request.Scopes, oidc.ScopeOfflineAccess)
	case persona.RefreshByParam:
		l.offline = accessType == "offline"
	}
	p.logins.Put(l.id, l)
	return l
}

// mayStay tells whether the person of a login may still use the app.
func (p *Provider) mayStay(l login) bool {
	_, refused := p.admit(l.request.ClientID, l.person.ID)
	return refused.code == ""
}

// liveToken finds an access token that is good: not expired, not revoked, and its person may still come in.
func (p *Provider) liveToken(value string) (token, bool) {
	t, ok := p.tokens.Get(value)
	if !ok || !p.mayStay(t.login) {
		return token{}, false
	}
	return t, true
}

// revokeFamily ends all tokens of a login.
func (p *Provider) revokeFamily(loginID string) {
	p.tokens.DeleteWhere(func(t token) bool { return t.login.id == loginID })
	p.refreshes.DeleteWhere(func(t refresh) bool { return t.login.id == loginID })
}

// describe is an introspection's answer for an active token.
func (p *Provider) describe(l login, scopes []string, more map[string]any) map[string]any {
	answer := map[string]any{
		"active": true, "client_id": l.request.ClientID, "iss": p.issuer, "username": l.person.Login,
		"sub": p.subjectOf(l.person, l.request.ClientID), "uid": l.person.ID,
	}
	setClaim(answer, "scope", strings.Join(scopes, " "))
	for name, value := range more {
		answer[name] = value
	}
	return answer
}
