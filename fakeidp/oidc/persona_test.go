package oidc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	library "github.com/zitadel/oidc/v3/pkg/oidc"
)

// stand is a provider with an app of every persona, and the discovery document of one of them.
type stand struct {
	*rig
	vendor
	app      control.App
	document map[string]any
}

func newStand(t *testing.T, change ...func(*oidc.Options)) *stand {
	t.Helper()
	r := newRig(t, append([]func(*oidc.Options){func(o *oidc.Options) { o.Personas = persona.All() }}, change...)...)
	for _, name := range persona.Names() {
		r.house.apps = append(r.house.apps, control.App{ID: "app-" + name, Persona: name, ClientID: "client-" + name, RedirectURIs: []string{redirectURI}})
	}
	return &stand{rig: r}
}

// at turns to a vendor.
func (s *stand) at(v vendor) *stand {
	s.Helper()
	next := &stand{rig: &rig{T: s.T, provider: s.provider, house: s.house, issuer: s.provider.Issuer(v.name), browser: s.browser}, vendor: v}
	next.app, _ = s.house.AppByClient("client-" + v.name)
	_, body := s.get(strings.TrimSuffix(next.issuer, "/") + "/.well-known/openid-configuration")
	next.document = s.object(body)
	return next
}

// to is the URL of an endpoint.
func (s *stand) to(endpoint string) string { return text(s.document, endpoint) }

// signOn logs Ada on by machine, and returns the token response and its nonce.
func (s *stand) signOn(changes ...string) (tokens map[string]any, nonce string) {
	s.Helper()
	params, verifier := s.request(append([]string{"client_id", s.app.ClientID, "scope", s.scopes}, slices.Concat(s.params, changes)...)...)
	if err := s.provider.Grant(control.Grant{State: params.Get("state"), Person: "ada@example.test"}); err != nil {
		s.Fatal(err)
	}
	res, body := s.get(s.to("authorization_endpoint") + "?" + params.Encode())
	target, err := res.Location()
	if err != nil {
		s.Fatalf("%s: authorize: %s %s", s.name, res.Status, body)
	}
	answer := target.Query()
	if got := strings.Join(keysOf(asObject(answer)), " "); got != s.answer || answer.Has("iss") && answer.Get("iss") != s.issuer {
		s.Errorf("%s: authorization response has %s, want %s", s.name, got, s.answer)
	}
	status, tokens := s.token(url.Values{"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}})
	if status != http.StatusOK {
		s.Fatalf("%s: token: %d %v", s.name, status, tokens)
	}
	return tokens, params.Get("nonce")
}

func asObject(values url.Values) map[string]any {
	object := map[string]any{}
	for name := range values {
		object[name] = values.Get(name)
	}
	return object
}

// token asks the token endpoint, with the authentication that is usual at the vendor.
func (s *stand) token(form url.Values) (int, map[string]any) {
	s.Helper()
	res, body := s.authenticated("token_endpoint", form)
	return res.StatusCode, s.object(body)
}

func (s *stand) authenticated(endpoint string, form url.Values) (*http.Response, string) {
	s.Helper()
	if s.name == "jumpcloud" {
		form.Set("client_id", s.app.ClientID)
		form.Set("client_secret", clientSecret)
		return s.post(s.to(endpoint), form)
	}
	return s.post(s.to(endpoint), form, "Authorization", basicAuth(s.app.ClientID, clientSecret))
}

func (s *stand) refresh(value string, more ...string) (int, map[string]any) {
	s.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {value}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return s.token(form)
}

func (s *stand) userInfoOf(access string) (int, map[string]any) {
	s.Helper()
	res, body := s.post(s.to("userinfo_endpoint"), nil, "Authorization", "Bearer "+access)
	return res.StatusCode, s.object(body)
}

// Each persona has its own issuer, document, claims and tokens, all in one process.
func TestEveryPersona(t *testing.T) {
	s := newStand(t)
	public := strings.TrimSuffix(s.issuer, "/oauth2/default")
	for _, v := range vendors() {
		s := s.at(v)
		s.checkDocument(public)
		s.checkKeys()
		tokens, nonce := s.signOn()
		id := s.part(text(tokens, "id_token"), 1)
		if got := strings.Join(keysOf(id), " "); got != v.idToken {
			t.Errorf("%s: ID token has %s\nwant %s", v.name, got, v.idToken)
		}
		if id["iss"] != s.issuer || id["aud"] != s.app.ClientID || id["nonce"] != nonce || !regexp.MustCompile(v.sub).MatchString(text(id, "sub")) {
			t.Errorf("%s: ID token %v", v.name, id)
		}
		status, info := s.userInfoOf(text(tokens, "access_token"))
		if got := strings.Join(keysOf(info), " "); status != http.StatusOK || got != v.userInfo || info["sub"] != id["sub"] {
			t.Errorf("%s: userinfo %d has %s, want %s", v.name, status, got, v.userInfo)
		}
		if opaque := strings.Count(text(tokens, "access_token"), ".") == 0; opaque != v.opaque {
			t.Errorf("%s: access token %q", v.name, tokens["access_token"])
		}
		s.checkRefresh(tokens)
	}
	for _, v := range vendors() {
		if !slices.Contains(persona.Names(), v.name) {
			t.Errorf("%s is no persona", v.name)
		}
	}
	if len(vendors()) != len(persona.All()) {
		t.Errorf("%d of %d personas are in the table", len(vendors()), len(persona.All()))
	}
}

func (s *stand) checkDocument(public string) {
	s.Helper()
	if s.issuer != public+s.path || s.document["issuer"] != s.issuer {
		s.Errorf("%s: issuer %s, in the document %v, want %s", s.name, s.issuer, s.document["issuer"], public+s.path)
	}
	for i, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "introspection_endpoint",
		"revocation_endpoint", "end_session_endpoint"} {
		want := s.paths[i]
		if want != "" {
			want = public + want
		}
		if s.to(name) != want {
			s.Errorf("%s: %s is %q, want %q", s.name, name, s.to(name), want)
		}
	}
	for _, member := range append([]string{s.extra}, "response_types_supported", "id_token_signing_alg_values_supported") {
		if s.document[member] == nil {
			s.Errorf("%s: the discovery document has no %s", s.name, member)
		}
	}
	for _, member := range s.without {
		if s.document[member] != nil {
			s.Errorf("%s: the discovery document has %s", s.name, member)
		}
	}
	if kinds, _ := json.Marshal(s.document["subject_types_supported"]); string(kinds) != `["`+s.kind+`"]` {
		s.Errorf("%s: subject types %s", s.name, kinds)
	}
	if names, _ := json.Marshal(s.document["claims_supported"]); s.document["claims_supported"] != nil && !strings.Contains(string(names), `"sub"`) {
		s.Errorf("%s: claims %s", s.name, names)
	}
}

func (s *stand) checkKeys() {
	s.Helper()
	_, body := s.get(s.to("jwks_uri"))
	keys, _ := s.object(body)["keys"].([]any)
	if len(keys) != s.keys {
		s.Errorf("%s: %d keys, want %d", s.name, len(keys), s.keys)
	}
	for _, key := range keys {
		object, _ := key.(map[string]any)
		if got := strings.Join(keysOf(object), " "); got != s.jwk {
			s.Errorf("%s: key has %s, want %s", s.name, got, s.jwk)
		}
		if x5t, ok := object["x5t"]; ok && x5t != object["kid"] {
			s.Errorf("%s: kid %v is not x5t %v", s.name, object["kid"], x5t)
		}
	}
}

// checkRefresh uses a refresh token twice.
func (s *stand) checkRefresh(tokens map[string]any) {
	s.Helper()
	first := text(tokens, "refresh_token")
	status, again := s.refresh(first)
	if status != http.StatusOK {
		s.Fatalf("%s: refresh: %d %v", s.name, status, again)
	}
	before, after := s.part(text(tokens, "id_token"), 1), s.part(text(again, "id_token"), 1)
	if after["nonce"] != nil || after["sub"] != before["sub"] || after["iss"] != before["iss"] || after["auth_time"] != before["auth_time"] {
		s.Errorf("%s: refreshed ID token %v", s.name, after)
	}
	second, status2 := text(again, "refresh_token"), 0
	if (second == "") != (s.rotation == "never") || second == first {
		s.Errorf("%s: refresh gives %q", s.name, second)
	}
	status, _ = s.refresh(first)
	if want := map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[s.rotation == "once"]; status != want {
		s.Errorf("%s: the refresh token again: %d, want %d", s.name, status, want)
	}
	if s.rotation != "once" {
		return
	}
	if status2, _ = s.refresh(second); status2 != http.StatusBadRequest {
		s.Errorf("%s: the rotated token after a reuse: %d", s.name, status2)
	}
	if status, _ := s.userInfoOf(text(again, "access_token")); status != http.StatusUnauthorized {
		s.Errorf("%s: userinfo after a reuse: %d", s.name, status)
	}
}

// zitadel's relying party is strict about most of Core 3.1.3.7: it must be able to log in at every persona.
func TestRelyingPartyOfTheLibraryLogsInEverywhere(t *testing.T) {
	s := newStand(t)
	for _, v := range vendors() {
		s := s.at(v)
		nonce := func(context.Context) string { return "nonce-1" }
		party, err := rp.NewRelyingPartyOIDC(t.Context(), s.issuer, s.app.ClientID, clientSecret, redirectURI, strings.Fields(v.scopes),
			rp.WithPKCE(nil), rp.WithVerifierOpts(rp.WithNonce(nonce)))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		verifier := strings.Repeat("v", 43)
		if err := s.provider.Grant(control.Grant{State: "state-1", Person: "grace@example.test"}); err != nil {
			t.Fatal(err)
		}
		res, _ := s.get(rp.AuthURL("state-1", party, rp.WithCodeChallenge(library.NewSHACodeChallenge(verifier)), rp.AuthURLOpt(rp.WithURLParam("nonce", "nonce-1"))))
		target, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := rp.CodeExchange[*library.IDTokenClaims](t.Context(), target.Query().Get("code"), party, rp.WithCodeVerifier(verifier))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		info, err := rp.Userinfo[*library.UserInfo](t.Context(), tokens.AccessToken, "Bearer", tokens.IDTokenClaims.Subject, party)
		if err != nil || info.Email != "grace@example.test" {
			t.Errorf("%s: userinfo %+v, %v", v.name, info, err)
		}
	}
}

// An issuer is the host where its persona is the IdP's own, and nowhere else; all addresses follow.
func TestOwnPersonaHasTheHost(t *testing.T) {
	for name, want := range map[string]string{"google-unverified": "", "jumpcloud": "/", "okta-aiw": "", "pingfederate": "", "generic": "/oidc"} {
		issuers, err := oidc.New(oidc.Options{PublicURL: "https://idp.example", Personas: persona.All(), Own: name, Directory: newHouse()})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		issuers.Register(mux)
		if got := issuers.Issuer(name); got != "https://idp.example"+want {
			t.Errorf("%s: issuer %s", name, got)
		}
		if got := issuers.Issuer("okta-oin"); got != "https://idp.example/oauth2/default" {
			t.Errorf("okta-oin beside %s: issuer %s", name, got)
		}
	}
}

// A persona that differs from another in its knobs but not in its paths has them below its own name.
func TestTakenPathsMove(t *testing.T) {
	acme := persona.OktaOIN()
	acme.Name, acme.OIDC.ThinIDToken.Value = "acme", false
	same := persona.OktaOIN()
	same.Name = "same"
	graph := persona.EntraDefault()
	graph.Name, graph.OIDC.Tenant.Value = "graph", "22222222-2222-4222-8222-222222222222"
	issuers, err := oidc.New(oidc.Options{PublicURL: "https://idp.example", Personas: append(persona.All(), acme, same, graph), Own: "okta-oin", Directory: newHouse()})
	if err != nil {
		t.Fatal(err)
	}
	issuers.Register(http.NewServeMux()) // panics when two have one path
	if got := issuers.Issuer("acme"); got != "https://idp.example/acme/oauth2/default" {
		t.Errorf("acme: issuer %s", got)
	}
	if got := issuers.Issuer("graph"); got != "https://idp.example/graph/22222222-2222-4222-8222-222222222222/v2.0" {
		t.Errorf("a second tenant, whose groups are where the first one's are: issuer %s", got)
	}
	if issuers.Issuer("same") != issuers.Issuer("okta-oin") || issuers.Issuer("nobody") != "" {
		t.Errorf("same: issuer %s", issuers.Issuer("same"))
	}
}

func TestPersonaWithOnePathTwice(t *testing.T) {
	acme := persona.Generic()
	acme.Name, acme.OIDC.Endpoints.Value.Token = "acme", "/oidc/login"
	_, err := oidc.New(oidc.Options{PublicURL: "https://idp.example", Personas: []persona.Persona{acme}, Directory: newHouse()})
	if err == nil || !strings.Contains(err.Error(), `persona "acme": two endpoints have the path /oidc/login`) {
		t.Errorf("%v", err)
	}
}

// An app is a client of its own issuer only, and a token of one issuer is none of another's.
func TestIssuersAreApart(t *testing.T) {
	s := newStand(t)
	okta, generic := s.at(vendors()[0]), s.at(vendors()[10])
	params, _ := s.request("client_id", generic.app.ClientID)
	if res, _ := s.get(okta.to("authorization_endpoint") + "?" + params.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("foreign app: %s", res.Status)
	}
	tokens, _ := okta.signOn()
	if status, _ := generic.userInfoOf(text(tokens, "access_token")); status != http.StatusUnauthorized {
		t.Errorf("userinfo with a foreign token: %d", status)
	}
	if status, body := generic.refresh(text(tokens, "refresh_token")); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("refresh with a foreign token: %d %v", status, body)
	}
}
