package faults

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"assay/reference/sso"
)

// ssoRequest are defects of the authorization request (OpenID Connect Core section 3.1.2.1).
func ssoRequest() []Fault {
	return []Fault{
		{
			Name:    "scope-without-openid",
			Text:    "the authorization request leaves openid out of its scope",
			Model:   "OAuth 2.0 logins that ask for profile and email only and rely on an identity provider that sends an ID token all the same",
			Reddens: []string{"oidc.request.code-flow", "oidc.login.good-login", "oidc.robustness.good-login-afterwards"},
			Site: onRedirect(func(request url.Values, _ *http.Cookie) {
				request.Set("scope", strings.TrimPrefix(request.Get("scope"), "openid "))
			}),
		},
		countedState(),
		constantNonce(),
		pkceConstant(),
		pkceAbsent(),
	}
}

// countedState shows numbers instead of states.
func countedState() Fault {
	var number atomic.Int64
	var states memory[string, string] // by what is shown
	return Fault{
		Name:    "state-counted",
		Text:    "the states of logins are consecutive numbers",
		Model:   "relying parties that use the key of a database row as state",
		Reddens: []string{"oidc.request.state-fresh"},
		Site: Both(
			onRedirect(func(request url.Values, _ *http.Cookie) {
				shown := fmt.Sprint(number.Add(1))
				states.keep(shown, request.Get("state"))
				request.Set("state", shown)
			}),
			onCallback(func(_ *http.Request, response url.Values) {
				if state, ok := states.recall(response.Get("state")); ok {
					response.Set("state", state)
				}
			}),
		),
	}
}

// constantNonce sends and expects the same nonce in every login.
func constantNonce() Fault {
	const nonce = "one-nonce-for-everybody-4711"
	return Fault{
		Name:    "nonce-constant",
		Text:    "every authorization request carries the same nonce",
		Model:   "relying parties whose nonce is made once, at start-up or in the configuration",
		Reddens: []string{"oidc.request.nonce-fresh"},
		Site:    onRedirect(func(request url.Values, _ *http.Cookie) { request.Set("nonce", nonce) }),
		Checker: func(next sso.Checker) sso.Checker {
			return checkerFunc(func(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
				login.Nonce = nonce
				return next.Check(ctx, login, raw)
			})
		},
	}
}

// pkceConstant uses one verifier for all logins.
func pkceConstant() Fault {
	const verifier = "one-verifier-for-all-logins-that-is-43-long-0123456789"
	return Fault{
		Name:    "pkce-constant",
		Text:    "every login uses the same PKCE verifier",
		Model:   "clients whose verifier is made once, at start-up or in the configuration",
		Reddens: []string{"oidc.request.pkce-s256"},
		Site: onRedirect(func(request url.Values, _ *http.Cookie) {
			sum := sha256.Sum256([]byte(verifier))
			request.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		}),
		Outgoing: RewriteForm(func(form url.Values) { form.Set("code_verifier", verifier) }),
	}
}

func pkceAbsent() Fault {
	return Fault{
		Name:    "pkce-absent",
		Text:    "logins do without PKCE",
		Model:   "confidential clients that take PKCE for a matter of public clients only (RFC 9700 section 2.1.1)",
		Reddens: []string{"oidc.request.pkce-s256"},
		Site: onRedirect(func(request url.Values, _ *http.Cookie) {
			request.Del("code_challenge")
			request.Del("code_challenge_method")
		}),
		Outgoing: RewriteForm(func(form url.Values) { form.Del("code_verifier") }),
	}
}
