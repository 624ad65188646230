package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"assay/reference/directory"
	"assay/reference/sso"
)

// ssoFlow are defects of the login flow: state, browser, code (RFC 6749 section 10.12).
func ssoFlow() []Fault {
	return []Fault{
		stateNotChecked("state-not-checked", "an authorization response with any state is taken for that of the login that this browser began",
			[]string{"oidc.flow.tampered-state", "oidc.flow.missing-state"}, func(string) bool { return true }),
		stateNotChecked("state-missing-accepted", "an authorization response without a state is taken for that of the login that this browser began",
			[]string{"oidc.flow.missing-state"}, func(state string) bool { return state == "" }),
		browserNotBound(),
		callbackRepeatable(),
		{
			Name:    "refusal-is-server-error",
			Text:    "a sign-on that is refused is answered with a server error",
			Model:   "relying parties that let the exception of their token library go through to the framework",
			Reddens: []string{"oidc.robustness.hostile-answers"},
			Site: Rewrite(On(http.MethodGet, sso.CallbackPath), func(r *Response) {
				if r.Status >= http.StatusBadRequest {
					r.Status = http.StatusInternalServerError
				}
			}),
		},
		firstLoginOnlyLinks(),
		breakerNeverCloses(),
	}
}

func stateNotChecked(name, text string, reddens []string, believed func(state string) bool) Fault {
	var states memory[string, string] // by value of the cookie that binds a login to its browser
	var known memory[string, bool]
	remember := onRedirect(func(request url.Values, bound *http.Cookie) {
		if bound != nil {
			states.keep(bound.Value, request.Get("state"))
			known.keep(request.Get("state"), true)
		}
	})
	guess := onCallback(func(r *http.Request, response url.Values) {
		if _, ok := known.recall(response.Get("state")); ok || !believed(response.Get("state")) {
			return
		}
		for _, cookie := range r.Cookies() {
			if state, ok := states.recall(cookie.Value); ok {
				response.Set("state", state)
			}
		}
	})
	return Fault{
		Name: name, Text: text, Reddens: reddens, Site: Both(remember, guess),
		Model: "relying parties that find the login by a cookie and let state pass (login cross-site request forgery)",
	}
}

// browserNotBound gives every browser the cookie of the login whose state it brings.
func browserNotBound() Fault {
	var cookies memory[string, *http.Cookie] // by state
	return Fault{
		Name:    "browser-not-bound",
		Text:    "an authorization response is taken in a browser that did not ask for it",
		Model:   "relying parties that keep states in a table of the server without binding them to a browser",
		Reddens: []string{"oidc.flow.other-browser"},
		Site: Both(
			onRedirect(func(request url.Values, bound *http.Cookie) { cookies.keep(request.Get("state"), bound) }),
			onCallback(func(r *http.Request, response url.Values) {
				if bound, ok := cookies.recall(response.Get("state")); ok && bound != nil {
					withCookie(r, bound.Name, bound.Value)
				}
			}),
		),
	}
}

// callbackRepeatable keeps the login of a state and what the token endpoint answered to a code.
func callbackRepeatable() Fault {
	return Fault{
		Name:     "callback-repeatable",
		Text:     "an authorization response can be used again: its state is kept, and so are the tokens of its code",
		Model:    "relying parties that keep the login and the tokens of a code, so that a reload of the callback page does not fail",
		Reddens:  []string{"oidc.flow.replayed-code"},
		Logins:   func(next sso.Logins) sso.Logins { return &keptLogins{next} },
		Outgoing: cacheTokens,
	}
}

type keptLogins struct{ sso.Logins }

// Take implements sso.Logins, wrongly: the login stays.
func (k *keptLogins) Take(ctx context.Context, state string) (sso.Login, error) {
	login, err := k.Logins.Take(ctx, state)
	if err != nil {
		return login, err
	}
	return login, k.Put(ctx, login)
}

func cacheTokens(next http.RoundTripper) http.RoundTripper {
	var answers memory[string, answerOf] // by request body
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodPost {
			return next.RoundTrip(req)
		}
		form, err := readForm(req)
		if err != nil {
			return nil, err
		}
		if kept, ok := answers.recall(string(form)); ok {
			return kept.response(req), nil
		}
		res, err := next.RoundTrip(withForm(req, string(form)))
		if err != nil {
			return nil, err
		}
		body, err := readAnswer(res)
		if err != nil {
			return nil, err
		}
		answers.keep(string(form), answerOf{res.StatusCode, res.Header, body})
		return res, nil
	})
}

// firstLoginOnlyLinks refuses the login that links an identity.
func firstLoginOnlyLinks() Fault {
	return Fault{
		Name:    "first-login-only-links",
		Text:    "the first login of a person links the account but signs nobody on",
		Model:   "applications whose just-in-time linking needs a second try",
		Reddens: []string{"oidc.login.good-login"},
		Store:   func(next directory.Store) directory.Store { return &linkThenFail{next} },
	}
}

type linkThenFail struct{ directory.Store }

// Link implements directory.Connections, wrongly.
func (s *linkThenFail) Link(ctx context.Context, tenant string, identity directory.Identity) error {
	if err := s.Store.Link(ctx, tenant, identity); err != nil {
		return err
	}
	return fmt.Errorf("link identity: linked, sign on again")
}

// breakerNeverCloses stops to talk to an identity provider whose userinfo once named somebody else.
func breakerNeverCloses() Fault {
	return Fault{
		Name:     "breaker-never-closes",
		Text:     "after an answer of userinfo about somebody else no login works any more",
		Model:    "circuit breakers that count a refused login as a failure of the identity provider and never close again",
		Reddens:  []string{"oidc.robustness.good-login-afterwards"},
		Outgoing: breaker,
	}
}

func breaker(next http.RoundTripper) http.RoundTripper {
	var subjects memory[string, string] // by access token
	var broken memory[string, bool]     // by issuer, as far as the URL tells it
	watched := RewriteAnswers(func(req *http.Request, doc map[string]any) {
		if token := textOf(doc, "id_token"); token != "" {
			subjects.keep(textOf(doc, "access_token"), textOf(payloadOf(token), "sub"))
			return
		}
		subject, ok := subjects.recall(bearerOf(req))
		if ok && subject != "" && textOf(doc, "sub") != subject {
			broken.keep(issuerOf(req.URL), true)
		}
	})(next)
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if _, is := broken.recall(issuerOf(req.URL)); is {
			return nil, fmt.Errorf("the circuit breaker is open")
		}
		return watched.RoundTrip(req)
	})
}

// issuerOf is the part of an endpoint's URL that differs between the apps of the fake identity
// provider: all but the last two segments.
func issuerOf(u *url.URL) string {
	segments := strings.Split(u.Path, "/")
	return u.Host + strings.Join(segments[:max(0, len(segments)-2)], "/")
}
