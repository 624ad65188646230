package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/reference/directory"
	"assay/reference/sqlstore"
	"assay/reference/sqlstore/postgrestest"
)

// Two replicas that start together on an empty database both come up, and their writes never lose
// each other.
func TestReplicas(t *testing.T) {
	ctx := context.Background()
	source := postgres.Database(t)
	replicas := make([]*sqlstore.Store, 2)
	var wg sync.WaitGroup
	for i := range replicas {
		wg.Go(func() {
			s, err := sqlstore.Open(ctx, source)
			if err != nil {
				t.Error(err)
				return
			}
			replicas[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	defer replicas[0].Close()
	defer replicas[1].Close()
	if err := replicas[0].CreateTenant(ctx, directory.Tenant{ID: tenant}); err != nil {
		t.Fatal(err)
	}
	ada := create(t, replicas[0], user("ada"))
	const each = 40
	for i := range 2 * each {
		wg.Go(func() {
			s := replicas[i%2]
			_, err := s.Update(ctx, tenant, directory.User, ada.ID, func(_ directory.Edit, r *directory.Resource) error {
				r.Attributes[fmt.Sprint("k", i)] = i
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := replicas[1].Get(ctx, tenant, directory.User, ada.ID)
	if err != nil || got.Version != 1+2*each || len(got.Attributes) != 2+2*each {
		t.Errorf("version %d with %d attributes, %v", got.Version, len(got.Attributes), err)
	}
}

// Whoever reads what has a greater seq than the last that was seen must get everything, although two
// replicas write: the order of seq is that of the commits.
func TestSeqIsCommitOrder(t *testing.T) {
	ctx := context.Background()
	source := postgres.Database(t)
	replicas := []*sqlstore.Store{open(t, source), open(t, source)}
	watcher, err := pgx.Connect(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close(ctx)
	const each = 150
	var wg sync.WaitGroup
	for i, s := range replicas {
		for worker := range 3 {
			wg.Go(func() {
				for n := range each / 3 {
					create(t, s, user(fmt.Sprintf("u%d-%d-%d", i, worker, n)))
				}
			})
		}
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	seen, last := 0, int64(0)
	for finished := false; !finished; {
		select {
		case <-written:
			finished = true // one more look, at what came since
		default:
		}
		rows, err := watcher.Query(ctx, "SELECT seq FROM resources WHERE seq > $1 ORDER BY seq", last)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if err := rows.Scan(&last); err != nil {
				t.Fatal(err)
			}
			seen++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if seen != 2*each {
		t.Errorf("saw %d of %d", seen, 2*each)
	}
}

// What a database cannot keep is refused in the domain's words and found nowhere, and the writes that
// share its transaction do not suffer.
func TestUnstorable(t *testing.T) {
	ctx := context.Background()
	s := open(t, postgres.Database(t))
	ada, all := create(t, s, user("ada")), create(t, s, group("all"))
	withNote := user("eve")
	withNote.Attributes["note"] = "a\x00b"
	long := user("x")
	var random strings.Builder // too long for an index even when it is compressed
	for i := range 20000 {
		fmt.Fprintf(&random, "%x", i*2654435761)
	}
	long.Name = random.String()
	for name, r := range map[string]directory.Resource{"name": user("a\x00b"), "attribute": withNote, "invalid UTF-8": user("\xff"), "long": long} {
		if _, err := s.Create(ctx, tenant, r, nil); !errors.Is(err, directory.ErrUnstorable) {
			t.Errorf("%s: %v", name, err)
		}
		_, err := s.Update(ctx, tenant, directory.User, ada.ID, func(_ directory.Edit, old *directory.Resource) error {
			old.Name, old.Attributes = r.Name, r.Attributes
			return nil
		})
		if !errors.Is(err, directory.ErrUnstorable) {
			t.Errorf("update, %s: %v", name, err)
		}
	}
	for name, try := range map[string]func() error{
		"get":    func() error { _, err := s.Get(ctx, tenant, directory.User, "\x00"); return err },
		"delete": func() error { return s.Delete(ctx, tenant, directory.User, "\xff", nil) },
		"update": func() error { _, err := s.Update(ctx, tenant, directory.User, "\x00", nil); return err },
		"token":  func() error { _, err := s.Token(ctx, "\x00"); return err },
		"add": func() error {
			_, err := s.Update(ctx, tenant, directory.Group, all.ID, func(e directory.Edit, _ *directory.Resource) error {
				return e.AddMembers(ctx, directory.Member{ID: "\x00"})
			})
			return err
		},
	} {
		if err := try(); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.Update(ctx, tenant, directory.Group, all.ID, func(e directory.Edit, _ *directory.Resource) error {
		return errors.Join(e.RemoveMembers(ctx, "\x00", "\xff"), e.AddMembers(ctx, directory.Member{ID: ada.ID}))
	})
	if err != nil {
		t.Error(err)
	}
	q := directory.Query{Kind: directory.User, Name: "a\x00b"}
	if n, err := s.Count(ctx, tenant, q); n != 0 || err != nil {
		t.Errorf("count %d, %v", n, err)
	}
	if got := list(t, s, q); len(got) != 0 {
		t.Errorf("list %v", got)
	}
}

// The password never shows: not in what describes the source, and not in an error.
func TestPasswordStaysSecret(t *testing.T) {
	server := postgres.Server(t)
	u, err := url.Parse(postgres.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	if shown := sqlstore.Describe(u.String()); strings.Contains(shown, server.Password()) || strings.Contains(shown, u.User.Username()+"@") || !strings.HasSuffix(shown, u.Path) {
		t.Errorf("described as %q", shown)
	}
	wrong := *u
	wrong.User = url.UserPassword("postgres", "planted-password")
	gone := *u
	gone.Path = "/nothing"
	nobody := *u
	nobody.Host = "127.0.0.1:1"
	for _, source := range []string{
		wrong.String(), gone.String(), nobody.String(), u.String() + "&sslmode=planted-password", strings.Replace(u.String(), ":"+server.Password(), ":planted-password %zz", 1),
	} {
		s, err := sqlstore.Open(context.Background(), source)
		if err == nil {
			t.Error("it was opened")
			_ = s.Close()
			continue
		}
		if text := err.Error(); strings.Contains(text, server.Password()) || strings.Contains(text, "planted-password") {
			t.Errorf("an error shows the password: %s", strings.ReplaceAll(text, server.Password(), "***"))
		}
	}
}

// PGPASSWORD stands in for a password that the URL does not have.
func TestPasswordFromEnvironment(t *testing.T) {
	server := postgres.Server(t)
	u, err := url.Parse(postgres.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("postgres")
	t.Setenv("PGPASSWORD", server.Password())
	open(t, u.String())
}

// A server that is killed in the middle and started again has everything that was answered.
func TestPostgresCrash(t *testing.T) {
	server := postgrestest.New(t) // of its own: others would crash with it
	source, err := server.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, source)
	var mu sync.Mutex
	acknowledged := map[string]string{}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 150 {
				r, err := s.Create(context.Background(), tenant, user(fmt.Sprint(i, "-", n)), nil)
				if err != nil {
					return
				}
				mu.Lock()
				acknowledged[r.ID] = r.Name
				mu.Unlock()
				if n == 50 && i == 0 {
					if err := server.Crash(context.Background()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if len(acknowledged) < 50 {
		t.Fatalf("only %d writes before the crash", len(acknowledged))
	}
	for id, name := range acknowledged {
		r, err := s.Get(context.Background(), tenant, directory.User, id)
		if err != nil || r.Name != name {
			t.Fatalf("%s is lost: %+v, %v", name, r, err)
		}
	}
	create(t, s, user("after"))
}
