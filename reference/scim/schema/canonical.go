package schema

import (
	"fmt"
	"strings"

	"assay/reference/scim/scimerr"
)

// fault is a value that does not fit; path grows from the inside out while it travels up.
// The value itself is never part of it, because it may be a password.
type fault struct {
	path string
	text string
}

func (f *fault) under(name string) *fault {
	f.path = name + f.path
	return f
}

func (f *fault) err() error {
	return scimerr.InvalidValue("%s: %s", f.path, f.text)
}

func faultf(format string, args ...any) *fault {
	return &fault{text: fmt.Sprintf(format, args...)}
}

// Canonicalise gives a new document in canonical spelling; doc is not changed. Attribute names and
// extension URNs are folded from any case (RFC 7643 section 2.1), attributes that the type does not
// define are dropped, and so are unassigned ones: null, [] and {} (section 2.5). Values are checked
// against their type (section 2.3), a multi-valued attribute must be an array with at most one
// primary value (section 2.4). Integers become int64, decimals a json.Number with a fraction, a dateTime
// without a zone gets the one that it is taken for, UTC.
//
// Errors are *scimerr.Error: invalidValue naming the attribute, or invalidSyntax when one attribute
// is given twice in different case. They never quote a value.
func (t *Type) Canonicalise(doc map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(doc))
	for key, value := range doc {
		name, clean, err := t.member(key, value)
		if err != nil {
			return nil, err
		}
		if name == "" {
			continue
		}
		if _, twice := out[name]; twice {
			return nil, scimerr.InvalidSyntax("attribute %q is given twice", name)
		}
		out[name] = clean
	}
	for name, value := range out {
		if value == nil {
			delete(out, name)
		}
	}
	return out, nil
}

// member gives the canonical name and value of one member of a resource; name is "" when the type
// does not define it, the value nil when it is unassigned.
func (t *Type) member(key string, value any) (name string, clean any, err error) {
	if extension := t.Extension(key); extension != nil {
		clean, f := canonicalObject(extension.Attributes, value)
		if f != nil {
			f.path = strings.Replace(f.path, ".", ":", 1) // "URN:attr", not "URN.attr"
			return "", nil, f.under(extension.URN).err()
		}
		return extension.URN, clean, nil
	}
	attribute := t.Attribute(key)
	if attribute == nil {
		return "", nil, nil
	}
	clean, err = attribute.Value(value)
	return attribute.Name, clean, err
}

// Value gives the canonical form of an attribute's whole value, nil when it is unassigned. Errors are
// *scimerr.Error with invalidValue.
func (a *Attribute) Value(v any) (any, error) {
	clean, f := a.value(v)
	if f != nil {
		return nil, f.under(a.Name).err()
	}
	return clean, nil
}

// Element gives the canonical form of one value of a multi-valued attribute, or of the value of a
// singular one; nil when it is unassigned. Errors are *scimerr.Error with invalidValue.
func (a *Attribute) Element(v any) (any, error) {
	clean, f := a.element(v)
	if f != nil {
		return nil, f.under(a.Name).err()
	}
	return clean, nil
}

func (a *Attribute) value(v any) (any, *fault) {
	if !a.MultiValued || v == nil {
		return a.element(v)
	}
	if !isList(v) {
		return nil, faultf("an array is wanted, not %s", describe(v))
	}
	given := Values(v)
	list := make([]any, 0, len(given))
	for i, item := range given {
		if item == nil {
			return nil, faultf("a value is null").under(fmt.Sprintf("[%d]", i))
		}
		clean, f := a.element(item)
		if f != nil {
			return nil, f.under(fmt.Sprintf("[%d]", i))
		}
		if clean != nil {
			list = append(list, clean)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	if countPrimary(list) > 1 {
		return nil, faultf("more than one value is primary")
	}
	return list, nil
}

func (a *Attribute) element(v any) (any, *fault) {
	if v == nil {
		return nil, nil
	}
	if a.Type == Complex {
		return canonicalObject(a.Sub, v)
	}
	return scalar(a.Type, v)
}

// canonicalObject canonicalises a JSON object by the given definitions; nil when nothing of it is left.
func canonicalObject(attributes []Attribute, v any) (any, *fault) {
	if v == nil {
		return nil, nil
	}
	given, ok := v.(map[string]any)
	if !ok {
		return nil, faultf("an object is wanted, not %s", describe(v))
	}
	seen := make(map[string]bool, len(given))
	out := make(map[string]any, len(given))
	for key, item := range given {
		a := find(attributes, key)
		if a == nil {
			continue
		}
		if seen[a.Name] {
			return nil, faultf("is given twice").under("." + a.Name)
		}
		seen[a.Name] = true
		clean, f := a.value(item)
		if f != nil {
			return nil, f.under("." + a.Name)
		}
		if clean != nil {
			out[a.Name] = clean
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func countPrimary(list []any) int {
	n := 0
	for _, item := range list {
		if IsPrimary(item) {
			n++
		}
	}
	return n
}

// IsPrimary tells whether a value of a multi-valued attribute is marked primary (RFC 7643 section 2.4).
func IsPrimary(value any) bool {
	element, _ := value.(map[string]any)
	primary, _ := element["primary"].(bool)
	return primary
}
