package migration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/sqlstore"
)

const tenant = "acme"

var errCrash = errors.New("the process is gone")

// start is when the tests begin.
var start = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

// mortal is a store whose process dies at one of its calls: before the write, or after it and before the answer.
type mortal struct {
	directory.Store
	mu    sync.Mutex
	lives int // calls that are left; below 0 it does not die
	after bool
}

func (m *mortal) call(do func() error) error {
	m.mu.Lock()
	if m.lives == 0 && !m.after {
		m.mu.Unlock()
		return errCrash
	}
	last := m.lives == 0
	if m.lives > 0 {
		m.lives--
	}
	m.mu.Unlock()
	if err := do(); err != nil || !last {
		return err
	}
	return errCrash
}

func (m *mortal) AddMigration(ctx context.Context, job directory.MigrationJob) error {
	return m.call(func() error { return m.Store.AddMigration(ctx, job) })
}

func (m *mortal) Readiness(ctx context.Context, tenant string) (r directory.Readiness, err error) {
	err = m.call(func() (err error) { r, err = m.Store.Readiness(ctx, tenant); return err })
	return r, err
}

func (m *mortal) HoldMigration(ctx context.Context, id, holder string, at, until time.Time) (job directory.MigrationJob, err error) {
	err = m.call(func() (err error) { job, err = m.Store.HoldMigration(ctx, id, holder, at, until); return err })
	return job, err
}

func (m *mortal) SaveMigration(ctx context.Context, job directory.MigrationJob, holder string) error {
	return m.call(func() error { return m.Store.SaveMigration(ctx, job, holder) })
}

func (m *mortal) CanonicaliseEmails(ctx context.Context, job directory.MigrationJob, holder string, limit int) (after directory.MigrationJob, more bool, err error) {
	err = m.call(func() (err error) {
		after, more, err = m.Store.CanonicaliseEmails(ctx, job, holder, min(limit, 2))
		return err
	})
	return after, more, err
}

func (m *mortal) FlipMigration(ctx context.Context, job directory.MigrationJob, holder string, e directory.Event, judge func(directory.Readiness) error) error {
	return m.call(func() error { return m.Store.FlipMigration(ctx, job, holder, e, judge) })
}

// world is a tenant in legacy mode that can migrate.
type world struct {
	testing.TB
	store *sqlstore.Store
	now   time.Time
	owner directory.Resource
}

func newWorld(t testing.TB, path string) *world {
	t.Helper()
	w := &world{TB: t, now: start}
	w.open(path)
	w.must(w.store.CreateTenant(t.Context(), directory.Tenant{ID: tenant, Mode: directory.ModeLegacy, Domains: []string{"acme.test"}}))
	w.must(w.store.SetConnection(t.Context(), tenant, directory.Connection{
		Issuer: "https://idp.example", ClientID: "c", ConnectionSettings: directory.ConnectionSettings{Active: true},
	}))
	w.owner = w.person("Owner@ACME.test")
	_, err := w.store.UpdateAccount(t.Context(), tenant, w.owner.ID, func(_ directory.Resource, a *directory.Account) error {
		a.Role = directory.RoleOwner
		return nil
	})
	w.must(err)
	_, err = w.store.GrantBreakGlass(t.Context(), tenant, w.owner.ID, "test")
	w.must(err)
	w.must(w.store.SetPassword(t.Context(), tenant, w.owner.ID, "hash", w.now, ""))
	for i := range 4 {
		w.person(fmt.Sprintf("P%d@Acme.Test.", i))
	}
	return w
}

func (w *world) open(path string) {
	w.Helper()
	store, err := sqlstore.Open(w.Context(), path)
	w.must(err)
	w.store = store
	w.Cleanup(func() { _ = store.Close() })
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) person(email string) directory.Resource {
	w.Helper()
	user, err := w.store.Create(w.Context(), tenant, directory.Resource{
		Kind: directory.User, Name: email, Email: email, Active: true, Attributes: map[string]any{"userName": email},
	}, nil)
	w.must(err)
	return user
}

func (w *world) runner(store directory.Store) *Runner {
	logger, clock := slog.New(slog.DiscardHandler), func() time.Time { return w.now }
	r := New(Options{Store: store, Audit: audit.New(store, logger, clock), Logger: logger, Now: clock})
	w.Cleanup(r.Close)
	return r
}

// job returns the newest job, and sees to it that the tenant is what the job says: legacy or sso, and nothing between.
func (w *world) job() directory.MigrationJob {
	w.Helper()
	jobs, err := w.store.Migrations(w.Context(), tenant, 10)
	w.must(err)
	t, err := w.store.Tenant(w.Context(), tenant)
	w.must(err)
	want := directory.ModeLegacy
	if len(jobs) > 0 && jobs[0].State == directory.MigrationDone {
		want = directory.ModeSSO
	}
	if t.Mode != want {
		w.Fatalf("the tenant is in mode %s, and its migrations are %+v", t.Mode, jobs)
	}
	if len(jobs) == 0 {
		return directory.MigrationJob{}
	}
	return jobs[0]
}

func (w *world) actions() []string {
	w.Helper()
	events, err := w.store.Events(w.Context(), tenant, 100)
	w.must(err)
	var actions []string
	for _, e := range slices.Backward(events) {
		actions = append(actions, e.Action)
	}
	return actions
}

// TestCrashes lets the process die at every call of the job, before it and after it, and another process take the
// job up.
func TestCrashes(t *testing.T) {
	t.Parallel()
	fresh := saved(t)
	for _, after := range []bool{false, true} {
		crashes := 0
		for lives := 0; ; lives++ {
			path := filepath.Join(t.TempDir(), "assay.db")
			w := &world{TB: t, now: start}
			w.must(os.WriteFile(path, fresh, 0o600))
			w.open(path)
			crashed := w.crash(&mortal{Store: w.store, lives: lives, after: after})
			w.must(w.store.Close())
			w.open(path)
			w.job()
			w.now = w.now.Add(lease)
			heir := w.runner(w.store)
			w.must(heir.takeUp(t.Context()))
			if w.job().ID == "" { // it died before there was a job
				_, err := heir.Start(t.Context(), tenant, "test")
				w.must(err)
				heir.jobs.Wait()
			}
			if got := w.job(); got.State != directory.MigrationDone || got.Done != 5 || got.Total != 5 {
				t.Fatalf("after %d calls, died after the write %t: %+v", lives, after, got)
			}
			if done := w.actions(); len(slices.DeleteFunc(done, func(a string) bool { return a != string(audit.MigrationDone) })) != 1 {
				t.Errorf("after %d calls: %d times done", lives, len(done))
			}
			if !crashed {
				break
			}
			crashes++
		}
		if crashes < 12 {
			t.Errorf("%d places to crash at: some steps were not tried", crashes)
		}
	}
}

// saved is the database of a tenant that can migrate.
func saved(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "fresh.db")
	w := newWorld(t, path)
	w.must(w.store.Close())
	data, err := os.ReadFile(path)
	w.must(err)
	return data
}

// crash starts a job with a process that may die, and reports whether it did.
func (w *world) crash(store *mortal) bool {
	w.Helper()
	runner := w.runner(store)
	ready, err := runner.Start(w.Context(), tenant, "test")
	if err == nil {
		runner.jobs.Wait()
		job, err := w.store.Migration(w.Context(), tenant, ready.ID)
		w.must(err)
		store.mu.Lock()
		defer store.mu.Unlock()
		return store.lives == 0 || job.State == directory.MigrationRunning
	}
	if !errors.Is(err, errCrash) {
		w.Fatal(err)
	}
	return true
}

func TestUsersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	before := w.users()
	runner := w.runner(w.store)
	job, err := runner.Start(t.Context(), tenant, "user:ada")
	w.must(err)
	runner.jobs.Wait()
	if got := w.job(); got.ID != job.ID || got.State != directory.MigrationDone || got.Actor != "user:ada" {
		t.Fatalf("job %+v", got)
	}
	if after := w.users(); !slices.Equal(before, after) {
		t.Errorf("users before\n%v\nand after\n%v", before, after)
	}
	found, err := w.store.AccountsByEmail(t.Context(), tenant, "p3@acme.test", 2)
	if err != nil || len(found) != 1 {
		t.Errorf("accounts %+v, %v", found, err)
	}
	account, err := w.store.Account(t.Context(), tenant, w.owner.ID)
	if err != nil || account.Role != directory.RoleOwner {
		t.Errorf("account %+v, %v", account, err)
	}
	if _, err := runner.Start(t.Context(), tenant, "test"); !isFinding(err, InvalidState) {
		t.Errorf("migrated twice: %v", err)
	}
	w.must(runner.RollBack(t.Context(), tenant, job.ID, "test"))
	if got := w.job(); got.State != directory.MigrationRolledBack {
		t.Errorf("job %+v", got)
	}
	if err := runner.RollBack(t.Context(), tenant, job.ID, "test"); !errors.Is(err, directory.ErrNotMigrated) {
		t.Errorf("rolled back twice: %v", err)
	}
	want := []string{"migration.started", "migration.done", "migration.rolled-back"}
	if got := w.actions(); !slices.Equal(got, want) {
		t.Errorf("events %q", got)
	}
}

func (w *world) users() []string {
	w.Helper()
	var users []string
	for u, err := range w.store.List(w.Context(), tenant, directory.Query{Kind: directory.User}) {
		w.must(err)
		users = append(users, fmt.Sprint(u.ID, u.Name, u.Email, u.Version, u.Modified, u.Attributes))
	}
	return users
}

// isFinding reports whether an error is a finding with this code.
func isFinding(err error, code Code) bool {
	found, ok := errors.AsType[*Finding](err)
	return ok && found.Code == code
}

// TestObstacles are what blocks a migration, at its start or in its course.
func TestObstacles(t *testing.T) {
	t.Parallel()
	for code, test := range map[Code]struct {
		spoil  func(w *world)
		atOnce bool // whether it does not even start
	}{
		NotConfigured: {func(w *world) {
			w.must(w.store.SetConnection(w.Context(), tenant, directory.Connection{Issuer: "https://idp.example", ClientID: "c"}))
		}, true},
		BreakGlassRequired: {func(w *world) { w.must(w.store.RevokeBreakGlass(w.Context(), tenant, w.owner.ID)) }, true},
		InvalidState:       {func(w *world) { w.must(w.store.SetMode(w.Context(), tenant, directory.ModeSSO, nil)) }, true},
		DuplicateEmails: {func(w *world) {
			_, err := w.store.Create(w.Context(), tenant, directory.Resource{Kind: directory.User, Name: "twin", Email: "P1@ACME.TEST", Active: true}, nil)
			w.must(err)
		}, false},
	} {
		w := newWorld(t, "")
		test.spoil(w)
		ready, err := w.store.Readiness(t.Context(), tenant)
		w.must(err)
		if list := Check(ready, nil, ""); list.Ready() || list.Findings[0].Code != code {
			t.Errorf("%s: findings %+v", code, list.Findings)
		}
		runner := w.runner(w.store)
		_, err = runner.Start(t.Context(), tenant, "test")
		if test.atOnce {
			if !isFinding(err, code) {
				t.Errorf("%s: started with %v", code, err)
			}
			continue
		}
		w.must(err)
		runner.jobs.Wait()
		if got := w.job(); got.State != directory.MigrationFailed || got.Problem != string(code) {
			t.Errorf("%s: job %+v", code, got)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.person("guest@elsewhere.test")
	_, err := w.store.Create(t.Context(), tenant, directory.Resource{Kind: directory.User, Name: "nobody", Active: true, ExternalID: "x"}, nil)
	w.must(err)
	ready, err := w.store.Readiness(t.Context(), tenant)
	w.must(err)
	list := Check(ready, []directory.Domain{{Name: "acme.test", Verified: w.now}, {Name: "elsewhere.test"}}, "OidcSubToScimExternalId")
	var codes []Code
	for _, f := range list.Findings {
		codes = append(codes, f.Code)
	}
	if want := []Code{OneBreakGlass, UnverifiedDomains, WithoutEmail, WithoutExternalID}; !slices.Equal(codes, want) || !list.Ready() {
		t.Errorf("findings %q, ready %t", codes, list.Ready())
	}
	if list.Active != 7 || len(list.Findings[3].Users) != 6 {
		t.Errorf("%d active, %d without an external ID", list.Active, len(list.Findings[3].Users))
	}
}

// TestTwoAtOnce starts many at the same time: one runs.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	errs := make([]error, 8)
	var wg sync.WaitGroup
	stuck := w.runner(&mortal{Store: w.store, lives: -1})
	stuck.stop() // none of the jobs gets on
	for i := range errs {
		wg.Go(func() { _, errs[i] = stuck.Start(t.Context(), tenant, "test") })
	}
	wg.Wait()
	started := 0
	for _, err := range errs {
		if err == nil {
			started++
		} else if !errors.Is(err, directory.ErrMigrationRunning) {
			t.Error(err)
		}
	}
	if started != 1 {
		t.Errorf("%d started", started)
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	dead := w.runner(&mortal{Store: w.store, lives: 4})
	job, err := dead.Start(t.Context(), tenant, "test")
	w.must(err)
	dead.jobs.Wait()
	runner := w.runner(w.store)
	w.must(runner.takeUp(t.Context())) // the other process still has it
	if got := w.job(); got.State != directory.MigrationRunning {
		t.Fatalf("two processes work on %+v", got)
	}
	w.must(runner.Cancel(t.Context(), tenant, job.ID, "test"))
	w.now = w.now.Add(lease)
	w.must(runner.takeUp(t.Context()))
	if got := w.job(); got.State != directory.MigrationCancelled {
		t.Fatalf("job %+v", got)
	}
	if err := runner.Cancel(t.Context(), tenant, job.ID, "test"); !errors.Is(err, directory.ErrMigrationOver) {
		t.Errorf("cancelled twice: %v", err)
	}
	next, err := runner.Start(t.Context(), tenant, "test")
	w.must(err)
	runner.jobs.Wait()
	if err := runner.Cancel(t.Context(), tenant, next.ID, "test"); !errors.Is(err, directory.ErrMigrationOver) {
		t.Errorf("cancelled after the flip: %v", err)
	}
	if err := runner.Cancel(t.Context(), "other", next.ID, "test"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the migration of another tenant: %v", err)
	}
}

// TestUsersWhoComeMeanwhile are made canonical too, and looked at for duplicates.
func TestUsersWhoComeMeanwhile(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]directory.MigrationState{
		"Late@acme.test": directory.MigrationDone, "p2@ACME.test": directory.MigrationFailed,
	} {
		w := newWorld(t, "")
		runner := w.runner(&latecomer{Store: w.store, come: func() error {
			_, err := w.store.Create(t.Context(), tenant, directory.Resource{Kind: directory.User, Name: email, Email: email, Active: true}, nil)
			return err
		}})
		_, err := runner.Start(t.Context(), tenant, "test")
		w.must(err)
		runner.jobs.Wait()
		if got := w.job(); got.State != want {
			t.Errorf("%s: %+v", email, got)
		}
	}
}

// TestOneWorkerAJob lets a process look for jobs while it works on one.
func TestOneWorkerAJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	store := &latecomer{Store: w.store}
	runner := w.runner(store)
	store.come = func() error { return runner.takeUp(t.Context()) }
	_, err := runner.Start(t.Context(), tenant, "test")
	w.must(err)
	runner.jobs.Wait()
	if got := w.job(); got.State != directory.MigrationDone || store.flips != 1 {
		t.Errorf("%d flips, job %+v", store.flips, got)
	}
}

// latecomer lets somebody come just before the flip.
type latecomer struct {
	directory.Store
	come  func() error
	flips int
}

func (l *latecomer) FlipMigration(ctx context.Context, job directory.MigrationJob, holder string, e directory.Event, judge func(directory.Readiness) error) error {
	l.flips++
	if come := l.come; come != nil {
		l.come = nil
		if err := come(); err != nil {
			return err
		}
	}
	return l.Store.FlipMigration(ctx, job, holder, e, judge)
}
