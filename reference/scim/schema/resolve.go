package schema

import (
	"fmt"
	"strings"
)

// Ref is a resolved attribute path (RFC 7644 section 3.10).
type Ref struct {
	Extension *Schema    // nil for a core or common attribute
	Attribute *Attribute // nil when the path is the URN of an extension alone
	Sub       *Attribute // nil when the path names the whole attribute
}

// String prints the path in canonical spelling; a core attribute carries no URN.
func (r Ref) String() string {
	var b strings.Builder
	if r.Extension != nil {
		b.WriteString(r.Extension.URN)
		if r.Attribute != nil {
			b.WriteByte(':')
		}
	}
	if r.Attribute != nil {
		b.WriteString(r.Attribute.Name)
	}
	if r.Sub != nil {
		b.WriteString("." + r.Sub.Name)
	}
	return b.String()
}

// Container gives the object that holds the attribute: doc itself, or the extension's object in it.
// It is nil when doc has nothing of the extension.
func (r Ref) Container(doc map[string]any) map[string]any {
	if r.Extension == nil {
		return doc
	}
	inner, _ := doc[r.Extension.URN].(map[string]any)
	return inner
}

// Resolve resolves "[URN:]attr[.sub]", or the URN of an extension alone. URN, attribute and
// sub-attribute may be in any case (RFC 7644 section 3.10). An extension's attribute needs its URN.
// The error is a plain text for the caller to put under the keyword that fits.
func (t *Type) Resolve(path string) (Ref, error) {
	if t.Core.URN != "" && strings.EqualFold(path, t.Core.URN) {
		return Ref{}, fmt.Errorf("%q is a schema, not an attribute", path)
	}
	if extension := t.Extension(path); extension != nil {
		return Ref{Extension: extension}, nil
	}
	extension, rest := t.splitURN(path)
	name, sub, dotted := strings.Cut(rest, ".")
	attribute := t.lookup(extension, name)
	if attribute == nil {
		return Ref{}, fmt.Errorf("%s has no attribute %q", t.Name, path)
	}
	ref := Ref{Extension: extension, Attribute: attribute}
	if !dotted {
		return ref, nil
	}
	if ref.Sub = attribute.SubAttribute(sub); ref.Sub == nil {
		return Ref{}, fmt.Errorf("attribute %q has no sub-attribute %q", attribute.Name, sub)
	}
	return ref, nil
}

// ResolveLoose is Resolve for reading: an extension's attribute may go without its URN when no other
// schema of the type has an attribute of that name. RFC 7644 section 3.10 only says that clients
// SHOULD qualify it, and Entra ID's documented filter for references is an unqualified
// `id eq "…" and manager eq "…"`.
func (t *Type) ResolveLoose(path string) (Ref, error) {
	ref, err := t.Resolve(path)
	if err == nil || strings.Contains(path, ":") {
		return ref, err
	}
	name, _, _ := strings.Cut(path, ".")
	if t.Attribute(name) != nil {
		return ref, err // the attribute is known: it is its sub-attribute that is not
	}
	var found *Schema
	for i := range t.Extensions {
		if find(t.Extensions[i].Attributes, name) == nil {
			continue
		}
		if found != nil {
			return ref, err
		}
		found = &t.Extensions[i]
	}
	if found == nil {
		return ref, err
	}
	return t.Resolve(found.URN + ":" + path)
}

// splitURN cuts a known schema URN and its colon off the path. The longest URN wins, because one URN
// may begin another.
func (t *Type) splitURN(path string) (extension *Schema, rest string) {
	rest, length := path, 0
	if hasURN(path, t.Core.URN) {
		length = len(t.Core.URN)
		rest = path[length+1:]
	}
	for i := range t.Extensions {
		urn := t.Extensions[i].URN
		if len(urn) > length && hasURN(path, urn) {
			extension, length = &t.Extensions[i], len(urn)
			rest = path[length+1:]
		}
	}
	return extension, rest
}

func hasURN(path, urn string) bool {
	return urn != "" && len(path) > len(urn) && path[len(urn)] == ':' && strings.EqualFold(path[:len(urn)], urn)
}

func (t *Type) lookup(extension *Schema, name string) *Attribute {
	if extension != nil {
		return find(extension.Attributes, name)
	}
	return t.Attribute(name)
}
