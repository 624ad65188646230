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
		offset, left := max(q.Offset, 0), q.Limit
		for {
			size := chunk
			if q.Limit > 0 {
				size = min(size, left)
			}
			page, err := s.chunk(ctx, tenant, q, offset, size)
			if s.dialect.violation(err) == unstorable {
				return // nothing can be equal to it
			}
			if err != nil {
				yield(directory.Resource{}, fmt.Errorf("list %s: %w", q.Kind, err))
				return
			}
			for _, r := range page {
				if !yield(r.Resource, nil) {
					return
				}
				if q.Reverse {
					q.Before = r.seq
				} else {
					q.After = r.seq
				}
			}
			left -= len(page)
			if len(page) < size || (q.Limit > 0 && left == 0) {
				return
			}
			offset = 0 // the next chunk starts behind the last resource
		}
	}
}

func (s *Store) chunk(ctx context.Context, tenant string, q directory.Query, offset, size int) ([]stored, error) {
	where, args, err := s.conditions(tenant, q)
	if err != nil {
		return nil, err
	}
	order := `seq`
	if selective(q.Where) {
		order = `+seq` // no index has an expression: SQLite cannot prefer one for the sake of the order
	}
	if q.Reverse {
		order += ` DESC`
	}
	rows, err := s.read.QueryContext(ctx,
		`SELECT `+columns+` FROM resources WHERE `+where+` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, size, offset)...)
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
	where, args, err := s.conditions(tenant, q)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Kind, err)
	}
	var n int
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM resources WHERE `+where, args...).Scan(&n)
	if s.dialect.violation(err) == unstorable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Kind, err)
	}
	return n, nil
}

// conditions is the WHERE clause of a query. The values travel as arguments, never in the text.
func (s *Store) conditions(tenant string, q directory.Query) (string, []any, error) {
	c := &clause{tenant: tenant, kind: q.Kind, dialect: s.dialect, docs: s.dialect.documents()}
	c.add(`tenant = ? AND kind = ?`, tenant, q.Kind)
	if q.ID != "" {
		c.add(` AND id = ?`, q.ID)
	}
	if q.ExternalID != "" {
		c.add(` AND external_id = ?`, q.ExternalID)
	}
	if q.Name != "" {
		c.add(` AND name_key = ?`, directory.NameKey(q.Kind, q.Name))
	}
	if q.Email != "" {
		c.add(` AND email_key = ?`, directory.FoldKey(q.Email))
	}
	if q.After > 0 {
		c.add(` AND seq > ?`, q.After)
	}
	if q.Before > 0 {
		c.add(` AND seq < ?`, q.Before)
	}
	if q.Where == nil {
		return c.String(), c.args, nil
	}
	c.add(` AND `)
	err := c.condition("", q.Where)
	return c.String(), c.args, err
}
