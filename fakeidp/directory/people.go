package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fakeidp/control"
)

// CreatePerson adds somebody and returns them with their id. An id that is given is kept.
// It fails with ErrInvalid without a login or an e-mail, and with ErrConflict for a login or id in use.
func (d *Directory) CreatePerson(p control.Person) (control.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.checkPerson(p); err != nil {
		return control.Person{}, err
	}
	if p.ID == "" {
		p.ID = d.ids.id(personPrefix, func(id string) bool { return d.people[id] != nil })
	}
	if d.people[p.ID] != nil {
		return control.Person{}, fmt.Errorf("person %q: %w", p.ID, ErrConflict)
	}
	delete(d.deleted, p.ID)
	d.people[p.ID] = &person{Person: p, seq: d.next(), groups: map[string]bool{}, apps: map[string]bool{}}
	d.index(p)
	return p, nil
}

// UpdatePerson replaces what is known of a person: fields left empty become empty.
// It fails with ErrNotFound, and as CreatePerson does.
func (d *Directory) UpdatePerson(p control.Person) (control.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.people[p.ID]
	if known == nil {
		return control.Person{}, fmt.Errorf("person %q: %w", p.ID, ErrNotFound)
	}
	if err := d.checkPerson(p); err != nil {
		return control.Person{}, err
	}
	d.unindex(known.Person)
	known.Person = p
	d.index(p)
	return p, nil
}

// DeletePerson removes somebody with their memberships and assignments; RestorePerson brings them back. It
// fails with ErrNotFound.
func (d *Directory) DeletePerson(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.people[id]
	if known == nil {
		return fmt.Errorf("person %q: %w", id, ErrNotFound)
	}
	d.bury(known)
	for groupID := range known.groups {
		g := d.groups[groupID]
		g.Members = slices.DeleteFunc(g.Members, func(member string) bool { return member == id })
	}
	for appID := range known.apps {
		delete(d.apps[appID].people, id)
	}
	d.unindex(known.Person)
	delete(d.people, id)
	return nil
}

// Person finds somebody by id, login or e-mail, in this order; login and e-mail in any case.
// Of several people with one e-mail it is the one who had it first.
func (d *Directory) Person(key string) (control.Person, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.find(key)
	if known == nil {
		return control.Person{}, false
	}
	return known.Person, true
}

// People lists everybody, oldest first.
func (d *Directory) People() []control.Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := make([]*person, 0, len(d.people))
	for _, p := range d.people {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *person) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]control.Person, len(all))
	for i, p := range all {
		out[i] = p.Person
	}
	return out
}

// GroupNames lists the names of the groups that a person is in, in alphabetical order.
func (d *Directory) GroupNames(personID string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.people[personID]
	if known == nil {
		return nil
	}
	out := make([]string, 0, len(known.groups))
	for id := range known.groups {
		out = append(out, d.groups[id].Name)
	}
	slices.Sort(out)
	return out
}

// GroupIDs lists the ids of the groups that a person is in, in alphabetical order.
func (d *Directory) GroupIDs(personID string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.people[personID]
	if known == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(known.groups))
}

func (d *Directory) find(key string) *person {
	if p := d.people[key]; p != nil {
		return p
	}
	if p := d.people[d.logins[fold(key)]]; p != nil {
		return p
	}
	if ids := d.emails[fold(key)]; len(ids) > 0 {
		return d.people[ids[0]]
	}
	return nil
}

func (d *Directory) checkPerson(p control.Person) error {
	if err := checkID(p.ID); err != nil {
		return fmt.Errorf("person: %w", err)
	}
	if strings.TrimSpace(p.Login) == "" {
		return fmt.Errorf("person: login is missing: %w", ErrInvalid)
	}
	if strings.TrimSpace(p.Email) == "" {
		return fmt.Errorf("person %q: email is missing: %w", p.Login, ErrInvalid)
	}
	if err := d.checkManager(p); err != nil {
		return err
	}
	if other, ok := d.logins[fold(p.Login)]; ok && other != p.ID {
		return fmt.Errorf("person with login %q: %w", p.Login, ErrConflict)
	}
	return nil
}

// checkManager refuses a manager who is nobody. One who was deleted since stays named.
func (d *Directory) checkManager(p control.Person) error {
	before := d.people[p.ID]
	if p.Manager == "" || (before != nil && before.Manager == p.Manager) {
		return nil
	}
	if p.Manager == p.ID || d.people[p.Manager] == nil {
		return fmt.Errorf("person %q: manager %q is not the id of another person: %w", p.Login, p.Manager, ErrInvalid)
	}
	return nil
}

func (d *Directory) index(p control.Person) {
	d.logins[fold(p.Login)] = p.ID
	d.emails[fold(p.Email)] = append(d.emails[fold(p.Email)], p.ID)
}

func (d *Directory) unindex(p control.Person) {
	delete(d.logins, fold(p.Login))
	left := slices.DeleteFunc(d.emails[fold(p.Email)], func(id string) bool { return id == p.ID })
	if len(left) == 0 {
		delete(d.emails, fold(p.Email))
		return
	}
	d.emails[fold(p.Email)] = left
}

// fold makes look-ups of logins, e-mails and group names blind to case, as Okta's are.
func fold(s string) string { return strings.ToLower(s) }

// checkID refuses ids that could not be a path segment of the control API.
func checkID(id string) error {
	if len(id) > 100 {
		return fmt.Errorf("id is longer than 100 characters: %w", ErrInvalid)
	}
	if id == "." || id == ".." || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/?#%\\", r) }) {
		return fmt.Errorf("id %q holds a character that a path cannot: %w", id, ErrInvalid)
	}
	return nil
}
