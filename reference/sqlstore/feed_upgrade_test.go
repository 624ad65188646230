package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// A database that is older than the feed has resources that the feed does not tell of: whoever asks for all of it
// hears that something is missing, and from where on nothing is.
func TestFeedOfOlderDatabase(t *testing.T) {
	test := func(t *testing.T, source, driver string, dialect goose.Dialect, dir string) {
		ctx := context.Background()
		s, err := sqlstore.Open(ctx, source)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{tenant, "empty"} {
			if err := s.CreateTenant(ctx, directory.Tenant{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		create(t, s, user("ada"))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := goose.NewProvider(dialect, db, os.DirFS(dir),
			goose.WithGoMigrations(goose.NewGoMigration(8, nil, nil), goose.NewGoMigration(14, nil, nil))) // rekey and chain have nothing to undo
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.DownTo(ctx, 4); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, source)
		if got, err := s.Changes(ctx, tenant, 0, 10); !errors.Is(err, directory.ErrChangesGone) {
			t.Errorf("from the beginning: %+v, %v", got, err)
		}
		if got, err := s.Changes(ctx, "empty", 0, 10); err != nil || len(got) != 0 {
			t.Errorf("a tenant without resources: %+v, %v", got, err)
		}
		_, end, err := s.NewestChanges(ctx, tenant, 10)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Changes(ctx, tenant, end, 10); err != nil || len(got) != 0 {
			t.Errorf("after %d: %+v, %v", end, got, err)
		}
		eve := create(t, s, user("eve"))
		if got, err := s.Changes(ctx, tenant, end, 10); err != nil || len(got) != 1 || got[0].ID != eve.ID || got[0].Seq <= end {
			t.Errorf("after %d: %+v, %v", end, got, err)
		}
	}
	t.Run("file", func(t *testing.T) {
		test(t, filepath.Join(t.TempDir(), "x.db"), "sqlite", goose.DialectSQLite3, "migrations/sqlite")
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, postgres.Database(t), "pgx", goose.DialectPostgres, "migrations/postgres")
	})
}
