package saml

import (
	"net/http"

	"assay/fakeidp/control"
	"assay/fakeidp/signin"
)

const maxRelayState = 80 // bytes (Bindings section 3.4.3)

// refusal is why a request is answered with another status than Success.
type refusal struct{ first, second, text string }

// signOn takes an AuthnRequest. What cannot be trusted ends on a page; the rest is answered to the
// service provider.
func (p *Provider) signOn(w http.ResponseWriter, r *http.Request, s site) {
	m, err := s.receive(r, "SAMLRequest", "AuthnRequest")
	if err != nil {
		p.pages.Fail(w, "invalid_request", "The sign-in request cannot be used: "+err.Error()+".")
		return
	}
	acs, err := s.target(m)
	if err != nil {
		p.pages.Fail(w, "invalid_request", "The sign-in request cannot be used: "+err.Error()+".")
		return
	}
	relay := r.Form.Get("RelayState")
	if refused := s.judge(m, relay); refused.first != "" {
		p.refuse(w, r, s, login{acs: acs, inReplyTo: m.ID, relay: relay}, refused)
		return
	}
	l := login{app: s.app.ID, acs: acs, inReplyTo: m.ID, relay: relay}
	if g, ok := p.granted(Response, relay, m.ID); ok {
		p.answer(w, r, s, l, g)
		return
	}
	if m.IsPassive {
		p.refuse(w, r, s, l, refusal{statusResponder, statusNoPassive, "Nobody is signed in here, and the request asks for no page."})
		return
	}
	p.ask(w, r, s, l)
}

// judge refuses what the request asks for when it cannot be had.
func (s site) judge(m *request, relay string) refusal {
	switch {
	case m.Destination != "" && m.Destination != s.url:
		return refusal{statusRequester, statusUnsupported, "The Destination of the request is another one."}
	case m.Binding != "" && m.Binding != bindingPOST:
		return refusal{statusRequester, statusUnsupported, "Responses are sent by the POST binding only."}
	case m.ForceAuthn && m.IsPassive:
		return refusal{statusRequester, statusNoPassive, "ForceAuthn and IsPassive exclude each other."}
	case m.Subject != nil:
		return refusal{statusRequester, statusUnsupported, "A Subject in the request is not supported."}
	case m.AuthnContext != nil && m.AuthnContext.Comparison != "" && m.AuthnContext.Comparison != "exact":
		return refusal{statusRequester, statusNoAuthnContext, "RequestedAuthnContext is compared exactly only."}
	case len(relay) > maxRelayState:
		return refusal{statusRequester, statusUnsupported, "The RelayState is longer than 80 bytes."}
	}
	return refusal{}
}

// granted is the grant for a message that goes out, by the RelayState or the ID of what it answers.
func (p *Provider) granted(kind Kind, keys ...string) (grant, bool) {
	for _, key := range keys {
		if key == "" {
			continue
		}
		if g, ok := p.grants.Take(string(kind) + " " + key); ok {
			return g, true
		}
	}
	return grant{}, false
}

// start begins a sign-on that no service provider has asked for (Profiles section 4.1.5).
func (p *Provider) start(w http.ResponseWriter, r *http.Request, s site) {
	relay := r.Form.Get("RelayState")
	l := login{app: s.app.ID, acs: s.app.SAML.ACS[0], relay: relay}
	if g, ok := p.granted(Response, relay); ok {
		p.answer(w, r, s, l, g)
		return
	}
	p.ask(w, r, s, l)
}

func (p *Provider) ask(w http.ResponseWriter, r *http.Request, s site, l login) {
	id := signin.Random(24)
	p.logins.Put(id, l)
	p.show(w, r, s, id, l)
}

// login is the page where a person says who they are.
func (p *Provider) login(w http.ResponseWriter, r *http.Request, s site) {
	id := r.Form.Get("id")
	l, ok := p.logins.Get(id)
	if !ok || l.done || l.app != s.app.ID {
		p.pages.Fail(w, "invalid_request", "This sign-in has expired or is already over. Start again at the application.")
		return
	}
	if r.Method == http.MethodGet {
		p.show(w, r, s, id, l)
		return
	}
	person, denied, ok := p.pages.Answer(r, id)
	if !ok {
		p.pages.Fail(w, "invalid_request", "The form did not come from this browser's login page. Start again at the application.")
		return
	}
	taken := false
	if _, ok := p.logins.Update(id, func(l *login) { taken, l.done = l.done, true }); !ok || taken {
		p.pages.Fail(w, "invalid_request", "This sign-in has expired or is already over. Start again at the application.")
		return
	}
	if denied {
		p.refuse(w, r, s, l, refusal{statusResponder, statusRequestDenied, "The person denied the request."})
		return
	}
	p.answer(w, r, s, l, grant{person: person})
}

func (p *Provider) show(w http.ResponseWriter, r *http.Request, s site, id string, l login) {
	name := s.app.Name
	if name == "" {
		name = s.app.SAML.EntityID
	}
	p.pages.Ask(w, r, signin.Login{
		ID: id, App: name, Asks: "a SAML assertion", Query: r.Form.Get("q"), Action: s.url + loginPath, People: p.directory.Users(s.app.ID),
		Learns: func(person control.Person) []signin.Section { return p.learns(s, l, person) },
	})
}

// learns shows what the assertion would say.
func (p *Provider) learns(s site, l login, person control.Person) []signin.Section {
	about := p.subject(s, l, person)
	lines := []signin.Line{signin.NewLine("NameID", s.build.nameID(about))}
	for _, attribute := range s.shape.Attributes.Value {
		lines = append(lines, signin.NewLine(attribute.Name, fact(about, attribute.Source)))
	}
	return []signin.Section{{Heading: "in the assertion", Lines: lines}}
}

func (p *Provider) subject(s site, l login, person control.Person) subject {
	return subject{
		person: person, groups: p.directory.GroupNames(person.ID), tenant: s.tenant,
		provider: s.app.SAML.EntityID, acs: l.acs, inReplyTo: l.inReplyTo, now: p.now(),
	}
}

// answer sends the response for a person, with the mutations of the grant.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, s site, l login, g grant) {
	person, ok := p.directory.Person(g.person)
	if !ok || person.Suspended || !p.directory.Assigned(s.app.ID, person.ID) {
		p.refuse(w, r, s, l, refusal{statusResponder, statusRequestDenied, "User is not assigned to the client application."})
		return
	}
	about := p.subject(s, l, person)
	m := s.build.respond(about)
	m.seal = s.seal()
	m.encrypt = s.encryption
	if g.plan.tampers() {
		m.encrypt = nil
	}
	index := m.assertion.FindElement("./AuthnStatement").SelectAttrValue("SessionIndex", "")
	p.sessions.Put(s.app.ID+" "+index, session{
		app: s.app.ID, person: person.ID, nameID: s.build.nameID(about), index: index, since: p.now(),
	})
	lies, err := p.forgery(s, person, g.plan)
	m.fail(err)
	if l.inReplyTo != "" {
		p.answered.Put(s.app.ID, l.inReplyTo)
	}
	p.dispatch(w, r, s, g.plan, lies, m, letter{to: l.acs, field: "SAMLResponse", relay: l.relay})
}

// forgery is what the mutations of a plan may know. The stranger is the first person who is not the one of
// the login; an honest plan has no use for any of it.
func (p *Provider) forgery(s site, person control.Person, g plan) (forgery, error) {
	if len(g.steps) == 0 {
		return forgery{}, nil
	}
	foreign, err := p.foreign()
	if err != nil {
		return forgery{}, err
	}
	f := forgery{now: p.now(), stranger: otherPerson, foreign: foreign, withdrawn: s.keys.lastWithdrawn(), earlier: otherRequest, lure: s.url + lurePath, logout: otherRequest, huge: p.huge}
	if f.withdrawn == nil {
		f.withdrawn = foreign
	}
	if id, ok := p.answered.Get(s.app.ID); ok {
		f.earlier = id
	}
	if id, ok := p.asked.Get(s.app.ID); ok {
		f.logout = id
	}
	for _, other := range p.directory.People() {
		if other.ID != person.ID {
			f.stranger = s.build.nameID(subject{person: other})
			break
		}
	}
	return f, nil
}

func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, s site, l login, why refusal) {
	m := s.build.refuse(l.acs, l.inReplyTo, why.first, why.second, why.text, p.now())
	m.seal = s.seal()
	p.dispatch(w, r, s, plan{}, forgery{}, m, letter{to: l.acs, field: "SAMLResponse", relay: l.relay})
}
