package oidc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
)

// ear is a client's back-channel logout endpoint.
type ear struct {
	url   string
	mu    sync.Mutex
	heard []url.Values
}

func newEar(t *testing.T) *ear {
	e := &ear{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, r.PostForm)
		http.SetCookie(w, &http.Cookie{Name: "secret", Value: "cookie"})
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	e.url = s.URL + "/backchannel?tenant=a"
	return e
}

// take returns what was heard since the last time.
func (e *ear) take() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

// enter logs somebody in at a client.
func (r *rig) enter(person string) (tokens map[string]any) {
	r.Helper()
	params, verifier := r.request("scope", "openid offline_access")
	_, tokens = r.exchange(r.login(params, person).Get("code"), verifier)
	if text(tokens, "id_token") == "" {
		r.Fatalf("tokens %v", tokens)
	}
	return tokens
}

// logout pictures what an app is told when a session ends with these mutations.
func (s *studio) logout(seen picture, mutations ...string) {
	s.Helper()
	sid := text(s.part(text(s.enter("ada@example.test"), "id_token"), 1), "sid")
	ended, err := s.provider.Logout(s.Context(), control.LogoutOrder{SID: sid, Mutations: mutations})
	if err != nil || len(ended.Sessions) != 1 {
		s.Fatalf("%q: %+v, %v", mutations, ended, err)
	}
	heard := s.ear.take()
	seen["logout"] = fmt.Sprintf("posted %d", len(heard))
	if len(heard) == 2 && heard[0].Encode() == heard[1].Encode() {
		seen["logout"] = "posted twice, the same"
	}
	for name := range heard[0] {
		seen["logout."+name] = "there"
	}
	s.token(seen, "logout", heard[0].Get("logout_token"))
	for name, value := range seen {
		if strings.HasPrefix(name, "logout claims.") && value == sid {
			seen[name] = "of the session"
		}
	}
	if jti := seen["logout claims.jti"]; len(jti) == 22 {
		seen["logout claims.jti"] = "random"
	}
	front := ended.Logouts[len(ended.Logouts)-1]
	target, err := url.Parse(front.URL)
	if err != nil || front.Channel != "front" || target.Query().Get("x") != "1" {
		s.Fatalf("front channel: %+v, %v", front, err)
	}
	seen["front"] = target.Host + target.Path
	for name, values := range target.Query() {
		seen["front."+name] = strings.ReplaceAll(s.name(strings.Join(values, " and ")), sid, "of the session")
	}
}

func newTalker(t *testing.T) (*rig, *ear) {
	r := newRig(t, func(o *oidc.Options) {
		p := persona.OktaOIN()
		p.OIDC.BackChannelLogout.Value, p.OIDC.SuspensionLogsOut.Value = true, true
		o.Personas = []persona.Persona{p}
	})
	e := newEar(t)
	r.house.apps[0].BackchannelLogoutURI, r.house.apps[0].FrontchannelLogoutURI = e.url, "https://app.example/front"
	return r, e
}

// An honest logout token is what Back-Channel Logout 1.0 section 2.4 asks for, and the exchange is kept without it.
func TestHonestLogout(t *testing.T) {
	s := newStudio(t)
	seen := picture{}
	s.logout(seen)
	for key, want := range map[string]string{
		"logout": "posted 1", "logout header.alg": "RS256", "logout header.typ": "logout+jwt", "logout header.kid": "KID", "logout signature": "RS256 by the published key",
		"logout claims.iss": "ISSUER", "logout claims.aud": clientID, "logout claims.sub": "00uAda00000000000001", "logout claims.sid": "of the session",
		"logout claims.iat": "now+0s", "logout claims.exp": "now+120s", "logout claims.jti": "random",
		"logout claims.events": `{"http://schemas.openid.net/event/backchannel-logout":{}}`,
		"front":                "app.example/front", "front.iss": "ISSUER", "front.sid": "of the session",
	} {
		if seen[key] != want {
			t.Errorf("%s is %q, want %q", key, seen[key], want)
		}
	}
	told := s.provider.Logouts(clientID)
	if len(told) != 2 || told[0].Channel != "back" || told[1].Channel != "front" {
		t.Fatalf("told %+v", told)
	}
	x := told[0].Exchange
	if x.Method != "POST" || x.URL != s.ear.url || x.Status != 204 || x.ResponseHeader["Set-Cookie"] != nil || x.RequestBody != "logout_token=[redacted]" ||
		!strings.Contains(told[0].Claims, "backchannel-logout") || x.DurationMS <= 0 {
		t.Errorf("exchange %+v of %s", x, told[0].Claims)
	}
}

// What ends a session ends those that it names, with their tokens, and no others.
func TestWhatEndsSessions(t *testing.T) {
	r, ear := newTalker(t)
	ada, again, grace := r.enter("ada@example.test"), r.enter("ada@example.test"), r.enter("grace@example.test")
	sid := func(tokens map[string]any) string { return text(r.part(text(tokens, "id_token"), 1), "sid") }
	left := func() string {
		var sids []string
		for _, s := range r.provider.Sessions(clientID) {
			sids = append(sids, map[string]string{sid(ada): "ada", sid(again): "again", sid(grace): "grace"}[s.SID])
		}
		return strings.Join(sids, " ")
	}
	steps := []struct {
		name  string
		do    func()
		left  int
		posts int
		dead  map[string]any
	}{
		{"RP-initiated logout", func() {
			res, body := r.get(r.issuer + "/v1/logout?" + url.Values{
				"id_token_hint": {text(ada, "id_token")}, "post_logout_redirect_uri": {"https://app.example/bye"}, "state": {"s"},
			}.Encode())
			if want := "https://app.example/front?iss=" + url.QueryEscape(r.issuer) + "&amp;sid=" + sid(ada); !strings.Contains(body, `<iframe src="`+want) {
				t.Errorf("page without an iframe of %s: %s", want, body)
			}
			if res.Header.Get("Refresh") != "2; url=https://app.example/bye?state=s" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-src https://app.example") {
				t.Errorf("header %v", res.Header)
			}
		}, 2, 1, ada},
		{"the person is suspended", func() {
			r.house.people[0].Suspended = true
			r.provider.Suspended(t.Context(), r.house.people[0].ID)
		}, 1, 1, again},
		{"the control API", func() {
			ended, err := r.provider.Logout(t.Context(), control.LogoutOrder{Person: "grace@example.test", ClientID: clientID})
			if err != nil || len(ended.Sessions) != 1 || ended.Sessions[0].SID != sid(grace) || ended.Sessions[0].Subject != "00uGrace0000000000002" {
				t.Errorf("%+v, %v", ended, err)
			}
		}, 0, 1, grace},
	}
	for _, step := range steps {
		step.do()
		if got := len(r.provider.Sessions("")); got != step.left {
			t.Errorf("%s: left are %s", step.name, left())
		}
		if heard := ear.take(); len(heard) != step.posts {
			t.Errorf("%s: %d posts", step.name, len(heard))
		}
		if status, _ := r.userInfo(text(step.dead, "access_token")); status != http.StatusUnauthorized {
			t.Errorf("%s: the access token is still good: %d", step.name, status)
		}
	}
}

// An endpoint that is out of reach is an error of the exchange, not of the logout; an app that is told of nothing has no sid.
func TestLogoutsThatFail(t *testing.T) {
	r, _ := newTalker(t)
	r.house.apps[0].BackchannelLogoutURI = "http://127.0.0.1:1/backchannel"
	r.house.apps[0].FrontchannelLogoutURI = ""
	r.enter("ada@example.test")
	begun := time.Now()
	ended, err := r.provider.Logout(t.Context(), control.LogoutOrder{Person: "ada@example.test"})
	if err != nil || len(ended.Logouts) != 1 || ended.Logouts[0].Exchange.Error == "" || time.Since(begun) > 5*time.Second {
		t.Errorf("%+v, %v", ended, err)
	}
	r.house.apps[0].BackchannelLogoutURI = ""
	if claims := r.part(text(r.enter("ada@example.test"), "id_token"), 1); claims["sid"] != nil {
		t.Errorf("claims %v", claims)
	}
	for want, o := range map[string]control.LogoutOrder{
		"either": {}, "either ": {SID: "s", Person: "ada@example.test"}, "bob": {Person: "bob"}, "wrong-nonce": {SID: "s", Mutations: []string{"wrong-nonce"}},
	} {
		if _, err := r.provider.Logout(t.Context(), o); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := oidc.Check(control.App{BackchannelLogoutURI: "https://app.example/b"}, persona.OktaOIN().OIDC); err == nil || !strings.Contains(err.Error(), "backchannel_logout_uri") {
		t.Errorf("a back channel at Okta: %v", err)
	}
}
