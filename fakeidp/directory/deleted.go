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
	apps   []string
	groups []string
}

// bury remembers a person who is being deleted. The caller holds the lock.
func (d *Directory) bury(p *person) {
	d.deleted[p.ID] = &tombstone{
		Deletion: control.Deletion{Person: *p.Person, At: d.now()},
		seq:      d.next(), apps: p.apps, groups: p.groups,
	}
}

func (t *tombstone) copy() control.Deletion {
	out := t.Deletion
	out.Person = copyPerson(&t.Person)
	return out
}

// Deletion returns a person who was deleted, and says in Assigned whether they had the app then.
func (d *Directory) Deletion(appID, personID string) (control.Deletion, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t := d.deleted[personID]
	if t == nil {
		return control.Deletion{}, false
	}
	out := t.copy()
	out.Assigned = slices.Contains(t.apps, appID)
	return out, true
}

// Deletions lists who was deleted, in the order of deletion.
func (d *Directory) Deletions() []control.Deletion {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(d.deleted), func(a, b *tombstone) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]control.Deletion, len(all))
	for i, t := range all {
		out[i] = t.copy()
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
	p := &person{Person: &t.Person, seq: d.next()}
	d.people[id] = p
	d.index(p.Person)
	for _, appID := range t.apps {
		if a := d.apps[appID]; a != nil {
			a.people[id] = d.next()
			p.apps = append(p.apps, appID)
		}
	}
	for _, groupID := range t.groups {
		if g := d.groups[groupID]; g != nil {
			g.Members = slices.Concat(g.Members, []string{id})
			p.groups = append(p.groups, groupID)
		}
	}
	delete(d.deleted, id)
	return copyPerson(p.Person), nil
}

// PurgePerson ends the time in which a deleted person can be restored. It fails with ErrNotFound.
func (d *Directory) PurgePerson(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.deleted[id]
	if t == nil {
		return fmt.Errorf("deleted person %q: %w", id, ErrNotFound)
	}
	purged := *t
	purged.Purged = true
	d.deleted[id] = &purged
	return nil
}
