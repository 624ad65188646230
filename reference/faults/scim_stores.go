package faults

import (
	"context"
	"iter"

	"assay/reference/directory"
)

// exactNames looks names up byte by byte.
func exactNames(next directory.Store) directory.Store { return &exactStore{next} }

// askedName is the name that a query asks for, if it asks for nothing else.
func askedName(q directory.Query) (string, bool) {
	test, ok := q.Where.(directory.FieldTest)
	if !ok || test.Field != directory.FieldName || test.Op != directory.Equal {
		return q.Name, q.Name != ""
	}
	name, ok := test.Value.(string)
	return name, ok
}

type exactStore struct{ directory.Store }

// List implements directory.Resources, wrongly.
func (s *exactStore) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	found := s.Store.List(ctx, tenant, q)
	name, ok := askedName(q)
	if !ok || q.Kind != directory.User {
		return found
	}
	return func(yield func(directory.Resource, error) bool) {
		for r, err := range found {
			if (err != nil || r.Name == name) && !yield(r, err) {
				return
			}
		}
	}
}
