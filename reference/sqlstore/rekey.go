package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"assay/reference/directory"
)

// rekeyVersion is the place of rekey among the files in migrations.
const rekeyVersion = 8

// rekeyMigration gives the users of an older database the keys of directory.NameKey. The change is in Go
// because no database has that function.
func rekeyMigration(d dialect) *goose.Migration {
	return goose.NewGoMigration(rekeyVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		return rekey(ctx, d, tx)
	}}, nil)
}

// rekey changes the keys that differ, which none of a name in ASCII does. Two users whose names were
// different and are the same now are for a person to sort out.
func rekey(ctx context.Context, d dialect, tx *sql.Tx) error {
	stale, err := staleKeys(ctx, d, tx)
	if err != nil {
		return fmt.Errorf("read the names of users: %w", err)
	}
	for seq, name := range stale {
		_, err := tx.ExecContext(ctx, d.rewrite(`UPDATE resources SET name_key = ? WHERE seq = ?`), directory.NameKey(directory.User, name), seq)
		if d.violation(err) == takenName {
			return fmt.Errorf("the userName %q and that of another user of its tenant are the same by RFC 7644 section 5: rename one of them with the version of the application that was used before: %w", name, err)
		}
		if err != nil {
			return fmt.Errorf("change the key of a name: %w", err)
		}
	}
	return nil
}

func staleKeys(ctx context.Context, d dialect, tx *sql.Tx) (names map[int64]string, err error) {
	rows, err := tx.QueryContext(ctx, d.rewrite(`SELECT seq, name, name_key FROM resources WHERE kind = ?`), directory.User)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names = map[int64]string{}
	for rows.Next() {
		var seq int64
		var name, key string
		if err := rows.Scan(&seq, &name, &key); err != nil {
			return nil, err
		}
		if directory.NameKey(directory.User, name) != key {
			names[seq] = name
		}
	}
	return names, rows.Err()
}
