package sqlstore

import (
	"context"
	"fmt"
	"time"

	"assay/reference/directory"
)

// AddDomain implements directory.Domains. A zero Added is set to now.
func (s *Store) AddDomain(ctx context.Context, tenant string, d directory.Domain) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error { return s.addDomain(ctx, conn, tenant, d) })
	if err != nil {
		return fmt.Errorf("add domain: %w", err)
	}
	return nil
}

func (s *Store) addDomain(ctx context.Context, conn conn, tenant string, d directory.Domain) error {
	if canonical, ok := directory.CanonicalDomain(d.Name); !ok || canonical != d.Name {
		return fmt.Errorf("%q is not a domain in canonical form", d.Name)
	}
	if d.Added.IsZero() {
		d.Added = now()
	}
	_, err := conn.ExecContext(ctx, `INSERT INTO domains (tenant, name, challenge, added, verified) VALUES (?, ?, ?, ?, ?)`,
		tenant, d.Name, d.Challenge, toNanos(d.Added), toNanos(d.Verified))
	return s.domainConflict(err, d.Name)
}

func (s *Store) domainConflict(err error, name string) error {
	if s.dialect.violation(err) == takenKey {
		return &directory.ConflictError{Kind: "tenant", Attribute: "domain", Value: name}
	}
	if s.dialect.violation(err) == missingParent {
		return directory.ErrNotFound
	}
	return err
}

// DomainsOf implements directory.Domains.
func (s *Store) DomainsOf(ctx context.Context, tenant string) ([]directory.Domain, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT name, challenge, added, verified FROM domains WHERE tenant = ? ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("domains: %w", err)
	}
	defer rows.Close()
	var domains []directory.Domain
	for rows.Next() {
		d, err := scanDomain(rows)
		if err != nil {
			return nil, fmt.Errorf("domains: %w", err)
		}
		domains = append(domains, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("domains: %w", err)
	}
	return domains, nil
}

func scanDomain(r row) (directory.Domain, error) {
	var (
		d               directory.Domain
		added, verified int64
	)
	if err := r.Scan(&d.Name, &d.Challenge, &added, &verified); err != nil {
		return directory.Domain{}, err
	}
	d.Added, d.Verified = fromNanos(added), fromNanos(verified)
	return d, nil
}

// VerifyDomain implements directory.Domains.
func (s *Store) VerifyDomain(ctx context.Context, tenant, name string, at time.Time) (directory.Domain, error) {
	var d directory.Domain
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		_, err := conn.ExecContext(ctx, `UPDATE domains SET verified = ? WHERE tenant = ? AND name = ? AND verified = 0`, toNanos(at), tenant, name)
		if err != nil {
			return s.notFound(s.domainConflict(err, name))
		}
		d, err = scanDomain(conn.QueryRowContext(ctx, `SELECT name, challenge, added, verified FROM domains WHERE tenant = ? AND name = ?`, tenant, name))
		return s.notFound(err)
	})
	if err != nil {
		return directory.Domain{}, fmt.Errorf("verify domain: %w", err)
	}
	return d, nil
}

// RemoveDomain implements directory.Domains.
func (s *Store) RemoveDomain(ctx context.Context, tenant, name string) error {
	n, err := s.exec(ctx, `DELETE FROM domains WHERE tenant = ? AND name = ?`, tenant, name)
	if err == nil && n == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remove domain: %w", s.notFound(err))
	}
	return nil
}

// DomainOwner implements directory.Domains.
func (s *Store) DomainOwner(ctx context.Context, name string) (string, error) {
	var tenant string
	err := s.read.QueryRowContext(ctx, `SELECT tenant FROM domains WHERE name = ? AND verified <> 0`, name).Scan(&tenant)
	if err != nil {
		return "", fmt.Errorf("domain owner: %w", s.notFound(err))
	}
	return tenant, nil
}

// verifiedDomains returns the names of verified domains by tenant. where ends with AND, or is empty.
func verifiedDomains(ctx context.Context, from conn, where string, args ...any) (map[string][]string, error) {
	rows, err := from.QueryContext(ctx, `SELECT tenant, name FROM domains WHERE `+where+`verified <> 0 ORDER BY tenant, name`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	domains := map[string][]string{}
	for rows.Next() {
		var tenant, name string
		if err := rows.Scan(&tenant, &name); err != nil {
			return nil, err
		}
		domains[tenant] = append(domains[tenant], name)
	}
	return domains, rows.Err()
}
