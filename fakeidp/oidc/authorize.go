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
	"assay/fakeidp/signin"

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
	app, known := p.app(r.Form.Get("client_id"))
	if known {
		visit.Client = app.ClientID
	}
	switch refused := p.checkRequest(r.Form, app, known); {
	case refused.unsafe:
		p.failPage(w, refused)
	case refused.code != "":
		request := &oidc.AuthRequest{RedirectURI: r.Form.Get("redirect_uri"), State: r.Form.Get("state")}
		if mode := r.Form.Get("response_mode"); slices.Contains(p.face.ResponseModes.Value, mode) {
			request.ResponseMode = oidc.ResponseMode(mode)
		}
		p.refuse(w, r, request, refused)
	default:
		p.library.ServeHTTP(w, r)
	}
}

// checkRequest judges an authorization request. Redirect URIs must match exactly (RFC 9700 section 2.1):
// the library compares an unescaped form.
func (p *Provider) checkRequest(form url.Values, app control.App, known bool) refusal {
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
	if refused := p.checkParameters(form); refused.code != "" {
		return refused
	}
	return checkChallenge(form, app)
}

func (p *Provider) checkParameters(form url.Values) refusal {
	switch {
	case form.Get("response_mode") != "" && !slices.Contains(p.face.ResponseModes.Value, form.Get("response_mode")):
		return refusal{code: "invalid_request", description: "The response mode is not supported by the authorization server."}
	case form.Has("request"):
		return refusal{code: "request_not_supported", description: "Request objects are not supported."}
	case form.Has("request_uri"):
		return refusal{code: "request_uri_not_supported", description: "Request objects are not supported."}
	case form.Get("response_type") == "":
		return refusal{code: "invalid_request", description: "The parameter 'response_type' is missing."}
	case form.Get("response_type") != string(oidc.ResponseTypeCode):
		return refusal{code: "unsupported_response_type", description: "The response type is not supported by the authorization server."}
	case form.Get("state") == "" && p.face.StateRequired.Value:
		return refusal{code: "invalid_request", description: "The authentication request has an invalid 'state' parameter."}
	}
	if refused := p.checkScopes(strings.Fields(form.Get("scope"))); refused.code != "" {
		return refused
	}
	return checkPrompt(strings.Fields(form.Get("prompt")))
}

func (p *Provider) checkScopes(scopes []string) refusal {
	if !slices.Contains(scopes, scopeOpenID) {
		return refusal{code: "invalid_scope", description: "The scope 'openid' must be asked for."}
	}
	foreign := slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(p.face.Scopes.Value, scope) })
	if !foreign || p.face.ForeignScopes.Value {
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

// checkChallenge admits S256 only. Without a method the challenge would be plain (RFC 7636 section 4.3). A client
// without a secret has to send one (RFC 9700 section 2.1.1).
func checkChallenge(form url.Values, app control.App) refusal {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	if challenge == "" && method == "" {
		if app.AuthMethod == methodNone {
			return refusal{code: "invalid_request", description: "PKCE code challenge is required when the token endpoint authentication method is 'NONE'."}
		}
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
func (s *server) Authorize(_ context.Context, r *op.ClientRequest[oidc.AuthRequest]) (*op.Redirect, error) {
	waiting, granted := s.p.grants.Take(r.Data.State)
	if !granted && slices.Contains(r.Data.Prompt, promptNone) {
		return s.p.refusedRedirect(r.Data, refusal{code: "login_required", description: "The client specified not to prompt, but the user is not logged in."})
	}
	if hint := r.Data.IDTokenHint; hint != "" {
		if _, err := s.p.readHint(hint); err != nil {
			return s.p.refusedRedirect(r.Data, refusal{code: "invalid_request", description: "The 'id_token_hint' is invalid."})
		}
	}
	l := s.p.newLogin(*r.Data, r.Form.Get("access_type"))
	if !granted {
		return op.NewRedirect(s.p.loginURL() + "?id=" + url.QueryEscape(l.id)), nil
	}
	return s.p.answerGrant(l.id, waiting)
}

func (p *Provider) answerGrant(id string, g grant) (*op.Redirect, error) {
	l, refused := p.complete(id, g)
	if refused.code != "" {
		return p.refusedRedirect(&l.request, refused)
	}
	if l.request.ResponseMode == oidc.ResponseModeFormPost {
		return op.NewRedirect(p.authorizationURL() + callbackPath + "?id=" + url.QueryEscape(id)), nil
	}
	return op.NewRedirect(p.success(l).url()), nil
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
	now, session := p.now(), signin.Random(16)
	l, _ = p.logins.Update(id, func(l *login) {
		l.person, l.session, l.plan, l.authTime = person, session, g.plan, now
	})
	return l, refusal{}
}

// admit tells whether a person may use the app, and why not.
func (p *Provider) admit(clientID, personID string) (control.Person, refusal) {
	app, ok := p.app(clientID)
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
func (p *Provider) success(l login) answer {
	value := signin.Random(32)
	p.codes.Put(value, code{login: l.id, client: l.request.ClientID, issued: p.now()})
	params := url.Values{"code": {value}}
	if l.request.State != "" {
		params.Set("state", l.request.State)
	}
	p.nameIssuer(params)
	return p.distort(l, answer{to: l.request.RedirectURI, mode: l.request.ResponseMode, params: params})
}

// callback answers a login that was granted by machine and asked for form_post, which a redirect of
// the authorization endpoint cannot carry.
func (p *Provider) callback(w http.ResponseWriter, r *http.Request) {
	l, ok := p.logins.Get(r.Form.Get("id"))
	if !ok || !l.done || l.person.ID == "" {
		p.failPage(w, refusal{"invalid_request", "This sign-in is not finished, or has expired.", true})
		return
	}
	p.send(w, r, p.success(l))
}
