package oidc_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/oidc"

	"github.com/go-jose/go-jose/v4"
)

// picture is everything that a relying party sees of a login, flat: "answer.state", "claims.aud",
// "header.alg", "signature", "tokens.id_token", "userinfo.sub". What is random in every login is left out or judged.
type picture map[string]string

const (
	pictured   = "state-of-this-login"
	noncePlain = "nonce-of-this-login"
)

func (r *rig) picture(mutations ...string) picture {
	r.Helper()
	seen := picture{}
	params, verifier := r.request("state", pictured, "nonce", noncePlain)
	answer := r.login(params, "ada@example.test", mutations...)
	for name := range answer {
		if name != "code" {
			seen["answer."+name] = strings.Join(answer[name], " and ")
		}
	}
	status, tokens := r.exchange(answer.Get("code"), verifier)
	seen["status"] = strconv.Itoa(status)
	access := text(tokens, "access_token")
	for name := range tokens {
		seen["tokens."+name] = "there"
	}
	r.pictureIDToken(seen, text(tokens, "id_token"), access)
	_, info := r.userInfo(access)
	for name, value := range info {
		seen["userinfo."+name] = plain(value)
	}
	return seen
}

func (r *rig) pictureIDToken(seen picture, token, access string) {
	r.Helper()
	if token == "" {
		return
	}
	if strings.Count(token, ".") == 0 {
		seen["tokens.id_token"] = token
		return
	}
	key := r.publishedKey()
	for name, value := range r.part(token, 0) {
		seen["header."+name] = plain(value)
	}
	if seen["header.kid"] == key.KeyID {
		seen["header.kid"] = "published"
	}
	for name, value := range r.part(token, 1) {
		seen["claims."+name] = strings.ReplaceAll(plain(value), r.issuer, "ISSUER")
	}
	delete(seen, "claims.jti")
	sum := sha256.Sum256([]byte(access))
	if seen["claims.at_hash"] == base64.RawURLEncoding.EncodeToString(sum[:16]) {
		seen["claims.at_hash"] = "fits"
	}
	seen["signature"] = judge(token, key.Key.(*rsa.PublicKey))
}

func plain(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, _ := json.Marshal(value)
	return string(data)
}

func (r *rig) publishedKey() jose.JSONWebKey {
	r.Helper()
	_, body := r.get(r.issuer + "/v1/keys")
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 {
		r.Fatalf("keys: %v %s", err, body)
	}
	return set.Keys[0]
}

// judge verifies a signature by hand, in every way that a confused relying party might.
func judge(token string, key *rsa.PublicKey) string {
	segments := strings.Split(token, ".")
	if len(segments) == 2 {
		return "no segment"
	}
	if segments[2] == "" {
		return "empty"
	}
	signed := []byte(segments[0] + "." + segments[1])
	signature, err := base64.RawURLEncoding.DecodeString(segments[2])
	if err != nil {
		return err.Error()
	}
	short, long := sha256.Sum256(signed), sha512.Sum512(signed)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, short[:], signature) == nil {
		return "RS256 by the published key"
	}
	if rsa.VerifyPKCS1v15(key, crypto.SHA512, long[:], signature) == nil {
		return "RS512 by the published key"
	}
	der, _ := x509.MarshalPKIXPublicKey(key)
	for name, secret := range map[string][]byte{
		"HS256 by the public key":    pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"HS256 by the client secret": []byte(clientSecret),
	} {
		mac := hmac.New(sha256.New, secret)
		mac.Write(signed)
		if hmac.Equal(mac.Sum(nil), signature) {
			return name
		}
	}
	return "bad, " + strconv.Itoa(len(signature)) + " bytes"
}

// Each mutation changes what its text says and nothing else. "" means: is missing.
func TestEachMutationChangesExactlyOneThing(t *testing.T) {
	start := time.Now().Truncate(time.Second)
	at := func(d time.Duration) string { return strconv.FormatInt(start.Add(d).Unix(), 10) }
	const week = 7 * 24 * time.Hour
	expected := map[string]picture{
		"wrong-state":              {"answer.state": "state-of-another-login"},
		"missing-state":            {"answer.state": ""},
		"duplicate-state":          {"answer.state": pictured + " and state-of-another-login"},
		"error-with-code":          {"answer.error": "access_denied"},
		"wrong-response-issuer":    {"answer.iss": "https://other-idp.invalid/oauth2/default"},
		"wrong-nonce":              {"claims.nonce": "nonce-of-another-login"},
		"missing-nonce":            {"claims.nonce": ""},
		"wrong-audience":           {"claims.aud": "0oaSomebodyElse00000"},
		"missing-audience":         {"claims.aud": ""},
		"longer-audience":          {"claims.aud": clientID + "-other"},
		"extra-audience":           {"claims.aud": `["` + clientID + `","0oaSomebodyElse00000"]`},
		"extra-audience-with-azp":  {"claims.aud": `["` + clientID + `","0oaSomebodyElse00000"]`, "claims.azp": clientID},
		"wrong-azp":                {"claims.azp": "0oaSomebodyElse00000"},
		"wrong-issuer":             {"claims.iss": "https://other-idp.invalid/oauth2/default"},
		"missing-issuer":           {"claims.iss": ""},
		"issuer-trailing-slash":    {"claims.iss": "ISSUER/"},
		"issuer-upper-case":        {"claims.iss": "UPPER"},
		"expired-token":            {"claims.iat": at(-2 * time.Hour), "claims.exp": at(-time.Hour)},
		"missing-exp":              {"claims.exp": ""},
		"missing-iat":              {"claims.iat": ""},
		"issued-in-future":         {"claims.iat": at(time.Hour), "claims.exp": at(2 * time.Hour)},
		"issued-last-week":         {"claims.iat": at(-week)},
		"not-yet-valid":            {"claims.nbf": at(time.Hour)},
		"missing-sub":              {"claims.sub": ""},
		"empty-sub":                {"claims.sub": "empty"},
		"wrong-at-hash":            {"claims.at_hash": "another"},
		"bad-signature":            {"signature": "bad, 256 bytes"},
		"foreign-key":              {"signature": "bad, 256 bytes"},
		"unknown-kid":              {"signature": "bad, 256 bytes", "header.kid": "kid-that-is-published-nowhere"},
		"embedded-jwk":             {"signature": "bad, 256 bytes", "header.kid": "", "header.jwk": "a key"},
		"alg-none":                 {"signature": "empty", "header.alg": "none", "header.kid": ""},
		"no-signature-segment":     {"signature": "no segment"},
		"empty-signature":          {"signature": "empty"},
		"hs256-public-key":         {"signature": "HS256 by the public key", "header.alg": "HS256"},
		"hs256-client-secret":      {"signature": "HS256 by the client secret", "header.alg": "HS256"},
		"unadvertised-algorithm":   {"signature": "RS512 by the published key", "header.alg": "RS512"},
		"unknown-crit":             {"header.crit": `["https://assay.invalid/unknown"]`, "header.https://assay.invalid/unknown": "true"},
		"missing-id-token":         {"tokens.id_token": ""},
		"malformed-id-token":       {"tokens.id_token": "this is not a token"},
		"other-subject-userinfo":   {"userinfo.sub": "00uGrace0000000000002"},
		"missing-subject-userinfo": {"userinfo.sub": ""},
	}
	r := newRig(t, func(o *oidc.Options) { o.Now = func() time.Time { return start } })
	honest := r.picture()
	if honest["signature"] != "RS256 by the published key" || honest["claims.at_hash"] != "fits" || honest["status"] != "200" {
		t.Fatalf("honest login %v", honest)
	}
	for _, m := range r.provider.Mutations() {
		want, known := expected[m.Name]
		if !known {
			t.Errorf("%s: no expectation", m.Name)
			continue
		}
		delete(expected, m.Name)
		got := difference(honest, r.picture(m.Name))
		if strings.HasSuffix(m.Name, "id-token") { // nothing of the token is left to compare
			maps.DeleteFunc(got, func(key, _ string) bool {
				return strings.HasPrefix(key, "claims.") || strings.HasPrefix(key, "header.") || key == "signature"
			})
		}
		normalise(got, r.issuer)
		if !maps.Equal(got, want) {
			t.Errorf("%s (%s):\n got %v\nwant %v", m.Name, m.Text, got, want)
		}
	}
	for name := range expected {
		t.Errorf("%s: no such mutation", name)
	}
	if again := difference(honest, r.picture()); len(again) != 0 {
		t.Errorf("a login without mutations differs after the hostile ones: %v", again)
	}
}

func difference(before, after picture) picture {
	changed := picture{}
	for key, value := range before {
		if now, ok := after[key]; !ok || now != value {
			changed[key] = now
		}
		if now, ok := after[key]; ok && now == "" {
			changed[key] = "empty"
		}
	}
	for key, value := range after {
		if _, ok := before[key]; !ok {
			changed[key] = value
		}
	}
	return changed
}

func normalise(changed picture, issuer string) {
	if changed["claims.iss"] == strings.ToUpper(issuer) {
		changed["claims.iss"] = "UPPER"
	}
	if len(changed["claims.at_hash"]) == 22 {
		changed["claims.at_hash"] = "another"
	}
	if strings.Contains(changed["header.jwk"], `"kty":"RSA"`) {
		changed["header.jwk"] = "a key"
	}
}

// A grant's mutations concern its own login only, even while others are under way.
func TestMutationsStayWithTheirLogin(t *testing.T) {
	r := newRig(t)
	hostile, hostileVerifier := r.request()
	good, goodVerifier := r.request()
	hostileCode := r.login(hostile, "ada@example.test", "wrong-nonce", "bad-signature").Get("code")
	goodCode := r.login(good, "grace@example.test").Get("code")
	_, tokens := r.exchange(hostileCode, hostileVerifier)
	if id := r.part(text(tokens, "id_token"), 1); id["nonce"] == hostile.Get("nonce") || id["sub"] != "00uAda00000000000001" {
		t.Errorf("hostile ID token %v", id)
	}
	_, tokens = r.exchange(goodCode, goodVerifier)
	id := text(tokens, "id_token")
	if claims := r.part(id, 1); claims["nonce"] != good.Get("nonce") || claims["sub"] != "00uGrace0000000000002" {
		t.Errorf("good ID token %v", claims)
	}
	if got := judge(id, r.publishedKey().Key.(*rsa.PublicKey)); got != "RS256 by the published key" {
		t.Errorf("good ID token's signature: %s", got)
	}
}

// A grant answers one request: the second with the same state meets the login page.
func TestGrantIsUsedOnce(t *testing.T) {
	r := newRig(t)
	params, _ := r.request()
	if answer := r.login(params, "ada@example.test"); answer.Get("code") == "" {
		t.Fatalf("first answer %v", answer)
	}
	res, _ := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	target, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasSuffix(target.Path, "/login") {
		t.Errorf("second answer goes to %s", res.Header.Get("Location"))
	}
}
