package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is the number of connections that read a database file at the same time.
const readers = 4

// sqliteDialect is the dialect that the common SQL is closest to.
type sqliteDialect struct{}

func (sqliteDialect) rewrite(query string) string { return query }

// begin takes the write lock at once: a transaction that begins by reading could lose it to another
// process later, and would fail then.
func (sqliteDialect) begin() []string { return []string{"BEGIN IMMEDIATE"} }

// lookup cannot be cancelled: it takes some microseconds, and watching for the end of a context takes
// two goroutines, which is more.
func (sqliteDialect) lookup(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func (sqliteDialect) storable(string) bool { return true }

func (sqliteDialect) elements() string { return "json_each(?)" }

func (sqliteDialect) violation(err error) violation {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return noViolation
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return missingParent
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return takenKey
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		if strings.Contains(e.Error(), "resources.name_key") {
			return takenName
		}
		return takenKey
	}
	return noViolation
}

func openMemory(ctx context.Context) (*Store, error) {
	db := openSQLite(":memory:", "foreign_keys(1)")
	// The database lives exactly as long as this one connection.
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	db.SetConnMaxIdleTime(0)
	return assembleSQLite(ctx, db, db)
}

func openFile(ctx context.Context, path string) (*Store, error) {
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	// What a savepoint would undo is kept in memory rather than in a file of its own: it is needed while the
	// process lives, and not for durability.
	writeDB := openSQLite(name, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)")
	writeDB.SetMaxOpenConns(1)
	readDB := openSQLite(name, "busy_timeout(10000)", "query_only(1)")
	readDB.SetMaxOpenConns(readers)
	readDB.SetMaxIdleConns(readers)
	return assembleSQLite(ctx, readDB, writeDB)
}

func openSQLite(name string, pragmas ...string) *sql.DB {
	keepPages()
	return sql.OpenDB(preparing{driver: &sqlite.Driver{}, name: name + "?" + url.Values{"_pragma": pragmas}.Encode()})
}

// createPrivate makes the file before SQLite does, because SQLite would let everybody read it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func assembleSQLite(ctx context.Context, readDB, writeDB *sql.DB) (*Store, error) {
	return assemble(ctx, sqliteDialect{}, readDB, writeDB, func(ctx context.Context) error {
		return migrate(ctx, writeDB, sqliteDialect{}, goose.DialectSQLite3, "migrations/sqlite")
	})
}
