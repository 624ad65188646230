// Package sqlstore keeps the directory in SQLite or PostgreSQL. The SQL is written once; what the two
// say differently is in sqlite.go and postgres.go.
//
// Writers that wait for each other share a commit, and one transaction writes at a time: on
// PostgreSQL, across all processes that use the database. So the order of seq is the order of
// commits, and a list or a feed that is read in steps misses nothing.
//
// A SQLite file runs in WAL mode with synchronous=FULL, PostgreSQL with synchronous_commit=on: a write
// that has returned survives the loss of power. Readers never wait for writers; only a database in
// memory has one connection for everything.
//
// PostgreSQL has no form for the character U+0000, and indexed texts (names, e-mail addresses,
// externalId) may have about 2,700 bytes; a write of others yields directory.ErrUnstorable.
//
// Names are compared as directory.NameKey says. E-mail addresses are compared under simple Unicode case folding, rune
// by rune, exactly as strings.EqualFold does, and are not normalised.
package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"assay/reference/directory"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// Store is a directory.Store on SQLite or PostgreSQL. Open makes one.
//
// The function that is given to Update runs while the write transaction is open. It must not call the
// Store itself, only its Edit: a second write would wait for the first for ever.
type Store struct {
	dialect dialect
	read    conn
	write   *writer
	feed    *feed
	dbs     []*sql.DB // what Close closes, in this order
}

var _ directory.Store = (*Store)(nil)

// Open opens the database that source names and brings its tables up to date.
//
// A URL that begins with postgres:// or postgresql:// is a PostgreSQL database, which must exist. What
// the URL does not say comes from the environment (PGPASSWORD and the others of libpq). Several
// processes may have the same database open.
//
// Anything else is the path of a SQLite file, which is created where there is none, readable by its
// owner only. An empty source is a private SQLite database in memory, which is gone after Close.
func Open(ctx context.Context, source string, options ...Option) (*Store, error) {
	s, err := open(ctx, source)
	if err != nil {
		return nil, err
	}
	for _, set := range options {
		set(s)
	}
	return s, nil
}

func open(ctx context.Context, source string) (*Store, error) {
	switch {
	case source == "":
		return openMemory(ctx)
	case IsServer(source):
		return openPostgres(ctx, source)
	}
	return openFile(ctx, source)
}

// Option is a setting of Open.
type Option func(*Store)

// KeepChanges is how many of its newest changes each tenant keeps in the change feed at least, and, but for a
// few percent, at most. Anything below 1 stands for DefaultKeepChanges.
func KeepChanges(n int) Option {
	return func(s *Store) {
		if n > 0 {
			s.feed.keep = n
		}
	}
}

// assemble migrates a database and makes a Store of it. readDB and writeDB may be one.
func assemble(ctx context.Context, d dialect, readDB, writeDB *sql.DB, migrate func(context.Context) error) (*Store, error) {
	dbs := []*sql.DB{writeDB}
	if readDB != writeDB {
		// SQLite folds the write-ahead log into the file when the last connection goes, and only a
		// connection that may write can do it: readers go first.
		dbs = []*sql.DB{readDB, writeDB}
	}
	if err := migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), closeAll(dbs))
	}
	return &Store{dialect: d, read: speaking{d, readDB}, write: newWriter(writeDB, d), feed: newFeed(), dbs: dbs}, nil
}

func migrate(ctx context.Context, db *sql.DB, d dialect, kind goose.Dialect, dir string, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(kind, db, files, append(options, goose.WithGoMigrations(rekeyMigration(d), chainMigration(d)))...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Close waits for the writes that are under way and closes the database.
func (s *Store) Close() error {
	s.write.close()
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
