package sqlstore

import (
	"context"
	"fmt"
)

// SealedKey implements directory.Keys.
func (s *Store) SealedKey(ctx context.Context, name string, offered []byte) ([]byte, error) {
	var sealed []byte
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		_, err := conn.ExecContext(ctx, `INSERT INTO sealed_keys (name, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, offered)
		if err != nil {
			return err
		}
		return conn.QueryRowContext(ctx, `SELECT sealed FROM sealed_keys WHERE name = ?`, name).Scan(&sealed)
	})
	if err != nil {
		return nil, fmt.Errorf("sealed key %s: %w", name, err)
	}
	return sealed, nil
}
