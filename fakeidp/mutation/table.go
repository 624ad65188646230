package mutation

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// The strangers that forged claims name. They belong to nobody: ".invalid" never resolves (RFC 2606
// section 2), and the client id is not one that the IdP gives out.
const (
	otherIssuer = "https://other-idp.invalid/oauth2/default"
	otherClient = "0oaSomebodyElse00000"
	otherNonce  = "nonce-of-another-login"
	otherState  = "state-of-another-login"
)

func authorizationTable() []Mutation {
	return []Mutation{
		{Name: "wrong-state", Text: "the callback carries the state of another login (RFC 6749 section 10.12)",
			authorization: func(_ Login, v url.Values) { v.Set("state", otherState) }},
		{Name: "missing-state", Text: "the callback carries no state (RFC 6749 section 10.12)",
			authorization: func(_ Login, v url.Values) { v.Del("state") }},
		{Name: "duplicate-state", Text: "the callback carries state twice, the second wrong (RFC 6749 section 3.1: not more than once)",
			authorization: func(_ Login, v url.Values) { v.Add("state", otherState) }},
		{Name: "error-with-code", Text: "the callback carries error=access_denied beside a valid code (RFC 6749 section 4.1.2.1)",
			authorization: func(_ Login, v url.Values) { v.Set("error", "access_denied") }},
		{Name: "wrong-response-issuer", Text: "the callback carries the iss parameter of another issuer (RFC 9207 section 2.4)",
			authorization: func(_ Login, v url.Values) { v.Set("iss", otherIssuer) }},
	}
}

func claimTable() []Mutation {
	return []Mutation{
		set("wrong-nonce", "the nonce is that of another login (Core 3.1.3.7 rule 11)", "nonce", constant(otherNonce)),
		drop("missing-nonce", "the nonce is missing although one was sent (Core 3.1.3.7 rule 11)", "nonce"),
		set("wrong-audience", "aud names another client (Core 3.1.3.7 rule 3)", "aud", constant(otherClient)),
		drop("missing-audience", "there is no aud (Core 3.1.3.7 rule 3)", "aud"),
		set("longer-audience", "aud begins with the client id and goes on (Core 3.1.3.7 rule 3)", "aud",
			func(l Login) any { return l.ClientID + "-other" }),
		set("extra-audience", "aud names the client and a stranger, without azp (Core 3.1.3.7 rule 3)", "aud", twoAudiences),
		{Name: "extra-audience-with-azp", Text: "aud names the client and a stranger, azp the client (Core 3.1.3.7 rule 3)",
			claims: func(l Login, c map[string]any) { c["aud"], c["azp"] = twoAudiences(l), l.ClientID }},
		set("wrong-azp", "azp names another client (Core 3.1.3.7 rule 5)", "azp", constant(otherClient)),
		set("wrong-issuer", "iss is another issuer (Core 3.1.3.7 rule 2)", "iss", constant(otherIssuer)),
		drop("missing-issuer", "there is no iss (Core 3.1.3.7 rule 2)", "iss"),
		set("issuer-trailing-slash", "iss has a trailing slash more (Core 3.1.3.7 rule 2: exactly)", "iss",
			func(l Login) any { return l.Issuer + "/" }),
		set("issuer-upper-case", "iss is the issuer in capitals (Core 3.1.3.7 rule 2: exactly)", "iss",
			func(l Login) any { return strings.ToUpper(l.Issuer) }),
		{Name: "expired-token", Text: "the token was issued two hours ago and expired one hour ago (Core 3.1.3.7 rule 9)",
			claims: func(l Login, c map[string]any) {
				c["iat"], c["exp"] = l.Now.Add(-2*time.Hour).Unix(), l.Now.Add(-time.Hour).Unix()
			}},
		drop("missing-exp", "there is no exp (Core 2, Core 3.1.3.7 rule 9)", "exp"),
		drop("missing-iat", "there is no iat (Core 2)", "iat"),
		{Name: "issued-in-future", Text: "iat is one hour ahead, exp two (Core 3.1.3.7 rule 10, RFC 7519 section 4.1.6)",
			claims: func(l Login, c map[string]any) {
				c["iat"], c["exp"] = l.Now.Add(time.Hour).Unix(), l.Now.Add(2*time.Hour).Unix()
			}},
		set("issued-last-week", "iat is a week ago, exp still ahead (Core 3.1.3.7 rule 10)", "iat",
			func(l Login) any { return l.Now.Add(-7 * 24 * time.Hour).Unix() }),
		set("not-yet-valid", "nbf is one hour ahead (RFC 7519 section 4.1.5)", "nbf",
			func(l Login) any { return l.Now.Add(time.Hour).Unix() }),
		drop("missing-sub", "there is no sub, so that the token names nobody (Core 2)", "sub"),
		set("empty-sub", "sub is empty, so that the token names nobody (Core 2)", "sub", constant("")),
		set("wrong-at-hash", "at_hash belongs to another access token (Core 3.1.3.8)", "at_hash", constant(otherHash())),
	}
}

func tokenTable() []Mutation {
	return []Mutation{
		{Name: "missing-id-token", Text: "the token response has no id_token (Core 3.1.3.3)",
			tokens: func(_ Login, m map[string]any) { delete(m, "id_token") }},
		{Name: "malformed-id-token", Text: "the id_token is not a JWT (RFC 7519 section 7.2)",
			tokens: func(_ Login, m map[string]any) { m["id_token"] = "this is not a token" }},
	}
}

func userInfoTable() []Mutation {
	return []Mutation{
		{Name: "other-subject-userinfo", Text: "userinfo's sub is somebody else's, the rest the person's own (Core 5.3.2)",
			userInfo: func(l Login, m map[string]any) { m["sub"] = l.Stranger() }},
		{Name: "missing-subject-userinfo", Text: "userinfo has no sub (Core 5.3.2)",
			userInfo: func(_ Login, m map[string]any) { delete(m, "sub") }},
	}
}

func set(name, text, claim string, value func(Login) any) Mutation {
	return Mutation{Name: name, Text: text, claims: func(l Login, c map[string]any) { c[claim] = value(l) }}
}

func drop(name, text, claim string) Mutation {
	return Mutation{Name: name, Text: text, claims: func(_ Login, c map[string]any) { delete(c, claim) }}
}

func constant(value string) func(Login) any {
	return func(Login) any { return value }
}

func twoAudiences(l Login) any { return []string{l.ClientID, otherClient} }

// otherHash is an at_hash that is well formed (left half of a SHA-256) and fits no access token of the IdP.
func otherHash() string {
	sum := sha256.Sum256([]byte("access token of another login"))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
