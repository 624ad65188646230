package sqlstore

import (
	"context"
	"fmt"
	"time"

	"assay/reference/directory"
)

const tokenColumns = `id, tenant, subject, hash, created, expires, used, revoked`

func scanToken(r row) (directory.Token, error) {
	var (
		t                      directory.Token
		created, expires, used int64
	)
	err := r.Scan(&t.ID, &t.Tenant, &t.Subject, &t.Hash, &created, &expires, &used, &t.Revoked)
	t.Created, t.Expires, t.Used = fromNanos(created), fromNanos(expires), fromNanos(used)
	return t, err
}

// AddToken implements directory.Tokens. A zero Created is set to now.
func (s *Store) AddToken(ctx context.Context, t directory.Token) error {
	if t.Created.IsZero() {
		t.Created = now()
	}
	_, err := s.exec(ctx, `INSERT INTO scim_tokens (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Tenant, t.Subject, t.Hash, toNanos(t.Created), toNanos(t.Expires), toNanos(t.Used), t.Revoked)
	if err != nil {
		return fmt.Errorf("add token: %w", s.constraint(err, "token", t.ID))
	}
	return nil
}

// Token implements directory.Tokens. It returns revoked tokens too, marked as such.
func (s *Store) Token(ctx context.Context, id string) (directory.Token, error) {
	t, err := scanToken(s.read.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM scim_tokens WHERE id = ?`, id))
	if err != nil {
		return directory.Token{}, fmt.Errorf("token: %w", s.notFound(err))
	}
	return t, nil
}

// TokensOf implements directory.Tokens.
func (s *Store) TokensOf(ctx context.Context, tenant string) ([]directory.Token, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+tokenColumns+` FROM scim_tokens WHERE tenant = ? ORDER BY created, id`, tenant)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	tokens, err := collect(rows, scanToken)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return tokens, nil
}

// RevokeTokens implements directory.Tokens.
func (s *Store) RevokeTokens(ctx context.Context, tenant string) error {
	if _, err := s.exec(ctx, `UPDATE scim_tokens SET revoked = ? WHERE tenant = ?`, true, tenant); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

// RevokeToken implements directory.Tokens.
func (s *Store) RevokeToken(ctx context.Context, tenant, id string) error {
	return s.change(ctx, "revoke token", `UPDATE scim_tokens SET revoked = ? WHERE tenant = ? AND id = ?`, true, tenant, id)
}

// change runs one statement that changes a row, or returns ErrNotFound when there was none to change.
func (s *Store) change(ctx context.Context, doing, query string, args ...any) error {
	n, err := s.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, s.notFound(err))
	}
	return nil
}

// ExpireTokens implements directory.Tokens.
func (s *Store) ExpireTokens(ctx context.Context, tenant string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE scim_tokens SET expires = ? WHERE tenant = ? AND (expires = 0 OR expires > ?)`, toNanos(at), tenant, toNanos(at))
	if err != nil {
		return fmt.Errorf("expire tokens: %w", err)
	}
	return nil
}

// UseToken implements directory.Tokens.
func (s *Store) UseToken(ctx context.Context, id string, at time.Time) error {
	if _, err := s.exec(ctx, `UPDATE scim_tokens SET used = ? WHERE id = ? AND used < ?`, toNanos(at), id, toNanos(at)); err != nil {
		return fmt.Errorf("use token: %w", err)
	}
	return nil
}

// SCIMAccess implements directory.Tokens.
func (s *Store) SCIMAccess(ctx context.Context, tenant string) (directory.SCIMAccess, error) {
	var a directory.SCIMAccess
	err := s.read.QueryRowContext(ctx, `SELECT scim_enabled, scim_in_plan FROM tenants WHERE id = ?`, tenant).Scan(&a.Enabled, &a.InPlan)
	if err != nil {
		return directory.SCIMAccess{}, fmt.Errorf("SCIM access: %w", s.notFound(err))
	}
	return a, nil
}

// SetSCIMAccess implements directory.Tokens.
func (s *Store) SetSCIMAccess(ctx context.Context, tenant string, a directory.SCIMAccess) error {
	return s.change(ctx, "set SCIM access", `UPDATE tenants SET scim_enabled = ?, scim_in_plan = ? WHERE id = ?`, a.Enabled, a.InPlan, tenant)
}
