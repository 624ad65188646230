package saml

import (
	"context"
	"strings"

	"github.com/beevik/etree"
)

// Response judges what the browser posted to the assertion consumer service and returns what the identity
// provider vouches for. encoded is the value of the field SAMLResponse; request is the ID of the AuthnRequest
// that the browser began with, or "" where nobody asked, which the caller has to allow (Profiles section 4.1.5).
// Nothing is accepted twice. A message that must not be believed gives a *Refusal; any other error means that it could
// not be judged.
func (sp *ServiceProvider) Response(ctx context.Context, idp IdentityProvider, encoded, request string) (Assertion, error) {
	now := sp.Now()
	if idp.stale(now) {
		return Assertion{}, refuse(ReasonMetadataStale, "the metadata of the identity provider has expired")
	}
	root, err := readPosted(encoded)
	if err != nil {
		return Assertion{}, err
	}
	if !is(root, nsProtocol, "Response") {
		return Assertion{}, refuse(ReasonStructure, "not a Response")
	}
	if err := checkPlaces(root); err != nil {
		return Assertion{}, err
	}
	response, signed, err := idp.open(root)
	if err != nil {
		return Assertion{}, err
	}
	if err := sp.checkEnvelope(response, idp, envelope{signed: signed, destination: sp.ACS, request: request}); err != nil {
		return Assertion{}, err
	}
	if err := checkStatus(response); err != nil {
		return Assertion{}, err
	}
	element, err := sp.assertion(response, idp, signed)
	if err != nil {
		return Assertion{}, err
	}
	assertion, err := sp.judge(element, idp, request)
	if err != nil {
		return Assertion{}, err
	}
	if err := sp.once(ctx, idp.EntityID, assertion.ID, assertion.expires); err != nil {
		return Assertion{}, err
	}
	return assertion, nil
}

// readPosted reads a message of the POST binding.
func readPosted(encoded string) (*etree.Element, error) {
	raw, err := unwrap(encoded)
	if err != nil {
		return nil, refuse(ReasonForm, err.Error())
	}
	root, err := parse(raw, message)
	if err != nil {
		return nil, refuse(ReasonXML, err.Error())
	}
	return root, nil
}

// checkPlaces sees to it that there is one of each thing that could be taken for another: at most one assertion,
// below the root or the root itself, and signatures only as children of what they sign. It goes by local names,
// so that no namespace hides anything.
func checkPlaces(root *etree.Element) error {
	assertions, signatures := 0, map[*etree.Element]int{}
	fine := walk(root, func(e *etree.Element) bool {
		parent := e.Parent()
		switch e.Tag {
		case "Response", "LogoutRequest", "LogoutResponse":
			return e == root
		case "Assertion", "EncryptedAssertion":
			assertions++
			return assertions == 1 && (e == root || parent == root) && e.NamespaceURI() == nsAssertion
		case "Signature":
			signatures[parent]++
			signs := parent == root || parent.Parent() == root && is(parent, nsAssertion, "Assertion")
			return e != root && signs && signatures[parent] == 1 && e.NamespaceURI() == nsSignature
		}
		return true
	})
	if !fine {
		return refuse(ReasonStructure, "an assertion, a signature or a message where none belongs")
	}
	return nil
}

// open verifies the message's own signature, if it has one, and returns the message as it was signed.
func (idp IdentityProvider) open(root *etree.Element) (over *etree.Element, signed bool, err error) {
	over, signed, err = verified(root, idp.Certificates)
	if err != nil {
		return nil, signed, refuse(ReasonSignature, err.Error())
	}
	if !signed {
		return root, false, nil
	}
	return over, true, nil
}

// envelope is what a message from the identity provider is held to.
type envelope struct {
	signed      bool
	destination string
	request     string // what it has to answer; "" where it must not answer anything
}

// checkEnvelope judges what all messages have in common (Core sections 3.2.1 and 3.2.2, Bindings section 3.5.5.2).
func (sp *ServiceProvider) checkEnvelope(e *etree.Element, idp IdentityProvider, want envelope) error {
	if value(e, "Version") != "2.0" {
		return refuse(ReasonVersion, "the message is not of version 2.0")
	}
	if !isID(value(e, "ID")) {
		return refuse(ReasonStructure, "the message has no ID")
	}
	if err := sp.checkIssued(e); err != nil {
		return err
	}
	if err := checkIssuer(e, idp.EntityID, want.signed); err != nil {
		return err
	}
	// "If the message is signed, the Destination XML attribute in the root SAML element of the protocol message MUST
	// contain the URL to which the sender has instructed the user agent to deliver the message" (Bindings section 3.5.5.2).
	destination, ok := attr(e, "Destination")
	if ok && destination != want.destination || !ok && want.signed {
		return refuse(ReasonDestination, "the Destination is missing or another URL")
	}
	if answers, ok := attr(e, "InResponseTo"); answers != want.request || ok && want.request == "" {
		return refuse(ReasonInResponseTo, "the message does not answer the request")
	}
	return nil
}

// checkIssued refuses what was made in the future or too long ago.
func (sp *ServiceProvider) checkIssued(e *etree.Element) error {
	at, err := instant(value(e, "IssueInstant"))
	if err != nil {
		return refuse(ReasonIssued, "the IssueInstant is missing or "+err.Error())
	}
	now := sp.Now()
	if at.After(now.Add(sp.Skew)) || at.Before(now.Add(-maxAge-sp.Skew)) {
		return refuse(ReasonIssued, "the IssueInstant is in the future or too long ago")
	}
	return nil
}

// checkIssuer compares the Issuer, which has no other Format than "entity" (Profiles section 4.1.4.2). An
// unsigned response may leave it out.
func checkIssuer(e *etree.Element, entityID string, required bool) error {
	if len(children(e, nsAssertion, "Issuer")) == 0 && !required {
		return nil
	}
	issuer := only(e, nsAssertion, "Issuer")
	if issuer == nil {
		return refuse(ReasonIssuer, "there is not one Issuer")
	}
	if format, ok := attr(issuer, "Format"); ok && format != formatEntity {
		return refuse(ReasonIssuer, "the Issuer is not an entity")
	}
	if name, ok := uri(issuer); !ok || name != entityID {
		return refuse(ReasonIssuer, "the Issuer is another identity provider")
	}
	return nil
}

const statusPrefix = "urn:oasis:names:tc:SAML:2.0:status:"

// checkStatus refuses everything but Success (Core section 3.2.2.2), whatever comes with it.
func checkStatus(response *etree.Element, also ...string) error {
	status := only(response, nsProtocol, "Status")
	if status == nil {
		return refuse(ReasonStructure, "there is not one Status")
	}
	code := only(status, nsProtocol, "StatusCode")
	if code == nil {
		return refuse(ReasonStructure, "there is not one StatusCode")
	}
	for _, good := range append(also, statusSuccess) {
		if value(code, "Value") == good {
			return nil
		}
	}
	no := refuse(ReasonStatus, "the identity provider did not answer with Success")
	if second := only(code, nsProtocol, "StatusCode"); second != nil {
		no.Status = knownStatus(value(second, "Value"))
	}
	if no.Status == "" {
		no.Status = knownStatus(value(code, "Value"))
	}
	return no
}

// knownStatus is the last part of a status code of SAML's own, so that nothing else gets to a page or a log.
func knownStatus(code string) string {
	name, ok := strings.CutPrefix(code, statusPrefix)
	if !ok || !isID(name) || len(name) > 40 {
		return ""
	}
	return name
}

// assertion finds the assertion of a response and returns what a signature was verified over: its own, or the response's.
func (sp *ServiceProvider) assertion(response *etree.Element, idp IdentityProvider, responseSigned bool) (*etree.Element, error) {
	for c := range response.ChildElementsSeq() {
		known := is(c, nsProtocol, "Extensions") || is(c, nsProtocol, "Status") || is(c, nsAssertion, "Issuer") ||
			is(c, nsAssertion, "Assertion") || is(c, nsAssertion, "EncryptedAssertion")
		if !known {
			return nil, refuse(ReasonStructure, "the Response has an element that it cannot have")
		}
	}
	if hidden := only(response, nsAssertion, "EncryptedAssertion"); hidden != nil {
		return sp.revealed(hidden, idp, responseSigned)
	}
	open := only(response, nsAssertion, "Assertion")
	if open == nil {
		return nil, refuse(ReasonStructure, "there is not one assertion")
	}
	return idp.trusted(open, responseSigned)
}

// trusted is an assertion as it was signed: by its own signature, or else by that of the response around it.
func (idp IdentityProvider) trusted(open *etree.Element, responseSigned bool) (*etree.Element, error) {
	over, signed, err := verified(open, idp.Certificates)
	switch {
	case err != nil:
		return nil, refuse(ReasonSignature, err.Error())
	case signed:
		return over, nil
	case responseSigned:
		return open, nil
	}
	return nil, refuse(ReasonUnsigned, "neither the response nor the assertion is signed")
}

// revealed decrypts an assertion. Whatever goes wrong from there to the signature gives one and the same refusal, so that
// nobody learns from it what a forged ciphertext decrypts to. Encryption proves nothing about who wrote it.
func (sp *ServiceProvider) revealed(hidden *etree.Element, idp IdentityProvider, responseSigned bool) (*etree.Element, error) {
	failed := refuse(ReasonEncryption, "the encrypted assertion cannot be used")
	plain, err := sp.Credential.decrypt(hidden)
	if err != nil {
		return nil, failed
	}
	open, err := parse(plain, message)
	if err != nil || !is(open, nsAssertion, "Assertion") || checkPlaces(open) != nil {
		return nil, failed
	}
	over, err := idp.trusted(open, responseSigned)
	if err != nil {
		return nil, failed
	}
	return over, nil
}
