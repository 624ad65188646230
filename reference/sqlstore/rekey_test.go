package sqlstore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"assay/reference/directory"
)

// TestRekey opens a database whose names have the keys of before: they get new ones, unless two users collide.
func TestRekey(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "x.db")
	older := func(change string) {
		t.Helper()
		s, err := Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.dbs[len(s.dbs)-1].Exec(change); err != nil {
			t.Fatal(err)
		}
		provider, err := goose.NewProvider(goose.DialectSQLite3, s.dbs[len(s.dbs)-1], os.DirFS("migrations/sqlite"),
			goose.WithGoMigrations(goose.NewGoMigration(rekeyVersion, nil, nil), goose.NewGoMigration(chainVersion, nil, nil))) // they have nothing to undo
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.DownTo(ctx, rekeyVersion-1); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.CreateTenant(ctx, directory.Tenant{ID: "acme"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ada", "zoe\u0308"} {
		if _, err := first.Create(ctx, "acme", directory.Resource{Kind: directory.User, Name: name, Attributes: map[string]any{}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	older(`UPDATE resources SET name_key = 'old' WHERE name <> 'ada'`)
	second, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"ZOË": 1, "ada": 1, "old": 0} {
		if n, err := second.Count(ctx, "acme", directory.Query{Kind: directory.User, Name: name}); err != nil || n != want {
			t.Errorf("%q: %d, %v", name, n, err)
		}
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	older(`UPDATE resources SET name = 'ＡＤＡ', name_key = 'old' WHERE name <> 'ada'`)
	if _, err := Open(ctx, path); err == nil || !strings.Contains(err.Error(), `"ＡＤＡ"`) || !strings.Contains(err.Error(), "rename one of them") {
		t.Errorf("two users of one name: %v", err)
	}
}
