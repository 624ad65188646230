package saml

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Mutation is one named way in which a response can lie. Exactly one of its functions is set: before
// changes the message before it is signed, after changes the signed tree, raw the bytes.
//
// What is forged names a stranger, who exists and is somebody else than the person of the login, so that
// a harness which asks "who is logged in?" can tell acceptance from refusal.
type Mutation struct {
	Name string
	Text string // for people: what the service provider gets, and where the rule that forbids it stands

	before func(forgery, *message)
	after  func(forgery, *message)
	raw    func(forgery, []byte) []byte
}

// forgery is what a mutation may know.
type forgery struct {
	now      time.Time
	stranger string      // NameID of somebody else
	foreign  *credential // a key that no metadata shows
}

// Errors of resolve.
var (
	errUnknown  = errors.New("no such mutation")
	errConflict = errors.New("mutations exclude each other")
)

// plan is the mutations of one login. The zero plan is honest.
type plan struct{ steps []Mutation }

func resolve(names []string) (plan, error) {
	known := map[string]Mutation{}
	for _, m := range Mutations() {
		known[m.Name] = m
	}
	var p plan
	for _, name := range names {
		m, ok := known[name]
		if !ok {
			return plan{}, fmt.Errorf("%w: %q; there are %s", errUnknown, name, strings.Join(mutationNames(), ", "))
		}
		if len(p.steps) > 0 && (m.restructures() || p.steps[0].restructures()) {
			return plan{}, fmt.Errorf("%w: %s and %s; what changes the structure goes alone", errConflict, p.steps[0].Name, name)
		}
		p.steps = append(p.steps, m)
	}
	return p, nil
}

// restructures tells whether the tree is another after the mutation, so that no other one would find its way.
func (m Mutation) restructures() bool { return m.after != nil || m.Name == noAssertion }

// tampers tells whether the message is changed after signing, which an encrypted assertion cannot be.
func (p plan) tampers() bool {
	return slices.ContainsFunc(p.steps, func(m Mutation) bool { return m.before == nil })
}

func mutationNames() []string {
	var names []string
	for _, m := range Mutations() {
		names = append(names, m.Name)
	}
	return names
}

// write gives the bytes of a message with the mutations of the plan.
func (p plan) write(f forgery, m *message) ([]byte, error) {
	for _, step := range p.steps {
		if step.before != nil {
			step.before(f, m)
		}
	}
	if err := m.finish(); err != nil {
		return nil, err
	}
	for _, step := range p.steps {
		if step.after != nil {
			step.after(f, m)
		}
	}
	out, err := encode(m.response)
	if err != nil {
		return nil, err
	}
	for _, step := range p.steps {
		if step.raw != nil {
			out = step.raw(f, out)
		}
	}
	return out, nil
}

// forged is a copy of the assertion that names the stranger, under an ID of its own and unsigned.
func (m *message) forged(f forgery) *etree.Element {
	evil := m.assertion.Copy()
	removeSignature(evil)
	evil.CreateAttr("ID", newID())
	rename(evil, f.stranger)
	return evil
}

// removeSignature takes an element's own signature out and returns it, or nil.
func removeSignature(e *etree.Element) *etree.Element {
	signature := e.SelectElement("Signature")
	if signature != nil {
		e.RemoveChild(signature)
	}
	return signature
}

// rename makes an assertion say that its subject is another, in the NameID and in every attribute that
// repeats it.
func rename(assertion *etree.Element, name string) {
	id := assertion.FindElement("./Subject/NameID")
	if id == nil {
		return
	}
	old := id.Text()
	id.SetText(name)
	for _, value := range assertion.FindElements("./AttributeStatement/Attribute/AttributeValue") {
		if value.Text() == old {
			value.SetText(name)
		}
	}
}
