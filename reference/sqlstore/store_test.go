package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

const tenant = "acme"

// open opens a store with one tenant and closes it when the test ends.
func open(tb testing.TB, path string) *sqlstore.Store {
	tb.Helper()
	s, err := sqlstore.Open(context.Background(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	err = s.CreateTenant(context.Background(), directory.Tenant{ID: tenant, Name: "Acme", Domains: []string{"acme.test"}})
	var taken *directory.ConflictError
	if err != nil && !errors.As(err, &taken) {
		tb.Fatal(err)
	}
	return s
}

// both runs a test on both dialects: on SQLite in memory and in a file, and on PostgreSQL where it is installed.
func both(t *testing.T, test func(t *testing.T, s *sqlstore.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, open(t, "")) })
	t.Run("file", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "a b?.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, postgres.Database(t))) })
}

func user(name string) directory.Resource {
	return directory.Resource{
		Kind: directory.User, Name: name, Email: name + "@acme.test", ExternalID: "ext-" + name, Active: true,
		Attributes: map[string]any{"userName": name, "displayName": "The " + name},
	}
}

func group(name string) directory.Resource {
	return directory.Resource{Kind: directory.Group, Name: name, Attributes: map[string]any{"displayName": name}}
}

func create(tb testing.TB, s *sqlstore.Store, r directory.Resource, members ...directory.Member) directory.Resource {
	tb.Helper()
	out, err := s.Create(context.Background(), tenant, r, members)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func list(tb testing.TB, s *sqlstore.Store, q directory.Query) []string {
	tb.Helper()
	names := []string{}
	for r, err := range s.List(context.Background(), tenant, q) {
		if err != nil {
			tb.Fatal(err)
		}
		names = append(names, r.Name)
	}
	return names
}

func TestCreateGetDelete(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		made := create(t, s, user("ada"))
		if made.ID == "" || made.Version != 1 || made.Created.IsZero() || made.Created.Location() != time.UTC {
			t.Errorf("created %+v", made)
		}
		got, err := s.Get(ctx, tenant, directory.User, made.ID)
		if err != nil || !reflect.DeepEqual(got, made) {
			t.Errorf("got %+v, %v\nwanted %+v", got, err, made)
		}
		for name, try := range map[string]func() error{
			"other kind":   func() error { _, err := s.Get(ctx, tenant, directory.Group, made.ID); return err },
			"other tenant": func() error { _, err := s.Get(ctx, "other", directory.User, made.ID); return err },
			"other case":   func() error { _, err := s.Get(ctx, tenant, directory.User, made.ID+"X"); return err },
			"no tenant":    func() error { _, err := s.Create(ctx, "other", user("x"), nil); return err },
			"no member":    func() error { _, err := s.Create(ctx, tenant, group("x"), []directory.Member{{ID: "x"}}); return err },
			"delete":       func() error { return s.Delete(ctx, tenant, directory.Group, made.ID, nil) },
		} {
			if err := try(); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n, err := s.Count(ctx, tenant, directory.Query{Kind: directory.Group}); n != 0 || err != nil {
			t.Errorf("a group with an unknown member was stored: %d, %v", n, err)
		}
		refusal := errors.New("no")
		err = s.Delete(ctx, tenant, directory.User, made.ID, func(r directory.Resource) error {
			if !reflect.DeepEqual(r, made) {
				t.Errorf("the condition saw %+v", r)
			}
			return refusal
		})
		if err != refusal {
			t.Errorf("refusal came back as %v", err)
		}
		if err := s.Delete(ctx, tenant, directory.User, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(ctx, tenant, directory.User, made.ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("after delete: %v", err)
		}
	})
}

func TestUniqueNames(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		create(t, s, user("Zoë.Straße"))
		other := create(t, s, user("other"))
		for _, name := range []string{"Zoë.Straße", "zoË.STRAßE", "ZOË.ſtraße"} {
			_, err := s.Create(ctx, tenant, user(name), nil)
			var taken *directory.ConflictError
			if !errors.As(err, &taken) || taken.Attribute != "userName" || taken.Value != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := s.Update(ctx, tenant, directory.User, other.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.Name = "ZOË.straße"
			return nil
		})
		var taken *directory.ConflictError
		if !errors.As(err, &taken) {
			t.Errorf("rename to a taken name: %v", err)
		}
		create(t, s, group("same"))
		create(t, s, group("same"))
	})
}

func TestUpdate(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		made := create(t, s, user("ada"))
		same, err := s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.Attributes = map[string]any{"displayName": "The ada", "userName": "ada"}
			return nil
		})
		if err != nil || same.Version != 1 || !same.Modified.Equal(made.Modified) {
			t.Errorf("a change that changes nothing: %+v, %v", same, err)
		}
		changed, err := s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.Attributes["title"] = "Countess"
			r.ID, r.Version, r.Created = "hijacked", 99, time.Time{}
			return nil
		})
		if err != nil || changed.Version != 2 || !changed.Modified.After(made.Modified) || changed.ID != made.ID || !changed.Created.Equal(made.Created) {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		got, err := s.Get(ctx, tenant, directory.User, made.ID)
		if err != nil || !reflect.DeepEqual(got, changed) {
			t.Errorf("got %+v, %v\nwanted %+v", got, err, changed)
		}
		refusal := errors.New("no")
		_, err = s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.Name = "eve"
			return refusal
		})
		if err != refusal {
			t.Errorf("refusal came back as %v", err)
		}
		if got, _ = s.Get(ctx, tenant, directory.User, made.ID); got.Name != "ada" {
			t.Errorf("a refused change was stored: %+v", got)
		}
		if _, err := s.Update(ctx, tenant, directory.User, "none", nil); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("update of nobody: %v", err)
		}
	})
}

func TestUpdateSurvivesPanic(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		made := create(t, s, user("ada"))
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not reach the caller")
				}
			}()
			_, _ = s.Update(ctx, tenant, directory.User, made.ID, func(directory.Edit, *directory.Resource) error { panic("boom") })
		}()
		create(t, s, user("eve")) // and the writer goes on
	})
}

func TestMembers(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada, bob, inner := create(t, s, user("ada")), create(t, s, user("bob")), create(t, s, group("inner"))
		all := create(t, s, group("all"), directory.Member{ID: bob.ID}, directory.Member{ID: inner.ID})
		edit := func(change func(e directory.Edit) error) directory.Resource {
			t.Helper()
			r, err := s.Update(ctx, tenant, directory.Group, all.ID, func(e directory.Edit, _ *directory.Resource) error { return change(e) })
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := edit(func(e directory.Edit) error {
			return errors.Join(e.AddMembers(ctx, directory.Member{ID: bob.ID}), e.RemoveMembers(ctx, ada.ID, "nobody"))
		})
		if r.Version != 1 {
			t.Errorf("adding who is there and removing who is not counted as a change: version %d", r.Version)
		}
		r = edit(func(e directory.Edit) error { return e.AddMembers(ctx, directory.Member{ID: ada.ID}) })
		if r.Version != 2 {
			t.Errorf("version %d after an add", r.Version)
		}
		want := []directory.Member{
			{ID: bob.ID, Kind: directory.User, Display: "The bob"}, {ID: inner.ID, Kind: directory.Group, Display: "inner"},
			{ID: ada.ID, Kind: directory.User, Display: "The ada"},
		}
		got, err := s.MembersOf(ctx, tenant, all.ID, inner.ID)
		if err != nil || !reflect.DeepEqual(got, map[string][]directory.Member{all.ID: want}) {
			t.Errorf("members %+v, %v", got, err)
		}
		_, err = s.Update(ctx, tenant, directory.Group, all.ID, func(e directory.Edit, r *directory.Resource) error {
			inside, err := e.Members(ctx)
			if !reflect.DeepEqual(inside, want) {
				t.Errorf("members inside the transaction %+v", inside)
			}
			r.Name = "lost"
			return errors.Join(err, e.AddMembers(ctx, directory.Member{ID: "nobody"}))
		})
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("an unknown member: %v", err)
		}
		groups, err := s.GroupsOf(ctx, tenant, ada.ID, bob.ID)
		in := []directory.Member{{ID: all.ID, Kind: directory.Group, Display: "all"}}
		if err != nil || !reflect.DeepEqual(groups, map[string][]directory.Member{ada.ID: in, bob.ID: in}) {
			t.Errorf("groups %+v, %v", groups, err)
		}
		if err := s.Delete(ctx, tenant, directory.User, bob.ID, nil); err != nil {
			t.Fatal(err)
		}
		if r, _ = s.Get(ctx, tenant, directory.Group, all.ID); r.Version != 3 {
			t.Errorf("a group that lost a member to a delete has version %d", r.Version)
		}
		if got, _ = s.MembersOf(ctx, tenant, all.ID); !reflect.DeepEqual(got[all.ID], want[1:]) {
			t.Errorf("after the delete of a member: %+v", got)
		}
		edit(func(e directory.Edit) error { return e.ClearMembers(ctx) })
		if got, _ = s.MembersOf(ctx, tenant, all.ID); len(got) != 0 {
			t.Errorf("after clear: %+v", got)
		}
	})
}

func TestList(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		var names []string
		var seqs []int64
		for i := range 600 { // more than two chunks
			names = append(names, fmt.Sprintf("u%03d", i))
			seqs = append(seqs, create(t, s, user(names[i])).Seq)
		}
		create(t, s, group("U001"))
		backwards := slices.Clone(names)
		slices.Reverse(backwards)
		for _, c := range []struct {
			q    directory.Query
			want []string
		}{
			{directory.Query{}, names},
			{directory.Query{Limit: 300}, names[:300]},
			{directory.Query{Limit: 256}, names[:256]},
			{directory.Query{Offset: 100, Limit: 500}, names[100:]},
			{directory.Query{Offset: 599}, names[599:]},
			{directory.Query{Offset: 600, Limit: 5}, nil},
			{directory.Query{Name: "U007"}, names[7:8]},
			{directory.Query{Email: "u007@ACME.test"}, names[7:8]},
			{directory.Query{ExternalID: "ext-u007"}, names[7:8]},
			{directory.Query{ExternalID: "EXT-u007"}, nil},
			{directory.Query{ExternalID: "ext-u007", Name: "u008"}, nil},
			{directory.Query{ID: "u007"}, nil},
			{directory.Query{Name: `u007' OR '1'='1`}, nil},
			{directory.Query{Reverse: true}, backwards},
			{directory.Query{Reverse: true, Offset: 1, Limit: 400}, backwards[1:401]},
			{directory.Query{After: seqs[99]}, names[100:]},
			{directory.Query{After: seqs[99], Before: seqs[550], Limit: 300}, names[100:400]},
			{directory.Query{After: seqs[599]}, nil},
			{directory.Query{Before: seqs[3]}, names[:3]},
			{directory.Query{Before: seqs[500], Reverse: true, Limit: 300}, backwards[100:400]},
			{directory.Query{Where: directory.FieldTest{Field: directory.FieldName, Op: directory.HasPrefix, Value: "U59"}}, names[590:]},
			{directory.Query{Where: directory.FieldTest{Field: directory.FieldName, Op: directory.HasSuffix, Value: "\x00"}}, nil},
			{directory.Query{Where: directory.Not{Condition: directory.FieldTest{Field: directory.FieldName, Op: directory.Equal, Value: "\x00"}}}, names},
			{directory.Query{Where: directory.FieldTest{Field: directory.FieldName, Op: directory.Less, Value: "u002\x00"}}, names[:3]},
			{directory.Query{Where: directory.FieldTest{Field: directory.FieldName, Op: directory.GreaterOrEqual, Value: "u598\x00"}}, names[599:]},
		} {
			c.q.Kind = directory.User
			if got := list(t, s, c.q); !reflect.DeepEqual(got, append([]string{}, c.want...)) {
				t.Errorf("%+v: %d names, wanted %d", c.q, len(got), len(c.want))
			}
			total := c.q
			total.Offset, total.Limit = 0, 0
			if n, err := s.Count(ctx, tenant, c.q); err != nil || n != len(list(t, s, total)) {
				t.Errorf("%+v: count %d, %v", c.q, n, err)
			}
		}
	})
}

// A loop over a list may write to what it reads: no row is open meanwhile.
func TestListWhileWriting(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		for i := range 300 {
			create(t, s, user(fmt.Sprint("u", i)))
		}
		seen := map[string]bool{}
		for r, err := range s.List(ctx, tenant, directory.Query{Kind: directory.User}) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[r.ID] {
				t.Fatalf("%s came twice", r.Name)
			}
			seen[r.ID] = true
			if err := s.Delete(ctx, tenant, directory.User, r.ID, nil); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 300 {
			t.Errorf("saw %d of 300", len(seen))
		}
	})
}

func TestClosed(t *testing.T) {
	s, err := sqlstore.Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateTenant(context.Background(), directory.Tenant{ID: "late"}); err == nil {
		t.Error("a closed store took a write")
	}
	if _, err := sqlstore.Open(context.Background(), filepath.Join(t.TempDir(), "none", "x.db")); err == nil {
		t.Error("a path that cannot be was opened")
	}
	path := filepath.Join(t.TempDir(), "not.db")
	if err := os.WriteFile(path, []byte("this is no database, whatever its name says, and long enough to tell"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Open(context.Background(), path); err == nil {
		t.Error("a text file was opened")
	}
}
