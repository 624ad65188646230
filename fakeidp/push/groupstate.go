package push

import (
	"maps"
	"slices"
	"strconv"
)

// A group's members are spread over records, one for each batch that was pushed: what a batch did is written at the
// cost of the batch, however large the group is.

// mostBatches is over how many records members are spread before they are gathered into one.
const mostBatches = 8

// groupDelete is the deletion of a group at the target that is due.
type groupDelete struct {
	ID     string `json:"-"`
	Name   string `json:"name"`
	Remote string `json:"remote"`
}

func batchKey(id string, number int) string { return id + separator + strconv.Itoa(number) }

func (s *state) group(id string) (groupLink, bool) {
	value, ok := s.get(kindGroup, id)
	if !ok {
		return groupLink{}, false
	}
	l, err := decodeGroup(value)
	s.check(err)
	l.members = map[string]bool{}
	for number := range l.batches {
		s.replay(id, number, l.members)
	}
	return l, err == nil
}

// replay does to members what a batch did.
func (s *state) replay(id string, number int, members map[string]bool) {
	value, _ := s.get(kindMembers, batchKey(id, number))
	batch, err := decodeBatch(value)
	s.check(err)
	for _, remote := range batch.gone {
		delete(members, remote)
	}
	for _, remote := range batch.come {
		members[remote] = true
	}
}

// setGroup stores a link with all its members.
func (s *state) setGroup(id string, l *groupLink) {
	before := l.batches
	l.batches = 0
	if len(l.members) > 0 {
		s.put(kindMembers, batchKey(id, 0), memberBatch{come: slices.Sorted(maps.Keys(l.members))}.encode())
		l.batches = 1
	}
	s.setGroupHead(id, l)
	for number := l.batches; number < before; number++ {
		s.del(kindMembers, batchKey(id, number))
	}
}

// setGroupHead stores what is not about members.
func (s *state) setGroupHead(id string, l *groupLink) {
	s.number(&l.seq)
	s.mu.Lock()
	s.groups[id] = true
	s.mu.Unlock()
	s.put(kindGroup, id, l.encode())
}

// moveMembers stores one batch of a membership change.
func (s *state) moveMembers(id string, l *groupLink, batch memberBatch) {
	for _, remote := range batch.gone {
		delete(l.members, remote)
	}
	for _, remote := range batch.come {
		l.members[remote] = true
	}
	s.put(kindMembers, batchKey(id, l.batches), batch.encode())
	l.batches++
	s.setGroupHead(id, l)
}

// gather puts the members of a group into one record when they are spread over many.
func (s *state) gather(id string, l *groupLink) {
	if l.batches > mostBatches {
		s.setGroup(id, l)
	}
}

func (s *state) dropGroup(id string) {
	s.mu.Lock()
	linked := s.groups[id]
	delete(s.groups, id)
	s.mu.Unlock()
	if !linked {
		return
	}
	l, _ := s.group(id)
	s.del(kindGroup, id)
	for number := range l.batches {
		s.del(kindMembers, batchKey(id, number))
	}
}

// linkedGroups lists which groups are linked, by id.
func (s *state) linkedGroups() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.groups))
}

// unlinkGroup forgets a group; with deleteInTarget its deletion is due at the next push.
func (s *state) unlinkGroup(id string, deleteInTarget bool) {
	l, linked := s.group(id)
	if !linked {
		return
	}
	if deleteInTarget {
		s.addDelete(groupDelete{ID: id, Name: l.name, Remote: l.remote})
	}
	s.dropGroup(id)
}

// keepGroups forgets the links of groups that are no longer pushed, because the directory lost them; with
// deleteOthers their deletion is due.
func (s *state) keepGroups(pushed []string, deleteOthers bool) {
	keep := make(map[string]bool, len(pushed))
	for _, id := range pushed {
		keep[id] = true
	}
	for _, id := range s.linkedGroups() {
		if !keep[id] {
			s.unlinkGroup(id, deleteOthers)
		}
	}
}

// forgetMemberships takes users who were deleted at the target out of the groups: the target did.
func (s *state) forgetMemberships() {
	s.mu.Lock()
	removed := maps.Clone(s.removed)
	s.mu.Unlock()
	if len(removed) == 0 {
		return
	}
	for _, id := range s.linkedGroups() {
		l, _ := s.group(id)
		before := len(l.members)
		maps.DeleteFunc(l.members, func(remote string, _ bool) bool { return removed[remote] })
		if len(l.members) < before {
			s.setGroup(id, &l)
		}
	}
	for remote := range removed {
		s.del(kindRemoved, remote)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.removed)
}

// dueDeletes lists the deletions of groups that are due. deleted ends one.
func (s *state) dueDeletes() []groupDelete {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deletes)
}

func (s *state) addDelete(d groupDelete) {
	s.putJSON(kindDelete, d.ID, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deletes = append(s.deletes, d)
}

func (s *state) deleted(d groupDelete) {
	s.del(kindDelete, d.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deletes = slices.DeleteFunc(s.deletes, func(other groupDelete) bool { return other == d })
}
