package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"assay/reference/directory"
)

// exec runs one statement as a write of its own and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		res, err := conn.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
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
	_, err = s.exec(ctx, `INSERT INTO tenants (id, name, domains, strict, created) VALUES (?, ?, ?, ?, ?)`,
		t.ID, t.Name, string(domains), t.Strict, toNanos(t.Created))
	if err != nil {
		return fmt.Errorf("create tenant: %w", s.constraint(err, "tenant", t.ID))
	}
	return nil
}

const tenantColumns = `id, name, domains, strict, created`

func scanTenant(r row) (directory.Tenant, error) {
	var (
		t       directory.Tenant
		domains []byte
		created int64
	)
	if err := r.Scan(&t.ID, &t.Name, &domains, &t.Strict, &created); err != nil {
		return directory.Tenant{}, err
	}
	t.Created = fromNanos(created)
	return t, json.Unmarshal(domains, &t.Domains)
}

// Tenant implements directory.Connections.
func (s *Store) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	t, err := scanTenant(s.read.QueryRowContext(ctx, `SELECT `+tenantColumns+` FROM tenants WHERE id = ?`, id))
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("tenant: %w", s.notFound(err))
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

// SetStrict implements directory.Connections.
func (s *Store) SetStrict(ctx context.Context, tenant string, strict bool) error {
	n, err := s.exec(ctx, `UPDATE tenants SET strict = ? WHERE id = ?`, strict, tenant)
	if err == nil && n == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set strict: %w", s.notFound(err))
	}
	return nil
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
		return fmt.Errorf("set connection: %w", s.constraint(err, "connection", tenant))
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
		return directory.Connection{}, fmt.Errorf("connection: %w", s.notFound(err))
	}
	c.Updated = fromNanos(updated)
	return c, nil
}

// AddToken implements directory.Connections. A zero Created is set to now.
func (s *Store) AddToken(ctx context.Context, t directory.Token) error {
	if t.Created.IsZero() {
		t.Created = now()
	}
	_, err := s.exec(ctx, `INSERT INTO scim_tokens (id, tenant, subject, hash, created, revoked) VALUES (?, ?, ?, ?, ?, ?)`,
		t.ID, t.Tenant, t.Subject, t.Hash, toNanos(t.Created), t.Revoked)
	if err != nil {
		return fmt.Errorf("add token: %w", s.constraint(err, "token", t.ID))
	}
	return nil
}

// Token implements directory.Connections. It returns revoked tokens too, marked as such.
func (s *Store) Token(ctx context.Context, id string) (directory.Token, error) {
	t := directory.Token{ID: id}
	var created int64
	err := s.read.QueryRowContext(ctx, `SELECT tenant, subject, hash, created, revoked FROM scim_tokens WHERE id = ?`, id).
		Scan(&t.Tenant, &t.Subject, &t.Hash, &created, &t.Revoked)
	if err != nil {
		return directory.Token{}, fmt.Errorf("token: %w", s.notFound(err))
	}
	t.Created = fromNanos(created)
	return t, nil
}

// RevokeTokens implements directory.Connections.
func (s *Store) RevokeTokens(ctx context.Context, tenant string) error {
	if _, err := s.exec(ctx, `UPDATE scim_tokens SET revoked = ? WHERE tenant = ?`, true, tenant); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

// Link implements directory.Connections. A zero Linked is set to now.
func (s *Store) Link(ctx context.Context, tenant string, i directory.Identity) error {
	if i.Linked.IsZero() {
		i.Linked = now()
	}
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		user, err := get(ctx, conn, tenant, directory.User, i.UserID)
		if err != nil {
			return s.notFound(err)
		}
		var others int
		err = conn.QueryRowContext(ctx, `SELECT count(*) FROM identities WHERE tenant = ? AND person = ? AND issuer = ? AND subject <> ?`,
			tenant, user.seq, i.Issuer, i.Subject).Scan(&others)
		if err != nil {
			return s.conflict(err, user.Resource)
		}
		if others > 0 {
			return &directory.ConflictError{Kind: directory.User, Attribute: "identity of this issuer", Value: i.Issuer}
		}
		return s.link(ctx, conn, tenant, user, i)
	})
	if err != nil {
		return fmt.Errorf("link identity: %w", err)
	}
	return nil
}

func (s *Store) link(ctx context.Context, conn conn, tenant string, user stored, i directory.Identity) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO identities (tenant, issuer, subject, person, linked)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, tenant, i.Issuer, i.Subject, user.seq, toNanos(i.Linked))
	if err != nil {
		return s.conflict(err, user.Resource)
	}
	var owner int64
	err = conn.QueryRowContext(ctx, `SELECT person FROM identities WHERE tenant = ? AND issuer = ? AND subject = ?`,
		tenant, i.Issuer, i.Subject).Scan(&owner)
	if err != nil {
		return err
	}
	if owner != user.seq {
		return &directory.ConflictError{Kind: directory.User, Attribute: "identity", Value: i.Subject}
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
		return directory.Identity{}, fmt.Errorf("identity: %w", s.notFound(err))
	}
	i.Linked = fromNanos(linked)
	return i, nil
}

// Identities implements directory.Connections.
func (s *Store) Identities(ctx context.Context, tenant, userID string) ([]directory.Identity, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT i.issuer, i.subject, i.linked
		FROM resources r JOIN identities i ON i.person = r.seq
		WHERE r.tenant = ? AND r.id = ? ORDER BY i.issuer, i.subject`, tenant, userID)
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	defer rows.Close()
	var identities []directory.Identity
	for rows.Next() {
		i := directory.Identity{UserID: userID}
		var linked int64
		if err := rows.Scan(&i.Issuer, &i.Subject, &linked); err != nil {
			return nil, fmt.Errorf("identities: %w", err)
		}
		i.Linked = fromNanos(linked)
		identities = append(identities, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	return identities, nil
}
