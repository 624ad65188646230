package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"assay/reference/directory"
)

// Append implements directory.Audit.
func (s *Store) Append(ctx context.Context, e directory.Event) error {
	return s.write.do(ctx, func(ctx context.Context, conn conn) error { return appendEvent(ctx, conn, e) })
}

func appendEvent(ctx context.Context, conn conn, e directory.Event) error {
	if e.Time.IsZero() {
		e.Time = now()
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("append event: %w", err)
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO audit (time, tenant, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)`,
		toNanos(e.Time), e.Tenant, e.Actor, e.Action, e.Subject, string(detail))
	if err != nil {
		return fmt.Errorf("append event: %w", err)
	}
	return nil
}

// note appends the events of a change, in its transaction.
func note(ctx context.Context, conn conn, old, fresh directory.Resource) error {
	for _, e := range directory.Noted(ctx, old, fresh) {
		if err := appendEvent(ctx, conn, e); err != nil {
			return err
		}
	}
	return nil
}

// Events implements directory.Audit. A limit below 1 yields none.
func (s *Store) Events(ctx context.Context, tenant string, limit int) ([]directory.Event, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, time, actor, action, subject, detail FROM audit
		WHERE tenant = ? ORDER BY seq DESC LIMIT ?`, tenant, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	defer rows.Close()
	var events []directory.Event
	for rows.Next() {
		e, err := scanEvent(rows, tenant)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

func scanEvent(r row, tenant string) (directory.Event, error) {
	e := directory.Event{Tenant: tenant}
	var (
		at     int64
		detail []byte
	)
	if err := r.Scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &detail); err != nil {
		return directory.Event{}, err
	}
	e.Time = fromNanos(at)
	return e, json.Unmarshal(detail, &e.Detail)
}
