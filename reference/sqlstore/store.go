// Package sqlstore keeps the directory in SQLite.
//
// A database in a file runs in WAL mode with synchronous=FULL: a write that has returned survives the
// loss of power. One connection writes and a pool of others reads, so that readers never wait for
// writers. Writers that wait for each other share a commit. A database in memory has one connection
// for everything.
//
// Names and e-mail addresses are compared under simple Unicode case folding, rune by rune, exactly as
// strings.EqualFold does. They are not normalised: the standard library has no NFC, so "é" as one
// code point and as two are different names.
package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"assay/reference/directory"
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is the number of connections that read a database file at the same time.
const readers = 4

// Store is a directory.Store on SQLite. Open makes one.
//
// The function that is given to Update runs while the write transaction is open. It must not call the
// Store itself, only its Edit: a second write would wait for the first for ever.
type Store struct {
	read  *reader
	write *writer
	dbs   []*sql.DB // what Close closes, in this order
}

var _ directory.Store = (*Store)(nil)

// Open opens the database file at path, creates it where there is none (readable by its owner only),
// and brings its tables up to date. An empty path opens a private database in memory, which is gone
// after Close.
func Open(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return openMemory(ctx)
	}
	return openFile(ctx, path)
}

func openMemory(ctx context.Context) (*Store, error) {
	db, err := sql.Open("sqlite", ":memory:?"+pragmas("foreign_keys(1)"))
	if err != nil {
		return nil, fmt.Errorf("open database in memory: %w", err)
	}
	// The database lives exactly as long as this one connection.
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	db.SetConnMaxIdleTime(0)
	return assemble(ctx, db, db)
}

func openFile(ctx context.Context, path string) (*Store, error) {
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?"
	writeDB, err := sql.Open("sqlite", name+pragmas(
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	writeDB.SetMaxOpenConns(1)
	readDB, err := sql.Open("sqlite", name+pragmas("busy_timeout(10000)", "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), writeDB.Close())
	}
	readDB.SetMaxOpenConns(readers)
	readDB.SetMaxIdleConns(readers)
	return assemble(ctx, readDB, writeDB)
}

func pragmas(list ...string) string {
	return url.Values{"_pragma": list}.Encode()
}

// createPrivate makes the file before SQLite does, because SQLite would let everybody read it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func assemble(ctx context.Context, readDB, writeDB *sql.DB) (*Store, error) {
	dbs := []*sql.DB{writeDB}
	if readDB != writeDB {
		// SQLite folds the write-ahead log into the file when the last connection goes, and only a
		// connection that may write can do it: readers go first.
		dbs = []*sql.DB{readDB, writeDB}
	}
	if err := migrate(ctx, writeDB); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), closeAll(dbs))
	}
	return &Store{read: &reader{db: readDB}, write: newWriter(writeDB), dbs: dbs}, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Close waits for the writes that are under way and closes the database.
func (s *Store) Close() error {
	s.write.close()
	s.read.close()
	return closeAll(s.dbs)
}

func closeAll(dbs []*sql.DB) error {
	var errs []error
	for _, db := range dbs {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// now is the time of a change, in UTC and cut to microseconds: what SCIM shows of it is then all of it.
func now() time.Time {
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Times are stored as nanoseconds since 1970, and the zero time, which that cannot express, as 0.
func toNanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
