package filter

import (
	"encoding/json"
	"strings"
)

// node is a part of the syntax tree. Inside brackets it is evaluated on one value, elsewhere on a resource.
type node interface {
	match(value any) bool
	print(b *strings.Builder)
}

type (
	and []node
	or  []node
	not struct{ inner node }

	// valuePath is attr[filter], or attr[filter].sub op literal when then is set.
	valuePath struct {
		target operand
		filter node
		then   node
	}
)

func (n and) match(value any) bool {
	for _, term := range n {
		if !term.match(value) {
			return false
		}
	}
	return true
}

func (n or) match(value any) bool {
	for _, term := range n {
		if term.match(value) {
			return true
		}
	}
	return false
}

func (n not) match(value any) bool { return !n.inner.match(value) }

func (n *valuePath) match(value any) bool {
	return n.target.each(value, func(item any) bool {
		return n.filter.match(item) && (n.then == nil || n.then.match(item))
	})
}

func (n and) print(b *strings.Builder) {
	for i, term := range n {
		if i > 0 {
			b.WriteString(" and ")
		}
		if _, looser := term.(or); looser {
			parenthesise(b, term)
			continue
		}
		term.print(b)
	}
}

func (n or) print(b *strings.Builder) {
	for i, term := range n {
		if i > 0 {
			b.WriteString(" or ")
		}
		term.print(b)
	}
}

func (n not) print(b *strings.Builder) {
	b.WriteString("not ")
	parenthesise(b, n.inner)
}

func parenthesise(b *strings.Builder, n node) {
	b.WriteByte('(')
	n.print(b)
	b.WriteByte(')')
}

func (n *valuePath) print(b *strings.Builder) {
	b.WriteString(n.target.name + "[")
	n.filter.print(b)
	b.WriteByte(']')
	if n.then != nil {
		b.WriteByte('.')
		n.then.print(b)
	}
}

func (n *compare) print(b *strings.Builder) {
	b.WriteString(n.target.name + " " + n.op)
	if n.op != pr {
		b.WriteByte(' ')
		encoder := json.NewEncoder(noNewline{b})
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(n.lit.value) // a strings.Builder does not fail, and literals always encode
	}
}

// noNewline drops the line feed that json.Encoder puts after a value.
type noNewline struct{ b *strings.Builder }

func (w noNewline) Write(p []byte) (int, error) {
	w.b.WriteString(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}
