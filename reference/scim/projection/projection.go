// Package projection trims a resource to what the client asked for and may see: the "attributes" and
// "excludedAttributes" parameters (RFC 7644 section 3.9) and the "returned" characteristic (RFC 7643
// section 7).
package projection

import (
	"strings"

	"assay/reference/scim/schema"
)

// Apply gives the part of doc that is returned. The lists hold attribute paths, with or without URN
// and sub-attribute, in any case and with spaces around them; the URN of a schema alone stands for all
// its attributes, and names that the type does not define are ignored. The two parameters are mutually
// exclusive; when both are given, attributes wins.
//
//   - returned=always is there in any case, returned=never in none, and what the schema does not
//     define is not returned.
//   - returned=request is there when attributes names it, or, without attributes, when it is among those
//     that the request has written: "returned in response to any PUT, POST, or PATCH operations if the
//     attribute was specified by the client" (RFC 7643 section 7).
//   - A sub-attribute with returned=always comes along whenever its attribute is there.
//   - An extension of which nothing is returned disappears together with its URN in "schemas".
//
// doc is in the spelling of schema.Canonicalise and is not changed. The result shares values with it:
// read it, do not write to it.
func Apply(t *schema.Type, doc map[string]any, attributes, excludedAttributes []string, written ...string) map[string]any {
	s := newSelection(t, attributes, excludedAttributes)
	for _, path := range written {
		s.written[path] = true
	}
	out := make(map[string]any, len(doc))
	s.object(out, doc, "", t.Common)
	s.object(out, doc, "", t.Core.Attributes)
	for i := range t.Extensions {
		extension := &t.Extensions[i]
		inner, ok := doc[extension.URN].(map[string]any)
		if !ok {
			continue
		}
		part := make(map[string]any, len(inner))
		s.object(part, inner, extension.URN, extension.Attributes)
		if len(part) > 0 {
			out[extension.URN] = part
		}
	}
	trimSchemas(t, out)
	return out
}

// Wants tells whether Apply would return any part of the core or common attribute of this name, so
// that a server need not load "members" or "groups" in vain.
func Wants(t *schema.Type, attr string, attributes, excludedAttributes []string) bool {
	a := t.Attribute(attr)
	if a == nil {
		return false
	}
	return newSelection(t, attributes, excludedAttributes).attribute(a, "") != nothing
}

// extent is how much of an attribute is returned.
type extent int

const (
	nothing extent = iota
	part           // only some sub-attributes
	all
)

// selection is the two parameters, resolved. The keys of the sets are canonical: the URN of an
// extension, "URN:attr", "attr" and "attr.sub".
type selection struct {
	including bool            // attributes was given
	named     map[string]bool // what attributes, or else excludedAttributes, names
	partly    map[string]bool // attributes of which a sub-attribute is named
	written   map[string]bool // attributes that the request has written
}

func newSelection(t *schema.Type, attributes, excluded []string) *selection {
	s := &selection{named: map[string]bool{}, partly: map[string]bool{}, written: map[string]bool{}}
	names := excluded
	if hasName(attributes) {
		s.including, names = true, attributes
	}
	for _, name := range names {
		s.name(t, strings.TrimSpace(name))
	}
	return s
}

func hasName(names []string) bool {
	for _, name := range names {
		if strings.TrimSpace(name) != "" {
			return true
		}
	}
	return false
}

func (s *selection) name(t *schema.Type, path string) {
	if strings.EqualFold(path, t.Core.URN) {
		for i := range t.Core.Attributes {
			s.named[t.Core.Attributes[i].Name] = true
		}
		return
	}
	ref, err := t.ResolveLoose(path)
	if err != nil {
		return
	}
	s.named[ref.String()] = true
	if ref.Sub != nil {
		ref.Sub = nil
		s.partly[ref.String()] = true
	}
}

// object copies what is returned of the given attributes.
func (s *selection) object(out, doc map[string]any, urn string, attributes []schema.Attribute) {
	for i := range attributes {
		a := &attributes[i]
		value, present := doc[a.Name]
		if !present || value == nil {
			continue
		}
		extent := s.attribute(a, urn)
		if extent == nothing {
			continue
		}
		if a.Type == schema.Complex {
			value = s.complex(a, urn, value, extent)
		}
		if value != nil {
			out[a.Name] = value
		}
	}
}

// attribute decides about an attribute as a whole.
func (s *selection) attribute(a *schema.Attribute, urn string) extent {
	key := keyOf(a, urn)
	named := s.named[key] || urn != "" && s.named[urn]
	switch {
	case a.Returned == schema.Never:
		return nothing
	case a.Returned == schema.Always:
		return all
	case s.including && named:
		return all
	case s.including && s.partly[key]:
		return part
	case s.including, a.Returned == schema.Request && !s.written[key], named:
		return nothing
	}
	return all
}

// complex gives what is returned of a complex value, single or multi-valued; nil when that is nothing.
func (s *selection) complex(a *schema.Attribute, urn string, value any, extent extent) any {
	if element, ok := value.(map[string]any); ok {
		if kept := s.element(a, urn, element, extent); len(kept) > 0 {
			return kept
		}
		return nil
	}
	values := schema.Values(value)
	list := make([]any, 0, len(values))
	for _, item := range values {
		element, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if kept := s.element(a, urn, element, extent); len(kept) > 0 {
			list = append(list, kept)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func (s *selection) element(a *schema.Attribute, urn string, element map[string]any, extent extent) map[string]any {
	kept := make(map[string]any, len(element))
	for i := range a.Sub {
		sub := &a.Sub[i]
		value, present := element[sub.Name]
		if present && value != nil && s.sub(sub, keyOf(a, urn), extent) {
			kept[sub.Name] = value
		}
	}
	return kept
}

// sub decides about a sub-attribute of an attribute that is returned.
func (s *selection) sub(sub *schema.Attribute, parent string, extent extent) bool {
	named := len(s.named) > 0 && s.named[parent+"."+sub.Name] // mostly nothing is named, and joining names costs
	switch {
	case sub.Returned == schema.Never:
		return false
	case sub.Returned == schema.Always:
		return true
	case s.including && named:
		return true
	case extent == part, sub.Returned == schema.Request && (s.including || !s.written[parent]):
		return false
	}
	return s.including || !named
}

func keyOf(a *schema.Attribute, urn string) string {
	if urn == "" {
		return a.Name
	}
	return urn + ":" + a.Name
}

// trimSchemas drops the URNs of extensions that the result has nothing of: "schemas" names "the SCIM
// schemas that define the attributes present in the current JSON structure" (RFC 7643 section 3).
func trimSchemas(t *schema.Type, out map[string]any) {
	given := schema.Values(out["schemas"])
	if given == nil {
		return
	}
	kept := make([]any, 0, len(given))
	for _, item := range given {
		urn, _ := item.(string)
		extension := t.Extension(urn)
		if extension == nil {
			kept = append(kept, item)
			continue
		}
		if _, present := out[extension.URN]; present {
			kept = append(kept, item)
		}
	}
	out["schemas"] = kept
}
