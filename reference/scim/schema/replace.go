package schema

import "assay/reference/scim/scimerr"

// Retain prepares a canonical document, in place, that is about to replace another one, by the rules of
// RFC 7644 section 3.5.1 for attributes that are not readWrite:
//
//   - immutable: "If one or more values are already set for the attribute, the input value(s) MUST match";
//     the error is mutability where they do not. What is set stays as it is, also when there is no input.
//   - writeOnly: what is set stays when there is no input: the client cannot read it, so that leaving it
//     out says nothing, and the rule that what is omitted may be cleared is for readWrite attributes.
//
// The same goes for the parts of a singular complex attribute that both documents have. When its own
// mutability lets it go, its parts go with it, and so do those of a value of a multi-valued attribute.
func (t *Type) Retain(before, doc map[string]any) error {
	if f := retain(t.Core.Attributes, before, doc); f != nil {
		return f.mutability()
	}
	for i := range t.Extensions {
		e := &t.Extensions[i]
		old, _ := before[e.URN].(map[string]any)
		inner, _ := doc[e.URN].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		if f := retain(e.Attributes, old, inner); f != nil {
			return f.under(e.URN + ":").mutability()
		}
		if len(inner) > 0 {
			doc[e.URN] = inner
		}
	}
	return nil
}

func retain(attributes []Attribute, before, doc map[string]any) *fault {
	for i := range attributes {
		a := &attributes[i]
		old, given := before[a.Name], doc[a.Name]
		switch {
		case IsEmpty(old):
		case a.Mutability == Immutable && given != nil && !a.Matches(old, given):
			return faultf("is immutable and has another value").under(a.Name)
		case a.Mutability == Immutable, a.Mutability == WriteOnly && given == nil:
			doc[a.Name] = CloneValue(old)
		case a.Type == Complex && !a.MultiValued && given != nil:
			inner, _ := old.(map[string]any)
			element, _ := given.(map[string]any)
			if f := retain(a.Sub, inner, element); f != nil {
				return f.under(a.Name + ".")
			}
		}
	}
	return nil
}

func (f *fault) mutability() error { return scimerr.Mutability("%s: %s", f.path, f.text) }
