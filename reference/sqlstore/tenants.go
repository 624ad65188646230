package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"assay/reference/directory"
)

// CreateTenant implements directory.Connections. A zero Created is set to now.
func (s *Store) CreateTenant(ctx context.Context, t directory.Tenant) error {
	if t.ID == "" {
		return errors.New("create tenant: it needs an id")
	}
	if t.Created.IsZero() {
		t.Created = now()
	}
	if t.Mode == "" {
		t.Mode = directory.ModeSSO
	}
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if err := s.freeCustomerID(ctx, conn, t.ID, t.CustomerID); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, `INSERT INTO tenants (id, name, customer_id, mode, strict, created) VALUES (?, ?, ?, ?, ?, ?)`,
			t.ID, t.Name, t.CustomerID, t.Mode, t.Strict, toNanos(t.Created))
		if err != nil {
			return s.constraint(err, "tenant", t.ID)
		}
		for _, name := range t.Domains {
			if err := s.addDomain(ctx, conn, t.ID, directory.Domain{Name: name, Added: t.Created, Verified: t.Created}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("create tenant: %w", err)
	}
	return nil
}

// freeCustomerID refuses a customer ID that another tenant has.
func (s *Store) freeCustomerID(ctx context.Context, conn conn, tenant, customerID string) error {
	if customerID == "" {
		return nil
	}
	var others int
	err := conn.QueryRowContext(ctx, `SELECT count(*) FROM tenants WHERE customer_id = ? AND customer_id <> '' AND id <> ?`, customerID, tenant).Scan(&others)
	if err != nil {
		return s.constraint(err, "tenant", tenant)
	}
	if others > 0 {
		return &directory.ConflictError{Kind: "tenant", Attribute: "customer ID", Value: customerID}
	}
	return nil
}

const tenantColumns = `id, name, customer_id, mode, strict, created`

func scanTenant(r row) (directory.Tenant, error) {
	var (
		t       directory.Tenant
		created int64
	)
	if err := r.Scan(&t.ID, &t.Name, &t.CustomerID, &t.Mode, &t.Strict, &created); err != nil {
		return directory.Tenant{}, err
	}
	t.Created = fromNanos(created)
	return t, nil
}

// Tenant implements directory.Connections.
func (s *Store) Tenant(ctx context.Context, id string) (directory.Tenant, error) {
	return s.tenantIn(ctx, s.read, `id = ?`, id)
}

// TenantOfCustomer implements directory.Connections.
func (s *Store) TenantOfCustomer(ctx context.Context, customerID string) (directory.Tenant, error) {
	return s.tenantIn(ctx, s.read, `customer_id = ? AND customer_id <> ''`, customerID)
}

func (s *Store) tenantIn(ctx context.Context, from conn, where, arg string) (directory.Tenant, error) {
	t, err := scanTenant(from.QueryRowContext(ctx, `SELECT `+tenantColumns+` FROM tenants WHERE `+where, arg))
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("tenant: %w", s.notFound(err))
	}
	domains, err := verifiedDomains(ctx, from, `tenant = ? AND `, t.ID)
	if err != nil {
		return directory.Tenant{}, fmt.Errorf("tenant: %w", err)
	}
	t.Domains = domains[t.ID]
	return t, nil
}

// Tenants implements directory.Connections, in the order of creation.
func (s *Store) Tenants(ctx context.Context) ([]directory.Tenant, error) {
	tenants, err := s.allTenants(ctx)
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	domains, err := verifiedDomains(ctx, s.read, ``)
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	for i := range tenants {
		tenants[i].Domains = domains[tenants[i].ID]
	}
	return tenants, nil
}

func (s *Store) allTenants(ctx context.Context) ([]directory.Tenant, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+tenantColumns+` FROM tenants ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tenants []directory.Tenant
	for rows.Next() {
		t, err := scanTenant(rows)
		if err != nil {
			return nil, err
		}
		tenants = append(tenants, t)
	}
	return tenants, rows.Err()
}

// SetCustomerID implements directory.Connections.
func (s *Store) SetCustomerID(ctx context.Context, tenant, customerID string) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if err := s.freeCustomerID(ctx, conn, tenant, customerID); err != nil {
			return err
		}
		return s.changeTenant(ctx, conn, `customer_id`, customerID, tenant)
	})
	if err != nil {
		return fmt.Errorf("set customer ID: %w", err)
	}
	return nil
}

// SetMode implements directory.Connections.
func (s *Store) SetMode(ctx context.Context, tenant string, mode directory.Mode, check func(directory.Tenant) error) error {
	return s.write.do(ctx, func(ctx context.Context, conn conn) error {
		t, err := s.tenantIn(ctx, conn, `id = ?`, tenant)
		if err != nil {
			return fmt.Errorf("set mode: %w", err)
		}
		if check != nil {
			if err := check(t); err != nil {
				return err
			}
		}
		if err := s.changeTenant(ctx, conn, `mode`, mode, tenant); err != nil {
			return fmt.Errorf("set mode: %w", err)
		}
		return nil
	})
}

// SetStrict implements directory.Connections.
func (s *Store) SetStrict(ctx context.Context, tenant string, strict bool) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		return s.changeTenant(ctx, conn, `strict`, strict, tenant)
	})
	if err != nil {
		return fmt.Errorf("set strict: %w", err)
	}
	return nil
}

// changeTenant sets one column.
func (s *Store) changeTenant(ctx context.Context, conn conn, column string, value any, tenant string) error {
	res, err := conn.ExecContext(ctx, `UPDATE tenants SET `+column+` = ? WHERE id = ?`, value, tenant)
	if err != nil {
		return s.notFound(err)
	}
	return atLeastOne(res)
}

// atLeastOne is ErrNotFound when a statement has found nothing to change.
func atLeastOne(res sql.Result) error {
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return directory.ErrNotFound
	}
	return err
}
