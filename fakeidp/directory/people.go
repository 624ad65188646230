package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/resource"
)

// CreatePerson adds somebody and returns them with their id. An id that is given is kept.
// It fails with ErrInvalid without a login or an e-mail, and with ErrConflict for a login or id in use.
func (d *Directory) CreatePerson(p control.Person) (control.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.createPerson(p)
}

func (d *Directory) createPerson(p control.Person) (control.Person, error) {
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
	stored := copyPerson(&p)
	d.people[p.ID] = &person{Person: &stored, seq: d.next()}
	d.index(&stored)
	return p, nil
}

// UpdatePerson replaces what is known of a person: fields left empty become empty.
// It fails with ErrNotFound, and as CreatePerson does.
func (d *Directory) UpdatePerson(p control.Person) (control.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.updatePerson(p)
}

func (d *Directory) updatePerson(p control.Person) (control.Person, error) {
	known := d.people[p.ID]
	if known == nil {
		return control.Person{}, fmt.Errorf("person %q: %w", p.ID, ErrNotFound)
	}
	if err := d.checkPerson(p); err != nil {
		return control.Person{}, err
	}
	d.unindex(known.Person)
	stored := copyPerson(&p)
	known.Person = &stored
	d.index(&stored)
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
	for _, groupID := range known.groups {
		g := d.groups[groupID]
		g.Members = without(g.Members, id)
	}
	for _, appID := range known.apps {
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
	return copyPerson(known.Person), true
}

// People lists everybody, oldest first.
func (d *Directory) People() []control.Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.list(slices.Collect(maps.Keys(d.people)))
}

// list returns the people with these ids, oldest first.
func (d *Directory) list(ids []string) []control.Person {
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(d.people[a].seq, d.people[b].seq) })
	out := make([]control.Person, len(ids))
	for i, id := range ids {
		out[i] = copyPerson(d.people[id].Person)
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
	for _, id := range known.groups {
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
	return slices.Sorted(slices.Values(known.groups))
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
	if err := checkCustom(p); err != nil {
		return err
	}
	if err := d.checkManager(p); err != nil {
		return err
	}
	if other, ok := d.logins[fold(p.Login)]; ok && other != p.ID {
		return fmt.Errorf("person with login %q: %w", p.Login, ErrConflict)
	}
	return nil
}

// checkCustom refuses names that a template could not have in a placeholder.
func checkCustom(p control.Person) error {
	for _, name := range slices.Sorted(maps.Keys(p.Custom)) {
		if !resource.CustomName(name) {
			return fmt.Errorf("person %q: custom attribute %q: want a letter, then letters, digits and underscores: %w", p.Login, name, ErrInvalid)
		}
	}
	return nil
}

// checkManager refuses a manager who is nobody, and one who is managed by the person. One who was deleted since
// stays named.
func (d *Directory) checkManager(p control.Person) error {
	before := d.people[p.ID]
	if p.Manager == "" || (before != nil && before.Manager == p.Manager) {
		return nil
	}
	if p.Manager == p.ID || d.people[p.Manager] == nil {
		return fmt.Errorf("person %q: manager %q is not the id of another person: %w", p.Login, p.Manager, ErrInvalid)
	}
	chain := []string{p.Login}
	for boss := d.people[p.Manager]; boss != nil; boss = d.people[boss.Manager] {
		if boss.ID == p.ID {
			return fmt.Errorf("person %q: manager %q would put them above themselves (%s > %s): %w",
				p.Login, p.Manager, strings.Join(chain, " > "), p.Login, ErrInvalid)
		}
		chain = append(chain, boss.Login)
	}
	return nil
}

func (d *Directory) index(p *control.Person) {
	d.logins[fold(p.Login)] = p.ID
	d.emails[fold(p.Email)] = append(d.emails[fold(p.Email)], p.ID)
}

func (d *Directory) unindex(p *control.Person) {
	delete(d.logins, fold(p.Login))
	left := slices.DeleteFunc(d.emails[fold(p.Email)], func(id string) bool { return id == p.ID })
	if len(left) == 0 {
		delete(d.emails, fold(p.Email))
		return
	}
	d.emails[fold(p.Email)] = left
}

func copyPerson(p *control.Person) control.Person {
	out := *p
	out.Custom = maps.Clone(p.Custom)
	return out
}

// without returns a new list that lacks a value.
func without(list []string, value string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if v != value {
			out = append(out, v)
		}
	}
	return out
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
