package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// bounds are the limits of a document, which is read before it becomes a tree.
type bounds struct {
	size     int // bytes
	tokens   int // elements, texts and the like
	comments bool
}

// The bounds of what a browser brings, and of metadata, which an administrator brings: a person has written
// that, and comments it.
var (
	message  = bounds{size: 256 << 10, tokens: 10_000}
	metadata = bounds{size: 2 << 20, tokens: 200_000, comments: true}
)

const (
	maxDepth      = 32
	maxAttributes = 64 // of one element
	maxPrefixes   = 64 // of a document: canonicalisation carries them from element to element
)

// unwrap undoes the encoding of the POST binding: base64, perhaps in lines (Bindings section 3.5.4).
func unwrap(text string) ([]byte, error) {
	if base64.StdEncoding.DecodedLen(len(text)) > 2*message.size {
		return nil, errors.New("too long")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("not base64")
	}
	return raw, nil
}

// inflate undoes the encoding of the redirect binding: base64 over raw DEFLATE (Bindings section 3.4.4.1). It
// stops at the limit, whatever a small text may inflate to.
func inflate(text string) ([]byte, error) {
	packed, err := unwrap(text)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), int64(message.size)+1))
	if err != nil {
		return nil, errors.New("not raw DEFLATE")
	}
	return raw, nil
}

func deflate(raw []byte) (string, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("deflate: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return "", fmt.Errorf("deflate: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("deflate: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// parse reads a document into a tree, once it is known to be harmless.
func parse(raw []byte, b bounds) (*etree.Element, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if err := scan(raw, b); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.ReadSettings.MaxDepth = maxDepth + 1
	if err := doc.ReadFromBytes(raw); err != nil || doc.Root() == nil {
		return nil, errors.New("not well-formed XML")
	}
	return doc.Root(), nil
}

// scan goes through the tokens of a document and refuses what no honest message has, or has in such numbers.
func scan(raw []byte, b bounds) error {
	if len(raw) > b.size {
		return fmt.Errorf("longer than %d bytes", b.size)
	}
	if !utf8.Valid(raw) {
		return errors.New("not UTF-8")
	}
	s := scanner{bounds: b, ids: map[string]bool{}, prefixes: map[string]bool{}}
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.New("not well-formed XML in UTF-8")
		}
		if err := s.token(token); err != nil {
			return err
		}
	}
	if s.roots != 1 || s.depth != 0 {
		return errors.New("not one element")
	}
	return nil
}

type scanner struct {
	bounds
	seen, depth, roots int
	ids, prefixes      map[string]bool
}

func (s *scanner) token(token xml.Token) error {
	if s.seen++; s.seen > s.tokens {
		return fmt.Errorf("more than %d tokens", s.tokens)
	}
	switch t := token.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		s.depth--
	case xml.CharData:
		if s.depth == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text beside the element")
		}
	case xml.Comment:
		if !s.comments {
			return errors.New("a comment")
		}
	case xml.Directive:
		return errors.New("a document type declaration")
	case xml.ProcInst:
		if t.Target != "xml" || s.seen != 1 {
			return errors.New("a processing instruction")
		}
	}
	return nil
}

func (s *scanner) start(e xml.StartElement) error {
	if s.depth == 0 {
		s.roots++
	}
	if s.depth++; s.depth > maxDepth {
		return fmt.Errorf("deeper than %d elements", maxDepth)
	}
	if len(e.Attr) > maxAttributes {
		return fmt.Errorf("more than %d attributes of an element", maxAttributes)
	}
	if !isName(e.Name) {
		return errors.New("a name with more than one colon")
	}
	seen := make(map[xml.Name]bool, len(e.Attr))
	for _, a := range e.Attr {
		if seen[a.Name] {
			return errors.New("an attribute twice")
		}
		seen[a.Name] = true
		if err := s.attribute(a); err != nil {
			return err
		}
	}
	return nil
}

// attribute refuses what could make two readers see two documents: an ID that is there twice, or that is
// prefixed, so that some take it for the ID and some do not; and namespaces on which canonicalisation fails.
func (s *scanner) attribute(a xml.Attr) error {
	declares := a.Name.Space == "xmlns" || a.Name == xml.Name{Local: "xmlns"}
	switch {
	case !isName(a.Name):
		return errors.New("a name with more than one colon")
	case declares && !strings.Contains(a.Value, ":") && (a.Name.Space != "" || a.Value != ""):
		return errors.New("a namespace that is not an absolute URI")
	case declares:
		if s.prefixes[a.Name.Local] = true; len(s.prefixes) > maxPrefixes {
			return fmt.Errorf("more than %d namespace prefixes", maxPrefixes)
		}
	case a.Name.Space != "" && strings.EqualFold(a.Name.Local, "ID"):
		return errors.New("a prefixed ID")
	case strings.EqualFold(a.Name.Local, "ID"):
		if s.ids[a.Value] {
			return errors.New("an ID twice")
		}
		s.ids[a.Value] = true
	}
	return nil
}

func isName(n xml.Name) bool {
	return n.Local != "" && !strings.Contains(n.Local, ":") && !strings.Contains(n.Space, ":")
}

// encode writes an element without white space that nobody has signed.
func encode(e *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	doc.SetRoot(e)
	out, err := doc.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write XML: %w", err)
	}
	return out, nil
}
