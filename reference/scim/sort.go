package scim

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/reference/directory"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// order sorts resources by one attribute (RFC 7644 section 3.4.2.3).
type order struct {
	ref        schema.Ref
	leaf       *schema.Attribute
	descending bool
}

// newOrder resolves sortBy; no sortBy gives nil, which is the order of creation.
func newOrder(k *kind, sortBy string, descending bool) (*order, error) {
	if sortBy == "" {
		return nil, nil
	}
	ref, err := k.ResolveLoose(sortBy)
	if err != nil || ref.Attribute == nil {
		return nil, scimerr.InvalidValue("sortBy: %q is not an attribute of a %s", sortBy, k.Name)
	}
	o := &order{ref: ref, leaf: ref.Attribute, descending: descending}
	if ref.Attribute.Type == schema.Complex && ref.Sub == nil {
		ref.Sub = ref.Attribute.SubAttribute("value")
		o.ref = ref
	}
	if ref.Sub != nil {
		o.leaf = ref.Sub
	}
	if o.leaf.Type == schema.Complex || ref.Attribute.Returned == schema.Never || o.leaf.Returned == schema.Never {
		return nil, scimerr.InvalidValue("sortBy: resources cannot be sorted by %q", sortBy)
	}
	return o, nil
}

// field is what the store can order by in the same way; a nil order has none.
func (o *order) field(k *kind) (directory.Field, bool) {
	if o == nil || o.ref.Extension != nil {
		return "", false
	}
	field, ok := k.source().Fields[o.ref.String()]
	return field, ok
}

// refers tells whether the order needs the core attribute of this name.
func (o *order) refers(attribute string) bool {
	return o.ref.Extension == nil && o.ref.Attribute.Name == attribute
}

// key takes from a document the value that it is sorted by, in a form that compare can take; nil when
// there is none.
func (o *order) key(doc map[string]any) any {
	if o.ref.Extension != nil {
		doc, _ = doc[o.ref.Extension.URN].(map[string]any)
	}
	value := doc[o.ref.Attribute.Name]
	if o.ref.Attribute.MultiValued {
		value = leading(schema.Values(value))
	}
	if element, ok := value.(map[string]any); ok && o.ref.Sub != nil {
		value = element[o.ref.Sub.Name]
	}
	if text, ok := value.(string); ok && o.leaf.Type == schema.DateTime {
		if t, ok := schema.ParseTime(text); ok {
			return t.UnixNano()
		}
		return nil
	}
	text, ok := value.(string)
	if !ok {
		return value
	}
	return cut(o.leaf.Key(text))
}

// cut is what the order looks at of a text: a cursor carries it in a URL.
func cut(text string) string {
	if len(text) <= directory.MaxOrdered {
		return text
	}
	end := directory.MaxOrdered
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// leading is the primary value or else the first.
func leading(values []any) any {
	if at := slices.IndexFunc(values, schema.IsPrimary); at >= 0 {
		return values[at]
	}
	if len(values) > 0 {
		return values[0]
	}
	return nil
}

// keyed is a resource with its sort key.
type keyed struct {
	directory.Resource
	key any
}

// compare puts resources in order, and those with equal keys in the order of creation.
func (o *order) compare(a, b keyed) int {
	if c := o.byKey(a, b); c != 0 {
		return c
	}
	return cmp.Compare(a.Seq, b.Seq)
}

func (o *order) byKey(a, b keyed) int {
	if o.descending {
		a, b = b, a
	}
	return compareKeys(a.key, b.key)
}

// compareKeys puts what has no value last.
func compareKeys(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(rank(a == nil), rank(b == nil))
	}
	switch x := a.(type) {
	case string:
		y, _ := b.(string)
		return strings.Compare(x, y)
	case bool:
		y, _ := b.(bool)
		return cmp.Compare(rank(x), rank(y))
	}
	x, _ := schema.Number(a)
	y, _ := schema.Number(b)
	return x.Compare(y)
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}
