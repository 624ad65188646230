package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
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
	// adapt changes a finished signature over an element, before it is put there; nil leaves it as it is.
	adapt func(signature, signed *etree.Element) error
}

// sign puts an enveloped signature into an element, after its Issuer, where the schema wants it (Core
// section 5.4).
func (s seal) sign(e *etree.Element) error {
	signature, err := s.signature(e)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	insertAfterIssuer(e, signature)
	return nil
}

func (s seal) signature(e *etree.Element) (*etree.Element, error) {
	var shown [][]byte
	if s.shown != nil {
		shown = [][]byte{s.shown.cert}
	}
	context, err := dsig.NewSigningContext(s.credential.key, shown)
	if err != nil {
		return nil, err
	}
	if context.Canonicalizer = s.canonical; context.Canonicalizer == nil {
		context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	}
	if err := context.SetSignatureMethod(s.method); err != nil {
		return nil, err
	}
	signature, err := context.ConstructSignature(inContext(e), true)
	if err != nil {
		return nil, err
	}
	if s.shown == nil {
		if info := signature.SelectElement("KeyInfo"); info != nil {
			signature.RemoveChild(info)
		}
	}
	if s.adapt != nil {
		err = s.adapt(signature, e)
	}
	return signature, err
}

// inContext is a copy of an element for canonicalization, which changes what it works on. It declares the
// namespaces of its parent, which inclusive canonicalization writes and exclusive leaves out.
func inContext(e *etree.Element) *etree.Element {
	out := e.Copy()
	if e.Parent() == nil {
		return out
	}
	for _, a := range e.Parent().Attr {
		if a.Space == "xmlns" && out.SelectAttr("xmlns:"+a.Key) == nil {
			out.CreateAttr("xmlns:"+a.Key, a.Value)
		}
	}
	return out
}

// by is the seal of another credential, which KeyInfo shows too.
func (s seal) by(c *credential) seal {
	s.credential, s.shown = c, c
	return s
}

// canonicalForm is the exclusive canonical form of an element that declares its namespaces itself.
func canonicalForm(e *etree.Element) ([]byte, error) {
	return dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(e.Copy())
}

// digest is the text of a DigestValue over the canonical form.
func digest(hash crypto.Hash, e *etree.Element) (string, error) {
	canonical, err := canonicalForm(e)
	if err != nil {
		return "", err
	}
	h := hash.New()
	h.Write(canonical)
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// sealAgain makes the SignatureValue of a SignedInfo that was changed.
func sealAgain(signature *etree.Element, sum func(canonical []byte) ([]byte, error)) error {
	info := signature.SelectElement("SignedInfo").Copy()
	info.CreateAttr("xmlns:"+info.Space, nsSignature)
	canonical, err := canonicalForm(info)
	if err != nil {
		return err
	}
	value, err := sum(canonical)
	if err != nil {
		return err
	}
	signature.SelectElement("SignatureValue").SetText(base64.StdEncoding.EncodeToString(value))
	return nil
}

// signs is RSA by PKCS #1 v1.5 with a digest.
func (c *credential) signs(hash crypto.Hash) func([]byte) ([]byte, error) {
	return func(text []byte) ([]byte, error) {
		h := hash.New()
		h.Write(text)
		return rsa.SignPKCS1v15(rand.Reader, c.key, hash, h.Sum(nil))
	}
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
	if m.err != nil {
		return m.err
	}
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
