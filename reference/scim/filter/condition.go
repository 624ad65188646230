package filter

import (
	"strings"

	"assay/reference/directory"
	"assay/reference/scim/schema"
)

// Source says where a store keeps what the document of a resource shows.
type Source struct {
	// Fields maps attributes, in canonical spelling, to the fields of a directory.Resource: "userName",
	// "meta.created".
	Fields map[string]directory.Field
	// Emails is the attribute whose primary value is the e-mail address of the resource; none is "".
	Emails string
	// Links is the attribute that shows memberships: "members", or "groups".
	Links string
	// Constants are texts that all resources of the type have: "meta.resourceType".
	Constants map[string]string
}

// maxTerms is the greatest number of comparisons that go into one condition. A filter with more of them
// is evaluated on every resource: databases limit the size of an expression.
const maxTerms = 100

// Condition translates the filter for a store. When exact is true, a resource matches the filter
// exactly when the condition holds. Otherwise the condition holds for every resource that matches, and
// perhaps for more: Match decides.
//
// These comparisons are not exact: those of text without regard to case whose literal is not ASCII, of
// dateTimes outside meta, of decimals, of derived attributes (schemas, meta.location, meta.version), and
// of memberships in anything but equality of their value.
func (f *Filter) Condition(s Source) (c directory.Condition, exact bool) {
	t := &translator{source: s}
	got := t.node(f.root, false)
	if t.terms > maxTerms {
		return directory.All{}, false
	}
	return got.Condition, got.exact
}

// translated is a condition that holds wherever its part of the filter does; exact means nowhere else.
type translated struct {
	directory.Condition
	exact bool
}

func exactly(c directory.Condition) translated { return translated{c, true} }
func atMost(c directory.Condition) translated  { return translated{c, false} }

// unknown holds everywhere.
func unknown() translated { return atMost(directory.All{}) }

func constant(b bool) translated {
	if b {
		return exactly(directory.All{})
	}
	return exactly(directory.Any{})
}

func (t translated) everywhere() bool {
	all, ok := t.Condition.(directory.All)
	return ok && len(all) == 0
}

func (t translated) nowhere() bool {
	none, ok := t.Condition.(directory.Any)
	return ok && len(none) == 0
}

// negated gives the opposite. The opposite of what holds too often would hold too seldom.
func (t translated) negated() translated {
	if !t.exact {
		return unknown()
	}
	if inner, ok := t.Condition.(directory.Not); ok {
		return exactly(inner.Condition)
	}
	return exactly(directory.Not{Condition: t.Condition})
}

// translator walks the tree. inside is true between the brackets of a value filter.
type translator struct {
	source Source
	inside bool
	terms  int
}

// node translates n, or its negation. Negations move down to the comparisons, so that one comparison
// that is not exact does not spoil the rest.
func (t *translator) node(n node, negated bool) translated {
	switch n := n.(type) {
	case not:
		return t.node(n.inner, !negated)
	case and:
		return t.chain(n, negated, !negated)
	case or:
		return t.chain(n, negated, negated)
	}
	t.terms++
	var leaf translated
	switch n := n.(type) {
	case *compare:
		leaf = t.compare(n)
	case *valuePath:
		leaf = t.valuePath(n)
	default:
		leaf = unknown()
	}
	if negated {
		return leaf.negated()
	}
	return leaf
}

func (t *translator) chain(terms []node, negated, all bool) translated {
	list := make([]directory.Condition, 0, len(terms))
	exact := true
	for _, n := range terms {
		term := t.node(n, negated)
		exact = exact && term.exact
		switch {
		case all && term.everywhere(), !all && term.nowhere():
			continue
		case all && term.nowhere(), !all && term.everywhere() && term.exact:
			return constant(!all)
		case !all && term.everywhere():
			return unknown()
		}
		list = append(list, term.Condition)
	}
	if len(list) == 1 {
		return translated{list[0], exact}
	}
	if all {
		return translated{directory.All(list), exact}
	}
	return translated{directory.Any(list), exact}
}

// valuePath becomes one condition on an element, so that all of it is asked of the same one.
func (t *translator) valuePath(n *valuePath) translated {
	if n.target.leaf.Type == undefined {
		return constant(false)
	}
	if is := n.target.is(t.source.Links); is || t.derived(&n.target) {
		if c, ok := n.filter.(*compare); ok && is && n.then == nil && c.target.name == "value" {
			return t.linked(c)
		}
		return unknown()
	}
	at, ok := path(n.target.ref)
	if !ok {
		return unknown()
	}
	terms := and{n.filter}
	if n.then != nil {
		terms = append(terms, n.then)
	}
	t.inside = true
	where := t.node(terms, false)
	t.inside = false
	some := translated{directory.Some{At: at, Where: where.Condition}, where.exact}
	if email, ok := t.primary(n, terms); ok {
		some.Condition = directory.All{directory.FieldTest{Field: directory.FieldEmail, Op: directory.Equal, Value: email}, some.Condition}
	}
	return some
}

// primary gives the address that the primary e-mail must be equal to, for an index to find it.
func (t *translator) primary(n *valuePath, terms and) (email string, ok bool) {
	if t.source.Emails == "" || !n.target.is(t.source.Emails) {
		return "", false
	}
	primary := false
	for _, term := range conjuncts(terms, nil) {
		c, is := term.(*compare)
		if !is || c.op != eq {
			continue
		}
		switch c.target.name {
		case "primary":
			primary = c.lit.value == true
		case "value":
			text, _ := c.lit.value.(string)
			email = strings.TrimSpace(text)
		}
	}
	return email, primary && email != ""
}

// derived tells whether an attribute is made for the document and not kept in the attributes.
func (t *translator) derived(o *operand) bool {
	if t.inside || o.ref.Extension != nil || o.ref.Attribute == nil {
		return false
	}
	switch o.ref.Attribute.Name {
	case "schemas", "id", "externalId", "meta", t.source.Links:
		return true
	}
	return false
}

// path gives the keys to an attribute in the attributes of a resource, or in an element.
func path(ref schema.Ref) (at []string, ok bool) {
	if ref.Extension != nil {
		at = append(at, ref.Extension.URN)
	}
	at = append(at, ref.Attribute.Name)
	for _, key := range at {
		if !directory.ValidKey(key) {
			return nil, false
		}
	}
	return at, ref.Sub == nil || directory.ValidKey(ref.Sub.Name)
}
