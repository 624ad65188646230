package directory

import (
	"fmt"
	"slices"
	"strings"

	"assay/fakeidp/control"
)

// AllMembers lists the ids of the people in a group and in the groups inside it, however deep, each once:
// the group's own first.
func (d *Directory) AllMembers(groupID string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []string
	people, groups := map[string]bool{}, map[string]bool{groupID: true}
	for queue := []string{groupID}; len(queue) > 0; queue = queue[1:] {
		g := d.groups[queue[0]]
		if g == nil {
			continue
		}
		for _, id := range g.Members {
			if !people[id] {
				people[id] = true
				out = append(out, id)
			}
		}
		for _, inner := range g.Groups {
			if !groups[inner] {
				groups[inner] = true
				queue = append(queue, inner)
			}
		}
	}
	return out
}

// innerIDs resolves the groups inside a group, and refuses those that would put it inside itself. It is nil
// for none.
func (d *Directory) innerIDs(g control.Group) ([]string, error) {
	var out []string
	for _, key := range g.Groups {
		inner := d.findGroup(key)
		switch {
		case key == g.ID || fold(key) == fold(g.Name):
			return nil, fmt.Errorf("group %q cannot be inside itself: %w", g.Name, ErrInvalid)
		case inner == nil:
			return nil, fmt.Errorf("group %q: %q is the id or name of no group: %w", g.Name, key, ErrInvalid)
		}
		if path := d.pathBetween(inner, g.ID, map[string]bool{}); path != nil {
			return nil, fmt.Errorf("group %q: with %q in it, it would be inside itself (%s > %s): %w",
				g.Name, inner.Name, g.Name, strings.Join(path, " > "), ErrInvalid)
		}
		if !slices.Contains(out, inner.ID) {
			out = append(out, inner.ID)
		}
	}
	return out, nil
}

func (d *Directory) findGroup(key string) *group {
	if g := d.groups[key]; g != nil {
		return g
	}
	return d.groups[d.names[fold(key)]]
}

// pathBetween names the groups on a way from one group down to another, both included; nil when there is none.
func (d *Directory) pathBetween(from *group, to string, seen map[string]bool) []string {
	if from.ID == to {
		return []string{from.Name}
	}
	if seen[from.ID] {
		return nil
	}
	seen[from.ID] = true
	for _, id := range from.Groups {
		if path := d.pathBetween(d.groups[id], to, seen); path != nil {
			return append([]string{from.Name}, path...)
		}
	}
	return nil
}
