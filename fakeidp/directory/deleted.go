package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"assay/fakeidp/control"
)

// tombstone is a deleted person with what a restoration brings back.
type tombstone struct {
	control.Deletion
	seq    int
	apps   map[string]bool
	groups map[string]bool
}

// bury remembers a person who is being deleted. The caller holds the lock.
func (d *Directory) bury(p *person) {
	d.deleted[p.ID] = &tombstone{
		Deletion: control.Deletion{Person: p.Person, At: d.now()},
		seq:      d.next(), apps: maps.Clone(p.apps), groups: maps.Clone(p.groups),
	}
}

// Deletion returns a person who was deleted, and says in Assigned whether they had the app then.
func (d *Directory) Deletion(appID, personID string) (control.Deletion, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t := d.deleted[personID]
	if t == nil {
		return control.Deletion{}, false
	}
	out := t.Deletion
	out.Assigned = t.apps[appID]
	return out, true
}

// Deletions lists who was deleted, in the order of deletion.
func (d *Directory) Deletions() []control.Deletion {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(d.deleted), func(a, b *tombstone) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]control.Deletion, len(all))
	for i, t := range all {
		out[i] = t.Deletion
	}
	return out
}

// RestorePerson brings a deleted person back, with the apps and the memberships that still exist. It
// fails with ErrNotFound for somebody who was not deleted or was purged, and with ErrConflict when the
// login was taken meanwhile.
func (d *Directory) RestorePerson(id string) (control.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.deleted[id]
	if t == nil || t.Purged {
		return control.Person{}, fmt.Errorf("deleted person %q: %w", id, ErrNotFound)
	}
	if _, taken := d.logins[fold(t.Person.Login)]; taken {
		return control.Person{}, fmt.Errorf("person with login %q: %w", t.Person.Login, ErrConflict)
	}
	p := &person{Person: t.Person, seq: d.next(), groups: map[string]bool{}, apps: map[string]bool{}}
	d.people[id] = p
	d.index(p.Person)
	for appID := range t.apps {
		if a := d.apps[appID]; a != nil {
			a.people[id] = d.next()
			p.apps[appID] = true
		}
	}
	for groupID := range t.groups {
		if g := d.groups[groupID]; g != nil {
			g.Members = append(g.Members, id)
			p.groups[groupID] = true
		}
	}
	delete(d.deleted, id)
	return p.Person, nil
}

// PurgePerson ends the time in which a deleted person can be restored. It fails with ErrNotFound.
func (d *Directory) PurgePerson(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.deleted[id]
	if t == nil {
		return fmt.Errorf("deleted person %q: %w", id, ErrNotFound)
	}
	t.Purged = true
	return nil
}
