package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"assay/reference/directory"
)

const sessionColumns = `s.seq, s.id, s.hash, s.tenant, r.id, s.via, s.mfa, s.role, s.address, s.agent, s.created, s.seen, s.expires`

func scanSession(r row) (directory.Session, error) {
	var (
		s                      directory.Session
		created, seen, expires int64
	)
	err := r.Scan(&s.Place, &s.ID, &s.Hash, &s.Tenant, &s.User, &s.Via, &s.MFA, &s.Role, &s.Address, &s.Agent, &created, &seen, &expires)
	s.Created, s.Seen, s.Expires = fromNanos(created), fromNanos(seen), fromNanos(expires)
	return s, err
}

// StartSession implements directory.Sessions.
func (s *Store) StartSession(ctx context.Context, session directory.Session, most int) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if _, err := conn.ExecContext(ctx, `DELETE FROM sessions WHERE expires <= ?`, toNanos(session.Created)); err != nil {
			return err
		}
		user, err := get(ctx, conn, session.Tenant, directory.User, session.User)
		if err != nil {
			return s.notFound(err)
		}
		if !user.Active {
			return directory.ErrNotFound
		}
		_, err = conn.ExecContext(ctx, `INSERT INTO sessions
			(id, hash, tenant, person, via, mfa, role, address, agent, created, seen, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, session.ID, session.Hash, session.Tenant, user.seq, session.Via, session.MFA,
			session.Role, session.Address, session.Agent, toNanos(session.Created), toNanos(session.Seen), toNanos(session.Expires))
		if err != nil || most <= 0 {
			return err
		}
		_, err = conn.ExecContext(ctx, `DELETE FROM sessions WHERE person = ? AND seq NOT IN
			(SELECT seq FROM sessions WHERE person = ? ORDER BY seq DESC LIMIT ?)`, user.seq, user.seq, most)
		return err
	})
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	return nil
}

// Session implements directory.Sessions.
func (s *Store) Session(ctx context.Context, hash string) (directory.Session, error) {
	session, err := scanSession(s.read.QueryRowContext(ctx,
		`SELECT `+sessionColumns+` FROM sessions s JOIN resources r ON r.seq = s.person WHERE s.hash = ?`, hash))
	if err != nil {
		return directory.Session{}, fmt.Errorf("session: %w", s.notFound(err))
	}
	return session, nil
}

// SeeSession implements directory.Sessions.
func (s *Store) SeeSession(ctx context.Context, id string, at time.Time) error {
	if _, err := s.exec(ctx, `UPDATE sessions SET seen = ? WHERE id = ? AND seen < ?`, toNanos(at), id, toNanos(at)); err != nil {
		return fmt.Errorf("see session: %w", err)
	}
	return nil
}

// EndSession implements directory.Sessions.
func (s *Store) EndSession(ctx context.Context, tenant, id string) error {
	return s.change(ctx, "end session", `DELETE FROM sessions WHERE tenant = ? AND id = ?`, tenant, id)
}

// EndSessions implements directory.Sessions.
func (s *Store) EndSessions(ctx context.Context, tenant, user, keep string) (int, error) {
	var ended int
	err := s.write.do(ctx, func(ctx context.Context, conn conn) (err error) {
		ended, err = s.endSessions(ctx, conn, tenant, user, keep)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return ended, nil
}

func (s *Store) endSessions(ctx context.Context, conn conn, tenant, user, keep string) (int, error) {
	query, args := `DELETE FROM sessions WHERE tenant = ? AND id <> ?`, []any{tenant, keep}
	if user != "" {
		query += ` AND person = (SELECT seq FROM resources WHERE tenant = ? AND id = ?)`
		args = append(args, tenant, user)
	}
	res, err := conn.ExecContext(ctx, query, args...)
	if err != nil {
		if err = s.notFound(err); errors.Is(err, directory.ErrNotFound) {
			return 0, nil // nobody has such an id
		}
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// SessionsOf implements directory.Sessions. A limit below 1 yields none.
func (s *Store) SessionsOf(ctx context.Context, tenant, user string, after int64, limit int) ([]directory.Session, error) {
	query, args := `SELECT `+sessionColumns+` FROM sessions s JOIN resources r ON r.seq = s.person
		WHERE s.tenant = ? AND s.seq > ?`, []any{tenant, after}
	if user != "" {
		query, args = query+` AND r.id = ?`, append(args, user)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY s.seq LIMIT ?`, append(args, max(limit, 0))...)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	sessions, err := collect(rows, scanSession)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return sessions, nil
}

// deactivate is what comes before a resource is made inactive.
func (s *Store) deactivate(ctx context.Context, conn conn, tenant string, old stored) error {
	if old.Kind != directory.User {
		return nil
	}
	if err := protectBreakGlass(ctx, conn, tenant, old.seq); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, `DELETE FROM sessions WHERE person = ?`, old.seq)
	return err
}
