package push

import (
	"context"
	"maps"
	"slices"
	"time"

	"assay/fakeidp/control"
)

// Memory is what the engine remembers at one moment: for each app its links, the deletions that are due, escrow,
// quarantine and the provisioning log; and how far its clock is ahead. It is read-only.
type Memory struct {
	ahead time.Duration
	apps  map[string]*state
}

// Pause waits until nothing is pushed and the clock stands, and keeps it so until resume is called. It fails with
// the context's error.
func (e *Engine) Pause(ctx context.Context) (resume func(), err error) {
	e.turn.Lock()
	var held []*state
	resume = func() {
		for _, st := range held {
			st.give()
		}
		e.turn.Unlock()
	}
	for _, st := range e.states() {
		if err := st.take(ctx); err != nil {
			resume()
			return nil, err
		}
		held = append(held, st)
	}
	return resume, nil
}

func (e *Engine) states() []*state {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.apps))
}

// Memory returns what the engine remembers. Call it while the engine is paused.
func (e *Engine) Memory() *Memory {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := &Memory{ahead: time.Duration(e.skew.Load()), apps: make(map[string]*state, len(e.apps))}
	for id, st := range e.apps {
		m.apps[id] = st.copy()
	}
	return m
}

// Recall makes the engine remember what it did then, and nothing else; the clock goes back too. Call it while the
// engine is paused.
func (e *Engine) Recall(m *Memory) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.skew.Store(int64(m.ahead))
	e.apps = make(map[string]*state, len(m.apps))
	for id, st := range m.apps {
		e.apps[id] = st.copy()
	}
}

// copy shares what is never written to: profiles, steps.
func (s *state) copy() *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := newState()
	out.seq, out.health = s.seq, s.health
	for id, l := range s.people {
		link := *l
		out.people[id] = &link
	}
	for id, l := range s.groups {
		link := *l
		link.members = maps.Clone(l.members)
		out.groups[id] = &link
	}
	out.deletes, out.escrow = slices.Clone(s.deletes), maps.Clone(s.escrow)
	out.log, out.logSize = slices.Clone(s.log), s.logSize
	return out
}

// Exchanges lists the steps of all apps whose exchange was made, in the order of time.
func (e *Engine) Exchanges() []control.Step {
	var out []control.Step
	for _, st := range e.states() {
		out = append(out, slices.DeleteFunc(st.steps(), func(s control.Step) bool { return s.Exchange.Method == "" })...)
	}
	slices.SortStableFunc(out, func(a, b control.Step) int {
		if c := a.Exchange.Time.Compare(b.Exchange.Time); c != 0 {
			return c
		}
		return a.Seq - b.Seq
	})
	return out
}
