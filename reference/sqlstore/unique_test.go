package sqlstore_test

import (
	"context"
	"errors"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// TestUniqueValues: a value is free again when its resource lets go of it or goes, and stays taken when a
// change does not say what is unique.
func TestUniqueValues(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		with := func(name, key string) directory.Resource {
			r := user(name)
			r.Unique = []directory.UniqueValue{{Attribute: "badge", Key: key}}
			return r
		}
		taken := func(err error) {
			t.Helper()
			var conflict *directory.ConflictError
			if !errors.As(err, &conflict) || conflict.Attribute != "badge" {
				t.Errorf("got %v, wanted a conflict of badge", err)
			}
		}
		first := create(t, s, with("a", "1"))
		second := create(t, s, with("b", "2"))
		_, err := s.Create(ctx, tenant, with("c", "1"), nil)
		taken(err)
		if _, err := s.Get(ctx, tenant, directory.User, first.ID); err != nil || first.Unique != nil {
			t.Errorf("the first: %v, %v", err, first.Unique)
		}
		change := func(id, title string, unique []directory.UniqueValue) error {
			_, err := s.Update(ctx, tenant, directory.User, id, func(_ directory.Edit, r *directory.Resource) error {
				r.Attributes["title"], r.Unique = title, unique
				return nil
			})
			return err
		}
		taken(change(second.ID, "x", []directory.UniqueValue{{Attribute: "badge", Key: "1"}}))
		if err := change(first.ID, "x", nil); err != nil {
			t.Fatal(err)
		}
		_, err = s.Create(ctx, tenant, with("c", "1"), nil)
		taken(err)
		if err := change(first.ID, "y", []directory.UniqueValue{}); err != nil {
			t.Fatal(err)
		}
		third := create(t, s, with("c", "1"))
		if err := s.Delete(ctx, tenant, directory.User, third.ID, nil); err != nil {
			t.Fatal(err)
		}
		create(t, s, with("d", "1"))
	})
}
