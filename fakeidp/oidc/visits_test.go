package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

func TestVisitsShowWhatAClientSentWithoutItsSecrets(t *testing.T) {
	r := newRig(t)
	r.get(r.issuer + "/.well-known/openid-configuration")
	r.get(r.issuer + "/v1/keys")
	params, verifier := r.request()
	value := r.login(params, "ada@example.test").Get("code")
	_, tokens := r.exchange(value, verifier)
	access, id := text(tokens, "access_token"), text(tokens, "id_token")
	r.userInfo(access)
	r.exchange(value, verifier)
	r.post(r.issuer+"/v1/token", url.Values{"grant_type": {"authorization_code"}, "code": {value}, "client_id": {clientID}, "client_secret": {clientSecret + "!"}})
	r.post(r.issuer+"/v1/introspect", url.Values{"token": {access}}, "Authorization", basicAuth(clientID, clientSecret))
	r.get(r.issuer + "/v1/logout?id_token_hint=" + id)
	r.get(r.issuer + "/v1/userinfo?access_token=" + access)

	all := append(r.provider.Visits(clientID), r.provider.Visits("")...)
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{
		"code": value, "verifier": verifier, "client secret": clientSecret, "access token": access, "ID token": id,
		"basic": strings.TrimPrefix(basicAuth(clientID, clientSecret), "Basic "),
	} {
		if strings.Contains(string(data), secret) {
			t.Errorf("visits show the %s", name)
		}
	}
	checkVisits(t, r.provider.Visits(clientID), params)
	if got := paths(r.provider.Visits("")); !slices.Equal(got, []string{"discovery", "keys", "userinfo"}) {
		t.Errorf("visits of nobody: %v", got)
	}
}

func checkVisits(t *testing.T, visits []control.Visit, params url.Values) {
	t.Helper()
	want := []string{"authorize", "token", "userinfo", "token", "token", "introspect", "logout"}
	if got := paths(visits); !slices.Equal(got, want) {
		t.Fatalf("visits %v, want %v", got, want)
	}
	for _, visit := range visits[:4] {
		if visit.State != params.Get("state") {
			t.Errorf("%s: state %q", visit.Path, visit.State)
		}
	}
	authorize, token := visits[0], visits[1]
	if authorize.Status != http.StatusFound || authorize.Params["code_challenge"][0] != params.Get("code_challenge") || authorize.Error != "" {
		t.Errorf("authorize %+v", authorize)
	}
	if token.Status != http.StatusOK || token.Params["Authorization"][0] != "Basic [redacted]" || token.Params["code_verifier"][0] != "[redacted]" ||
		token.Params["redirect_uri"][0] != redirectURI {
		t.Errorf("token %+v", token)
	}
	if visits[2].Params["Authorization"][0] != "Bearer [redacted]" {
		t.Errorf("userinfo %+v", visits[2])
	}
	if visits[3].Status != http.StatusBadRequest || visits[3].Error != "invalid_grant: The authorization code is invalid or has expired." {
		t.Errorf("replay %+v", visits[3])
	}
	if visits[4].Status != http.StatusUnauthorized || !strings.HasPrefix(visits[4].Error, "invalid_client") {
		t.Errorf("wrong secret %+v", visits[4])
	}
}

func paths(visits []control.Visit) []string {
	var names []string
	for _, visit := range visits {
		names = append(names, visit.Path)
	}
	return names
}

func TestVisitsOfRefusals(t *testing.T) {
	r := newRig(t)
	params, _ := r.request("response_type", "token")
	r.authorize(params)
	params, _ = r.request("redirect_uri", "https://evil.example/")
	r.get(r.issuer + "/v1/authorize?" + params.Encode())
	visits := r.provider.Visits(clientID)
	if len(visits) != 2 || !strings.HasPrefix(visits[0].Error, "unsupported_response_type") || visits[1].Error != "invalid_request" {
		t.Errorf("visits %+v", visits)
	}
}

func TestHugeRequestsStaySmall(t *testing.T) {
	r := newRig(t)
	if res, _ := r.post(r.issuer+"/v1/token", url.Values{"grant_type": {strings.Repeat("x", 100_000)}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("huge form: %s", res.Status)
	}
	params, _ := r.request("nonce", strings.Repeat("n", 5000))
	r.get(r.issuer + "/v1/authorize?" + params.Encode())
	visits := r.provider.Visits(clientID)
	if got := len(visits[len(visits)-1].Params["nonce"][0]); got > 1100 {
		t.Errorf("a visit keeps %d bytes of a parameter", got)
	}
}
