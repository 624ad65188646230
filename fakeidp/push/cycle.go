package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// maxAdvance bounds one move of the clock: at 40 minutes a cycle a year is 13,000 cycles.
const maxAdvance = 366 * 24 * time.Hour

// ErrClock says that the clock cannot be moved like that.
var ErrClock = errors.New("the clock moves forward, by at most 366 days at a time")

// Advance moves the engine's clock forward and runs every cycle that becomes due on the way, of all apps
// with a SCIM connection, in the order of time. An app's first cycle is due at once. The apps of a persona
// without cycles are pushed once, at the end: what became due by the clock happens. Cycles that sent
// nothing are counted and left out of the answer. It fails with ErrClock, and with the context's error.
func (e *Engine) Advance(ctx context.Context, d time.Duration) (control.Clock, error) {
	if d < 0 || d > maxAdvance {
		return control.Clock{}, fmt.Errorf("%s: %w", d, ErrClock)
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	from := e.Now()
	until := from.Add(d)
	out := control.Clock{Cycles: []control.Cycle{}}
	for {
		app, at, ok := e.nextCycle(from, until)
		if !ok {
			break
		}
		if err := e.setClock(at); err != nil {
			return out, err
		}
		if err := e.runCycle(ctx, app, at, &out); err != nil {
			return out, err
		}
	}
	if err := e.setClock(until); err != nil {
		return out, err
	}
	for _, app := range e.directory.Apps() {
		if interval, ok := e.interval(app); ok && interval == 0 {
			if err := e.runCycle(ctx, app.ID, until, &out); err != nil {
				return out, err
			}
		}
	}
	out.Now = e.Now()
	return out, nil
}

// setClock moves the clock forward, never back.
func (e *Engine) setClock(t time.Time) error {
	ahead := t.Sub(e.Now())
	if ahead <= 0 {
		return nil
	}
	return e.journal.Put(clockKey, strconv.AppendInt(nil, e.skew.Add(int64(ahead)), 10))
}

// interval is the time between an app's cycles. ok is false for an app that does not provision.
func (e *Engine) interval(app control.App) (interval time.Duration, ok bool) {
	p, known := e.options.Personas(app.Persona)
	if _, connected := e.directory.Connection(app.ID); !known || !connected {
		return 0, false
	}
	return p.SCIM.Cycle.Value, true
}

// nextCycle finds the app whose cycle is due first between two times, and when.
func (e *Engine) nextCycle(from, until time.Time) (appID string, at time.Time, ok bool) {
	for _, app := range e.directory.Apps() {
		interval, provisions := e.interval(app)
		if !provisions || interval == 0 {
			continue
		}
		st, err := e.state(app.ID)
		if err != nil {
			continue // deleted this moment
		}
		due, on := st.due(from)
		if on && !due.After(until) && (!ok || due.Before(at)) {
			appID, at, ok = app.ID, due, true
		}
	}
	return appID, at, ok
}

func (e *Engine) runCycle(ctx context.Context, appID string, at time.Time, out *control.Clock) error {
	r, err := e.begin(ctx, appID)
	if errors.Is(err, ErrNoApp) || errors.Is(err, ErrNoConnection) {
		return nil // deleted this moment
	}
	if err != nil {
		return err
	}
	defer r.end()
	r.cycle, r.at = true, at
	r.push(ctx)
	r.state.cycled(at, r.knobs.Cycle.Value, r.knobs.Quarantine.Value)
	out.Ran++
	if done := r.report(); done.Requests > 0 {
		out.Cycles = append(out.Cycles, control.Cycle{App: appID, At: at, Push: done})
		if len(out.Cycles) > logSteps {
			out.Cycles = out.Cycles[1:]
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("advance the clock: %w", ctx.Err())
	}
	return r.state.failure()
}

// Status says how an app's provisioning is doing. It fails with ErrNoApp and ErrNoPersona.
func (e *Engine) Status(appID string) (control.Status, error) {
	st, err := e.state(appID)
	if err != nil {
		return control.Status{}, err
	}
	app, _ := e.directory.App(appID)
	p, ok := e.options.Personas(app.Persona)
	if !ok {
		return control.Status{}, fmt.Errorf("app %q: persona %q: %w", appID, app.Persona, ErrNoPersona)
	}
	return st.status(e.Now(), p.SCIM), nil
}

// settle notes what a push did not get done: it goes into escrow, and may put the connection into quarantine.
func (r *run) settle() {
	r.state.settle(r.troubled, r.resolved())
	if reason := r.crowded(); reason != "" {
		if r.state.quarantineFor(r.at, reason) {
			r.note(fmt.Sprintf("%s would quarantine here, because %s", r.product, reason))
		}
		return
	}
	if len(r.troubled) == 0 && r.proved && r.state.heal() {
		r.note(fmt.Sprintf("%s ends the quarantine, because nothing failed any more", r.product))
	}
}

// resolved lists what is in escrow and need not be: it was tried and went well, or nobody wants it at the
// target any more.
func (r *run) resolved() []string {
	if r.isStopped() {
		return nil
	}
	pushed := r.engine.directory.PushedGroups(r.app.ID)
	return slices.DeleteFunc(r.state.escrowIDs(), func(id string) bool {
		_, linked := r.state.person(id)
		wanted := linked || r.engine.directory.Assigned(r.app.ID, id) || slices.Contains(pushed, id)
		_, bad := r.troubled[id]
		return bad || (wanted && !r.tried[id])
	})
}

// crowded says which of the persona's thresholds the failures exceed, "" for none.
func (r *run) crowded() string {
	q := r.knobs.Quarantine.Value
	if q.Interval == 0 {
		return ""
	}
	all, plain := r.state.escrowCount()
	share := 100 * plain / max(r.objects, 1)
	switch {
	case q.Failures > 0 && plain >= q.Failures && share > q.Percent:
		return fmt.Sprintf("%d objects fail, at least %d and more than %d %% of %d", plain, q.Failures, q.Percent, r.objects)
	case q.Most > 0 && plain > q.Most:
		return fmt.Sprintf("%d objects fail, more than %d", plain, q.Most)
	case q.MostAll > 0 && all > q.MostAll:
		return fmt.Sprintf("%d objects fail, references included, more than %d", all, q.MostAll)
	}
	return ""
}

// note puts something into the log that is about no exchange.
func (r *run) note(verdict string) {
	step := &control.Step{App: r.app.ID, Task: taskQuarantine, Why: "the end of a push",
		Exchange: control.Exchange{Time: r.engine.Now()}, Verdict: verdict}
	r.state.record(step)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, step)
}

// escrowed is an object that failed.
type escrowed struct {
	Failures    int
	First, Next time.Time
	Trouble     trouble
}

// health is how the connection is doing.
type health struct {
	Quarantined time.Time // zero: it is not
	Reason      string
	NextCycle   time.Time // zero: due at once
	Disabled    bool
}

// inEscrow says whether an object is in escrow, and whether its time has come: it has for one that is not.
func (s *state) inEscrow(id string, now time.Time, policy persona.Escrow) (known, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.escrow[id]
	if !known || len(policy.Spacing) == 0 {
		return known, true
	}
	return true, !now.Before(e.Next) && (policy.GiveUp == 0 || now.Before(e.First.Add(policy.GiveUp)))
}

func (s *state) escrowIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.escrow))
}

// nextTry notes a failure and says when the object is tried again; ok is false for a persona without escrow.
func (s *state) nextTry(id string, now time.Time, policy persona.Escrow) (next time.Time, ok bool) {
	s.mu.Lock()
	e, known := s.escrow[id]
	if !known {
		e.First = now
	}
	if e.Next.Before(now) || e.Next.Equal(now) { // once a push, however many of its requests failed
		e.Failures++
	}
	if len(policy.Spacing) > 0 {
		e.Next = now.Add(policy.Spacing[min(e.Failures, len(policy.Spacing))-1])
	}
	s.escrow[id] = e
	s.mu.Unlock()
	s.putJSON(kindEscrow, id, e)
	return e.Next, len(policy.Spacing) > 0
}

// settle notes why something is in escrow, and takes out what is resolved.
func (s *state) settle(troubled map[string]trouble, resolved []string) {
	for id, t := range troubled {
		s.mu.Lock()
		e, ok := s.escrow[id]
		if e.Trouble = t; ok {
			s.escrow[id] = e
		}
		s.mu.Unlock()
		if ok {
			s.putJSON(kindEscrow, id, e)
		}
	}
	for _, id := range resolved {
		s.mu.Lock()
		delete(s.escrow, id)
		s.mu.Unlock()
		s.del(kindEscrow, id)
	}
}

func (s *state) escrowCount() (all, plain int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.escrow {
		all++
		if !e.Trouble.Reference {
			plain++
		}
	}
	return all, plain
}

// changeHealth remembers what change makes of the health; nothing when it reports false.
func (s *state) changeHealth(change func(*health) bool) bool {
	s.mu.Lock()
	changed := change(&s.health)
	now := s.health
	s.mu.Unlock()
	if changed {
		s.putJSON(kindHealth, "", now)
	}
	return changed
}

// quarantineFor puts the connection into quarantine and reports whether it was not in it.
func (s *state) quarantineFor(now time.Time, reason string) bool {
	return s.changeHealth(func(h *health) bool {
		if !h.Quarantined.IsZero() {
			return false
		}
		h.Quarantined, h.Reason = now, reason
		return true
	})
}

// heal ends the quarantine and reports whether there was one.
func (s *state) heal() bool {
	return s.changeHealth(func(h *health) bool {
		was := !h.Quarantined.IsZero()
		h.Quarantined, h.Reason, h.Disabled = time.Time{}, "", false
		return was
	})
}

// due is when the next cycle runs, not before from; on is false when none runs any more.
func (s *state) due(from time.Time) (at time.Time, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at = s.health.NextCycle; at.Before(from) {
		at = from
	}
	return at, !s.health.Disabled
}

// cycled plans the next cycle.
func (s *state) cycled(now time.Time, interval time.Duration, q persona.Quarantine) {
	s.changeHealth(func(h *health) bool {
		if since := h.Quarantined; !since.IsZero() && q.Interval > 0 {
			interval = q.Interval
			h.Disabled = q.Disable > 0 && !now.Before(since.Add(q.Disable))
		}
		h.NextCycle = now.Add(interval)
		return true
	})
}

func (s *state) status(now time.Time, knobs persona.SCIM) control.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := control.Status{State: "active", Reason: s.health.Reason, Now: now, Escrow: []control.Escrow{}}
	if since := s.health.Quarantined; !since.IsZero() {
		out.State, out.Since = "quarantine", &since
	}
	if s.health.Disabled {
		out.State = "disabled"
	} else if next := s.health.NextCycle; knobs.Cycle.Value > 0 && !next.IsZero() {
		out.NextCycle = &next
	}
	for id, e := range s.escrow {
		item := control.Escrow{Subject: id, Failures: e.Failures, First: e.First, Reason: e.Trouble.Reason}
		if len(knobs.Escrow.Value.Spacing) > 0 {
			item.Next = &e.Next
		}
		out.Escrow = append(out.Escrow, item)
	}
	slices.SortFunc(out.Escrow, func(a, b control.Escrow) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}
