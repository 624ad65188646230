package filter

import (
	"unicode/utf8"

	"assay/reference/scim/schema"
)

// Filter is a parsed filter, bound to a resource type. It is immutable and safe for concurrent use.
type Filter struct {
	root node
}

// Parse parses a filter by figure 1 of RFC 7644. Errors are *scimerr.Error with invalidFilter; they
// carry the byte offset and the offending word. Time and memory are linear in the text, which is
// limited to MaxLength bytes and MaxDepth levels.
func Parse(text string, t *schema.Type) (*Filter, error) {
	return parse(text, typeScope{t: t})
}

// ParseAcross is Parse for a query over several types, which is parsed for each of them: an attribute
// that t does not define is treated "as if there is no attribute value" (RFC 7644 section 3.4.2.1), so any
// comparison with it has the right type.
func ParseAcross(text string, t *schema.Type) (*Filter, error) {
	return parse(text, typeScope{t: t, across: true})
}

func parse(text string, s scope) (*Filter, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := &parser{lexer: lexer{text: text}, scope: s}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != end {
		return nil, failf(p.tok.pos, "%s is not expected here; and, or, or the end is", p.tok)
	}
	return &Filter{root: root}, nil
}

func checkText(text string) error {
	if len(text) > MaxLength {
		return failf(MaxLength, "it is longer than %d bytes", MaxLength)
	}
	if !utf8.ValidString(text) {
		return failf(0, "it is not UTF-8")
	}
	return nil
}

// parser is a recursive-descent parser with one token of look-ahead. depth counts the open
// parentheses and brackets.
type parser struct {
	lexer lexer
	tok   token
	scope scope
	depth int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lexer.next()
	return err
}

func (p *parser) or() (node, error) {
	return p.chain("or", p.and, func(terms []node) node { return or(terms) })
}

func (p *parser) and() (node, error) {
	return p.chain("and", p.term, func(terms []node) node { return and(terms) })
}

// chain parses operands joined by one logical operator, in a loop: a long chain costs no stack.
func (p *parser) chain(operator string, operand func() (node, error), join func([]node) node) (node, error) {
	first, err := operand()
	if err != nil {
		return nil, err
	}
	terms := []node{first}
	for p.tok.is(operator) {
		at := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !at.spaced || !p.tok.spaced && p.tok.kind != end {
			return nil, failf(at.pos, "%s needs a space on both sides", at)
		}
		next, err := operand()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return join(terms), nil
}

// term parses what logical operators join: a group, a negated group, or a comparison.
func (p *parser) term() (node, error) {
	if p.tok.symbol("(") {
		return p.group()
	}
	if !p.tok.is("not") {
		return p.comparison()
	}
	at := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.tok.symbol("(") {
		return nil, failf(at.pos, `"not" must be followed by an expression in parentheses, not by %s`, p.tok)
	}
	inner, err := p.group()
	if err != nil {
		return nil, err
	}
	return not{inner}, nil
}

func (p *parser) group() (node, error) {
	return p.enclosed(")", p.or)
}

// enclosed parses what stands between the current symbol and the closing one. It leaves the closing
// symbol consumed.
func (p *parser) enclosed(closing string, inner func() (node, error)) (node, error) {
	open := p.tok
	if p.depth == MaxDepth {
		return nil, failf(open.pos, "it nests deeper than %d levels", MaxDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := inner()
	if err != nil {
		return nil, err
	}
	if !p.tok.symbol(closing) {
		return nil, failf(p.tok.pos, "%q is expected for the %q at offset %d, not %s", closing, open.text, open.pos, p.tok)
	}
	return n, p.advance()
}

// comparison parses attrExp and valuePath.
func (p *parser) comparison() (node, error) {
	if p.tok.kind != word {
		return nil, failf(p.tok.pos, "an attribute is expected, not %s", p.tok)
	}
	name := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.symbol("[") && !p.tok.spaced {
		return p.valuePath(name)
	}
	target, err := p.scope.operand(name)
	if err != nil {
		return nil, err
	}
	return p.operation(name, target)
}

// valuePath parses attr[filter], and attr[filter].sub with an operator.
func (p *parser) valuePath(name token) (node, error) {
	target, err := p.scope.list(name)
	if err != nil {
		return nil, err
	}
	inner, err := p.brackets(target.leaf)
	if err != nil {
		return nil, err
	}
	n := &valuePath{target: target, filter: inner}
	if p.tok.kind != word || p.tok.spaced || p.tok.text[0] != '.' {
		return n, nil
	}
	sub := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	element, err := valueScope{target.leaf}.operand(token{kind: word, text: sub.text[1:], pos: sub.pos + 1})
	if err != nil {
		return nil, err
	}
	n.then, err = p.operation(sub, element)
	return n, err
}

// brackets parses a value filter, whose names are sub-attributes of the attribute.
func (p *parser) brackets(attribute *schema.Attribute) (node, error) {
	outer := p.scope
	p.scope = valueScope{attribute}
	defer func() { p.scope = outer }()
	return p.enclosed("]", p.or)
}

// operation parses the operator and the literal that follow an attribute.
func (p *parser) operation(name token, target operand) (node, error) {
	if p.tok.kind != word {
		return nil, failf(p.tok.pos, "an operator is expected after %s, not %s", name, p.tok)
	}
	at := p.tok
	op, known := operator(at.text)
	if !known {
		return nil, failf(at.pos, "the operator %s is not supported", at)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op == pr {
		return &compare{target: target, op: op}, nil
	}
	lit, err := readLiteral(p.tok)
	if err != nil {
		return nil, err
	}
	n, err := newCompare(target, op, lit, name, at)
	if err != nil {
		return nil, err
	}
	return n, p.advance()
}
