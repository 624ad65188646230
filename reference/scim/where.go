package scim

import (
	"assay/reference/directory"
	"assay/reference/scim/filter"
)

// source says where the store keeps the attributes of a document, as represent.go makes it. What of it
// becomes a field is what attributes.go fills in.
func (k *kind) source() filter.Source {
	s := filter.Source{
		Fields: map[string]directory.Field{
			"id": directory.FieldID, "externalId": directory.FieldExternalID, k.name: directory.FieldName,
			"meta.created": directory.FieldCreated, "meta.lastModified": directory.FieldModified,
		},
		Links:     k.membership(),
		Constants: map[string]string{"meta.resourceType": k.Name},
	}
	if k.Kind == directory.User {
		s.Fields["active"] = directory.FieldActive
		s.Emails = "emails"
	}
	return s
}

// query translates a filter, of which nil selects everything, for the store. When exact is false, it
// selects more than the filter does.
func (k *kind) query(f *filter.Filter) (q directory.Query, exact bool) {
	q = directory.Query{Kind: k.Kind}
	if f == nil {
		return q, true
	}
	q.Where, exact = f.Condition(k.source())
	return q, exact
}
