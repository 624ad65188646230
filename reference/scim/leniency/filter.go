package leniency

import (
	"strings"

	"assay/reference/scim/schema"
)

// Filter rewrites a filter, or a PATCH path with a value filter: text that says a boolean becomes one
// beside a boolean attribute. What it gives is as long as what it got, so that the offsets in errors
// stay right. Text that is no filter comes back as it is, for the parser to refuse.
func (r *Request) Filter(text string, t *schema.Type) (string, error) {
	if !mentionsBoolean(text) {
		return text, nil
	}
	s := scanner{text: text, t: t}
	out := []byte(text)
	for s.next() {
		if !s.comparesBoolean() {
			continue
		}
		forgiven, err := r.Forgive(TextBooleanFilter)
		if err != nil {
			return "", err
		}
		if !forgiven {
			return text, nil
		}
		copy(out[s.from:s.to], " "+strings.ToLower(text[s.from+1:s.to-1])+" ") // spaces where the quotes were
	}
	return string(out), nil
}

func mentionsBoolean(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, `"true"`) || strings.Contains(text, `"false"`)
}

// scanner walks through the words and string literals of a filter. It knows just enough of the grammar
// to tell which attribute a literal is compared with.
type scanner struct {
	text     string
	t        *schema.Type
	from, to int               // of the current word or literal
	literal  bool              // whether it is a literal
	words    [2]string         // the words before it, the nearer one last
	brackets *schema.Attribute // whose brackets are open, or were closed last
	inside   bool
}

// next moves to the next word or literal.
func (s *scanner) next() bool {
	if s.to > 0 {
		s.words[0], s.words[1] = s.words[1], s.text[s.from:s.to]
		if s.literal {
			s.words = [2]string{}
		}
	}
	for s.from = s.to; s.from < len(s.text); s.from++ {
		switch c := s.text[s.from]; {
		case strings.IndexByte(" \t\r\n()", c) >= 0:
		case c == '[':
			s.open()
		case c == ']':
			s.inside = false
		case c == '"':
			return s.readLiteral()
		default:
			return s.readWord()
		}
	}
	return false
}

// open enters the brackets after the word that was read last.
func (s *scanner) open() {
	s.brackets, s.inside = nil, true
	if ref, err := s.t.ResolveLoose(s.words[1]); err == nil && ref.Sub == nil {
		s.brackets = ref.Attribute
	}
}

func (s *scanner) readLiteral() bool {
	for i := s.from + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			s.to, s.literal = i+1, true
			return true
		}
	}
	return false
}

func (s *scanner) readWord() bool {
	length := strings.IndexAny(s.text[s.from:], " \t\r\n()[]\"")
	if length < 0 {
		length = len(s.text) - s.from
	}
	s.to, s.literal = s.from+length, false
	return true
}

// comparesBoolean tells whether the current literal says a boolean and is compared with a boolean attribute.
func (s *scanner) comparesBoolean() bool {
	if !s.literal {
		return false
	}
	operator := s.words[1]
	if !strings.EqualFold(operator, "eq") && !strings.EqualFold(operator, "ne") {
		return false
	}
	if _, ok := parseBoolean(s.text[s.from+1 : s.to-1]); !ok {
		return false
	}
	a := s.attribute(s.words[0])
	return a != nil && a.Type == schema.Boolean
}

// attribute finds what a name in front of an operator means: inside brackets and after them, a
// sub-attribute.
func (s *scanner) attribute(name string) *schema.Attribute {
	sub, after := strings.CutPrefix(name, ".")
	if s.inside || after {
		if s.brackets == nil {
			return nil
		}
		return s.brackets.SubAttribute(sub)
	}
	ref, err := s.t.ResolveLoose(name)
	if err != nil {
		return nil
	}
	if ref.Sub != nil {
		return ref.Sub
	}
	return ref.Attribute
}
