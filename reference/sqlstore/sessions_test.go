package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// instant is a time as the store keeps it.
var instant = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func session(user directory.Resource, name string) directory.Session {
	return directory.Session{
		ID: name, Hash: "hash-" + name, Tenant: tenant, User: user.ID, Via: directory.ViaLocal, MFA: true, Role: directory.RoleAdmin,
		Address: "192.0.2.1", Agent: "test", Created: instant, Seen: instant, Expires: instant.Add(time.Hour),
	}
}

func startSession(t testing.TB, s *sqlstore.Store, session directory.Session, most int) {
	t.Helper()
	if err := s.StartSession(t.Context(), session, most); err != nil {
		t.Fatal(err)
	}
}

// sessionIDs are the sessions of a user, of all when user is empty.
func sessionIDs(t testing.TB, s *sqlstore.Store, user string) []string {
	t.Helper()
	found, err := s.SessionsOf(t.Context(), tenant, user, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, session := range found {
		ids = append(ids, session.ID)
	}
	return ids
}

func TestSessions(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := t.Context()
		ada, bob := create(t, s, user("ada")), create(t, s, user("bob"))
		want := session(ada, "a1")
		startSession(t, s, want, 0)
		got, err := s.Session(ctx, want.Hash)
		if want.Place = got.Place; err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, %v, wanted %+v", got, err, want)
		}
		for _, name := range []string{"a2", "a3", "a4"} {
			startSession(t, s, session(ada, name), 3)
		}
		startSession(t, s, session(bob, "b1"), 3)
		if got := sessionIDs(t, s, ada.ID); !slices.Equal(got, []string{"a2", "a3", "a4"}) {
			t.Errorf("sessions %v, the oldest had to end", got)
		}
		if err := s.SeeSession(ctx, "a2", instant.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := s.SeeSession(ctx, "a2", instant); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Session(ctx, "hash-a2"); err != nil || !got.Seen.Equal(instant.Add(time.Minute)) {
			t.Errorf("seen at %v, %v", got.Seen, err)
		}
		if n, err := s.EndSessions(ctx, tenant, ada.ID, "a3"); err != nil || n != 2 {
			t.Errorf("%d ended, %v", n, err)
		}
		if n, err := s.EndSessions(ctx, "nobody", "", ""); err != nil || n != 0 {
			t.Errorf("%d ended of another tenant, %v", n, err)
		}
		if err := s.EndSession(ctx, "nobody", "a3"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the session of another tenant: %v", err)
		}
		late := session(bob, "b2")
		late.Created, late.Seen, late.Expires = instant.Add(time.Hour), instant.Add(time.Hour), instant.Add(2*time.Hour)
		startSession(t, s, late, 0)
		if got := sessionIDs(t, s, ""); !slices.Equal(got, []string{"b2"}) {
			t.Errorf("sessions %v, expired ones had to go", got)
		}
		if err := s.EndSession(ctx, tenant, "b2"); err != nil {
			t.Error(err)
		}
		if _, err := s.Session(ctx, "hash-b2"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("an ended session: %v", err)
		}
	})
}

// TestSessionsEndWithTheirUser is about a write that ends the sessions of one user, and none of another's.
func TestSessionsEndWithTheirUser(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := t.Context()
		bob := create(t, s, user("bob"))
		startSession(t, s, session(bob, "bob"), 0)
		for name, test := range map[string]struct {
			change func(id string) error
			ends   bool
		}{
			"renamed": {func(id string) error {
				return edit(ctx, s, id, func(r *directory.Resource) { r.Attributes["displayName"] = "x" })
			}, false},
			"deactivated":  {func(id string) error { return edit(ctx, s, id, func(r *directory.Resource) { r.Active = false }) }, true},
			"deleted":      {func(id string) error { return s.Delete(ctx, tenant, directory.User, id, nil) }, true},
			"archived":     {func(id string) error { _, _, err := s.ArchiveUser(ctx, tenant, id); return err }, true},
			"password":     {func(id string) error { return s.SetPassword(ctx, tenant, id, "hash", instant, "") }, true},
			"own password": {func(id string) error { return s.SetPassword(ctx, tenant, id, "hash", instant, "own password") }, false},
			"policy":       {func(string) error { return s.SetPolicy(ctx, tenant, directory.Policy{}, "bob") }, true},
		} {
			one := create(t, s, user(name))
			startSession(t, s, session(one, name), 0)
			if err := test.change(one.ID); err != nil {
				t.Fatal(err)
			}
			if got := len(sessionIDs(t, s, one.ID)) == 0; got != test.ends {
				t.Errorf("%s: ended %t", name, got)
			}
		}
		if got := sessionIDs(t, s, bob.ID); !slices.Equal(got, []string{"bob"}) {
			t.Errorf("sessions of somebody else: %v", got)
		}
		gone := user("gone")
		gone.Active = false
		for name, nobody := range map[string]directory.Resource{"inactive": create(t, s, gone), "unknown": {ID: "nobody"}} {
			if err := s.StartSession(ctx, session(nobody, name), 0); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("a session of somebody %s: %v", name, err)
			}
		}
	})
}

func edit(ctx context.Context, s *sqlstore.Store, id string, change func(*directory.Resource)) error {
	_, err := s.Update(ctx, tenant, directory.User, id, func(_ directory.Edit, r *directory.Resource) error {
		change(r)
		return nil
	})
	return err
}

// TestAccess shares one store of each kind: opening one takes longer than what is tried.
func TestAccess(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		for name, try := range map[string]func(*testing.T, *sqlstore.Store){
			"policy": policyIsKept, "attempts": attemptsWait, "credentials": credentialsAreKept, "tokens": tokensOfATenant, "alerts": alertsAreKept,
		} {
			t.Run(name, func(t *testing.T) { try(t, s) })
		}
	})
}

func policyIsKept(t *testing.T, s *sqlstore.Store) {
	ctx := t.Context()
	if got, err := s.Policy(ctx, tenant); err != nil || !reflect.DeepEqual(got, directory.Policy{}) {
		t.Fatalf("%+v, %v", got, err)
	}
	want := directory.Policy{
		MFA: directory.MFAAlways, SSOOnly: true, SessionAge: time.Hour, SessionIdle: time.Minute, SessionCount: 2, Networks: []string{"192.0.2.0/24"},
		Password: directory.PasswordRules{MinLength: 15, Classes: 3, MaxAge: time.Hour}, Classification: directory.CUI, Updated: instant,
	}
	for range 2 {
		if err := s.SetPolicy(ctx, tenant, want, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Policy(ctx, tenant); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.SetPolicy(ctx, "nobody", want, ""); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("policy of nobody: %v", err)
	}
}

func attemptsWait(t *testing.T, s *sqlstore.Store) {
	ctx, now := t.Context(), instant
	account := directory.AttemptLimit{Key: "account", Free: 3, First: 30 * time.Second, Most: 2 * time.Minute}
	address := directory.AttemptLimit{Key: "address", Free: 100, First: time.Second, Most: time.Second}
	attempt := func(want time.Duration) {
		t.Helper()
		if wait, err := s.Attempt(ctx, now, account, address); err != nil || wait != want {
			t.Errorf("wait %v, %v, wanted %v", wait, err, want)
		}
	}
	for range 3 {
		attempt(0)
	}
	attempt(30 * time.Second)
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 2 * time.Minute} {
		now = now.Add(wait - time.Second)
		attempt(time.Second)
		now = now.Add(time.Second)
		attempt(0)
	}
	if err := s.GoodAttempt(ctx, "address", "account"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		attempt(0)
	}
	attempt(30 * time.Second)
	now = now.Add(directory.AttemptLife)
	for range 3 {
		attempt(0)
	}
}

// TestAttemptsAtOnce counts before it is known whether an attempt is a good one: of many at once only a few get on.
func TestAttemptsAtOnce(t *testing.T) {
	s := open(t, "")
	limit := directory.AttemptLimit{Key: "account", Free: 5, First: time.Minute, Most: time.Minute}
	const many = 40
	waits := make(chan time.Duration, many)
	for range many {
		go func() {
			wait, err := s.Attempt(context.Background(), instant, limit)
			if err != nil {
				wait = -1
			}
			waits <- wait
		}()
	}
	on := 0
	for range many {
		switch wait := <-waits; wait {
		case 0:
			on++
		case time.Minute:
		default:
			t.Errorf("wait %v", wait)
		}
	}
	if on != limit.Free {
		t.Errorf("%d attempts got on, wanted %d", on, limit.Free)
	}
}

func credentialsAreKept(t *testing.T, s *sqlstore.Store) {
	ctx := t.Context()
	ada := create(t, s, user("ada"))
	if got, err := s.Credentials(ctx, tenant, ada.ID); err != nil || !reflect.DeepEqual(got, directory.Credentials{UserID: ada.ID}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := errors.Join(s.SetPassword(ctx, tenant, ada.ID, "hash", instant, ""), s.Enrol(ctx, tenant, ada.ID, []byte("sealed"), 7, []string{"r1", "r2"})); err != nil {
		t.Fatal(err)
	}
	got, err := s.Credentials(ctx, tenant, ada.ID)
	if err != nil || got.Password != "hash" || string(got.SealedTOTP) != "sealed" || len(got.Recovery) != 2 || got.PasswordSet.IsZero() || got.TOTPSet.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	for name, test := range map[string]struct{ err, want error }{
		"again":           {s.Enrol(ctx, tenant, ada.ID, []byte("other"), 9, nil), directory.ErrEnrolled},
		"used step":       {s.UseTOTP(ctx, tenant, ada.ID, 7), directory.ErrUsed},
		"fresh step":      {s.UseTOTP(ctx, tenant, ada.ID, 8), nil},
		"the same step":   {s.UseTOTP(ctx, tenant, ada.ID, 8), directory.ErrUsed},
		"recovery":        {s.UseRecovery(ctx, tenant, ada.ID, "r1"), nil},
		"used recovery":   {s.UseRecovery(ctx, tenant, ada.ID, "r1"), directory.ErrUsed},
		"no such user":    {s.SetPassword(ctx, tenant, "nobody", "x", instant, ""), directory.ErrNotFound},
		"of other tenant": {s.SetPassword(ctx, "other", ada.ID, "x", instant, ""), directory.ErrNotFound},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v, wanted %v", name, test.err, test.want)
		}
	}
	if err := s.RemoveTOTP(ctx, tenant, ada.ID); err != nil {
		t.Fatal(err)
	}
	step, err := s.TOTPStep(ctx, tenant, ada.ID)
	got, gotErr := s.Credentials(ctx, tenant, ada.ID)
	if err := errors.Join(err, gotErr); err != nil || step != 8 || len(got.SealedTOTP)+len(got.Recovery) > 0 || !got.TOTPSet.IsZero() {
		t.Errorf("step %d, %+v, %v", step, got, err)
	}
	if _, err := s.Credentials(ctx, tenant, "nobody"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("credentials of nobody: %v", err)
	}
}

func tokensOfATenant(t *testing.T, s *sqlstore.Store) {
	ctx := t.Context()
	for i, expires := range []time.Time{{}, instant, instant.Add(2 * time.Hour)} {
		if err := s.AddToken(ctx, directory.Token{ID: fmt.Sprint("t", i), Tenant: tenant, Hash: "h", Created: instant, Expires: expires}); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(s.ExpireTokens(ctx, tenant, instant.Add(time.Hour)), s.UseToken(ctx, "t0", instant), s.RevokeToken(ctx, tenant, "t1"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.TokensOf(ctx, tenant)
	want := []directory.Token{
		{ID: "t0", Tenant: tenant, Hash: "h", Created: instant, Expires: instant.Add(time.Hour), Used: instant},
		{ID: "t1", Tenant: tenant, Hash: "h", Created: instant, Expires: instant, Revoked: true},
		{ID: "t2", Tenant: tenant, Hash: "h", Created: instant, Expires: instant.Add(time.Hour)},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.RevokeToken(ctx, "other", "t0"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the token of another tenant: %v", err)
	}
	if got, err := s.SCIMAccess(ctx, tenant); err != nil || got != (directory.SCIMAccess{Enabled: true, InPlan: true}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.SetSCIMAccess(ctx, tenant, directory.SCIMAccess{InPlan: true}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.SCIMAccess(ctx, tenant); err != nil || got != (directory.SCIMAccess{InPlan: true}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.SetSCIMAccess(ctx, "nobody", directory.SCIMAccess{}); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("access of nobody: %v", err)
	}
}
