package patch

import (
	"encoding/json"

	"assay/reference/scim/schema"
)

// index finds the value of a multi-valued attribute that a given value counts as. Values that have a
// "value" are the same when that agrees and their "type" does; a missing type agrees with any. Values
// without one are the same when everything but "primary" agrees.
type index struct {
	attribute *schema.Attribute
	exact     map[identity]int
	first     map[string]int // by key alone
}

// identity is what tells one value from another. label is the type, "" when there is none.
type identity struct{ key, label string }

func newIndex(a *schema.Attribute, values []any) *index {
	x := &index{attribute: a, exact: make(map[identity]int, len(values)), first: make(map[string]int, len(values))}
	for i, value := range values {
		x.put(i, value)
	}
	return x
}

func (x *index) put(i int, value any) {
	id := x.identity(value)
	if untyped := (identity{key: id.key}); id.label != "" {
		if j, known := x.exact[untyped]; known && j == i { // it has got its type just now
			delete(x.exact, untyped)
		}
	}
	if _, known := x.exact[id]; !known {
		x.exact[id] = i
	}
	if _, known := x.first[id.key]; !known {
		x.first[id.key] = i
	}
}

func (x *index) find(value any) (int, bool) {
	id := x.identity(value)
	if id.label == "" {
		i, known := x.first[id.key]
		return i, known
	}
	if i, known := x.exact[id]; known {
		return i, true
	}
	i, known := x.exact[identity{key: id.key}]
	return i, known
}

func (x *index) identity(value any) identity {
	element, ok := value.(map[string]any)
	if !ok {
		return identity{key: fingerprint(x.attribute.Normal(value))}
	}
	if element["value"] == nil {
		return identity{key: x.fingerprint(element, func(name string) bool { return name != "primary" })}
	}
	id := identity{key: x.fingerprint(element, func(name string) bool { return name == "value" })}
	if label, _ := element["type"].(string); label != "" {
		id.label = schema.Fold(label)
	}
	return id
}

// fingerprint gives equal strings for values that are equal in the sub-attributes to keep.
func (x *index) fingerprint(element map[string]any, keep func(name string) bool) string {
	parts := make([]any, 0, 2*len(element))
	for i := range x.attribute.Sub {
		sub := &x.attribute.Sub[i]
		if part := element[sub.Name]; part != nil && keep(sub.Name) {
			parts = append(parts, sub.Name, sub.Normal(part))
		}
	}
	return fingerprint(parts)
}

func fingerprint(value any) string {
	text, err := json.Marshal(value)
	if err != nil { // canonical values always marshal; what is not canonical equals nothing
		return ""
	}
	return string(text)
}
