package filter

import (
	"assay/reference/scim/schema"
)

// scope gives names their meaning: attributes of a resource, or sub-attributes inside brackets.
type scope interface {
	operand(name token) (operand, error) // what may be compared
	list(name token) (operand, error)    // what may be followed by brackets
}

// operand says where in a document the compared values are. leaf is the definition that decides how
// they compare.
type operand struct {
	ref  schema.Ref
	leaf *schema.Attribute
	self bool // the value itself, inside the brackets of a simple attribute
	name string
}

// each calls test with every value of the operand until one call gives true. A value of a complex
// attribute that lacks the sub-attribute counts as nil.
func (o *operand) each(value any, test func(any) bool) bool {
	if o.self {
		return test(value)
	}
	doc, _ := value.(map[string]any)
	doc = o.ref.Container(doc)
	if o.ref.Sub == nil {
		return eachValue(doc[o.ref.Attribute.Name], test)
	}
	return eachValue(doc[o.ref.Attribute.Name], func(item any) bool {
		element, _ := item.(map[string]any)
		inner := element[o.ref.Sub.Name]
		if inner == nil {
			return test(nil)
		}
		return eachValue(inner, test)
	})
}

// eachValue calls test with every value of an attribute, single or multi-valued, until one gives true.
func eachValue(value any, test func(any) bool) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string, bool, map[string]any: // the common single values, without building a list
		return test(v)
	}
	for _, item := range schema.Values(value) {
		if test(item) {
			return true
		}
	}
	return false
}

// undefined is the data type of the attribute that stands for one which a type does not define. It is in
// no document.
const undefined = ""

func undefinedAttribute(name token) *schema.Attribute {
	return &schema.Attribute{Name: name.text, Type: undefined, MultiValued: true}
}

// typeScope resolves the attributes of a resource type. across makes up those that it does not define.
type typeScope struct {
	t      *schema.Type
	across bool
}

func (s typeScope) operand(name token) (operand, error) {
	ref, err := s.resolve(name)
	if err != nil {
		return operand{}, err
	}
	leaf := ref.Attribute
	if ref.Sub != nil {
		leaf = ref.Sub
	}
	return operand{ref: ref, leaf: leaf, name: ref.String()}, nil
}

func (s typeScope) list(name token) (operand, error) {
	ref, err := s.resolve(name)
	if err != nil {
		return operand{}, err
	}
	if ref.Sub != nil || !ref.Attribute.MultiValued {
		return operand{}, failf(name.pos, "%s is not multi-valued, so it takes no value filter", name)
	}
	return operand{ref: ref, leaf: ref.Attribute, name: ref.String()}, nil
}

func (s typeScope) resolve(name token) (schema.Ref, error) {
	ref, err := s.t.ResolveLoose(name.text)
	if err != nil && s.across {
		return schema.Ref{Attribute: undefinedAttribute(name)}, nil
	}
	if err != nil {
		return ref, failf(name.pos, "%s: %s has no such attribute", name, s.t.Name)
	}
	if ref.Attribute == nil {
		return ref, failf(name.pos, "%s is a schema, not an attribute", name)
	}
	if ref.Attribute.Returned == schema.Never || ref.Sub != nil && ref.Sub.Returned == schema.Never {
		return ref, failf(name.pos, "%s is never returned, so it cannot be used in a filter", name)
	}
	return ref, nil
}

// valueScope resolves the names inside the brackets of one attribute. The value of a simple
// multi-valued attribute goes by the name "value" (RFC 7644 section 3.5.2.2).
type valueScope struct{ attribute *schema.Attribute }

func (s valueScope) operand(name token) (operand, error) {
	if s.attribute.Type == undefined {
		a := undefinedAttribute(name)
		return operand{ref: schema.Ref{Attribute: a}, leaf: a, name: a.Name}, nil
	}
	if s.attribute.Type != schema.Complex {
		if !name.is("value") {
			return operand{}, failf(name.pos, `%s: the values of %s have no parts; use "value"`, name, s.attribute.Name)
		}
		return operand{leaf: s.attribute, self: true, name: "value"}, nil
	}
	sub := s.attribute.SubAttribute(name.text)
	if sub == nil {
		return operand{}, failf(name.pos, "%s: %s has no such sub-attribute", name, s.attribute.Name)
	}
	if sub.Returned == schema.Never {
		return operand{}, failf(name.pos, "%s is never returned, so it cannot be used in a filter", name)
	}
	return operand{ref: schema.Ref{Attribute: sub}, leaf: sub, name: sub.Name}, nil
}

func (s valueScope) list(name token) (operand, error) {
	return operand{}, failf(name.pos, "value filters do not nest: %s[ is not possible here", name.text)
}
