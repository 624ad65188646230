package sqlstore

import (
	"context"
	"fmt"
	"iter"

	"assay/reference/directory"
)

// chunk is how many resources a list reads at a time.
const chunk = 256

// List implements directory.Resources. It reads in chunks and holds no row open while the caller
// handles a resource: the caller may write to the Store inside the loop, and a slow caller keeps no
// old snapshot alive. A resource that is created or deleted meanwhile may or may not be seen; no
// resource comes twice and none that stays is left out.
func (s *Store) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	return func(yield func(directory.Resource, error) bool) {
		var last int64
		offset, left := max(q.Offset, 0), q.Limit
		for {
			size := chunk
			if q.Limit > 0 {
				size = min(size, left)
			}
			page, err := s.chunk(ctx, tenant, q, last, offset, size)
			if err != nil {
				yield(directory.Resource{}, fmt.Errorf("list %s: %w", q.Kind, err))
				return
			}
			for _, r := range page {
				if !yield(r.Resource, nil) {
					return
				}
				last = r.seq
			}
			left -= len(page)
			if len(page) < size || (q.Limit > 0 && left == 0) {
				return
			}
			offset = 0 // the next chunk starts behind last
		}
	}
}

func (s *Store) chunk(ctx context.Context, tenant string, q directory.Query, last int64, offset, size int) ([]stored, error) {
	where, args := conditions(tenant, q)
	args = append(args, last, size, offset)
	rows, err := s.read.QueryContext(ctx,
		`SELECT `+columns+` FROM resources WHERE `+where+` AND seq > ? ORDER BY seq LIMIT ? OFFSET ?`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []stored
	for rows.Next() {
		r, err := scanResource(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// Count implements directory.Resources.
func (s *Store) Count(ctx context.Context, tenant string, q directory.Query) (int, error) {
	where, args := conditions(tenant, q)
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM resources WHERE `+where, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Kind, err)
	}
	return n, nil
}

// conditions is the WHERE clause of a query. The values travel as arguments, never in the text.
func conditions(tenant string, q directory.Query) (string, []any) {
	where, args := `tenant = ? AND kind = ?`, []any{tenant, q.Kind}
	if q.ID != "" {
		where, args = where+` AND id = ?`, append(args, q.ID)
	}
	if q.ExternalID != "" {
		where, args = where+` AND external_id = ?`, append(args, q.ExternalID)
	}
	if q.Name != "" {
		where, args = where+` AND name_key = ?`, append(args, foldKey(q.Name))
	}
	if q.Email != "" {
		where, args = where+` AND email_key = ?`, append(args, foldKey(q.Email))
	}
	return where, args
}
