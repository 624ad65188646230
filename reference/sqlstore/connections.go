package sqlstore

import (
	"context"
	"encoding/json"
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

const connectionColumns = `protocol, issuer, client_id, sealed_secret, saml, settings, updated`

// SetConnection implements directory.Connections. It replaces the connection that the tenant has; a
// zero Updated is set to now.
func (s *Store) SetConnection(ctx context.Context, tenant string, c directory.Connection) error {
	if c.Updated.IsZero() {
		c.Updated = now()
	}
	if c.Protocol == "" {
		c.Protocol = directory.OIDC
	}
	settings, err := json.Marshal(c.ConnectionSettings)
	if err != nil {
		return fmt.Errorf("set connection: %w", err)
	}
	_, err = s.exec(ctx, `INSERT INTO connections (tenant, `+connectionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant) DO UPDATE SET protocol = excluded.protocol, issuer = excluded.issuer, client_id = excluded.client_id,
		sealed_secret = excluded.sealed_secret, saml = excluded.saml, settings = excluded.settings, updated = excluded.updated`,
		tenant, c.Protocol, c.Issuer, c.ClientID, present(c.SealedSecret), present(c.SAML), string(settings), toNanos(c.Updated))
	if err != nil {
		return fmt.Errorf("set connection: %w", s.constraint(err, "connection", tenant))
	}
	return nil
}

// present is bytes that are not NULL.
func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Connection implements directory.Connections.
func (s *Store) Connection(ctx context.Context, tenant string) (directory.Connection, error) {
	var (
		c        directory.Connection
		settings []byte
		updated  int64
	)
	err := s.read.QueryRowContext(ctx, `SELECT `+connectionColumns+` FROM connections WHERE tenant = ?`, tenant).
		Scan(&c.Protocol, &c.Issuer, &c.ClientID, &c.SealedSecret, &c.SAML, &settings, &updated)
	if err != nil {
		return directory.Connection{}, fmt.Errorf("connection: %w", s.notFound(err))
	}
	if err := json.Unmarshal(settings, &c.ConnectionSettings); err != nil {
		return directory.Connection{}, fmt.Errorf("connection: settings: %w", err)
	}
	if len(c.SAML) == 0 {
		c.SAML = nil
	}
	c.Updated = fromNanos(updated)
	return c, nil
}
