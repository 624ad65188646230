package mutation

import (
	"bytes"
	"net/http"
	"slices"
	"time"
)

// tokenTable is what the token endpoint can answer to a code.
func tokenTable() []Mutation {
	return slices.Concat(idTokenMembers(), otherMembers(), tokenReplies())
}

func idTokenMembers() []Mutation {
	return []Mutation{
		drop(Tokens, "OIDC-IDT-25", "missing-id-token", "the token response has no id_token (Core 3.1.3.3)", "id_token"),
		set(Tokens, "OIDC-IDT-25", "empty-id-token", "the id_token is empty (Core 3.1.3.3)", "id_token", constant("")),
		set(Tokens, "OIDC-IDT-25", "null-id-token", "the id_token is null (Core 3.1.3.3)", "id_token", constant(nil)),
		set(Tokens, "OIDC-IDT-24", "malformed-id-token", "the id_token is not a JWT (RFC 7519 section 7.2)", "id_token", constant("this is not a token")),
		set(Tokens, "OIDC-IDT-26", "access-token-as-id-token", "the id_token is the access token, a JWT for another audience (RFC 8725 section 3.12)", "id_token",
			func(l Login) any { return l.AccessToken }),
	}
}

func otherMembers() []Mutation {
	const row = "OIDC-REQ-15"
	return []Mutation{
		set(Tokens, row, "token-type-lower", "token_type is bearer (RFC 6749 section 5.1: case insensitive; to be accepted)", "token_type", constant("bearer")),
		set(Tokens, row, "token-type-upper", "token_type is BEARER (RFC 6749 section 5.1: case insensitive; to be accepted)", "token_type", constant("BEARER")),
		set(Tokens, row, "token-type-other", "token_type is one that nobody knows (RFC 6749 section 7.1: MUST NOT use the token)", "token_type", constant("assay")),
		drop(Tokens, row, "missing-expires-in", "there is no expires_in (RFC 6749 section 5.1: RECOMMENDED; to be accepted)", "expires_in"),
		edit(Tokens, row, "expires-in-text", "expires_in is a string of digits, as Entra ID's v1 endpoint has it (RFC 6749 section 5.1: a number)",
			func(_ Login, m map[string]any) { m["expires_in"] = string(encode(m["expires_in"])) }),
		drop(Tokens, row, "missing-scope", "there is no scope (RFC 6749 section 5.1: OPTIONAL if identical; to be accepted)", "scope"),
		edit(Tokens, row, "unknown-members", "there are members that nobody knows (RFC 6749 section 5.1: MUST be ignored)", func(_ Login, m map[string]any) {
			m["assay_unknown"], m["assay_nothing"] = map[string]any{"id_token": "x"}, nil
		}),
		drop(Tokens, "OIDC-FLOW-19", "missing-access-token", "there is no access_token (RFC 6749 section 5.1: REQUIRED)", "access_token"),
	}
}

func tokenReplies() []Mutation {
	const row = "OIDC-FLOW-19"
	return []Mutation{
		refuse(TokenReply, row, "token-invalid-grant", "the token endpoint answers 400 invalid_grant (RFC 6749 section 5.2)", http.StatusBadRequest, "invalid_grant"),
		refuse(TokenReply, row, "token-invalid-client", "the token endpoint answers 401 invalid_client (RFC 6749 section 5.2)", http.StatusUnauthorized, "invalid_client"),
		refuse(TokenReply, row, "token-too-many-requests", "the token endpoint answers 429 with Retry-After (RFC 6585 section 4)", http.StatusTooManyRequests, "slow_down", "Retry-After", "30"),
		refuse(TokenReply, row, "token-server-error", "the token endpoint answers 500 (RFC 9110 section 15.6.1)", http.StatusInternalServerError, "server_error"),
		refuse(TokenReply, row, "token-unavailable", "the token endpoint answers 503 with Retry-After (RFC 9110 section 15.6.4)", http.StatusServiceUnavailable, "temporarily_unavailable", "Retry-After", "30"),
		page(TokenReply, row, "token-html", "the token endpoint answers 200 with a page for people (RFC 6749 section 5.1: JSON)"),
		reply(TokenReply, row, "token-text-type", "the token response is right, but says that it is text/plain (RFC 6749 section 5.1: application/json)",
			func(_ Login, r *Reply) { r.Header.Set("Content-Type", "text/plain") }),
		reply(TokenReply, row, "token-form", "the token response is a form, as old OAuth servers answer (RFC 6749 section 5.1: JSON)", func(l Login, r *Reply) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = []byte("access_token=" + l.AccessToken + "&token_type=Bearer")
		}),
		reply(TokenReply, row, "token-error-200", "the token endpoint answers 200 with error and the tokens (RFC 6749 section 5.2)",
			func(_ Login, r *Reply) { r.Body = duplicate(r.Body, "error", "invalid_grant") }),
		reply(TokenReply, row, "token-cacheable", "the token response may be cached for a day (RFC 6749 section 5.1: no-store)", func(_ Login, r *Reply) {
			r.Header.Set("Cache-Control", "public, max-age=86400")
			r.Header.Del("Pragma")
		}),
		reply(TokenReply, row, "token-bom", "the token response begins with a byte order mark (RFC 8259 section 8.1: MUST NOT)",
			func(_ Login, r *Reply) { r.Body = append([]byte("\ufeff"), r.Body...) }),
		twice(TokenReply, "OIDC-IDT-24", "duplicate-id-token", "the token response has id_token twice, the second not a JWT (RFC 8259 section 4)", "id_token", constant("this is not a token")),
		reply(TokenReply, row, "token-trailing", "there is a second object behind the token response (RFC 8259 section 2)",
			func(_ Login, r *Reply) { r.Body = append(bytes.Clone(r.Body), `{"error":"server_error"}`...) }),
		reply(TokenReply, "OIDC-CFG-06 OIDC-FLOW-19", "token-redirect", "the token endpoint redirects with 307 to the URL given, by default a link-local one (RFC 9700 section 4.12)",
			func(l Login, r *Reply) {
				r.Status, r.Body = http.StatusTemporaryRedirect, nil
				r.Header.Set("Location", l.or(linkLocal))
			}).taking("URL"),
	}
}

// refreshTable is what a refresh can bring.
func refreshTable() []Mutation {
	const row, rule = "OIDC-IDT-28", "(Core 12.2)"
	return []Mutation{
		set(Refreshed, row, "refreshed-wrong-issuer", "the ID token of a refresh has another iss than the first "+rule, "iss", constant(otherIssuer)),
		set(Refreshed, row, "refreshed-other-subject", "the ID token of a refresh has somebody else's sub "+rule, "sub", func(l Login) any { return l.Stranger() }),
		set(Refreshed, row, "refreshed-wrong-audience", "the ID token of a refresh has another aud "+rule, "aud", constant(otherClient)),
		set(Refreshed, row, "refreshed-older", "the ID token of a refresh was issued a day before the first "+rule, "iat", func(l Login) any { return l.Now.Add(-24 * time.Hour).Unix() }),
		set(Refreshed, row, "refreshed-nonce", "the ID token of a refresh has a nonce that nobody sent (Core 12.2: SHOULD NOT have one, or the first's)", "nonce", constant(otherNonce)),
		set(Refreshed, row, "refreshed-auth-time", "the ID token of a refresh has another auth_time than the first "+rule, "auth_time", func(l Login) any { return l.Now.Unix() - 7 }),
		refuse(RefreshReply, "OIDC-FLOW-22", "refresh-invalid-grant", "the refresh is answered with 400 invalid_grant, as for a person who is gone (RFC 6749 section 5.2)", http.StatusBadRequest, "invalid_grant"),
		refuse(RefreshReply, "OIDC-FLOW-22", "refresh-server-error", "the refresh is answered with 500 (RFC 9110 section 15.6.1)", http.StatusInternalServerError, "server_error"),
	}
}
