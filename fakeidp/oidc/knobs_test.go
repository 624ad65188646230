package oidc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
)

// Somebody in many groups: Okta cuts them off, Entra ID says where they are, JumpCloud has a bare string for one.
func TestGroupsInEveryForm(t *testing.T) {
	s := newStand(t)
	for _, c := range []struct {
		vendor  string
		groups  int
		want    any // of the claim, or how many
		pointer bool
	}{
		{"okta-oin", 0, nil, false}, {"okta-oin", 1, []any{"group-000"}, false}, {"okta-oin", 100, 100, false}, {"okta-oin", 101, 100, false},
		{"entra-default", 1, []any{"00ggroup-000"}, false}, {"entra-default", 200, 200, false}, {"entra-default", 201, nil, true},
		{"jumpcloud", 1, "group-000", false}, {"jumpcloud", 2, []any{"group-000", "group-001"}, false}, {"google-unverified", 3, nil, false},
	} {
		s := s.at(vendorNamed(c.vendor))
		s.house.groups = nil
		for i := range c.groups {
			s.house.groups = append(s.house.groups, fmt.Sprintf("group-%03d", i))
		}
		tokens, _ := s.signOn()
		id := s.part(text(tokens, "id_token"), 1)
		got := id["groups"]
		if list, ok := got.([]any); ok && reflect.TypeOf(c.want) == reflect.TypeFor[int]() {
			got = len(list)
		}
		if !reflect.DeepEqual(got, c.want) || (id["_claim_names"] != nil) != c.pointer {
			t.Errorf("%s with %d groups: %v, %v", c.vendor, c.groups, got, id["_claim_names"])
		}
		if c.pointer {
			s.checkPointer(id, text(tokens, "access_token"), c.groups)
		}
	}
}

// checkPointer follows _claim_sources (Core 5.6.2).
func (s *stand) checkPointer(id map[string]any, access string, want int) {
	s.Helper()
	if names, _ := json.Marshal(id["_claim_names"]); string(names) != `{"groups":"src1"}` {
		s.Errorf("_claim_names %s", names)
	}
	source, _ := id["_claim_sources"].(map[string]any)["src1"].(map[string]any)
	endpoint := text(source, "endpoint")
	res, body := s.post(endpoint, nil, "Authorization", "Bearer "+access)
	if all, _ := s.object(body)["value"].([]any); res.StatusCode != http.StatusOK || len(all) != want {
		s.Errorf("%s: %s, %d groups", endpoint, res.Status, len(all))
	}
	if res, _ := s.post(endpoint, nil, "Authorization", "Bearer x"); res.StatusCode != http.StatusUnauthorized {
		s.Errorf("groups with a bad token: %s", res.Status)
	}
	other := strings.Replace(endpoint, "00uAda00000000000001", "00uGrace0000000000002", 1)
	if res, _ := s.post(other, nil, "Authorization", "Bearer "+access); res.StatusCode != http.StatusForbidden {
		s.Errorf("another person's groups: %s", res.Status)
	}
}

// A pairwise subject is another at every client and the same at every login; the stable id is oid with tid.
func TestPairwiseSubjects(t *testing.T) {
	s := newStand(t)
	claims := func(name string) map[string]any {
		tokens, _ := s.at(vendorNamed(name)).signOn()
		return s.part(text(tokens, "id_token"), 1)
	}
	first, again, other := claims("entra-default"), claims("entra-default"), claims("entra-062020")
	if first["sub"] != again["sub"] || first["sub"] == other["sub"] || first["oid"] != other["oid"] || first["tid"] != other["tid"] || first["oid"] == nil {
		t.Errorf("subjects %v, %v, %v", first, again, other)
	}
	if google, okta := claims("google-unverified"), claims("okta-oin"); google["sub"] == okta["sub"] || google["hd"] != "example.test" {
		t.Errorf("Google's claims %v", google)
	}
}

// The documents of common and organizations have a template for an issuer; tokens that come from there do not.
func TestTemplatedIssuer(t *testing.T) {
	s := newStand(t)
	public := strings.TrimSuffix(s.issuer, "/oauth2/default")
	entra := s.at(vendorNamed("entra-default"))
	for _, alias := range []string{"common", "organizations"} {
		_, body := s.get(public + "/" + alias + "/v2.0/.well-known/openid-configuration")
		document := s.object(body)
		if document["issuer"] != public+"/{tenantid}/v2.0" || document["authorization_endpoint"] != public+"/"+alias+"/oauth2/v2.0/authorize" {
			t.Errorf("%s: %v", alias, document)
		}
		if _, keys := s.get(text(document, "jwks_uri")); !strings.Contains(keys, entra.issuer) {
			t.Errorf("%s: keys %s", alias, keys)
		}
		common := *entra
		common.document = document
		tokens, _ := common.signOn()
		if id := s.part(text(tokens, "id_token"), 1); id["iss"] != entra.issuer {
			t.Errorf("%s: ID token %v", alias, id)
		}
	}
	if res, _ := s.get(public + "/another/v2.0/.well-known/openid-configuration"); res.StatusCode != http.StatusNotFound {
		t.Errorf("another tenant: %s", res.Status)
	}
}

// RFC 9207 section 2: error responses have the issuer too.
func TestRefusalsNameTheIssuer(t *testing.T) {
	s := newStand(t)
	for name, want := range map[string]bool{"generic": true, "google-unverified": true, "okta-oin": false} {
		s := s.at(vendorNamed(name))
		params, _ := s.request("client_id", s.app.ClientID, "prompt", "none", "scope", "openid")
		res, _ := s.get(s.to("authorization_endpoint") + "?" + params.Encode())
		target, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Query(); got.Get("error") != "login_required" || got.Has("iss") != want || want && got.Get("iss") != s.issuer {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Refresh tokens are given to who asks, for what was granted, as long as the person may use the app.
func TestRefreshIsBound(t *testing.T) {
	s := newStand(t)
	generic := s.at(vendorNamed("generic"))
	generic.scopes = "openid email"
	if tokens, _ := generic.signOn(); tokens["refresh_token"] != nil {
		t.Errorf("a refresh token without offline_access: %v", tokens)
	}
	google := s.at(vendorNamed("google-unverified"))
	google.params = nil
	if tokens, _ := google.signOn(); tokens["refresh_token"] != nil {
		t.Errorf("a refresh token without access_type: %v", tokens)
	}
	okta := s.at(vendorNamed("okta-oin"))
	tokens, _ := okta.signOn()
	value := text(tokens, "refresh_token")
	if status, narrow := okta.refresh(value, "scope", "openid email"); status != http.StatusOK || narrow["scope"] != "openid email" {
		t.Errorf("fewer scopes: %d %v", status, narrow)
	} else if _, info := okta.userInfoOf(text(narrow, "access_token")); info["email"] == nil || info["name"] != nil {
		t.Errorf("userinfo with fewer scopes: %v", info)
	}
	if status, body := okta.refresh(value, "scope", "openid address"); status != http.StatusBadRequest || body["error"] != "invalid_scope" {
		t.Errorf("another scope: %d %v", status, body)
	}
	thief := *okta
	thief.app, _ = s.house.AppByClient("client-okta-oin-patch")
	if status, body := thief.refresh(value); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("another client: %d %v", status, body)
	}
	s.house.people[0].Suspended = true
	if status, body := okta.refresh(value); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("a suspended person: %d %v", status, body)
	}
}

// Tokens end: by revocation, by a replayed code, by logout, and an introspection shows it.
func TestTokensEnd(t *testing.T) {
	s := newStand(t)
	okta := s.at(vendorNamed("okta-oin"))
	active := func(value string) bool {
		_, body := okta.authenticated("introspection_endpoint", url.Values{"token": {value}})
		return s.object(body)["active"] == true
	}
	revoke := func(value string) {
		if res, body := okta.authenticated("revocation_endpoint", url.Values{"token": {value}}); res.StatusCode != http.StatusOK {
			t.Errorf("revocation: %s %s", res.Status, body)
		}
	}
	tokens, _ := okta.signOn()
	access, refresh := text(tokens, "access_token"), text(tokens, "refresh_token")
	if !active(access) || !active(refresh) {
		t.Fatal("fresh tokens are not active")
	}
	revoke(access)
	if active(access) || !active(refresh) {
		t.Error("revoking the access token ended the refresh token, or nothing")
	}
	_, again := okta.refresh(refresh)
	revoke(refresh)
	if active(refresh) || active(text(again, "access_token")) {
		t.Error("revoking the refresh token left its access token")
	}
	revoke("nonsense")
	tokens, _ = okta.signOn()
	thief := *okta
	thief.app, _ = s.house.AppByClient("client-okta-oin-patch")
	for _, kind := range []string{"access_token", "refresh_token"} {
		res, body := thief.authenticated("revocation_endpoint", url.Values{"token": {text(tokens, kind)}})
		if res.StatusCode != http.StatusBadRequest || s.object(body)["error"] != "unauthorized_client" || !active(text(tokens, kind)) {
			t.Errorf("another client's %s: %s %s", kind, res.Status, body)
		}
	}
	tokens, _ = okta.signOn()
	okta.get(okta.to("end_session_endpoint") + "?id_token_hint=" + text(tokens, "id_token"))
	if active(text(tokens, "access_token")) || active(text(tokens, "refresh_token")) {
		t.Error("tokens outlive the logout")
	}
}

// Where a logout may lead.
func TestLogoutRedirects(t *testing.T) {
	const registered = "https://app.example/bye?x=1"
	s := newStand(t)
	for i := range s.house.apps {
		if s.house.apps[i].ID != "app-okta-oin" { // which has registered none
			s.house.apps[i].PostLogoutRedirectURIs = []string{registered}
		}
	}
	cases := []struct {
		vendor, target string
		hint           bool
		client         string
		location       string // "": a page
		status         int
	}{
		{"generic", registered, true, "", registered + "&state=s", http.StatusSeeOther},
		{"generic", registered, false, "client-generic", registered + "&state=s", http.StatusSeeOther},
		{"generic", registered, true, "client-generic", registered + "&state=s", http.StatusSeeOther},
		{"generic", registered, true, "client-okta-oin", "", http.StatusBadRequest},
		{"generic", registered, false, "", "", http.StatusBadRequest},
		{"generic", registered, false, "client-okta-oin", "", http.StatusBadRequest},
		{"generic", "https://app.example/other", true, "", "", http.StatusBadRequest},
		{"generic", "", false, "", "", http.StatusOK},
		{"entra-default", registered, true, "", registered + "&state=s", http.StatusSeeOther},
		{"okta-oin", "https://app.example/other", true, "", "https://app.example/other?state=s", http.StatusSeeOther},
		{"okta-oin", "https://app.example/other", false, "client-okta-oin", "", http.StatusBadRequest},
	}
	for _, c := range cases {
		s := s.at(vendorNamed(c.vendor))
		query := url.Values{"state": {"s"}}
		if c.target != "" {
			query.Set("post_logout_redirect_uri", c.target)
		}
		if c.client != "" {
			query.Set("client_id", c.client)
		}
		if c.hint {
			tokens, _ := s.signOn()
			query.Set("id_token_hint", text(tokens, "id_token"))
		}
		res, _ := s.get(s.to("end_session_endpoint") + "?" + query.Encode())
		if res.StatusCode != c.status || res.Header.Get("Location") != c.location {
			t.Errorf("%+v: %s, %s", c, res.Status, res.Header.Get("Location"))
		}
	}
}

func TestResponseModesOfAPersona(t *testing.T) {
	s := newStand(t, func(o *oidc.Options) {
		generic := persona.Generic()
		generic.Name, generic.OIDC.ResponseModes.Value = "narrow", []string{"query"}
		o.Personas = append(o.Personas, generic)
	})
	s.house.apps = append(s.house.apps, control.App{ID: "narrow", Persona: "narrow", ClientID: "narrow", RedirectURIs: []string{redirectURI}})
	params, _ := s.request("client_id", "narrow", "response_mode", "fragment")
	res, _ := s.get(s.provider.Issuer("narrow") + "/authorize?" + params.Encode())
	if target, err := res.Location(); err != nil || target.Query().Get("error") != "invalid_request" {
		t.Errorf("fragment: %s, %v", res.Status, target)
	}
}
