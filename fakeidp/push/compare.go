package push

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

// Compare reads the target's users and groups and says where they differ from the directory, as the app's
// persona defines equal: in the attributes that it sends, in who is active, and in who is a member. It
// changes nothing. Errors as Push.
func (e *Engine) Compare(ctx context.Context, appID string) (control.Comparison, error) {
	r, err := e.begin(ctx, appID)
	if err != nil {
		return control.Comparison{}, err
	}
	defer r.end()
	c := comparison{run: r, out: control.Comparison{Differences: []control.Difference{}}}
	users, ok := r.importKind(ctx, "user", usersPath)
	if ok {
		c.users(byID(users))
	}
	if ok && r.knobs.PushGroups.Value {
		groups, read := r.importKind(ctx, "group", groupsPath)
		if ok = read; ok {
			c.groups(byID(groups))
		}
	}
	done := r.report()
	c.out.Steps, c.out.Failed = done.Steps, done.Failed
	return c.out, nil
}

func byID(list []*resource.Object) map[string]*resource.Object {
	out := make(map[string]*resource.Object, len(list))
	for _, o := range list {
		out[o.Text("id")] = o
	}
	return out
}

// comparison gathers differences.
type comparison struct {
	run *run
	out control.Comparison
}

func (c *comparison) differ(subject, path, want, got string) {
	c.out.Differences = append(c.out.Differences, control.Difference{Subject: subject, Path: path, Want: want, Got: c.run.redact.text(got)})
}

func (c *comparison) users(there map[string]*resource.Object) {
	for id, link := range c.run.state.linkedPeople() {
		found := there[link.remote]
		delete(there, link.remote)
		c.user(id, link, found)
	}
	for id := range c.run.assigned() {
		p, _ := c.run.engine.directory.Person(id)
		if _, linked := c.run.state.person(id); !linked && !p.Suspended {
			c.differ(id, "", "a user", "nobody: the person was never provisioned")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(there)) {
		c.differ("", "", "nobody", "user "+id+", whom the directory does not know")
	}
}

func (c *comparison) user(id string, link personLink, found *resource.Object) {
	c.out.Users++
	l, lost := c.run.lossOf(id)
	switch {
	case found == nil:
		c.differ(id, "", "user "+link.remote, "nobody")
		return
	case lost && (l.reaction == persona.Nothing || c.run.engine.Now().Before(link.lost.Add(c.run.knobs.Delay.Value))):
		return // nothing is due
	case lost:
		c.active(id, false, found)
		return
	}
	c.active(id, true, found)
	p, _ := c.run.engine.directory.Person(id)
	u := c.run.user(p, link, true)
	if boss, ok := c.run.state.person(p.Manager); ok {
		u.manager = boss.remote
	}
	want, got := c.run.dialect.profile(u), c.run.dialect.put.Read(found)
	for i, leaf := range c.run.dialect.put.Leaves() {
		if leaf.Momentary() || want[i] == got[i] {
			continue
		}
		if want[i] == "" && c.run.knobs.UserUpdate.Value != persona.Put && c.run.dialect.clearing(leaf) == persona.ClearSkip {
			continue
		}
		c.differ(id, leaf.Path, want[i], got[i])
	}
}

func (c *comparison) active(id string, want bool, found *resource.Object) {
	if got := isActive(found); got != want {
		c.differ(id, "active", fmt.Sprint(want), fmt.Sprint(got))
	}
}

func (c *comparison) groups(there map[string]*resource.Object) {
	inactive := sync.OnceValue(c.run.state.inactive)
	for _, id := range c.run.engine.directory.PushedGroups(c.run.app.ID) {
		g, _ := c.run.engine.directory.Group(id)
		link, _ := c.run.state.group(id)
		found := there[link.remote]
		delete(there, link.remote)
		c.out.Groups++
		if found == nil {
			c.differ(id, "", "a group", "none")
			continue
		}
		if got := nameOf(found); got != g.Name {
			c.differ(id, "displayName", g.Name, got)
		}
		c.members(g, found, inactive)
	}
	for _, id := range slices.Sorted(maps.Keys(there)) {
		c.differ("", "", "none", "group "+id+", which is not pushed")
	}
}

func (c *comparison) members(g control.Group, found *resource.Object, inactive func() map[string]bool) {
	got := map[string]bool{}
	for _, value := range found.Values("members", "value") {
		got[value] = true
	}
	wanted := setOf(c.run.members(g))
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		if !got[id] {
			c.differ(g.ID, "members", id, "")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if !wanted[id] && (c.run.knobs.AssignedOnly.Value || !inactive()[id]) {
			c.differ(g.ID, "members", "", id)
		}
	}
}
