package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"assay/reference/directory"
)

// keepSightings is how many sightings of each tenant are kept.
const keepSightings = 100_000

// Saw implements directory.People. A zero Seen is set to now.
func (s *Store) Saw(ctx context.Context, tenant string, seen directory.Sighting, admitted bool) error {
	if seen.Seen.IsZero() {
		seen.Seen = now()
	}
	claims, err := json.Marshal(seen.Claims)
	if err != nil {
		return fmt.Errorf("keep sighting: %w", err)
	}
	if len(claims) > directory.MaxClaims {
		return fmt.Errorf("keep sighting: claims of %d bytes, more than %d", len(claims), directory.MaxClaims)
	}
	err = s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if admitted {
			_, err := conn.ExecContext(ctx, `UPDATE identities SET last_used = ? WHERE tenant = ? AND issuer = ? AND subject = ?`,
				toNanos(seen.Seen), tenant, seen.Issuer, seen.Subject)
			if err != nil {
				return s.constraint(err, "sighting", seen.Subject)
			}
		}
		return s.keepSighting(ctx, conn, tenant, seen, string(claims))
	})
	if err != nil {
		return fmt.Errorf("keep sighting: %w", err)
	}
	return nil
}

func (s *Store) keepSighting(ctx context.Context, conn conn, tenant string, seen directory.Sighting, claims string) error {
	res, err := conn.ExecContext(ctx, `UPDATE sightings SET claims = ?, overage = ?, seen = ? WHERE tenant = ? AND issuer = ? AND subject = ?`,
		claims, seen.Overage, toNanos(seen.Seen), tenant, seen.Issuer, seen.Subject)
	if err == nil {
		err = atLeastOne(res)
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return s.constraint(err, "sighting", seen.Subject)
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO sightings (tenant, issuer, subject, claims, overage, seen) VALUES (?, ?, ?, ?, ?, ?)`,
		tenant, seen.Issuer, seen.Subject, claims, seen.Overage, toNanos(seen.Seen))
	if err != nil {
		return s.constraint(err, "sighting", seen.Subject)
	}
	_, err = conn.ExecContext(ctx, `DELETE FROM sightings WHERE tenant = ? AND seq <=
		(SELECT seq FROM sightings WHERE tenant = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`, tenant, tenant, keepSightings)
	return err
}

const sightingColumns = `seq, issuer, subject, claims, overage, barred, seen`

func scanSighting(r row) (directory.Sighting, error) {
	var (
		seen   directory.Sighting
		claims []byte
		at     int64
	)
	if err := r.Scan(&seen.Place, &seen.Issuer, &seen.Subject, &claims, &seen.Overage, &seen.Barred, &at); err != nil {
		return directory.Sighting{}, err
	}
	seen.Seen = fromNanos(at)
	return seen, json.Unmarshal(claims, &seen.Claims)
}

// bar remembers the identities of a user that goes.
func bar(ctx context.Context, conn conn, person int64) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO sightings (tenant, issuer, subject, claims, overage, seen, barred)
		SELECT tenant, issuer, subject, '{}', ?, 0, ? FROM identities WHERE person = ?
		ON CONFLICT (tenant, issuer, subject) DO UPDATE SET barred = excluded.barred`, false, true, person)
	return err
}

// Sighting implements directory.People.
func (s *Store) Sighting(ctx context.Context, tenant, issuer, subject string) (directory.Sighting, error) {
	seen, err := scanSighting(s.read.QueryRowContext(ctx, `SELECT `+sightingColumns+` FROM sightings
		WHERE tenant = ? AND issuer = ? AND subject = ?`, tenant, issuer, subject))
	if err != nil {
		return directory.Sighting{}, fmt.Errorf("sighting: %w", s.notFound(err))
	}
	return seen, nil
}

// Sightings implements directory.People. A limit below 1 yields none.
func (s *Store) Sightings(ctx context.Context, tenant string, after int64, limit int) ([]directory.Sighting, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+sightingColumns+` FROM sightings
		WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?`, tenant, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("sightings: %w", err)
	}
	defer rows.Close()
	var sightings []directory.Sighting
	for rows.Next() {
		seen, err := scanSighting(rows)
		if err != nil {
			return nil, fmt.Errorf("sightings: %w", err)
		}
		sightings = append(sightings, seen)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sightings: %w", err)
	}
	return sightings, nil
}

// Provision implements directory.People. A zero Linked is set to now.
func (s *Store) Provision(ctx context.Context, tenant string, i directory.Identity,
	change func(*directory.Resource) error) (user directory.Resource, fresh bool, err error) {
	if i.Linked.IsZero() {
		i.Linked = now()
	}
	err = s.changing(ctx, tenant, func(ctx context.Context, conn conn) error {
		known, err := linkedTo(ctx, conn, tenant, i)
		if errors.Is(err, sql.ErrNoRows) {
			fresh = true
			user, err = s.provision(ctx, conn, tenant, i, change)
			return err
		}
		if err != nil {
			return s.notFound(err)
		}
		user, err = s.refresh(ctx, conn, tenant, known, change)
		return err
	})
	if err != nil {
		return directory.Resource{}, false, err
	}
	return user, fresh, nil
}

// linkedTo returns the user of an identity.
func linkedTo(ctx context.Context, conn conn, tenant string, i directory.Identity) (stored, error) {
	return scanResource(conn.QueryRowContext(ctx, `SELECT `+columns+` FROM resources
		WHERE seq = (SELECT person FROM identities WHERE tenant = ? AND issuer = ? AND subject = ?)`, tenant, i.Issuer, i.Subject))
}

// provision makes the user of an identity.
func (s *Store) provision(ctx context.Context, conn conn, tenant string, i directory.Identity, change func(*directory.Resource) error) (directory.Resource, error) {
	r := directory.Resource{Kind: directory.User, Attributes: map[string]any{}}
	if err := change(&r); err != nil {
		return directory.Resource{}, err
	}
	r.ID, r.Kind = uuid.NewString(), directory.User
	raw, err := encodeAttributes(r.Attributes)
	if err != nil {
		return directory.Resource{}, err
	}
	if err := s.insertNew(ctx, conn, tenant, &r, raw); err != nil {
		return directory.Resource{}, fmt.Errorf("provision user: %w", err)
	}
	user := stored{Resource: r, seq: r.Seq}
	if err := s.link(ctx, conn, tenant, user, i); err != nil {
		return directory.Resource{}, fmt.Errorf("provision user: %w", err)
	}
	a := directory.Account{UserID: r.ID, Email: directory.EmailOf(r), LocalVersion: r.Version}
	if err := s.saveAccount(ctx, conn, tenant, r.Seq, a); err != nil {
		return directory.Resource{}, err
	}
	return r, note(ctx, conn, directory.Resource{}, r)
}

// refresh brings a user up to date that nobody but Provision has written.
func (s *Store) refresh(ctx context.Context, conn conn, tenant string, user stored, change func(*directory.Resource) error) (directory.Resource, error) {
	a, err := accountOf(ctx, conn, user)
	if err != nil || a.LocalVersion != user.Version {
		return user.Resource, err
	}
	fresh := user.Resource
	if fresh.Attributes, err = decodeAttributes(user.raw); err != nil {
		return directory.Resource{}, err
	}
	if err := change(&fresh); err != nil {
		return directory.Resource{}, err
	}
	return fresh, s.saveLocally(ctx, conn, tenant, user, &fresh)
}
