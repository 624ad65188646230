package schema

import (
	"regexp"
	"slices"
	"strings"
)

// attributeName is the grammar of RFC 7643 section 2.1.
const attributeName = `^[A-Za-z][A-Za-z0-9$_-]*$`

// list reads "attributes", or "subAttributes" when nested.
func (p *fileParser) list(o *members, name string, nested bool) []Attribute {
	items := o.list(name)
	if len(items) == 0 {
		o.wrong(name, "it is missing or empty; at least one attribute is wanted")
	}
	if p.attributes += len(items); p.attributes > maxAttributes {
		o.wrong(name, "with these the file defines more than %d attributes", maxAttributes)
		return nil
	}
	attributes := make([]Attribute, 0, len(items))
	for i, item := range items {
		each := object(o.element(name, i), item, "name", "type", "subAttributes", "multiValued", "description", "required",
			"canonicalValues", "caseExact", "mutability", "returned", "uniqueness", "referenceTypes")
		a := p.attribute(each, nested)
		if find(attributes, a.Name) != nil {
			each.wrong("name", "there is another %s; names must differ in more than case (RFC 7643 section 2.1)", a.Name)
		}
		if each.err != nil {
			o.fail(each.err)
			return nil
		}
		attributes = append(attributes, a)
	}
	return attributes
}

// attribute reads the characteristics of RFC 7643 section 7, with the defaults of section 2.2.
func (p *fileParser) attribute(o *members, nested bool) Attribute {
	a := Attribute{
		Name:        o.text("name", maxName),
		Type:        o.keyword("type", String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex),
		MultiValued: o.flag("multiValued"),
		Required:    o.flag("required"),
		CaseExact:   o.flag("caseExact"),
		Mutability:  o.keyword("mutability", ReadWrite, ReadOnly, Immutable, WriteOnly),
		Returned:    o.keyword("returned", Default, Always, Never, Request),
		Uniqueness:  o.keyword("uniqueness", None, Server, Global),
		Canonical:   o.texts("canonicalValues"),
		References:  o.texts("referenceTypes"),
		Description: o.text("description", maxText),
	}
	if o.err != nil {
		return a
	}
	p.checkName(o, &a, nested)
	checkConsistent(o, &a, nested)
	if a.Type == Complex && o.err == nil {
		a.Sub = p.list(o, "subAttributes", true)
	}
	// A reference and a binary are case exact (RFC 7643 sections 2.3.6 and 2.3.7).
	a.CaseExact = a.CaseExact || a.Type == Reference || a.Type == Binary
	return a
}

// checkName checks a name, and the sub-attributes to which RFC 7643 section 2.4 gives a meaning. "$ref"
// does not follow the grammar, but is one of them.
func (p *fileParser) checkName(o *members, a *Attribute, nested bool) {
	reference := nested && a.Name == "$ref"
	switch {
	case !reference && !p.name.MatchString(a.Name):
		o.wrong("name", `%q is not a letter followed by letters, digits, "$", "-" and "_" (RFC 7643 section 2.1)`, a.Name)
	case reference && a.Type != Reference:
		o.wrong("type", "the sub-attribute $ref is a reference (RFC 7643 section 2.4)")
	case nested && strings.EqualFold(a.Name, "primary") && (a.Type != Boolean || a.MultiValued):
		o.wrong("type", "the sub-attribute primary is a single boolean (RFC 7643 section 2.4)")
	}
}

// checkConsistent finds characteristics that do not go together.
func checkConsistent(o *members, a *Attribute, nested bool) {
	exact := a.Type == Reference || a.Type == Binary
	_, saysCase := o.given("caseExact")
	_, saysSub := o.given("subAttributes")
	switch {
	case a.Type == Complex && nested:
		o.wrong("type", "a sub-attribute cannot be complex itself (RFC 7643 section 2.3.8)")
	case a.Type != Complex && saysSub:
		o.wrong("subAttributes", "only a complex attribute has them, and this one is of type %s", a.Type)
	case exact && saysCase && !a.CaseExact:
		o.wrong("caseExact", "a %s is always case exact: leave it out or say true", a.Type)
	case !exact && a.Type != String && a.CaseExact:
		o.wrong("caseExact", "type %s has no case: leave it out", a.Type)
	case a.Uniqueness != None && !slices.Contains([]string{String, Integer, Decimal, Reference}, a.Type):
		o.wrong("uniqueness", "type %s has none (RFC 7643 section 2.3): leave it out", a.Type)
	case a.Canonical != nil && a.Type != String:
		o.wrong("canonicalValues", "only a string has them, and this one is of type %s", a.Type)
	case a.Type != Reference && a.References != nil:
		o.wrong("referenceTypes", "only a reference has them, and this one is of type %s", a.Type)
	case a.Type == Reference && len(a.References) == 0:
		o.wrong("referenceTypes", `a reference needs them: names of resource types, "external" or "uri"`)
	case a.Mutability == WriteOnly && a.Returned != Never:
		o.wrong("returned", `what is writeOnly is not returned (RFC 7643 section 7): say "never"`)
	case a.Mutability == ReadOnly && a.Required:
		o.wrong("required", "nobody can give a readOnly attribute a value: leave it out, or choose another mutability")
	}
}

// newFileParser compiles the grammar of names once for a file.
func newFileParser() *fileParser { return &fileParser{name: regexp.MustCompile(attributeName)} }
