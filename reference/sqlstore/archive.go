package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"assay/reference/directory"
)

// archivedColumns are those of a resource, and those of the archive.
const archivedColumns = `seq, id, 'User', external_id, name, email, active, attributes, created, modified, version, archived, grps`

// longer is a row that has more columns than a resource.
type longer struct {
	row
	more []any
}

// Scan scans what the caller wants and then the rest.
func (l longer) Scan(dest ...any) error { return l.row.Scan(append(dest, l.more...)...) }

func scanArchived(r row) (directory.ArchivedUser, error) {
	var (
		at   int64
		grps string
	)
	res, err := scanResource(longer{r, []any{&at, &grps}})
	if err != nil {
		return directory.ArchivedUser{}, err
	}
	a := directory.ArchivedUser{Resource: res.Resource, At: fromNanos(at), Place: res.seq}
	a.Seq = 0 // it is no resource any more
	if grps == "" {
		return a, nil
	}
	return a, json.Unmarshal([]byte(grps), &a.Groups)
}

// ArchiveUser implements directory.Archive.
func (s *Store) ArchiveUser(ctx context.Context, tenant, id string) (a directory.ArchivedUser, fresh bool, err error) {
	err = s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		old, err := get(ctx, conn, tenant, directory.User, id)
		fresh = err == nil
		if fresh {
			err = s.archive(ctx, conn, tenant, old)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return s.notFound(err)
		}
		if a, err = archived(ctx, conn, tenant, id); err != nil {
			return s.notFound(err)
		}
		return nil
	})
	if err != nil {
		return directory.ArchivedUser{}, false, fmt.Errorf("archive user: %w", err)
	}
	return a, fresh, nil
}

func (s *Store) archive(ctx context.Context, conn conn, tenant string, old stored) error {
	groups, err := groupsIn(ctx, conn, old.seq)
	if err != nil {
		return err
	}
	grps, err := encodeList(groups)
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO archived_users
		(tenant, id, external_id, name, email, active, attributes, created, modified, version, archived, grps)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tenant, old.ID, old.ExternalID, old.Name, old.Email, old.Active, old.raw,
		toNanos(old.Created), toNanos(old.Modified), old.Version, toNanos(now()), grps)
	if err != nil {
		return s.conflict(err, old.Resource)
	}
	return s.remove(ctx, conn, tenant, old, directory.Archived)
}

// groupsIn returns the ids of the groups that a resource is a direct member of.
func groupsIn(ctx context.Context, conn conn, member int64) ([]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT g.id FROM members m JOIN resources g ON g.seq = m.grp
		WHERE m.member = ? ORDER BY m.pos`, member)
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func archived(ctx context.Context, q querier, tenant, id string) (directory.ArchivedUser, error) {
	return scanArchived(q.QueryRowContext(ctx, `SELECT `+archivedColumns+` FROM archived_users WHERE tenant = ? AND id = ?`, tenant, id))
}

// ArchivedUser implements directory.Archive.
func (s *Store) ArchivedUser(ctx context.Context, tenant, id string) (directory.ArchivedUser, error) {
	a, err := archived(ctx, s.read, tenant, id)
	if err != nil {
		return directory.ArchivedUser{}, fmt.Errorf("archived user: %w", s.notFound(err))
	}
	return a, nil
}

// ArchivedUsers implements directory.Archive. A limit below 1 yields none.
func (s *Store) ArchivedUsers(ctx context.Context, tenant string, after int64, limit int) ([]directory.ArchivedUser, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+archivedColumns+` FROM archived_users
		WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?`, tenant, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("archived users: %w", err)
	}
	defer rows.Close()
	var users []directory.ArchivedUser
	for rows.Next() {
		a, err := scanArchived(rows)
		if err != nil {
			return nil, fmt.Errorf("archived users: %w", err)
		}
		users = append(users, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("archived users: %w", err)
	}
	return users, nil
}

// DeleteArchived implements directory.Archive.
func (s *Store) DeleteArchived(ctx context.Context, tenant, id string) error {
	err := s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		res, err := conn.ExecContext(ctx, `DELETE FROM archived_users WHERE tenant = ? AND id = ?`, tenant, id)
		if err != nil {
			return s.notFound(err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, directory.ErrNotFound)
		}
		return s.publish(ctx, conn, tenant, directory.Change{Kind: directory.User, ID: id, Action: directory.Deleted})
	})
	if err != nil {
		return fmt.Errorf("delete archived user: %w", err)
	}
	return nil
}
