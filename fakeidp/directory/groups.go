package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"assay/fakeidp/control"
)

// CreateGroup adds a group and returns it with its id. Members may be named by id, login or e-mail, groups
// inside it by id or name; the answer holds ids, each once. It fails with ErrInvalid for an empty name, an
// unknown member and a group that would be inside itself, and with ErrConflict for a name or id in use.
func (d *Directory) CreateGroup(g control.Group) (control.Group, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.createGroup(g)
}

func (d *Directory) createGroup(g control.Group) (control.Group, error) {
	g, err := d.checkGroup(g)
	if err != nil {
		return control.Group{}, err
	}
	if g.ID == "" {
		g.ID = d.ids.id(groupPrefix, func(id string) bool { return d.groups[id] != nil })
	}
	if d.groups[g.ID] != nil {
		return control.Group{}, fmt.Errorf("group %q: %w", g.ID, ErrConflict)
	}
	d.groups[g.ID] = &group{Group: g, seq: d.next(), apps: map[string]bool{}, parents: map[string]bool{}}
	d.names[fold(g.Name)] = g.ID
	d.join(g)
	return copyGroup(g), nil
}

// UpdateGroup replaces the name and the members of a group. It fails with ErrNotFound, and as
// CreateGroup does.
func (d *Directory) UpdateGroup(g control.Group) (control.Group, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.groups[g.ID]
	if known == nil {
		return control.Group{}, fmt.Errorf("group %q: %w", g.ID, ErrNotFound)
	}
	g, err := d.checkGroup(g)
	if err != nil {
		return control.Group{}, err
	}
	d.leave(known.Group)
	delete(d.names, fold(known.Name))
	known.Group = g
	d.names[fold(g.Name)] = g.ID
	d.join(g)
	return copyGroup(g), nil
}

// AddMember puts a person, named by id, login or e-mail, into a group. Doing it twice changes nothing. It fails with
// ErrNotFound.
func (d *Directory) AddMember(groupID, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, p, err := d.membership(groupID, key)
	if err != nil || slices.Contains(p.groups, groupID) {
		return err
	}
	g.Members = slices.Concat(g.Members, []string{p.ID})
	p.groups = append(p.groups, groupID)
	return nil
}

// RemoveMember takes a person out of a group; it is no error if they were not in it. It fails with ErrNotFound.
func (d *Directory) RemoveMember(groupID, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, p, err := d.membership(groupID, key)
	if err != nil {
		return err
	}
	g.Members = without(g.Members, p.ID)
	p.groups = without(p.groups, groupID)
	return nil
}

func (d *Directory) membership(groupID, key string) (*group, *person, error) {
	g := d.groups[groupID]
	if g == nil {
		return nil, nil, fmt.Errorf("group %q: %w", groupID, ErrNotFound)
	}
	p := d.find(key)
	if p == nil {
		return nil, nil, fmt.Errorf("person %q: %w", key, ErrNotFound)
	}
	return g, p, nil
}

// DeleteGroup removes a group, its memberships and its pushes. The groups inside it stay. It fails with ErrNotFound.
func (d *Directory) DeleteGroup(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.groups[id]
	if known == nil {
		return fmt.Errorf("group %q: %w", id, ErrNotFound)
	}
	d.leave(known.Group)
	for parent := range known.parents {
		d.groups[parent].Groups = without(d.groups[parent].Groups, id)
	}
	for appID := range known.apps {
		delete(d.apps[appID].pushed, id)
	}
	delete(d.names, fold(known.Name))
	delete(d.groups, id)
	return nil
}

// Group finds a group by id.
func (d *Directory) Group(id string) (control.Group, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.groups[id]
	if known == nil {
		return control.Group{}, false
	}
	return copyGroup(known.Group), true
}

// Groups lists the groups, oldest first.
func (d *Directory) Groups() []control.Group {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := make([]*group, 0, len(d.groups))
	for _, g := range d.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]control.Group, len(all))
	for i, g := range all {
		out[i] = copyGroup(g.Group)
	}
	return out
}

func (d *Directory) join(g control.Group) {
	for _, member := range g.Members {
		p := d.people[member]
		p.groups = append(p.groups, g.ID)
	}
	for _, inner := range g.Groups {
		d.groups[inner].parents[g.ID] = true
	}
}

func (d *Directory) leave(g control.Group) {
	for _, member := range g.Members {
		p := d.people[member]
		p.groups = without(p.groups, g.ID)
	}
	for _, inner := range g.Groups {
		delete(d.groups[inner].parents, g.ID)
	}
}

// checkGroup returns the group with its members and the groups inside it as ids, each once, in the order given.
func (d *Directory) checkGroup(g control.Group) (control.Group, error) {
	if err := checkID(g.ID); err != nil {
		return g, fmt.Errorf("group: %w", err)
	}
	if strings.TrimSpace(g.Name) == "" {
		return g, fmt.Errorf("group: name is missing: %w", ErrInvalid)
	}
	if other, ok := d.names[fold(g.Name)]; ok && other != g.ID {
		return g, fmt.Errorf("group with name %q: %w", g.Name, ErrConflict)
	}
	var err error
	if g.Members, err = d.memberIDs(g); err != nil {
		return g, err
	}
	g.Groups, err = d.innerIDs(g)
	return g, err
}

func (d *Directory) memberIDs(g control.Group) ([]string, error) {
	members := make([]string, 0, len(g.Members))
	seen := make(map[string]bool, len(g.Members))
	for _, key := range g.Members {
		p := d.find(key)
		if p == nil {
			return nil, fmt.Errorf("group %q: member %q is nobody in the directory: %w", g.Name, key, ErrInvalid)
		}
		if !seen[p.ID] {
			seen[p.ID] = true
			members = append(members, p.ID)
		}
	}
	return members, nil
}

func copyGroup(g control.Group) control.Group {
	g.Members, g.Groups = slices.Clone(g.Members), slices.Clone(g.Groups)
	return g
}
