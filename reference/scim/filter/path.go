package filter

import (
	"strings"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// Path is the target of a PATCH operation (RFC 7644 figure 7). It is one of
//
//	extension URN                       only Extension
//	[URN:]attr                          Attribute
//	[URN:]attr.sub                      Attribute, Sub
//	[URN:]attr[filter]                  Attribute, Filter
//	[URN:]attr[filter].sub              Attribute, Filter, Sub
type Path struct {
	Extension string            // URN of the extension in canonical spelling, "" for core and common attributes
	Attribute *schema.Attribute // nil when the path is an extension URN alone
	Filter    *ValueFilter      // nil when there are no brackets
	Sub       *schema.Attribute // nil when the path ends with the attribute or the brackets
}

// ParsePath parses the path of a PATCH operation. Errors are *scimerr.Error: invalidFilter for what is
// wrong between the brackets, invalidPath for everything else (RFC 7644 table 9). An attribute of an
// extension needs its URN. The limits of Parse hold.
func ParsePath(text string, t *schema.Type) (*Path, error) {
	if len(text) > MaxLength {
		return nil, scimerr.InvalidPath("the path is longer than %d bytes", MaxLength)
	}
	if err := checkText(text); err != nil {
		return nil, scimerr.InvalidPath("the path is not UTF-8")
	}
	open := strings.IndexByte(text, '[')
	if open < 0 {
		return plainPath(text, t)
	}
	path, err := plainPath(text[:open], t)
	if err != nil {
		return nil, err
	}
	if path.Attribute == nil || path.Sub != nil || !path.Attribute.MultiValued {
		return nil, scimerr.InvalidPath("path %s: only a multi-valued attribute takes a value filter", quote(text))
	}
	return path.withFilter(text, open)
}

func plainPath(text string, t *schema.Type) (*Path, error) {
	ref, err := t.Resolve(text)
	if err != nil {
		return nil, scimerr.InvalidPath("path %s: %s has no such attribute", quote(text), t.Name)
	}
	path := &Path{Attribute: ref.Attribute, Sub: ref.Sub}
	if ref.Extension != nil {
		path.Extension = ref.Extension.URN
	}
	return path, nil
}

// withFilter parses the brackets, which begin at offset open, and the sub-attribute after them.
func (p *Path) withFilter(text string, open int) (*Path, error) {
	parser := &parser{lexer: lexer{text: text, pos: open + 1}, scope: valueScope{p.Attribute}, depth: 1}
	if err := parser.advance(); err != nil {
		return nil, err
	}
	root, err := parser.or()
	if err != nil {
		return nil, err
	}
	if !parser.tok.symbol("]") {
		return nil, failf(parser.tok.pos, `"]" is expected, not %s`, parser.tok)
	}
	p.Filter = &ValueFilter{attribute: p.Attribute, root: root}
	rest := text[parser.lexer.pos:]
	if rest == "" {
		return p, nil
	}
	if rest[0] != '.' {
		return nil, scimerr.InvalidPath("path: %s is not expected after the value filter", quote(rest))
	}
	if p.Sub = p.Attribute.SubAttribute(rest[1:]); p.Sub == nil {
		return nil, scimerr.InvalidPath("path: %s has no sub-attribute %s", p.Attribute.Name, quote(rest[1:]))
	}
	return p, nil
}

// String prints the path in canonical spelling.
func (p *Path) String() string {
	var b strings.Builder
	b.WriteString(p.Extension)
	if p.Attribute != nil {
		if p.Extension != "" {
			b.WriteByte(':')
		}
		b.WriteString(p.Attribute.Name)
	}
	if p.Filter != nil {
		b.WriteString("[" + p.Filter.String() + "]")
	}
	if p.Sub != nil {
		b.WriteString("." + p.Sub.Name)
	}
	return b.String()
}
