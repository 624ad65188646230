package sso

import (
	"slices"
	"strings"

	"assay/suites/check"
)

// oidcRequests checks what the target sends to the identity provider.
func oidcRequests(s *check.Suite) {
	s.Scenario("oidc request", func() {
		c := &connection{}
		s.It(check.Spec{
			ID:    "oidc.request.code-flow",
			Title: "the authorization request asks for a code, for the scope openid, at the registered redirect URI",
			Level: check.Must, Needs: needs(),
			Refs: check.Refs(check.OIDCCore("3.1.2.1"), check.RFC6749("4.1.1", `Value MUST be set to "code".`)),
		}, func(t *check.T) {
			a := c.begin(t)
			t.ExpectThat("response_type of the authorization request", a.params.Get("response_type")).To(check.Be("code"))
			t.ExpectThat("client_id of the authorization request", a.params.Get("client_id")).To(check.Be(c.app.ClientID))
			t.ExpectThat("redirect_uri of the authorization request", a.params.Get("redirect_uri")).
				To(check.Be(t.Target().File.SSO.OIDC.Callback))
			t.ExpectThat("scope of the authorization request", a.params.Get("scope")).
				To(check.Satisfy("a scope that contains openid", func(v any) bool {
					return slices.Contains(strings.Fields(v.(string)), "openid")
				}))
		})
		s.It(check.Spec{
			ID:    "oidc.request.state-fresh",
			Title: "each authorization request carries a state of its own that cannot be guessed",
			Level: check.Must, Needs: needs(),
			Refs: check.Refs(check.RFC6749("10.12", `The client MUST implement CSRF protection for its redirection URI.`)),
		}, func(t *check.T) { expectFresh(t, c, "state") })
		s.It(check.Spec{
			ID:    "oidc.request.nonce-fresh",
			Title: "each authorization request carries a nonce of its own that cannot be guessed",
			Level: check.Should, Needs: needs(),
			Refs: check.Refs(check.OIDCCore("15.5.2")),
		}, func(t *check.T) { expectFresh(t, c, "nonce") })
		s.It(check.Spec{
			ID:    "oidc.request.pkce-s256",
			Title: "each authorization request carries a fresh PKCE challenge with the method S256",
			Level: check.Should, Needs: needs(),
			Refs: check.Refs(check.RFC7636("4.2", `If the client is capable of using "S256", it MUST use "S256"`)),
		}, func(t *check.T) {
			first, second := c.begin(t), c.begin(t)
			t.ExpectThat("code_challenge_method", first.params.Get("code_challenge_method")).To(check.Be("S256"))
			t.ExpectThat("code_challenge", first.params.Get("code_challenge")).To(check.Satisfy(
				"43 characters of base64url", func(v any) bool { return len(v.(string)) == 43 }))
			t.ExpectThat("code_challenge of a second login", second.params.Get("code_challenge")).To(check.Satisfy(
				"another challenge than the first login's", func(v any) bool { return v != first.params.Get("code_challenge") }))
		})
	})
}

// minEntropyLength is how many characters a value of at least 128 bits has in base64url or hexadecimal.
const minEntropyLength = 22

// expectFresh expects a parameter that is long enough not to be guessed and differs between two logins.
func expectFresh(t *check.T, c *connection, name string) {
	first, second := c.begin(t), c.begin(t)
	t.ExpectThat(name+" of the authorization request", first.params.Get(name)).To(check.Satisfy(
		"at least 22 characters (128 bits)", func(v any) bool { return len(v.(string)) >= minEntropyLength }))
	t.ExpectThat(name+" of a second login", second.params.Get(name)).To(check.Satisfy(
		"another value than the first login's", func(v any) bool { return v != first.params.Get(name) }))
}
