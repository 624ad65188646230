package filter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// corpus writes random filters and paths by the ABNF of RFC 7644 figures 1 and 7: every attribute that a
// type may filter on, under each of its names and in any case, with every operator that its data type
// has, and literals in every form that JSON allows.
type corpus struct {
	random *rand.Rand
	named  []spelled       // what may be compared
	lists  []spelled       // what may be followed by brackets
	used   map[string]bool // what was written: "emails.type", "integer gt"
}

// spelled is an attribute path without its URN, the URNs that may come before it, and its definition.
type spelled struct {
	path string
	urns []string
	leaf *schema.Attribute
}

func newCorpus(t *schema.Type, seed uint64) *corpus {
	c := &corpus{random: rand.New(rand.NewPCG(seed, 3)), used: map[string]bool{}}
	c.take(t.Common, "", t.Core.URN)
	c.take(t.Core.Attributes, "", t.Core.URN)
	for i := range t.Extensions {
		c.take(t.Extensions[i].Attributes, t.Extensions[i].URN)
	}
	return c
}

func (c *corpus) take(attributes []schema.Attribute, urns ...string) {
	for i := range attributes {
		a := &attributes[i]
		if a.Returned == schema.Never {
			continue
		}
		if a.MultiValued {
			c.lists = append(c.lists, spelled{a.Name, urns, a})
		}
		if a.Type != schema.Complex {
			c.named = append(c.named, spelled{a.Name, urns, a})
		}
		for j := range a.Sub {
			if sub := &a.Sub[j]; sub.Returned != schema.Never {
				c.named = append(c.named, spelled{a.Name + "." + sub.Name, urns, sub})
			}
		}
	}
}

func (c *corpus) oneOf(words ...string) string { return words[c.random.IntN(len(words))] }

// anyCase changes the case of some letters: attribute names, URNs, operators and the words of the
// grammar count in any.
func (c *corpus) anyCase(word string) string {
	if c.random.IntN(2) == 0 {
		return word
	}
	return strings.Map(func(r rune) rune {
		if c.random.IntN(2) == 0 {
			return r ^ ('a'^'A')&letter(r)
		}
		return r
	}, word)
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return -1
	}
	return 0
}

func (c *corpus) write(s spelled) string {
	c.used[s.path] = true
	if urn := c.oneOf(s.urns...); urn != "" {
		return c.anyCase(urn + ":" + s.path)
	}
	return c.anyCase(s.path)
}

// filter is FILTER of figure 1.
func (c *corpus) filter(depth int) string {
	return c.expression(depth, func() string {
		if c.random.IntN(3) == 0 {
			return c.valuePath(depth)
		}
		return c.comparison(c.named[c.random.IntN(len(c.named))])
	})
}

func (c *corpus) expression(depth int, leaf func() string) string {
	if depth == 0 {
		return leaf()
	}
	inner := func() string { return c.expression(depth-1, leaf) }
	switch c.random.IntN(5) {
	case 0:
		return inner() + " " + c.anyCase(c.oneOf("and", "or")) + " " + inner()
	case 1:
		return c.anyCase("not") + c.oneOf("", " ") + "(" + inner() + ")" // figure 1 has no space, figure 2 has
	case 2:
		return "(" + inner() + ")"
	}
	return leaf()
}

// valuePath is attrPath "[" valFilter "]".
func (c *corpus) valuePath(depth int) string {
	s := c.lists[c.random.IntN(len(c.lists))]
	return c.write(s) + "[" + c.valueFilter(s.leaf, depth) + "]"
}

func (c *corpus) valueFilter(a *schema.Attribute, depth int) string {
	within := []spelled{{"value", []string{""}, a}}
	if a.Type == schema.Complex {
		within = within[:0]
		for i := range a.Sub {
			if sub := &a.Sub[i]; sub.Returned != schema.Never {
				within = append(within, spelled{sub.Name, []string{""}, sub})
			}
		}
	}
	return c.expression(depth, func() string { return c.comparison(within[c.random.IntN(len(within))]) })
}

// comparison is attrExp.
func (c *corpus) comparison(s spelled) string {
	ops := operators(s.leaf.Type)
	op := c.oneOf(append(ops, "pr")...)
	c.used[s.leaf.Type+" "+op] = true
	text := c.write(s) + " " + c.anyCase(op)
	switch {
	case op == "pr":
		return text
	case (op == "eq" || op == "ne") && c.random.IntN(8) == 0:
		return text + " null"
	}
	return text + " " + c.literal(s.leaf.Type)
}

// operators are those that table 3 leaves to a data type.
func operators(kind string) []string {
	equality, order, text := []string{"eq", "ne"}, []string{"gt", "ge", "lt", "le"}, []string{"co", "sw", "ew"}
	switch kind {
	case schema.Boolean, schema.Binary:
		return equality
	case schema.Integer, schema.Decimal:
		return append(equality, order...)
	}
	return slices.Concat(equality, order, text)
}

func (c *corpus) literal(kind string) string {
	switch kind {
	case schema.Boolean:
		return c.oneOf("true", "false")
	case schema.Integer, schema.Decimal:
		return c.number()
	case schema.DateTime:
		return `"` + c.oneOf("2011-05-13T04:42:34", "0001-01-01T00:00:00", "2024-02-29T23:59:59.999999999") + c.oneOf("Z", "", "+14:00", "-00:30") + `"`
	}
	return c.text()
}

// number is a number of RFC 7159 section 6.
func (c *corpus) number() string {
	return c.oneOf("", "-") + c.oneOf("0", "7", "10", "9007199254740993") + c.oneOf("", ".0", ".5", ".125") + c.oneOf("", "e1", "E+2", "e-3", "e0")
}

// text is a string of RFC 7159 section 7. Each character comes as itself or under one of its escapes.
func (c *corpus) text() string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	letters := []rune(`aZ9 "\/'()[].:-_%&+=*é日` + "\b\f\n\r\t\u2028\u007f😀")
	var b strings.Builder
	for range c.random.IntN(6) {
		r := letters[c.random.IntN(len(letters))]
		escape, has := short[r]
		switch needs := r < ' ' || r == '"' || r == '\\'; {
		case has && (needs || c.random.IntN(2) == 0):
			b.WriteString(c.oneOf(escape, unicodeEscape(r)))
		case c.random.IntN(3) == 0:
			b.WriteString(unicodeEscape(r))
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

func unicodeEscape(r rune) string {
	var text string
	for _, unit := range utf16.Encode([]rune{r}) {
		text += fmt.Sprintf(`\u%04x`, unit)
	}
	return text
}

// GAP-082: whatever the grammar and the schema allow is read, and means what its printed form means.
func TestCorpusOfFilters(t *testing.T) {
	user, doc := userType(), load(t, bjensen)
	c := newCorpus(user, 1)
	for range 5_000 {
		text := c.filter(c.random.IntN(4))
		f, err := filter.Parse(text, user)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := filter.Parse(f.String(), user)
		if err != nil || again.String() != f.String() || again.Match(doc) != f.Match(doc) {
			t.Fatalf("%s prints as %s, which reads back as %v, %v", text, f, again, err)
		}
	}
	for _, s := range slices.Concat(c.named, c.lists) {
		if !c.used[s.path] {
			t.Errorf("no filter has %s", s.path)
		}
	}
	for _, kind := range []string{schema.String, schema.Boolean, schema.Integer, schema.Decimal, schema.DateTime, schema.Binary, schema.Reference} {
		for _, op := range append(operators(kind), "pr") {
			if !c.used[kind+" "+op] {
				t.Errorf("no filter compares a %s with %s", kind, op)
			}
		}
	}
}

// spoilers make a comparison that no rule of figure 1 derives, or that does not fit the schema, of one
// that both allow. A spoiler gives "" where it has nothing to spoil.
var spoilers = map[string]func(attribute, op, literal string) string{
	"no operator":             func(a, _, l string) string { return a + " " + l },
	"no attribute":            func(_, o, l string) string { return o + " " + l },
	"no literal":              func(a, o, _ string) string { return a + " " + o },
	"a literal after pr":      func(a, _, l string) string { return a + " pr " + l },
	"two operators":           func(a, o, l string) string { return a + " " + o + " " + o + " " + l },
	"two literals":            func(a, o, l string) string { return a + " " + o + " " + l + " " + l },
	"the wrong way round":     func(a, o, l string) string { return l + " " + o + " " + a },
	"an unknown operator":     func(a, _, l string) string { return a + " regex " + l },
	"a symbol for operator":   func(a, _, l string) string { return a + " = " + l },
	"an operator cut short":   func(a, o, l string) string { return a + " " + o[:1] + " " + l },
	"a longer operator":       func(a, o, l string) string { return a + " " + o + "s " + l },
	"an attribute for value":  func(a, o, _ string) string { return a + " " + o + " " + a },
	"an object for value":     func(a, o, _ string) string { return a + " " + o + ` {"a":1}` },
	"an array for value":      func(a, o, l string) string { return a + " " + o + " [" + l + "]" },
	"a space in the path":     func(a, o, l string) string { return strings.Replace(a, ".", " .", 1) + "x " + o + " " + l },
	"a dot before":            func(a, o, l string) string { return "." + a + " " + o + " " + l },
	"a dot behind":            func(a, o, l string) string { return a + ". " + o + " " + l },
	"a digit before":          func(a, o, l string) string { return "1" + a + " " + o + " " + l },
	"a part of a simple part": func(a, o, l string) string { return a + ".x " + o + " " + l },
	"a URN that is none":      func(a, o, l string) string { return "urn:x:" + a + " " + o + " " + l },
	"a hyphen behind":         func(a, o, l string) string { return a + "- " + o + " " + l },
	"an index":                func(a, o, l string) string { return a + "[0] " + o + " " + l },
	"empty brackets":          func(a, o, l string) string { return a + "[] " + o + " " + l },
	"brackets in brackets":    func(a, o, l string) string { return "emails[type[" + a + " " + o + " " + l + "]]" },
	"not without parentheses": func(a, o, l string) string { return "not " + a + " " + o + " " + l },
	"not not":                 func(a, o, l string) string { return "not not (" + a + " " + o + " " + l + ")" },
	"a parenthesis too many":  func(a, o, l string) string { return "(" + a + " " + o + " " + l + "))" },
	"a parenthesis too few":   func(a, o, l string) string { return "((" + a + " " + o + " " + l + ")" },
	"the wrong bracket":       func(a, o, l string) string { return "(" + a + " " + o + " " + l + "]" },
	"nothing in parentheses":  func(a, o, l string) string { return a + " " + o + " " + l + " and ()" },
	"and at the end":          func(a, o, l string) string { return a + " " + o + " " + l + " and" },
	"or at the beginning":     func(a, o, l string) string { return "or " + a + " " + o + " " + l },
	"and or":                  func(a, o, l string) string { return a + " " + o + " " + l + " and or " + a + " pr" },
	"an operator of Go":       func(a, o, l string) string { return a + " " + o + " " + l + " && " + a + " pr" },
	"xor":                     func(a, o, l string) string { return a + " " + o + " " + l + " xor " + a + " pr" },
	"a comma":                 func(a, o, l string) string { return a + " " + o + " " + l + ", " + a + " pr" },
	"NaN":                     func(a, o, _ string) string { return a + " " + o + " NaN" },
	"a leading zero":          func(a, o, _ string) string { return a + " " + o + " 05" },
	"a plus sign":             func(a, o, _ string) string { return a + " " + o + " +5" },
	"no digit after a point":  func(a, o, _ string) string { return a + " " + o + " 5." },
	"no digit before a point": func(a, o, _ string) string { return a + " " + o + " .5" },
	"an empty exponent":       func(a, o, _ string) string { return a + " " + o + " 5e" },
	"a hexadecimal number":    func(a, o, _ string) string { return a + " " + o + " 0x1F" },
	"single quotes":           func(a, o, _ string) string { return a + " " + o + " 'x'" },
	"no quotes":               func(a, o, _ string) string { return a + " " + o + " x" },
	"an open string":          func(a, o, _ string) string { return a + " " + o + ` "x` },
	"an escaped end":          func(a, o, _ string) string { return a + " " + o + ` "x\"` },
	"an unknown escape":       func(a, o, _ string) string { return a + " " + o + ` "\x41"` },
	"half an escape":          func(a, o, _ string) string { return a + " " + o + ` "\u00e"` },
	"a line feed in a string": func(a, o, _ string) string { return a + " " + o + " \"a\nb\"" },
	"order of null":           func(a, _, _ string) string { return a + " gt null" },
	"half of null":            func(a, o, _ string) string { return a + " " + o + " nul" },
	"a literal of no type": func(a, o, l string) string {
		if strings.HasPrefix(l, `"`) {
			return a + " " + o + " 5"
		}
		return a + " " + o + ` "5"`
	},
}

// GAP-082: a corpus in which one comparison was spoiled is refused with invalidFilter, wherever in the
// filter the comparison stands.
func TestSpoiledFilters(t *testing.T) {
	user := userType()
	c := newCorpus(user, 2)
	around := []string{"%s", "(%s)", "not (%s)", "%[2]s and %[1]s", "%[1]s or %[2]s", "%[2]s or (%[1]s) and not (%[3]s)"}
	for name, spoil := range spoilers {
		for range 50 {
			s := c.named[c.random.IntN(len(c.named))]
			ops := operators(s.leaf.Type)
			spoiled := spoil(c.write(s), c.oneOf(ops...), c.literal(s.leaf.Type))
			text := fmt.Sprintf(c.oneOf(around...)+"%.0[1]s%.0[2]s%.0[3]s", spoiled, c.filter(1), c.filter(1))
			f, err := filter.Parse(text, user)
			if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidFilter {
				t.Errorf("%s: %s: %v, %v, wanted invalidFilter", name, text, f, err)
				break
			}
		}
	}
}
