package directory

import (
	"fmt"
	"maps"
	"slices"

	"assay/fakeidp/control"
)

// Assign gives a person an app. Doing it twice changes nothing. It fails with ErrNotFound.
func (d *Directory) Assign(appID, personID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, p, err := d.pair(appID, personID)
	if err != nil {
		return err
	}
	d.assign(a, p)
	return nil
}

func (d *Directory) assign(a *app, p *person) {
	if _, ok := a.people[p.ID]; ok {
		return
	}
	a.people[p.ID] = d.next()
	p.apps = append(p.apps, a.ID)
}

// Unassign takes an app from a person; it is no error if they did not have it. It fails with ErrNotFound.
func (d *Directory) Unassign(appID, personID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, p, err := d.pair(appID, personID)
	if err != nil {
		return err
	}
	delete(a.people, personID)
	p.apps = without(p.apps, appID)
	return nil
}

// Assigned reports whether a person has an app.
func (d *Directory) Assigned(appID, personID string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return false
	}
	_, ok := a.people[personID]
	return ok
}

// Users lists the people who may use an app: they have it and are not suspended. Oldest first.
func (d *Directory) Users(appID string) []control.Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return nil
	}
	return d.list(slices.DeleteFunc(slices.Collect(maps.Keys(a.people)), func(id string) bool { return d.people[id].Suspended }))
}

// Assignments lists the ids of the people who have an app, in the order in which they got it.
func (d *Directory) Assignments(appID string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return nil
	}
	return inOrder(a.people)
}

// AssignmentPage lists up to limit of the Assignments, from behind the one whose number is after; 0 is before the
// first. It returns the number of the last one, for the next page.
func (d *Directory) AssignmentPage(appID string, after, limit int) (ids []string, last int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return nil, after
	}
	page := map[string]int{}
	for id, number := range a.people {
		if number <= after {
			continue
		}
		if page[id] = number; len(page) == 2*limit {
			cutPage(page, limit)
		}
	}
	cutPage(page, limit)
	ids = inOrder(page)
	if len(ids) > 0 {
		after = page[ids[len(ids)-1]]
	}
	return ids, after
}

// cutPage leaves the ids with the lowest numbers.
func cutPage(page map[string]int, limit int) {
	for _, id := range inOrder(page)[min(limit, len(page)):] {
		delete(page, id)
	}
}

// CountAssignments is how many people have an app.
func (d *Directory) CountAssignments(appID string) int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return 0
	}
	return len(a.people)
}

// PushGroup links a group to an app. Doing it twice changes nothing. It fails with ErrNotFound.
func (d *Directory) PushGroup(appID, groupID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, g, err := d.link(appID, groupID)
	if err != nil {
		return err
	}
	d.pushTo(a, g)
	return nil
}

func (d *Directory) pushTo(a *app, g *group) {
	if _, ok := a.pushed[g.ID]; ok {
		return
	}
	a.pushed[g.ID] = d.next()
	g.apps[a.ID] = true
}

// UnlinkGroup ends the push of a group to an app. It fails with ErrNotFound.
func (d *Directory) UnlinkGroup(appID, groupID string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, g, err := d.link(appID, groupID)
	if err != nil {
		return err
	}
	if _, ok := a.pushed[groupID]; !ok {
		return fmt.Errorf("push of group %q to app %q: %w", groupID, appID, ErrNotFound)
	}
	delete(a.pushed, groupID)
	delete(g.apps, appID)
	return nil
}

// PushedGroups lists the ids of the groups that are pushed to an app, in the order of linking.
func (d *Directory) PushedGroups(appID string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.apps[appID]
	if a == nil {
		return nil
	}
	return inOrder(a.pushed)
}

func (d *Directory) pair(appID, personID string) (*app, *person, error) {
	a := d.apps[appID]
	if a == nil {
		return nil, nil, fmt.Errorf("app %q: %w", appID, ErrNotFound)
	}
	p := d.people[personID]
	if p == nil {
		return nil, nil, fmt.Errorf("person %q: %w", personID, ErrNotFound)
	}
	return a, p, nil
}

func (d *Directory) link(appID, groupID string) (*app, *group, error) {
	a := d.apps[appID]
	if a == nil {
		return nil, nil, fmt.Errorf("app %q: %w", appID, ErrNotFound)
	}
	g := d.groups[groupID]
	if g == nil {
		return nil, nil, fmt.Errorf("group %q: %w", groupID, ErrNotFound)
	}
	return a, g, nil
}
