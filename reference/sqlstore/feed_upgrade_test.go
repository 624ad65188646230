package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
		downgrade(t, source, driver, dialect, dir, 4)
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

// downgrade takes a database back to an older version and then runs statements on it.
func downgrade(t *testing.T, source, driver string, dialect goose.Dialect, dir string, version int64, statements ...string) {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(dialect, db, os.DirFS(dir),
		goose.WithGoMigrations(goose.NewGoMigration(8, nil, nil), goose.NewGoMigration(14, nil, nil))) // rekey and chain have nothing to undo
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The domains that tenants had before there was a challenge are verified, for the first tenant that has them.
func TestDomainsOfOlderDatabase(t *testing.T) {
	test := func(t *testing.T, source, driver string, dialect goose.Dialect, dir string) {
		ctx := context.Background()
		s, err := sqlstore.Open(ctx, source)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{tenant, "second", "none"} {
			if err := s.CreateTenant(ctx, directory.Tenant{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.SetConnection(ctx, "second", directory.Connection{Issuer: "i"}), s.Close()); err != nil {
			t.Fatal(err)
		}
		downgrade(t, source, driver, dialect, dir, 9,
			`UPDATE tenants SET domains = '["Acme.test","acme.test"]' WHERE id = 'acme'`, `UPDATE tenants SET domains = '["acme.test","b.test"]' WHERE id = 'second'`)
		s = open(t, source)
		for id, want := range map[string][]string{tenant: {"acme.test"}, "second": {"b.test"}, "none": nil} {
			if got, err := s.Tenant(ctx, id); err != nil || !reflect.DeepEqual(got.Domains, want) || got.Mode != directory.ModeSSO {
				t.Errorf("%s: %+v, %v", id, got, err)
			}
		}
		if c, err := s.Connection(ctx, "second"); err != nil || !c.Active || c.Protocol != directory.OIDC {
			t.Errorf("connection %+v, %v", c, err)
		}
	}
	t.Run("file", func(t *testing.T) {
		test(t, filepath.Join(t.TempDir(), "x.db"), "sqlite", goose.DialectSQLite3, "migrations/sqlite")
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, postgres.Database(t), "pgx", goose.DialectPostgres, "migrations/postgres")
	})
}
