package sqlstore_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

func TestArchive(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		f := follow(t, s)
		ada, bob := create(t, s, user("ada")), create(t, s, user("bob"))
		second := create(t, s, group("second"), directory.Member{ID: bob.ID})
		first := create(t, s, group("first"), directory.Member{ID: ada.ID}, directory.Member{ID: bob.ID})
		_, err := s.Update(ctx, tenant, directory.Group, second.ID, func(e directory.Edit, _ *directory.Resource) error {
			return e.AddMembers(ctx, directory.Member{ID: ada.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s", UserID: ada.ID}); err != nil {
			t.Fatal(err)
		}
		f.read()

		gone, fresh, err := s.ArchiveUser(ctx, tenant, ada.ID)
		if err != nil || !fresh || gone.At.IsZero() || !reflect.DeepEqual(gone.Groups, []string{first.ID, second.ID}) {
			t.Fatalf("archived %+v, fresh %t, %v", gone, fresh, err)
		}
		was := ada
		was.Seq = 0
		if !reflect.DeepEqual(gone.Resource, was) {
			t.Errorf("archived\n%+v\nwanted\n%+v", gone.Resource, was)
		}
		left := func(g directory.Resource) directory.Change {
			return directory.Change{Kind: directory.Group, ID: g.ID, Action: directory.Changed, Removed: []string{ada.ID}}
		}
		got := f.read()
		for i := range got {
			got[i].Seq, got[i].Time = 0, gone.At
		}
		want := []directory.Change{left(second), left(first), {Kind: directory.User, ID: ada.ID, Action: directory.Archived}}
		for i := range want {
			want[i].Time = gone.At
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the feed has %+v", got)
		}
		f.agree()

		again, fresh, err := s.ArchiveUser(ctx, tenant, ada.ID)
		if err != nil || fresh || !reflect.DeepEqual(again, gone) {
			t.Errorf("archived again: %+v, fresh %t, %v", again, fresh, err)
		}
		f.only()
		if _, err := s.Get(ctx, tenant, directory.User, ada.ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the archived user is found: %v", err)
		}
		if _, err := s.Identity(ctx, tenant, "i", "s"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the identity is still linked: %v", err)
		}
		for _, q := range []directory.Query{{Name: "ada"}, {Email: ada.Email}, {ExternalID: ada.ExternalID}, {ID: ada.ID}} {
			q.Kind = directory.User
			if found := list(t, s, q); len(found) != 0 {
				t.Errorf("%+v finds %v", q, found)
			}
		}
		next := create(t, s, user("ada")) // the name is free
		f.read()
		if stored, err := s.ArchivedUser(ctx, tenant, ada.ID); err != nil || !reflect.DeepEqual(stored, gone) {
			t.Errorf("read from the archive: %+v, %v", stored, err)
		}
		other, _, err := s.ArchiveUser(ctx, tenant, next.ID)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.ArchivedUsers(ctx, tenant, 0, 1)
		if err != nil || !reflect.DeepEqual(page, []directory.ArchivedUser{gone}) {
			t.Errorf("first page %+v, %v", page, err)
		}
		page, err = s.ArchivedUsers(ctx, tenant, page[0].Place, 5)
		if err != nil || !reflect.DeepEqual(page, []directory.ArchivedUser{other}) {
			t.Errorf("second page %+v, %v", page, err)
		}

		for name, try := range map[string]func() error{
			"a group":         func() error { _, _, err := s.ArchiveUser(ctx, tenant, first.ID); return err },
			"nobody":          func() error { _, _, err := s.ArchiveUser(ctx, tenant, "nobody"); return err },
			"unstorable":      func() error { _, _, err := s.ArchiveUser(ctx, tenant, "\x00"); return err },
			"other tenant":    func() error { _, _, err := s.ArchiveUser(ctx, "other", bob.ID); return err },
			"read elsewhere":  func() error { _, err := s.ArchivedUser(ctx, "other", ada.ID); return err },
			"read of a user":  func() error { _, err := s.ArchivedUser(ctx, tenant, bob.ID); return err },
			"delete a user":   func() error { return s.DeleteArchived(ctx, tenant, bob.ID) },
			"delete of other": func() error { return s.DeleteArchived(ctx, "other", ada.ID) },
		} {
			if err := try(); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		f.read()
		if err := s.DeleteArchived(ctx, tenant, ada.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ArchivedUser(ctx, tenant, ada.ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("after the delete: %v", err)
		}
		changes, err := s.Changes(ctx, tenant, f.at, 5)
		if err != nil || len(changes) != 1 || changes[0].ID != ada.ID || changes[0].Action != directory.Deleted {
			t.Errorf("the feed has %+v, %v", changes, err)
		}
	})
}

// Of several who archive a user at the same time one does it, and all are told the same.
func TestArchiveRace(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ada := create(t, s, user("ada"))
		var times atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				gone, fresh, err := s.ArchiveUser(context.Background(), tenant, ada.ID)
				if err != nil || gone.ID != ada.ID {
					t.Error(err)
				}
				if fresh {
					times.Add(1)
				}
			})
		}
		wg.Wait()
		if times.Load() != 1 {
			t.Errorf("archived %d times", times.Load())
		}
	})
}

func TestSetStrict(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		if err := s.CreateTenant(ctx, directory.Tenant{ID: "strict", Strict: true}); err != nil {
			t.Fatal(err)
		}
		for _, strict := range []bool{true, true, false} {
			if err := s.SetStrict(ctx, tenant, strict); err != nil {
				t.Fatal(err)
			}
			got, err := s.Tenant(ctx, tenant)
			if err != nil || got.Strict != strict {
				t.Errorf("set to %t, is %t, %v", strict, got.Strict, err)
			}
		}
		if other, err := s.Tenant(ctx, "strict"); err != nil || !other.Strict {
			t.Errorf("another tenant: %+v, %v", other, err)
		}
		for _, id := range []string{"nobody", "\x00"} {
			if err := s.SetStrict(ctx, id, true); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("tenant %q: %v", id, err)
			}
		}
	})
}
