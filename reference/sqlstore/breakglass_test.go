package sqlstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

func assignRole(t testing.TB, s *sqlstore.Store, user string, role directory.Role) {
	t.Helper()
	_, err := s.UpdateAccount(t.Context(), tenant, user, func(_ directory.Resource, a *directory.Account) error {
		a.Role = role
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// breakGlassAdmin makes an administrator who can get in when the identity provider fails.
func breakGlassAdmin(t testing.TB, s *sqlstore.Store, name string) directory.Resource {
	t.Helper()
	admin := create(t, s, user(name))
	assignRole(t, s, admin.ID, directory.RoleAdmin)
	_, err := s.GrantBreakGlass(t.Context(), tenant, admin.ID, "test")
	if err := errors.Join(err, s.SetPassword(t.Context(), tenant, admin.ID, "hash", instant, "")); err != nil {
		t.Fatal(err)
	}
	return admin
}

// removals are the ways in which somebody can stop to be a break-glass administrator.
func removals(ctx context.Context, s *sqlstore.Store) map[string]func(id string) error {
	return map[string]func(id string) error{
		"revoked":     func(id string) error { return s.RevokeBreakGlass(ctx, tenant, id) },
		"deactivated": func(id string) error { return edit(ctx, s, id, func(r *directory.Resource) { r.Active = false }) },
		"deleted":     func(id string) error { return s.Delete(ctx, tenant, directory.User, id, nil) },
		"archived":    func(id string) error { _, _, err := s.ArchiveUser(ctx, tenant, id); return err },
		"no password": func(id string) error { return s.SetPassword(ctx, tenant, id, "", instant, "") },
		"lower role": func(id string) error {
			_, err := s.UpdateAccount(ctx, tenant, id, func(_ directory.Resource, a *directory.Account) error {
				a.Role = directory.RoleMember
				return nil
			})
			return err
		},
	}
}

func TestLastBreakGlassStays(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := t.Context()
		last := breakGlassAdmin(t, s, "last")
		for name, remove := range removals(ctx, s) {
			if err := remove(last.ID); !errors.Is(err, directory.ErrLastBreakGlass) {
				t.Errorf("the last one %s: %v", name, err)
			}
			other := breakGlassAdmin(t, s, name)
			if err := remove(other.ID); err != nil {
				t.Errorf("one of two %s: %v", name, err)
			}
		}
		if err := s.SetMode(ctx, tenant, directory.ModeLegacy, nil); err != nil {
			t.Fatal(err)
		}
		for name, remove := range removals(ctx, s) {
			if name == "deleted" || name == "archived" {
				continue
			}
			if err := remove(last.ID); err != nil {
				t.Errorf("the last one in legacy mode %s: %v", name, err)
			}
			assignRole(t, s, last.ID, directory.RoleOwner)
			_, err := s.GrantBreakGlass(ctx, tenant, last.ID, "test")
			if name == "deactivated" {
				if !errors.Is(err, directory.ErrRoleTooLow) {
					t.Errorf("granted to somebody inactive: %v", err)
				}
				err = edit(ctx, s, last.ID, func(r *directory.Resource) { r.Active = true })
			}
			if err := errors.Join(err, s.SetPassword(ctx, tenant, last.ID, "hash", instant, "")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestTwoAtOnce removes the last two at the same time, each in every way: one must stay.
func TestTwoAtOnce(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := t.Context()
		ways := removals(ctx, s)
		for name, remove := range ways {
			pair := []directory.Resource{breakGlassAdmin(t, s, name+"1"), breakGlassAdmin(t, s, name+"2")}
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, one := range pair {
				wg.Go(func() { errs[i] = remove(one.ID) })
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), directory.ErrLastBreakGlass) {
				t.Errorf("%s: %v", name, errs)
			}
			for i, err := range errs { // who stayed must go too, for the next pair
				if err == nil {
					continue
				}
				breakGlassAdmin(t, s, name+"3")
				if err := s.Delete(ctx, tenant, directory.User, pair[i].ID, nil); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(s.SetMode(ctx, tenant, directory.ModeLegacy, nil), dropAll(ctx, s), s.SetMode(ctx, tenant, directory.ModeSSO, nil)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func dropAll(ctx context.Context, s *sqlstore.Store) error {
	users, err := s.BreakGlassUsers(ctx, tenant)
	for _, u := range users {
		err = errors.Join(err, s.RevokeBreakGlass(ctx, tenant, u.UserID))
	}
	return err
}

func TestWhoMayHaveBreakGlass(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := t.Context()
		for role, want := range map[directory.Role]error{
			directory.RoleOwner: nil, directory.RoleAdmin: nil, directory.RoleMember: directory.ErrRoleTooLow, directory.RoleViewer: directory.ErrRoleTooLow,
		} {
			one := create(t, s, user(string(role)))
			if _, err := s.GrantBreakGlass(ctx, tenant, one.ID, "test"); !errors.Is(err, directory.ErrRoleTooLow) {
				t.Errorf("without a role: %v", err)
			}
			assignRole(t, s, one.ID, role)
			if fresh, err := s.GrantBreakGlass(ctx, tenant, one.ID, "test"); !errors.Is(err, want) || fresh != (want == nil) {
				t.Errorf("%s: fresh %t, %v", role, fresh, err)
			}
			if fresh, err := s.GrantBreakGlass(ctx, tenant, one.ID, "other"); fresh || !errors.Is(err, want) {
				t.Errorf("%s again: fresh %t, %v", role, fresh, err)
			}
		}
		users, err := s.BreakGlassUsers(ctx, tenant)
		if err != nil || len(users) != 2 || users[0].GrantedBy != "test" || users[0].BreakGlass.IsZero() {
			t.Errorf("%+v, %v", users, err)
		}
		if err := s.RevokeBreakGlass(ctx, tenant, create(t, s, user("never")).ID); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("revoked what was not granted: %v", err)
		}
	})
}

// TestRevocationEndsItsSessions and no other ones.
func TestRevocationEndsItsSessions(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		breakGlassAdmin(t, s, "other")
		ada := breakGlassAdmin(t, s, "ada")
		glass := session(ada, "glass")
		glass.Via = directory.ViaBreakGlass
		startSession(t, s, glass, 0)
		startSession(t, s, session(ada, "local"), 0)
		if err := s.RevokeBreakGlass(t.Context(), tenant, ada.ID); err != nil {
			t.Fatal(err)
		}
		if got := sessionIDs(t, s, ada.ID); !slices.Equal(got, []string{"local"}) {
			t.Errorf("sessions %v", got)
		}
	})
}

func alertsAreKept(t *testing.T, s *sqlstore.Store) {
	ctx := t.Context()
	var places []int64
	for range 3 {
		place, err := s.AddAlert(ctx, directory.Alert{Tenant: tenant, Kind: directory.BreakGlassUsed, Subject: "ada", Detail: map[string]string{"address": "192.0.2.1"}})
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	for _, by := range []string{"first", "second"} {
		got, err := s.AcknowledgeAlert(ctx, tenant, places[1], by, instant)
		if err != nil || got.AcknowledgedBy != "first" || !got.Acknowledged.Equal(instant) || got.Detail["address"] != "192.0.2.1" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := s.AcknowledgeAlert(ctx, "other", places[0], "x", instant); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the alert of another tenant: %v", err)
	}
	for _, test := range []struct {
		after int64
		limit int
		open  bool
		want  []int64
	}{{0, 9, false, places}, {0, 9, true, []int64{places[0], places[2]}}, {places[0], 1, false, places[1:2]}} {
		found, err := s.Alerts(ctx, tenant, test.after, test.limit, test.open)
		got := []int64{}
		for _, a := range found {
			got = append(got, a.Place)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}
