package sqlstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

func TestRestartKeepsEverything(t *testing.T) {
	for name, source := range map[string]func(*testing.T) string{
		"file":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") },
		"postgres": func(t *testing.T) string { return postgres.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			from := source(t)
			s := open(t, from)
			made, ada, grp := fill(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			verify(context.Background(), t, open(t, from), made, ada, grp)
		})
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A killed process leaves the database and its log as they are. The copies are taken right after the
// last write returned, while the store is still open.
func TestKillKeepsEverything(t *testing.T) {
	ctx := context.Background()
	from, to := t.TempDir(), t.TempDir()
	made, ada, grp := fill(t, open(t, filepath.Join(from, "x.db")))
	for _, name := range []string{"x.db", "x.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify(ctx, t, open(t, filepath.Join(to, "x.db")), made, ada, grp)
}

var (
	linked = time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 7200))
	conn   = directory.Connection{
		Protocol: directory.SAML, Issuer: "https://idp.test", ClientID: "c", SealedSecret: []byte{0, 1, 255}, SAML: []byte(`{"a":1}`), Updated: linked.UTC(),
		ConnectionSettings: directory.ConnectionSettings{
			Active: true, IdP: directory.Okta, Discovery: "https://idp.test/d", Matching: "m", Mapping: map[string]string{"email": "mail"}, GroupClaims: true,
			JIT: true, JITDomains: []string{"acme.test"}, DefaultRole: directory.RoleViewer, RequireSCIM: true, OwnDomains: true, AllowIdPInitiated: true,
		},
	}
	token = directory.Token{ID: "t1", Tenant: tenant, Subject: "u1", Hash: "$argon2id$x", Created: linked.UTC()}
)

func fill(t *testing.T, s *sqlstore.Store) (tenants []directory.Tenant, ada, grp directory.Resource) {
	t.Helper()
	ctx := context.Background()
	ada = create(t, s, user("ada"))
	grp = create(t, s, group("all"), directory.Member{ID: ada.ID})
	err := errors.Join(
		s.CreateTenant(ctx, directory.Tenant{ID: "b", Name: "B", Created: linked.UTC()}),
		s.SetConnection(ctx, tenant, directory.Connection{Issuer: "old"}),
		s.SetConnection(ctx, tenant, conn),
		s.AddToken(ctx, token),
		s.AddToken(ctx, directory.Token{ID: "t2", Tenant: "b", Hash: "h"}),
		s.RevokeTokens(ctx, "b"),
		s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: "s", UserID: ada.ID, Linked: linked}),
		s.Append(ctx, directory.Event{Tenant: tenant, Actor: "admin", Action: "a", Subject: ada.ID, Detail: map[string]string{"k": "v"}, Time: linked}),
		s.Append(ctx, directory.Event{Tenant: "b", Action: "other"}),
		s.Append(ctx, directory.Event{Tenant: tenant, Action: "b"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	tenants, err = s.Tenants(ctx)
	if err != nil || len(tenants) != 2 || tenants[0].ID != tenant || !reflect.DeepEqual(tenants[0].Domains, []string{"acme.test"}) {
		t.Fatalf("tenants %+v, %v", tenants, err)
	}
	return tenants, ada, grp
}

func verify(ctx context.Context, t *testing.T, s *sqlstore.Store, tenants []directory.Tenant, ada, grp directory.Resource) {
	t.Helper()
	same := func(what string, got, want any, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v\nwanted %+v", what, got, err, want)
		}
	}
	all, err := s.Tenants(ctx)
	same("tenants", all, tenants, err)
	one, err := s.Tenant(ctx, "b")
	same("tenant", one, tenants[1], err)
	r, err := s.Get(ctx, tenant, directory.User, ada.ID)
	same("user", r, ada, err)
	members, err := s.MembersOf(ctx, tenant, grp.ID)
	same("members", members[grp.ID], []directory.Member{{ID: ada.ID, Kind: directory.User, Display: "The ada"}}, err)
	c, err := s.Connection(ctx, tenant)
	same("connection", c, conn, err)
	tok, err := s.Token(ctx, "t1")
	same("token", tok, token, err)
	tok, err = s.Token(ctx, "t2")
	same("revoked", tok.Revoked, true, err)
	i, err := s.Identity(ctx, tenant, "i", "s")
	same("identity", i, directory.Identity{Issuer: "i", Subject: "s", UserID: ada.ID, Linked: linked.UTC()}, err)
	of, err := s.Identities(ctx, tenant, ada.ID)
	same("identities", of, []directory.Identity{i}, err)
	none, err := s.Identities(ctx, tenant, grp.ID)
	same("identities of a group", len(none), 0, err)
	events, err := s.Events(ctx, tenant, 10)
	if err != nil || len(events) != 2 || events[0].Action != "b" || events[0].Time.IsZero() {
		t.Fatalf("events %+v, %v", events, err)
	}
	first := directory.Event{Seq: events[1].Seq, Tenant: tenant, Actor: "admin", Action: "a", Subject: ada.ID,
		Detail: map[string]string{"k": "v"}, Time: linked.UTC()}
	first.Hash = first.Link(nil)
	same("event", events[1], first, nil)
	if few, err := s.Events(ctx, tenant, 1); err != nil || len(few) != 1 {
		t.Errorf("events with a limit: %+v, %v", few, err)
	}
}

func TestConnectionsRefuse(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada, bob := create(t, s, user("ada")), create(t, s, user("bob"))
		id := directory.Identity{Issuer: "i", Subject: "s", UserID: ada.ID}
		if err := errors.Join(s.AddToken(ctx, token), s.Link(ctx, tenant, id), s.Link(ctx, tenant, id)); err != nil {
			t.Fatal(err)
		}
		stolen := id
		stolen.UserID = bob.ID
		recycled := id
		recycled.Subject = "s2"
		for name, err := range map[string]error{
			"tenant": s.CreateTenant(ctx, directory.Tenant{ID: tenant}),
			"token":  s.AddToken(ctx, token),
			"link":   s.Link(ctx, tenant, stolen),
			"second": s.Link(ctx, tenant, recycled),
		} {
			var taken *directory.ConflictError
			if !errors.As(err, &taken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		elsewhere := recycled
		elsewhere.Issuer = "j"
		if err := s.Link(ctx, tenant, elsewhere); err != nil {
			t.Errorf("a subject of another issuer: %v", err)
		}
		missing := map[string]error{
			"set":  s.SetConnection(ctx, "nobody", conn),
			"add":  s.AddToken(ctx, directory.Token{ID: "x", Tenant: "nobody"}),
			"link": s.Link(ctx, tenant, directory.Identity{UserID: "nobody"}),
		}
		_, missing["connection"] = s.Connection(ctx, tenant)
		_, missing["tenant"] = s.Tenant(ctx, "nobody")
		_, missing["token"] = s.Token(ctx, "nobody")
		_, missing["identity"] = s.Identity(ctx, tenant, "i", "S")
		if err := s.Delete(ctx, tenant, directory.User, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, missing["identity of a deleted user"] = s.Identity(ctx, tenant, "i", "s")
		for name, err := range missing {
			if !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.CreateTenant(ctx, directory.Tenant{}); err == nil {
			t.Error("a tenant without an id was created")
		}
	})
}
