package saml

import (
	"github.com/beevik/etree"

	"assay/fakeidp/persona"
)

// signatureMutations are about what is signed and by whom.
func signatureMutations() []Mutation {
	return []Mutation{
		signsOnly("saml-signs-assertion", "SAML-SIG-01", persona.SignsAssertion),
		signsOnly("saml-signs-response", "SAML-SIG-02", persona.SignsResponse),
		signsOnly("saml-signs-both", "SAML-SIG-03", persona.SignsBoth),
		{Name: "saml-unsigned", Rows: rows("SAML-SIG-04"), Text: "nothing is signed (Profiles 4.1.4.5: must be signed with the POST binding)",
			before: func(f forgery, m *message) { m.signs = ""; rename(m.assertion, f.stranger) }},
		{Name: "saml-signature-removed", Rows: rows("SAML-SIG-04"), Text: "the signatures are taken out and the subject changed (Profiles 4.1.4.5)",
			after: func(f forgery, m *message) {
				removeSignature(m.response)
				removeSignature(m.assertion)
				rename(m.assertion, f.stranger)
			}},
		tampered("saml-signature-hollow", "SAML-SIG-05", "Signature has nothing in it and the subject is changed (XML Signature 3.2)",
			func(s *etree.Element) { s.Child = nil }),
		tampered("saml-signature-empty", "SAML-SIG-05", "the SignatureValue is empty and the subject changed (XML Signature 3.2)",
			func(s *etree.Element) { s.SelectElement("SignatureValue").SetText("") }),
		tampered("saml-no-reference", "SAML-SIG-05", "SignedInfo has no Reference and the subject is changed (XML Signature 3.2)",
			func(s *etree.Element) {
				info := s.SelectElement("SignedInfo")
				info.RemoveChild(info.SelectElement("Reference"))
			}),
		tampered("saml-tampered-subject", "SAML-SIG-06", "the NameID is changed after signing (XML Signature 3.2)", func(*etree.Element) {}),
		{Name: "saml-tampered-audience", Rows: rows("SAML-SIG-06"), Text: "the audience is changed after signing (XML Signature 3.2)",
			after: func(_ forgery, m *message) { audience(m).SetText(otherProvider) }},
		{Name: "saml-tampered-attribute", Rows: rows("SAML-SIG-06"), Text: "an attribute is added after signing (XML Signature 3.2)",
			after: func(_ forgery, m *message) {
				added := child(child(m.assertion, "AttributeStatement", ""), "Attribute", "")
				added.CreateAttr("Name", "groups")
				child(added, "AttributeValue", "Administrators")
			}},
		{Name: "saml-tampered-time", Rows: rows("SAML-SIG-06"), Text: "the conditions are made to end a year later after signing (XML Signature 3.2)",
			after: func(f forgery, m *message) {
				m.assertion.SelectElement("Conditions").CreateAttr("NotOnOrAfter", instant(f.now.AddDate(1, 0, 0)))
			}},
		{Name: "saml-foreign-key", Rows: rows("SAML-SIG-07"), Text: "signed by another key, whose certificate is in KeyInfo (SAML2int SDP-MD)",
			before: func(f forgery, m *message) { m.seal = m.seal.by(f.foreign); rename(m.assertion, f.stranger) }},
		{Name: "saml-foreign-key-hidden", Rows: rows("SAML-SIG-07"), Text: "signed by another key, with the genuine certificate in KeyInfo (SAML2int SDP-MD)",
			before: func(f forgery, m *message) { m.seal.credential = f.foreign; rename(m.assertion, f.stranger) }},
		{Name: "saml-faked-certificate", Rows: rows("SAML-SIG-07"),
			Text: "signed by another key, with a certificate of the genuine one's names, serial number and dates in KeyInfo (SAML2int SDP-MD)",
			before: func(f forgery, m *message) {
				faked, err := f.foreign.disguised(m.seal.credential)
				m.fail(err)
				m.seal = m.seal.by(faked)
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-withdrawn-key", Rows: rows("SAML-SIG-20"), Text: "signed by a key that the metadata does not show any more (Metadata 2.4.1.1)",
			before: func(f forgery, m *message) { m.seal = m.seal.by(f.withdrawn); rename(m.assertion, f.stranger) }},
		{Name: "saml-response-foreign-key", Rows: rows("SAML-SIG-09"), Text: "a genuinely signed assertion in a response that another key signs (Core 5.3)",
			before: func(_ forgery, m *message) { m.signs = persona.SignsAssertion },
			after:  func(f forgery, m *message) { m.resign(m.seal.by(f.foreign), m.response) }},
		{Name: "saml-assertion-foreign-key", Rows: rows("SAML-SIG-09"), Text: "an assertion that another key signs in a genuinely signed response (Core 5.3)",
			before: func(f forgery, m *message) {
				m.signs = persona.SignsResponse
				m.fail(m.seal.by(f.foreign).sign(m.assertion))
			}},
	}
}

func signsOnly(name, row string, what persona.Signed) Mutation {
	return Mutation{Name: name, Rows: rows(row), Text: "accept: signed is the " + string(what) + ", whatever the persona's habit (Core 5.3)",
		before: func(_ forgery, m *message) { m.signs = what }}
}

// tampered changes the subject after signing, and something in each signature.
func tampered(name, row, about string, change func(signature *etree.Element)) Mutation {
	return Mutation{Name: name, Rows: rows(row), Text: about, after: func(f forgery, m *message) {
		eachSignature(m, change)
		rename(m.assertion, f.stranger)
	}}
}

func audience(m *message) *etree.Element {
	return m.assertion.FindElement("./Conditions/AudienceRestriction/Audience")
}
