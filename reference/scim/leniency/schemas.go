package leniency

import (
	"slices"
	"strings"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// Schemas rewrites the "schemas" of a POST or PUT: URNs that the type does not have are left out, and
// the core schema of an older protocol becomes that of this one. A list without any core schema is left
// without, for the caller to refuse.
func (r *Request) Schemas(t *schema.Type, urns []any) ([]any, error) {
	core := slices.ContainsFunc(urns, func(urn any) bool { return isURN(urn, t.Core.URN) })
	kept := make([]any, 0, len(urns))
	for _, each := range urns {
		urn, _ := each.(string)
		switch {
		case isURN(urn, t.Core.URN) || t.Extension(urn) != nil:
			kept = append(kept, each)
		case !core && isLegacyCore(urn):
			refusal := scimerr.InvalidSyntax("schemas: %s is missing", t.Core.URN)
			if err := r.require(LegacyCoreSchema, refusal); err != nil {
				return nil, err
			}
			core = true
			kept = append(kept, t.Core.URN)
		default:
			refusal := scimerr.InvalidValue("schemas: %s has no schema %.120q", t.Name, urn)
			if err := r.require(ForeignSchema, refusal); err != nil {
				return nil, err
			}
		}
	}
	return kept, nil
}

func isURN(given any, urn string) bool {
	s, ok := given.(string)
	return ok && strings.EqualFold(s, urn)
}

// isLegacyCore knows the core schema of SCIM 1.1, and that of its URN space with a 2.0 as OneLogin's
// templates have it.
func isLegacyCore(urn string) bool {
	return strings.EqualFold(urn, "urn:scim:schemas:core:1.0") || strings.EqualFold(urn, "urn:scim:schemas:core:2.0")
}
