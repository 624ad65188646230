package push

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"assay/fakeidp/control"
	"assay/fakeidp/journal"
)

// state is what the IdP remembers about one app's target. Links to people and groups are in a journal; in memory is
// what there is little of: which groups are pushed, what failed, the latest steps.
type state struct {
	turn    chan struct{} // holds one token: who has it may push
	app     string
	journal *journal.Journal
	shape   string // of profiles now (dialect.shape); whose was pushed in another one gets all of it again

	mu      sync.Mutex
	seq     int
	people  int             // how many are linked
	groups  map[string]bool // that are linked
	deletes []groupDelete   // of unlinked groups, due at the next push
	removed map[string]bool // target's ids of users deleted there, whose memberships are not yet forgotten
	escrow  map[string]escrowed
	health  health
	broken  error // of the journal
	log     []*control.Step
	logSize int
}

// The kinds of records. Their keys are the app, the kind, and an id.
const (
	kindPerson  = "person"
	kindGroup   = "group"
	kindMembers = "members"
	kindDelete  = "delete"
	kindRemoved = "removed"
	kindEscrow  = "escrow"
	kindHealth  = "health"
)

// separator is in no id of the directory.
const separator = "\x00"

func (s *state) key(kind, id string) string { return s.app + separator + kind + separator + id }

// openState takes up what a journal has of an app.
func openState(app string, j *journal.Journal) (*state, error) {
	s := &state{turn: make(chan struct{}, 1), app: app, journal: j, groups: map[string]bool{}, removed: map[string]bool{}, escrow: map[string]escrowed{}}
	s.turn <- struct{}{}
	err := j.Scan(app+separator, func(key string, value []byte) error {
		rest := key[len(app)+1:]
		kind, id, _ := strings.Cut(rest, separator)
		if err := s.takeUp(kind, id, value); err != nil {
			return fmt.Errorf("%s %q: %w", kind, id, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("app %q: remembered state: %w", app, err)
	}
	return s, nil
}

// takeUp takes up one record.
func (s *state) takeUp(kind, id string, value []byte) error {
	switch kind {
	case kindPerson:
		l, err := decodePerson(value)
		s.people++
		s.seq = max(s.seq, l.seq)
		return err
	case kindGroup:
		l, err := decodeGroup(value)
		s.groups[id] = true
		s.seq = max(s.seq, l.seq)
		return err
	case kindDelete:
		d := groupDelete{ID: id}
		err := json.Unmarshal(value, &d)
		s.deletes = append(s.deletes, d)
		return err
	case kindRemoved:
		s.removed[id] = true
	case kindEscrow:
		var e escrowed
		err := json.Unmarshal(value, &e)
		s.escrow[id] = e
		return err
	case kindHealth:
		return json.Unmarshal(value, &s.health)
	}
	return nil
}

// forget drops everything that is remembered of an app.
func forget(app string, j *journal.Journal) error {
	return j.Scan(app+separator, func(key string, _ []byte) error { return j.Delete(key) })
}

// put stores a record, del drops one. What goes wrong ends the push (failure).
func (s *state) put(kind, id string, value []byte) { s.check(s.journal.Put(s.key(kind, id), value)) }

func (s *state) putJSON(kind, id string, value any) {
	text, err := json.Marshal(value)
	s.check(err)
	s.put(kind, id, text)
}

func (s *state) del(kind, id string) { s.check(s.journal.Delete(s.key(kind, id))) }

func (s *state) get(kind, id string) ([]byte, bool) {
	value, ok, err := s.journal.Get(s.key(kind, id))
	s.check(err)
	return value, ok && err == nil
}

func (s *state) check(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
}

// failure says why nothing can be remembered any more, nil while it can.
func (s *state) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		return nil
	}
	return fmt.Errorf("app %q: what was pushed cannot be remembered: %w", s.app, s.broken)
}

func (s *state) person(id string) (personLink, bool) {
	value, ok := s.get(kindPerson, id)
	if !ok {
		return personLink{}, false
	}
	l, err := decodePerson(value)
	s.check(err)
	if l.shape != s.shape {
		l.pushed = nil
	}
	return l, err == nil
}

// number gives a new link its place in the order of linking.
func (s *state) number(seq *int) (isNew bool) {
	if *seq != 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	*seq = s.seq
	return true
}

// setPerson stores a link. One without a number is new.
func (s *state) setPerson(id string, l personLink) {
	if s.number(&l.seq) {
		s.mu.Lock()
		s.people++
		s.mu.Unlock()
	}
	l.shape = s.shape
	s.put(kindPerson, id, l.encode())
}

func (s *state) dropPerson(id string) {
	if _, linked := s.get(kindPerson, id); !linked {
		return
	}
	s.del(kindPerson, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people--
}

func (s *state) countPeople() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people
}

// errEnough ends a scan early.
var errEnough = errors.New("enough")

// linkedPeople goes through who is linked, in the order in which the links changed last.
func (s *state) linkedPeople() iter.Seq2[string, personLink] {
	return func(yield func(string, personLink) bool) {
		prefix := s.key(kindPerson, "")
		err := s.journal.Scan(prefix, func(key string, value []byte) error {
			l, err := decodePerson(value)
			if err != nil {
				return err
			}
			if l.shape != s.shape {
				l.pushed = nil
			}
			if !yield(key[len(prefix):], l) {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			s.check(err)
		}
	}
}

// forgetLink drops the link of a person or a group.
func (s *state) forgetLink(id string) {
	s.dropPerson(id)
	s.dropGroup(id)
}

// forgetUser drops a user who was deleted at the target. Their memberships are forgotten before groups are pushed.
func (s *state) forgetUser(id, remote string) {
	s.dropPerson(id)
	s.mu.Lock()
	marked := len(s.groups) > 0
	if marked {
		s.removed[remote] = true
	}
	s.mu.Unlock()
	if marked {
		s.put(kindRemoved, remote, nil)
	}
}

// inactive holds the target's ids of the users who are not active.
func (s *state) inactive() map[string]bool {
	out := map[string]bool{}
	for _, l := range s.linkedPeople() {
		if !l.active {
			out[l.remote] = true
		}
	}
	return out
}

func (s *state) links() []control.Link {
	out := []control.Link{}
	order := map[string]int{}
	for id, l := range s.linkedPeople() {
		out = append(out, control.Link{Subject: id, Remote: l.remote, Active: l.active})
		order[id] = l.seq
	}
	for _, id := range s.linkedGroups() {
		l, _ := s.group(id)
		out = append(out, control.Link{Subject: id, Remote: l.remote, Active: true})
		order[id] = l.seq
	}
	slices.SortFunc(out, func(a, b control.Link) int { return cmp.Compare(order[a.Subject], order[b.Subject]) })
	return out
}
