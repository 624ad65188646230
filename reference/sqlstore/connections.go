package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"assay/reference/directory"
)

// exec runs one statement as a write of its own and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	err := s.write.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		res, err := conn.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// constraint translates the two constraints that these tables have: a missing parent and a taken key.
func constraint(err error, kind, value string) error {
	switch code(err) {
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return directory.ErrNotFound
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &directory.ConflictError{Kind: directory.Kind(kind), Attribute: "id", Value: value}
	}
	return err
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return directory.ErrNotFound
	}
	return err
}

// CreateTenant implements directory.Connections. A taken ID yields a *directory.ConflictError, a zero
// Created is set to now.
func (s *Store) CreateTenant(ctx context.Context, t directory.Tenant) error {
	if t.ID == "" {
		return errors.New("create tenant: it needs an id")
	}
	if t.Created.IsZero() {
		t.Created = now()
	}
	domains, err := json.Marshal(t.Domains)
	if err != nil {
		return fmt.Errorf("create tenant: %w", err)
	}
	_, err = s.exec(ctx, `INSERT INTO tenants (id, name, domains, created) VALUES (?, ?, ?, ?)`,
		t.ID, t.Name, string(domains), toNanos(t.Created))
	if err != nil {
		return fmt.Errorf("create tenant: %w", constraint(err, "tenant", t.ID))
	}
	return nil
}

const tenantColumns = `id, name, domains, created`

func scanTenant(r row) (directory.Tenant, error) {
	var (
		t       directory.Tenant
		domains []byte
		created int64
	)
	if err := r.Scan(&t.ID, &t.Name, &domains, &created); err != nil {
		return directory.Tenant{}, notFound(err)
	}
	t.Created = fromNanos(created)
	return t, json.Unmarshal(domains, &t.Domains)
}

// Tenant implements directory.Connections.
func (s *Store) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	t, err := scanTenant(s.read.QueryRowContext(ctx, `SELECT `+tenantColumns+` FROM tenants WHERE id = ?`, id))
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("tenant: %w", err)
	}
	return t, nil
}

// Tenants implements directory.Connections, in the order of creation.
func (s *Store) Tenants(ctx context.Context) ([]directory.Tenant, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+tenantColumns+` FROM tenants ORDER BY rowid`)
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	defer rows.Close()
	var tenants []directory.Tenant
	for rows.Next() {
		t, err := scanTenant(rows)
		if err != nil {
			return nil, fmt.Errorf("tenants: %w", err)
		}
		tenants = append(tenants, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	return tenants, nil
}

// SetConnection implements directory.Connections. It replaces the connection that the tenant has; a
// zero Updated is set to now.
func (s *Store) SetConnection(ctx context.Context, tenant string, c directory.Connection) error {
	if c.Updated.IsZero() {
		c.Updated = now()
	}
	sealed := c.SealedSecret
	if sealed == nil {
		sealed = []byte{}
	}
	_, err := s.exec(ctx, `INSERT INTO connections (tenant, issuer, client_id, sealed_secret, updated) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
		sealed_secret = excluded.sealed_secret, updated = excluded.updated`,
		tenant, c.Issuer, c.ClientID, sealed, toNanos(c.Updated))
	if err != nil {
		return fmt.Errorf("set connection: %w", constraint(err, "connection", tenant))
	}
	return nil
}

// Connection implements directory.Connections.
func (s *Store) Connection(ctx context.Context, tenant string) (directory.Connection, error) {
	var (
		c       directory.Connection
		updated int64
	)
	err := s.read.QueryRowContext(ctx,
		`SELECT issuer, client_id, sealed_secret, updated FROM connections WHERE tenant = ?`, tenant).
		Scan(&c.Issuer, &c.ClientID, &c.SealedSecret, &updated)
	if err != nil {
		return directory.Connection{}, fmt.Errorf("connection: %w", notFound(err))
	}
	c.Updated = fromNanos(updated)
	return c, nil
}

// AddToken implements directory.Connections. A zero Created is set to now.
func (s *Store) AddToken(ctx context.Context, t directory.Token) error {
	if t.Created.IsZero() {
		t.Created = now()
	}
	_, err := s.exec(ctx, `INSERT INTO scim_tokens (id, tenant, hash, created, revoked) VALUES (?, ?, ?, ?, ?)`,
		t.ID, t.Tenant, t.Hash, toNanos(t.Created), t.Revoked)
	if err != nil {
		return fmt.Errorf("add token: %w", constraint(err, "token", t.ID))
	}
	return nil
}

// Token implements directory.Connections. It returns revoked tokens too, marked as such.
func (s *Store) Token(ctx context.Context, id string) (directory.Token, error) {
	t := directory.Token{ID: id}
	var created int64
	err := s.read.QueryRowContext(ctx, `SELECT tenant, hash, created, revoked FROM scim_tokens WHERE id = ?`, id).
		Scan(&t.Tenant, &t.Hash, &created, &t.Revoked)
	if err != nil {
		return directory.Token{}, fmt.Errorf("token: %w", notFound(err))
	}
	t.Created = fromNanos(created)
	return t, nil
}

// RevokeTokens implements directory.Connections.
func (s *Store) RevokeTokens(ctx context.Context, tenant string) error {
	if _, err := s.exec(ctx, `UPDATE scim_tokens SET revoked = 1 WHERE tenant = ?`, tenant); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

// Link implements directory.Connections. Linking an identity to its own user again changes nothing;
// one that belongs to another user yields a *directory.ConflictError, because moving it silently
// would hand over an account. A zero Linked is set to now.
func (s *Store) Link(ctx context.Context, tenant string, i directory.Identity) error {
	if i.Linked.IsZero() {
		i.Linked = now()
	}
	err := s.write.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		user, err := get(ctx, conn, tenant, directory.User, i.UserID)
		if err != nil {
			return err
		}
		var owner int64
		_, err = conn.ExecContext(ctx, `INSERT INTO identities (tenant, issuer, subject, person, linked)
			VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, tenant, i.Issuer, i.Subject, user.seq, toNanos(i.Linked))
		if err != nil {
			return err
		}
		err = conn.QueryRowContext(ctx, `SELECT person FROM identities WHERE tenant = ? AND issuer = ? AND subject = ?`,
			tenant, i.Issuer, i.Subject).Scan(&owner)
		if err != nil {
			return err
		}
		if owner != user.seq {
			return &directory.ConflictError{Kind: directory.User, Attribute: "identity", Value: i.Subject}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("link identity: %w", err)
	}
	return nil
}

// Identity implements directory.Connections. Issuer and subject are compared byte by byte.
func (s *Store) Identity(ctx context.Context, tenant, issuer, subject string) (directory.Identity, error) {
	i := directory.Identity{Issuer: issuer, Subject: subject}
	var linked int64
	err := s.read.QueryRowContext(ctx, `SELECT r.id, i.linked FROM identities i JOIN resources r ON r.seq = i.person
		WHERE i.tenant = ? AND i.issuer = ? AND i.subject = ?`, tenant, issuer, subject).Scan(&i.UserID, &linked)
	if err != nil {
		return directory.Identity{}, fmt.Errorf("identity: %w", notFound(err))
	}
	i.Linked = fromNanos(linked)
	return i, nil
}
