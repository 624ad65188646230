package push

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"assay/fakeidp/control"
)

// Bounds of an app's provisioning log: whichever is reached first, the oldest steps go.
const (
	logSteps = 2000
	logBytes = 16 << 20
)

// state is what the IdP remembers about one app's target.
type state struct {
	turn chan struct{} // holds one token: who has it may push

	mu      sync.Mutex
	seq     int
	people  map[string]*personLink
	groups  map[string]*groupLink
	deletes []groupDelete // of unlinked groups, due at the next push
	escrow  map[string]escrowed
	health  health
	log     []*control.Step
	logSize int
}

type personLink struct {
	seq    int
	remote string
	active bool
	pushed []string  // the profile (dialect.profile); nil: nothing was pushed yet
	lost   time.Time // when the person was seen to have lost the app; zero for who has it
}

type groupLink struct {
	seq     int
	remote  string
	name    string          // as last pushed
	members map[string]bool // remote ids as last pushed
	full    bool            // what the target holds is not known: send everything
}

type groupDelete struct{ id, name, remote string }

func newState() *state {
	s := &state{turn: make(chan struct{}, 1), people: map[string]*personLink{}, groups: map[string]*groupLink{}, escrow: map[string]escrowed{}}
	s.turn <- struct{}{}
	return s
}

func (s *state) person(id string) (personLink, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.people[id]
	if l == nil {
		return personLink{}, false
	}
	return *l, true
}

func (s *state) setPerson(id string, l personLink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.seq == 0 {
		s.seq++
		l.seq = s.seq
	}
	s.people[id] = &l
}

func (s *state) dropPerson(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.people, id)
}

// linkedPeople lists who is linked, in the order of linking.
func (s *state) linkedPeople() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, 0, len(s.people))
	for id := range s.people {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(s.people[a].seq, s.people[b].seq) })
	return ids
}

func (s *state) group(id string) (groupLink, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.groups[id]
	if l == nil {
		return groupLink{}, false
	}
	return *l, true
}

// setGroup stores a link. Its members map belongs to the state from then on.
func (s *state) setGroup(id string, l groupLink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.seq == 0 {
		s.seq++
		l.seq = s.seq
	}
	s.groups[id] = &l
}

func (s *state) dropGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, id)
}

// unlinkGroup forgets a group; with deleteInTarget its deletion is due at the next push.
func (s *state) unlinkGroup(id string, deleteInTarget bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.groups[id]
	if l == nil {
		return
	}
	delete(s.groups, id)
	if deleteInTarget {
		s.deletes = append(s.deletes, groupDelete{id: id, name: l.name, remote: l.remote})
	}
}

// keepGroups forgets the links of groups that are no longer pushed, because the directory lost them; with
// deleteOthers their deletion is due.
func (s *state) keepGroups(pushed []string, deleteOthers bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := make(map[string]bool, len(pushed))
	for _, id := range pushed {
		keep[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		if keep[id] {
			continue
		}
		if l := s.groups[id]; deleteOthers {
			s.deletes = append(s.deletes, groupDelete{id: id, name: l.name, remote: l.remote})
		}
		delete(s.groups, id)
	}
}

// forgetLink drops the link of a person or a group.
func (s *state) forgetLink(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.people, id)
	delete(s.groups, id)
}

// forgetUser drops a user who was deleted at the target, and with them their memberships.
func (s *state) forgetUser(id, remote string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.people, id)
	for _, g := range s.groups {
		delete(g.members, remote)
	}
}

// inactive holds the target's ids of the users who are not active.
func (s *state) inactive() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for _, l := range s.people {
		if !l.active {
			out[l.remote] = true
		}
	}
	return out
}

func (s *state) takeDeletes() []groupDelete {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.deletes
	s.deletes = nil
	return due
}

func (s *state) addDelete(d groupDelete) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deletes = append(s.deletes, d)
}

func (s *state) links() []control.Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]control.Link, 0, len(s.people)+len(s.groups))
	order := map[string]int{}
	for id, l := range s.people {
		out = append(out, control.Link{Subject: id, Remote: l.remote, Active: l.active})
		order[id] = l.seq
	}
	for id, l := range s.groups {
		out = append(out, control.Link{Subject: id, Remote: l.remote, Active: true})
		order[id] = l.seq
	}
	slices.SortFunc(out, func(a, b control.Link) int { return cmp.Compare(order[a.Subject], order[b.Subject]) })
	return out
}

// record numbers a step and puts it into the log.
func (s *state) record(step *control.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	step.Seq = s.seq
	s.log = append(s.log, step)
	s.logSize += stepSize(step)
	drop := 0
	for len(s.log)-drop > logSteps || (s.logSize > logBytes && len(s.log)-drop > 1) {
		s.logSize -= stepSize(s.log[drop])
		drop++
	}
	clear(s.log[:drop]) // the array behind the log moves on when it is full, not for every step
	s.log = s.log[drop:]
}

func stepSize(s *control.Step) int {
	return len(s.Exchange.RequestBody) + len(s.Exchange.ResponseBody) + len(s.Exchange.URL) + len(s.Verdict) + 1024
}

func (s *state) steps() []control.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copySteps(s.log)
}

func copySteps(list []*control.Step) []control.Step {
	out := make([]control.Step, len(list))
	for i, step := range list {
		out[i] = *step
	}
	return out
}
