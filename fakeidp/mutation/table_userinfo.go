package mutation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// userInfoTable is what the userinfo endpoint can answer.
func userInfoTable() []Mutation {
	return slices.Concat(userInfoMembers(), userInfoReplies(), userInfoTokens())
}

func userInfoMembers() []Mutation {
	const rule = "(Core 5.3.2)"
	return []Mutation{
		set(UserInfo, "OIDC-UI-01", "other-subject-userinfo", "userinfo's sub is somebody else's, the rest the person's own "+rule, "sub", func(l Login) any { return l.Stranger() }),
		drop(UserInfo, "OIDC-UI-02", "missing-subject-userinfo", "userinfo has no sub "+rule, "sub"),
		set(UserInfo, "OIDC-UI-02", "empty-subject-userinfo", "userinfo's sub is empty "+rule, "sub", constant("")),
		edit(UserInfo, "OIDC-UI-02", "subject-list-userinfo", "userinfo's sub is a list that holds the right one "+rule, func(_ Login, m map[string]any) { m["sub"] = []any{m["sub"]} }),
		set(UserInfo, "OIDC-UI-02", "subject-number-userinfo", "userinfo's sub is a number "+rule, "sub", constant(42)),
		set(UserInfo, "OIDC-UI-03", "other-email-userinfo", "userinfo's e-mail address is the one given, by default somebody else's, and its sub the person's own (Core 5.7: no key)",
			"email", func(l Login) any { return l.orEmail() }).taking("address"),
	}
}

func userInfoReplies() []Mutation {
	const row = "OIDC-UI-05"
	return []Mutation{
		twice(UserInfoReply, "OIDC-UI-02", "duplicate-subject-userinfo", "userinfo has sub twice, the second somebody else's (RFC 8259 section 4)", "sub", func(l Login) any { return l.Stranger() }),
		refuse(UserInfoReply, "OIDC-UI-05 OIDC-FLOW-22", "userinfo-unauthorized", "userinfo answers 401, as for a token that was revoked (Core 5.3.3, RFC 6750 section 3.1)", http.StatusUnauthorized, "invalid_token"),
		refuse(UserInfoReply, row, "userinfo-server-error", "userinfo answers 500 (RFC 9110 section 15.6.1)", http.StatusInternalServerError, "server_error"),
		page(UserInfoReply, row, "userinfo-html", "userinfo answers 200 with a page for people (Core 5.3.2: JSON)"),
		reply(UserInfoReply, row, "userinfo-null", "userinfo is null (Core 5.3.2: an object)", func(_ Login, r *Reply) { r.Body = []byte("null") }),
		reply(UserInfoReply, row, "userinfo-empty", "userinfo is empty (Core 5.3.2: an object)", func(_ Login, r *Reply) { r.Body = nil }),
	}
}

// userInfoTokens are responses that are a JWT (Core 5.3.2), each signed or made in one way.
func userInfoTokens() []Mutation {
	const rows = "OIDC-UI-04"
	plain := func(map[string]any, Login) {}
	honest := func(l Login, payload []byte) (string, error) { return Plan{}.Seal(Seal, l, payload, "") }
	return []Mutation{
		signed(rows, "userinfo-jwt", "userinfo is a JWT with the right iss and aud, signed by the published key (Core 5.3.2; to be accepted where it is registered)", plain, honest),
		signed(rows, "userinfo-jwt-wrong-issuer", "userinfo is a JWT of another iss (Core 5.3.2)", func(c map[string]any, _ Login) { c["iss"] = otherIssuer }, honest),
		signed(rows, "userinfo-jwt-wrong-audience", "userinfo is a JWT for another aud (Core 5.3.2)", func(c map[string]any, _ Login) { c["aud"] = otherClient }, honest),
		signed(rows, "userinfo-jwt-no-issuer", "userinfo is a JWT without iss and aud (Core 5.3.2: SHOULD have them)", func(c map[string]any, _ Login) { delete(c, "iss"); delete(c, "aud") }, honest),
		signed(rows, "userinfo-jwt-other-subject", "userinfo is a JWT with somebody else's sub (Core 5.3.2)", func(c map[string]any, l Login) { c["sub"] = l.Stranger() }, honest),
		signed(rows, "userinfo-jwt-bad-signature", "userinfo is a JWT whose signature has one bit flipped (Core 5.3.4)", plain, badSignature),
		signed(rows, "userinfo-jwt-foreign-key", "userinfo is a JWT that is signed by a key which is published nowhere (Core 5.3.4)", plain,
			func(l Login, payload []byte) (string, error) { return foreign(l, l.header("RS256", l.KeyID), payload) }),
		signed(rows, "userinfo-jwt-none", "userinfo is a JWT whose alg is none (Core 5.3.4, RFC 8725 section 3.1)", plain, unsignedSeal("none")),
	}
}

func signed(rows, name, text string, change func(map[string]any, Login), seal func(Login, []byte) (string, error)) Mutation {
	m := reply(UserInfoReply, rows, name, text, nil)
	m.reply = func(l Login, r *Reply) error {
		if r.Status != http.StatusOK {
			return nil // there is nothing to sign
		}
		var claims map[string]any
		if err := json.Unmarshal(r.Body, &claims); err != nil {
			return fmt.Errorf("read userinfo: %w", err)
		}
		claims["iss"], claims["aud"] = l.Issuer, l.ClientID
		change(claims, l)
		token, err := seal(l, encode(claims))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/jwt")
		r.Body = []byte(token)
		return nil
	}
	return m
}
