package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"assay/reference/directory"
)

// chainVersion is the place of chain among the files in migrations.
const chainVersion = 14

// chainMigration chains the events of an older database. The change is in Go because no database has that hash.
func chainMigration(d dialect) *goose.Migration {
	return goose.NewGoMigration(chainVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if err := chain(ctx, speaking{d, tx}); err != nil {
			return fmt.Errorf("chain the events of the audit log: %w", err)
		}
		return nil
	}}, nil)
}

// chain goes through the events in pieces: a log may be long.
func chain(ctx context.Context, conn conn) error {
	heads := map[string][]byte{}
	for after := int64(0); ; {
		events, err := unchained(ctx, conn, after)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			head := e.Link(heads[e.Tenant])
			if _, err := conn.ExecContext(ctx, `UPDATE audit SET hash = ? WHERE seq = ?`, head, e.Seq); err != nil {
				return err
			}
			heads[e.Tenant], after = head, e.Seq
		}
	}
}

func unchained(ctx context.Context, conn conn, after int64) (events []directory.Event, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT seq, time, actor, action, subject, detail, hash, tenant FROM audit
		WHERE seq > ? ORDER BY seq LIMIT ?`, after, eventsChunk)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var tenant string
		e, err := scanEvent(rows, "", &tenant)
		if err != nil {
			return nil, err
		}
		e.Tenant = tenant
		events = append(events, e)
	}
	return events, rows.Err()
}
