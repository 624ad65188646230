package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keyClient is an app that authenticates by private_key_jwt, and its key.
func (s *stand) keyClient() *ecdsa.PrivateKey {
	s.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k1", Use: "sig", Algorithm: "ES256"}}})
	if err != nil {
		s.Fatal(err)
	}
	s.house.apps = append(s.house.apps, control.App{
		ID: "keys", Persona: "generic", ClientID: "keys", RedirectURIs: []string{redirectURI}, AuthMethod: "private_key_jwt", JWKS: jwks,
	})
	return key
}

func (s *stand) assertion(key *ecdsa.PrivateKey, kid string, claims map[string]any) string {
	s.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		s.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// Client assertions are judged after RFC 7523 section 3.
func TestPrivateKeyJWT(t *testing.T) {
	s := newStand(t)
	key := s.keyClient()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s = s.at(vendorNamed("generic"))
	honest := func() map[string]any {
		return map[string]any{
			"iss": "keys", "sub": "keys", "aud": s.to("token_endpoint"), "exp": time.Now().Add(time.Minute).Unix(), "jti": rand.Text(),
		}
	}
	ask := func(assertion string, more ...string) int {
		params, verifier := s.request("client_id", "keys")
		if err := s.provider.Grant(control.Grant{State: params.Get("state"), Person: "ada@example.test"}); err != nil {
			t.Fatal(err)
		}
		res, _ := s.get(s.to("authorization_endpoint") + "?" + params.Encode())
		target, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {target.Query().Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
			"client_assertion": {assertion}, "client_assertion_type": {assertionType},
		}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		res, _ = s.post(s.to("token_endpoint"), form)
		return res.StatusCode
	}
	if status := ask(s.assertion(key, "k1", honest())); status != http.StatusOK {
		t.Fatalf("a good assertion: %d", status)
	}
	good := honest()
	good["aud"] = []string{"https://other.example", s.issuer}
	if status := ask(s.assertion(key, "", good), "client_id", "keys"); status != http.StatusOK {
		t.Errorf("the issuer in a list of audiences, no kid: %d", status)
	}
	if status := ask(s.assertion(key, "k1", good)); status != http.StatusUnauthorized {
		t.Errorf("the same jti again: %d", status)
	}
	for name, change := range map[string]map[string]any{
		"another issuer": {"iss": "client-generic"}, "another subject": {"sub": "client-generic"}, "another audience": {"aud": "https://other.example"},
		"expired": {"exp": time.Now().Add(-time.Second).Unix()}, "no exp": {"exp": nil}, "far exp": {"exp": time.Now().Add(25 * time.Hour).Unix()},
		"no jti": {"jti": nil}, "not yet": {"nbf": time.Now().Add(time.Minute).Unix()},
	} {
		claims := honest()
		maps.Copy(claims, change)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
		if status := ask(s.assertion(key, "k1", claims)); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := ask(s.assertion(stranger, "k1", honest())); status != http.StatusUnauthorized {
		t.Errorf("a stranger's key: %d", status)
	}
	if status := ask(s.assertion(key, "k2", honest())); status != http.StatusUnauthorized {
		t.Errorf("another kid: %d", status)
	}
	if status := ask("nonsense", "client_id", "keys"); status != http.StatusUnauthorized {
		t.Errorf("no JWT: %d", status)
	}
	if status := ask(s.assertion(key, "k1", honest()), "client_assertion_type", "x"); status != http.StatusBadRequest {
		t.Errorf("another type: %d", status)
	}
	if status := ask("", "client_id", "keys", "client_secret", clientSecret); status != http.StatusUnauthorized {
		t.Errorf("a secret instead: %d", status)
	}
}

// A public client has no secret, and must prove that the code is its own.
func TestPublicClient(t *testing.T) {
	s := newStand(t)
	s.house.apps = append(s.house.apps, control.App{ID: "spa", Persona: "okta-oin", ClientID: "spa", RedirectURIs: []string{redirectURI}, AuthMethod: "none"})
	s = s.at(vendorNamed("okta-oin"))
	params, _ := s.request("client_id", "spa", "code_challenge", "", "code_challenge_method", "")
	if answer := s.authorize(params); answer.Get("error") != "invalid_request" {
		t.Errorf("without PKCE: %v", answer)
	}
	redeem := func(more ...string) (int, map[string]any) {
		params, verifier := s.request("client_id", "spa", "scope", "openid offline_access")
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {s.login(params, "ada@example.test").Get("code")}, "redirect_uri": {redirectURI},
			"code_verifier": {verifier}, "client_id": {"spa"},
		}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		res, body := s.post(s.to("token_endpoint"), form)
		return res.StatusCode, s.object(body)
	}
	status, tokens := redeem()
	if status != http.StatusOK || text(tokens, "refresh_token") == "" {
		t.Fatalf("public client: %d %v", status, tokens)
	}
	if status, body := redeem("client_secret", clientSecret); status != http.StatusUnauthorized {
		t.Errorf("with a secret: %d %v", status, body)
	}
	if status, body := redeem("code_verifier", strings.Repeat("x", 43)); status != http.StatusBadRequest {
		t.Errorf("with another verifier: %d %v", status, body)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text(tokens, "refresh_token")}, "client_id": {"spa"}}
	if res, body := s.post(s.to("token_endpoint"), refresh); res.StatusCode != http.StatusOK || text(s.object(body), "refresh_token") == "" {
		t.Errorf("a public client's refresh token is rotated: %s %s", res.Status, body)
	}
	if res, _ := s.post(s.to("token_endpoint"), refresh); res.StatusCode != http.StatusBadRequest {
		t.Errorf("its old refresh token: %s", res.Status)
	}
	if res, _ := s.post(s.to("introspection_endpoint"), url.Values{"token": {"x"}, "client_id": {"spa"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("introspection by a public client: %s", res.Status)
	}
}

// A vendor's app takes the secret as it does by default, unless the app says otherwise.
func TestUsualAuthentication(t *testing.T) {
	s := newStand(t)
	s.house.apps = append(s.house.apps, control.App{ID: "post", Persona: "onelogin", ClientID: "post", AuthMethod: "client_secret_post"})
	for _, c := range []struct {
		vendor, client string
		basic, post    bool
	}{
		{"okta-oin", "client-okta-oin", true, true}, {"onelogin", "client-onelogin", true, false}, {"jumpcloud", "client-jumpcloud", false, true},
		{"onelogin", "post", false, true},
	} {
		s := s.at(vendorNamed(c.vendor))
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}
		res, _ := s.post(s.to("token_endpoint"), form, "Authorization", basicAuth(c.client, clientSecret))
		form.Set("client_id", c.client)
		form.Set("client_secret", clientSecret)
		res2, _ := s.post(s.to("token_endpoint"), form)
		if basic, post := res.StatusCode == http.StatusBadRequest, res2.StatusCode == http.StatusBadRequest; basic != c.basic || post != c.post {
			t.Errorf("%s: basic %s, post %s", c.client, res.Status, res2.Status)
		}
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	s := newStand(t)
	key := s.keyClient()
	private, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key, KeyID: "k1"}}})
	if err != nil {
		t.Fatal(err)
	}
	good, _ := s.house.AppByClient("keys")
	check := func(app control.App) error {
		p, ok := persona.Find(persona.All(), app.Persona)
		if !ok {
			t.Fatalf("no persona %q", app.Persona)
		}
		return oidc.Check(app, p.OIDC)
	}
	if err := check(good); err != nil {
		t.Error(err)
	}
	for says, app := range map[string]control.App{
		"is none of client_secret_basic": {Persona: "generic", AuthMethod: "tls_client_auth"},
		"is none of client_secret_post":  {Persona: "google-unverified", AuthMethod: "private_key_jwt", JWKS: good.JWKS},
		"needs at least one key":         {Persona: "generic", AuthMethod: "private_key_jwt"},
		"register public keys only":      {Persona: "generic", AuthMethod: "private_key_jwt", JWKS: private},
		"jwks: ":                         {Persona: "generic", AuthMethod: "private_key_jwt", JWKS: json.RawMessage(`[]`)},
		"jwks is for":                    {Persona: "generic", JWKS: good.JWKS},
	} {
		if err := check(app); err == nil || !errors.Is(err, oidc.ErrBadApp) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), `"d"`) {
			t.Errorf("%q: %v", says, err)
		}
	}
}
