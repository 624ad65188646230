package push

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

const groupsPath = "/Groups"

// pushGroups deletes what was unlinked with deletion, then brings the pushed groups in line.
func (r *run) pushGroups(ctx context.Context) {
	if !r.knobs.PushGroups.Value {
		return
	}
	pushed := r.engine.directory.PushedGroups(r.app.ID)
	r.objects += len(pushed)
	r.state.keepGroups(pushed, r.knobs.GroupUnassigned.Value == persona.Delete)
	for _, d := range r.state.dueDeletes() {
		r.deleteGroup(ctx, d)
	}
	r.state.forgetMemberships()
	inactive := sync.OnceValue(r.state.inactive)
	push := func(ctx context.Context, id string) {
		if g, ok := r.engine.directory.Group(id); ok {
			r.pushGroup(ctx, g, inactive)
		}
	}
	r.each(ctx, "groups", slices.Values(pushed), len(pushed), push)
	if r.knobs.NestedGroups.Value == persona.NestReference {
		outer := r.outer(pushed)
		r.each(ctx, "groups inside groups", slices.Values(outer), len(outer), push) // references are sent when both ends are known at the target
	}
}

// outer keeps the groups that have groups inside and did not fail in this push.
func (r *run) outer(groups []string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(id string) bool {
		g, _ := r.engine.directory.Group(id)
		_, bad := r.troubled[id]
		return bad || len(g.Groups) == 0
	})
}

func (r *run) deleteGroup(ctx context.Context, d groupDelete) {
	_, ok := r.do(ctx, call{task: taskGroupDelete, subject: d.ID, who: d.Name,
		why:    "no longer pushed, to be deleted in the target",
		doing:  "Error while deleting group " + d.Name,
		method: http.MethodDelete, path: resourcePath(groupsPath, d.Remote), judge: acceptDelete})
	if ok {
		r.state.deleted(d)
	}
}

// pushGroup creates or finds the group, then renames it and changes its members as needed. A group that is
// as it was pushed last costs no request.
func (r *run) pushGroup(ctx context.Context, g control.Group, inactive func() map[string]bool) {
	link, linked := r.state.group(g.ID)
	if linked {
		if link.name == g.Name && r.change(link, g, inactive).empty() && !link.full {
			return
		}
		if r.knobs.GroupRead.Value {
			var ok bool
			if linked, ok = r.groupExists(ctx, g, link); !ok {
				return
			}
		}
	}
	if !linked {
		var ok bool
		if link, ok = r.linkGroup(ctx, g); !ok {
			return
		}
		r.state.setGroup(g.ID, &link)
	}
	r.alignGroup(ctx, g, link, r.change(link, g, inactive))
}

// groupExists asks whether a known group is still there. If not, it is forgotten.
func (r *run) groupExists(ctx context.Context, g control.Group, link groupLink) (exists, ok bool) {
	var current *resource.Object
	found := r.judgeRead("group", link.remote, &current)
	c := r.groupCall(taskGroupPush, g, "the group changed in the directory; see whether the target still has it")
	c.method, c.path, c.query = http.MethodGet, resourcePath(groupsPath, link.remote), r.knobs.GroupReadQuery.Value
	c.judge = func(a answer) (string, string) {
		if a.status == http.StatusNotFound {
			return fmt.Sprintf("the group is gone: %s looks for it by name and creates it again", r.product), ""
		}
		_, problem := found(a)
		return "still there", problem
	}
	if _, ok := r.do(ctx, c); !ok {
		return false, false
	}
	if current == nil {
		r.state.dropGroup(g.ID)
	}
	return current != nil, true
}

// linkGroup finds the group by name at the target, or creates it empty.
func (r *run) linkGroup(ctx context.Context, g control.Group) (groupLink, bool) {
	var match *resource.Object
	c := r.groupCall(taskGroupPush, g, "pushed, and no id at the target is known: look for a group of this name")
	c.method, c.path, c.query = http.MethodGet, groupsPath, r.lookupQuery(r.knobs.GroupLookup.Value, "displayName", g.Name)
	c.lookup = true
	c.judge = r.judgeLookup("group", "displayName", g.Name, nameOf, &match)
	if _, ok := r.do(ctx, c); !ok {
		return groupLink{}, false
	}
	if match != nil {
		return groupLink{remote: match.Text("id"), name: nameOf(match), members: map[string]bool{}, full: r.knobs.LinkedGroupFull.Value}, true
	}
	var remote string
	c = r.groupCall(taskGroupPush, g, "pushed, and the target has no group of this name: create it, empty")
	c.method, c.path, c.body = http.MethodPost, groupsPath, r.dialect.groupBody(g, "", nil)
	c.judge = r.judgeCreate("group", &remote)
	_, ok := r.do(ctx, c)
	return groupLink{remote: remote, name: g.Name, members: map[string]bool{}}, ok
}

func nameOf(group *resource.Object) string { return group.Text("displayName") }

// alignGroup sends the name and the members as the persona does.
func (r *run) alignGroup(ctx context.Context, g control.Group, link groupLink, diff membership) {
	renamed := link.name != g.Name
	resized := link.full || !diff.empty()
	if !renamed && !resized {
		return
	}
	if r.knobs.GroupMembers.Value == persona.Put {
		r.putGroup(ctx, g, link, resized)
		return
	}
	if renamed || (resized && r.knobs.RenameWithMembers.Value) {
		if !r.rename(ctx, g, &link, renamed) {
			return
		}
	}
	if link.full && r.only == nil {
		r.replaceMembers(ctx, g, link)
		return
	}
	r.patchMembers(ctx, g, link, diff)
}

func (r *run) putGroup(ctx context.Context, g control.Group, link groupLink, resized bool) {
	task, why := taskRename, "the name changed"
	if resized {
		task, why = taskMembership, "the membership changed"
	}
	wanted := r.members(g)
	c := r.groupCall(task, g, why+": the whole group is sent")
	c.method, c.path, c.body = http.MethodPut, resourcePath(groupsPath, link.remote), r.dialect.groupBody(g, link.remote, wanted)
	c.judge = acceptReplace("group", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return
	}
	link.name, link.full, link.members = g.Name, false, setOf(wanted)
	r.state.setGroup(g.ID, &link)
}

func (r *run) rename(ctx context.Context, g control.Group, link *groupLink, renamed bool) bool {
	why := "the name changed"
	if !renamed {
		why = "a membership update is due, and the name goes with every one; it is unchanged"
	}
	c := r.groupCall(taskRename, g, why)
	c.method, c.path = http.MethodPatch, resourcePath(groupsPath, link.remote)
	c.body = r.dialect.renameBody(link.remote, g.Name)
	c.judge = acceptWrite("group", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return false
	}
	link.name = g.Name
	r.state.setGroupHead(g.ID, link)
	return true
}

// replaceMembers is the full push: one replace, then adds when there are more members than fit in one PATCH.
func (r *run) replaceMembers(ctx context.Context, g control.Group, link groupLink) {
	wanted := r.members(g)
	first := wanted[:min(len(wanted), r.knobs.MembersBatch.Value)]
	if !r.sendMembers(ctx, g, link, "linked to a group that was there: its whole membership is sent",
		operation{Op: r.dialect.op("replace"), Path: "members", Value: first}) {
		return
	}
	link.full, link.members = false, setOf(first)
	r.state.setGroup(g.ID, &link)
	r.patchMembers(ctx, g, link, membership{come: wanted[len(first):]})
}

// patchMembers sends the difference in batches. What a batch did is remembered before the next one.
func (r *run) patchMembers(ctx context.Context, g control.Group, link groupLink, diff membership) {
	if r.knobs.MembershipProbe.Value != "" {
		var ok bool
		if diff.come, ok = r.missing(ctx, g, &link, diff.come); !ok {
			return
		}
	}
	for !diff.empty() {
		gone := diff.gone[:min(len(diff.gone), r.knobs.MembersBatch.Value)]
		come := diff.come[:min(len(diff.come), r.knobs.MembersBatch.Value-len(gone))]
		diff = membership{gone: diff.gone[len(gone):], come: diff.come[len(come):]}
		if !r.sendMembers(ctx, g, link, "the membership changed", r.dialect.memberOperations(gone, come)...) {
			return
		}
		r.state.moveMembers(g.ID, &link, memberBatch{gone: gone, come: idsOf(come)})
	}
	r.state.gather(g.ID, &link)
}

func (r *run) sendMembers(ctx context.Context, g control.Group, link groupLink, why string, operations ...operation) bool {
	c := r.groupCall(taskMembership, g, why)
	c.method, c.path, c.body = http.MethodPatch, resourcePath(groupsPath, link.remote), patchBody(operations...)
	c.judge = acceptWrite("group", link.remote)
	_, ok := r.do(ctx, c)
	return ok
}

func (r *run) groupCall(task string, g control.Group, why string) call {
	return call{task: task, subject: g.ID, who: g.Name, why: why, doing: "Error while pushing group " + g.Name}
}

// membership is what a group's membership lost and won since it was pushed last.
type membership struct {
	gone []string
	come []member
}

func (m membership) empty() bool { return len(m.gone)+len(m.come) == 0 }

// change compares the membership with what was pushed. Where members need not be assigned, those who are
// inactive at the target keep the memberships that they had: they are out of scope.
func (r *run) change(link groupLink, g control.Group, inactive func() map[string]bool) membership {
	wanted := r.members(g)
	var diff membership
	for _, m := range wanted {
		if !link.members[m.Value] {
			diff.come = append(diff.come, m)
		}
	}
	keep := setOf(wanted)
	for _, id := range slices.Sorted(maps.Keys(link.members)) {
		if !keep[id] && (r.knobs.AssignedOnly.Value || !inactive()[id]) {
			diff.gone = append(diff.gone, id)
		}
	}
	return r.chosen(diff)
}

// members lists the group's members as the target knows them: the people who are linked, and assigned if the
// persona asks for it, and of the groups inside it what the persona makes of them.
func (r *run) members(g control.Group) []member {
	people := g.Members
	if r.knobs.NestedGroups.Value == persona.NestFlattened && len(g.Groups) > 0 {
		people = r.engine.directory.AllMembers(g.ID)
	}
	out := make([]member, 0, len(people))
	for _, id := range people {
		link, ok := r.state.person(id)
		if !ok || (r.knobs.AssignedOnly.Value && !r.engine.directory.Assigned(r.app.ID, id)) {
			continue
		}
		p, _ := r.engine.directory.Person(id)
		out = append(out, newMember(r.knobs.MemberAdd.Value, link.remote, r.dialect.login(p)))
	}
	if r.knobs.NestedGroups.Value == persona.NestReference {
		out = append(out, r.inner(g)...)
	}
	return out
}

// inner lists the groups inside a group that the target knows.
func (r *run) inner(g control.Group) []member {
	var out []member
	for _, id := range g.Groups {
		link, ok := r.state.group(id)
		if !ok {
			continue
		}
		inner, _ := r.engine.directory.Group(id)
		m := newMember(r.knobs.MemberAdd.Value, link.remote, inner.Name)
		m.Type = "Group" // RFC 7643 section 4.2
		out = append(out, m)
	}
	return out
}

func idsOf(members []member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Value
	}
	return ids
}

func setOf(members []member) map[string]bool {
	set := make(map[string]bool, len(members))
	for _, m := range members {
		set[m.Value] = true
	}
	return set
}
