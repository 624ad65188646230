package sso

import (
	"fmt"
	"net/url"
	"strings"

	"assay/reports"
	"assay/suites/check"
	"assay/suites/target"
)

// oidcLogin tells the story of a connection: a good login, everything that must be refused, and a
// good login again.
func oidcLogin(s *check.Suite) {
	s.Scenario("oidc login", func() {
		c := &connection{}
		s.It(check.Spec{
			ID:    "oidc.login.good-login",
			Title: "a person who signs on at the identity provider is logged in as that person",
			Level: check.Must, Needs: needs(), Hurts: check.Hurts("okta"),
			Refs: check.Refs(check.OIDCCore("3.1")),
		}, func(t *check.T) { t.Expect(c.signOn(t)).To(c.bePerson()) })
		oidcFlow(s, c)
		for _, forged := range forgeries() {
			s.It(forged.spec(), func(t *check.T) { forged.try(t, c) })
		}
		s.It(check.Spec{
			ID:    "oidc.robustness.hostile-answers",
			Title: "a hostile message gets an orderly refusal: no server error, no reset, no hang",
			Level: check.Should, Needs: needs(),
			Refs: check.Refs(check.RFC6749("10.12", `The client MUST implement CSRF protection for its redirection URI.`)),
		}, func(t *check.T) {
			t.ExpectThat("answers to the hostile messages of this scenario", strings.Join(c.rough, "; ")).To(check.Be(""))
		})
		s.It(check.Spec{
			ID:    "oidc.robustness.good-login-afterwards",
			Title: "after the hostile messages a good login still works",
			Level: check.Must, Needs: needs(),
			Refs: check.Refs(check.OIDCCore("3.1")),
		}, func(t *check.T) { t.Expect(c.signOn(t)).To(c.bePerson()) })
	})
}

// oidcFlow checks that an authorization response counts only once and only in the browser that asked.
func oidcFlow(s *check.Suite, c *connection) {
	csrf := check.RFC6749("10.12", `The client MUST implement CSRF protection for its redirection URI.`)
	s.It(check.Spec{
		ID:    "oidc.flow.tampered-state",
		Title: "an authorization response with another state than the request's is refused",
		Level: check.Must, Needs: needs(), Refs: check.Refs(csrf),
	}, func(t *check.T) { c.expectAltered(t, func(q url.Values) { q.Set("state", "tampered"+q.Get("state")) }) })
	s.It(check.Spec{
		ID:    "oidc.flow.missing-state",
		Title: "an authorization response without a state is refused",
		Level: check.Must, Needs: needs(), Refs: check.Refs(csrf),
	}, func(t *check.T) { c.expectAltered(t, func(q url.Values) { q.Del("state") }) })
	s.It(check.Spec{
		ID:    "oidc.flow.other-browser",
		Title: "an authorization response is refused in a browser that did not ask for it",
		Level: check.Must, Needs: needs(), Refs: check.Refs(csrf),
	}, func(t *check.T) {
		c.control(t)
		a := c.begin(t)
		c.consent(t, a)
		other := t.NewBrowser()
		c.watch("response in another browser", deliver(t, other, a.callback))
		t.Expect(whoAmI(t, other)).To(check.BeNobody())
	})
	s.It(check.Spec{
		ID:    "oidc.flow.replayed-code",
		Title: "an authorization response that was used already logs nobody in",
		Level: check.Must, Needs: needs(),
		Refs: check.Refs(check.RFC6749("4.1.2", `The client MUST NOT use the authorization code more than once.`)),
	}, func(t *check.T) {
		a := c.begin(t)
		c.consent(t, a)
		twin := fork(t, a.browser)
		deliver(t, a.browser, a.callback)
		t.Control(whoAmI(t, a.browser), c.bePerson())
		t.Require("the browser as it was before the login", whoAmI(t, twin), check.BeIdentity(""))
		c.watch("replayed response", deliver(t, twin, a.callback))
		t.Expect(whoAmI(t, twin)).To(check.BeNobody())
	})
	s.It(check.Spec{
		ID:    "oidc.flow.session-renewed",
		Title: "a login starts a new session: whoever planted the session identifier before is not logged in",
		Level: check.Should, Needs: needs(), Refs: check.Refs(csrf),
	}, func(t *check.T) {
		a := c.begin(t)
		c.consent(t, a)
		planted := fork(t, a.browser)
		deliver(t, a.browser, a.callback)
		t.Control(whoAmI(t, a.browser), c.bePerson())
		t.Expect(whoAmI(t, planted)).To(check.BeNobody())
	})
}

// fork opens a second browser with the cookies that this one has now.
func fork(t *check.T, browser *target.Browser) *target.Browser {
	twin, err := browser.Fork()
	if err != nil {
		t.NotRun("%v", err)
	}
	return twin
}

// expectAltered expects that nobody is logged in when the authorization response was changed on the way.
func (c *connection) expectAltered(t *check.T, alter func(url.Values)) {
	c.control(t)
	a := c.begin(t)
	c.consent(t, a)
	response, err := url.Parse(a.callback)
	if err != nil {
		t.NotRun("the authorization response is not a URL: %v", err)
	}
	query := response.Query()
	alter(query)
	response.RawQuery = query.Encode()
	c.watch("altered response", deliver(t, a.browser, response.String()))
	t.Expect(whoAmI(t, a.browser)).To(check.BeNobody())
}

// forgery is an ID token (or what comes with it) that must not log anybody in.
type forgery struct {
	id       string
	title    string
	mutation string
	level    reports.Level
	refs     []reports.Ref
	overTLS  *bool // set where the rule depends on whether TLS vouches for the token
}

func (f forgery) spec() check.Spec {
	return check.Spec{ID: "oidc.token." + f.id, Title: f.title, Level: f.level, Needs: needs(), Refs: f.refs}
}

func (f forgery) try(t *check.T, c *connection) {
	c.open(t)
	if f.overTLS != nil && *f.overTLS != strings.HasPrefix(c.app.Issuer, "https:") {
		t.NotApplicable("%s", tlsReason(*f.overTLS))
	}
	c.control(t)
	t.ExpectThat(fmt.Sprintf("after a login with the fault %s", f.mutation), c.signOn(t, f.mutation)).To(check.BeNobody())
}

func tlsReason(overTLS bool) string {
	if overTLS {
		return "the identity provider is reached without TLS, where the must-level twin of this check applies"
	}
	return "TLS vouches for the token, where the should-level twin of this check applies"
}

// forgeries lists what the hostile identity provider tries. OpenID Connect Core section 3.1.3.7 says
// what an ID token needs; RFC 7519 and RFC 7515 carry the words.
func forgeries() []forgery {
	plain, tls := false, true
	core := check.OIDCCore("3.1.3.7")
	audience := check.RFC7519("4.1.3", `If the principal processing the claim does not identify itself with a value in the "aud" claim when this claim is present, then the JWT MUST be rejected.`)
	expiry := check.RFC7519("4.1.4", `The "exp" (expiration time) claim identifies the expiration time on or after which the JWT MUST NOT be accepted for processing.`)
	notBefore := check.RFC7519("4.1.5", `The "nbf" (not before) claim identifies the time before which the JWT MUST NOT be accepted for processing.`)
	invalid := check.RFC7515("5.2", `However, in all cases, at least one JWS Signature value MUST successfully validate, or the JWS MUST be considered invalid.`)
	return []forgery{
		{"wrong-nonce", "an ID token with the nonce of another request is refused", "wrong-nonce", check.Must, check.Refs(core), nil},
		{"missing-nonce", "an ID token without the nonce that was sent is refused", "missing-nonce", check.Must, check.Refs(core), nil},
		{"wrong-audience", "an ID token for another client is refused", "wrong-audience", check.Must, check.Refs(audience, core), nil},
		{"extra-audience", "an ID token that is also for an untrusted audience is refused", "extra-audience", check.Must, check.Refs(core), nil},
		{"wrong-issuer", "an ID token of another issuer is refused", "wrong-issuer", check.Must, check.Refs(core), nil},
		{"expired", "an expired ID token is refused", "expired-token", check.Must, check.Refs(expiry, core), nil},
		{"not-yet-valid", "an ID token whose nbf is in the future is refused", "not-yet-valid", check.Must, check.Refs(notBefore), nil},
		{"missing-subject", "an ID token without a subject is refused", "missing-sub", check.Must, check.Refs(check.OIDCCore("2")), nil},
		{"missing-id-token", "a token response without an ID token is refused", "missing-id-token", check.Must, check.Refs(check.OIDCCore("3.1.3.3")), nil},
		{"bad-signature", "an ID token with a broken signature is refused where no TLS vouches for it", "bad-signature", check.Must, check.Refs(invalid, core), &plain},
		{"bad-signature-over-tls", "an ID token with a broken signature is refused even where TLS vouches for it", "bad-signature", check.Should, check.Refs(invalid, core), &tls},
		{"foreign-key", "an ID token signed with a key that the issuer never published is refused where no TLS vouches for it", "foreign-key", check.Must, check.Refs(invalid, core), &plain},
		{"alg-none", "an unsigned ID token (alg none) is refused", "alg-none", check.Must, check.Refs(core), nil},
		{"hmac-with-public-key", "an ID token whose HMAC is keyed with the public key is refused where no TLS vouches for it", "hs256-public-key", check.Must, check.Refs(invalid, core), &plain},
		{"other-subject-in-userinfo", "userinfo about another subject than the ID token's is not used", "other-subject-userinfo", check.Must, check.Refs(check.OIDCCore("5.3.4")), nil},
	}
}
