package saml

import (
	"strings"

	"github.com/beevik/etree"

	"assay/fakeidp/persona"
)

const (
	noAssertion       = "saml-no-assertion"
	statusAuthnFailed = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
	nameTransient     = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	classNothing      = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
	nsInstance        = "http://www.w3.org/2001/XMLSchema-instance"
)

// subjectMutations are about whom the assertion names, and what it says of them.
func subjectMutations() []Mutation {
	return []Mutation{
		drop("saml-no-subject", rows("SAML-CND-15"), "there is no Subject (Profiles 4.1.4.2)", "./Subject"),
		drop("saml-no-nameid", rows("SAML-CND-15"), "there is no NameID, so that the assertion names nobody (Profiles 4.1.4.2)", nameIDPath),
		on("saml-empty-nameid", rows("SAML-CND-15"), "the NameID is empty (Core 2.2.3)", nameIDPath, text("")),
		on("saml-two-nameids", rows("SAML-CND-15"), "the stranger's NameID stands before the person's (Core 2.4.1: one)", nameIDPath, func(f forgery, e *etree.Element) {
			second := e.Copy()
			second.SetText(f.stranger)
			e.Parent().InsertChildAt(e.Index(), second)
		}),
		on("saml-transient-nameid", rows("SAML-CND-32"), "the NameID is transient: another one at each login (Core 8.3.8)", nameIDPath, func(_ forgery, e *etree.Element) {
			e.CreateAttr("Format", nameTransient)
			e.SetText("_" + newID())
		}),
		drop("saml-no-authn-statement", rows("SAML-CND-24"), "there is no AuthnStatement (Profiles 4.1.4.2)", "./AuthnStatement"),
		on("saml-weak-context", rows("SAML-CND-25"), "the person authenticated in an unspecified way, whatever was requested (Core 3.3.2.2.1)", "./AuthnStatement/AuthnContext/AuthnContextClassRef", text(classNothing)),
		on("saml-no-name-format", rows("SAML-CND-31"), "accept: attributes have no NameFormat (Core 2.7.3.1)", ".", func(_ forgery, e *etree.Element) {
			for _, attribute := range e.FindElements("./AttributeStatement/Attribute") {
				attribute.RemoveAttr("NameFormat")
			}
		}),
		on("saml-several-values", rows("SAML-CND-31"), "accept: an attribute has a second value (Core 2.7.3.1)", attributePath, func(_ forgery, e *etree.Element) {
			second := e.Copy()
			second.SetText("second value")
			e.Parent().AddChild(second)
		}),
		on("saml-untyped-values", rows("SAML-CND-31"), "accept: attribute values have no xsi:type (Core 2.7.3.1.1)", ".", func(_ forgery, e *etree.Element) {
			for _, value := range e.FindElements(attributePath) {
				value.RemoveAttr("xsi:type")
			}
		}),
		on("saml-nil-value", rows("SAML-CND-31"), "accept: an attribute has a value that is nil (Core 2.7.3.1.1)", "./AttributeStatement", func(_ forgery, e *etree.Element) {
			value := child(extraAttribute(e), "AttributeValue", "")
			value.CreateAttr("xmlns:xsi", nsInstance)
			value.CreateAttr("xsi:nil", "true")
		}),
		on("saml-empty-value", rows("SAML-CND-31"), "accept: an attribute has a value that is empty (Core 2.7.3.1.1)", "./AttributeStatement", func(_ forgery, e *etree.Element) {
			child(extraAttribute(e), "AttributeValue", "")
		}),
	}
}

func extraAttribute(statement *etree.Element) *etree.Element {
	attribute := child(statement, "Attribute", "")
	attribute.CreateAttr("Name", "assay-extra")
	return attribute
}

// envelopeMutations are about the attributes that every message has, and whose it is.
func envelopeMutations() []Mutation {
	return []Mutation{
		onRoot("saml-wrong-destination", rows("SAML-CND-06"), "the Destination is another URL (Bindings 3.5.5.2)", attr("Destination", otherURL)),
		onRoot("saml-no-destination", rows("SAML-CND-07"), "there is no Destination (Bindings 3.5.5.2: must be there when the message is signed)", noAttr("Destination")),
		on("saml-wrong-issuer", rows("SAML-CND-19"), "the assertion's Issuer is another (Profiles 4.1.4.2)", "./Issuer", text(otherIdP)),
		onRoot("saml-wrong-response-issuer", rows("SAML-CND-19"), "the response's Issuer is another (Profiles 4.1.4.2)", func(_ forgery, e *etree.Element) { e.SelectElement("Issuer").SetText(otherIdP) }),
		on("saml-issuer-format", rows("SAML-CND-19"), "the assertion's Issuer has the Format of an e-mail address (Profiles 4.1.4.2: entity)", "./Issuer",
			attr("Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")),
		drop("saml-no-issuer", rows("SAML-CND-19"), "the assertion has no Issuer (Core 2.3.3)", "./Issuer"),
		on("saml-version-1.1", rows("SAML-CND-22"), "the assertion is of version 1.1 (Core 4.1.3.2)", ".", attr("Version", "1.1")),
		on("saml-no-version", rows("SAML-CND-22"), "the assertion has no Version (Core 2.3.3)", ".", noAttr("Version")),
		onRoot("saml-response-version-1.1", rows("SAML-CND-22"), "the response is of version 1.1 (Core 4.1.3.2)", attr("Version", "1.1")),
		onRoot("saml-no-response-version", rows("SAML-CND-22"), "the response has no Version (Core 3.2.2)", noAttr("Version")),
		on("saml-no-id", rows("SAML-CND-29"), "the assertion has no ID (Core 2.3.3)", ".", noAttr("ID")),
		on("saml-empty-id", rows("SAML-CND-29"), "the assertion's ID is empty (Core 1.3.4)", ".", attr("ID", "")),
		onRoot("saml-no-response-id", rows("SAML-CND-29"), "the response has no ID (Core 3.2.2)", noAttr("ID")),
	}
}

// statusMutations are about the status of the response.
func statusMutations() []Mutation {
	failure := func(name, first, second string) Mutation {
		return Mutation{Name: name, Rows: rows("SAML-CND-21"), Text: "the status is " + second[strings.LastIndex(second, ":")+1:] + ", with a message for people (Core 3.2.2.2)",
			before: failed(first, second, "The person could not be signed in: ask your administrator.")}
	}
	return []Mutation{
		{Name: "saml-status-with-assertion", Rows: rows("SAML-CND-20"), Text: "the status is not Success beside a valid assertion (Core 3.2.2.2)",
			before: func(_ forgery, m *message) {
				m.response.FindElement("./Status/StatusCode").CreateAttr("Value", statusResponder)
			}},
		{Name: noAssertion, Rows: rows("SAML-CND-30"), Text: "the status is Success and there is no assertion (Profiles 4.1.4.2)",
			before: func(_ forgery, m *message) { m.withoutAssertion() }},
		failure("saml-status-authn-failed", statusResponder, statusAuthnFailed),
		failure("saml-status-no-passive", statusResponder, statusNoPassive),
		failure("saml-status-request-denied", statusResponder, statusRequestDenied),
	}
}

// failed makes the response one that tells of a failure.
func failed(first, second, text string) func(forgery, *message) {
	return func(_ forgery, m *message) {
		m.withoutAssertion()
		status := m.response.SelectElement("Status")
		code := status.SelectElement("StatusCode")
		code.CreateAttr("Value", first)
		child(code, "StatusCode", "").CreateAttr("Value", second)
		child(status, "StatusMessage", text)
	}
}

func (m *message) withoutAssertion() {
	m.response.RemoveChild(m.assertion)
	m.assertion, m.encrypt, m.signs = nil, nil, persona.SignsResponse
}
