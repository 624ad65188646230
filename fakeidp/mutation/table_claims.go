package mutation

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// claimTable is what the claims of an ID token can say that is not so.
func claimTable() []Mutation {
	return slices.Concat(nonceClaims(), audienceClaims(), issuerClaims(), timeClaims(), subjectClaims(), sessionClaims())
}

func nonceClaims() []Mutation {
	const rule = "(Core 3.1.3.7 rule 11)"
	return []Mutation{
		set(Claims, "OIDC-IDT-16 OIDC-IDT-18", "wrong-nonce", "the nonce is that of another login, or the one given "+rule, "nonce", given(otherNonce)).taking("nonce"),
		drop(Claims, "OIDC-IDT-17", "missing-nonce", "the nonce is missing although one was sent "+rule, "nonce"),
		set(Claims, "OIDC-IDT-16", "empty-nonce", "the nonce is empty "+rule, "nonce", constant("")),
		edit(Claims, "OIDC-IDT-16", "nonce-list", "the nonce is a list that holds the right one (Core 2: a string)", func(_ Login, c map[string]any) { c["nonce"] = []any{c["nonce"]} }),
		edit(Claims, "OIDC-IDT-19", "unsolicited-nonce", "there is a nonce where none was sent (Core 3.1.3.7 says nothing)", func(_ Login, c map[string]any) {
			if c["nonce"] == nil {
				c["nonce"] = otherNonce
			}
		}),
	}
}

func audienceClaims() []Mutation {
	const rule = "(Core 3.1.3.7 rule 3)"
	return []Mutation{
		set(Claims, "OIDC-IDT-04 SSO-MT-05", "wrong-audience", "aud names another client, or the one given "+rule, "aud", given(otherClient)).taking("client id"),
		drop(Claims, "OIDC-IDT-05", "missing-audience", "there is no aud "+rule, "aud"),
		set(Claims, "OIDC-IDT-05", "empty-audience", "aud is an empty list "+rule, "aud", constant([]string{})),
		set(Claims, "OIDC-IDT-09", "longer-audience", "aud begins with the client id and goes on "+rule, "aud", func(l Login) any { return l.ClientID + "-other" }),
		set(Claims, "OIDC-IDT-09", "shorter-audience", "aud is the beginning of the client id "+rule, "aud", func(l Login) any { return l.ClientID[:len(l.ClientID)/2] }),
		set(Claims, "OIDC-IDT-09", "audience-case", "aud is the client id with small letters for capitals and the reverse "+rule, "aud", func(l Login) any { return swapCase(l.ClientID) }),
		set(Claims, "OIDC-IDT-06", "extra-audience", "aud names the client and a stranger, without azp "+rule, "aud", twoAudiences),
		edit(Claims, "OIDC-IDT-06", "extra-audience-with-azp", "aud names the client and a stranger, azp the client "+rule,
			func(l Login, c map[string]any) { c["aud"], c["azp"] = twoAudiences(l), l.ClientID }),
		set(Claims, "OIDC-IDT-07", "audience-list", "aud is a list with the client alone (Core 2: allowed)", "aud", func(l Login) any { return []string{l.ClientID} }),
		set(Claims, "OIDC-IDT-08", "wrong-azp", "azp names another client (Core 3.1.3.7 rule 5)", "azp", constant(otherClient)),
	}
}

func issuerClaims() []Mutation {
	const rule = "(Core 3.1.3.7 rule 2)"
	return []Mutation{
		set(Claims, "OIDC-IDT-01", "wrong-issuer", "iss is another issuer, or the one given "+rule, "iss", given(otherIssuer)).taking("issuer"),
		drop(Claims, "OIDC-IDT-03", "missing-issuer", "there is no iss "+rule, "iss"),
		set(Claims, "OIDC-IDT-03", "empty-issuer", "iss is empty "+rule, "iss", constant("")),
		set(Claims, "OIDC-IDT-03", "issuer-list", "iss is a list that holds the issuer (RFC 7519 section 4.1.1: a string)", "iss", func(l Login) any { return []string{l.Issuer} }),
		set(Claims, "OIDC-IDT-02", "issuer-trailing-slash", "iss has a trailing slash more, or less (Core 3.1.3.7 rule 2: exactly)", "iss", func(l Login) any { return otherSlash(l.Issuer) }),
		set(Claims, "OIDC-IDT-02", "issuer-upper-case", "iss is the issuer in capitals (Core 3.1.3.7 rule 2: exactly)", "iss", func(l Login) any { return strings.ToUpper(l.Issuer) }),
		set(Claims, "OIDC-IDT-02", "issuer-other-scheme", "iss is http where it is https, or the reverse (Core 3.1.3.7 rule 2: exactly)", "iss", func(l Login) any { return otherScheme(l.Issuer) }),
		edit(Claims, "OIDC-CFG-09", "issuer-of-other-tenant", "iss and tid name another tenant of the same IdP, as an Entra ID token of a stranger's tenant does (Core 3.1.3.7 rule 2)",
			func(l Login, c map[string]any) {
				const tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
				c["iss"], c["tid"] = replacePath(l.Issuer, "/"+tenant+"/v2.0"), tenant
			}),
		set(Claims, "OIDC-CFG-09", "wrong-tenant", "tid names another tenant than iss (vendor: Entra ID's iss holds its tid; Core 3.1.3.7 rule 2)", "tid",
			given("9188040d-6c67-4c5b-b112-36a304b66dad")).taking("tenant id"),
	}
}

func timeClaims() []Mutation {
	const rule, form = "(Core 3.1.3.7 rule 9)", "(Core 2: REQUIRED, a number)"
	return []Mutation{
		edit(Claims, "OIDC-IDT-10", "expired-token", "the token was issued two hours ago and expired one hour ago "+rule, func(l Login, c map[string]any) {
			c["iat"], c["exp"] = l.Now.Add(-2*time.Hour).Unix(), l.Now.Add(-time.Hour).Unix()
		}),
		edit(Claims, "OIDC-IDT-10", "just-expired", "the token expired 90 seconds ago, or as many as are given: just beyond the skew that is claimed "+rule,
			func(l Login, c map[string]any) {
				ago := l.seconds(90)
				c["iat"], c["exp"] = l.Now.Add(-ago-time.Minute).Unix(), l.Now.Add(-ago).Unix()
			}).taking("seconds"),
		drop(Claims, "OIDC-IDT-11", "missing-exp", "there is no exp "+form, "exp"),
		edit(Claims, "OIDC-IDT-11", "exp-text", "exp is a string of digits "+form, func(_ Login, c map[string]any) { c["exp"] = string(encode(c["exp"])) }),
		set(Claims, "OIDC-IDT-11", "exp-zero", "exp is 0 "+rule, "exp", constant(0)),
		set(Claims, "OIDC-IDT-11", "exp-null", "exp is null "+form, "exp", constant(nil)),
		set(Claims, "OIDC-IDT-11", "exp-year-10000", "exp is in the year 10000, which many date types cannot hold "+form, "exp", constant(253402300800)),
		set(Claims, "OIDC-IDT-11", "exp-1e300", "exp is 1e300, which no integer type holds "+form, "exp", constant(json.Number("1e300"))),
		set(Claims, "OIDC-IDT-11", "exp-negative", "exp is -1 "+rule, "exp", constant(-1)),
		drop(Claims, "OIDC-IDT-12", "missing-iat", "there is no iat (Core 2: REQUIRED)", "iat"),
		edit(Claims, "OIDC-IDT-13", "issued-in-future", "iat is one hour ahead, exp two (Core 3.1.3.7 rule 10, RFC 7519 section 4.1.6)", func(l Login, c map[string]any) {
			c["iat"], c["exp"] = l.Now.Add(time.Hour).Unix(), l.Now.Add(2*time.Hour).Unix()
		}),
		set(Claims, "OIDC-IDT-13", "issued-last-week", "iat is a week ago, exp still ahead (Core 3.1.3.7 rule 10)", "iat", func(l Login) any { return l.Now.Add(-7 * 24 * time.Hour).Unix() }),
		set(Claims, "OIDC-IDT-14", "not-yet-valid", "nbf is one hour ahead (RFC 7519 section 4.1.5)", "nbf", func(l Login) any { return l.Now.Add(time.Hour).Unix() }),
	}
}

func subjectClaims() []Mutation {
	const form = "(Core 2: at most 255 ASCII characters, case-sensitive)"
	return []Mutation{
		drop(Claims, "OIDC-IDT-15", "missing-sub", "there is no sub, so that the token names nobody (Core 2)", "sub"),
		set(Claims, "OIDC-IDT-15", "empty-sub", "sub is empty, so that the token names nobody (Core 2)", "sub", constant("")),
		edit(Claims, "OIDC-IDT-15", "long-sub", "sub begins as the right one and has 256 characters "+form, func(_ Login, c map[string]any) {
			sub, _ := c["sub"].(string)
			c["sub"] = sub + strings.Repeat("x", max(0, 256-len(sub)))
		}),
		edit(Claims, "OIDC-IDT-15", "sub-list", "sub is a list that holds the right one "+form, func(_ Login, c map[string]any) { c["sub"] = []any{c["sub"]} }),
		set(Claims, "OIDC-IDT-15", "sub-number", "sub is a number "+form, "sub", constant(42)),
		set(Claims, "OIDC-IDT-15", "sub-null", "sub is null "+form, "sub", constant(nil)),
		edit(Claims, "OIDC-IDT-15", "sub-object", "sub is an object "+form, func(_ Login, c map[string]any) { c["sub"] = map[string]any{"id": c["sub"]} }),
	}
}

func sessionClaims() []Mutation {
	return []Mutation{
		set(Claims, "OIDC-IDT-20", "wrong-at-hash", "at_hash belongs to another access token (Core 3.1.3.8)", "at_hash", constant(otherHash())),
		drop(Claims, "OIDC-IDT-20", "missing-at-hash", "there is no at_hash (Core 3.1.3.6: OPTIONAL in the code flow)", "at_hash"),
		set(Claims, "OIDC-IDT-21", "wrong-c-hash", "there is a c_hash, and it belongs to another code (Core 3.3.2.10)", "c_hash", constant(otherHash())),
		drop(Claims, "OIDC-IDT-22", "missing-auth-time", "there is no auth_time, though max_age may have been sent (Core 3.1.3.7 rule 13, Core 2)", "auth_time"),
		set(Claims, "OIDC-IDT-22", "old-auth-time", "auth_time is a day ago, though max_age may have been sent (Core 3.1.3.7 rule 13)", "auth_time",
			func(l Login) any { return l.Now.Add(-24 * time.Hour).Unix() }),
		set(Claims, "OIDC-IDT-23", "wrong-acr", "acr is the weakest there is (Core 3.1.3.7 rule 12)", "acr", constant("0")),
		set(Claims, "OIDC-FLOW-21", "short-session", "session_expiry is one minute ahead, or as many seconds as are given (draft: IPSIE OpenID SL1; Core 3.1.3.7 says nothing)", "session_expiry",
			func(l Login) any { return l.Now.Add(l.seconds(60)).Unix() }).taking("seconds"),
		set(Claims, "OIDC-IDT-26", "logout-events", "the ID token has the events claim of a logout token (RFC 8725 section 3.12)", "events", constant(logoutEvents())),
	}
}

func payloadTable() []Mutation {
	bytes := func(name, text string, change func(Login, []byte) []byte) Mutation {
		return Mutation{Name: name, Text: text, Stage: Payload, Rows: []string{"OIDC-IDT-24"}, payload: change}
	}
	return []Mutation{
		bytes("duplicate-iss", "iss is in the payload twice, the second another issuer (RFC 7519 section 4: unique)", func(_ Login, p []byte) []byte { return duplicate(p, "iss", otherIssuer) }),
		bytes("duplicate-sub", "sub is in the payload twice, the second somebody else's (RFC 7519 section 4: unique)", func(l Login, p []byte) []byte { return duplicate(p, "sub", l.Stranger()) }),
		bytes("duplicate-aud", "aud is in the payload twice, the second another client (RFC 7519 section 4: unique)", func(_ Login, p []byte) []byte { return duplicate(p, "aud", otherClient) }),
		bytes("payload-bom", "the payload begins with a byte order mark (RFC 8259 section 8.1: MUST NOT)", func(_ Login, p []byte) []byte { return append([]byte("\ufeff"), p...) }),
		bytes("payload-trailing", "there is text behind the payload's object (RFC 7519 section 7.2: a JSON object)", func(_ Login, p []byte) []byte { return append(p, " and more"...) }),
		bytes("payload-list", "the payload is a list that holds the object (RFC 7519 section 7.2)", func(_ Login, p []byte) []byte { return slices.Concat([]byte("["), p, []byte("]")) }),
		bytes("payload-text", "the payload is not JSON (RFC 7519 section 7.2)", func(Login, []byte) []byte { return []byte("this is not JSON") }),
	}
}

func twoAudiences(l Login) any { return []string{l.ClientID, otherClient} }

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if lower := strings.ToLower(string(r)); lower != string(r) {
			return []rune(lower)[0]
		}
		return []rune(strings.ToUpper(string(r)))[0]
	}, text)
}

// seconds is the parameter as a duration; a parameter that is no number counts as none.
func (l Login) seconds(otherwise int) time.Duration {
	if d, err := time.ParseDuration(l.parameter + "s"); err == nil {
		return d
	}
	return time.Duration(otherwise) * time.Second
}

// otherHash is an at_hash that is well formed (left half of a SHA-256) and fits no access token of the IdP.
func otherHash() string {
	sum := sha256.Sum256([]byte("access token of another login"))
	return b64(sum[:len(sum)/2])
}
