package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"assay/fakeidp/control"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// refusal is why an authorization request or a login is not granted. The zero refusal is none.
type refusal struct {
	code        string // of RFC 6749 section 4.1.2.1 or Core 3.1.2.6
	description string
	unsafe      bool // say so on a page: there is no redirect_uri that one could trust
}

const (
	promptNone  = "none"
	notAssigned = "User is not assigned to the client application." // Okta's words
)

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) // BASE64URL of a SHA-256

// authorize refuses what Okta refuses, strictly and with a redirect where that is safe, before the
// library sees the request; the library's own errors are plain JSON.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	visit := visitOf(r.Context())
	visit.State = r.Form.Get("state")
	app, known := p.directory.AppByClient(r.Form.Get("client_id"))
	if known {
		visit.Client = app.ClientID
	}
	switch refused := checkRequest(r.Form, app, known); {
	case refused.unsafe:
		p.failPage(w, refused)
	case refused.code != "":
		request := &oidc.AuthRequest{
			RedirectURI: r.Form.Get("redirect_uri"), State: r.Form.Get("state"), ResponseMode: oidc.ResponseMode(r.Form.Get("response_mode")),
		}
		p.refuse(w, r, request, refused)
	default:
		p.library.ServeHTTP(w, r)
	}
}

// checkRequest judges an authorization request. Redirect URIs must match exactly (RFC 9700 section 2.1):
// the library compares an unescaped form.
func checkRequest(form url.Values, app control.App, known bool) refusal {
	for name, values := range form {
		if len(values) > 1 {
			return refusal{"invalid_request", fmt.Sprintf("The parameter %q is included more than once.", name), true}
		}
	}
	if !known {
		return refusal{"invalid_client", "Invalid value for 'client_id' parameter.", true}
	}
	if !slices.Contains(app.RedirectURIs, form.Get("redirect_uri")) {
		return refusal{"invalid_request", "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.", true}
	}
	return checkParameters(form)
}

func checkParameters(form url.Values) refusal {
	switch {
	case !slices.Contains([]string{"", "query", "fragment", "form_post"}, form.Get("response_mode")):
		return refusal{code: "invalid_request", description: "The response mode is not supported by the authorization server."}
	case form.Has("request"):
		return refusal{code: "request_not_supported", description: "Request objects are not supported."}
	case form.Has("request_uri"):
		return refusal{code: "request_uri_not_supported", description: "Request objects are not supported."}
	case form.Get("response_type") == "":
		return refusal{code: "invalid_request", description: "The parameter 'response_type' is missing."}
	case form.Get("response_type") != string(oidc.ResponseTypeCode):
		return refusal{code: "unsupported_response_type", description: "The response type is not supported by the authorization server."}
	case form.Get("state") == "":
		return refusal{code: "invalid_request", description: "The authentication request has an invalid 'state' parameter."}
	}
	if refused := checkScopes(strings.Fields(form.Get("scope"))); refused.code != "" {
		return refused
	}
	if refused := checkPrompt(strings.Fields(form.Get("prompt"))); refused.code != "" {
		return refused
	}
	return checkChallenge(form)
}

func checkScopes(scopes []string) refusal {
	if !slices.Contains(scopes, scopeOpenID) {
		return refusal{code: "invalid_scope", description: "The scope 'openid' must be asked for."}
	}
	if !slices.ContainsFunc(scopes, func(scope string) bool { return !acceptedScope(scope) }) {
		return refusal{}
	}
	return refusal{code: "invalid_scope", description: "One or more scopes are not configured for the authorization server resource."}
}

func checkPrompt(prompts []string) refusal {
	if len(prompts) > 1 && slices.Contains(prompts, promptNone) {
		return refusal{code: "invalid_request", description: "The prompt 'none' excludes all others."}
	}
	return refusal{}
}

// checkChallenge admits S256 only, as Okta does. Without a method the challenge would be plain (RFC 7636 section 4.3).
func checkChallenge(form url.Values) refusal {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	if challenge == "" && method == "" {
		return refusal{}
	}
	if method != string(oidc.CodeChallengeMethodS256) {
		return refusal{code: "invalid_request", description: "The 'code_challenge_method' must be 'S256'."}
	}
	if !challengeForm.MatchString(challenge) {
		return refusal{code: "invalid_request", description: "The 'code_challenge' is not the BASE64URL form of a SHA-256."}
	}
	return refusal{}
}

// Authorize stores the request and sends the browser to the login page; a request that a grant waits
// for is answered at once.
func (s *server) Authorize(ctx context.Context, r *op.ClientRequest[oidc.AuthRequest]) (*op.Redirect, error) {
	waiting, granted := s.p.grants.Take(r.Data.State)
	if !granted && slices.Contains(r.Data.Prompt, promptNone) {
		return s.p.refusedRedirect(r.Data, refusal{code: "login_required", description: "The client specified not to prompt, but the user is not logged in."})
	}
	redirect, err := s.LegacyServer.Authorize(ctx, r)
	if err != nil {
		return s.p.refusedRedirect(r.Data, refusal{code: "invalid_request", description: "The 'id_token_hint' is invalid."})
	}
	if !granted {
		return redirect, nil
	}
	target, err := url.Parse(redirect.URL)
	if err != nil {
		return nil, fmt.Errorf("read login URL: %w", err)
	}
	return s.p.answerGrant(ctx, target.Query().Get("id"), waiting)
}

func (p *Provider) answerGrant(ctx context.Context, id string, g grant) (*op.Redirect, error) {
	l, refused := p.complete(id, g)
	if refused.code != "" {
		return p.refusedRedirect(&l.request, refused)
	}
	if l.request.ResponseMode == oidc.ResponseModeFormPost {
		return op.NewRedirect(p.issuer + callbackPath + "?id=" + url.QueryEscape(id)), nil
	}
	a, err := p.success(ctx, l)
	if err != nil {
		return nil, err
	}
	return op.NewRedirect(a.url()), nil
}

// complete decides a pending login for a person. It can be decided once only.
func (p *Provider) complete(id string, g grant) (login, refusal) {
	decided := false
	l, ok := p.logins.Update(id, func(l *login) { decided, l.done = l.done, true })
	if !ok || decided {
		return login{}, refusal{"invalid_request", "This sign-in has expired or is already over. Start again at the application.", true}
	}
	person, refused := p.admit(l.request.ClientID, g.person)
	if refused.code != "" {
		return l, refused
	}
	_, subject := p.claimsOf(person)
	now := p.now()
	l, _ = p.logins.Update(id, func(l *login) {
		l.person, l.subject, l.plan, l.authTime = person, subject, g.plan, now
	})
	return l, refusal{}
}

// admit tells whether a person may use the app, and why not.
func (p *Provider) admit(clientID, personID string) (control.Person, refusal) {
	app, ok := p.directory.AppByClient(clientID)
	if !ok {
		return control.Person{}, refusal{code: "access_denied", description: "The client application does not exist any more."}
	}
	person, ok := p.directory.Person(personID)
	if !ok || !p.directory.Assigned(app.ID, person.ID) {
		return control.Person{}, refusal{code: "access_denied", description: notAssigned}
	}
	if person.Suspended {
		return control.Person{}, refusal{code: "access_denied", description: "User is suspended."}
	}
	return person, refusal{}
}

// success makes the answer to a login that is done: a fresh code.
func (p *Provider) success(ctx context.Context, l login) (answer, error) {
	value, err := op.CreateAuthRequestCode(ctx, l, storage{p}, p.op.Crypto())
	if err != nil {
		return answer{}, fmt.Errorf("make code: %w", err)
	}
	params := url.Values{"code": {value}, "state": {l.request.State}}
	l.plan.Authorization(p.facts(l), params)
	return answer{to: l.request.RedirectURI, mode: l.request.ResponseMode, params: params}, nil
}

// callback answers a login that was granted by machine and asked for form_post, which a redirect of
// the authorization endpoint cannot carry.
func (p *Provider) callback(w http.ResponseWriter, r *http.Request) {
	l, ok := p.logins.Get(r.Form.Get("id"))
	if !ok || !l.Done() {
		p.failPage(w, refusal{"invalid_request", "This sign-in is not finished, or has expired.", true})
		return
	}
	p.answerLogin(w, r, l)
}

func (p *Provider) answerLogin(w http.ResponseWriter, r *http.Request, l login) {
	a, err := p.success(r.Context(), l)
	if err != nil {
		p.failPage(w, refusal{"server_error", "The login could not be finished.", true})
		return
	}
	p.send(w, r, a)
}
