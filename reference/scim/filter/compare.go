package filter

import (
	"encoding/json"
	"strings"
	"time"

	"assay/reference/scim/schema"
)

// The comparison operators of RFC 7644 table 3.
const (
	eq = "eq"
	ne = "ne"
	co = "co"
	sw = "sw"
	ew = "ew"
	gt = "gt"
	ge = "ge"
	lt = "lt"
	le = "le"
	pr = "pr"
)

func operator(s string) (op string, known bool) {
	if len(s) != 2 {
		return "", false
	}
	op = strings.ToLower(s)
	switch op {
	case eq, ne, co, sw, ew, gt, ge, lt, le, pr:
		return op, true
	}
	return "", false
}

// literal is a compValue: nil, a bool, a json.Number or a string.
type literal struct {
	value any
	token token
}

func readLiteral(t token) (literal, error) {
	lit := literal{token: t}
	switch {
	case t.kind == text:
		lit.value = t.text
	case t.is("null"):
		lit.value = nil
	case t.is("true"):
		lit.value = true
	case t.is("false"):
		lit.value = false
	case t.kind == word && json.Valid([]byte(t.text)): // true, false and null are above, so a number
		lit.value = json.Number(t.text)
	default:
		return lit, failf(t.pos, "a string in double quotes, a number, true, false or null is expected, not %s", t)
	}
	return lit, nil
}

// compare is one comparison. test is nil for "pr" and for comparisons with null.
type compare struct {
	target operand
	op     string
	lit    literal
	test   func(value any) bool
}

// newCompare checks that operator and literal fit the type of the attribute.
func newCompare(target operand, op string, lit literal, name, at token) (*compare, error) {
	n := &compare{target: target, op: op, lit: lit}
	if lit.value == nil {
		if op != eq && op != ne {
			return nil, failf(at.pos, "%s cannot be used with null", at)
		}
		return n, nil
	}
	if n.target.leaf.Type == undefined {
		return n, nil
	}
	if err := n.descend(name); err != nil {
		return nil, err
	}
	build := builder(n.target.leaf.Type, op)
	if build == nil {
		return nil, failf(at.pos, "%s cannot be used with %s, which is of type %s", at, name, n.target.leaf.Type)
	}
	if n.test = build(n.target.leaf, op, lit.value); n.test == nil {
		return nil, failf(lit.token.pos, "%s is of type %s and cannot be compared with %s", name, n.target.leaf.Type, lit.token)
	}
	return n, nil
}

// descend turns a complex attribute into its "value" sub-attribute.
func (n *compare) descend(name token) error {
	leaf := n.target.leaf
	if leaf.Type != schema.Complex {
		return nil
	}
	value := leaf.SubAttribute("value")
	if value == nil || n.target.ref.Sub != nil {
		return failf(name.pos, "%s is complex: name one of its sub-attributes", name)
	}
	if value.Returned == schema.Never {
		return failf(name.pos, "the value of %s is never returned, so it cannot be used in a filter", name)
	}
	n.target.ref.Sub, n.target.leaf = value, value
	n.target.name += "." + value.Name
	return nil
}

// match evaluates the comparison on a resource, or on one value inside brackets.
func (n *compare) match(value any) bool {
	switch {
	case n.op == pr:
		return n.present(value)
	case n.lit.value == nil:
		return n.present(value) == (n.op == ne)
	}
	visited := false
	matched := n.target.each(value, func(item any) bool {
		visited = true
		if item == nil {
			return n.absent()
		}
		return n.test(item)
	})
	if visited {
		return matched
	}
	if n.target.ref.Sub != nil { // there is not even a value that could lack the sub-attribute
		return n.op == ne
	}
	return n.absent()
}

// absent evaluates the comparison where the attribute has no value: only "ne" holds, but a missing
// "primary" is false (RFC 7643 section 2.4).
func (n *compare) absent() bool {
	if n.target.leaf.Name == "primary" && n.target.leaf.Type == schema.Boolean {
		return n.test(false)
	}
	return n.op == ne
}

func (n *compare) present(value any) bool {
	return n.target.each(value, func(item any) bool { return !schema.IsEmpty(item) })
}

// build makes the test of one value, or nil when the literal does not fit the type.
type build func(leaf *schema.Attribute, op string, lit any) func(any) bool

// builder chooses by type; nil when the type does not have the operator. RFC 7644 table 3: ordering
// on Boolean and Binary "SHALL cause a failed response".
func builder(kind, op string) build {
	textual := op == co || op == sw || op == ew
	equality := op == eq || op == ne
	switch {
	case kind == schema.Boolean && equality:
		return booleanTest
	case (kind == schema.Integer || kind == schema.Decimal) && !textual:
		return numberTest
	case kind == schema.DateTime && !textual:
		return timeTest
	case kind == schema.String, kind == schema.Reference, kind == schema.DateTime, kind == schema.Binary && equality:
		return stringTest
	}
	return nil
}

func booleanTest(_ *schema.Attribute, op string, lit any) func(any) bool {
	want, ok := lit.(bool)
	if !ok {
		return nil
	}
	return func(value any) bool {
		got, ok := value.(bool)
		return (ok && got == want) == (op == eq)
	}
}

func numberTest(_ *schema.Attribute, op string, lit any) func(any) bool {
	if _, ok := lit.(json.Number); !ok {
		return nil
	}
	want, ok := schema.Number(lit)
	if !ok {
		return nil
	}
	return func(value any) bool {
		got, ok := schema.Number(value)
		return ordered(op, ok, func() int { return got.Compare(want) })
	}
}

func timeTest(_ *schema.Attribute, op string, lit any) func(any) bool {
	s, _ := lit.(string)
	want, ok := schema.ParseTime(s)
	if !ok {
		return nil
	}
	return func(value any) bool {
		got, ok := instant(value)
		return ordered(op, ok, func() int { return got.Compare(want) })
	}
}

func instant(value any) (time.Time, bool) {
	if t, ok := value.(time.Time); ok {
		return t, true
	}
	s, _ := value.(string)
	return schema.ParseTime(s)
}

func stringTest(leaf *schema.Attribute, op string, lit any) func(any) bool {
	want, ok := lit.(string)
	if !ok {
		return nil
	}
	exact := leaf.CaseExact || leaf.Type != schema.String
	if (op == eq || op == ne) && !exact && !leaf.UserName {
		return func(value any) bool {
			got, ok := value.(string)
			return (ok && strings.EqualFold(got, want)) == (op == eq)
		}
	}
	fold := leaf.Key
	if exact {
		fold = func(s string) string { return s }
	}
	want = fold(want)
	return func(value any) bool {
		s, ok := value.(string)
		if !ok {
			return op == ne
		}
		return textual(op, fold(s), want)
	}
}

func textual(op, got, want string) bool {
	switch op {
	case co:
		return strings.Contains(got, want)
	case sw:
		return strings.HasPrefix(got, want)
	case ew:
		return strings.HasSuffix(got, want)
	}
	return ordered(op, true, func() int { return strings.Compare(got, want) })
}

// ordered applies an operator to the outcome of a comparison. A stored value of the wrong type (ok is
// false) differs from everything and is ordered with nothing.
func ordered(op string, ok bool, compare func() int) bool {
	if !ok {
		return op == ne
	}
	c := compare()
	switch op {
	case eq:
		return c == 0
	case ne:
		return c != 0
	case gt:
		return c > 0
	case ge:
		return c >= 0
	case lt:
		return c < 0
	}
	return c <= 0
}
