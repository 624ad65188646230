package saml

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/beevik/etree"
)

// Namespaces and identifiers of SAML 2.0 (Core, Bindings, Metadata).
const (
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"

	bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	bindingPOST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

	formatEntity  = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
	methodBearer  = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	classPassword = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

	statusSuccess        = "urn:oasis:names:tc:SAML:2.0:status:Success"
	statusRequester      = "urn:oasis:names:tc:SAML:2.0:status:Requester"
	statusResponder      = "urn:oasis:names:tc:SAML:2.0:status:Responder"
	statusNoPassive      = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
	statusRequestDenied  = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
	statusUnsupported    = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
	statusNoAuthnContext = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
)

// newID makes the ID of a message: 160 random bits, and a letter first, because an ID must be an NCName
// (Core section 1.3.4: at least 128 random bits, 160 recommended).
func newID() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // ends the program rather than fail
	return "id" + hex.EncodeToString(b)
}

// instant is a time as SAML writes it: in UTC, to the millisecond (Core section 1.3.3).
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// element makes an element that declares its namespace itself, so that it can be signed and moved on its own.
func element(prefix, tag, namespace string) *etree.Element {
	e := etree.NewElement(prefix + ":" + tag)
	e.CreateAttr("xmlns:"+prefix, namespace)
	return e
}

func child(parent *etree.Element, tag, text string) *etree.Element {
	e := parent.CreateElement(parent.Space + ":" + tag)
	if text != "" {
		e.SetText(text)
	}
	return e
}

// encode writes an element without white space that nobody has signed.
func encode(e *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	doc.SetRoot(e)
	out, err := doc.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write XML: %w", err)
	}
	return out, nil
}
