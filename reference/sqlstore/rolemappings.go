package sqlstore

import (
	"context"
	"fmt"

	"assay/reference/directory"
)

// MapRole implements directory.RoleMappings.
func (s *Store) MapRole(ctx context.Context, tenant string, m directory.RoleMapping) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		var seq any // of the group in the directory; NULL for one of a claim
		if m.Source == directory.FromDirectory {
			group, err := get(ctx, conn, tenant, directory.Group, m.Group)
			if err != nil {
				return s.notFound(err)
			}
			seq = group.seq
		}
		_, err := conn.ExecContext(ctx, `INSERT INTO role_mappings (tenant, source, grp, seq, role) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (tenant, source, grp) DO UPDATE SET seq = excluded.seq, role = excluded.role`, tenant, m.Source, m.Group, seq, m.Role)
		if err != nil {
			return s.constraint(err, "role mapping", m.Group)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("map role: %w", err)
	}
	return nil
}

// UnmapRole implements directory.RoleMappings.
func (s *Store) UnmapRole(ctx context.Context, tenant string, source directory.GroupSource, group string) error {
	n, err := s.exec(ctx, `DELETE FROM role_mappings WHERE tenant = ? AND source = ? AND grp = ?`, tenant, source, group)
	if err == nil && n == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("unmap role: %w", s.notFound(err))
	}
	return nil
}

// RoleMappings implements directory.RoleMappings.
func (s *Store) RoleMappings(ctx context.Context, tenant string) ([]directory.RoleMapping, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT source, grp, role FROM role_mappings WHERE tenant = ? ORDER BY source, grp`, tenant)
	if err != nil {
		return nil, fmt.Errorf("role mappings: %w", err)
	}
	defer rows.Close()
	var mappings []directory.RoleMapping
	for rows.Next() {
		var m directory.RoleMapping
		if err := rows.Scan(&m.Source, &m.Group, &m.Role); err != nil {
			return nil, fmt.Errorf("role mappings: %w", err)
		}
		mappings = append(mappings, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("role mappings: %w", err)
	}
	return mappings, nil
}
