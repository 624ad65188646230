package patch

import (
	"slices"
	"strings"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

func isSchemas(path *filter.Path) bool { return targets(path, "schemas") }

// applySchemas applies an operation on "schemas". That attribute follows from what a resource has, so the
// operation is done to that: a URN that goes takes the attributes of its extension along, and one that
// comes changes nothing until it has some. This is the state that "subsequent operations SHALL assume"
// (RFC 7644 section 3.5.2).
func (o Operation) applySchemas(t *schema.Type, doc map[string]any, path *filter.Path) error {
	present := []any{t.Core.URN}
	for i := range t.Extensions {
		if urn := t.Extensions[i].URN; doc[urn] != nil {
			present = append(present, urn)
		}
	}
	s := step{op: o.Op, path: path, value: o.Value}
	next, err := s.next(present)
	if err != nil {
		return err
	}
	named := func(urn string) bool {
		return slices.ContainsFunc(schema.Values(next), func(item any) bool { return strings.EqualFold(item.(string), urn) })
	}
	if !named(t.Core.URN) {
		return scimerr.Mutability("schemas: %s cannot be removed, it is what makes the resource a %s", t.Core.URN, t.Name)
	}
	for _, item := range schema.Values(next) {
		if urn := item.(string); !strings.EqualFold(urn, t.Core.URN) && t.Extension(urn) == nil {
			return scimerr.InvalidValue("schemas: %q is not a schema of %s", urn, t.Name)
		}
	}
	for i := range t.Extensions {
		if urn := t.Extensions[i].URN; doc[urn] != nil && !named(urn) {
			if err := (Operation{Op: Remove}).applyExtension(t, doc, urn); err != nil {
				return err
			}
		}
	}
	return nil
}
