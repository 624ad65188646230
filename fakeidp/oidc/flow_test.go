package oidc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	library "github.com/zitadel/oidc/v3/pkg/oidc"
)

func TestCodeFlowLooksLikeOkta(t *testing.T) {
	r := newRig(t)
	params, verifier := r.request()
	answer := r.login(params, "ADA@example.test")
	if answer.Get("state") != params.Get("state") || answer.Get("tenant") != "a b" || answer.Has("iss") || answer.Has("error") {
		t.Fatalf("authorization response %v", answer)
	}
	status, tokens := r.exchange(answer.Get("code"), verifier)
	if status != http.StatusOK || tokens["token_type"] != "Bearer" || tokens["expires_in"] != 3600.0 || tokens["scope"] != "openid profile email groups" {
		t.Fatalf("token response %d %v", status, tokens)
	}
	if got := keysOf(r.part(text(tokens, "id_token"), 0)); !slices.Equal(got, []string{"alg", "kid"}) {
		t.Errorf("ID token header has %v", got)
	}
	id := r.part(text(tokens, "id_token"), 1)
	want := []string{"amr", "at_hash", "aud", "auth_time", "exp", "groups", "iat", "idp", "iss", "jti", "nonce", "sub", "ver"}
	if got := keysOf(id); !slices.Equal(got, want) {
		t.Errorf("thin ID token has %v, want %v", got, want)
	}
	if id["sub"] != "00uAda00000000000001" || id["aud"] != clientID || id["iss"] != r.issuer || id["nonce"] != params.Get("nonce") ||
		id["ver"] != 1.0 || id["exp"].(float64)-id["iat"].(float64) != 3600 || !strings.HasPrefix(text(id, "jti"), "ID.") {
		t.Errorf("ID token %v", id)
	}
	access := r.part(text(tokens, "access_token"), 1)
	if access["sub"] != "ada@example.test" || access["uid"] != id["sub"] || access["cid"] != clientID || access["aud"] != "api://default" {
		t.Errorf("access token %v", access)
	}
	status, info := r.userInfo(text(tokens, "access_token"))
	wantInfo := map[string]any{
		"sub": "00uAda00000000000001", "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron", "preferred_username": "ada@example.test",
		"email": "ada.byron@example.test", "email_verified": true, "groups": []any{"Engineers", "Everyone"},
	}
	if status != http.StatusOK || !reflect.DeepEqual(info, wantInfo) {
		t.Errorf("userinfo %d %v", status, info)
	}
}

func keysOf(object map[string]any) []string {
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestFatIDToken(t *testing.T) {
	r := newRig(t, func(o *oidc.Options) { o.Personas[0].OIDC.ThinIDToken.Value = false })
	params, verifier := r.request("scope", "openid email")
	_, tokens := r.exchange(r.login(params, "ada@example.test").Get("code"), verifier)
	id := r.part(text(tokens, "id_token"), 1)
	if id["email"] != "ada.byron@example.test" || id["email_verified"] != true || id["name"] != nil || id["groups"] != nil {
		t.Errorf("ID token %v", id)
	}
}

// zitadel's relying party is strict about most of Core 3.1.3.7: it must be able to log in.
func TestRelyingPartyOfTheLibraryLogsIn(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	nonce := func(context.Context) string { return "nonce-1" }
	party, err := rp.NewRelyingPartyOIDC(ctx, r.issuer, clientID, clientSecret, redirectURI, []string{"openid", "profile", "email"},
		rp.WithPKCE(nil), rp.WithVerifierOpts(rp.WithNonce(nonce), rp.WithIssuedAtMaxAge(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	verifier := strings.Repeat("v", 43)
	if err := r.provider.Grant(control.Grant{State: "state-1", Person: "grace@example.test"}); err != nil {
		t.Fatal(err)
	}
	address := rp.AuthURL("state-1", party, rp.WithCodeChallenge(library.NewSHACodeChallenge(verifier)), rp.AuthURLOpt(rp.WithURLParam("nonce", "nonce-1")))
	res, _ := r.get(address)
	target, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := rp.CodeExchange[*library.IDTokenClaims](ctx, target.Query().Get("code"), party, rp.WithCodeVerifier(verifier))
	if err != nil {
		t.Fatal(err)
	}
	info, err := rp.Userinfo[*library.UserInfo](ctx, tokens.AccessToken, "Bearer", tokens.IDTokenClaims.Subject, party)
	if err != nil || info.Email != "grace@example.test" || tokens.IDTokenClaims.Subject != "00uGrace0000000000002" {
		t.Errorf("userinfo %+v, error %v", info, err)
	}
}

func TestCodeIsBound(t *testing.T) {
	r := newRig(t)
	cases := []struct {
		name   string
		secret bool // verifier omitted
		change []string
	}{
		{name: "no verifier", secret: true},
		{name: "wrong verifier", change: []string{"code_verifier", strings.Repeat("x", 43)}},
		{name: "short verifier", change: []string{"code_verifier", "x"}},
		{name: "other redirect_uri", change: []string{"redirect_uri", "https://app.example/other"}},
		{name: "unknown code", change: []string{"code", "nonsense"}},
	}
	for _, c := range cases {
		params, verifier := r.request()
		value := r.login(params, "ada@example.test").Get("code")
		if c.secret {
			verifier = ""
		}
		if status, body := r.exchange(value, verifier, c.change...); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
			t.Errorf("%s: %d %v", c.name, status, body)
		}
	}
	params, _ := r.request("code_challenge", "", "code_challenge_method", "")
	value := r.login(params, "ada@example.test").Get("code")
	if status, body := r.exchange(value, strings.Repeat("x", 43)); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("verifier without challenge: %d %v", status, body)
	}
	params, _ = r.request("code_challenge", "", "code_challenge_method", "")
	if status, body := r.exchange(r.login(params, "ada@example.test").Get("code"), ""); status != http.StatusOK {
		t.Errorf("login without PKCE: %d %v", status, body)
	}
}

func TestCodeOfAnotherClient(t *testing.T) {
	r := newRig(t)
	params, verifier := r.request()
	value := r.login(params, "ada@example.test").Get("code")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {value}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	res, body := r.post(r.issuer+"/v1/token", form, "Authorization", basicAuth("0oaOther", clientSecret))
	if res.StatusCode != http.StatusBadRequest || r.object(body)["error"] != "invalid_grant" {
		t.Errorf("foreign client: %s %s", res.Status, body)
	}
	if status, tokens := r.exchange(value, verifier); status != http.StatusOK {
		t.Errorf("the foreign client's attempt spoiled the code: %d %v", status, tokens)
	}
}

func TestReplayedCodeIsRefusedAndRevokes(t *testing.T) {
	r := newRig(t)
	params, verifier := r.request()
	value := r.login(params, "ada@example.test").Get("code")
	_, tokens := r.exchange(value, verifier)
	if status, _ := r.userInfo(text(tokens, "access_token")); status != http.StatusOK {
		t.Fatalf("userinfo before the replay: %d", status)
	}
	if status, body := r.exchange(value, verifier); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("replay: %d %v", status, body)
	}
	if status, body := r.userInfo(text(tokens, "access_token")); status != http.StatusUnauthorized || body["error"] != "invalid_token" {
		t.Errorf("userinfo after the replay: %d %v", status, body)
	}
}

func TestCodeLivesSixtySeconds(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		age  time.Duration
		want int
	}{{59 * time.Second, http.StatusOK}, {60 * time.Second, http.StatusBadRequest}} {
		clock := now
		r := newRig(t, func(o *oidc.Options) { o.Now = func() time.Time { return clock } })
		params, verifier := r.request()
		value := r.login(params, "ada@example.test").Get("code")
		clock = clock.Add(c.age)
		if status, body := r.exchange(value, verifier); status != c.want {
			t.Errorf("after %s: %d %v", c.age, status, body)
		}
	}
}

func TestClientAuthentication(t *testing.T) {
	r := newRig(t)
	good := func() url.Values {
		params, verifier := r.request()
		value := r.login(params, "ada@example.test").Get("code")
		return url.Values{"grant_type": {"authorization_code"}, "code": {value}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	}
	cases := []struct {
		name, id, secret, header string
		status                   int
		code                     string
	}{
		{"post", clientID, clientSecret, "", http.StatusOK, ""},
		{"post, wrong secret", clientID, "nonsense", "", http.StatusUnauthorized, "invalid_client"},
		{"no secret", clientID, "", "", http.StatusUnauthorized, "invalid_client"},
		{"unknown client", "0oaNobody", clientSecret, "", http.StatusUnauthorized, "invalid_client"},
		{"basic, wrong secret", "", "", basicAuth(clientID, "nonsense"), http.StatusUnauthorized, "invalid_client"},
		{"both ways", clientID, clientSecret, basicAuth(clientID, clientSecret), http.StatusBadRequest, "invalid_request"},
	}
	for _, c := range cases {
		form := good()
		if c.id != "" {
			form.Set("client_id", c.id)
		}
		if c.secret != "" {
			form.Set("client_secret", c.secret)
		}
		var header []string
		if c.header != "" {
			header = []string{"Authorization", c.header}
		}
		res, body := r.post(r.issuer+"/v1/token", form, header...)
		object := r.object(body)
		if res.StatusCode != c.status || text(object, "error") != c.code {
			t.Errorf("%s: %s %s", c.name, res.Status, body)
		}
		if (res.StatusCode == http.StatusUnauthorized) != (res.Header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: WWW-Authenticate is %q", c.name, res.Header.Get("WWW-Authenticate"))
		}
	}
	if res, body := r.post(r.issuer+"/v1/token?"+good().Encode(), nil, "Authorization", basicAuth(clientID, clientSecret)); res.StatusCode != http.StatusBadRequest {
		t.Errorf("parameters in the URL: %s %s", res.Status, body)
	}
	for _, grant := range []string{"client_credentials", "refresh_token", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
		form := url.Values{"grant_type": {grant}, "refresh_token": {"x"}, "assertion": {"x"}}
		if res, body := r.post(r.issuer+"/v1/token", form, "Authorization", basicAuth(clientID, clientSecret)); res.StatusCode != http.StatusBadRequest {
			t.Errorf("grant %s: %s %s", grant, res.Status, body)
		}
	}
}

// The library logs to slog's default: to nowhere, or to the provider's Logger, but not to the program's.
func TestLibraryIsQuiet(t *testing.T) {
	var program, own bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&program, nil)))
	r := newRig(t, func(o *oidc.Options) { o.Logger = slog.New(slog.NewTextHandler(&own, nil)) })
	silent := newRig(t)
	for _, it := range []*rig{r, silent} {
		it.exchange("nonsense", "")
	}
	if program.Len() != 0 {
		t.Errorf("program's log: %s", program.String())
	}
	if strings.Count(own.String(), "\n") != 1 || !strings.Contains(own.String(), "invalid_grant") {
		t.Errorf("provider's log: %s", own.String())
	}
	slog.Info("of the program")
	if !strings.Contains(program.String(), "of the program") {
		t.Error("the program's own records are lost")
	}
}
