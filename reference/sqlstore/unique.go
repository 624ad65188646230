package sqlstore

import (
	"context"
	"fmt"

	"assay/reference/directory"
)

// claim makes the unique values of a resource exactly these; nil leaves those that it has. A value that
// another resource has is a *directory.ConflictError.
func claim(ctx context.Context, conn conn, tenant string, owner int64, r directory.Resource) error {
	if r.Unique == nil {
		return nil
	}
	if _, err := conn.ExecContext(ctx, `DELETE FROM unique_values WHERE owner = ?`, owner); err != nil {
		return fmt.Errorf("release unique values: %w", err)
	}
	for _, value := range r.Unique {
		scope := tenant
		if value.Global {
			scope = ""
		}
		result, err := conn.ExecContext(ctx, `INSERT INTO unique_values (scope, attribute, hash, owner) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, scope, value.Attribute, value.Key, owner)
		if err != nil {
			return fmt.Errorf("claim unique value: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("claim unique value: %w", err)
		}
		if n == 0 {
			return &directory.ConflictError{Kind: r.Kind, Attribute: value.Attribute, Value: value.Key}
		}
	}
	return nil
}
