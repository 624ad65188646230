package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"assay/reference/directory"
)

// Policy implements directory.Policies.
func (s *Store) Policy(ctx context.Context, tenant string) (directory.Policy, error) {
	var (
		p        directory.Policy
		document []byte
		updated  int64
	)
	err := s.read.QueryRowContext(ctx, `SELECT document, updated FROM policies WHERE tenant = ?`, tenant).Scan(&document, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(document, &p)
	}
	if err != nil {
		return directory.Policy{}, fmt.Errorf("policy: %w", err)
	}
	p.Updated = fromNanos(updated)
	return p, nil
}

// SetPolicy implements directory.Policies. A zero Updated is set to now.
func (s *Store) SetPolicy(ctx context.Context, tenant string, p directory.Policy, keep string) error {
	if p.Updated.IsZero() {
		p.Updated = now()
	}
	document, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("set policy: %w", err)
	}
	err = s.write.do(ctx, func(ctx context.Context, conn conn) error {
		_, err := conn.ExecContext(ctx, `INSERT INTO policies (tenant, document, updated) VALUES (?, ?, ?)
			ON CONFLICT (tenant) DO UPDATE SET document = excluded.document, updated = excluded.updated`,
			tenant, string(document), toNanos(p.Updated))
		if err != nil {
			return s.constraint(err, "policy", tenant)
		}
		_, err = s.endSessions(ctx, conn, tenant, "", keep)
		return err
	})
	if err != nil {
		return fmt.Errorf("set policy: %w", err)
	}
	return nil
}
