package schema

// StripReadOnly removes the read-only attributes and sub-attributes from a canonical document, in
// place: in a body that a client sends they "SHALL be ignored" (RFC 7644 section 3.5.1). What is left
// empty by that goes too.
func (t *Type) StripReadOnly(doc map[string]any) {
	stripReadOnly(t.Common, doc)
	stripReadOnly(t.Core.Attributes, doc)
	for i := range t.Extensions {
		inner, ok := doc[t.Extensions[i].URN].(map[string]any)
		if !ok {
			continue
		}
		stripReadOnly(t.Extensions[i].Attributes, inner)
		if len(inner) == 0 {
			delete(doc, t.Extensions[i].URN)
		}
	}
}

// StripReadOnly removes the read-only sub-attributes from a canonical value of the attribute, in place.
func (a *Attribute) StripReadOnly(value any) {
	if a.Type != Complex {
		return
	}
	for _, item := range Values(value) {
		if element, ok := item.(map[string]any); ok {
			stripReadOnly(a.Sub, element)
		}
	}
}

func stripReadOnly(attributes []Attribute, doc map[string]any) {
	for i := range attributes {
		a := &attributes[i]
		value, present := doc[a.Name]
		if !present {
			continue
		}
		if a.Mutability == ReadOnly {
			delete(doc, a.Name)
			continue
		}
		a.StripReadOnly(value)
		if element, ok := value.(map[string]any); ok && len(element) == 0 {
			delete(doc, a.Name)
		}
	}
}

// CheckRequired fails with invalidValue when the canonical document lacks a required attribute that a
// client may write, or has it as an empty string. A required sub-attribute is wanted in each value
// that is there, a required attribute of an extension only when the extension is there, and a required
// extension always: "a resource of this type MUST include this schema extension and also include any
// attributes declared as required in this schema extension" (RFC 7643 section 6).
func (t *Type) CheckRequired(doc map[string]any) error {
	if f := missing(t.Common, doc); f != nil {
		return f.err()
	}
	if f := missing(t.Core.Attributes, doc); f != nil {
		return f.err()
	}
	for i := range t.Extensions {
		inner, ok := doc[t.Extensions[i].URN].(map[string]any)
		if !ok && t.Extensions[i].Required {
			return faultf("is required").under(t.Extensions[i].URN).err()
		}
		if !ok {
			continue
		}
		if f := missing(t.Extensions[i].Attributes, inner); f != nil {
			return f.under(t.Extensions[i].URN + ":").err()
		}
	}
	return nil
}

// CheckRequired fails with invalidValue when a value of the attribute lacks a required sub-attribute.
func (a *Attribute) CheckRequired(value any) error {
	if a.Type != Complex {
		return nil
	}
	for _, item := range Values(value) {
		element, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if f := missing(a.Sub, element); f != nil {
			return f.under(a.Name + ".").err()
		}
	}
	return nil
}

func missing(attributes []Attribute, doc map[string]any) *fault {
	for i := range attributes {
		a := &attributes[i]
		value, present := doc[a.Name]
		if a.Required && a.Mutability != ReadOnly && (!present || IsEmpty(value)) {
			return faultf("is required").under(a.Name)
		}
		if a.Type != Complex {
			continue
		}
		for _, item := range Values(value) {
			element, _ := item.(map[string]any)
			if f := missing(a.Sub, element); f != nil {
				return f.under(a.Name + ".")
			}
		}
	}
	return nil
}

// IsEmpty tells whether a value counts as none: null, "", an empty array, or an object or array with
// nothing but such values in it (RFC 7643 section 2.5; RFC 7644 table 3, "pr").
func IsEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		for _, item := range v {
			if !IsEmpty(item) {
				return false
			}
		}
		return true
	}
	if !isList(value) {
		return false
	}
	for _, item := range Values(value) {
		if !IsEmpty(item) {
			return false
		}
	}
	return true
}
