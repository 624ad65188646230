package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"assay/reference/directory"
)

// Readiness implements directory.Migrations.
func (s *Store) Readiness(ctx context.Context, tenant string) (directory.Readiness, error) {
	r, err := readiness(ctx, s.read, tenant)
	if err != nil {
		return directory.Readiness{}, fmt.Errorf("readiness: %w", s.notFound(err))
	}
	return r, nil
}

// readiness looks at each active user of a tenant, and at no more of it than names and addresses: it runs in the write
// transaction of the flip too.
func readiness(ctx context.Context, conn conn, tenant string) (directory.Readiness, error) {
	r := directory.Readiness{ByDomain: map[string]int{}}
	if err := conn.QueryRowContext(ctx, `SELECT mode FROM tenants WHERE id = ?`, tenant).Scan(&r.Mode); err != nil {
		return r, err
	}
	var err error
	if r.Connected, err = connected(ctx, conn, tenant); err != nil {
		return r, err
	}
	if r.BreakGlass, err = texts(ctx, conn, `SELECT r.id `+standing+` ORDER BY r.seq`, tenant); err != nil {
		return r, err
	}
	r.Conflicts, err = texts(ctx, conn, `SELECT r.id FROM identities i JOIN resources r ON r.seq = i.person WHERE i.tenant = ?
		GROUP BY r.id, i.issuer HAVING count(*) > 1 ORDER BY r.id`, tenant)
	if err != nil {
		return r, err
	}
	return r, people(ctx, conn, tenant, &r)
}

func texts(ctx context.Context, conn conn, query string, args ...any) ([]string, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(r row) (text string, err error) {
		err = r.Scan(&text)
		return text, err
	})
}

func connected(ctx context.Context, conn conn, tenant string) (bool, error) {
	var settings []byte
	err := conn.QueryRowContext(ctx, `SELECT settings FROM connections WHERE tenant = ?`, tenant).Scan(&settings)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var c directory.ConnectionSettings
	err = json.Unmarshal(settings, &c)
	return c.Active, err
}

// addressed is a user as a migration looks at it.
type addressed struct {
	seq      int64
	id       string
	email    string // canonical
	external string
	account  sql.NullString // the address that the account has
}

const addressedUsers = `SELECT r.seq, r.id, r.name, r.email, r.external_id, a.email FROM resources r
	LEFT JOIN accounts a ON a.person = r.seq WHERE r.tenant = ? AND r.kind = 'User' AND r.active`

func scanAddressed(r row) (addressed, error) {
	var (
		u    addressed
		user directory.Resource
	)
	err := r.Scan(&u.seq, &u.id, &user.Name, &user.Email, &u.external, &u.account)
	u.email = directory.EmailOf(user)
	return u, err
}

// people adds what there is to say about the active users.
func people(ctx context.Context, conn conn, tenant string, r *directory.Readiness) error {
	rows, err := conn.QueryContext(ctx, addressedUsers+` ORDER BY r.seq`, tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	byEmail := map[string][]string{}
	for rows.Next() {
		u, err := scanAddressed(rows)
		if err != nil {
			return err
		}
		r.Active++
		if !u.account.Valid || u.account.String != u.email {
			r.Pending++
		}
		if u.external == "" {
			r.NoExternal = append(r.NoExternal, u.id)
		}
		if u.email == "" {
			r.NoEmail = append(r.NoEmail, u.id)
			continue
		}
		byEmail[u.email] = append(byEmail[u.email], u.id)
		r.ByDomain[u.email[strings.LastIndexByte(u.email, '@')+1:]]++
	}
	maps.DeleteFunc(byEmail, func(_ string, ids []string) bool { return len(ids) < 2 })
	r.Duplicates = byEmail
	return rows.Err()
}

// CanonicaliseEmails implements directory.Migrations. It touches accounts alone: the users stay as they are.
func (s *Store) CanonicaliseEmails(ctx context.Context, j directory.MigrationJob, holder string, limit int) (after directory.MigrationJob, more bool, err error) {
	err = s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if err := held(ctx, conn, j.ID, holder); err != nil {
			return err
		}
		rows, err := conn.QueryContext(ctx, addressedUsers+` AND r.seq > ? ORDER BY r.seq LIMIT ?`, j.Tenant, j.Place, limit)
		if err != nil {
			return err
		}
		users, err := collect(rows, scanAddressed)
		if err != nil {
			return err
		}
		for _, u := range users {
			if err := setEmail(ctx, conn, j.Tenant, u); err != nil {
				return err
			}
			j.Done, j.Place = j.Done+1, u.seq
		}
		j.Total = max(j.Total, j.Done)
		more = len(users) == limit
		return save(ctx, conn, j)
	})
	if err != nil {
		return directory.MigrationJob{}, false, fmt.Errorf("canonicalise e-mail addresses: %w", err)
	}
	return j, more, nil
}

func setEmail(ctx context.Context, conn conn, tenant string, u addressed) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO accounts (person, tenant, email, role, local_version) VALUES (?, ?, ?, '', 0)
		ON CONFLICT (person) DO UPDATE SET email = excluded.email`, u.seq, tenant, u.email)
	return err
}
