// Package persona describes identity providers as data: what a vendor's OpenID provider and SCIM client
// do, knob by knob, each with the source of the claim and how sure it is. The engines read the knobs
// and never ask for a persona's name, so that a new vendor is a new value, not new code.
package persona

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Mark says how sure a knob is.
type Mark string

// The marks, from the surest to the least sure.
const (
	Documented Mark = "D" // the vendor says so
	Observed   Mark = "O" // seen on the wire, in a vendor's test suite, in a public log or issue
	SecondHand Mark = "S" // a third party says so
	Inferred   Mark = "I" // follows from something else
	Recalled   Mark = "R" // general knowledge, no page found
)

// Text spells a mark out.
func (m Mark) Text() string {
	switch m {
	case Documented:
		return "documented by the vendor"
	case Observed:
		return "observed on the wire"
	case SecondHand:
		return "stated by a third party"
	case Inferred:
		return "inferred"
	case Recalled:
		return "recalled, without a source"
	default:
		return "unmarked"
	}
}

// Knob is one fact about a vendor's behaviour. Source names the document or observation behind it.
type Knob[T any] struct {
	Value  T
	Source string
	Mark   Mark
}

func (k Knob[T]) fact() (any, string, Mark) { return k.Value, k.Source, k.Mark }

// Fact is a knob made printable.
type Fact struct {
	Name   string
	Value  string
	Source string
	Mark   Mark
}

// Persona is one identity provider product, in one configuration.
type Persona struct {
	Name    string // "okta-oin": stable, used in APIs and reports
	Title   string // for people
	Product string // the vendor's product name, as its messages use it
	OIDC    OIDC
	SAML    SAML
	SCIM    SCIM
}

// Facts lists every knob as "scim.membersBatch" with its value, in the order of declaration.
func (p Persona) Facts() []Fact {
	facts := section("oidc", reflect.ValueOf(p.OIDC))
	facts = append(facts, section("saml", reflect.ValueOf(p.SAML))...)
	return append(facts, section("scim", reflect.ValueOf(p.SCIM))...)
}

func section(name string, v reflect.Value) []Fact {
	var facts []Fact
	for i := range v.NumField() {
		knob, ok := v.Field(i).Interface().(interface{ fact() (any, string, Mark) })
		if !ok {
			continue
		}
		value, source, mark := knob.fact()
		field := v.Type().Field(i).Name
		facts = append(facts, Fact{
			Name:   name + "." + lowerFirst(field),
			Value:  show(value),
			Source: source,
			Mark:   mark,
		})
	}
	return facts
}

func show(value any) string {
	if text := printed(value); text != "" {
		return text
	}
	return "(none)"
}

func printed(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ", ")
	case time.Duration:
		return v.String()
	case fmt.Stringer:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// All lists the built-in personas.
func All() []Persona {
	return []Persona{
		OktaOIN(), OktaOINPatch(), OktaAIW(), EntraDefault(), Entra062020(), EntraValidator(),
		OneLogin(), GoogleUnverified(), JumpCloud(), PingFederate(), Generic(),
	}
}

// ByName finds a built-in persona.
func ByName(name string) (Persona, bool) { return Find(All(), name) }

// Find finds a persona in a list by its name.
func Find(list []Persona, name string) (Persona, bool) {
	for i := range list { // a persona is large: none is copied but the one
		if list[i].Name == name {
			return list[i], true
		}
	}
	return Persona{}, false
}

// Names lists the names of the built-in personas.
func Names() []string { return NamesOf(All()) }

// NamesOf lists the names of some personas.
func NamesOf(list []Persona) []string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}
