package saml

import (
	"time"

	"github.com/beevik/etree"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// subject is what an assertion says and to whom: one login of one person at one service provider.
type subject struct {
	person    control.Person
	groups    []string
	tenant    string // the IdP's id of the customer
	provider  string // entity ID of the service provider
	acs       string // where its assertion consumer service is
	inReplyTo string // ID of its request; "" for a response that nobody asked for
	now       time.Time
}

// message is a response on its way out: its tree, and how it will be signed. Mutations change either.
type message struct {
	response  *etree.Element
	assertion *etree.Element // in the response
	signs     persona.Signed // "" signs nothing
	seal      seal
	encrypt   *encryption    // for the service provider; nil leaves the assertion readable
	spare     *etree.Element // what a mutation keeps for later
	err       error          // of a mutation
}

// builder makes messages of one persona.
type builder struct {
	shape    persona.SAML
	entityID string
}

// respond builds the response to a login, unsigned.
func (b builder) respond(s subject) *message {
	response := b.envelope(s.acs, s.inReplyTo, s.now)
	status := child(response, "Status", "")
	child(status, "StatusCode", "").CreateAttr("Value", statusSuccess)
	assertion := b.assertion(s)
	response.AddChild(assertion)
	return &message{response: response, assertion: assertion, signs: b.shape.Signs.Value}
}

// refuse builds a response without an assertion (Core section 3.2.2.1). second is the status below the first.
func (b builder) refuse(acs, inReplyTo, first, second, text string, now time.Time) *message {
	response := b.envelope(acs, inReplyTo, now)
	status := child(response, "Status", "")
	code := child(status, "StatusCode", "")
	code.CreateAttr("Value", first)
	if second != "" {
		child(code, "StatusCode", "").CreateAttr("Value", second)
	}
	if text != "" {
		child(status, "StatusMessage", text)
	}
	return &message{response: response, signs: persona.SignsResponse}
}

func (b builder) envelope(destination, inReplyTo string, now time.Time) *etree.Element {
	response := element("samlp", "Response", nsProtocol)
	response.CreateAttr("ID", newID())
	response.CreateAttr("Version", "2.0")
	response.CreateAttr("IssueInstant", instant(now))
	response.CreateAttr("Destination", destination)
	if inReplyTo != "" {
		response.CreateAttr("InResponseTo", inReplyTo)
	}
	response.AddChild(b.issuer())
	return response
}

func (b builder) issuer() *etree.Element {
	issuer := element("saml", "Issuer", nsAssertion)
	if b.shape.IssuerFormat.Value {
		issuer.CreateAttr("Format", formatEntity)
	}
	issuer.SetText(b.entityID)
	return issuer
}

// assertion is what the Web Browser SSO Profile asks for (Profiles section 4.1.4.2): who is meant, for
// whom, until when, and that they were authenticated.
func (b builder) assertion(s subject) *etree.Element {
	a := element("saml", "Assertion", nsAssertion)
	a.CreateAttr("ID", newID())
	a.CreateAttr("Version", "2.0")
	a.CreateAttr("IssueInstant", instant(s.now))
	a.AddChild(b.issuer())
	b.subject(a, s)
	conditions := child(a, "Conditions", "")
	conditions.CreateAttr("NotBefore", instant(s.now.Add(-b.shape.NotBefore.Value)))
	conditions.CreateAttr("NotOnOrAfter", instant(s.now.Add(b.shape.NotOnOrAfter.Value)))
	child(child(conditions, "AudienceRestriction", ""), "Audience", s.provider)
	b.authentication(a, s)
	b.attributes(a, s)
	return a
}

func (b builder) subject(a *etree.Element, s subject) {
	subject := child(a, "Subject", "")
	nameID := child(subject, "NameID", b.nameID(s))
	if format := b.shape.NameIDFormat.Value; format != "" {
		nameID.CreateAttr("Format", string(format))
	}
	confirmation := child(subject, "SubjectConfirmation", "")
	confirmation.CreateAttr("Method", methodBearer)
	data := child(confirmation, "SubjectConfirmationData", "")
	if s.inReplyTo != "" {
		data.CreateAttr("InResponseTo", s.inReplyTo)
	}
	data.CreateAttr("NotOnOrAfter", instant(s.now.Add(b.shape.Confirmation.Value)))
	data.CreateAttr("Recipient", s.acs)
}

func (b builder) nameID(s subject) string {
	if values := fact(s, b.shape.NameID.Value); len(values) > 0 {
		return values[0]
	}
	return s.person.ID
}

func (b builder) authentication(a *etree.Element, s subject) {
	statement := child(a, "AuthnStatement", "")
	statement.CreateAttr("AuthnInstant", instant(s.now))
	statement.CreateAttr("SessionIndex", b.sessionIndex(a, s))
	if lasts := b.shape.Session.Value; lasts > 0 {
		statement.CreateAttr("SessionNotOnOrAfter", instant(s.now.Add(lasts)))
	}
	child(child(statement, "AuthnContext", ""), "AuthnContextClassRef", classPassword)
}

func (b builder) sessionIndex(a *etree.Element, s subject) string {
	if b.shape.IndexIsRequest.Value && s.inReplyTo != "" {
		return s.inReplyTo
	}
	return a.SelectAttrValue("ID", "")
}

func (b builder) attributes(a *etree.Element, s subject) {
	list := b.shape.Attributes.Value
	if len(list) == 0 {
		return
	}
	statement := child(a, "AttributeStatement", "")
	for _, attribute := range list {
		values := fact(s, attribute.Source)
		if len(values) == 0 && !b.shape.EmptyAttributes.Value {
			continue
		}
		e := child(statement, "Attribute", "")
		e.CreateAttr("Name", attribute.Name)
		if attribute.Format != "" {
			e.CreateAttr("NameFormat", attribute.Format)
		}
		for _, value := range values {
			v := child(e, "AttributeValue", value)
			v.CreateAttr("xmlns:xs", "http://www.w3.org/2001/XMLSchema")
			v.CreateAttr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
			v.CreateAttr("xsi:type", "xs:string")
		}
	}
}

// fact is what is known of a person; several values for groups, none where nothing is known.
func fact(s subject, source persona.Source) []string {
	p, value := s.person, ""
	switch source {
	case persona.SourceGroups:
		return s.groups
	case persona.SourceID:
		value = p.ID
	case persona.SourceLogin:
		value = p.Login
	case persona.SourceEmail:
		value = p.Email
	case persona.SourceGivenName:
		value = p.GivenName
	case persona.SourceFamilyName:
		value = p.FamilyName
	case persona.SourceDisplayName:
		value = p.GivenName + " " + p.FamilyName
	case persona.SourceTenant:
		value = s.tenant
	}
	if value == "" {
		return nil
	}
	return []string{value}
}
