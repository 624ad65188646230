package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"assay/reference/directory"
)

// Append implements directory.Audit.
func (s *Store) Append(ctx context.Context, e directory.Event) error {
	return s.write.do(ctx, func(ctx context.Context, conn conn) error { return appendEvent(ctx, conn, e) })
}

// appendEvent writes an event behind the last one of its tenant. Writers take turns, so that no two events follow the same one.
func appendEvent(ctx context.Context, conn conn, e directory.Event) error {
	if e.Time.IsZero() {
		e.Time = now()
	}
	var previous []byte
	err := conn.QueryRowContext(ctx, `SELECT hash FROM audit WHERE tenant = ? ORDER BY seq DESC LIMIT 1`, e.Tenant).Scan(&previous)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("append event: %w", err)
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("append event: %w", err)
	}
	_, err = conn.ExecContext(ctx, `INSERT INTO audit (time, tenant, actor, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		toNanos(e.Time), e.Tenant, e.Actor, e.Action, e.Subject, string(detail), e.Link(previous))
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
	if limit < 1 {
		return nil, nil
	}
	var events []directory.Event
	for e, err := range s.FindEvents(ctx, tenant, directory.EventQuery{Limit: limit}) {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// eventsChunk is how many events are read at a time: whoever takes them may be slow, and must not hold a connection.
const eventsChunk = 500

// FindEvents implements directory.Audit.
func (s *Store) FindEvents(ctx context.Context, tenant string, q directory.EventQuery) iter.Seq2[directory.Event, error] {
	return func(yield func(directory.Event, error) bool) {
		after := int64(0)
		for left := q.Limit; ; {
			limit := eventsChunk
			if q.Limit > 0 {
				limit = min(limit, left)
			}
			events, err := s.eventsChunk(ctx, tenant, q, after, limit)
			if err != nil {
				yield(directory.Event{}, fmt.Errorf("events: %w", err))
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			left -= len(events)
			if len(events) < limit || q.Limit > 0 && left <= 0 {
				return
			}
			if last := events[len(events)-1].Seq; q.OldestFirst {
				after = last
			} else {
				q.Before = last
			}
		}
	}
}

// eventsChunk reads the first events of a query that come after a place.
func (s *Store) eventsChunk(ctx context.Context, tenant string, q directory.EventQuery, after int64, limit int) ([]directory.Event, error) {
	where, args := eventConditions(tenant, q, after)
	order := "DESC"
	if q.OldestFirst {
		order = "ASC"
	}
	rows, err := s.read.QueryContext(ctx, `SELECT seq, time, actor, action, subject, detail, hash FROM audit WHERE `+where+
		` ORDER BY seq `+order+` LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []directory.Event
	for rows.Next() {
		e, err := scanEvent(rows, tenant)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

func eventConditions(tenant string, q directory.EventQuery, after int64) (where string, args []any) {
	parts := []string{"tenant = ?"}
	args = []any{tenant}
	add := func(wanted bool, part string, arg any) {
		if wanted {
			parts, args = append(parts, part), append(args, arg)
		}
	}
	add(q.Actor != "", "actor = ?", q.Actor)
	add(q.Action != "", "action = ?", q.Action)
	add(q.Subject != "", "subject = ?", q.Subject)
	add(!q.Since.IsZero(), "time >= ?", toNanos(q.Since))
	add(!q.Until.IsZero(), "time < ?", toNanos(q.Until))
	add(q.Before > 0, "seq < ?", q.Before)
	add(after > 0, "seq > ?", after)
	return strings.Join(parts, " AND "), args
}

// scanEvent reads the columns of an event, and what a query has selected behind them.
func scanEvent(r row, tenant string, more ...any) (directory.Event, error) {
	e := directory.Event{Tenant: tenant}
	var (
		at     int64
		detail []byte
	)
	if err := r.Scan(append([]any{&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &detail, &e.Hash}, more...)...); err != nil {
		return directory.Event{}, err
	}
	e.Time = fromNanos(at)
	return e, json.Unmarshal(detail, &e.Detail)
}
