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
// resource comes twice and none that stays is left out, except where a change moves it in the order of the query.
func (s *Store) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	return func(yield func(directory.Resource, error) bool) {
		err := s.list(ctx, tenant, q, func(r directory.Resource) bool { return yield(r, nil) })
		if err != nil && s.dialect.violation(err) != unstorable { // nothing can be equal to what is unstorable
			yield(directory.Resource{}, fmt.Errorf("list %s: %w", q.Kind, err))
		}
	}
}

func (s *Store) list(ctx context.Context, tenant string, q directory.Query, visit func(directory.Resource) bool) error {
	offset, left := max(q.Offset, 0), q.Limit
	parts, err := segments(q)
	for err == nil && len(parts) > 0 {
		size := chunk
		if q.Limit > 0 {
			size = min(size, left)
		}
		var page []directory.Resource
		if page, err = s.chunk(ctx, tenant, q, parts[0], offset, size); err != nil {
			return err
		}
		for _, r := range page {
			if !visit(r) {
				return nil
			}
		}
		if left -= len(page); q.Limit > 0 && left == 0 {
			return nil
		}
		switch {
		case len(page) == size:
			q, offset = behind(q, page[size-1]), 0
			parts, err = segments(q)
		case len(parts) == 1:
			return nil
		default:
			offset, err = s.remaining(ctx, tenant, q, parts[0], offset, len(page))
			parts = parts[1:]
		}
	}
	return err
}

// remaining is what an offset leaves out of the segments behind one that had this many resources beyond it.
func (s *Store) remaining(ctx context.Context, tenant string, q directory.Query, part segment, offset, found int) (int, error) {
	if offset == 0 || found > 0 {
		return 0, nil
	}
	n, err := s.count(ctx, tenant, q, part)
	return max(offset-n, 0), err
}

func (s *Store) chunk(ctx context.Context, tenant string, q directory.Query, part segment, offset, size int) ([]directory.Resource, error) {
	query, args, err := s.selection(tenant, q, part)
	if err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, query, append(args, size, offset)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []directory.Resource
	for rows.Next() {
		r, err := scanResource(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, r.Resource)
	}
	return page, rows.Err()
}

// selection is the statement that reads a segment. Its last two arguments, which are missing, are limit and offset.
func (s *Store) selection(tenant string, q directory.Query, part segment) (string, []any, error) {
	where, args, err := s.conditions(tenant, q)
	by := part.by
	if q.Order == nil && selective(q.Where) {
		by = `+` + by // no index has an expression: SQLite cannot prefer one for the sake of the order
	}
	return `SELECT ` + columns + ` FROM resources WHERE ` + where + part.where + ` ORDER BY ` + by + ` LIMIT ? OFFSET ?`,
		append(args, part.args...), err
}

// Count implements directory.Resources.
func (s *Store) Count(ctx context.Context, tenant string, q directory.Query) (int, error) {
	n, err := s.count(ctx, tenant, q, segment{})
	if s.dialect.violation(err) == unstorable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Kind, err)
	}
	return n, nil
}

func (s *Store) count(ctx context.Context, tenant string, q directory.Query, part segment) (n int, err error) {
	where, args, err := s.conditions(tenant, q)
	if err != nil {
		return 0, err
	}
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM resources WHERE `+where+part.where, append(args, part.args...)...).Scan(&n)
	return n, err
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
