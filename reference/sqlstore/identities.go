package sqlstore

import (
	"context"
	"fmt"

	"assay/reference/directory"
)

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
	_, err = conn.ExecContext(ctx, `UPDATE sightings SET barred = ? WHERE tenant = ? AND issuer = ? AND subject = ?`,
		false, tenant, i.Issuer, i.Subject)
	return err
}

// Identity implements directory.Connections. Issuer and subject are compared byte by byte.
func (s *Store) Identity(ctx context.Context, tenant, issuer, subject string) (directory.Identity, error) {
	i, err := scanIdentity(s.read.QueryRowContext(ctx, `SELECT `+identityColumns+` FROM identities i JOIN resources r ON r.seq = i.person
		WHERE i.tenant = ? AND i.issuer = ? AND i.subject = ?`, tenant, issuer, subject))
	if err != nil {
		return directory.Identity{}, fmt.Errorf("identity: %w", s.notFound(err))
	}
	return i, nil
}

// Identities implements directory.Connections.
func (s *Store) Identities(ctx context.Context, tenant, userID string) ([]directory.Identity, error) {
	identities, err := identitiesIn(ctx, s.read, tenant, userID)
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	return identities, nil
}

func identitiesIn(ctx context.Context, from conn, tenant, userID string) ([]directory.Identity, error) {
	rows, err := from.QueryContext(ctx, `SELECT `+identityColumns+` FROM resources r JOIN identities i ON i.person = r.seq
		WHERE r.tenant = ? AND r.id = ? ORDER BY i.issuer, i.subject`, tenant, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var identities []directory.Identity
	for rows.Next() {
		i, err := scanIdentity(rows)
		if err != nil {
			return nil, err
		}
		identities = append(identities, i)
	}
	return identities, rows.Err()
}

const identityColumns = `i.issuer, i.subject, r.id, i.linked, i.last_used`

func scanIdentity(r row) (directory.Identity, error) {
	var (
		i                directory.Identity
		linked, lastUsed int64
	)
	if err := r.Scan(&i.Issuer, &i.Subject, &i.UserID, &linked, &lastUsed); err != nil {
		return directory.Identity{}, err
	}
	i.Linked, i.LastUsed = fromNanos(linked), fromNanos(lastUsed)
	return i, nil
}

// Unlink implements directory.People.
func (s *Store) Unlink(ctx context.Context, tenant, userID string, everything bool) ([]directory.Identity, error) {
	var removed []directory.Identity
	err := s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		user, err := get(ctx, conn, tenant, directory.User, userID)
		if err != nil {
			return s.notFound(err)
		}
		if removed, err = identitiesIn(ctx, conn, tenant, userID); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, `DELETE FROM identities WHERE person = ?`, user.seq); err != nil {
			return err
		}
		if !everything || user.ExternalID == "" {
			return nil
		}
		fresh := user.Resource
		fresh.ExternalID = ""
		return s.saveLocally(ctx, conn, tenant, user, &fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("unlink user: %w", err)
	}
	return removed, nil
}

// saveLocally saves a user and lets it stay as local as it was.
func (s *Store) saveLocally(ctx context.Context, conn conn, tenant string, old stored, fresh *directory.Resource) error {
	saved, err := s.save(ctx, &edit{store: s, conn: conn, tenant: tenant, group: old.seq}, old, *fresh)
	if err != nil || saved.Version == old.Version {
		return err
	}
	*fresh = saved
	_, err = conn.ExecContext(ctx, `UPDATE accounts SET local_version = ? WHERE person = ? AND local_version = ?`,
		saved.Version, old.seq, old.Version)
	if err != nil {
		return err
	}
	return note(ctx, conn, old.Resource, saved)
}
