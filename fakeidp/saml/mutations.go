package saml

import (
	"slices"
	"time"

	"github.com/beevik/etree"
)

// Strangers that forged messages name. They belong to nobody: ".invalid" never resolves (RFC 2606 section 2).
const (
	otherProvider = "https://other-sp.invalid/saml/metadata"
	otherIdP      = "https://other-idp.invalid/saml/metadata"
	otherURL      = "https://other-sp.invalid/saml/acs"
	otherRequest  = "id0000000000000000000000000000000000000000"
	otherPerson   = "stranger@other-idp.invalid"
)

// Mutations lists every mutation, by what it attacks: of a response the signature, the structure, the XML, the
// conditions, the way it travels and the encryption; then logout messages and metadata.
func Mutations() []Mutation {
	return slices.Concat(
		of(Response, signatureMutations(), algorithmMutations(), keyInfoMutations(), plantedMutations(), wrappingMutations(), namespaceMutations(),
			textMutations(), xmlMutations(), bombMutations(), audienceMutations(), confirmationMutations(), timeMutations(),
			subjectMutations(), envelopeMutations(), statusMutations(), formMutations(), deliveryMutations(), encryptionMutations()),
		of(Logout, logoutMutations()),
		of(Metadata, metadataMutations()),
	)
}

func of(kind Kind, tables ...[]Mutation) []Mutation {
	all := slices.Concat(tables...)
	for i := range all {
		all[i].Kind = kind
	}
	return all
}

// rows are those of the catalogue that a mutation is for.
func rows(ids ...string) []string { return ids }

// on changes one element of the assertion before it is signed.
func on(name string, rows []string, about, path string, change func(forgery, *etree.Element)) Mutation {
	return Mutation{Name: name, Text: about, Rows: rows, before: func(f forgery, m *message) {
		if e := m.assertion.FindElement(path); e != nil {
			change(f, e)
		}
	}}
}

// onRoot changes the root of the message before it is signed.
func onRoot(name string, rows []string, about string, change func(forgery, *etree.Element)) Mutation {
	return Mutation{Name: name, Text: about, Rows: rows, before: func(f forgery, m *message) { change(f, m.response) }}
}

func drop(name string, rows []string, about, path string) Mutation {
	return on(name, rows, about, path, func(_ forgery, e *etree.Element) { e.Parent().RemoveChild(e) })
}

// seals changes how the message is signed.
func seals(name string, rows []string, about string, change func(forgery, *seal)) Mutation {
	return Mutation{Name: name, Text: about, Rows: rows, before: func(f forgery, m *message) { change(f, &m.seal) }}
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

// eachSignature visits the signatures of the response and of the assertion.
func eachSignature(m *message, change func(*etree.Element)) {
	for _, e := range []*etree.Element{m.response, m.assertion} {
		if s := e.SelectElement("Signature"); s != nil {
			change(s)
		}
	}
}
