package filter

import (
	"encoding/json"
	"strings"

	"assay/reference/scim/schema"
)

// Match evaluates the filter on the full canonical representation of a resource: id, externalId,
// meta, schemas, members and groups included, extension attributes under their URN. Numbers may be of
// any Go type that JSON decoding gives, times are RFC 3339 strings or time.Time. It never fails.
func (f *Filter) Match(doc map[string]any) bool { return f.root.match(doc) }

// String prints the filter in canonical spelling; parsing that gives an equal filter.
func (f *Filter) String() string { return printed(f.root) }

func printed(n node) string {
	var b strings.Builder
	n.print(&b)
	return b.String()
}

func (n *compare) equality() (string, bool) {
	s, ok := n.lit.value.(string)
	return s, ok && n.op == eq
}

// conjuncts flattens nested conjunctions.
func conjuncts(n node, into []node) []node {
	terms, ok := n.(and)
	if !ok {
		return append(into, n)
	}
	for _, term := range terms {
		into = conjuncts(term, into)
	}
	return into
}

// Refers tells whether the filter reads the core or common attribute of this name, in any case. A
// server asks for "members" and "groups", so as not to load them in vain.
func (f *Filter) Refers(attr string) bool { return refers(f.root, attr) }

func refers(n node, attr string) bool {
	switch n := n.(type) {
	case and:
		return anyRefers(n, attr)
	case or:
		return anyRefers(n, attr)
	case not:
		return refers(n.inner, attr)
	case *valuePath:
		return n.target.is(attr)
	case *compare:
		return n.target.is(attr)
	}
	return false
}

func anyRefers(terms []node, attr string) bool {
	for _, term := range terms {
		if refers(term, attr) {
			return true
		}
	}
	return false
}

func (o *operand) is(attr string) bool {
	return o.ref.Extension == nil && o.ref.Attribute != nil && strings.EqualFold(o.ref.Attribute.Name, attr)
}

// ValueFilter selects values of one multi-valued attribute: the part of a path in brackets.
type ValueFilter struct {
	attribute *schema.Attribute
	root      node
}

// Match evaluates the filter on one value of the attribute: an object, or a simple value when the
// attribute is simple.
func (v *ValueFilter) Match(value any) bool { return v.root.match(value) }

// String prints the filter in canonical spelling, without the brackets.
func (v *ValueFilter) String() string { return printed(v.root) }

// Terms gives the sub-attributes that a matching value has when the filter is a conjunction of eq
// comparisons, such as {"type": "work"}; for a simple attribute the key is "value". It is false for
// any other filter, and for one that contradicts itself.
func (v *ValueFilter) Terms() (map[string]any, bool) {
	terms := map[string]any{}
	for _, term := range conjuncts(v.root, nil) {
		c, ok := term.(*compare)
		if !ok || c.op != eq || c.lit.value == nil {
			return nil, false
		}
		value := c.lit.value
		if n, ok := value.(json.Number); ok {
			value = canonicalNumber(n)
		}
		if earlier, twice := terms[c.target.name]; twice && !c.target.leaf.Equal(earlier, value) {
			return nil, false
		}
		terms[c.target.name] = value
	}
	return terms, true
}

func canonicalNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := schema.Number(n)
	return f.Float()
}

// OneOf gives the strings that the filter asks of a sub-attribute when it is nothing but
// `sub eq "a"`, or several of these joined by or. The sub-attribute is in any case.
func (v *ValueFilter) OneOf(sub string) ([]string, bool) {
	terms, ok := v.root.(or)
	if !ok {
		terms = or{v.root}
	}
	found := make([]string, 0, len(terms))
	for _, term := range terms {
		c, ok := term.(*compare)
		if !ok || !strings.EqualFold(c.target.name, sub) {
			return nil, false
		}
		s, ok := c.equality()
		if !ok {
			return nil, false
		}
		found = append(found, s)
	}
	return found, true
}
