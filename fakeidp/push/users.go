package push

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

const usersPath = "/Users"

// pushPeople deactivates or deletes who lost the app, brings in line who has it, and then sends the
// references among them.
func (r *run) pushPeople(ctx context.Context) {
	r.each(ctx, "links", keys(r.state.linkedPeople()), r.state.countPeople(), r.pushLoss)
	assigned := r.engine.directory.CountAssignments(r.app.ID)
	r.objects += assigned
	r.each(ctx, "people", r.assigned(), assigned, func(ctx context.Context, id string) {
		p, ok := r.engine.directory.Person(id)
		if !ok || p.Suspended {
			return
		}
		r.pushPerson(ctx, p)
	})
	if r.dialect.manager >= 0 {
		r.each(ctx, "references", r.assigned(), assigned, r.pushManager)
	}
}

// pageSize is how many people are planned at a time.
const pageSize = 5000

// assigned goes through who has the app, page by page: the plan is never in memory as a whole.
func (r *run) assigned() iter.Seq[string] {
	return func(yield func(string) bool) {
		for after := 0; ; {
			var page []string
			if page, after = r.engine.directory.AssignmentPage(r.app.ID, after, pageSize); len(page) == 0 {
				return
			}
			for _, id := range page {
				if !yield(id) {
					return
				}
			}
		}
	}
}

func keys[K, V any](pairs iter.Seq2[K, V]) iter.Seq[K] {
	return func(yield func(K) bool) {
		for key := range pairs {
			if !yield(key) {
				return
			}
		}
	}
}

func (r *run) pushPerson(ctx context.Context, p control.Person) {
	link, linked := r.state.person(p.ID)
	switch {
	case !linked:
		r.join(ctx, p)
	case !link.active:
		r.comeBack(ctx, p, link)
	case r.outdated(p, link):
		r.update(ctx, p, link, r.userCall(p, call{task: taskUpdate, why: "the profile changed in the directory"}))
	}
}

// user is the person for the dialect. References are sent later: until then the manager is the one that
// was pushed last.
func (r *run) user(p control.Person, link personLink, active bool) user {
	return user{person: p, remote: link.remote, active: active, manager: r.dialect.managerOf(link.pushed)}
}

func (r *run) outdated(p control.Person, link personLink) bool {
	if link.pushed == nil {
		return true
	}
	for i, value := range r.dialect.profile(r.user(p, link, true)) {
		if value != link.pushed[i] {
			return true
		}
	}
	return false
}

// pushManager sends the reference to the manager, once the manager is known at the target.
func (r *run) pushManager(ctx context.Context, id string) {
	p, ok := r.engine.directory.Person(id)
	link, linked := r.state.person(id)
	if !ok || p.Suspended || !linked || !link.active || link.pushed == nil {
		return
	}
	manager := ""
	if p.Manager != "" {
		boss, known := r.state.person(p.Manager)
		if !known {
			return
		}
		manager = boss.remote
	}
	if manager == r.dialect.managerOf(link.pushed) {
		return
	}
	found, ok := r.hasManager(ctx, p, link, manager)
	if !ok {
		return
	}
	if found {
		link.pushed[r.dialect.manager] = manager
		r.state.setPerson(id, link)
		return
	}
	u := r.user(p, link, true)
	u.manager = manager
	r.write(ctx, u, &link, r.userCall(p, call{task: taskReference, why: "references are sent when both ends are known at the target: the manager changed"}))
}

// join matches by the configured attribute, then creates the person or takes the match over.
func (r *run) join(ctx context.Context, p control.Person) {
	c := r.userCall(p, call{task: taskJoiner, why: "assigned, and no id at the target is known: look for a match before creating"})
	match, ok := r.lookUpUser(ctx, p, c)
	if !ok {
		return
	}
	if match == nil {
		r.create(ctx, p)
		return
	}
	r.adopt(ctx, p, match)
}

// lookUpUser asks the target for the user with the person's match value; nil when it has none.
func (r *run) lookUpUser(ctx context.Context, p control.Person, c call) (match *resource.Object, ok bool) {
	leaf := r.dialect.match
	value, _ := leaf.Value(r.dialect.values(r.user(p, personLink{}, true), false)).(string)
	c.doing = "Error while looking for user " + displayName(p)
	c.method, c.path, c.query = http.MethodGet, usersPath, r.lookupQuery(r.knobs.UserLookup.Value, leaf.Path, value)
	c.lookup = true
	c.judge = r.judgeLookup("user", leaf.Path, value, leaf.Read, &match)
	_, ok = r.do(ctx, c)
	return match, ok
}

// judgeLookup reads the answer to a match filter. It links only to a resource that really has the value:
// what the vendor does with a server that ignores the filter is not documented, and the fake IdP must not
// write over a stranger's account.
func (r *run) judgeLookup(kind, attribute, value string, read func(*resource.Object) string, match **resource.Object) func(answer) (string, string) {
	return func(a answer) (string, string) {
		if a.status == http.StatusNotFound && r.knobs.NotFoundIsNo.Value {
			return fmt.Sprintf("404 counts as no match: %s creates the %s", r.product, kind), ""
		}
		found, problem := a.list()
		if problem != "" {
			return "", problem
		}
		if found.total == 0 && len(found.resources) == 0 {
			return "no match: " + r.product + " creates the " + kind, ""
		}
		*match, problem = pick(found, kind, attribute, value, read)
		if problem != "" {
			return "", problem
		}
		return fmt.Sprintf("one match: %s links it and sends what it knows", r.product), ""
	}
}

// duplicate begins the problem of a look-up that found several.
const duplicate = "more than one "

func pick(found list, kind, attribute, value string, read func(*resource.Object) string) (*resource.Object, string) {
	var match *resource.Object
	for _, o := range found.resources {
		if !strings.EqualFold(read(o), value) {
			continue
		}
		if match != nil {
			return nil, fmt.Sprintf(duplicate+"%s has this %s", kind, attribute)
		}
		match = o
	}
	if match == nil {
		return nil, fmt.Sprintf("totalResults is %d, but no %s in Resources has the %s that was asked for", found.total, kind, attribute)
	}
	return match, checkRemoteID(match, kind)
}

func (r *run) create(ctx context.Context, p control.Person) {
	u := r.user(p, personLink{}, true)
	u.password = placeholder()
	var remote string
	_, ok := r.do(ctx, call{task: taskJoiner, subject: p.ID, who: p.Login,
		why:    "assigned, and the target has nobody with this " + r.dialect.match.Path,
		doing:  "Error while creating user " + displayName(p),
		method: http.MethodPost, path: usersPath, body: r.dialect.createBody(u),
		judge: r.judgeCreate("user", &remote)})
	if !ok {
		return
	}
	profile := r.dialect.profile(u)
	created := r.dialect.created(profile)
	r.state.setPerson(p.ID, personLink{remote: remote, active: true, pushed: created})
	if !slices.Equal(profile, created) {
		link, _ := r.state.person(p.ID)
		r.update(ctx, p, link, r.userCall(p, call{task: taskJoiner, why: "a create has no place for part of the profile"}))
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
		*remote = o.Text("id")
		return "created: " + r.product + " keeps the id " + strconv.Quote(a.clip(*remote)), ""
	}
}

// adopt sends the profile onto a match and activates it.
func (r *run) adopt(ctx context.Context, p control.Person, match *resource.Object) {
	link := personLink{remote: match.Text("id")}
	c := r.userCall(p, call{task: taskJoiner, why: fmt.Sprintf("the target has somebody with this %s: send the profile to that id", r.dialect.match.Path)})
	wasActive := isActive(match)
	if r.knobs.MatchCompared.Value {
		link.pushed = r.dialect.put.Read(match)
	}
	u := r.user(p, link, true)
	if r.knobs.UserActive.Value == persona.Put {
		if current, ok := r.read(ctx, link, c); ok {
			r.writeActive(ctx, u, link, current, c)
		}
		return
	}
	before, ok := r.write(ctx, u, &link, c)
	if !ok {
		return
	}
	if before != nil {
		wasActive = isActive(before)
	}
	link, _ = r.state.person(p.ID)
	link.active = wasActive
	r.state.setPerson(p.ID, link)
	if !wasActive {
		r.patchActive(ctx, p.ID, link, true, r.userCall(p, call{task: taskJoiner, why: "the match is inactive: activate it"}))
	}
}

// update pushes a changed profile onto a link.
func (r *run) update(ctx context.Context, p control.Person, link personLink, c call) {
	r.write(ctx, r.user(p, link, true), &link, c)
}

// write pushes the profile, after reading the user if the persona does, and remembers what it pushed. It
// returns what was read. Nothing is sent when nothing that the persona sends has changed.
func (r *run) write(ctx context.Context, u user, link *personLink, c call) (before *resource.Object, ok bool) {
	profile, form := r.dialect.profile(u), r.knobs.UserUpdate.Value
	changed := r.dialect.changes(link.pushed, profile, form)
	if slices.Contains(changed, true) {
		if before, ok = r.read(ctx, *link, c); !ok {
			return nil, false
		}
		c.path = resourcePath(usersPath, link.remote)
		if form == persona.Put {
			c.method, c.body = http.MethodPut, r.dialect.putBody(before, u, changed, false)
			c.judge = acceptReplace("user", link.remote)
		} else {
			c.method, c.body = http.MethodPatch, r.dialect.patchBody(u, link.pushed, changed)
			c.judge = acceptWrite("user", link.remote)
		}
		if _, ok := r.do(ctx, c); !ok {
			return before, false
		}
	}
	link.pushed = profile
	if link.seq == 0 {
		link.active = true
	}
	r.state.setPerson(u.person.ID, *link)
	return before, true
}

// writeActive sends the profile and whether the user is active in one PUT that starts from current.
func (r *run) writeActive(ctx context.Context, u user, link personLink, current *resource.Object, c call) {
	profile := r.dialect.profile(u)
	c.method, c.path = http.MethodPut, resourcePath(usersPath, link.remote)
	c.body = r.dialect.putBody(current, u, r.dialect.changes(link.pushed, profile, persona.Put), true)
	c.judge = acceptReplace("user", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return
	}
	link.active, link.pushed = u.active, profile
	r.state.setPerson(u.person.ID, link)
}

// read gets the user whom a write starts from, nil when the persona does not read.
func (r *run) read(ctx context.Context, link personLink, c call) (*resource.Object, bool) {
	if !r.knobs.ReadBeforeWrite.Value {
		return nil, true
	}
	current := resource.New()
	c.why += "; read it first"
	c.method, c.path, c.body = http.MethodGet, resourcePath(usersPath, link.remote), nil
	c.judge = r.judgeRead("user", link.remote, &current)
	_, ok := r.do(ctx, c)
	return current, ok
}

func (r *run) judgeRead(kind, remote string, out **resource.Object) func(answer) (string, string) {
	return func(a answer) (string, string) {
		o, problem := a.resource(kind)
		if problem != "" {
			return "", problem
		}
		if got := o.Text("id"); got != remote {
			return "", fmt.Sprintf("the answer is another %s (id %q)", kind, a.clip(got))
		}
		*out = o
		return "read: the change is merged into this", ""
	}
}

// isActive takes a user without a clear "active": false for active.
func isActive(user *resource.Object) bool {
	value := strings.ToLower(strings.Trim(string(user.Raw("active")), `"`))
	return value != "false"
}

func (r *run) patchActive(ctx context.Context, id string, link personLink, active bool, c call) bool {
	c.method, c.path = http.MethodPatch, resourcePath(usersPath, link.remote)
	c.body = r.dialect.activeBody(active)
	c.judge = acceptWrite("user", link.remote)
	if _, ok := r.do(ctx, c); !ok {
		return false
	}
	link.active = active
	r.state.setPerson(id, link)
	return true
}

// userCall fills in whom a call is about.
func (r *run) userCall(p control.Person, c call) call {
	c.subject, c.who = p.ID, p.Login
	c.doing = "Error while trying to update user " + displayName(p)
	return c
}

// placeholder is the random password that is sent with creates. It opens nothing: nobody keeps it.
func placeholder() string { return "Aa1" + rand.Text()[:13] }
