package oidc

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"
	"assay/fakeidp/signin"
)

const (
	sessionLifetime = 12 * time.Hour
	logoutTimeout   = 10 * time.Second
	maxLogouts      = 1000     // remembered
	maxLogoutAnswer = 16 << 10 // bytes
	backChannel     = "back"
	frontChannel    = "front"
	logoutTokenType = "logout+jwt" // Back-Channel Logout 2.4
)

// ErrBadLogout says why a logout cannot be; wrapped.
var ErrBadLogout = errors.New("bad logout")

// session is a login that a client has got tokens for, until somebody logs out.
type session struct {
	at     *Provider
	login  login // its session is the sid
	secret string
	begun  time.Time
}

// toldOfLogouts tells whether a client wants to know when a session ends.
func (p *Provider) toldOfLogouts(clientID string) bool {
	app, ok := p.app(clientID)
	return ok && (app.BackchannelLogoutURI != "" || app.FrontchannelLogoutURI != "")
}

// endSessions forgets the sessions for which the condition holds and returns them, oldest first.
func (s *shared) endSessions(ends func(session) bool) []session {
	var ended []session
	s.sessions.DeleteWhere(func(one session) bool {
		if !ends(one) {
			return false
		}
		ended = append(ended, one)
		return true
	})
	slices.SortFunc(ended, bySession)
	return ended
}

func bySession(a, b session) int {
	return cmp.Or(a.begun.Compare(b.begun), strings.Compare(a.login.session, b.login.session))
}

func (s session) show() control.Session {
	return control.Session{
		SID: s.login.session, ClientID: s.login.request.ClientID, Person: s.login.person.ID, Issuer: s.at.issuer,
		Subject: s.at.subjectOf(s.login.person, s.login.request.ClientID), Begun: s.begun,
	}
}

// Sessions lists the sessions at one client, or at all when it is "", oldest first.
func (i *Issuers) Sessions(clientID string) []control.Session {
	var found []session
	i.sessions.DeleteWhere(func(one session) bool {
		if clientID == "" || one.login.request.ClientID == clientID {
			found = append(found, one)
		}
		return false
	})
	slices.SortFunc(found, bySession)
	listed := []control.Session{}
	for _, one := range found {
		listed = append(listed, one.show())
	}
	return listed
}

// Logout ends sessions, with their tokens, and tells their clients. Errors wrap ErrBadLogout, ErrUnknownPerson, ErrUnknownMutation,
// mutation.ErrConflict, mutation.ErrParameter or mutation.ErrStage.
func (i *Issuers) Logout(ctx context.Context, o control.LogoutOrder) (control.Ended, error) {
	if (o.SID == "") == (o.Person == "") {
		return control.Ended{}, fmt.Errorf("%w: name either a session (sid) or a person", ErrBadLogout)
	}
	plan, err := mutation.ResolveLogout(o.Mutations)
	if err != nil {
		return control.Ended{}, fmt.Errorf("logout: %w", err)
	}
	person := ""
	if o.Person != "" {
		found, ok := i.directory.Person(o.Person)
		if !ok {
			return control.Ended{}, fmt.Errorf("%w: %q; there are %s", ErrUnknownPerson, o.Person, i.knownPeople())
		}
		person = found.ID
	}
	ends := func(s session) bool {
		return (o.SID == "" || s.login.session == o.SID) && (person == "" || s.login.person.ID == person) && (o.ClientID == "" || s.login.request.ClientID == o.ClientID)
	}
	return i.logOut(ctx, ends, plan), nil
}

// Suspended logs a person out of the apps whose vendor does that to somebody who is suspended.
func (i *Issuers) Suspended(ctx context.Context, personID string) control.Ended {
	return i.logOut(ctx, func(s session) bool {
		return s.login.person.ID == personID && s.at.face.SuspensionLogsOut.Value
	}, mutation.Plan{})
}

func (i *Issuers) logOut(ctx context.Context, ends func(session) bool, plan mutation.Plan) control.Ended {
	ended := i.endSessions(ends)
	out := control.Ended{Sessions: []control.Session{}, Logouts: []control.Logout{}}
	for _, s := range ended {
		s.at.revokeFamily(s.login.id)
		out.Sessions = append(out.Sessions, s.show())
	}
	out.Logouts = append(out.Logouts, i.tell(ctx, ended, plan)...)
	return out
}

// tell tells the clients of sessions that these have ended, and remembers that.
func (s *shared) tell(ctx context.Context, ended []session, plan mutation.Plan) []control.Logout {
	var calls []control.Logout
	for _, one := range ended {
		calls = append(calls, one.tell(ctx, plan.And(s.habits.of(one.login.request.ClientID).plan))...)
	}
	s.logouts.add(calls)
	return calls
}

func (s session) tell(ctx context.Context, plan mutation.Plan) []control.Logout {
	app, ok := s.at.app(s.login.request.ClientID)
	if !ok {
		return nil
	}
	var calls []control.Logout
	if app.BackchannelLogoutURI != "" {
		calls = append(calls, s.post(ctx, plan, app.BackchannelLogoutURI)...)
	}
	if app.FrontchannelLogoutURI != "" {
		call := mutation.Answer{Params: url.Values{"iss": {s.at.issuer}, "sid": {s.login.session}}} // Front-Channel Logout 2
		plan.Answer(mutation.LogoutCall, s.facts(), &call)
		logout := s.logout(frontChannel)
		logout.URL = answer{to: app.FrontchannelLogoutURI, params: call.Params}.url()
		calls = append(calls, logout)
	}
	return calls
}

func (s session) logout(channel string) control.Logout {
	return control.Logout{Time: s.at.now(), Channel: channel, SID: s.login.session, ClientID: s.login.request.ClientID, Person: s.login.person.ID}
}

func (s session) facts() mutation.Login {
	facts := s.at.facts(s.login)
	facts.ClientSecret = s.secret
	return facts
}

// post delivers a logout token (Back-Channel Logout 2.5), more than once if the plan says so.
func (s session) post(ctx context.Context, plan mutation.Plan, address string) []control.Logout {
	logout := s.logout(backChannel)
	token, err := s.token(plan)
	if err != nil {
		logout.Exchange = &control.Exchange{Time: s.at.now(), Method: http.MethodPost, URL: address, Error: err.Error()}
		return []control.Logout{logout}
	}
	logout.Header, logout.Claims = shown(token)
	call := mutation.Answer{Params: url.Values{"logout_token": {token}}}
	plan.Answer(mutation.LogoutCall, s.facts(), &call)
	times := 1
	if call.Twice {
		times = 2
	}
	var calls []control.Logout
	for range times {
		exchange := s.at.deliver(ctx, address, call.Params)
		logout.Exchange = &exchange
		calls = append(calls, logout)
	}
	return calls
}

func (s session) token(plan mutation.Plan) (string, error) {
	key, err := s.at.keys.forSigning()
	if err != nil {
		return "", err
	}
	facts := s.facts()
	facts.Key, facts.KeyID = key.private, key.id
	claims := mutation.LogoutToken(facts, signin.Random(16), s.at.subjectOf(s.login.person, s.login.request.ClientID), s.login.session)
	if err := plan.Edit(mutation.LogoutClaims, facts, claims); err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode logout token: %w", err)
	}
	return plan.Seal(mutation.LogoutSeal, facts, payload, logoutTokenType)
}

// shown is what a token says, without what would let somebody use it again.
func shown(token string) (header, claims string) {
	segments := strings.Split(token, ".")
	if len(segments) < 2 {
		return "", ""
	}
	text := func(segment string) string {
		data, err := base64.RawURLEncoding.DecodeString(segment)
		if err != nil {
			return segment
		}
		return string(data)
	}
	return text(segments[0]), text(segments[1])
}

// deliver posts a form and keeps the exchange, without the token.
func (p *Provider) deliver(ctx context.Context, address string, form url.Values) (made control.Exchange) {
	made = control.Exchange{
		Time: p.now(), Method: http.MethodPost, URL: address,
		RequestHeader: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
	if form.Has("logout_token") {
		made.RequestBody = "logout_token=" + redacted
	}
	begun := time.Now()
	defer func() { made.DurationMS = float64(time.Since(begun).Microseconds()) / 1000 }()
	ctx, cancel := context.WithTimeout(ctx, logoutTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		made.Error = err.Error()
		return made
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		made.Error = err.Error()
		return made
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxLogoutAnswer))
	if err != nil {
		made.Error = err.Error()
	}
	res.Header.Del("Set-Cookie")
	made.Status, made.ResponseHeader, made.ResponseBody = res.StatusCode, res.Header, strings.ToValidUTF8(string(body), "�")
	return made
}

// logouts remembers what clients were told, the last maxLogouts.
type logouts struct {
	mu   sync.Mutex
	told []control.Logout
}

func (l *logouts) add(calls []control.Logout) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, calls...)
	if more := len(l.told) - maxLogouts; more > 0 {
		l.told = slices.Delete(l.told, 0, more)
	}
}

// Logouts lists what a client was told of logouts, oldest first.
func (i *Issuers) Logouts(clientID string) []control.Logout {
	i.logouts.mu.Lock()
	defer i.logouts.mu.Unlock()
	found := []control.Logout{}
	for _, one := range i.logouts.told {
		if one.ClientID == clientID {
			found = append(found, one)
		}
	}
	return found
}
