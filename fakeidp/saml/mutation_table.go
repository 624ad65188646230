package saml

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"assay/fakeidp/persona"
)

// Strangers that forged messages name. They belong to nobody: ".invalid" never resolves (RFC 2606 section 2).
const (
	otherProvider = "https://other-sp.invalid/saml/metadata"
	otherIdP      = "https://other-idp.invalid/saml/metadata"
	otherURL      = "https://other-sp.invalid/saml/acs"
	otherRequest  = "id0000000000000000000000000000000000000000"
	rsaSHA1       = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
)

// Mutations lists every mutation of a response, by what it attacks: the signature, the structure, the
// XML, the conditions.
func Mutations() []Mutation {
	return slices.Concat(signatureMutations(), wrappingMutations(), xmlMutations(), conditionMutations(), statusMutations())
}

func signatureMutations() []Mutation {
	return []Mutation{
		{Name: "saml-unsigned", Text: "nothing is signed (Profiles 4.1.4.5: must be signed with the POST binding)",
			before: func(f forgery, m *message) { m.signs = ""; rename(m.assertion, f.stranger) }},
		{Name: "saml-signature-removed", Text: "the signatures are taken out and the subject changed (SAML-SIG-04)",
			after: func(f forgery, m *message) {
				removeSignature(m.response)
				removeSignature(m.assertion)
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-signature-empty", Text: "the SignatureValue is empty and the subject changed (SAML-SIG-05)",
			after: func(f forgery, m *message) {
				eachSignature(m, func(s *etree.Element) { s.SelectElement("SignatureValue").SetText("") })
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-no-reference", Text: "SignedInfo has no Reference and the subject is changed (SAML-SIG-05)",
			after: func(f forgery, m *message) {
				eachSignature(m, func(s *etree.Element) {
					info := s.SelectElement("SignedInfo")
					info.RemoveChild(info.SelectElement("Reference"))
				})
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-tampered-subject", Text: "the NameID is changed after signing (SAML-SIG-06)",
			after: func(f forgery, m *message) { rename(m.assertion, f.stranger) }},
		{Name: "saml-tampered-audience", Text: "the audience is changed after signing (SAML-SIG-06)",
			after: func(_ forgery, m *message) { audience(m).SetText(otherProvider) }},
		{Name: "saml-foreign-key", Text: "signed by another key, whose certificate is in KeyInfo (SAML-SIG-07)",
			before: func(f forgery, m *message) {
				m.seal.credential = f.foreign
				m.seal.shown = m.seal.credential
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-foreign-key-hidden", Text: "signed by another key, with the genuine certificate in KeyInfo (SAML-SIG-07)",
			before: func(f forgery, m *message) { m.seal.credential = f.foreign; rename(m.assertion, f.stranger) }},
		{Name: "saml-sha1", Text: "signed with RSA-SHA1 (SAML2int SDP-ALG)",
			before: func(_ forgery, m *message) { m.seal.method = rsaSHA1 }},
		{Name: "saml-inclusive-c14n", Text: "canonicalised inclusively rather than exclusively (Core 5.4.3: should be exclusive)",
			before: func(_ forgery, m *message) { m.seal.canonical = dsig.MakeC14N11Canonicalizer() }},
		{Name: "saml-reference-elsewhere", Text: "the Reference names another element (Core 5.4.2: that of the root of the signed)",
			after: func(f forgery, m *message) {
				eachSignature(m, func(s *etree.Element) { s.FindElement("./SignedInfo/Reference").CreateAttr("URI", "#"+newID()) })
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-comment-in-digest", Text: "a comment stands in DigestValue and the subject is changed (CVE-2025-29775)",
			after: func(f forgery, m *message) {
				eachSignature(m, func(s *etree.Element) {
					digest := s.FindElement("./SignedInfo/Reference/DigestValue")
					digest.InsertChildAt(0, etree.NewComment("assay"))
				})
				rename(m.assertion, f.stranger)
			}},
		{Name: "saml-two-signed-infos", Text: "a Signature has two SignedInfo and the subject is changed (CVE-2025-29774)",
			after: func(f forgery, m *message) {
				eachSignature(m, func(s *etree.Element) { s.InsertChildAt(0, s.SelectElement("SignedInfo").Copy()) })
				rename(m.assertion, f.stranger)
			}},
	}
}

// eachSignature visits the signatures of the response and of the assertion.
func eachSignature(m *message, change func(*etree.Element)) {
	for _, e := range []*etree.Element{m.response, m.assertion} {
		if s := e.SelectElement("Signature"); s != nil {
			change(s)
		}
	}
}

func audience(m *message) *etree.Element {
	return m.assertion.FindElement("./Conditions/AudienceRestriction/Audience")
}

func xmlMutations() []Mutation {
	return []Mutation{
		{Name: "saml-comment-in-nameid", Text: "a comment splits the signed NameID, whose first part is the stranger's (CVE-2017-11427)",
			before: func(f forgery, m *message) {
				id := m.assertion.FindElement("./Subject/NameID")
				id.SetText(f.stranger)
				id.CreateComment("assay")
				id.CreateText(".invalid")
			}},
		{Name: "saml-instruction-in-nameid", Text: "a processing instruction splits the signed NameID, whose first part is the stranger's",
			before: func(f forgery, m *message) {
				id := m.assertion.FindElement("./Subject/NameID")
				id.SetText(f.stranger)
				id.CreateProcInst("assay", "")
				id.CreateText(".invalid")
			}},
		{Name: "saml-doctype", Text: "the message has a document type declaration (SAML2int: none)",
			raw: func(_ forgery, raw []byte) []byte { return append([]byte("<!DOCTYPE samlp:Response>"), raw...) }},
		{Name: "saml-entity", Text: "the NameID comes from an entity of an internal subset",
			raw: func(f forgery, raw []byte) []byte {
				subset := `<!DOCTYPE samlp:Response [<!ENTITY who "` + escape(f.stranger) + `">]>`
				return append([]byte(subset), replaceNameID(raw, "&who;")...)
			}},
		{Name: "saml-not-utf8", Text: "the message is not UTF-8",
			raw: func(_ forgery, raw []byte) []byte { return replaceNameID(raw, "\xff\xfe") }},
		{Name: "saml-truncated", Text: "the message ends in the middle",
			raw: func(_ forgery, raw []byte) []byte { return raw[:len(raw)/2] }},
	}
}

func replaceNameID(raw []byte, text string) []byte {
	from := bytes.Index(raw, []byte("<saml:NameID"))
	if from < 0 {
		return raw
	}
	start := from + bytes.IndexByte(raw[from:], '>') + 1
	end := start + bytes.IndexByte(raw[start:], '<')
	return slices.Concat(raw[:start], []byte(text), raw[end:])
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "%", "&#37;").Replace(text)
}

func conditionMutations() []Mutation {
	return []Mutation{
		on("saml-wrong-audience", "the audience is another service provider (Core 2.5.1.4)", "./Conditions/AudienceRestriction/Audience", text(otherProvider)),
		drop("saml-no-audience", "there is no AudienceRestriction (Profiles 4.1.4.2)", "./Conditions/AudienceRestriction"),
		drop("saml-no-conditions", "there are no Conditions (Profiles 4.1.4.2)", "./Conditions"),
		{Name: "saml-second-audience-restriction", Text: "a second AudienceRestriction names another service provider (Core 2.5.1.4: all must hold)",
			before: func(_ forgery, m *message) {
				conditions := m.assertion.SelectElement("Conditions")
				second := conditions.SelectElement("AudienceRestriction").Copy()
				second.SelectElement("Audience").SetText(otherProvider)
				conditions.AddChild(second)
			}},
		on("saml-unknown-condition", "there is a condition that nobody knows (Core 2.5.1: then the validity cannot be determined)", "./Conditions",
			func(_ forgery, e *etree.Element) { child(e, "Condition", "") }),
		on("saml-wrong-recipient", "the Recipient is another URL (Profiles 4.1.4.3)", confirmationData, attr("Recipient", otherURL)),
		on("saml-no-recipient", "there is no Recipient (Profiles 4.1.4.2)", confirmationData, noAttr("Recipient")),
		{Name: "saml-wrong-destination", Text: "the Destination is another URL (Bindings 3.5.5.2)",
			before: func(_ forgery, m *message) { m.response.CreateAttr("Destination", otherURL) }},
		{Name: "saml-wrong-in-response-to", Text: "the response answers a request that nobody sent (Profiles 4.1.4.3)",
			before: func(_ forgery, m *message) {
				m.response.CreateAttr("InResponseTo", otherRequest)
				m.assertion.FindElement(confirmationData).CreateAttr("InResponseTo", otherRequest)
			}},
		on("saml-wrong-confirmation-in-response-to", "the confirmation answers a request that nobody sent (Profiles 4.1.4.3)", confirmationData, attr("InResponseTo", otherRequest)),
		on("saml-confirmation-expired", "the bearer confirmation ended an hour ago (Profiles 4.1.4.3)", confirmationData, at("NotOnOrAfter", -time.Hour)),
		on("saml-confirmation-without-end", "the bearer confirmation has no NotOnOrAfter (Profiles 4.1.4.2)", confirmationData, noAttr("NotOnOrAfter")),
		on("saml-expired", "the conditions ended an hour ago (Core 2.5.1.2)", "./Conditions", func(f forgery, e *etree.Element) {
			e.CreateAttr("NotBefore", instant(f.now.Add(-2*time.Hour)))
			e.CreateAttr("NotOnOrAfter", instant(f.now.Add(-time.Hour)))
		}),
		on("saml-not-yet-valid", "the conditions begin in an hour (Core 2.5.1.2)", "./Conditions", func(f forgery, e *etree.Element) {
			e.CreateAttr("NotBefore", instant(f.now.Add(time.Hour)))
			e.CreateAttr("NotOnOrAfter", instant(f.now.Add(2*time.Hour)))
		}),
		drop("saml-no-subject", "there is no Subject (Profiles 4.1.4.2)", "./Subject"),
		drop("saml-no-nameid", "there is no NameID, so that the assertion names nobody (Profiles 4.1.4.2)", "./Subject/NameID"),
		on("saml-empty-nameid", "the NameID is empty", "./Subject/NameID", text("")),
		drop("saml-no-confirmation", "there is no SubjectConfirmation (Profiles 4.1.4.2)", "./Subject/SubjectConfirmation"),
		on("saml-holder-of-key", "the only confirmation is holder-of-key (Profiles 4.1.4.2: bearer)", "./Subject/SubjectConfirmation",
			attr("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
		drop("saml-no-authn-statement", "there is no AuthnStatement (Profiles 4.1.4.2)", "./AuthnStatement"),
		on("saml-wrong-issuer", "the assertion's Issuer is another (Profiles 4.1.4.2)", "./Issuer", text(otherIdP)),
		{Name: "saml-wrong-response-issuer", Text: "the response's Issuer is another (Profiles 4.1.4.2)",
			before: func(_ forgery, m *message) { m.response.SelectElement("Issuer").SetText(otherIdP) }},
		on("saml-version-1.1", "the assertion is of version 1.1 (Core 4.1.3.2)", ".", attr("Version", "1.1")),
		on("saml-issued-in-future", "the assertion was issued in an hour (Core 2.3.3)", ".", at("IssueInstant", time.Hour)),
	}
}

const noAssertion = "saml-no-assertion"

const confirmationData = "./Subject/SubjectConfirmation/SubjectConfirmationData"

func statusMutations() []Mutation {
	return []Mutation{
		{Name: "saml-status-with-assertion", Text: "the status is not Success beside a valid assertion (Core 3.2.2.2)",
			before: func(_ forgery, m *message) {
				m.response.FindElement("./Status/StatusCode").CreateAttr("Value", statusResponder)
			}},
		{Name: noAssertion, Text: "the status is Success and there is no assertion (Profiles 4.1.4.2)",
			before: func(_ forgery, m *message) {
				m.response.RemoveChild(m.assertion)
				m.assertion, m.signs = nil, persona.SignsResponse
			}},
	}
}

// on changes one element of the assertion before it is signed.
func on(name, about, path string, change func(forgery, *etree.Element)) Mutation {
	return Mutation{Name: name, Text: about, before: func(f forgery, m *message) {
		if e := m.assertion.FindElement(path); e != nil {
			change(f, e)
		}
	}}
}

func drop(name, about, path string) Mutation {
	return on(name, about, path, func(_ forgery, e *etree.Element) { e.Parent().RemoveChild(e) })
}

func text(value string) func(forgery, *etree.Element) {
	return func(_ forgery, e *etree.Element) { e.SetText(value) }
}

func attr(name, value string) func(forgery, *etree.Element) {
	return func(_ forgery, e *etree.Element) { e.CreateAttr(name, value) }
}

func noAttr(name string) func(forgery, *etree.Element) {
	return func(_ forgery, e *etree.Element) { e.RemoveAttr(name) }
}

func at(name string, after time.Duration) func(forgery, *etree.Element) {
	return func(f forgery, e *etree.Element) { e.CreateAttr(name, instant(f.now.Add(after))) }
}
