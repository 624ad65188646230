package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// refusals wants each of the errors to be of a kind.
func refusals(t *testing.T, missing, taken map[string]error) {
	t.Helper()
	for name, err := range missing {
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v, wanted not found", name, err)
		}
	}
	for name, err := range taken {
		if _, ok := errors.AsType[*directory.ConflictError](err); !ok {
			t.Errorf("%s: %v, wanted a conflict", name, err)
		}
	}
}

func TestTenants(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		if err := s.CreateTenant(ctx, directory.Tenant{ID: "b", CustomerID: "cust-1", Mode: directory.ModeLegacy}); err != nil {
			t.Fatal(err)
		}
		b, err := s.TenantOfCustomer(ctx, "cust-1")
		if err != nil || b.ID != "b" || b.Mode != directory.ModeLegacy {
			t.Errorf("by customer: %+v, %v", b, err)
		}
		if a, err := s.Tenant(ctx, tenant); err != nil || a.Mode != directory.ModeSSO || a.CustomerID != "" {
			t.Errorf("a tenant made without saying: %+v, %v", a, err)
		}
		var seen directory.Tenant
		if err := s.SetMode(ctx, "b", directory.ModeSSO, func(t directory.Tenant) error { seen = t; return nil }); err != nil || seen.Mode != directory.ModeLegacy {
			t.Errorf("set mode: %v, saw %+v", err, seen)
		}
		refusal := errors.New("no")
		if err := s.SetMode(ctx, "b", directory.ModeLegacy, func(directory.Tenant) error { return refusal }); err != refusal {
			t.Errorf("refused with %v", err)
		}
		if b, err = s.Tenant(ctx, "b"); err != nil || b.Mode != directory.ModeSSO {
			t.Errorf("after a refusal: %+v, %v", b, err)
		}
		if err := errors.Join(s.SetCustomerID(ctx, tenant, "cust-2"), s.SetCustomerID(ctx, tenant, "cust-2"), s.SetCustomerID(ctx, "b", "")); err != nil {
			t.Error(err)
		}
		_, freed := s.TenantOfCustomer(ctx, "cust-1")
		_, none := s.TenantOfCustomer(ctx, "")
		refusals(t, map[string]error{
			"a freed customer ID": freed, "no customer ID": none, "mode of nobody": s.SetMode(ctx, "nobody", directory.ModeSSO, nil),
			"customer ID of nobody": s.SetCustomerID(ctx, "nobody", "x"),
		}, map[string]error{
			"a taken customer ID": s.SetCustomerID(ctx, "b", "cust-2"), "a new tenant with it": s.CreateTenant(ctx, directory.Tenant{ID: "c", CustomerID: "cust-2"}),
			"a new tenant with a domain": s.CreateTenant(ctx, directory.Tenant{ID: "c", Domains: []string{"acme.test"}}),
		})
		_, half := s.Tenant(ctx, "c")
		refusals(t, map[string]error{"a tenant that was refused": half}, nil)
	})
}

func TestDomains(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		if err := s.CreateTenant(ctx, directory.Tenant{ID: "b"}); err != nil {
			t.Fatal(err)
		}
		at := linked.UTC()
		pending := directory.Domain{Name: "new.test", Challenge: "c", Added: at}
		if err := errors.Join(s.AddDomain(ctx, tenant, pending), s.AddDomain(ctx, "b", pending)); err != nil {
			t.Fatal(err)
		}
		_, owner := s.DomainOwner(ctx, "new.test")
		got, err := s.VerifyDomain(ctx, "b", "new.test", at)
		want := pending
		want.Verified = at
		if err != nil || got != want {
			t.Errorf("verified %+v, %v", got, err)
		}
		if again, err := s.VerifyDomain(ctx, "b", "new.test", at.Add(time.Hour)); err != nil || again != want {
			t.Errorf("verified again %+v, %v", again, err)
		}
		if id, err := s.DomainOwner(ctx, "new.test"); err != nil || id != "b" {
			t.Errorf("owner %q, %v", id, err)
		}
		if all, err := s.DomainsOf(ctx, tenant); err != nil || len(all) != 2 || all[0].Name != "acme.test" || all[0].Verified.IsZero() || all[1] != pending {
			t.Errorf("domains %+v, %v", all, err)
		}
		if a, err := s.Tenant(ctx, tenant); err != nil || !reflect.DeepEqual(a.Domains, []string{"acme.test"}) {
			t.Errorf("a pending domain counts: %+v, %v", a, err)
		}
		_, rival := s.VerifyDomain(ctx, tenant, "new.test", at)
		_, unknown := s.VerifyDomain(ctx, tenant, "unknown.test", at)
		refusals(t, map[string]error{
			"pending owner": owner, "verify": unknown, "remove": s.RemoveDomain(ctx, tenant, "unknown.test"), "add to nobody": s.AddDomain(ctx, "nobody", pending),
		}, map[string]error{
			"verified elsewhere": rival, "twice": s.AddDomain(ctx, tenant, pending),
			"another's, as verified": s.AddDomain(ctx, "b", directory.Domain{Name: "acme.test", Verified: at}),
		})
		if err := s.AddDomain(ctx, tenant, directory.Domain{Name: "Upper.test"}); err == nil {
			t.Error("a name that is not canonical was stored")
		}
		if err := s.RemoveDomain(ctx, "b", "new.test"); err != nil {
			t.Error(err)
		}
		if _, err := s.VerifyDomain(ctx, tenant, "new.test", at); err != nil {
			t.Errorf("a domain that is free again: %v", err)
		}
	})
}

func TestAccounts(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		named := user("ada")
		named.Email = "Ada@Bücher.test."
		ada := create(t, s, named)
		email := "ada@xn--bcher-kva.test"
		if a, err := s.Account(ctx, tenant, ada.ID); err != nil || a != (directory.Account{UserID: ada.ID, Email: email}) {
			t.Errorf("an account that was not written: %+v, %v", a, err)
		}
		if found, err := s.AccountsByEmail(ctx, tenant, email, 2); err != nil || len(found) != 0 {
			t.Errorf("found %+v, %v", found, err)
		}
		promote := func(r directory.Resource, a *directory.Account) error {
			a.Role, a.Email, a.LocalVersion = directory.RoleAdmin, "eve@evil.test", r.Version
			return nil
		}
		want := directory.Account{UserID: ada.ID, Email: email, Role: directory.RoleAdmin, LocalVersion: 1}
		if a, err := s.UpdateAccount(ctx, tenant, ada.ID, promote); err != nil || a != want {
			t.Errorf("updated to %+v, %v", a, err)
		}
		if a, err := s.Account(ctx, tenant, ada.ID); err != nil || a != want {
			t.Errorf("read %+v, %v", a, err)
		}
		refusal := errors.New("no")
		if _, err := s.UpdateAccount(ctx, tenant, ada.ID, func(_ directory.Resource, a *directory.Account) error {
			a.Role = directory.RoleOwner
			return refusal
		}); err != refusal {
			t.Errorf("refused with %v", err)
		}
		_, err := s.Update(ctx, tenant, directory.User, ada.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.Email = "new@acme.test"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want.Email = "new@acme.test"
		if found, err := s.AccountsByEmail(ctx, tenant, want.Email, 2); err != nil || !reflect.DeepEqual(found, []directory.Account{want}) {
			t.Errorf("by the new address: %+v, %v", found, err)
		}
		all := create(t, s, group("all"))
		_, ofGroup := s.Account(ctx, tenant, all.ID)
		_, elsewhere := s.UpdateAccount(ctx, "other", ada.ID, promote)
		if _, _, err := s.ArchiveUser(ctx, tenant, ada.ID); err != nil {
			t.Fatal(err)
		}
		_, gone := s.Account(ctx, tenant, ada.ID)
		refusals(t, map[string]error{"of a group": ofGroup, "in another tenant": elsewhere, "of an archived user": gone}, nil)
		if found, err := s.AccountsByEmail(ctx, tenant, want.Email, 2); err != nil || len(found) != 0 {
			t.Errorf("the address of an archived user is not free: %+v, %v", found, err)
		}
	})
}

func TestRoleMappings(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada, admins := create(t, s, user("ada")), create(t, s, group("admins"))
		claim := directory.RoleMapping{Source: directory.FromClaim, Group: "admins", Role: directory.RoleViewer}
		mapped := directory.RoleMapping{Source: directory.FromDirectory, Group: admins.ID, Role: directory.RoleAdmin}
		first := mapped
		first.Role = directory.RoleViewer
		if err := errors.Join(s.MapRole(ctx, tenant, first), s.MapRole(ctx, tenant, claim), s.MapRole(ctx, tenant, mapped)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.RoleMappings(ctx, tenant); err != nil || !reflect.DeepEqual(got, []directory.RoleMapping{claim, mapped}) {
			t.Errorf("mappings %+v, %v", got, err)
		}
		if got, err := s.RoleMappings(ctx, "other"); err != nil || len(got) != 0 {
			t.Errorf("of another tenant %+v, %v", got, err)
		}
		ofUser := mapped
		ofUser.Group = ada.ID
		refusals(t, map[string]error{
			"a user is no group": s.MapRole(ctx, tenant, ofUser), "another tenant's group": s.MapRole(ctx, "other", mapped),
			"a tenant that is none": s.MapRole(ctx, "other", claim), "what is not mapped": s.UnmapRole(ctx, tenant, directory.FromClaim, "nobody"),
		}, nil)
		if err := s.Delete(ctx, tenant, directory.Group, admins.ID, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := s.RoleMappings(ctx, tenant); err != nil || !reflect.DeepEqual(got, []directory.RoleMapping{claim}) {
			t.Errorf("after its group has gone: %+v, %v", got, err)
		}
		if err := s.UnmapRole(ctx, tenant, claim.Source, claim.Group); err != nil {
			t.Error(err)
		}
	})
}

func TestSightings(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada := create(t, s, user("ada"))
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s1", UserID: ada.ID, Linked: linked}); err != nil {
			t.Fatal(err)
		}
		seen := func(subject, email string) directory.Sighting {
			return directory.Sighting{Issuer: "i", Subject: subject, Claims: map[string][]string{"email": {email}}, Seen: linked.UTC()}
		}
		last := seen("s1", "new")
		last.Overage, last.Seen = true, linked.UTC().Add(time.Hour)
		if err := errors.Join(s.Saw(ctx, tenant, seen("s1", "old"), false), s.Saw(ctx, tenant, seen("s2", "x"), true)); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Identity(ctx, tenant, "i", "s1"); err != nil || !i.LastUsed.IsZero() {
			t.Errorf("a refused sign-on counts: %+v, %v", i, err)
		}
		if err := s.Saw(ctx, tenant, last, true); err != nil {
			t.Fatal(err)
		}
		if i, err := s.Identity(ctx, tenant, "i", "s1"); err != nil || !i.LastUsed.Equal(last.Seen) || !i.Linked.Equal(linked) {
			t.Errorf("identity %+v, %v", i, err)
		}
		all, err := s.Sightings(ctx, tenant, 0, 10)
		if err != nil || len(all) != 2 || all[0].Place >= all[1].Place {
			t.Fatalf("sightings %+v, %v", all, err)
		}
		last.Place = all[0].Place
		if !reflect.DeepEqual(all[0], last) || all[1].Subject != "s2" {
			t.Errorf("sightings %+v", all)
		}
		if one, err := s.Sighting(ctx, tenant, "i", "s1"); err != nil || !reflect.DeepEqual(one, last) {
			t.Errorf("sighting %+v, %v", one, err)
		}
		if rest, err := s.Sightings(ctx, tenant, last.Place, 10); err != nil || len(rest) != 1 || rest[0].Subject != "s2" {
			t.Errorf("after the first: %+v, %v", rest, err)
		}
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "j", Subject: "unseen", UserID: ada.ID}); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, tenant, directory.User, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Saw(ctx, tenant, last, false); err != nil {
			t.Fatal(err)
		}
		barred := func(issuer, subject string) bool {
			one, err := s.Sighting(ctx, tenant, issuer, subject)
			return err == nil && one.Barred
		}
		if !barred("i", "s1") || !barred("j", "unseen") || barred("i", "s2") {
			t.Errorf("barred: %t, %t, %t", barred("i", "s1"), barred("j", "unseen"), barred("i", "s2"))
		}
		again := create(t, s, user("ada"))
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s1", UserID: again.ID}); err != nil || barred("i", "s1") {
			t.Errorf("linked again: %v, barred %t", err, barred("i", "s1"))
		}
		_, elsewhere := s.Sighting(ctx, "other", "i", "s1")
		refusals(t, map[string]error{"of another tenant": elsewhere, "in a tenant that is none": s.Saw(ctx, "other", seen("s", ""), false)}, nil)
		if err := s.Saw(ctx, tenant, seen("s3", strings.Repeat("x", directory.MaxClaims)), false); err == nil {
			t.Error("claims without a bound were stored")
		}
	})
}

// named is what a sign-on makes of a user.
func named(name, display string) func(*directory.Resource) error {
	return func(r *directory.Resource) error {
		r.Name, r.Email, r.Active = name, name, true
		r.Attributes["displayName"] = display
		return nil
	}
}

func TestProvision(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		f := follow(t, s)
		i := directory.Identity{Issuer: "i", Subject: "s"}
		made, fresh, err := s.Provision(ctx, tenant, i, named("ada@acme.test", "Ada"))
		if err != nil || !fresh || made.Version != 1 || made.ID == "" {
			t.Fatalf("made %+v, fresh %t, %v", made, fresh, err)
		}
		if stored, err := s.Get(ctx, tenant, directory.User, made.ID); err != nil || !reflect.DeepEqual(stored, made) {
			t.Errorf("stored %+v, %v", stored, err)
		}
		if linked, err := s.Identity(ctx, tenant, "i", "s"); err != nil || linked.UserID != made.ID {
			t.Errorf("identity %+v, %v", linked, err)
		}
		again, fresh, err := s.Provision(ctx, tenant, i, named("ada@acme.test", "Ada B."))
		if err != nil || fresh || again.ID != made.ID || again.Version != 2 {
			t.Errorf("the second time: %+v, fresh %t, %v", again, fresh, err)
		}
		if same, _, err := s.Provision(ctx, tenant, i, named("ada@acme.test", "Ada B.")); err != nil || same.Version != 2 {
			t.Errorf("nothing to change: %+v, %v", same, err)
		}
		if removed, err := s.Unlink(ctx, tenant, made.ID, true); err != nil || len(removed) != 1 || removed[0].Subject != "s" {
			t.Errorf("unlinked %+v, %v", removed, err)
		}
		f.read()
		f.agree()
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s", UserID: made.ID}); err != nil {
			t.Fatal(err)
		}
		_, err = s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
			r.ExternalID = "from SCIM"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if left, fresh, err := s.Provision(ctx, tenant, i, named("x@acme.test", "X")); err != nil || fresh || left.Name != "ada@acme.test" || left.ExternalID != "from SCIM" {
			t.Errorf("what SCIM has written was changed: %+v, fresh %t, %v", left, fresh, err)
		}
		_, _, taken := s.Provision(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s2"}, named("ADA@acme.test", ""))
		refusal := errors.New("no")
		_, _, refused := s.Provision(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s2"}, func(*directory.Resource) error { return refusal })
		if refused != refusal {
			t.Errorf("refused with %v", refused)
		}
		_, none := s.Identity(ctx, tenant, "i", "s2")
		refusals(t, map[string]error{"after a refusal": none}, map[string]error{"a taken name": taken})
	})
}

// Full relink takes the external ID, and a user that only sign-on has written stays one.
func TestUnlink(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada := create(t, s, user("ada"))
		if err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s", UserID: ada.ID}); err != nil {
			t.Fatal(err)
		}
		local := func(r directory.Resource, a *directory.Account) error { a.LocalVersion = r.Version; return nil }
		if _, err := s.UpdateAccount(ctx, tenant, ada.ID, local); err != nil {
			t.Fatal(err)
		}
		if removed, err := s.Unlink(ctx, tenant, ada.ID, false); err != nil || len(removed) != 1 {
			t.Errorf("reset: %+v, %v", removed, err)
		}
		if got, err := s.Get(ctx, tenant, directory.User, ada.ID); err != nil || !reflect.DeepEqual(got, ada) {
			t.Errorf("a reset has changed the user: %+v, %v", got, err)
		}
		for range 2 {
			if removed, err := s.Unlink(ctx, tenant, ada.ID, true); err != nil || len(removed) != 0 {
				t.Errorf("relink: %+v, %v", removed, err)
			}
		}
		got, err := s.Get(ctx, tenant, directory.User, ada.ID)
		if err != nil || got.ExternalID != "" || got.Version != 2 || got.Name != "ada" {
			t.Errorf("after the relink: %+v, %v", got, err)
		}
		if a, err := s.Account(ctx, tenant, ada.ID); err != nil || a.LocalVersion != 2 {
			t.Errorf("account %+v, %v", a, err)
		}
		_, nobody := s.Unlink(ctx, tenant, "nobody", true)
		_, elsewhere := s.Unlink(ctx, "other", ada.ID, true)
		refusals(t, map[string]error{"nobody": nobody, "another tenant": elsewhere}, nil)
	})
}

// Of many who come for the first time at the same moment with one identity one is made.
func TestProvisionRace(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		var made atomic.Int32
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				_, fresh, err := s.Provision(context.Background(), tenant, directory.Identity{Issuer: "i", Subject: "s"}, named("ada@acme.test", fmt.Sprint(n)))
				if err != nil {
					t.Error(err)
				}
				if fresh {
					made.Add(1)
				}
			})
		}
		wg.Wait()
		if names := list(t, s, directory.Query{Kind: directory.User}); made.Load() != 1 || len(names) != 1 {
			t.Errorf("made %d times: %v", made.Load(), names)
		}
	})
}
