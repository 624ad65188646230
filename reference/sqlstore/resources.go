package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"assay/reference/directory"
)

const columns = `seq, id, kind, external_id, name, email, active, attributes, created, modified, version`

// stored is a resource as it was read: with its row number and the very bytes of its attributes.
type stored struct {
	directory.Resource
	seq int64
	raw []byte
}

type row interface{ Scan(dest ...any) error }

func scanResource(r row) (stored, error) {
	var (
		res               stored
		created, modified int64
	)
	err := r.Scan(&res.seq, &res.ID, &res.Kind, &res.ExternalID, &res.Name, &res.Email, &res.Active, &res.raw,
		&created, &modified, &res.Version)
	if err != nil {
		return stored{}, err
	}
	res.Seq, res.Created, res.Modified = res.seq, fromNanos(created), fromNanos(modified)
	if res.Attributes, err = decodeAttributes(res.raw); err != nil {
		return stored{}, fmt.Errorf("attributes of %s %s: %w", res.Kind, res.ID, err)
	}
	return res, nil
}

func decodeAttributes(raw []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // integers beyond 2^53 keep their digits
	attributes := map[string]any{}
	err := dec.Decode(&attributes)
	return attributes, err
}

// encodeAttributes is deterministic (encoding/json sorts keys), so equal bytes mean equal attributes.
func encodeAttributes(attributes map[string]any) ([]byte, error) {
	if attributes == nil {
		return []byte("{}"), nil
	}
	raw, err := json.Marshal(attributes)
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return raw, nil
}

// displayOf is what a group shows as its member's display: displayName, or else the name.
func displayOf(r directory.Resource) string {
	if display, ok := r.Attributes["displayName"].(string); ok && display != "" {
		return display
	}
	return r.Name
}

// Create implements directory.Resources. It gives a resource without an ID a random UUID. A tenant or
// a member that does not exist yields an error that wraps directory.ErrNotFound.
func (s *Store) Create(ctx context.Context, tenant string, r directory.Resource, members []directory.Member) (directory.Resource, error) {
	if r.ID == "" {
		r.ID = uuid.NewString()
	}
	raw, err := encodeAttributes(r.Attributes)
	if err != nil {
		return directory.Resource{}, err
	}
	err = s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		if err := s.insertNew(ctx, conn, tenant, &r, raw, members...); err != nil {
			return err
		}
		return note(ctx, conn, directory.Resource{}, r)
	})
	if err != nil {
		return directory.Resource{}, fmt.Errorf("create %s: %w", r.Kind, err)
	}
	r.Unique = nil
	return r, nil
}

// insertNew stores a new resource with its members and publishes it. It sets what the store sets.
func (s *Store) insertNew(ctx context.Context, conn conn, tenant string, r *directory.Resource, raw []byte, members ...directory.Member) (err error) {
	r.Created, r.Version = now(), 1
	r.Modified = r.Created
	if r.Seq, err = s.insert(ctx, conn, tenant, *r, raw); err != nil {
		return err
	}
	if err := claim(ctx, conn, tenant, r.Seq, *r); err != nil {
		return err
	}
	e := edit{store: s, conn: conn, tenant: tenant, group: r.Seq}
	if err := e.AddMembers(ctx, members...); err != nil {
		return err
	}
	return s.publish(ctx, conn, tenant, directory.Change{Kind: r.Kind, ID: r.ID, Action: directory.Created, Added: e.added()})
}

func (s *Store) insert(ctx context.Context, conn conn, tenant string, r directory.Resource, raw []byte) (int64, error) {
	var seq int64
	err := conn.QueryRowContext(ctx, `INSERT INTO resources
		(tenant, kind, id, external_id, name, name_key, email, email_key, display, active, attributes, created, modified, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		tenant, r.Kind, r.ID, r.ExternalID, r.Name, directory.NameKey(r.Kind, r.Name), r.Email, directory.FoldKey(r.Email), displayOf(r), r.Active, raw,
		toNanos(r.Created), toNanos(r.Modified), r.Version).Scan(&seq)
	if err != nil {
		return 0, s.conflict(err, r)
	}
	return seq, nil
}

// Get implements directory.Resources.
func (s *Store) Get(ctx context.Context, tenant string, kind directory.Kind, id string) (directory.Resource, error) {
	if err := ctx.Err(); err != nil {
		return directory.Resource{}, fmt.Errorf("get %s: %w", kind, err)
	}
	res, err := get(s.dialect.lookup(ctx), s.read, tenant, kind, id)
	if err != nil {
		return directory.Resource{}, fmt.Errorf("get %s: %w", kind, s.notFound(err))
	}
	return res.Resource, nil
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func get(ctx context.Context, q querier, tenant string, kind directory.Kind, id string) (stored, error) {
	return scanResource(q.QueryRowContext(ctx,
		`SELECT `+columns+` FROM resources WHERE tenant = ? AND id = ? AND kind = ?`, tenant, id, kind))
}

// Update implements directory.Resources. ID, Kind, Created, Modified and Version are the store's:
// what change does to them is ignored.
func (s *Store) Update(ctx context.Context, tenant string, kind directory.Kind, id string,
	change func(directory.Edit, *directory.Resource) error) (directory.Resource, error) {
	var out directory.Resource
	err := s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		old, err := get(ctx, conn, tenant, kind, id)
		if err != nil {
			return fmt.Errorf("update %s: %w", kind, s.notFound(err))
		}
		fresh := old.Resource
		e := &edit{store: s, conn: conn, tenant: tenant, group: old.seq}
		if err := change(e, &fresh); err != nil {
			return err
		}
		if out, err = s.save(ctx, e, old, fresh); err != nil || out.Version == old.Version {
			return err
		}
		return note(ctx, conn, old.Resource, out)
	})
	if err != nil {
		return directory.Resource{}, err
	}
	return out, nil
}

func (s *Store) save(ctx context.Context, e *edit, old stored, fresh directory.Resource) (directory.Resource, error) {
	fresh.ID, fresh.Kind, fresh.Created = old.ID, old.Kind, old.Created
	fresh.Modified, fresh.Version, fresh.Seq = old.Modified, old.Version, old.Seq
	raw, err := encodeAttributes(fresh.Attributes)
	if err != nil {
		return directory.Resource{}, err
	}
	same := fresh.ExternalID == old.ExternalID && fresh.Name == old.Name && fresh.Email == old.Email &&
		fresh.Active == old.Active && bytes.Equal(raw, old.raw)
	if same && !e.changed {
		fresh.Unique = nil
		return fresh, nil
	}
	if err := claim(ctx, e.conn, e.tenant, old.seq, fresh); err != nil {
		return directory.Resource{}, fmt.Errorf("update %s: %w", fresh.Kind, err)
	}
	if old.Active && !fresh.Active {
		if err := s.deactivate(ctx, e.conn, e.tenant, old); err != nil {
			return directory.Resource{}, err
		}
	}
	fresh.Unique = nil
	fresh.Modified, fresh.Version = after(old.Modified), old.Version+1
	_, err = e.conn.ExecContext(ctx, `UPDATE resources SET external_id = ?, name = ?, name_key = ?, email = ?, email_key = ?,
		display = ?, active = ?, attributes = ?, modified = ?, version = ? WHERE seq = ?`,
		fresh.ExternalID, fresh.Name, directory.NameKey(fresh.Kind, fresh.Name), fresh.Email, directory.FoldKey(fresh.Email),
		displayOf(fresh), fresh.Active, raw, toNanos(fresh.Modified), fresh.Version, old.seq)
	if err != nil {
		return directory.Resource{}, fmt.Errorf("update %s: %w", fresh.Kind, s.conflict(err, fresh))
	}
	if err := keepAccountEmail(ctx, e.conn, old, fresh); err != nil {
		return directory.Resource{}, fmt.Errorf("update %s: %w", fresh.Kind, err)
	}
	change, err := changeOf(old, fresh, raw)
	if err != nil {
		return directory.Resource{}, err
	}
	change.Removed, change.Added = e.removed, e.added()
	return fresh, s.publish(ctx, e.conn, e.tenant, change)
}

// after is now, but always later than the last change, even when the clock was set back.
func after(last time.Time) time.Time {
	if t := now(); t.After(last) {
		return t
	}
	return last.Add(time.Microsecond)
}

// Delete implements directory.Resources. The groups that lose a member by it count as changed.
func (s *Store) Delete(ctx context.Context, tenant string, kind directory.Kind, id string, check func(directory.Resource) error) error {
	return s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		old, err := get(ctx, conn, tenant, kind, id)
		if err != nil {
			return fmt.Errorf("delete %s: %w", kind, s.notFound(err))
		}
		if check != nil {
			if err := check(old.Resource); err != nil {
				return err
			}
		}
		if err := s.remove(ctx, conn, tenant, old, directory.Deleted); err != nil {
			return fmt.Errorf("delete %s: %w", kind, err)
		}
		return note(ctx, conn, old.Resource, directory.Resource{})
	})
}

// remove takes a resource out of the directory and its groups, which is what the action calls it.
func (s *Store) remove(ctx context.Context, conn conn, tenant string, old stored, action directory.ChangeAction) error {
	if old.Kind == directory.User {
		if err := protectBreakGlass(ctx, conn, tenant, old.seq); err != nil {
			return err
		}
	}
	const microsecond = int64(time.Microsecond)
	at := toNanos(now())
	_, err := conn.ExecContext(ctx, `UPDATE resources SET version = version + 1,
		modified = CASE WHEN modified < ? THEN ? ELSE modified + ? END
		WHERE seq IN (SELECT grp FROM members WHERE member = ?)`, at, at, microsecond, old.seq)
	if err != nil {
		return err
	}
	if err := s.publishLeaving(ctx, conn, tenant, old); err != nil {
		return err
	}
	if old.Kind == directory.User {
		if err := bar(ctx, conn, old.seq); err != nil {
			return err
		}
	}
	// Memberships, identities, credentials and sessions go by ON DELETE CASCADE.
	if _, err = conn.ExecContext(ctx, `DELETE FROM resources WHERE seq = ?`, old.seq); err != nil {
		return err
	}
	return s.publish(ctx, conn, tenant, directory.Change{Kind: old.Kind, ID: old.ID, Action: action})
}
