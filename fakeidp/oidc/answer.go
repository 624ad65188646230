package oidc

import (
	"errors"
	"net/http"
	"net/url"

	"assay/fakeidp/signin"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// answer is an authorization response on its way to the client.
type answer struct {
	to     string // redirect_uri
	mode   oidc.ResponseMode
	params url.Values
}

// url is where to send the browser. The parameters of the redirect_uri itself stay (RFC 6749 section 3.1.2).
func (a answer) url() string {
	target, err := url.Parse(a.to)
	if err != nil || len(a.params) == 0 {
		return a.to // it is a registered one; whoever registered it gets it back as it is
	}
	if a.mode == oidc.ResponseModeFragment {
		target.Fragment = ""
		return target.String() + "#" + a.params.Encode()
	}
	if target.RawQuery != "" {
		target.RawQuery += "&"
	}
	target.RawQuery += a.params.Encode()
	return target.String()
}

func (p *Provider) denial(request *oidc.AuthRequest, refused refusal) answer {
	params := url.Values{"error": {refused.code}, "error_description": {refused.description}}
	if request.State != "" {
		params.Set("state", request.State)
	}
	p.nameIssuer(params)
	return answer{to: request.RedirectURI, mode: request.ResponseMode, params: params}
}

// nameIssuer puts the issuer into an authorization response, of an error too (RFC 9207 section 2).
func (p *Provider) nameIssuer(params url.Values) {
	if p.face.ResponseIssuer.Value {
		params.Set("iss", p.issuer)
	}
}

// send brings an answer to the client by the response mode that it asked for.
func (p *Provider) send(w http.ResponseWriter, r *http.Request, a answer) {
	if a.mode == oidc.ResponseModeFormPost {
		p.pages.Post(w, a.to, a.params)
		return
	}
	// 303: a browser that has just posted the login form must not post it to the client (RFC 9700 section 4.12).
	http.Redirect(w, r, a.url(), http.StatusSeeOther)
}

// refuse tells the client of a refusal, or the person where the client cannot be trusted.
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, request *oidc.AuthRequest, refused refusal) {
	if refused.unsafe {
		p.failPage(w, refused)
		return
	}
	p.send(w, r, p.denial(request, refused))
}

// refusedRedirect is refuse where the library wants a redirect. A form_post cannot be one: such a
// refusal goes by a page of its own, which is stored as a denied login would be.
func (p *Provider) refusedRedirect(request *oidc.AuthRequest, refused refusal) (*op.Redirect, error) {
	if refused.unsafe {
		return nil, errors.New(refused.description)
	}
	if request.ResponseMode == oidc.ResponseModeFormPost {
		id := signin.Random(24)
		p.denials.Put(id, p.denial(request, refused))
		return op.NewRedirect(p.authorizationURL() + deniedPath + "?id=" + url.QueryEscape(id)), nil
	}
	return op.NewRedirect(p.denial(request, refused).url()), nil
}

// denied delivers a stored refusal by form_post.
func (p *Provider) denied(w http.ResponseWriter, r *http.Request) {
	a, ok := p.denials.Take(r.Form.Get("id"))
	if !ok {
		p.failPage(w, refusal{"invalid_request", "This sign-in has expired.", true})
		return
	}
	p.send(w, r, a)
}
