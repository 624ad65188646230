package push

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

const usersPath = "/Users"

// pushPeople deactivates who lost the app, then brings in line who has it.
func (r *run) pushPeople(ctx context.Context) {
	for _, id := range r.state.linkedPeople() {
		link, _ := r.state.person(id)
		if link.active && !r.engine.directory.Assigned(r.app.ID, id) {
			r.deactivate(ctx, id, link)
		}
	}
	for _, id := range r.engine.directory.Assignments(r.app.ID) {
		p, ok := r.engine.directory.Person(id)
		if !ok || (p.Suspended && r.knobs.SuspendedIsSilent.Value) {
			continue
		}
		r.pushPerson(ctx, p)
	}
}

func (r *run) pushPerson(ctx context.Context, p control.Person) {
	link, linked := r.state.person(p.ID)
	switch {
	case !linked:
		r.join(ctx, p)
	case !link.active:
		r.reactivate(ctx, p, link)
	case link.pushed == nil || *link.pushed != profileOf(p, r.knobs):
		r.update(ctx, p, link, call{task: taskUpdate, why: "the profile changed in the directory"})
	}
}

// join matches by userName, then creates the person or takes the match over.
func (r *run) join(ctx context.Context, p control.Person) {
	c := call{task: taskJoiner, subject: p.ID, who: p.Login,
		why:    "assigned, and no id at the target is known: look for a match before creating",
		doing:  "Error while looking for user " + displayName(p),
		method: http.MethodGet, path: usersPath, query: r.filterQuery("userName", p.Login)}
	var match *object
	c.judge = r.judgeLookup("user", "userName", p.Login, &match)
	if _, ok := r.do(ctx, c); !ok {
		return
	}
	if match == nil {
		r.create(ctx, p)
		return
	}
	r.adopt(ctx, p, match.text("id"))
}

// judgeLookup reads the answer to a match filter. It links only to a resource that really has the value:
// what the vendor does with a server that ignores the filter is not documented, and the fake IdP must not
// write over a stranger's account.
func (r *run) judgeLookup(kind, attribute, value string, match **object) func(answer) (string, string) {
	return func(a answer) (string, string) {
		if a.status == http.StatusNotFound && r.knobs.NotFoundIsNo.Value {
			return fmt.Sprintf("404 counts as no match: %s creates the %s", r.product, kind), ""
		}
		found, problem := a.list()
		if problem != "" {
			return "", problem
		}
		if found.total == 0 && len(found.resources) == 0 {
			return fmt.Sprintf("no match: %s creates the %s", r.product, kind), ""
		}
		*match, problem = pick(found, kind, attribute, value)
		if problem != "" {
			return "", problem
		}
		return fmt.Sprintf("one match: %s links it and sends what it knows", r.product), ""
	}
}

func pick(found list, kind, attribute, value string) (*object, string) {
	var match *object
	for _, o := range found.resources {
		if !strings.EqualFold(o.text(attribute), value) {
			continue
		}
		if match != nil {
			return nil, fmt.Sprintf("more than one %s has this %s", kind, attribute)
		}
		match = o
	}
	if match == nil {
		return nil, fmt.Sprintf("totalResults is %d, but no %s in Resources has the %s that was asked for", found.total, kind, attribute)
	}
	return match, checkRemoteID(match, kind)
}

func (r *run) create(ctx context.Context, p control.Person) {
	wanted := profileOf(p, r.knobs)
	var remote string
	_, ok := r.do(ctx, call{task: taskJoiner, subject: p.ID, who: p.Login,
		why:    "assigned, and the target has nobody with this userName",
		doing:  "Error while creating user " + displayName(p),
		method: http.MethodPost, path: usersPath, body: wanted.createBody(r.knobs, placeholder()),
		judge: r.judgeCreate("user", &remote)})
	if ok {
		r.state.setPerson(p.ID, personLink{remote: remote, active: true, pushed: &wanted})
	}
}

// judgeCreate wants a success with a resource that has an id, and adds Okta's words for an empty one.
func (r *run) judgeCreate(kind string, remote *string) func(answer) (string, string) {
	return func(a answer) (string, string) {
		o, problem := a.resource(kind)
		if strings.HasPrefix(problem, "empty ") {
			return "", "Create new " + kind + " returned " + problem[:len(problem)-len(" returned")]
		}
		if a.status == http.StatusConflict {
			return "", problem + ". The conflict stops the job"
		}
		if problem != "" {
			return "", problem
		}
		*remote = o.text("id")
		return fmt.Sprintf("created: %s keeps the id %q", r.product, a.clip(*remote)), ""
	}
}

// adopt sends the whole profile onto a match and activates it.
func (r *run) adopt(ctx context.Context, p control.Person, remote string) {
	link := personLink{remote: remote}
	c := call{task: taskJoiner, why: "the target has somebody with this userName: send the profile to that id"}
	var active *bool
	if r.knobs.UserActive.Value == persona.Put {
		active = new(true)
	}
	wasActive, ok := r.write(ctx, p, &link, c, active)
	if !ok {
		return
	}
	link.active = wasActive || active != nil
	r.state.setPerson(p.ID, link)
	if link.active {
		return
	}
	r.patchActive(ctx, p.ID, link, true, r.userCall(p, call{task: taskJoiner, why: "the match is inactive: activate it"}))
}

// update pushes a changed profile onto a link.
func (r *run) update(ctx context.Context, p control.Person, link personLink, c call) {
	if _, ok := r.write(ctx, p, &link, c, nil); ok {
		r.state.setPerson(p.ID, link)
	}
}

// write pushes the profile: read and PUT, or PATCH, as the persona does. It notes in link what was pushed
// and reports whether the target had the user active before.
func (r *run) write(ctx context.Context, p control.Person, link *personLink, c call, active *bool) (wasActive, ok bool) {
	c = r.userCall(p, c)
	wanted := profileOf(p, r.knobs)
	current, ok := r.read(ctx, *link, c)
	if !ok {
		return false, false
	}
	wasActive = isActive(current)
	c.method, c.path = http.MethodPut, resourcePath(usersPath, link.remote)
	c.judge = acceptReplace("user", link.remote)
	if r.knobs.UserUpdate.Value == persona.PatchPathless {
		c.method, c.body = http.MethodPatch, replaceBody(wanted.changes(link.pushed))
		c.judge = acceptWrite("user", link.remote)
	} else {
		wanted.merge(current, link.pushed)
		c.body = putBody(current, link.remote, r.knobs, active, true)
	}
	if _, ok := r.do(ctx, c); !ok {
		return wasActive, false
	}
	link.pushed = &wanted
	return wasActive, true
}

// read gets the user whom a write starts from. A persona that does not read starts from what it pushed.
func (r *run) read(ctx context.Context, link personLink, c call) (*object, bool) {
	current := newObject()
	if !r.knobs.ReadBeforeWrite.Value {
		if link.pushed != nil {
			link.pushed.merge(current, nil)
		}
		return current, true
	}
	c.why += "; read it first"
	c.method, c.path, c.body = http.MethodGet, resourcePath(usersPath, link.remote), nil
	c.judge = r.judgeRead("user", link.remote, &current)
	_, ok := r.do(ctx, c)
	return current, ok
}

func (r *run) judgeRead(kind, remote string, out **object) func(answer) (string, string) {
	return func(a answer) (string, string) {
		o, problem := a.resource(kind)
		if problem != "" {
			return "", problem
		}
		if got := o.text("id"); got != remote {
			return "", fmt.Sprintf("the answer is another %s (id %q)", kind, a.clip(got))
		}
		*out = o
		return "read: the change is merged into this", ""
	}
}

// isActive takes a user without a clear "active": false for active.
func isActive(user *object) bool {
	value := strings.ToLower(strings.Trim(string(user.values["active"]), `"`))
	return value != "false"
}

// deactivate makes the target's user inactive. The person may be gone from the directory.
func (r *run) deactivate(ctx context.Context, id string, link personLink) {
	who := id
	if link.pushed != nil {
		who = link.pushed.userName
	}
	c := call{task: taskDeactivate, subject: id, who: who, why: "no longer assigned to the app",
		doing: "Error while deactivating user " + who}
	if r.knobs.UserActive.Value == persona.PatchPathless {
		r.patchActive(ctx, id, link, false, c)
		return
	}
	current, ok := r.read(ctx, link, c)
	if !ok {
		return
	}
	r.putActive(ctx, id, link, current, false, c)
}

// reactivate brings back somebody who was deactivated, at the same id if the target still has it.
func (r *run) reactivate(ctx context.Context, p control.Person, link personLink) {
	c := r.userCall(p, call{task: taskReactivate, why: "assigned again"})
	gone := false
	var current *object
	read := c
	read.why += "; see whether the target still has the user"
	read.method, read.path = http.MethodGet, resourcePath(usersPath, link.remote)
	found := r.judgeRead("user", link.remote, &current)
	read.judge = func(a answer) (string, string) {
		if a.status == http.StatusNotFound {
			gone = true
			return fmt.Sprintf("the user is gone: %s looks for a match and creates", r.product), ""
		}
		return found(a)
	}
	if _, ok := r.do(ctx, read); !ok {
		return
	}
	if gone {
		r.state.dropPerson(p.ID)
		r.join(ctx, p)
		return
	}
	if r.knobs.UserActive.Value == persona.Put {
		r.reactivateByPut(ctx, p, link, current, c)
		return
	}
	if !r.patchActive(ctx, p.ID, link, true, c) {
		return
	}
	link.active = true
	if link.pushed == nil || *link.pushed != profileOf(p, r.knobs) {
		r.update(ctx, p, link, call{task: taskUpdate, why: "the profile changed while the person had no access"})
	}
}

// reactivateByPut sends the profile and "active": true in one PUT.
func (r *run) reactivateByPut(ctx context.Context, p control.Person, link personLink, current *object, c call) {
	wanted := profileOf(p, r.knobs)
	wanted.merge(current, link.pushed)
	link.pushed = &wanted
	r.putActive(ctx, p.ID, link, current, true, c)
}

func (r *run) patchActive(ctx context.Context, id string, link personLink, active bool, c call) bool {
	c.method, c.path = http.MethodPatch, resourcePath(usersPath, link.remote)
	c.body = replaceBody(activeValue{Active: active})
	c.judge = acceptWrite("user", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return false
	}
	link.active = active
	r.state.setPerson(id, link)
	return true
}

func (r *run) putActive(ctx context.Context, id string, link personLink, current *object, active bool, c call) {
	c.method, c.path = http.MethodPut, resourcePath(usersPath, link.remote)
	c.body = putBody(current, link.remote, r.knobs, &active, false)
	c.judge = acceptReplace("user", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return
	}
	link.active = active
	r.state.setPerson(id, link)
}

// userCall fills in whom a call is about.
func (r *run) userCall(p control.Person, c call) call {
	c.subject, c.who = p.ID, p.Login
	c.doing = "Error while trying to update user " + displayName(p)
	return c
}

// placeholder is the random password that is sent with creates. It opens nothing: nobody keeps it.
func placeholder() string { return "Aa1" + rand.Text()[:13] }
