package saml

import (
	"net/http"

	"github.com/beevik/etree"

	"assay/fakeidp/persona"
)

// logout takes a LogoutRequest of a service provider (Profiles section 4.4) and answers it by the POST
// binding; or takes the answer to one of ours. A session that is not known any more is ended all the same.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request, s site) {
	if !s.shape.Logout.Value {
		http.Error(w, "This identity provider has no single logout.", http.StatusNotFound)
		return
	}
	if r.Form.Has("SAMLResponse") {
		p.pages.SignedOut(w)
		return
	}
	m, err := s.receive(r, "SAMLRequest", "LogoutRequest")
	if err != nil {
		p.pages.Fail(w, "invalid_request", "The logout request cannot be used: "+err.Error()+".")
		return
	}
	p.end(s, m)
	if s.app.SAML.Logout == "" {
		p.pages.SignedOut(w)
		return
	}
	response := s.build.envelope(s.app.SAML.Logout, m.ID, p.now())
	response.Tag = "LogoutResponse"
	child(child(response, "Status", ""), "StatusCode", "").CreateAttr("Value", statusSuccess)
	p.deliver(w, s, response, "SAMLResponse", r.Form.Get("RelayState"))
}

// end ends the sessions that a request names, or all of the person when it names none (Core section 3.7.1).
func (p *Provider) end(s site, m *request) {
	for _, index := range m.SessionIndex {
		p.sessions.Take(s.app.ID + " " + index)
	}
	if len(m.SessionIndex) == 0 {
		p.sessions.DeleteWhere(func(open session) bool { return open.nameID == m.Named })
	}
}

// deliver signs a logout message, which the POST binding asks for (Profiles section 4.4.4.2), and sends it.
func (p *Provider) deliver(w http.ResponseWriter, s site, root *etree.Element, field, relay string) {
	m := &message{response: root, signs: persona.SignsResponse, seal: s.seal()}
	raw, err := plan{}.write(forgery{}, m)
	if err != nil {
		p.logger.Error("SAML logout", "app", s.app.ID, "error", err)
		p.pages.Fail(w, "server_error", "The answer could not be made.")
		return
	}
	p.post(w, s.app.SAML.Logout, field, raw, relay)
}
