package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"

	"github.com/go-jose/go-jose/v4"
)

// logout is RP-initiated logout: id_token_hint, client_id, post_logout_redirect_uri, state. The provider has no session with
// a browser (each login shows the page); what ends is the session that the hint names by its sid, or all that the person has at the
// client, and the person's tokens there. The client is told, if it wants to be.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	leaver, app, refused := p.whoLeaves(r.Form)
	if refused.code != "" {
		p.failPage(w, refused)
		return
	}
	visit := visitOf(r.Context())
	visit.Client, visit.State = app.ClientID, r.Form.Get("state")
	target := r.Form.Get("post_logout_redirect_uri")
	if target != "" && !mayFollowLogout(target, app) {
		p.failPage(w, refusal{"invalid_request", "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.", true})
		return
	}
	var frames []string
	if leaver.Subject != "" {
		frames = p.leave(r.Context(), leaver)
	}
	back := answer{to: target, params: url.Values{}}
	if state := r.Form.Get("state"); state != "" {
		back.params.Set("state", state)
	}
	switch {
	case len(frames) > 0:
		p.pages.SigningOut(w, frames, back.url())
	case target == "":
		p.pages.SignedOut(w)
	default:
		p.send(w, r, back)
	}
}

// leave ends what an ID token names, tells the client, and says what its iframes are to load.
func (p *Provider) leave(ctx context.Context, leaver hint) (frames []string) {
	ended := p.endSessions(func(s session) bool {
		ours := s.at == p && s.login.request.ClientID == leaver.Audience
		if leaver.Session != "" {
			return ours && s.login.session == leaver.Session
		}
		return ours && p.subjectOf(s.login.person, leaver.Audience) == leaver.Subject
	})
	p.endTokens(leaver.Subject, leaver.Audience)
	for _, call := range p.tell(ctx, ended, mutation.Plan{}) {
		if call.Channel == frontChannel {
			frames = append(frames, call.URL)
		}
	}
	return frames
}

// whoLeaves finds the person, by the ID token that their client kept, and the client. Without a hint, where the
// persona allows that, nobody is known to leave.
func (p *Provider) whoLeaves(form url.Values) (leaver hint, app control.App, refused refusal) {
	clientID := form.Get("client_id")
	if text := form.Get("id_token_hint"); text != "" || p.face.LogoutHint.Value {
		read, err := p.readHint(text)
		if err != nil {
			return hint{}, control.App{}, refusal{"invalid_request", "The 'id_token_hint' is missing or invalid.", true}
		}
		if clientID != "" && clientID != read.Audience {
			return hint{}, control.App{}, refusal{"invalid_request", "The 'id_token_hint' was issued to another client than 'client_id' says.", true}
		}
		clientID, leaver = read.Audience, read
	}
	if clientID == "" {
		return hint{}, control.App{}, refusal{}
	}
	app, ok := p.app(clientID)
	if !ok {
		return hint{}, control.App{}, refusal{"invalid_client", "There is no such client.", true}
	}
	return leaver, app, refusal{}
}

// endTokens ends the tokens that a person has at a client.
func (p *Provider) endTokens(subject, clientID string) {
	leaves := func(l login) bool {
		return l.request.ClientID == clientID && p.subjectOf(l.person, clientID) == subject
	}
	p.tokens.DeleteWhere(func(t token) bool { return leaves(t.login) })
	p.refreshes.DeleteWhere(func(t refresh) bool { return leaves(t.login) })
}

// mayFollowLogout admits the registered URIs exactly. An app that has registered none may use any whose origin is that
// of a redirect URI.
func mayFollowLogout(target string, app control.App) bool {
	if len(app.PostLogoutRedirectURIs) > 0 {
		return slices.Contains(app.PostLogoutRedirectURIs, target)
	}
	return sameOrigin(target, app.RedirectURIs)
}

func sameOrigin(target string, registered []string) bool {
	to, err := url.Parse(target)
	if err != nil || to.Host == "" {
		return false
	}
	for _, uri := range registered {
		if known, err := url.Parse(uri); err == nil && known.Scheme == to.Scheme && known.Host == to.Host {
			return true
		}
	}
	return false
}

// hint is what an ID token says that a client sends back.
type hint struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Session  string `json:"sid"`
}

// readHint accepts an ID token of this provider, of any age (RP-Initiated Logout 2), also when its key was withdrawn.
func (p *Provider) readHint(text string) (hint, error) {
	jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return hint{}, fmt.Errorf("read ID token: %w", err)
	}
	key, ok := p.keys.known(jws.Signatures[0].Header.KeyID)
	if !ok {
		return hint{}, errors.New("signed with an unknown key")
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return hint{}, fmt.Errorf("verify ID token: %w", err)
	}
	var h hint
	if err := json.Unmarshal(payload, &h); err != nil || h.Issuer != p.issuer {
		return hint{}, errors.New("an ID token of another issuer")
	}
	return h, nil
}
