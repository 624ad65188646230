package saml

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Kind is what a mutation changes.
type Kind string

// What can lie.
const (
	Response Kind = "response"
	Logout   Kind = "logout message" // a LogoutRequest or a LogoutResponse
	Metadata Kind = "metadata"
)

// Mutation is one named way in which a message can lie, or can be unusual and still right where its text
// begins with "accept". At least one of its functions is set: before changes the message before it is
// signed, after changes the signed tree, raw the bytes, deliver how they travel.
//
// What is forged names a stranger, who exists and is somebody else than the person of the login, so that
// a harness which asks "who is logged in?" can tell acceptance from refusal. What the genuine key signs in
// a way that it must not names the person.
type Mutation struct {
	Name string
	Text string   // for people: what the service provider gets, and where the rule that forbids it stands
	Rows []string // of the catalogue of sign-on checks (checks/sso.md)
	Kind Kind

	before, after func(forgery, *message)
	raw           func(forgery, []byte) []byte
	deliver       func(forgery, *delivery)
	encrypts      bool // it is about encryption: the app must have a certificate for it
}

// forgery is what a mutation may know.
type forgery struct {
	now       time.Time
	stranger  string      // NameID of somebody else
	foreign   *credential // a key that no metadata shows
	withdrawn *credential // a key that the metadata does not show any more; foreign where there is none
	earlier   string      // ID of a request that was answered before; one that nobody sent where there is none
	lure      string      // a URL of the IdP that nobody should fetch
	logout    string      // ID of the LogoutRequest before this one
	huge      int         // bytes of a message that is too large
}

// delivery is how a message travels: as a form of the POST binding, or in the URL of the redirect binding.
type delivery struct {
	to       string
	field    string // of the message in params
	params   url.Values
	raw      []byte
	redirect bool
	silent   bool // it does not travel at all
}

// Errors of resolve and of write.
var (
	errUnknown      = errors.New("no such mutation")
	errConflict     = errors.New("mutations exclude each other")
	errNoEncryption = errors.New("the mutation encrypts, and the app has no encryption certificate")
)

// plan is the mutations of one message. The zero plan is honest.
type plan struct{ steps []Mutation }

// resolve looks names up. All must change the same kind of message.
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
		if len(p.steps) > 0 && m.Kind != p.kind() {
			return plan{}, fmt.Errorf("%w: %s changes a %s and %s a %s", errConflict, p.steps[0].Name, p.kind(), name, m.Kind)
		}
		if len(p.steps) > 0 && (m.restructures() || p.steps[0].restructures()) {
			return plan{}, fmt.Errorf("%w: %s and %s; what changes the structure goes alone", errConflict, p.steps[0].Name, name)
		}
		p.steps = append(p.steps, m)
	}
	return p, nil
}

// kind is what the plan changes; "" for the honest one, which fits every message.
func (p plan) kind() Kind {
	if len(p.steps) == 0 {
		return ""
	}
	return p.steps[0].Kind
}

// only refuses a plan for another kind of message.
func (p plan) only(kind Kind) error {
	if k := p.kind(); k != "" && k != kind {
		return fmt.Errorf("%w: %s changes a %s, not a %s", errConflict, p.steps[0].Name, k, kind)
	}
	return nil
}

// restructures tells whether the tree is another after the mutation, so that no other one would find its way.
func (m Mutation) restructures() bool { return m.after != nil || m.Name == noAssertion }

// tampers tells whether the message is changed after signing, which an encrypted assertion cannot be.
func (p plan) tampers() bool {
	return slices.ContainsFunc(p.steps, func(m Mutation) bool { return !m.encrypts && (m.after != nil || m.raw != nil) })
}

func (p plan) encrypts() bool {
	return slices.ContainsFunc(p.steps, func(m Mutation) bool { return m.encrypts })
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
	if p.encrypts() && m.encrypt == nil {
		return nil, fmt.Errorf("%s: %w", p.steps[0].Name, errNoEncryption)
	}
	p.prepare(f, m)
	if err := m.finish(); err != nil {
		return nil, err
	}
	return p.alter(f, m)
}

// prepare changes what has not been signed yet.
func (p plan) prepare(f forgery, m *message) {
	for _, step := range p.steps {
		if step.before != nil {
			step.before(f, m)
		}
	}
}

// alter changes what has been signed, and gives its bytes.
func (p plan) alter(f forgery, m *message) ([]byte, error) {
	for _, step := range p.steps {
		if step.after != nil {
			step.after(f, m)
		}
	}
	if m.err != nil {
		return nil, m.err
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

// send changes how a message travels.
func (p plan) send(f forgery, d *delivery) {
	for _, step := range p.steps {
		if step.deliver != nil {
			step.deliver(f, d)
		}
	}
}

// forged is a copy of the assertion that names the stranger, under an ID of its own and unsigned.
func (m *message) forged(f forgery) *etree.Element {
	evil := m.assertion.Copy()
	removeSignature(evil)
	evil.CreateAttr("ID", newID())
	rename(evil, f.stranger)
	return evil
}

// resign signs an element by another key, or anew, in place of its own signature.
func (m *message) resign(s seal, e *etree.Element) {
	removeSignature(e)
	m.fail(s.sign(e))
}

// fail keeps the first error of a mutation.
func (m *message) fail(err error) {
	if m.err == nil {
		m.err = err
	}
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
