package mutation

import (
	"slices"
	"strings"
	"time"
)

// logoutEvent is the member of events that makes a token a logout token (Back-Channel Logout 1.0 section 2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutTable is what a logout can say: the token that is posted, and the URL that an iframe loads.
func logoutTable() []Mutation {
	return slices.Concat(logoutClaims(), logoutSeals(), logoutCalls())
}

// LogoutToken is the honest payload of a logout token. Empty sub or sid is left out.
func LogoutToken(l Login, id, sub, sid string) map[string]any {
	claims := map[string]any{
		"iss": l.Issuer, "aud": l.ClientID, "iat": l.Now.Unix(), "exp": l.Now.Add(2 * time.Minute).Unix(), "jti": id, "events": logoutEvents(),
	}
	if sub != "" {
		claims["sub"] = sub
	}
	if sid != "" {
		claims["sid"] = sid
	}
	return claims
}

func logoutEvents() map[string]any { return map[string]any{logoutEvent: map[string]any{}} }

func logoutClaims() []Mutation {
	const rule, form = "(Back-Channel 2.6)", "(Back-Channel 2.4)"
	return []Mutation{
		set(LogoutClaims, "OIDC-LGO-07", "logout-wrong-issuer", "iss is another issuer, or the one given "+rule, "iss", given(otherIssuer)).taking("issuer"),
		drop(LogoutClaims, "OIDC-LGO-07", "logout-missing-issuer", "there is no iss "+form, "iss"),
		set(LogoutClaims, "OIDC-LGO-08", "logout-wrong-audience", "aud is another client, or the one given "+rule, "aud", given(otherClient)).taking("client id"),
		drop(LogoutClaims, "OIDC-LGO-08", "logout-missing-audience", "there is no aud "+form, "aud"),
		drop(LogoutClaims, "OIDC-LGO-09", "logout-no-events", "there is no events "+rule, "events"),
		set(LogoutClaims, "OIDC-LGO-10", "logout-other-event", "events has another event only "+rule, "events", constant(map[string]any{"https://assay.invalid/event": map[string]any{}})),
		set(LogoutClaims, "OIDC-LGO-10", "logout-event-text", "the event's value is a string rather than an object "+rule, "events", constant(map[string]any{logoutEvent: "yes"})),
		set(LogoutClaims, "OIDC-LGO-10", "logout-events-list", "events is a list of the event's name "+rule, "events", constant([]string{logoutEvent})),
		set(LogoutClaims, "OIDC-LGO-10", "logout-events-text", "events is the event's name "+rule, "events", constant(logoutEvent)),
		set(LogoutClaims, "OIDC-LGO-11", "logout-with-nonce", "there is a nonce "+rule, "nonce", constant(otherNonce)),
		drop(LogoutClaims, "OIDC-LGO-12", "logout-nobody", "there is neither sub nor sid "+rule, "sub", "sid"),
		drop(LogoutClaims, "OIDC-LGO-04", "logout-sub-only", "there is sub and no sid: all sessions of the person (Back-Channel 2.4; to be accepted)", "sid"),
		drop(LogoutClaims, "OIDC-LGO-04", "logout-sid-only", "there is sid and no sub: one session (Back-Channel 2.4; to be accepted)", "sub"),
		set(LogoutClaims, "OIDC-LGO-15", "logout-other-subject", "sub is the one given, by default somebody else's (Back-Channel 2.7: identified by iss and sub)", "sub",
			somebody).taking("subject"),
		set(LogoutClaims, "OIDC-LGO-15", "logout-other-session", "sid is that of another session, or the one given (Back-Channel 2.7)", "sid", given("sid-of-another-session")).taking("sid"),
		edit(LogoutClaims, "OIDC-LGO-13", "logout-expired", "the token was issued two hours ago and expired one hour ago "+rule, func(l Login, c map[string]any) {
			c["iat"], c["exp"] = l.Now.Add(-2*time.Hour).Unix(), l.Now.Add(-time.Hour).Unix()
		}),
		drop(LogoutClaims, "OIDC-LGO-13", "logout-missing-exp", "there is no exp "+form, "exp"),
		set(LogoutClaims, "OIDC-LGO-13", "logout-old", "iat is a week ago, exp still ahead "+rule, "iat", func(l Login) any { return l.Now.Add(-7 * 24 * time.Hour).Unix() }),
		drop(LogoutClaims, "OIDC-LGO-13", "logout-missing-iat", "there is no iat "+form, "iat"),
		drop(LogoutClaims, "OIDC-LGO-13", "logout-missing-jti", "there is no jti "+form, "jti"),
		set(LogoutClaims, "OIDC-LGO-13", "logout-jti", "jti is the one given, for two different tokens with the same one "+rule, "jti", given("jti-that-was-used-before")).taking("jti"),
		edit(LogoutClaims, "OIDC-LGO-14", "logout-id-token", "the claims are those of an ID token: no events, a nonce (Back-Channel 2.6)", func(l Login, c map[string]any) {
			delete(c, "events")
			c["nonce"], c["auth_time"], c["exp"] = otherNonce, l.Now.Unix(), l.Now.Add(time.Hour).Unix()
		}),
		edit(LogoutClaims, "OIDC-LGO-15", "logout-other-person", "sub and sid name somebody else's session (Back-Channel 2.7)", func(l Login, c map[string]any) {
			c["sub"], c["sid"] = l.Stranger(), "sid-of-another-session"
		}),
	}
}

// logoutSeals are those seals of ID tokens that a logout token is tried with too.
func logoutSeals() []Mutation {
	rows := map[string]string{
		"alg-none": "OIDC-LGO-05", "alg-none-title": "OIDC-LGO-05", "alg-empty": "OIDC-LGO-05", "no-signature-segment": "OIDC-LGO-05", "empty-signature": "OIDC-LGO-05",
		"unadvertised-algorithm": "OIDC-LGO-06", "hs256-public-key": "OIDC-LGO-06", "hs256-client-secret": "OIDC-LGO-06", "hs256-empty-key": "OIDC-LGO-06",
		"bad-signature": "OIDC-LGO-13", "foreign-key": "OIDC-LGO-13", "unknown-kid": "OIDC-LGO-13", "embedded-jwk": "OIDC-LGO-13", "jku": "OIDC-LGO-13",
		"typ-id-token": "OIDC-LGO-14", "unknown-crit": "OIDC-LGO-13",
	}
	var table []Mutation
	for _, m := range sealTable() {
		row, ok := rows[m.Name]
		if !ok {
			continue
		}
		m.Name, m.Text, m.Stage, m.Rows = "logout-"+m.Name, "the logout token: "+m.Text, LogoutSeal, []string{row}
		table = append(table, m)
	}
	return table
}

func logoutCalls() []Mutation {
	call := func(rows, name, text string, change func(Login, *Answer)) Mutation {
		return Mutation{Name: name, Text: text, Stage: LogoutCall, Rows: strings.Fields(rows), answer: change}
	}
	return []Mutation{
		call("OIDC-LGO-13", "logout-replayed", "the same logout token is posted twice (Back-Channel 2.6: jti)", func(_ Login, a *Answer) { a.Twice = true }),
		call("OIDC-LGO-04", "logout-no-token", "the request has no logout_token (Back-Channel 2.5)", func(_ Login, a *Answer) { a.Params.Del("logout_token") }),
		call("OIDC-LGO-16", "frontchannel-wrong-issuer", "the iframe's URL has another iss (Front-Channel 2)", func(_ Login, a *Answer) { replaceGiven(a, "iss", otherIssuer) }),
		call("OIDC-LGO-16", "frontchannel-wrong-session", "the iframe's URL has the sid of another session (Front-Channel 2)",
			func(_ Login, a *Answer) { replaceGiven(a, "sid", "sid-of-another-session") }),
		call("OIDC-LGO-16 OIDC-LGO-17", "frontchannel-bare", "the iframe's URL has neither iss nor sid (Front-Channel 2)", func(_ Login, a *Answer) {
			a.Params.Del("iss")
			a.Params.Del("sid")
		}),
	}
}

func replaceGiven(a *Answer, name, value string) {
	if a.Params.Has(name) {
		a.Params.Set(name, value)
	}
}
