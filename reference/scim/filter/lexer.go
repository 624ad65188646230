package filter

import (
	"encoding/json"
	"fmt"
	"strings"

	"assay/reference/scim/scimerr"
)

type kind int

const (
	end    kind = iota
	word        // attribute path, operator, keyword, number
	text        // string literal
	symbol      // one of ( ) [ ]
)

// token is one lexical element; spaced tells that white space, or the beginning, comes before it.
type token struct {
	kind   kind
	text   string // a word as written, a symbol, or a string literal unescaped
	pos    int
	spaced bool
}

func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

func (t token) symbol(s string) bool { return t.kind == symbol && t.text == s }

// String describes the token in an error. The content of a string literal may be personal and is not repeated.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case text:
		return "a string"
	}
	return quote(t.text)
}

const quoteLength = 60

// quote quotes a piece of the text in an error, cut to a sensible length.
func quote(s string) string {
	if len(s) > quoteLength {
		s = strings.ToValidUTF8(s[:quoteLength], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

// lexer hands out the tokens of a text one by one.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) next() (token, error) {
	start := l.pos
	for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
		l.pos++
	}
	t := token{pos: l.pos, spaced: l.pos > start || start == 0}
	if l.pos == len(l.text) {
		return t, nil
	}
	switch c := l.text[l.pos]; {
	case strings.IndexByte("()[]", c) >= 0:
		l.pos++
		t.kind, t.text = symbol, string(c)
		return t, nil
	case c == '"':
		return l.literal(t)
	}
	for l.pos < len(l.text) && !isBreak(l.text[l.pos]) {
		l.pos++
	}
	t.kind, t.text = word, l.text[t.pos:l.pos]
	return t, nil
}

// literal reads a string as JSON has it, with its escapes (RFC 7159 section 7).
func (l *lexer) literal(t token) (token, error) {
	for i := l.pos + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '"':
			l.pos = i + 1
			t.kind = text
			if err := json.Unmarshal([]byte(l.text[t.pos:l.pos]), &t.text); err != nil {
				return t, failf(t.pos, "the string is not a JSON string")
			}
			return t, nil
		}
	}
	return t, failf(t.pos, "the string is not closed")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isBreak(c byte) bool { return isSpace(c) || strings.IndexByte(`()[]"`, c) >= 0 }

// failf is an invalidFilter error at a byte offset of the text.
func failf(pos int, format string, args ...any) error {
	return scimerr.InvalidFilter("filter, at offset %d: %s", pos, fmt.Sprintf(format, args...))
}
