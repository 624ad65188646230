package saml

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/beevik/etree"
)

// Outgoing is a message that a browser has to carry to an identity provider: by going to URL, or, where Form is
// not nil, by posting it there.
type Outgoing struct {
	ID   string // of the message
	URL  string
	Form url.Values
}

const (
	fieldRequest  = "SAMLRequest"
	fieldResponse = "SAMLResponse"
	fieldRelay    = "RelayState"
)

// newID makes the ID of a message: 160 random bits, and a letter first (Core section 1.3.4: at least 128).
func newID() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // ends the program rather than fail
	return "id" + hex.EncodeToString(b)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// AuthnRequest asks an identity provider to sign somebody on (Core section 3.4.1, Profiles section 4.1.4.1). It is
// signed always. relay comes back with the answer: at most MaxRelayState bytes, and nothing that can be guessed.
//
// It says where the answer goes and nothing of how people are to be named or authenticated: Entra ID, among others,
// refuses requests for what it was not set up for.
func (sp *ServiceProvider) AuthnRequest(idp IdentityProvider, relay string) (Outgoing, error) {
	binding, location := preferred(idp.SignOn)
	request := sp.message("AuthnRequest", location)
	request.CreateAttr("ProtocolBinding", BindingPOST)
	request.CreateAttr("AssertionConsumerServiceURL", sp.ACS)
	return sp.send(request, binding, location, fieldRequest, relay)
}

// preferred is the redirect binding where there is a choice: it needs no page between.
func preferred(by map[string]string) (binding, location string) {
	if location, ok := by[BindingRedirect]; ok {
		return BindingRedirect, location
	}
	return BindingPOST, by[BindingPOST]
}

// message begins a message to an identity provider.
func (sp *ServiceProvider) message(kind, destination string) *etree.Element {
	m := element("samlp", kind, nsProtocol)
	m.CreateAttr("ID", newID())
	m.CreateAttr("Version", "2.0")
	m.CreateAttr("IssueInstant", stamp(sp.Now()))
	m.CreateAttr("Destination", destination)
	issuer := element("saml", "Issuer", nsAssertion)
	issuer.SetText(sp.EntityID)
	m.AddChild(issuer)
	return m
}

// send signs a message as its binding wants it: the redirect binding signs the query (Bindings section 3.4.4.1), the
// POST binding the message itself.
func (sp *ServiceProvider) send(m *etree.Element, binding, location, field, relay string) (Outgoing, error) {
	if location == "" {
		return Outgoing{}, errors.New("SAML: the identity provider has no such endpoint")
	}
	if len(relay) > MaxRelayState {
		return Outgoing{}, fmt.Errorf("SAML: a RelayState of %d bytes; %d are the most", len(relay), MaxRelayState)
	}
	out := Outgoing{ID: value(m, "ID"), URL: location}
	if binding == BindingPOST {
		if err := sp.Credential.sign(m); err != nil {
			return Outgoing{}, err
		}
	}
	raw, err := encode(m)
	if err != nil {
		return Outgoing{}, err
	}
	if binding == BindingPOST {
		out.Form = url.Values{field: {base64.StdEncoding.EncodeToString(raw)}}
		if relay != "" {
			out.Form.Set(fieldRelay, relay)
		}
		return out, nil
	}
	out.URL, err = sp.Credential.signedURL(location, field, raw, relay)
	return out, err
}
