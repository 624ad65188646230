package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
)

func TestAuthorizeRefusals(t *testing.T) {
	r := newRig(t)
	redirected := []struct {
		name, code string
		change     []string
	}{
		{"implicit", "unsupported_response_type", []string{"response_type", "id_token token"}},
		{"no response_type", "invalid_request", []string{"response_type", ""}},
		{"no openid", "invalid_scope", []string{"scope", "profile"}},
		{"unknown scope", "invalid_scope", []string{"scope", "openid admin"}},
		{"plain PKCE", "invalid_request", []string{"code_challenge_method", "plain"}},
		{"PKCE without method", "invalid_request", []string{"code_challenge_method", ""}},
		{"short challenge", "invalid_request", []string{"code_challenge", "abc"}},
		{"no prompt allowed", "login_required", []string{"prompt", "none"}},
		{"contradictory prompt", "invalid_request", []string{"prompt", "none login"}},
		{"request object", "request_not_supported", []string{"request", "e30.e30."}},
		{"bad hint", "invalid_request", []string{"id_token_hint", "nonsense"}},
		{"no state", "invalid_request", []string{"state", ""}},
	}
	for _, c := range redirected {
		params, _ := r.request(c.change...)
		answer := r.authorize(params)
		if answer.Get("error") != c.code || answer.Get("state") != params.Get("state") || answer.Has("code") {
			t.Errorf("%s: %v", c.name, answer)
		}
	}
	shown := [][]string{
		{"client_id", "0oaNobody"}, {"client_id", ""}, {"redirect_uri", ""}, {"redirect_uri", "https://app.example/callback"},
		{"redirect_uri", "https://app.example/callback?tenant=a b"}, {"redirect_uri", redirectURI + "#x"}, {"redirect_uri", "https://evil.example/"},
	}
	for _, change := range shown {
		params, _ := r.request(change...)
		if res, body := r.get(r.issuer + "/v1/authorize?" + params.Encode()); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%v: %s %s", change, res.Status, body)
		}
	}
	params, _ := r.request()
	if res, _ := r.get(r.issuer + "/v1/authorize?" + params.Encode() + "&state=again"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("state twice: %s", res.Status)
	}
}

func TestWhoMayLogIn(t *testing.T) {
	r := newRig(t)
	for person, description := range map[string]string{
		"mallory@example.test": "User is not assigned to the client application.", "sam@example.test": "User is suspended.",
	} {
		params, _ := r.request()
		answer := r.login(params, person)
		if answer.Get("error") != "access_denied" || answer.Get("error_description") != description || answer.Has("code") {
			t.Errorf("%s: %v", person, answer)
		}
	}
	params, verifier := r.request()
	_, tokens := r.exchange(r.login(params, "ada@example.test").Get("code"), verifier)
	r.house.people[0].Suspended = true
	if status, _ := r.userInfo(text(tokens, "access_token")); status != http.StatusUnauthorized {
		t.Errorf("userinfo of a suspended person: %d", status)
	}
}

func TestResponseModes(t *testing.T) {
	r := newRig(t)
	params, verifier := r.request("response_mode", "fragment")
	if err := r.provider.Grant(control.Grant{State: params.Get("state"), Person: "ada@example.test"}); err != nil {
		t.Fatal(err)
	}
	res, _ := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	before, fragment, _ := strings.Cut(res.Header.Get("Location"), "#")
	values, err := url.ParseQuery(fragment)
	if err != nil || before != redirectURI || values.Get("code") == "" {
		t.Errorf("fragment: %s", res.Header.Get("Location"))
	}
	if status, body := r.exchange(values.Get("code"), verifier); status != http.StatusOK {
		t.Errorf("code from the fragment: %d %v", status, body)
	}
	for person, field := range map[string]string{"ada@example.test": "code", "mallory@example.test": "error"} {
		params, _ = r.request("response_mode", "form_post")
		if err := r.provider.Grant(control.Grant{State: params.Get("state"), Person: person}); err != nil {
			t.Fatal(err)
		}
		res, _ = r.get(r.issuer + "/v1/authorize?" + params.Encode())
		res, body := r.get(res.Header.Get("Location"))
		if res.StatusCode != http.StatusOK || !strings.Contains(body, `name="`+field+`"`) || !strings.Contains(body, `action="`+redirectURI+`"`) {
			t.Errorf("form_post for %s: %s %s", person, res.Status, body)
		}
	}
}

func TestDiscoveryAndKeys(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		res, body := r.get(r.issuer + path)
		document := r.object(body)
		if document["issuer"] != r.issuer || res.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %s", path, body)
		}
		for _, name := range []string{"authorization", "token", "userinfo", "introspection", "revocation", "end_session"} {
			address := text(document, name+"_endpoint")
			if !strings.HasPrefix(address, r.issuer+"/v1/") {
				t.Errorf("%s_endpoint is %q", name, address)
			}
			if res, _ := r.post(address, nil); res.StatusCode == http.StatusNotFound {
				t.Errorf("%s is advertised and not there", address)
			}
		}
		want := map[string]string{
			"code_challenge_methods_supported": `["S256"]`, "response_types_supported": `["code"]`, "grant_types_supported": `["authorization_code","refresh_token"]`,
			"token_endpoint_auth_methods_supported": `["client_secret_basic","client_secret_post","private_key_jwt","none"]`, "id_token_signing_alg_values_supported": `["RS256"]`,
		}
		for name, value := range want {
			if got, _ := json.Marshal(document[name]); string(got) != value {
				t.Errorf("%s is %s", name, got)
			}
		}
	}
	res, body := r.get(r.issuer + "/v1/keys")
	keys, _ := r.object(body)["keys"].([]any)
	if len(keys) != 1 || !slices.Equal(keysOf(keys[0].(map[string]any)), []string{"alg", "e", "kid", "kty", "n", "use"}) ||
		!strings.Contains(res.Header.Get("Cache-Control"), "max-age=") {
		t.Errorf("keys: %v %s", res.Header, body)
	}
	for _, path := range []string{"/healthz", "/ready", "/v1/nothing"} {
		if res, _ := r.get(r.issuer + path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if res, _ := r.get(r.issuer + "/v1/token"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET token: %s", res.Status)
	}
}

func TestIntrospectRevokeLogout(t *testing.T) {
	r := newRig(t)
	auth := []string{"Authorization", basicAuth(clientID, clientSecret)}
	issue := func() (access, id string) {
		params, verifier := r.request()
		_, tokens := r.exchange(r.login(params, "ada@example.test").Get("code"), verifier)
		return text(tokens, "access_token"), text(tokens, "id_token")
	}
	active := func(access string, auth ...string) map[string]any {
		_, body := r.post(r.issuer+"/v1/introspect", url.Values{"token": {access}}, auth...)
		return r.object(body)
	}
	access, _ := issue()
	if got := active(access, auth...); got["active"] != true || got["uid"] != "00uAda00000000000001" || got["client_id"] != clientID {
		t.Errorf("introspection %v", got)
	}
	if got := active(access, "Authorization", basicAuth("0oaOther", clientSecret)); got["active"] == true {
		t.Errorf("introspection by a stranger %v", got)
	}
	if res, _ := r.post(r.issuer+"/v1/introspect", url.Values{"token": {access}}, "Authorization", basicAuth(clientID, "x")); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("introspection without secret: %s", res.Status)
	}
	if res, body := r.post(r.issuer+"/v1/revoke", url.Values{"token": {access}}, auth...); res.StatusCode != http.StatusOK {
		t.Errorf("revocation: %s %s", res.Status, body)
	}
	if got := active(access, auth...); got["active"] == true {
		t.Errorf("introspection after revocation %v", got)
	}
	access, id := issue()
	query := url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {"https://app.example/bye"}, "state": {"s"}}
	if res, body := r.get(r.issuer + "/v1/logout?" + query.Encode()); res.Header.Get("Location") != "https://app.example/bye?state=s" {
		t.Errorf("logout: %s %s", res.Status, body)
	}
	if status, _ := r.userInfo(access); status != http.StatusUnauthorized {
		t.Errorf("userinfo after logout: %d", status)
	}
	query.Set("post_logout_redirect_uri", "https://evil.example/")
	if res, _ := r.get(r.issuer + "/v1/logout?" + query.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("logout to a stranger: %s", res.Status)
	}
	query.Set("id_token_hint", id[:len(id)-8]+"AAAAAAAA")
	if res, _ := r.get(r.issuer + "/v1/logout?" + query.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("logout with a forged hint: %s", res.Status)
	}
}

func TestGrantErrorsNameWhatThereIs(t *testing.T) {
	r := newRig(t)
	cases := []struct {
		grant control.Grant
		says  string
	}{
		{control.Grant{Person: "ada@example.test"}, "no state"},
		{control.Grant{State: "s", Person: "bob"}, "ada@example.test"},
		{control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"wrong-nonces"}}, "near it are wrong-nonce;"},
		{control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"alg-none", "foreign-key"}}, "alg-none and foreign-key"},
	}
	for _, c := range cases {
		if err := r.provider.Grant(c.grant); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.grant, err)
		}
	}
}

func TestNewRefusesBadURLs(t *testing.T) {
	for _, address := range []string{"", "acme", "ftp://x", "https://x/", "https://x?z", "https://x#z", "https:///"} {
		if _, err := oidc.New(oidc.Options{PublicURL: address, Personas: persona.All(), Directory: newHouse()}); err == nil {
			t.Errorf("public URL %q was accepted", address)
		}
	}
}
