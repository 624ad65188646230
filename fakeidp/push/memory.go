package push

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"assay/fakeidp/control"
)

// Memory is what the engine remembers at one moment: for each app its links, the deletions that are due, escrow,
// quarantine and the provisioning log; and how far its clock is ahead. It is read-only.
type Memory struct {
	ahead   time.Duration
	records []record // of the journal, in the order in which they were put
	logs    map[string]chronicle
}

type record struct {
	key   string
	value []byte
}

// chronicle is what of an app is in no journal.
type chronicle struct {
	seq     int
	log     []*control.Step
	logSize int
}

// Pause waits until nothing is pushed and the clock stands, and keeps it so until resume is called. It fails with
// the context's error.
func (e *Engine) Pause(ctx context.Context) (resume func(), err error) {
	e.turn.Lock()
	for _, st := range e.pause() {
		if err := st.take(ctx); err != nil {
			e.resume()
			return nil, err
		}
		e.hold(st)
	}
	return e.resume, nil
}

// pause lets no app that is not known yet have a turn, and lists the others.
func (e *Engine) pause() []*state {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.paused = true
	return slices.Collect(maps.Values(e.apps))
}

func (e *Engine) hold(st *state) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held = append(e.held, st)
}

func (e *Engine) resume() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, st := range e.held {
		st.give()
	}
	e.paused, e.held = false, nil
	e.turn.Unlock()
}

func (e *Engine) states() []*state {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.apps))
}

// Memory returns what the engine remembers. Call it while the engine is paused. It fails when the journal cannot be
// read.
func (e *Engine) Memory() (*Memory, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := &Memory{ahead: time.Duration(e.skew.Load()), logs: make(map[string]chronicle, len(e.apps))}
	for id, st := range e.apps {
		m.logs[id] = st.chronicle()
	}
	err := e.journal.Scan("", func(key string, value []byte) error {
		if key != clockKey {
			m.records = append(m.records, record{key, slices.Clone(value)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what provisioning remembers: %w", err)
	}
	return m, nil
}

// Recall makes the engine remember what it did then, and nothing else; the clock goes back too. Call it while the
// engine is paused. It fails when the journal cannot be read or written.
func (e *Engine) Recall(m *Memory) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.apps = make(map[string]*state, len(m.logs))
	e.skew.Store(int64(m.ahead))
	if err := errors.Join(e.rewrite(m), e.journal.Compact(), e.journal.Sync()); err != nil {
		return fmt.Errorf("what provisioning remembers: %w", err)
	}
	for id, c := range m.logs {
		st, err := e.open(id)
		if err != nil {
			return err
		}
		st.recall(c)
	}
	return nil
}

// rewrite puts the records of a memory in the place of those of the journal.
func (e *Engine) rewrite(m *Memory) error {
	if err := e.journal.Scan("", func(key string, _ []byte) error { return e.journal.Delete(key) }); err != nil {
		return err
	}
	for _, r := range m.records {
		if err := e.journal.Put(r.key, r.value); err != nil {
			return err
		}
	}
	if m.ahead == 0 {
		return nil
	}
	return e.journal.Put(clockKey, strconv.AppendInt(nil, int64(m.ahead), 10))
}

// chronicle shares the steps, which are never written to.
func (s *state) chronicle() chronicle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return chronicle{seq: s.seq, log: slices.Clone(s.log), logSize: s.logSize}
}

func (s *state) recall(c chronicle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq, s.log, s.logSize = max(s.seq, c.seq), slices.Clone(c.log), c.logSize
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
