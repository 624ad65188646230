package push

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

// loss is how somebody lost an app, and what the persona does about it.
type loss struct {
	reaction persona.Reaction
	since    time.Time // zero: now
	why      string
	remove   bool // the retention is over: delete the user
}

// lossOf says whether a linked person has lost the app. ok is false for somebody who has it.
func (r *run) lossOf(id string) (loss, bool) {
	if d, deleted := r.engine.directory.Deletion(r.app.ID, id); deleted && d.Assigned {
		return r.deletion(d), true
	}
	p, known := r.engine.directory.Person(id)
	if !known || !r.engine.directory.Assigned(r.app.ID, id) {
		return loss{reaction: r.knobs.Unassigned.Value, why: "no longer assigned to the app"}, true
	}
	return loss{reaction: r.knobs.Suspended.Value, why: "suspended in the directory"}, p.Suspended
}

// deletion is the loss of somebody who had the app when they were deleted.
func (r *run) deletion(d control.Deletion) loss {
	l := loss{reaction: r.knobs.Deleted.Value, since: d.At, why: "deleted in the directory"}
	if keep := r.knobs.Retention.Value; keep > 0 && (d.Purged || !r.engine.Now().Before(d.At.Add(keep))) {
		l.remove = true
		l.why = fmt.Sprintf("deleted in the directory %s ago, or for good", r.engine.Now().Sub(d.At).Round(time.Minute))
	}
	return l
}

// pushLoss does what the persona does about somebody who lost the app, when it is due.
func (r *run) pushLoss(ctx context.Context, id string) {
	link, _ := r.state.person(id)
	l, lost := r.lossOf(id)
	if !lost {
		return
	}
	if link.lost.IsZero() {
		link.lost = l.since
		if link.lost.IsZero() {
			link.lost = r.engine.Now()
		}
		r.state.setPerson(id, link)
	}
	switch {
	case l.remove:
		r.removeUser(ctx, id, link, l.why)
	case r.engine.Now().Before(link.lost.Add(r.knobs.Delay.Value)):
	case l.reaction == persona.Delete:
		r.removeUser(ctx, id, link, l.why)
	case l.reaction == persona.Deactivate && link.active:
		r.deactivate(ctx, id, link, l.why)
	}
}

// lastKnown is the person, who may be gone from the directory.
func (r *run) lastKnown(id string) control.Person {
	if p, ok := r.engine.directory.Person(id); ok {
		return p
	}
	if d, ok := r.engine.directory.Deletion(r.app.ID, id); ok {
		return d.Person
	}
	return control.Person{ID: id, Login: id}
}

// deactivate makes the target's user inactive.
func (r *run) deactivate(ctx context.Context, id string, link personLink, why string) {
	p := r.lastKnown(id)
	c := call{task: taskDeactivate, subject: id, who: p.Login, why: why, doing: "Error while deactivating user " + p.Login}
	if r.knobs.UserActive.Value != persona.Put {
		r.patchActive(ctx, id, link, false, c)
		return
	}
	current, ok := r.read(ctx, link, c)
	if !ok {
		return
	}
	c.method, c.path = http.MethodPut, resourcePath(usersPath, link.remote)
	c.body = r.dialect.putBody(current, r.user(p, link, false), make([]bool, len(r.dialect.put.Leaves())), true)
	c.judge = acceptReplace("user", link.remote)
	if _, ok := r.do(ctx, c); ok {
		link.active = false
		r.state.setPerson(id, link)
	}
}

// removeUser deletes the target's user.
func (r *run) removeUser(ctx context.Context, id string, link personLink, why string) {
	who := r.lastKnown(id).Login
	c := call{task: taskDelete, subject: id, who: who, why: why, doing: "Error while deleting user " + who}
	c.method, c.path = http.MethodDelete, resourcePath(usersPath, link.remote)
	c.judge = acceptDelete
	if _, ok := r.do(ctx, c); ok {
		r.state.forgetUser(id, link.remote)
	}
}

func acceptDelete(a answer) (string, string) {
	if a.status == http.StatusNotFound {
		return "already gone", ""
	}
	return "deleted", a.refusal()
}

// comeBack brings back somebody who was deactivated, at the same id if the target still has it.
func (r *run) comeBack(ctx context.Context, p control.Person, link personLink) {
	link.lost = time.Time{}
	c := r.userCall(p, call{task: taskReactivate, why: "assigned again"})
	if r.knobs.ReturnByLookup.Value {
		r.comeBackByLookup(ctx, p, link, c)
		return
	}
	current, gone, ok := r.readIfThere(ctx, link, c)
	if !ok {
		return
	}
	if gone {
		r.state.dropPerson(p.ID)
		r.join(ctx, p)
		return
	}
	r.reactivate(ctx, p, link, current, c)
}

func (r *run) comeBackByLookup(ctx context.Context, p control.Person, link personLink, c call) {
	look := c
	look.why += "; look for the user"
	match, ok := r.lookUpUser(ctx, p, look)
	if !ok {
		return
	}
	if match == nil {
		r.state.dropPerson(p.ID)
		r.create(ctx, p)
		return
	}
	link.remote = match.Text("id")
	r.reactivate(ctx, p, link, match, c)
}

// readIfThere reads the user, if the persona reads at all; gone says that the target has nobody at the id.
func (r *run) readIfThere(ctx context.Context, link personLink, c call) (current *resource.Object, gone, ok bool) {
	if !r.knobs.ReadBeforeWrite.Value {
		return nil, false, true
	}
	found := r.judgeRead("user", link.remote, &current)
	c.why += "; see whether the target still has the user"
	c.method, c.path = http.MethodGet, resourcePath(usersPath, link.remote)
	c.judge = func(a answer) (string, string) {
		if a.status == http.StatusNotFound {
			gone = true
			return fmt.Sprintf("the user is gone: %s looks for a match and creates", r.product), ""
		}
		return found(a)
	}
	_, ok = r.do(ctx, c)
	return current, gone, ok
}

func (r *run) reactivate(ctx context.Context, p control.Person, link personLink, current *resource.Object, c call) {
	if r.knobs.UserActive.Value == persona.Put {
		r.writeActive(ctx, r.user(p, link, true), link, current, c)
		return
	}
	if !r.patchActive(ctx, p.ID, link, true, c) {
		return
	}
	link.active = true
	if r.outdated(p, link) {
		r.update(ctx, p, link, r.userCall(p, call{task: taskUpdate, why: "the profile changed while the person had no access"}))
	}
}
