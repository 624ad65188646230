package faults

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"assay/reference/sso"
)

// ssoToken are defects in how ID tokens are judged (OpenID Connect Core section 3.1.3.7).
func ssoToken() []Fault {
	return append(ssoClaims(), ssoSignature()...)
}

func ssoClaims() []Fault {
	return []Fault{
		{
			Name:    "audience-not-checked",
			Text:    "an ID token for another application signs people on here",
			Model:   "relying parties that verify signature and issuer only, so that every application of the tenant can impersonate its users",
			Reddens: []string{"oidc.token.wrong-audience", "oidc.token.extra-audience"},
			Checker: Ignoring(sso.RuleAudience),
		},
		{
			Name:    "audience-searched-only",
			Text:    "an ID token whose audience has strangers in it besides this application is believed",
			Model:   "libraries that look for the client id among the audiences; zitadel/oidc v3.49.2 does so when azp is the client (measured)",
			Reddens: []string{"oidc.token.extra-audience"},
			Checker: Pardoning(func(v sso.Violation, _ sso.Claims) bool {
				return v.Rule == sso.RuleAudience && strings.HasPrefix(v.Text, "also for others")
			}),
		},
		{
			Name:    "issuer-not-checked",
			Text:    "an ID token that names another issuer is believed",
			Model:   "multi-tenant relying parties that switch the issuer check off because Entra's common metadata has a template for an issuer",
			Reddens: []string{"oidc.token.wrong-issuer"},
			Checker: Ignoring(sso.RuleIssuer),
		},
		{
			Name:    "expiry-not-checked",
			Text:    "an expired ID token is believed",
			Model:   "relying parties that decode the token without judging its times",
			Reddens: []string{"oidc.token.expired"},
			Checker: Ignoring(sso.RuleExpiry, sso.RuleIssuedAt),
		},
		{
			Name:    "not-before-not-checked",
			Text:    "an ID token whose nbf is in the future is believed",
			Model:   "zitadel/oidc v3.49.2, whose verifier accepts an nbf in the future (measured)",
			Reddens: []string{"oidc.token.not-yet-valid"},
			Checker: Ignoring(sso.RuleNotBefore),
		},
		{
			Name:    "nonce-not-checked",
			Text:    "the nonce of the ID token is not looked at",
			Model:   "relying parties that send a nonce and never compare it",
			Reddens: []string{"oidc.token.wrong-nonce", "oidc.token.missing-nonce"},
			Checker: Ignoring(sso.RuleNonce),
		},
		{
			Name:    "nonce-compared-when-present",
			Text:    "an ID token without a nonce is believed, although one was sent",
			Model:   "relying parties that compare the nonce only when the token has one",
			Reddens: []string{"oidc.token.missing-nonce"},
			Checker: Pardoning(func(v sso.Violation, _ sso.Claims) bool {
				return v.Rule == sso.RuleNonce && strings.HasPrefix(v.Text, "missing")
			}),
		},
		subjectMissingAccepted(),
		userinfoSubjectNotCompared(),
		idTokenNotNeeded(),
	}
}

func ssoSignature() []Fault {
	return []Fault{
		{
			Name:    "signature-not-checked",
			Text:    "the signature of an ID token is not verified",
			Model:   "relying parties that decode the payload of the token and leave the signature alone",
			Reddens: []string{"oidc.token.bad-signature", "oidc.token.foreign-key"},
			Checker: Ignoring(sso.RuleSignature),
		},
		{
			Name:    "alg-none-accepted",
			Text:    "an unsigned ID token (alg none) is believed",
			Model:   "the JWT libraries of 2015 that let the token choose its algorithm, none among them (RFC 8725 section 2.1)",
			Reddens: []string{"oidc.token.alg-none"},
			Checker: believing("none"),
		},
		{
			Name:    "hmac-accepted",
			Text:    "an ID token with an HMAC that is keyed with the public key is believed",
			Model:   "the JWT libraries of 2015 that used an RSA public key as an HMAC secret when the token said so (RFC 8725 section 2.1)",
			Reddens: []string{"oidc.token.hmac-with-public-key"},
			Checker: believing("HS256"),
		},
	}
}

// believing takes every token with an algorithm. It does not compare the hash of the access token either,
// which is only defined for algorithms that have a hash.
func believing(alg string) func(sso.Checker) sso.Checker {
	pardoning := Pardoning(func(v sso.Violation, claims sso.Claims) bool {
		return v.Rule == sso.RuleAlgorithm && claims.Algorithm == alg
	})
	return func(next sso.Checker) sso.Checker {
		lenient := pardoning(next)
		return checkerFunc(func(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
			claims, err := lenient.Check(ctx, login, raw)
			if claims.Algorithm == alg {
				claims.AccessTokenHash = ""
			}
			return claims, err
		})
	}
}

func subjectMissingAccepted() Fault {
	return Fault{
		Name:    "subject-missing-accepted",
		Text:    "an ID token without a subject keeps the subject of the token before it",
		Model:   "decoders that fill a struct which is used again, so that a missing member keeps its last value",
		Reddens: []string{"oidc.token.missing-subject"},
		Checker: func(next sso.Checker) sso.Checker {
			return &staleSubject{next: Ignoring(sso.RuleSubject)(next)}
		},
	}
}

// staleSubject fills a missing subject in with the last one of the same client.
type staleSubject struct {
	next sso.Checker
	last memory[string, string] // by client
}

// Check implements sso.Checker, wrongly.
func (s *staleSubject) Check(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
	claims, err := s.next.Check(ctx, login, raw)
	if err != nil {
		return claims, err
	}
	if claims.Subject == "" {
		claims.Subject, _ = s.last.recall(login.ClientID)
	}
	s.last.keep(login.ClientID, claims.Subject)
	return claims, nil
}

func userinfoSubjectNotCompared() Fault {
	return Fault{
		Name:     "userinfo-subject-not-compared",
		Text:     "userinfo is believed whoever it speaks about",
		Model:    "relying parties that merge the userinfo answer into the claims without comparing sub (OpenID Connect Core section 5.3.2)",
		Reddens:  []string{"oidc.token.other-subject-in-userinfo"},
		Outgoing: agreeingUserinfo(),
	}
}

// agreeingUserinfo makes userinfo name the subject of the ID token that came with the access token,
// as if nobody compared them.
func agreeingUserinfo() func(http.RoundTripper) http.RoundTripper {
	var subjects memory[string, string] // by access token
	return RewriteAnswers(func(req *http.Request, doc map[string]any) {
		if token := textOf(doc, "id_token"); token != "" {
			subjects.keep(textOf(doc, "access_token"), textOf(payloadOf(token), "sub"))
			return
		}
		if subject, ok := subjects.recall(bearerOf(req)); ok && subject != "" {
			doc["sub"] = subject
		}
	})
}

// payloadOf is what a JWT says, unverified.
func payloadOf(token string) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	return decodeObject(data)
}

// idTokenNotNeeded makes up an ID token where the provider sends none, and believes it.
func idTokenNotNeeded() Fault {
	var endpoints memory[string, string]    // userinfo endpoint by token endpoint
	var accepted memory[string, sso.Claims] // by made-up token
	number := 0
	return Fault{
		Name:    "id-token-not-needed",
		Text:    "a token response without an ID token signs on whoever userinfo names",
		Model:   "social login by plain OAuth 2.0: the access token is spent at userinfo and no ID token is asked for",
		Reddens: []string{"oidc.token.missing-id-token"},
		Outgoing: func(next http.RoundTripper) http.RoundTripper {
			return RewriteAnswers(func(req *http.Request, doc map[string]any) {
				if endpoint := textOf(doc, "token_endpoint"); endpoint != "" {
					endpoints.keep(endpoint, textOf(doc, "userinfo_endpoint"))
					return
				}
				access := textOf(doc, "access_token")
				userinfo, ok := endpoints.recall(req.URL.String())
				if !ok || access == "" || doc["id_token"] != nil {
					return
				}
				claims, err := askUserinfo(req.Context(), next, userinfo, access)
				if err != nil {
					return
				}
				number++
				made := fmt.Sprintf("made-up.%d", number)
				accepted.keep(made, claims)
				doc["id_token"] = made
			})(next)
		},
		Checker: func(next sso.Checker) sso.Checker {
			return checkerFunc(func(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
				claims, ok := accepted.recall(raw)
				if !ok {
					return next.Check(ctx, login, raw)
				}
				claims.Issuer = login.Issuer
				return claims, nil
			})
		},
	}
}

func askUserinfo(ctx context.Context, transport http.RoundTripper, endpoint, access string) (sso.Claims, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return sso.Claims{}, fmt.Errorf("ask userinfo: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	res, err := transport.RoundTrip(req)
	if err != nil {
		return sso.Claims{}, fmt.Errorf("ask userinfo: %w", err)
	}
	body, err := readAnswer(res)
	if err != nil {
		return sso.Claims{}, err
	}
	doc := decodeObject(body)
	verified, _ := doc["email_verified"].(bool)
	email := textOf(doc, "email")
	return sso.Claims{
		Subject: textOf(doc, "sub"), Email: email, EmailVerified: verified, Name: textOf(doc, "name"), All: map[string][]string{"email": {email}},
	}, nil
}
