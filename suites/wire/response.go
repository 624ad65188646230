package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/reports"
)

// Response is what came back. When Err is set no usable answer came; Status may still be known.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte
	Err      error
	Exchange reports.Exchange

	parsed   any
	parseErr error
	isParsed bool
}

// JSON decodes the body. Numbers are json.Number, so that nothing is lost. It fails when the body
// is empty, is not UTF-8, is not JSON, or has data after the document.
func (r *Response) JSON() (any, error) {
	if !r.isParsed {
		r.parsed, r.parseErr = parseJSON(r.Body)
		r.isParsed = true
	}
	return r.parsed, r.parseErr
}

// Object decodes the body and returns it when it is a JSON object, else nil.
func (r *Response) Object() map[string]any {
	doc, _ := r.JSON()
	object, _ := doc.(map[string]any)
	return object
}

// At returns the value at a JSON Pointer (RFC 6901) in the body. Attribute names are matched without
// regard to case when the exact name is absent, because RFC 7643 section 2.1 makes them case-insensitive.
func (r *Response) At(pointer string) (any, bool) {
	doc, err := r.JSON()
	if err != nil {
		return nil, false
	}
	return At(doc, pointer)
}

// String returns the string at a JSON Pointer in the body, or "".
func (r *Response) String(pointer string) string {
	value, _ := r.At(pointer)
	text, _ := value.(string)
	return text
}

// MediaType is the answer's media type in lower case without parameters.
func (r *Response) MediaType() string {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return mediaType
}

// OK reports whether a complete answer with a 2xx status came.
func (r *Response) OK() bool { return r.Err == nil && r.Status >= 200 && r.Status < 300 }

// Summary describes the answer in one line for a person: the status, or what went wrong, and the
// detail of a SCIM error.
func (r *Response) Summary() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	line := fmt.Sprintf("HTTP %d", r.Status)
	if text := http.StatusText(r.Status); text != "" {
		line += " " + text
	}
	if scimType := r.String("/scimType"); scimType != "" {
		line += ", scimType " + strconv.Quote(scimType)
	}
	if detail := r.String("/detail"); detail != "" {
		line += ": " + detail
	}
	return line
}

// At returns the value at a JSON Pointer in a decoded document; see Response.At.
func At(doc any, pointer string) (any, bool) {
	if pointer == "" {
		return doc, doc != nil
	}
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		next, ok := step(doc, token)
		if !ok {
			return nil, false
		}
		doc = next
	}
	return doc, true
}

func step(doc any, token string) (any, bool) {
	switch node := doc.(type) {
	case map[string]any:
		if value, ok := node[token]; ok {
			return value, true
		}
		for name, value := range node {
			if strings.EqualFold(name, token) {
				return value, true
			}
		}
	case []any:
		i, err := strconv.Atoi(token)
		if err == nil && i >= 0 && i < len(node) {
			return node[i], true
		}
	}
	return nil, false
}

func parseJSON(body []byte) (any, error) {
	if len(body) == 0 {
		return nil, errors.New("the body is empty")
	}
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8")
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var doc any
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body has data after the JSON document")
	}
	return doc, nil
}
