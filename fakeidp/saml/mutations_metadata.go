package saml

import (
	"bytes"
	"strings"
	"time"

	"github.com/beevik/etree"

	"assay/fakeidp/persona"
)

const metadataBytes = 5 << 20

// metadataMutations are about what an app's metadata says while they are in force.
func metadataMutations() []Mutation {
	metadata := func(name, row, about string, change func(forgery, *etree.Element), more ...string) Mutation {
		return onRoot("saml-metadata-"+name, append(rows(row), more...), about, change)
	}
	certificate := func(name, row, about string, change func(f forgery, m *message, shown *etree.Element), more ...string) Mutation {
		return Mutation{Name: "saml-metadata-" + name, Rows: append(rows(row), more...), Text: about, before: func(f forgery, m *message) {
			change(f, m, m.response.FindElement(".//KeyDescriptor"))
		}}
	}
	return []Mutation{
		certificate("second-certificate", "SAML-REQ-08", "accept: another signing certificate stands before the genuine one (Metadata 2.4.1.1)", func(f forgery, _ *message, key *etree.Element) {
			second := key.Copy()
			second.FindElement(".//X509Certificate").SetText(f.foreign.text())
			key.Parent().InsertChildAt(key.Index(), second)
		}),
		certificate("no-use", "SAML-REQ-08", "accept: the key does not say its use: it serves for both (Metadata 2.4.1.1)", func(_ forgery, _ *message, key *etree.Element) { key.RemoveAttr("use") }),
		certificate("expired-certificate", "SAML-REQ-08", "accept: the genuine key's certificate expired a year ago (SAML2int: validity is no input to trust)",
			func(f forgery, m *message, key *etree.Element) {
				expired, err := m.seal.credential.certifiedUntil(f.now.AddDate(-1, 0, 0))
				if m.fail(err); err == nil {
					key.FindElement(".//X509Certificate").SetText(expired.text())
				}
			}, "SAML-SIG-19"),
		certificate("foreign-key", "SAML-REQ-09", "the certificate is another's, as if somebody in between had put it there (SAML2int SDP-MD)",
			func(f forgery, _ *message, key *etree.Element) {
				key.FindElement(".//X509Certificate").SetText(f.foreign.text())
			}),
		{Name: "saml-metadata-entities", Rows: rows("SAML-REQ-08"), Text: "accept: the entity is the second one in an EntitiesDescriptor (Metadata 2.3.1)", after: func(_ forgery, m *message) {
			all := element("md", "EntitiesDescriptor", nsMetadata)
			other := m.response.Copy()
			other.CreateAttr("entityID", otherIdP)
			other.CreateAttr("ID", newID())
			all.AddChild(other)
			all.AddChild(m.response)
			m.response = all
		}},
		{Name: "saml-metadata-signed", Rows: rows("SAML-REQ-08"), Text: "accept: the metadata is signed by the key that it shows (Metadata 3)", before: func(_ forgery, m *message) { m.signs = persona.SignsResponse }},
		{Name: "saml-metadata-foreign-signature", Rows: rows("SAML-REQ-09"), Text: "the metadata is signed by a key that it does not show (Metadata 3)", before: func(f forgery, m *message) {
			m.signs, m.seal = persona.SignsResponse, m.seal.by(f.foreign)
		}},
		{Name: "saml-metadata-doctype", Rows: rows("SAML-REQ-08"), Text: "the metadata has a document type declaration (SAML2int: none)", raw: func(_ forgery, raw []byte) []byte {
			return append([]byte("<!DOCTYPE md:EntityDescriptor>"), raw...)
		}},
		{Name: "saml-metadata-huge", Rows: rows("SAML-REQ-08"), Text: "the metadata has 5 MiB (OWASP: bound what is read)", raw: func(_ forgery, raw []byte) []byte {
			return bytes.Replace(raw, []byte("<md:IDPSSODescriptor"), []byte("<!--"+strings.Repeat("assay-", metadataBytes/6)+"--><md:IDPSSODescriptor"), 1)
		}},
		metadata("expired", "SAML-REQ-08", "the metadata was valid until an hour ago (Metadata 2.3.2)", at("validUntil", -time.Hour)),
		metadata("other-entity", "SAML-REQ-09", "the metadata is another identity provider's by its entityID (Metadata 2.3.2)", attr("entityID", otherIdP)),
		metadata("other-location", "SAML-REQ-09", "the sign-on service is elsewhere, as if somebody in between had put it there (SAML2int SDP-MD)", func(_ forgery, e *etree.Element) {
			for _, service := range e.FindElements(".//SingleSignOnService") {
				service.CreateAttr("Location", otherURL)
			}
		}),
		metadata("no-logout", "SAML-SLO-06", "accept: there is no single logout service (Metadata 2.4.2: none or more)", func(_ forgery, e *etree.Element) {
			for _, service := range e.FindElements(".//SingleLogoutService") {
				service.Parent().RemoveChild(service)
			}
		}),
	}
}
