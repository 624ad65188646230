package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"assay/reference/directory"
)

// maxChangedMembers is the greatest number of ids in one row of the change feed.
const maxChangedMembers = 200

// changing runs a write to the resources of a tenant and wakes those who wait for it. A write that turned out
// to change nothing wakes them too; they look and go back to sleep.
func (s *Store) changing(ctx context.Context, tenant string, fn func(ctx context.Context, conn conn) error) error {
	if err := s.write.do(ctx, fn); err != nil {
		return err
	}
	s.feed.wake(tenant)
	return nil
}

// changeOf describes an update. raw are the attributes as they are going to be.
func changeOf(old stored, fresh directory.Resource, raw []byte) (directory.Change, error) {
	c := directory.Change{Kind: fresh.Kind, ID: fresh.ID, Action: directory.Changed}
	switch {
	case old.Active && !fresh.Active:
		c.Action = directory.Deactivated
	case !old.Active && fresh.Active:
		c.Action = directory.Reactivated
	}
	var err error
	if c.Attributes, err = changedNames(old.raw, raw); err != nil {
		return directory.Change{}, fmt.Errorf("compare attributes: %w", err)
	}
	if old.ExternalID != fresh.ExternalID {
		c.Attributes = append(c.Attributes, "externalId")
	}
	slices.Sort(c.Attributes)
	return c, nil
}

// changedNames compares two encoded objects, of which encodeAttributes makes equal bytes when they are
// equal, and inside extensions one level further down.
func changedNames(old, fresh []byte) ([]string, error) {
	var before, after map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(old, &before), json.Unmarshal(fresh, &after)); err != nil {
		return nil, err
	}
	var names []string
	for name, value := range after {
		if bytes.Equal(before[name], value) {
			continue
		}
		inner, err := changedInside(name, before[name], value)
		if err != nil {
			return nil, err
		}
		names = append(names, inner...)
	}
	for name, value := range before {
		if _, stays := after[name]; stays {
			continue
		}
		inner, err := changedInside(name, value, nil)
		if err != nil {
			return nil, err
		}
		names = append(names, inner...)
	}
	return names, nil
}

// changedInside names what has changed about one attribute: itself, or those of an extension.
func changedInside(name string, old, fresh json.RawMessage) ([]string, error) {
	if !strings.HasPrefix(strings.ToLower(name), "urn:") {
		return []string{name}, nil
	}
	inner, err := changedNames(orEmpty(old), orEmpty(fresh))
	for i := range inner {
		inner[i] = name + ":" + inner[i]
	}
	return inner, err
}

func orEmpty(object json.RawMessage) json.RawMessage {
	if object == nil {
		return json.RawMessage("{}")
	}
	return object
}

// publish adds a change to the feed, in the transaction that makes it. It fills in Seq and Time, and makes
// several rows of one that has many members.
func (s *Store) publish(ctx context.Context, conn conn, tenant string, c directory.Change) error {
	removed, added := c.Removed, c.Added
	rows := 0
	for rows == 0 || len(removed)+len(added) > 0 {
		c.Removed, removed = cut(removed, maxChangedMembers)
		c.Added, added = cut(added, maxChangedMembers-len(c.Removed))
		if err := insertChange(ctx, conn, tenant, c); err != nil {
			return fmt.Errorf("publish change: %w", err)
		}
		c.Action, c.Attributes = directory.Changed, nil // what follows is about the members alone
		rows++
	}
	return s.prune(ctx, conn, tenant, rows)
}

func cut(ids []string, most int) (head, tail []string) {
	most = min(most, len(ids))
	return ids[:most], ids[most:]
}

func insertChange(ctx context.Context, conn conn, tenant string, c directory.Change) error {
	lists := make([]any, 0, 3)
	for _, list := range [][]string{c.Attributes, c.Removed, c.Added} {
		encoded, err := encodeList(list)
		if err != nil {
			return err
		}
		lists = append(lists, encoded)
	}
	_, err := conn.ExecContext(ctx, `INSERT INTO changes (tenant, time, kind, id, action, attributes, removed, added)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, append([]any{tenant, toNanos(now()), c.Kind, c.ID, c.Action}, lists...)...)
	return err
}

// publishLeaving adds the changes of the groups that are about to lose a member because it goes.
func (s *Store) publishLeaving(ctx context.Context, conn conn, tenant string, member stored) error {
	removed, err := encodeList([]string{member.ID})
	if err != nil {
		return err
	}
	res, err := conn.ExecContext(ctx, `INSERT INTO changes (tenant, time, kind, id, action, attributes, removed, added)
		SELECT g.tenant, CAST(? AS BIGINT), g.kind, g.id, CAST(? AS TEXT), '', CAST(? AS TEXT), ''
		FROM members m JOIN resources g ON g.seq = m.grp WHERE m.member = ? ORDER BY g.seq`,
		toNanos(now()), directory.Changed, removed, member.seq)
	if err != nil {
		return fmt.Errorf("publish changes of groups: %w", err)
	}
	rows, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("publish changes of groups: %w", err)
	}
	return s.prune(ctx, conn, tenant, int(rows))
}

// encodeList is a JSON array, or nothing for an empty list: most rows have two of them.
func encodeList(list []string) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	encoded, err := json.Marshal(list)
	return string(encoded), err
}

// prune drops the oldest changes of a tenant. It looks for some only once in a while, because it has to
// pass over all that stay: so its cost for one write does not grow with what is kept.
func (s *Store) prune(ctx context.Context, conn conn, tenant string, written int) error {
	if !s.feed.due(tenant, written) {
		return nil
	}
	var last int64
	err := conn.QueryRowContext(ctx, `SELECT seq FROM changes WHERE tenant = ? ORDER BY seq DESC LIMIT 1 OFFSET ?`,
		tenant, s.feed.keep).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find old changes: %w", err)
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO change_horizons (tenant, seq) VALUES (?, ?)
		ON CONFLICT (tenant) DO UPDATE SET seq = excluded.seq`, tenant, last)
	if err != nil {
		return fmt.Errorf("mark old changes: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `DELETE FROM changes WHERE tenant = ? AND seq <= ?`, tenant, last); err != nil {
		return fmt.Errorf("drop old changes: %w", err)
	}
	return nil
}
