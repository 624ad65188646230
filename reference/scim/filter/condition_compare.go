package filter

import (
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"

	"assay/reference/directory"
	"assay/reference/scim/schema"
)

// storeOperator gives the operator that a store has. "ne" is the negation of "eq", because it holds for what has no value.
func storeOperator(op string) directory.Op {
	switch op {
	case co:
		return directory.Contains
	case sw:
		return directory.HasPrefix
	case ew:
		return directory.HasSuffix
	case gt:
		return directory.Greater
	case ge:
		return directory.GreaterOrEqual
	case lt:
		return directory.Less
	case le:
		return directory.LessOrEqual
	}
	return directory.Equal
}

func (t *translator) compare(n *compare) translated {
	if n.target.leaf.Type == undefined { // it is in no document
		return constant((n.op == ne) != (n.lit.value == nil) && n.op != pr)
	}
	if n.target.self {
		return t.singular(n, nil)
	}
	if got, done := t.kept(n); done {
		return got
	}
	at, ok := path(n.target.ref)
	if !ok || t.derived(&n.target) {
		return unknown()
	}
	attribute, sub := n.target.ref.Attribute, n.target.ref.Sub
	switch {
	case sub == nil && !attribute.MultiValued:
		return t.singular(n, at)
	case t.inside:
		return unknown() // a multi-valued sub-attribute
	case sub == nil:
		return t.plural(n, at, nil)
	case !attribute.MultiValued && n.target.leaf.Name == "primary":
		return unknown() // it is false in an object without it, but absent where there is no object
	case !attribute.MultiValued && !sub.MultiValued:
		return t.singular(n, append(at, sub.Name))
	case !attribute.MultiValued:
		return t.plural(n, append(at, sub.Name), nil)
	case sub.MultiValued:
		return unknown()
	}
	return t.plural(n, at, []string{sub.Name})
}

// singular translates a comparison with the one value at a path. Where there is none, "ne" holds.
func (t *translator) singular(n *compare, at []string) translated {
	if n.presence() {
		return n.signed(exactly(directory.Present{At: at}))
	}
	return n.signed(n.value(at))
}

// plural translates a comparison with the values of an array, or with a part of each: one that fits
// suffices. "ne" holds for an element without the part, and where there are no elements at all.
func (t *translator) plural(n *compare, at, sub []string) translated {
	if n.presence() && sub == nil {
		return n.signed(exactly(directory.Present{At: at}))
	}
	if n.presence() {
		return n.signed(exactly(directory.Some{At: at, Where: directory.Present{At: sub}}))
	}
	value := n.signed(n.value(sub))
	some := translated{directory.Some{At: at, Where: value.Condition}, value.exact}
	none := directory.Not{Condition: directory.Some{At: at}}
	if n.op == ne || sub == nil && n.absent() {
		return translated{directory.Any{some.Condition, none}, some.exact}
	}
	return some
}

// presence tells whether the comparison is with presence: pr, or any with null.
func (n *compare) presence() bool { return n.op == pr || n.lit.value == nil }

// signed negates a condition for "eq" where the comparison is the opposite: "ne", and "eq null" for presence.
func (n *compare) signed(c translated) translated {
	if n.presence() && n.op == eq || !n.presence() && n.op == ne {
		return c.negated()
	}
	return c
}

// value is the comparison of one value that is there, with "eq" for "ne": signed does the rest.
func (n *compare) value(at []string) translated {
	op := storeOperator(n.op)
	switch lit := n.lit.value.(type) {
	case bool:
		if n.target.leaf.Name == "primary" && !lit { // missing is false
			return exactly(directory.Not{Condition: directory.ValueTest{At: at, Op: op, Value: true}})
		}
		return exactly(directory.ValueTest{At: at, Op: op, Value: lit})
	case json.Number:
		return n.number(at, op, lit)
	case string:
		if n.target.leaf.Type == schema.DateTime {
			return atMost(directory.Present{At: at})
		}
		return n.text(at, op, lit)
	}
	return unknown()
}

// exactFloat is the greatest number up to which a float64 holds every integer.
const exactFloat = 1<<53 - 1

// number compares integers exactly. Of decimals databases may read the last digit in another way than
// Go does: they get a little room.
func (n *compare) number(at []string, op directory.Op, lit json.Number) translated {
	number, ok := schema.Number(lit)
	if !ok {
		return unknown()
	}
	test := func(op directory.Op, value any) directory.Condition {
		return directory.ValueTest{At: at, Op: op, Value: value}
	}
	float := number.Float()
	if n.target.leaf.Type == schema.Integer {
		return integral(at, op, lit, float)
	}
	room := math.Abs(float)*1e-9 + 1e-300
	least, greatest := test(directory.GreaterOrEqual, float-room), test(directory.LessOrEqual, float+room)
	switch op {
	case directory.Equal:
		return atMost(directory.All{least, greatest})
	case directory.Greater, directory.GreaterOrEqual:
		return atMost(least)
	}
	return atMost(greatest)
}

// integral is the comparison of an integer. Between two integers there is none, so that one with a
// fraction can be compared by the integer below it.
func integral(at []string, op directory.Op, lit json.Number, float float64) translated {
	below, err := lit.Int64()
	if err != nil && math.Abs(float) > exactFloat {
		return unknown()
	}
	if err != nil {
		below = int64(math.Floor(float))
	}
	if err != nil && float64(below) != float {
		switch op {
		case directory.Equal:
			return constant(false)
		case directory.GreaterOrEqual:
			op = directory.Greater
		case directory.Less:
			op = directory.LessOrEqual
		}
	}
	return exactly(directory.ValueTest{At: at, Op: op, Value: below})
}

// text compares exactly unless the case is folded and the literal is not ASCII. Even then a value that
// contains the literal contains its longest part in ASCII.
func (n *compare) text(at []string, op directory.Op, lit string) translated {
	if exact := n.target.leaf.CaseExact || n.target.leaf.Type != schema.String; exact {
		return exactly(directory.ValueTest{At: at, Op: op, Value: lit})
	}
	lit = schema.Fold(lit)
	part := asciiPart(lit)
	if part == lit {
		return exactly(directory.ValueTest{At: at, Op: op, Value: lit, Fold: true})
	}
	switch op {
	case directory.Equal, directory.Contains, directory.HasPrefix, directory.HasSuffix:
		return atMost(directory.ValueTest{At: at, Op: directory.Contains, Value: part, Fold: true})
	}
	return unknown()
}

// asciiPart gives the longest run of ASCII in a text.
func asciiPart(s string) string {
	longest := ""
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

// kept translates comparisons with what the store keeps in fields and links, and with constants.
func (t *translator) kept(n *compare) (c translated, done bool) {
	if t.inside || n.target.ref.Extension != nil {
		return translated{}, false
	}
	if n.target.is(t.source.Links) {
		if n.target.ref.Sub != nil && n.target.ref.Sub.Name != "value" {
			return unknown(), true
		}
		return t.linked(n), true
	}
	if text, is := t.source.Constants[n.target.name]; is {
		if n.presence() {
			return constant(n.op != eq), true
		}
		return constant(n.test(text)), true
	}
	field, is := t.source.Fields[n.target.name]
	if !is {
		return translated{}, false
	}
	return n.field(field)
}

// linked compares the value of a membership. The letters that case folding takes for ASCII are left to Match.
func (t *translator) linked(n *compare) translated {
	if n.presence() {
		return n.signed(exactly(directory.Linked{}))
	}
	id, _ := n.lit.value.(string)
	id = schema.Fold(id)
	if n.op != eq || id == "" || asciiPart(id) != id || strings.ContainsAny(id, "ks\x00") {
		return unknown()
	}
	return exactly(directory.Linked{ID: id})
}

// field compares a field. What is not said of fields in directory.FieldTest is left to the attributes
// (done is false), where there is an attribute of the name.
func (n *compare) field(field directory.Field) (c translated, done bool) {
	op := storeOperator(n.op)
	switch lit := n.lit.value.(type) {
	case nil:
		return n.fieldPresent(field)
	case bool:
		return n.signed(exactly(directory.FieldTest{Field: field, Op: op, Value: lit})), true
	case string:
		if n.target.leaf.Type == schema.DateTime {
			return n.fieldTime(field, op, lit), true
		}
		if lit == "" {
			return translated{}, false
		}
		return n.signed(exactly(directory.FieldTest{Field: field, Op: op, Value: lit})), true
	}
	return translated{}, false
}

func (n *compare) fieldPresent(field directory.Field) (c translated, done bool) {
	switch field {
	case directory.FieldID, directory.FieldCreated, directory.FieldModified, directory.FieldActive:
		return constant(n.op != eq), true // every resource has them; the only comparison without is "eq null"
	case directory.FieldExternalID:
		return n.signed(exactly(directory.FieldTest{Field: field, Op: directory.GreaterOrEqual, Value: ""})), true
	}
	return translated{}, false
}

func (n *compare) fieldTime(field directory.Field, op directory.Op, lit string) translated {
	at, ok := schema.ParseTime(lit)
	if !ok || n.op == co || n.op == sw || n.op == ew {
		return unknown()
	}
	return n.signed(exactly(directory.FieldTest{Field: field, Op: op, Value: at}))
}
