package push

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// moody is a target that finds nobody, and answers POST and look-ups with statuses that a test sets.
type moody struct{ lookup, create, posts atomic.Int64 }

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		w.WriteHeader(int(m.lookup.Load()))
		_, _ = io.WriteString(w, noMatch)
		return
	}
	m.posts.Add(1)
	w.WriteHeader(int(m.create.Load()))
	_, _ = io.WriteString(w, `{"id":"u-1"}`)
}

func newMoody(t *testing.T, lookup, create int64, options Options) (*rig, *moody) {
	t.Helper()
	target := &moody{}
	target.lookup.Store(lookup)
	target.create.Store(create)
	r := newRig(t, "entra-default", target, options)
	r.dir.UseClock(r.engine.Now)
	return r, target
}

func (r *rig) advance(d time.Duration) control.Clock {
	r.t.Helper()
	moved, err := r.engine.Advance(r.t.Context(), d)
	if err != nil {
		r.t.Fatal(err)
	}
	return moved
}

func (r *rig) status() control.Status {
	r.t.Helper()
	status, err := r.engine.Status(r.app)
	if err != nil {
		r.t.Fatal(err)
	}
	return status
}

// E3: every ~40 min, delta only.
func TestCyclesComeEveryFortyMinutes(t *testing.T) {
	r, target := newMoody(t, 200, 201, Options{})
	r.assign(ada())
	moved := r.advance(2 * time.Hour)
	if moved.Ran != 4 || len(moved.Cycles) != 1 || target.posts.Load() != 1 {
		t.Errorf("%d cycles ran, %d of them sent something, %d creates; want 4, 1, 1", moved.Ran, len(moved.Cycles), target.posts.Load())
	}
	if next := r.status().NextCycle; next == nil || next.Sub(moved.Cycles[0].At) != 160*time.Minute {
		t.Errorf("next cycle %v", next)
	}
	if again := r.advance(39 * time.Minute); again.Ran != 0 {
		t.Errorf("%d cycles before the next is due", again.Ran)
	}
}

// E3: growing spacing of 6 h, 12 h, 24 h, then daily, for 28 days.
func TestEscrowSpacing(t *testing.T) {
	r, target := newMoody(t, 200, 500, Options{})
	p := r.assign(ada())
	moved := r.advance(20 * time.Minute)
	step := moved.Cycles[0].Push.Steps[1]
	if !strings.Contains(step.Verdict, "puts the object into escrow and tries again at") {
		t.Errorf("verdict %s", step.Verdict)
	}
	var tries []int64
	for _, until := range []time.Duration{5 * time.Hour, 2 * time.Hour, 10 * time.Hour, 3 * time.Hour, 21 * time.Hour, 2 * time.Hour} {
		r.advance(until)
		tries = append(tries, target.posts.Load())
	}
	if want := []int64{1, 2, 2, 3, 3, 4}; !equalInts(tries, want) {
		t.Errorf("creates after each move of the clock: %v, want %v", tries, want)
	}
	if status := r.status(); len(status.Escrow) != 1 || status.Escrow[0].Subject != p.ID || status.Escrow[0].Failures != 4 || status.Escrow[0].Reason == "" {
		t.Errorf("escrow %+v", status.Escrow)
	}
	r.advance(28 * 24 * time.Hour)
	given := target.posts.Load()
	if r.advance(10 * 24 * time.Hour); target.posts.Load() != given {
		t.Error("it is tried after 28 days")
	}
	target.create.Store(201)
	r.ok() // an administrator's push tries in any case
	if status := r.status(); len(status.Escrow) != 0 {
		t.Errorf("escrow %+v", status.Escrow)
	}
}

func equalInts(a, b []int64) bool {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return false
		}
	}
	return true
}

// E4: 401 and 404 on the look-up are triggers at once; once a day then; off after four weeks.
func TestQuarantine(t *testing.T) {
	for _, status := range []int64{401, 404} {
		r, target := newMoody(t, status, 201, Options{})
		r.assign(ada())
		r.assign(bob())
		first := r.advance(0)
		steps := first.Cycles[0].Push.Steps
		if len(steps) != 1 || !strings.Contains(steps[0].Verdict, "Entra ID would quarantine here, because a look-up was answered") {
			t.Errorf("%d: %s", status, verdicts(steps))
		}
		if got := r.status(); got.State != "quarantine" || got.Since == nil || got.Reason == "" {
			t.Errorf("%d: status %+v", status, got)
		}
		if moved := r.advance(72 * time.Hour); moved.Ran != 3 {
			t.Errorf("%d: %d cycles in three days of quarantine", status, moved.Ran)
		}
		target.lookup.Store(200)
		r.advance(24 * time.Hour)
		if got := r.status(); got.State != "active" || target.posts.Load() != 2 {
			t.Errorf("%d: status %+v after %d creates", status, got, target.posts.Load())
		}
		target.lookup.Store(status)
		if err := r.dir.Unassign(r.app, "00ubob"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.dir.CreatePerson(control.Person{ID: "x", Login: "x", Email: "x"}); err != nil {
			t.Fatal(err)
		}
		if err := r.dir.Assign(r.app, "x"); err != nil {
			t.Fatal(err)
		}
		if r.advance(30 * 24 * time.Hour); r.status().State != "disabled" {
			t.Errorf("%d: status %+v after 30 days", status, r.status())
		}
		if moved := r.advance(24 * time.Hour); moved.Ran != 0 {
			t.Errorf("%d: a cycle runs although provisioning is off", status)
		}
	}
}

// A test of the connection is no cycle: it puts nothing into escrow, and the connection not into quarantine.
func TestConnectionTestIsNoCycle(t *testing.T) {
	r, _ := newMoody(t, 401, 201, Options{})
	done, err := r.engine.TestConnection(t.Context(), r.app)
	if err != nil || done.Failed != 1 {
		t.Errorf("%v: %s", err, verdicts(done.Steps))
	}
	if got := r.status(); got.State != "active" || len(got.Escrow) != 0 {
		t.Errorf("status %+v", got)
	}
}

// E4: failures above a number and a share; the numbers are made small here.
func TestQuarantineByNumbers(t *testing.T) {
	small := func(name string) (persona.Persona, bool) {
		p, ok := persona.ByName(name)
		q := p.SCIM.Quarantine.Value
		q.Failures = 2
		p.SCIM.Quarantine.Value = q
		return p, ok
	}
	r, target := newMoody(t, 200, 500, Options{Personas: small})
	r.assign(ada())
	r.advance(0)
	if got := r.status(); got.State != "active" {
		t.Errorf("one failure: %+v", got)
	}
	r.assign(bob())
	r.advance(40 * time.Minute)
	log, err := r.engine.Log(r.app)
	if err != nil {
		t.Fatal(err)
	}
	last := log[len(log)-1]
	if got := r.status(); got.State != "quarantine" || last.Task != "quarantine" || !strings.Contains(last.Verdict, "2 objects fail, at least 2 and more than 40 % of 2") {
		t.Errorf("status %+v, log ends with %+v", got, last)
	}
	target.create.Store(201)
	r.ok()
	if got := r.status(); got.State != "active" {
		t.Errorf("after a push that succeeds: %+v", got)
	}
}

// E3: restored within 30 days, nothing is deleted; unassigned first, nothing either; purged, at once.
func TestWhenUsersAreDeleted(t *testing.T) {
	tests := map[string]struct {
		lose    func(*rig) error
		deletes bool
	}{
		"restored":          {func(r *rig) error { _, err := r.dir.RestorePerson(ada().ID); return err }, false},
		"purged":            {func(r *rig) error { return r.dir.PurgePerson(ada().ID) }, true},
		"thirty days later": {func(r *rig) error { r.advance(30 * 24 * time.Hour); return nil }, true},
		"a day earlier":     {func(r *rig) error { r.advance(29 * 24 * time.Hour); return nil }, false},
	}
	for name, test := range tests {
		target := newMirror()
		r := newRig(t, "entra-default", target, Options{})
		r.dir.UseClock(r.engine.Now)
		r.assign(ada())
		r.advance(0)
		if err := r.dir.DeletePerson(ada().ID); err != nil {
			t.Fatal(err)
		}
		r.advance(40 * time.Minute)
		if err := test.lose(r); err != nil {
			t.Fatal(err)
		}
		r.advance(40 * time.Minute)
		if got := target.deletes(); got != test.deletes {
			t.Errorf("%s: DELETE sent: %t", name, got)
		}
	}
	target := newMirror()
	r := newRig(t, "entra-default", target, Options{})
	r.dir.UseClock(r.engine.Now)
	r.assign(ada())
	r.advance(0)
	if err := errors.Join(r.dir.Unassign(r.app, ada().ID), r.dir.DeletePerson(ada().ID)); err != nil {
		t.Fatal(err)
	}
	if r.advance(31 * 24 * time.Hour); target.deletes() {
		t.Error("somebody who was unassigned first is deleted")
	}
}

func (m *mirror) deletes() bool {
	for _, seen := range m.take() {
		if strings.HasPrefix(seen.line, http.MethodDelete+" ") {
			return true
		}
	}
	return false
}

// E9: what the vendor calls a failure, and that a known id which is gone is matched again.
func TestCodes(t *testing.T) {
	twice := `{"totalResults":2,"Resources":[{"id":"1","userName":"ada@example.test"},{"id":"2","userName":"ada@example.test"}]}`
	tests := []struct {
		name, reply, want string
		status            int
	}{
		{"two matches", twice, "DuplicateTargetEntries: more than one user has this userName", 200},
		{"not SCIM", "<html>", "SystemForCrossDomainIdentityManagementServiceIncompatible: the answer is no list", 200},
		{"busy", "", "TooManyRequests: Too Many Requests. Entra ID does not try again in this push", 429},
	}
	for _, test := range tests {
		r := newRig(t, "entra-default", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.reply)
		}), Options{})
		r.assign(ada())
		if done := r.push(); done.Failed != 1 || !strings.Contains(done.Steps[0].Verdict, test.want) {
			t.Errorf("%s: %s", test.name, verdicts(done.Steps))
		}
	}
	r, target := newScripted(t, "entra-default")
	p := r.known(ada(), "gone", true)
	p.Title = "Countess"
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	target.expect(turn{line: "GET /scim/v2/Users/gone", status: 404})
	if done := r.push(); !strings.Contains(done.Steps[0].Verdict, "InvalidAnchor: Not Found") {
		t.Error(verdicts(done.Steps))
	}
	if links, _ := r.engine.Links(r.app); len(links) != 0 {
		t.Errorf("links %v", links)
	}
}

func TestClockGoesForwardOnly(t *testing.T) {
	r, _ := newMoody(t, 200, 201, Options{})
	for _, d := range []time.Duration{-time.Second, 367 * 24 * time.Hour} {
		if _, err := r.engine.Advance(t.Context(), d); !errors.Is(err, ErrClock) {
			t.Errorf("%s: %v", d, err)
		}
	}
}
