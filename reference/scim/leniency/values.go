package leniency

import (
	"strings"

	"assay/reference/scim/schema"
)

// parseBoolean reads "True", "False" and their other spellings; anything else is no boolean.
func parseBoolean(s string) (value, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// Resource rewrites the body of a POST or PUT, in place.
func (r *Request) Resource(t *schema.Type, doc map[string]any) error {
	for key, value := range doc {
		var err error
		if extension := t.Extension(key); extension != nil {
			doc[key], err = r.object(extension.Attributes, value)
		} else if a := t.Attribute(key); a != nil {
			doc[key], err = r.value(a, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// object rewrites a JSON object in place by the definitions of its members; anything else comes back
// as it is, but for "".
func (r *Request) object(attributes []schema.Attribute, value any) (any, error) {
	if value == "" {
		return r.emptied(value)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value, nil
	}
	for key, item := range object {
		a := attributeNamed(attributes, key)
		if a == nil {
			continue
		}
		var err error
		if object[key], err = r.value(a, item); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func attributeNamed(attributes []schema.Attribute, name string) *schema.Attribute {
	for i := range attributes {
		if strings.EqualFold(attributes[i].Name, name) {
			return &attributes[i]
		}
	}
	return nil
}

// emptied is what "" becomes: nothing, if that is forgiven.
func (r *Request) emptied(value any) (any, error) {
	forgiven, err := r.Forgive(EmptyText)
	if err != nil || !forgiven {
		return value, err
	}
	return nil, nil
}

// value rewrites the whole value of an attribute.
func (r *Request) value(a *schema.Attribute, value any) (any, error) {
	if a.Mutability == schema.ReadOnly { // it is ignored or refused, whatever its form
		return value, nil
	}
	if !a.MultiValued {
		return r.singular(a, value)
	}
	switch v := value.(type) {
	case []any:
		return r.list(a, v)
	case map[string]any:
		return r.objectForList(a, v)
	case string:
		if v == "" && clearable(a) {
			return r.emptied(value)
		}
	}
	return value, nil
}

// clearable tells whether "" may unassign the attribute. A required one it may not, and nothing whose
// values are immutable: a slip in the "value" of a member must not empty a group.
func clearable(a *schema.Attribute) bool {
	if a.Required || a.Mutability == schema.Immutable {
		return false
	}
	value := a.SubAttribute("value")
	return value == nil || !value.Required && value.Mutability != schema.Immutable
}

func (r *Request) objectForList(a *schema.Attribute, value map[string]any) (any, error) {
	if a.Type != schema.Complex {
		return value, nil
	}
	forgiven, err := r.Forgive(ObjectForList)
	if err != nil || !forgiven {
		return value, err
	}
	return r.list(a, []any{value})
}

// list rewrites the values of a multi-valued attribute. One that is "", or whose "value" is, is left out.
func (r *Request) list(a *schema.Attribute, given []any) (any, error) {
	kept := make([]any, 0, len(given))
	for _, item := range given {
		hollow := clearable(a) && isHollow(item)
		clean, err := r.element(a, item)
		if err != nil {
			return nil, err
		}
		if hollow {
			forgiven, err := r.Forgive(EmptyText)
			if err != nil {
				return nil, err
			}
			if forgiven {
				continue
			}
		}
		kept = append(kept, clean)
	}
	return kept, nil
}

func isHollow(item any) bool {
	if item == "" {
		return true
	}
	element, _ := item.(map[string]any)
	for key, value := range element {
		if strings.EqualFold(key, "value") && value == "" {
			return true
		}
	}
	return false
}

// element rewrites one value of a multi-valued attribute, or what a value filter selects.
func (r *Request) element(a *schema.Attribute, value any) (any, error) {
	if a.Type == schema.Complex {
		return r.object(a.Sub, value)
	}
	return r.scalar(a, value)
}

// singular rewrites the value of a singular attribute.
func (r *Request) singular(a *schema.Attribute, value any) (any, error) {
	if a.Type != schema.Complex {
		return r.scalar(a, value)
	}
	if a.SubAttribute("value") == nil {
		return r.object(a.Sub, value)
	}
	if isHollow(value) && clearable(a) {
		return r.emptied(value)
	}
	switch v := value.(type) {
	case string:
		return r.reference(value, func() (any, error) { return reference(a, v), nil })
	case []any:
		if len(v) == 1 {
			return r.reference(value, func() (any, error) { return r.singular(a, v[0]) })
		}
	}
	return r.object(a.Sub, value)
}

// reference is the complex form of a value that came alone. Where it replaces another one, a $ref to that
// must not stay.
func reference(a *schema.Attribute, value string) map[string]any {
	out := map[string]any{"value": value}
	if a.SubAttribute("$ref") != nil {
		out["$ref"] = nil
	}
	return out
}

func (r *Request) reference(value any, rewritten func() (any, error)) (any, error) {
	forgiven, err := r.Forgive(ReferenceForm)
	if err != nil || !forgiven {
		return value, err
	}
	return rewritten()
}

func (r *Request) scalar(a *schema.Attribute, value any) (any, error) {
	s, ok := value.(string)
	if !ok {
		return value, nil
	}
	if s == "" && clearable(a) {
		return r.emptied(value)
	}
	if a.Type != schema.Boolean {
		return value, nil
	}
	boolean, ok := parseBoolean(s)
	if !ok {
		return value, nil
	}
	forgiven, err := r.Forgive(TextBoolean)
	if err != nil || !forgiven {
		return value, err
	}
	return boolean, nil
}
