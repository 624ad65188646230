package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"assay/reference/directory"
)

// edit is the directory.Edit of a write transaction. It ignores the cancellation of contexts: see
// writer.do.
type edit struct {
	store   *Store
	conn    conn
	tenant  string
	group   int64
	changed bool
	// What the edit comes to, by id. A member that was added and removed again is in neither.
	removed []string
	joined  map[string]int // with its place among all that joined
	joins   int
}

const memberColumns = `r.id, r.kind, r.display`

// Members implements directory.Edit.
func (e *edit) Members(ctx context.Context) ([]directory.Member, error) {
	rows, err := e.conn.QueryContext(context.WithoutCancel(ctx), `SELECT `+memberColumns+`
		FROM members m JOIN resources r ON r.seq = m.member WHERE m.grp = ? ORDER BY m.pos`, e.group)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	defer rows.Close()
	var members []directory.Member
	for rows.Next() {
		var m directory.Member
		if err := rows.Scan(&m.ID, &m.Kind, &m.Display); err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		members = append(members, m)
	}
	return members, rows.Err()
}

// AddMembers implements directory.Edit. Only the ID of a member is looked at. One that the tenant
// does not have yields an error that wraps directory.ErrNotFound.
func (e *edit) AddMembers(ctx context.Context, members ...directory.Member) error {
	ctx = context.WithoutCancel(ctx)
	for _, m := range members {
		if err := e.add(ctx, m.ID); err != nil {
			return fmt.Errorf("add member %q: %w", m.ID, err)
		}
	}
	return nil
}

func (e *edit) add(ctx context.Context, id string) error {
	var seq int64
	err := e.conn.QueryRowContext(ctx, `SELECT seq FROM resources WHERE tenant = ? AND id = ?`, e.tenant, id).Scan(&seq)
	if err != nil {
		return e.store.notFound(err)
	}
	fresh, err := e.exec(ctx, `INSERT INTO members (grp, member) VALUES (?, ?) ON CONFLICT DO NOTHING`, e.group, seq)
	if fresh {
		if e.joined == nil {
			e.joined = map[string]int{}
		}
		e.joins++
		e.joined[id] = e.joins
	}
	return err
}

// RemoveMembers implements directory.Edit.
func (e *edit) RemoveMembers(ctx context.Context, ids ...string) error {
	ctx = context.WithoutCancel(ctx)
	for _, id := range ids {
		if !e.store.dialect.storable(id) {
			continue // nobody has this id; asking for it would spoil the transaction
		}
		gone, err := e.exec(ctx, `DELETE FROM members WHERE grp = ?
			AND member = (SELECT seq FROM resources WHERE tenant = ? AND id = ?)`, e.group, e.tenant, id)
		if err != nil {
			return fmt.Errorf("remove member %q: %w", id, err)
		}
		if gone {
			e.left(id)
		}
	}
	return nil
}

// ClearMembers implements directory.Edit.
func (e *edit) ClearMembers(ctx context.Context) error {
	members, err := e.Members(ctx)
	if err != nil {
		return fmt.Errorf("clear members: %w", err)
	}
	if _, err := e.exec(context.WithoutCancel(ctx), `DELETE FROM members WHERE grp = ?`, e.group); err != nil {
		return fmt.Errorf("clear members: %w", err)
	}
	for _, m := range members {
		e.left(m.ID)
	}
	return nil
}

// left notes that a member has left the group.
func (e *edit) left(id string) {
	if _, just := e.joined[id]; just {
		delete(e.joined, id)
		return
	}
	e.removed = append(e.removed, id)
}

// added are the ids that have joined, in this order.
func (e *edit) added() []string {
	return slices.SortedFunc(maps.Keys(e.joined), func(a, b string) int { return e.joined[a] - e.joined[b] })
}

// exec tells whether a statement has changed the members.
func (e *edit) exec(ctx context.Context, query string, args ...any) (bool, error) {
	res, err := e.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, err
	}
	e.changed = e.changed || n > 0
	return n > 0, nil
}

// MembersOf implements directory.Resources.
func (s *Store) MembersOf(ctx context.Context, tenant string, groups ...string) (map[string][]directory.Member, error) {
	return s.memberships(ctx, `SELECT g.id, `+memberColumns+`
		FROM resources g JOIN members m ON m.grp = g.seq JOIN resources r ON r.seq = m.member
		WHERE g.tenant = ? AND g.id `, tenant, groups)
}

// GroupsOf implements directory.Resources. A user's groups come in the order in which the user joined.
func (s *Store) GroupsOf(ctx context.Context, tenant string, users ...string) (map[string][]directory.Member, error) {
	if len(users) == 1 { // one person is in few groups
		ctx = s.dialect.lookup(ctx)
	}
	return s.memberships(ctx, `SELECT u.id, `+memberColumns+`
		FROM resources u JOIN members m ON m.member = u.seq JOIN resources r ON r.seq = m.grp
		WHERE u.tenant = ? AND u.id `, tenant, users)
}

// memberships runs a query that ends in front of the condition on ids. One id is asked for as such: a list of
// them costs the database more than what it finds.
func (s *Store) memberships(ctx context.Context, query, tenant string, ids []string) (map[string][]directory.Member, error) {
	out := make(map[string][]directory.Member, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	condition, value := `= ?`, ids[0]
	if len(ids) > 1 {
		list, err := json.Marshal(ids)
		if err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		condition, value = `IN (SELECT value FROM `+s.dialect.elements()+`)`, string(list)
	}
	rows, err := s.read.QueryContext(ctx, query+condition+` ORDER BY m.pos`, tenant, value)
	if s.dialect.violation(err) == unstorable {
		return out, nil // nobody has such an id
	}
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			of string
			m  directory.Member
		)
		if err := rows.Scan(&of, &m.ID, &m.Kind, &m.Display); err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		out[of] = append(out[of], m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	return out, nil
}
