package sqlstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/reference/directory"
)

// documents is the part of a dialect that looks into JSON. Its methods write expressions into a
// clause, with values as arguments. A node is the attributes or one element of an array.
type documents interface {
	// test is a comparison of the value at a path below the node. It may be NULL for false.
	test(c *clause, n node, t directory.ValueTest)
	// present tells whether there is anything but emptiness at a path below the node.
	present(c *clause, n node, at []string)
	// each is a table of the elements of the array at a path below the attributes, under the alias.
	each(c *clause, at []string, alias string)
	// textual is one of Contains, HasPrefix and HasSuffix on a text, with a text that is not empty.
	textual(c *clause, expression string, op directory.Op, text string)
}

// node is where a path starts: the attributes of the resource when it is empty, or else the element
// in a row of documents.each, by the alias of that table.
type node string

// clause is a piece of SQL with its arguments, under construction.
type clause struct {
	strings.Builder
	args    []any
	aliases int
	tenant  string
	kind    directory.Kind
	dialect dialect
	docs    documents
}

// add writes SQL and its arguments.
func (c *clause) add(text string, args ...any) {
	c.WriteString(text)
	c.args = append(c.args, args...)
}

// condition writes an expression that is true or false and never NULL, so that NOT means the opposite.
// Conditions come from filters, which are limited in length and depth, and so are these expressions.
func (c *clause) condition(n node, condition directory.Condition) error {
	switch t := condition.(type) {
	case directory.All:
		return c.join(n, t, " AND ", "1 = 1")
	case directory.Any:
		return c.join(n, t, " OR ", "1 = 0")
	case directory.Not:
		c.add("NOT (")
		defer c.add(")")
		return c.condition(n, t.Condition)
	case directory.FieldTest:
		return c.field(t)
	case directory.ValueTest:
		return c.decided(t.At, func() { c.docs.test(c, n, t) })
	case directory.Present:
		return c.decided(t.At, func() { c.docs.present(c, n, t.At) })
	case directory.Some:
		return c.some(n, t)
	case directory.Linked:
		c.linked(t.ID)
		return nil
	}
	return fmt.Errorf("a condition of type %T is not known", condition)
}

// decided makes NULL false in what write writes about a path.
func (c *clause) decided(at []string, write func()) error {
	if err := checkPath(at); err != nil {
		return err
	}
	c.add("coalesce(")
	write()
	c.add(", 1 = 0)")
	return nil
}

// checkPath lets only such keys through as can stand inside a literal: paths are part of the SQL, so
// that what a filter looks at is known when it is prepared.
func checkPath(at []string) error {
	for _, key := range at {
		if !directory.ValidKey(key) {
			return fmt.Errorf("conditions cannot look under the key %q", key)
		}
	}
	return nil
}

// join writes a balanced tree: databases limit the depth of an expression, and count a chain of ORs as deep.
func (c *clause) join(n node, terms []directory.Condition, operator, empty string) error {
	switch len(terms) {
	case 0:
		c.add(empty)
		return nil
	case 1:
		return c.condition(n, terms[0])
	}
	c.add("(")
	if err := c.join(n, terms[:len(terms)/2], operator, empty); err != nil {
		return err
	}
	c.add(operator)
	if err := c.join(n, terms[len(terms)/2:], operator, empty); err != nil {
		return err
	}
	c.add(")")
	return nil
}

func (c *clause) some(n node, t directory.Some) error {
	if n != "" {
		return errors.New("a condition on elements is inside another one")
	}
	if err := checkPath(t.At); err != nil {
		return err
	}
	c.aliases++
	alias := fmt.Sprintf("e%d", c.aliases)
	c.add("EXISTS (SELECT 1 FROM ")
	c.docs.each(c, t.At, alias)
	defer c.add(")")
	if t.Where == nil {
		return nil
	}
	c.add(" WHERE ")
	return c.condition(node(alias), t.Where)
}

// linked compares IDs in lower case, through an index of their own.
func (c *clause) linked(id string) {
	own, others := "m.member", "m.grp"
	if c.kind == directory.Group {
		own, others = others, own
	}
	c.add("EXISTS (SELECT 1 FROM members m WHERE " + own + " = resources.seq")
	if id != "" {
		c.add(" AND "+others+" IN (SELECT r.seq FROM resources r WHERE r.tenant = ? AND lower(r.id) = ?)", c.tenant, strings.ToLower(id))
	}
	c.add(")")
}

// folded is the form in which texts are compared with a folded ASCII text: the letters of ASCII in lower
// case, and the two characters that simple case folding takes for one of them. It is a format for Sprintf.
const folded = `lower(replace(replace(%s, 'ſ', 's'), 'K', 'k'))`

// field compares a column. The columns are never NULL; an empty text stands for none.
func (c *clause) field(t directory.FieldTest) error {
	switch t.Field {
	case directory.FieldActive:
		active, ok := t.Value.(bool)
		if !ok || t.Op != directory.Equal {
			return fmt.Errorf("the field %s takes no %s %T", t.Field, t.Op, t.Value)
		}
		c.add("active = ?", active)
		return nil
	case directory.FieldCreated, directory.FieldModified:
		at, ok := t.Value.(time.Time)
		if !ok || !ordering(t.Op) {
			return fmt.Errorf("the field %s takes no %s %T", t.Field, t.Op, t.Value)
		}
		c.add(string(t.Field)+" "+string(t.Op)+" ?", instantNanos(at))
		return nil
	}
	return c.textField(t)
}

func (c *clause) textField(t directory.FieldTest) error {
	text, ok := t.Value.(string)
	if !ok {
		return fmt.Errorf("the field %s takes no %s %T", t.Field, t.Op, t.Value)
	}
	var column string
	switch t.Field {
	case directory.FieldID:
		column = "id"
	case directory.FieldExternalID:
		column = "external_id"
	case directory.FieldName:
		column, text = "name_key", directory.NameKey(c.kind, text)
	case directory.FieldEmail:
		column, text = "email_key", directory.FoldKey(text)
	default:
		return fmt.Errorf("there is no field %q", t.Field)
	}
	if t.Op == directory.Equal && text != "" { // nothing but the comparison, for the sake of the index
		compareText(c, column, t.Op, text)
		return nil
	}
	c.add("(" + column + " <> '' AND ")
	compareText(c, column, t.Op, text)
	c.add(")")
	return nil
}

// compareText writes a comparison of texts by their bytes. A text that the database cannot hold is
// compared all the same: nothing equals or contains it, and it is ordered by what precedes the
// character that is in the way, U+0000, which is the least there is.
func compareText(c *clause, expression string, op directory.Op, text string) {
	if op == directory.Contains || op == directory.HasPrefix || op == directory.HasSuffix {
		switch {
		case text == "":
			c.add(expression + " IS NOT NULL")
		case !c.dialect.storable(text):
			c.add("1 = 0")
		default:
			c.docs.textual(c, expression, op, text)
		}
		return
	}
	if !c.dialect.storable(text) {
		text, _, _ = strings.Cut(text, "\x00")
		switch op {
		case directory.Equal:
			c.add("1 = 0")
			return
		case directory.Less:
			op = directory.LessOrEqual
		case directory.GreaterOrEqual:
			op = directory.Greater
		}
	}
	c.add(expression+" "+string(op)+" ?", text)
}

func ordering(op directory.Op) bool {
	switch op {
	case directory.Equal, directory.Less, directory.LessOrEqual, directory.Greater, directory.GreaterOrEqual:
		return true
	}
	return false
}

// instantNanos is toNanos for any time: one beyond what can be stored is as good as the first or the last.
func instantNanos(t time.Time) int64 {
	const least, greatest = -1 << 63, 1<<63 - 1
	switch {
	case t.Before(time.Unix(0, least)):
		return least
	case t.After(time.Unix(0, greatest)):
		return greatest
	}
	return t.UnixNano()
}

// selective tells whether a condition holds for so few resources that it is cheaper to sort them than to
// search for them in order.
func selective(condition directory.Condition) bool {
	switch t := condition.(type) {
	case directory.FieldTest:
		_, text := t.Value.(string)
		return text && t.Op == directory.Equal
	case directory.All:
		return slices.ContainsFunc(t, selective)
	case directory.Any:
		return !slices.ContainsFunc(t, func(c directory.Condition) bool { return !selective(c) })
	}
	return false
}
