package oidc

import (
	"errors"
	"net/http"
	"net/url"

	"assay/fakeidp/control"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// logout is RP-initiated logout: id_token_hint, post_logout_redirect_uri, state. The provider keeps no
// session of its own (each login shows the page); what ends is the person's access tokens at the client.
//
// Apps have no list of logout URIs: a URI is accepted when its origin is that of a redirect URI.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	ctx := op.ContextWithIssuer(r.Context(), p.issuer)
	claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](ctx, r.Form.Get("id_token_hint"), p.op.IDTokenHintVerifier(ctx))
	if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
		p.failPage(w, refusal{"invalid_request", "The 'id_token_hint' is missing or invalid.", true})
		return
	}
	app, ok := p.appOf(claims)
	if !ok {
		p.failPage(w, refusal{"invalid_client", "The 'id_token_hint' was issued to no client that there is.", true})
		return
	}
	visit := visitOf(r.Context())
	visit.Client, visit.State = app.ClientID, r.Form.Get("state")
	target := r.Form.Get("post_logout_redirect_uri")
	if target != "" && !sameOrigin(target, app.RedirectURIs) {
		p.failPage(w, refusal{"invalid_request", "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.", true})
		return
	}
	if err := (storage{p}).TerminateSession(ctx, claims.Subject, app.ClientID); err != nil {
		p.failPage(w, refusal{"server_error", "The session could not be ended.", true})
		return
	}
	if target == "" {
		p.pages.SignedOut(w)
		return
	}
	params := url.Values{}
	if state := r.Form.Get("state"); state != "" {
		params.Set("state", state)
	}
	p.send(w, r, answer{to: target, params: params})
}

func (p *Provider) appOf(claims *oidc.IDTokenClaims) (control.App, bool) {
	if len(claims.Audience) != 1 {
		return control.App{}, false
	}
	return p.directory.AppByClient(claims.Audience[0])
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
