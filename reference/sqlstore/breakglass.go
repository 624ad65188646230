package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"assay/reference/directory"
)

// standing are the users of a tenant who can get in when the identity provider fails: active, with break-glass access, a
// password, and the role that it needs.
const standing = `FROM credentials c JOIN resources r ON r.seq = c.person JOIN accounts a ON a.person = c.person
	WHERE r.tenant = ? AND r.active AND c.break_glass <> 0 AND c.password <> '' AND a.role IN ('owner', 'admin')`

// protectBreakGlass returns ErrLastBreakGlass when nobody could get in any more if this user could not. It runs in the
// transaction of the change, and one transaction writes at a time: of two who remove the last two, one fails.
func protectBreakGlass(ctx context.Context, conn conn, tenant string, person int64) error {
	var one, others int
	err := conn.QueryRowContext(ctx, `SELECT count(*) `+standing+` AND c.person = ? AND (SELECT mode FROM tenants WHERE id = ?) = 'sso'`,
		tenant, person, tenant).Scan(&one)
	if err != nil || one == 0 { // as for nearly everybody, at the cost of one lookup
		return err
	}
	if err := conn.QueryRowContext(ctx, `SELECT count(*) `+standing+` AND c.person <> ?`, tenant, person).Scan(&others); err != nil {
		return err
	}
	if others == 0 {
		return directory.ErrLastBreakGlass
	}
	return nil
}

// GrantBreakGlass implements directory.BreakGlass.
func (s *Store) GrantBreakGlass(ctx context.Context, tenant, user, by string) (fresh bool, err error) {
	err = s.credentialed(ctx, "grant break-glass access", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		var fit int
		err := conn.QueryRowContext(ctx, `SELECT count(*) FROM accounts WHERE person = ? AND role IN ('owner', 'admin')`, person.seq).Scan(&fit)
		if err != nil {
			return err
		}
		if fit == 0 || !person.Active {
			return directory.ErrRoleTooLow
		}
		res, err := conn.ExecContext(ctx, `UPDATE credentials SET break_glass = ?, granted_by = ? WHERE person = ? AND break_glass = 0`,
			toNanos(now()), by, person.seq)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		fresh = n > 0
		return err
	})
	return fresh, err
}

// RevokeBreakGlass implements directory.BreakGlass.
func (s *Store) RevokeBreakGlass(ctx context.Context, tenant, user string) error {
	return s.credentialed(ctx, "revoke break-glass access", tenant, user, func(ctx context.Context, conn conn, person stored) error {
		if err := protectBreakGlass(ctx, conn, tenant, person.seq); err != nil {
			return err
		}
		return dropBreakGlass(ctx, conn, person.seq, directory.ErrNotFound)
	})
}

// dropBreakGlass takes break-glass access away, and the sessions that it has opened. The error none is returned where there was
// nothing to take.
func dropBreakGlass(ctx context.Context, conn conn, person int64, none error) error {
	res, err := conn.ExecContext(ctx, `UPDATE credentials SET break_glass = 0, granted_by = '' WHERE person = ? AND break_glass <> 0`, person)
	if err := one(res, err, none); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `DELETE FROM sessions WHERE person = ? AND via = ?`, person, directory.ViaBreakGlass)
	return err
}

// keepRole is what follows for break-glass access when a user is about to be assigned a role: it goes with a role that is
// too low for it.
func keepRole(ctx context.Context, conn conn, tenant string, person int64, role directory.Role) error {
	if role.AtLeast(directory.RoleAdmin) {
		return nil
	}
	if err := protectBreakGlass(ctx, conn, tenant, person); err != nil {
		return err
	}
	return dropBreakGlass(ctx, conn, person, nil)
}

// BreakGlassUsers implements directory.BreakGlass.
func (s *Store) BreakGlassUsers(ctx context.Context, tenant string) ([]directory.Credentials, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+credentialColumns+` FROM credentials c JOIN resources r ON r.seq = c.person
		WHERE r.tenant = ? AND c.break_glass <> 0 ORDER BY c.break_glass, c.person`, tenant)
	if err != nil {
		return nil, fmt.Errorf("break-glass administrators: %w", err)
	}
	users, err := collect(rows, scanCredentials)
	if err != nil {
		return nil, fmt.Errorf("break-glass administrators: %w", err)
	}
	return users, nil
}

const alertColumns = `seq, tenant, time, kind, subject, detail, acknowledged, acknowledged_by`

func scanAlert(r row) (directory.Alert, error) {
	var (
		a                directory.Alert
		at, acknowledged int64
		detail           []byte
	)
	if err := r.Scan(&a.Place, &a.Tenant, &at, &a.Kind, &a.Subject, &detail, &acknowledged, &a.AcknowledgedBy); err != nil {
		return directory.Alert{}, err
	}
	a.Time, a.Acknowledged = fromNanos(at), fromNanos(acknowledged)
	return a, json.Unmarshal(detail, &a.Detail)
}

// AddAlert implements directory.BreakGlass. A zero Time is set to now.
func (s *Store) AddAlert(ctx context.Context, a directory.Alert) (int64, error) {
	if a.Time.IsZero() {
		a.Time = now()
	}
	detail, err := json.Marshal(a.Detail)
	if err != nil {
		return 0, fmt.Errorf("add alert: %w", err)
	}
	var place int64
	err = s.write.do(ctx, func(ctx context.Context, conn conn) error {
		err := conn.QueryRowContext(ctx, `INSERT INTO alerts (tenant, time, kind, subject, detail) VALUES (?, ?, ?, ?, ?) RETURNING seq`,
			a.Tenant, toNanos(a.Time), a.Kind, a.Subject, string(detail)).Scan(&place)
		return s.constraint(err, "alert", a.Tenant)
	})
	if err != nil {
		return 0, fmt.Errorf("add alert: %w", err)
	}
	return place, nil
}

// Alerts implements directory.BreakGlass. A limit below 1 yields none.
func (s *Store) Alerts(ctx context.Context, tenant string, after int64, limit int, open bool) ([]directory.Alert, error) {
	query := `SELECT ` + alertColumns + ` FROM alerts WHERE tenant = ? AND seq > ?`
	if open {
		query += ` AND acknowledged = 0`
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY seq LIMIT ?`, tenant, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	alerts, err := collect(rows, scanAlert)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return alerts, nil
}

// AcknowledgeAlert implements directory.BreakGlass.
func (s *Store) AcknowledgeAlert(ctx context.Context, tenant string, place int64, by string, at time.Time) (directory.Alert, error) {
	var alert directory.Alert
	err := s.write.do(ctx, func(ctx context.Context, conn conn) (err error) {
		_, err = conn.ExecContext(ctx, `UPDATE alerts SET acknowledged = ?, acknowledged_by = ?
			WHERE tenant = ? AND seq = ? AND acknowledged = 0`, toNanos(at), by, tenant, place)
		if err != nil {
			return err
		}
		alert, err = scanAlert(conn.QueryRowContext(ctx, `SELECT `+alertColumns+` FROM alerts WHERE tenant = ? AND seq = ?`, tenant, place))
		return err
	})
	if err != nil {
		return directory.Alert{}, fmt.Errorf("acknowledge alert: %w", s.notFound(err))
	}
	return alert, nil
}
