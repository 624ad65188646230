package faults

import (
	"context"
	"iter"

	"assay/reference/directory"
)

// exactNames looks names up byte by byte.
func exactNames(next directory.Store) directory.Store { return &exactStore{next} }

type exactStore struct{ directory.Store }

// List implements directory.Resources, wrongly.
func (s *exactStore) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	found := s.Store.List(ctx, tenant, q)
	if q.Name == "" || q.Kind != directory.User {
		return found
	}
	return func(yield func(directory.Resource, error) bool) {
		for r, err := range found {
			if (err != nil || r.Name == q.Name) && !yield(r, err) {
				return
			}
		}
	}
}
