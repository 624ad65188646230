package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The functions below walk JSON that json.Valid has accepted. They only find where its parts begin and end,
// which json.Decoder does at several times the cost: an answer is read for every request of a push.

// invalid says what is wrong with a text that is not one JSON value.
func invalid(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	var first json.RawMessage
	if err := dec.Decode(&first); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return errors.New("JSON with something after it")
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// next goes on behind a member or an element: to the next one, or to the bracket that closes.
func next(data []byte, at int) int {
	if at = skipSpace(data, at); data[at] == ',' {
		return skipSpace(data, at+1)
	}
	return at
}

// valueEnd is where the value that begins at at has ended.
func valueEnd(data []byte, at int) int {
	switch data[at] {
	case '"':
		return stringEnd(data, at)
	case '{', '[':
		return bracketEnd(data, at)
	}
	for at < len(data) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(data[at])) {
		at++
	}
	return at
}

func stringEnd(data []byte, at int) int {
	for at++; data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return at + 1
}

func bracketEnd(data []byte, at int) int {
	for depth := 0; ; at++ {
		switch data[at] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		case '"':
			at = stringEnd(data, at) - 1
		}
	}
}

// plain says that a string is the same with and without JSON's escapes.
func plain[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// unquote reads a JSON string.
func unquote(raw []byte) string {
	if inner := raw[1 : len(raw)-1]; plain(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "" // cannot happen: the text is valid
	}
	return s
}

// textOf reads a JSON string; of anything else it is "".
func textOf(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	return unquote(raw)
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	if plain(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	return appendEncoded(b, s)
}
