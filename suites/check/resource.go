package check

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"assay/suites/wire"
)

// Reread reads a resource again, after a write or in another form. An answer that is not the resource
// makes the check not-run: what it would show proves nothing about the write.
func (t *T) Reread(r Resource, options ...wire.Option) *wire.Response {
	res := t.Get(r.Path, options...)
	t.Require("reading "+r.Path+" again", res, BeResource(r.ID))
	return res
}

// CreateUserKeeping makes a user with attributes that a target need not support: RFC 7644 section 3.3
// leaves a service provider free to alter or ignore what is posted. The check is not applicable when
// the target refuses the attributes while it takes a plain user, or does not keep them as sent.
func (t *T) CreateUserKeeping(attributes map[string]any) Resource {
	return t.createKeeping("/Users", t.User, attributes)
}

// CreateGroupKeeping is CreateUserKeeping for groups.
func (t *T) CreateGroupKeeping(attributes map[string]any) Resource {
	return t.createKeeping("/Groups", t.Group, attributes)
}

func (t *T) createKeeping(endpoint string, valid func(...map[string]any) map[string]any, attributes map[string]any) Resource {
	names := strings.Join(slices.Sorted(maps.Keys(attributes)), ", ")
	body := valid(attributes)
	res := t.Post(endpoint, body)
	if res.Err == nil && res.Status >= 400 && res.Status < 500 {
		t.create(endpoint, valid())
		t.NotApplicable("the target refuses a resource with %s: %s", names, res.Summary())
	}
	r := t.resource(endpoint, body, res)
	stored := t.Reread(r)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if got, _ := stored.At("/" + name); !Contains(got, attributes[name]) {
			t.NotApplicable("the target does not keep %s as it was sent", name)
		}
	}
	return r
}

// resource makes a Resource of the answer to a create. The body of that answer is only recommended
// (RFC 7644 section 3.3): without an id in it, the resource is looked for where the Location header points,
// and without its name in it, the resource is read.
func (t *T) resource(endpoint string, body map[string]any, created *wire.Response) Resource {
	id := created.String("/id")
	location := created.Header.Get("Location")
	if id == "" && created.OK() && len(created.Body) == 0 && location != "" {
		path := endpoint + "/" + location[strings.LastIndex(location, "/")+1:]
		if id = t.Get(path).String("/id"); id != "" {
			t.RemoveLater(endpoint + "/" + url.PathEscape(id))
		}
	}
	if !created.OK() || id == "" {
		t.NotRun("the set-up failed: POST %s: %s", endpoint, withoutID(created, id))
	}
	r := Resource{ID: id, Path: endpoint + "/" + url.PathEscape(id), Sent: body, Created: created, Response: created}
	if _, named := created.At("/" + nameOf(endpoint)); !named {
		r.Response = t.Reread(r)
	}
	t.requireFresh(r)
	return r
}

// nameOf is the attribute that names the resources of an endpoint.
func nameOf(endpoint string) string {
	if endpoint == "/Groups" {
		return "displayName"
	}
	return "userName"
}

// requireFresh makes the check not-run when a new resource looks like one that was made before: with a
// target that gives canned answers, nothing that a check sees proves anything.
func (t *T) requireFresh(r Resource) {
	if slices.Contains(t.made, r.Path) {
		t.NotRun("the target gave two resources one id: %s", r.ID)
	}
	t.made = append(t.made, r.Path)
	name := strings.ToLower(r.String("/userName"))
	sent, _ := r.Sent["userName"].(string)
	if name == "" {
		return
	}
	if earlier, known := t.suite.userNames.LoadOrStore(name, sent); known && earlier != sent {
		t.NotRun("the target gave two users one userName: %s", name)
	}
}

// Contains reports whether a JSON value holds everything that want holds: each member of an object
// (names compared without regard to case, RFC 7643 section 2.1), each element of an array in any
// order, and equal simple values. A service provider may always return more.
func Contains(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		for name, value := range w {
			member, ok := wire.At(got, "/"+name)
			if !ok || !Contains(member, value) {
				return false
			}
		}
		return true
	case []any:
		list, ok := got.([]any)
		for _, element := range w {
			if !slices.ContainsFunc(list, func(have any) bool { return Contains(have, element) }) {
				return false
			}
		}
		return ok || len(w) == 0
	default:
		return Same(got, want)
	}
}
