package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"assay/reference/scim/scimerr"
)

// MaxDepth is how deep the objects and arrays of a request body may nest. A SCIM resource needs four levels.
const MaxDepth = 32

// Decode reads one JSON object from a request body. It is stricter than encoding/json: an object with
// the same key twice, anything after the object, invalid UTF-8 and nesting beyond MaxDepth are refused
// too. Numbers come as json.Number. Errors are *scimerr.Error with invalidSyntax and quote no value.
func Decode(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		return nil, scimerr.InvalidSyntax("the body is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	value, err := decodeValue(decoder, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	doc, ok := value.(map[string]any)
	if !ok {
		return nil, scimerr.InvalidSyntax("the body is %s, not a JSON object", describe(value))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, scimerr.InvalidSyntax("something follows the JSON object")
	}
	return doc, nil
}

func syntaxError(err error) error {
	if _, ok := scimerr.As(err); ok {
		return err
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return scimerr.InvalidSyntax("the body is not JSON: %s at byte %d", syntax, syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return scimerr.InvalidSyntax("the body is empty or cut short")
	}
	return scimerr.InvalidSyntax("the body is not JSON")
}

func decodeValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == MaxDepth {
		return nil, scimerr.InvalidSyntax("the body nests deeper than %d levels", MaxDepth)
	}
	if delimiter == '[' {
		return decodeArray(decoder, depth+1)
	}
	return decodeObject(decoder, depth+1)
}

func decodeArray(decoder *json.Decoder, depth int) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := decodeValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token()
	return list, err
}

func decodeObject(decoder *json.Decoder, depth int) (any, error) {
	doc := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, scimerr.InvalidSyntax("the body is not JSON: an object key is not a string")
		}
		if _, twice := doc[key]; twice {
			return nil, scimerr.InvalidSyntax("key %q is given twice", key)
		}
		if doc[key], err = decodeValue(decoder, depth); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return doc, err
}

// Clone copies a document deeply.
func Clone(doc map[string]any) map[string]any {
	if doc == nil {
		return nil
	}
	out := make(map[string]any, len(doc))
	for key, value := range doc {
		out[key] = CloneValue(value)
	}
	return out
}

// CloneValue copies a JSON value deeply. Arrays come out as []any.
func CloneValue(value any) any {
	if doc, ok := value.(map[string]any); ok {
		return Clone(doc)
	}
	if !isList(value) {
		return value
	}
	given := Values(value)
	out := make([]any, len(given))
	for i, item := range given {
		out[i] = CloneValue(item)
	}
	return out
}

// Values gives the values of an attribute as a list: the items of an array of any Go type that
// documents are built with, a single value as a list of one, nothing for nil.
func Values(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	case []map[string]any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = v[i]
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i := range v {
			out[i] = v[i]
		}
		return out
	}
	return []any{value}
}

func isList(value any) bool {
	switch value.(type) {
	case []any, []map[string]any, []string:
		return true
	}
	return false
}
