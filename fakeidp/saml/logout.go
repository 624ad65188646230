package saml

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

const logoutLifetime = 5 * time.Minute // of a LogoutRequest

// Errors of StartLogout, wrapped with what was asked for.
var (
	ErrNoLogout  = errors.New("no single logout")
	ErrNoSession = errors.New("no such session")
)

// logout is a logout that began here.
type logout struct {
	control.SAMLLogout

	app      string
	sessions []session
	plan     plan
}

// logout takes a LogoutRequest of a service provider (Profiles section 4.4) and answers it by the POST
// binding; or takes the answer to one of ours. A session that is not known any more is ended all the same.
// Other service providers of the person hear nothing of it.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request, s site) {
	if !s.shape.Logout.Value {
		http.Error(w, "This identity provider has no single logout.", http.StatusNotFound)
		return
	}
	if r.Form.Has("SAMLResponse") {
		p.loggedOut(w, r, s)
		return
	}
	m, err := s.receiveLogout(r, "SAMLRequest", "LogoutRequest")
	if err != nil {
		p.pages.Fail(w, "invalid_request", "The logout request cannot be used: "+err.Error()+".")
		return
	}
	p.end(s, m)
	if s.app.SAML.Logout == "" {
		p.pages.SignedOut(w)
		return
	}
	relay := r.Form.Get("RelayState")
	g, _ := p.granted(Logout, relay, m.ID)
	person, _ := p.directory.Person(g.person)
	lies, err := p.forgery(s, person, g.plan)
	response := s.build.envelope(s.app.SAML.Logout, m.ID, p.now())
	response.Tag = "LogoutResponse"
	child(child(response, "Status", ""), "StatusCode", "").CreateAttr("Value", statusSuccess)
	answer := s.logoutMessage(response)
	answer.fail(err)
	p.dispatch(w, r, s, g.plan, lies, answer, letter{to: s.app.SAML.Logout, field: "SAMLResponse", relay: relay})
}

// logoutMessage is one that is signed, which both bindings ask for (Profiles sections 4.4.3.2 and 4.4.4.2).
func (s site) logoutMessage(root *etree.Element) *message {
	return &message{response: root, signs: persona.SignsResponse, seal: s.seal()}
}

func (s site) receiveLogout(r *http.Request, field, kind string) (*request, error) {
	m, err := s.receive(r, field, kind)
	if err == nil && m.Destination != "" && m.Destination != s.url+logoutPath {
		err = fmt.Errorf("its Destination is %q, not %q", m.Destination, s.url+logoutPath)
	}
	return m, err
}

// end ends the sessions that a request names, or all of the person at the app when it names none (Core section 3.7.1).
func (p *Provider) end(s site, m *request) {
	p.sessions.DeleteWhere(func(open session) bool {
		named := len(m.SessionIndex) == 0 || slices.Contains(m.SessionIndex, open.index)
		return open.app == s.app.ID && open.nameID == m.Named && named
	})
}

// Sessions lists what responses have opened at an app's service provider, oldest first.
func (p *Provider) Sessions(app control.App) []control.SAMLSession {
	out := []control.SAMLSession{}
	for _, s := range p.sessions.Where(func(s session) bool { return s.app == app.ID }) {
		out = append(out, control.SAMLSession{Person: s.person, NameID: s.nameID, Index: s.index, Since: s.since})
	}
	return out
}

// StartLogout prepares the end of a person's sessions: a LogoutRequest, which goes out when a browser opens the
// URL in the answer. Errors wrap ErrBadGrant, ErrNoLogout, ErrNoSession, ErrUnknownPerson, ErrUnknownMutation
// or ErrConflict.
func (p *Provider) StartLogout(app control.App, l control.SAMLLogout) (control.SAMLLogout, error) {
	s, ok := p.site(app)
	if !ok || !s.shape.Logout.Value || app.SAML.Logout == "" {
		return l, fmt.Errorf("%w: the persona has none, or the app registers no saml.logout URL", ErrNoLogout)
	}
	if l.Binding != "" && l.Binding != "redirect" && l.Binding != "post" {
		return l, fmt.Errorf("%w: binding %q is neither redirect nor post", ErrBadGrant, l.Binding)
	}
	person, ok := p.directory.Person(l.Person)
	if !ok {
		return l, fmt.Errorf("%w: %q", ErrUnknownPerson, l.Person)
	}
	mutations, err := resolve(l.Mutations)
	if err == nil {
		err = mutations.only(Logout)
	}
	if err != nil {
		return l, err
	}
	sessions := p.sessions.Where(func(open session) bool {
		named := len(l.SessionIndex) == 0 || slices.Contains(l.SessionIndex, open.index)
		return open.app == app.ID && open.person == person.ID && named
	})
	if len(sessions) == 0 {
		return l, fmt.Errorf("%w: %s has none at %s, or not of that index", ErrNoSession, person.Login, app.ID)
	}
	l.ID, l.At, l.Person = newID(), p.now(), person.ID
	l.URL = s.url + endPath + "?id=" + l.ID
	p.logouts.Put(l.ID, logout{SAMLLogout: l, app: app.ID, sessions: sessions, plan: mutations})
	return l, nil
}

// Logouts lists the logouts that began here, oldest first.
func (p *Provider) Logouts(app control.App) []control.SAMLLogout {
	out := []control.SAMLLogout{}
	for _, l := range p.logouts.Where(func(l logout) bool { return l.app == app.ID }) {
		out = append(out, l.SAMLLogout)
	}
	return out
}

// endSession sends the LogoutRequest of a logout that was prepared, once.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request, s site) {
	first := false
	l, ok := p.logouts.Update(r.Form.Get("id"), func(l *logout) {
		if l.app == s.app.ID {
			first, l.Sent = !l.Sent, true
		}
	})
	if !ok || !first {
		p.pages.Fail(w, "invalid_request", "This logout has expired or is already over.")
		return
	}
	for _, open := range l.sessions {
		p.sessions.Take(open.app + " " + open.index)
	}
	person, _ := p.directory.Person(l.Person)
	lies, err := p.forgery(s, person, l.plan)
	m := s.logoutMessage(p.logoutRequest(s, l))
	m.fail(err)
	p.asked.Put(s.app.ID, l.ID)
	p.dispatch(w, r, s, l.plan, lies, m, letter{to: s.app.SAML.Logout, field: "SAMLRequest", redirect: l.Binding != "post"})
}

// logoutRequest asks to end the sessions (Core section 3.7.1).
func (p *Provider) logoutRequest(s site, l logout) *etree.Element {
	request := s.build.envelope(s.app.SAML.Logout, "", p.now())
	request.Tag = "LogoutRequest"
	request.CreateAttr("ID", l.ID)
	request.CreateAttr("NotOnOrAfter", instant(p.now().Add(logoutLifetime)))
	nameID := element("saml", "NameID", nsAssertion)
	nameID.SetText(l.sessions[0].nameID)
	if format := s.shape.NameIDFormat.Value; format != "" {
		nameID.CreateAttr("Format", string(format))
	}
	request.AddChild(nameID)
	for _, open := range l.sessions {
		child(request, "SessionIndex", open.index)
	}
	return request
}

// loggedOut takes the LogoutResponse to one of our requests, and notes what it says.
func (p *Provider) loggedOut(w http.ResponseWriter, r *http.Request, s site) {
	m, err := s.receiveLogout(r, "SAMLResponse", "LogoutResponse")
	if m == nil {
		p.pages.Fail(w, "invalid_request", "The logout response cannot be used: "+err.Error()+".")
		return
	}
	var status []string
	for _, code := range m.Status {
		status = append(status, code.Value[strings.LastIndex(code.Value, ":")+1:])
	}
	_, known := p.logouts.Update(m.InResponseTo, func(l *logout) {
		switch {
		case l.app != s.app.ID || l.Status != "":
		case err != nil:
			l.Error = err.Error()
		default:
			l.Status, l.Error, l.Verified = strings.Join(status, "/"), "", s.app.SAML.Certificate != ""
		}
	})
	if err == nil && !known {
		err = fmt.Errorf("it answers %q, which is none of our requests", m.InResponseTo)
	}
	if err != nil {
		p.pages.Fail(w, "invalid_request", "The logout response cannot be used: "+err.Error()+".")
		return
	}
	p.pages.SignedOut(w)
}
