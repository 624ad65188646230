package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/reference/directory"
)

const credentialColumns = `r.id, c.password, c.password_set, c.totp, c.totp_set, c.recovery, c.break_glass, c.granted_by`

func scanCredentials(r row) (directory.Credentials, error) {
	var (
		c                  directory.Credentials
		set, totp, granted int64
		recovery           []byte
	)
	if err := r.Scan(&c.UserID, &c.Password, &set, &c.SealedTOTP, &totp, &recovery, &granted, &c.GrantedBy); err != nil {
		return directory.Credentials{}, err
	}
	c.PasswordSet, c.TOTPSet, c.BreakGlass = fromNanos(set), fromNanos(totp), fromNanos(granted)
	return c, json.Unmarshal(recovery, &c.Recovery)
}

// Credentials implements directory.LocalLogin.
func (s *Store) Credentials(ctx context.Context, tenant, user string) (directory.Credentials, error) {
	c, err := scanCredentials(s.read.QueryRowContext(ctx, `SELECT `+credentialColumns+`
		FROM credentials c JOIN resources r ON r.seq = c.person WHERE r.tenant = ? AND r.id = ?`, tenant, user))
	if err == nil {
		return c, nil
	}
	if err = s.notFound(err); errors.Is(err, directory.ErrNotFound) {
		if _, err = s.Get(ctx, tenant, directory.User, user); err == nil {
			return directory.Credentials{UserID: user}, nil
		}
	}
	return directory.Credentials{}, fmt.Errorf("credentials: %w", err)
}

// person returns the row of a user, which gets credentials if it has none yet.
func (s *Store) person(ctx context.Context, conn conn, tenant, user string) (stored, error) {
	found, err := get(ctx, conn, tenant, directory.User, user)
	if err != nil {
		return stored{}, s.notFound(err)
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO credentials (person) VALUES (?) ON CONFLICT DO NOTHING`, found.seq)
	return found, err
}

// credentialed runs a change of the credentials of a user.
func (s *Store) credentialed(ctx context.Context, doing, tenant, user string, change func(context.Context, conn, stored) error) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		person, err := s.person(ctx, conn, tenant, user)
		if err != nil {
			return err
		}
		return change(ctx, conn, person)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// SetPassword implements directory.LocalLogin.
func (s *Store) SetPassword(ctx context.Context, tenant, user, hash string, at time.Time, keep string) error {
	return s.credentialed(ctx, "set password", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		if hash == "" {
			at = time.Time{}
			if err := protectBreakGlass(ctx, conn, tenant, person.seq); err != nil {
				return err
			}
		}
		_, err := conn.ExecContext(ctx, `UPDATE credentials SET password = ?, password_set = ? WHERE person = ?`, hash, toNanos(at), person.seq)
		if err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `DELETE FROM sessions WHERE person = ? AND id <> ?`, person.seq, keep)
		return err
	})
}

// Enrol implements directory.LocalLogin.
func (s *Store) Enrol(ctx context.Context, tenant, user string, sealed []byte, step int64, recovery []string) error {
	codes, err := json.Marshal(recovery)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	return s.credentialed(ctx, "enrol", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		res, err := conn.ExecContext(ctx, `UPDATE credentials SET totp = ?, totp_set = ?, totp_step = ?, recovery = ?
			WHERE person = ? AND totp_set = 0`, sealed, toNanos(now()), step, string(codes), person.seq)
		return one(res, err, directory.ErrEnrolled)
	})
}

// one is the error of a statement that changes one row; none that it changed is the error otherwise.
func one(res sql.Result, err, otherwise error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, otherwise)
	}
	return nil
}

// RemoveTOTP implements directory.LocalLogin. The step stays: a code that was used stays used.
func (s *Store) RemoveTOTP(ctx context.Context, tenant, user string) error {
	return s.credentialed(ctx, "remove second factor", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		_, err := conn.ExecContext(ctx, `UPDATE credentials SET totp = ?, totp_set = 0, recovery = '[]' WHERE person = ?`, []byte{}, person.seq)
		if err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `DELETE FROM sessions WHERE person = ?`, person.seq)
		return err
	})
}

// TOTPStep implements directory.LocalLogin.
func (s *Store) TOTPStep(ctx context.Context, tenant, user string) (int64, error) {
	var step int64
	err := s.read.QueryRowContext(ctx, `SELECT c.totp_step FROM credentials c JOIN resources r ON r.seq = c.person
		WHERE r.tenant = ? AND r.id = ?`, tenant, user).Scan(&step)
	if err != nil {
		return 0, fmt.Errorf("last time step: %w", s.notFound(err))
	}
	return step, nil
}

// UseTOTP implements directory.LocalLogin.
func (s *Store) UseTOTP(ctx context.Context, tenant, user string, step int64) error {
	return s.credentialed(ctx, "use code", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		res, err := conn.ExecContext(ctx, `UPDATE credentials SET totp_step = ? WHERE person = ? AND totp_step < ?`, step, person.seq, step)
		return one(res, err, directory.ErrUsed)
	})
}

// UseRecovery implements directory.LocalLogin.
func (s *Store) UseRecovery(ctx context.Context, tenant, user, hash string) error {
	return s.credentialed(ctx, "use recovery code", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		var encoded []byte
		if err := conn.QueryRowContext(ctx, `SELECT recovery FROM credentials WHERE person = ?`, person.seq).Scan(&encoded); err != nil {
			return err
		}
		var codes []string
		if err := json.Unmarshal(encoded, &codes); err != nil {
			return err
		}
		at := slices.Index(codes, hash)
		if at < 0 {
			return directory.ErrUsed
		}
		left, err := json.Marshal(slices.Delete(codes, at, at+1))
		if err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, `UPDATE credentials SET recovery = ? WHERE person = ?`, string(left), person.seq)
		return err
	})
}

// Attempt implements directory.LocalLogin.
func (s *Store) Attempt(ctx context.Context, at time.Time, limits ...directory.AttemptLimit) (wait time.Duration, err error) {
	err = s.write.do(ctx, func(ctx context.Context, conn conn) error {
		forgotten := at.Add(-directory.AttemptLife)
		if _, err := conn.ExecContext(ctx, `DELETE FROM login_attempts WHERE last <= ?`, toNanos(forgotten)); err != nil {
			return err
		}
		counts := make([]int, len(limits))
		for i, limit := range limits {
			var last int64
			err := conn.QueryRowContext(ctx, `SELECT attempts, last FROM login_attempts WHERE id = ?`, limit.Key).Scan(&counts[i], &last)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			wait = max(wait, fromNanos(last).Add(limit.Wait(counts[i])).Sub(at))
		}
		if wait > 0 {
			return nil
		}
		for i, limit := range limits {
			_, err := conn.ExecContext(ctx, `INSERT INTO login_attempts (id, attempts, last) VALUES (?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, last = excluded.last`, limit.Key, counts[i]+1, toNanos(at))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	return max(wait, 0), nil
}

// GoodAttempt implements directory.LocalLogin.
func (s *Store) GoodAttempt(ctx context.Context, refund string, forget ...string) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		for _, key := range forget {
			if _, err := conn.ExecContext(ctx, `DELETE FROM login_attempts WHERE id = ?`, key); err != nil {
				return err
			}
		}
		_, err := conn.ExecContext(ctx, `UPDATE login_attempts SET attempts = attempts - 1 WHERE id = ? AND attempts > 0`, refund)
		return err
	})
	if err != nil {
		return fmt.Errorf("note good attempt: %w", err)
	}
	return nil
}
