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

// ReplaceSealedKey implements directory.Keys.
func (s *Store) ReplaceSealedKey(ctx context.Context, name string, old, fresh []byte) (bool, error) {
	changed, err := s.exec(ctx, `UPDATE sealed_keys SET sealed = ? WHERE name = ? AND sealed = ?`, fresh, name, old)
	if err != nil {
		return false, fmt.Errorf("sealed key %s: %w", name, err)
	}
	return changed > 0, nil
}

// SealedKeys implements directory.Keys.
func (s *Store) SealedKeys(ctx context.Context) (map[string][]byte, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT name, sealed FROM sealed_keys`)
	if err != nil {
		return nil, fmt.Errorf("sealed keys: %w", err)
	}
	defer rows.Close()
	all := map[string][]byte{}
	for rows.Next() {
		var name string
		var sealed []byte
		if err := rows.Scan(&name, &sealed); err != nil {
			return nil, fmt.Errorf("sealed keys: %w", err)
		}
		all[name] = sealed
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sealed keys: %w", err)
	}
	return all, nil
}
