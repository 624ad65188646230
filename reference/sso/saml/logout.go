package saml

import (
	"context"

	"github.com/beevik/etree"
)

// Session is what an identity provider knows of a session here: by this it ends it, or is told that it ended.
type Session struct {
	Name  NameID
	Index []string
}

// Ending is a logout that an identity provider asks for.
type Ending struct {
	ID      string
	Relay   string   // goes back with the answer
	Subject string   // as of an Assertion
	Index   []string // of the sessions to end; all of the person's when empty (Core section 3.7.1)
}

// Carried is a logout message as a browser brought it: Posted is the value of its field where it came by the POST
// binding; otherwise Query is the query of the URL, undecoded.
type Carried struct {
	Query  string
	Posted string
	Relay  string // of the POST binding
}

// EndSession tells the identity provider that a session has ended here (Profiles section 4.4.4.1). The name is
// given as the identity provider gave it.
func (sp *ServiceProvider) EndSession(idp IdentityProvider, s Session, relay string) (Outgoing, error) {
	binding, location := preferred(requests(idp.Logout))
	request := sp.message("LogoutRequest", location)
	request.CreateAttr("NotOnOrAfter", stamp(sp.Now().Add(maxAge)))
	name := element("saml", "NameID", nsAssertion)
	for key, v := range map[string]string{"Format": s.Name.Format, "NameQualifier": s.Name.Qualifier, "SPNameQualifier": s.Name.SPQualifier} {
		if v != "" {
			name.CreateAttr(key, v)
		}
	}
	name.SortAttrs()
	name.SetText(s.Name.Value)
	request.AddChild(name)
	for _, index := range s.Index {
		child(request, "SessionIndex", index)
	}
	return sp.send(request, binding, location, fieldRequest, relay)
}

func requests(services map[string]Endpoint) map[string]string {
	by := map[string]string{}
	for binding, endpoint := range services {
		by[binding] = endpoint.Location
	}
	return by
}

// LogoutRequest judges a request of the identity provider, which must be signed (Profiles section 4.4.3.1: with
// the redirect and POST bindings it must be) and is taken once: otherwise anybody could log anybody out.
func (sp *ServiceProvider) LogoutRequest(ctx context.Context, idp IdentityProvider, c Carried) (Ending, error) {
	m, relay, err := sp.receive(idp, c, fieldRequest, "LogoutRequest", "")
	if err != nil {
		return Ending{}, err
	}
	ending := Ending{ID: value(m, "ID"), Relay: relay}
	until := sp.Now().Add(maxAge + sp.Skew)
	if ends, ok := attr(m, "NotOnOrAfter"); ok {
		at, err := instant(ends)
		if err != nil || !sp.Now().Before(at.Add(sp.Skew)) {
			return Ending{}, refuse(ReasonConditions, "the logout request does not hold any more")
		}
	}
	name, err := readName(only(m, nsAssertion, "NameID"))
	if err != nil {
		return Ending{}, err
	}
	ending.Subject = sp.subject(name, idp)
	for _, index := range children(m, nsProtocol, "SessionIndex") {
		v, ok := text(index)
		if !ok || v == "" {
			return Ending{}, refuse(ReasonStructure, "a SessionIndex is empty")
		}
		ending.Index = append(ending.Index, v)
	}
	return ending, sp.once(ctx, idp.EntityID, ending.ID, until)
}

// LogoutResponse judges the answer to our request with this ID. PartialLogout is an answer too: the session here
// has ended, and some elsewhere have not.
func (sp *ServiceProvider) LogoutResponse(idp IdentityProvider, c Carried, request string) error {
	m, _, err := sp.receive(idp, c, fieldResponse, "LogoutResponse", request)
	if err != nil {
		return err
	}
	return checkStatus(m, statusPartialLogout)
}

// Ended answers a logout request when all that it named has ended here.
func (sp *ServiceProvider) Ended(idp IdentityProvider, ending Ending) (Outgoing, error) {
	binding, location := preferred(answers(idp.Logout))
	response := sp.message("LogoutResponse", location)
	response.CreateAttr("InResponseTo", ending.ID)
	child(child(response, "Status", ""), "StatusCode", "").CreateAttr("Value", statusSuccess)
	relay := ending.Relay
	if len(relay) > MaxRelayState {
		relay = ""
	}
	return sp.send(response, binding, location, fieldResponse, relay)
}

func answers(services map[string]Endpoint) map[string]string {
	by := requests(services)
	for binding, endpoint := range services {
		if endpoint.ResponseLocation != "" {
			by[binding] = endpoint.ResponseLocation
		}
	}
	return by
}

// receive reads a logout message from either binding and returns it as it was signed.
func (sp *ServiceProvider) receive(idp IdentityProvider, c Carried, field, kind, request string) (m *etree.Element, relay string, err error) {
	if idp.stale(sp.Now()) {
		return nil, "", refuse(ReasonMetadataStale, "the metadata of the identity provider has expired")
	}
	if c.Posted != "" {
		m, err = idp.posted(c.Posted)
		relay = c.Relay
	} else {
		m, relay, err = idp.redirected(c.Query, field)
	}
	if err != nil {
		return nil, "", err
	}
	if !is(m, nsProtocol, kind) {
		return nil, "", refuse(ReasonStructure, "not a "+kind)
	}
	return m, relay, sp.checkEnvelope(m, idp, envelope{signed: true, destination: sp.Logout, request: request})
}

func (idp IdentityProvider) posted(encoded string) (*etree.Element, error) {
	root, err := readPosted(encoded)
	if err != nil {
		return nil, err
	}
	if err := checkPlaces(root); err != nil {
		return nil, err
	}
	over, signed, err := idp.open(root)
	if err != nil {
		return nil, err
	}
	if !signed {
		return nil, refuse(ReasonUnsigned, "the message is not signed")
	}
	return over, nil
}

// redirected reads a message whose signature is in the query. One inside the message is not allowed there
// (Bindings section 3.4.4.1: it must be removed).
func (idp IdentityProvider) redirected(query, field string) (*etree.Element, string, error) {
	q, err := readQuery(query, field)
	if err != nil {
		return nil, "", refuse(ReasonForm, err.Error())
	}
	if len(q.signature) == 0 {
		return nil, "", refuse(ReasonUnsigned, "the message is not signed")
	}
	if !q.verify(idp.Certificates) {
		return nil, "", refuse(ReasonSignature, "no configured key verifies the signature in the URL")
	}
	root, err := parse(q.raw, message)
	if err != nil {
		return nil, "", refuse(ReasonXML, err.Error())
	}
	if err := checkPlaces(root); err != nil {
		return nil, "", err
	}
	if len(children(root, nsSignature, "Signature")) > 0 {
		return nil, "", refuse(ReasonStructure, "a signature in a message of the redirect binding")
	}
	return root, q.relay, nil
}
