package saml

import (
	"fmt"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"assay/fakeidp/persona"
)

// seal is how elements are signed: with whose key, by which algorithms, and what KeyInfo says.
type seal struct {
	credential *credential
	method     string             // signature algorithm, which says the digest too
	canonical  dsig.Canonicalizer // nil is exclusive canonicalization (Core section 5.4.3)
	shown      *credential        // whose certificate KeyInfo shows; nil shows none
}

// sign puts an enveloped signature into an element, after its Issuer, where the schema wants it (Core
// section 5.4).
func (s seal) sign(e *etree.Element) error {
	var shown [][]byte
	if s.shown != nil {
		shown = [][]byte{s.shown.cert}
	}
	context, err := dsig.NewSigningContext(s.credential.key, shown)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if context.Canonicalizer = s.canonical; context.Canonicalizer == nil {
		context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	}
	if err := context.SetSignatureMethod(s.method); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	signature, err := context.ConstructSignature(e.Copy(), true) // it takes the comments out of what it signs
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if s.shown == nil {
		if info := signature.SelectElement("KeyInfo"); info != nil {
			signature.RemoveChild(info)
		}
	}
	insertAfterIssuer(e, signature)
	return nil
}

func insertAfterIssuer(e, signature *etree.Element) {
	at := 0
	if issuer := e.SelectElement("Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	e.InsertChildAt(at, signature)
}

// finish signs and encrypts as the message asks: the assertion is signed, then encrypted, and the
// response is signed over what came of it.
func (m *message) finish() error {
	if m.assertion != nil && slices.Contains([]persona.Signed{persona.SignsAssertion, persona.SignsBoth}, m.signs) {
		if err := m.seal.sign(m.assertion); err != nil {
			return err
		}
	}
	if m.assertion != nil && m.encrypt != nil {
		if err := m.conceal(); err != nil {
			return err
		}
	}
	if m.signs == persona.SignsResponse || m.signs == persona.SignsBoth {
		return m.seal.sign(m.response)
	}
	return nil
}
