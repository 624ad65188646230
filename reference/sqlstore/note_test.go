package sqlstore_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// A change and its events are stored together or not at all.
func TestNotes(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := directory.WithNote(context.Background(), func(old, fresh directory.Resource) []directory.Event {
			return []directory.Event{{Tenant: tenant, Action: old.Name + ">" + fresh.Name}}
		})
		ada, err := s.Create(ctx, tenant, user("ada"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(ctx, tenant, user("ADA"), nil); err == nil {
			t.Fatal("a name was given twice")
		}
		rename := func(name string, refused error) error {
			_, err := s.Update(ctx, tenant, directory.User, ada.ID, func(_ directory.Edit, r *directory.Resource) error {
				r.Name = name
				return refused
			})
			return err
		}
		refused := errors.New("refused")
		if err := rename("eve", refused); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		for _, name := range []string{"ada", "bob"} { // the first is no change
			if err := rename(name, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Delete(ctx, tenant, directory.User, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		events, err := s.Events(ctx, tenant, 9)
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, e := range events {
			actions = append(actions, e.Action)
		}
		if want := []string{"bob>", "ada>bob", ">ada"}; !slices.Equal(actions, want) {
			t.Errorf("got %q, want %q", actions, want)
		}
	})
}
