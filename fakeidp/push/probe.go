package push

import (
	"context"
	"net/http"

	"assay/fakeidp/control"
)

// missing asks for each member whether the target has them already, and keeps those whom it does not have.
func (r *run) missing(ctx context.Context, g control.Group, link *groupLink, come []member) (left []member, ok bool) {
	var there []string
	for _, m := range come {
		c := r.groupCall(taskMembership, g, "ask whether the membership is there before it is written")
		c.path, c.query = groupsPath, r.probeQuery(r.knobs.MembershipProbe.Value, link.remote, "members", m.Value)
		found, ok := r.probe(ctx, c)
		if !ok {
			return nil, false
		}
		if found {
			there = append(there, m.Value)
		} else {
			left = append(left, m)
		}
	}
	if len(there) > 0 {
		r.state.moveMembers(g.ID, link, memberBatch{come: there})
	}
	return left, true
}

// hasManager asks whether the target has the reference already.
func (r *run) hasManager(ctx context.Context, p control.Person, link personLink, manager string) (found, ok bool) {
	if r.knobs.ReferenceProbe.Value == "" || manager == "" {
		return false, true
	}
	c := r.userCall(p, call{task: taskReference, why: "ask whether the reference is there before it is written"})
	c.path, c.query = usersPath, r.probeQuery(r.knobs.ReferenceProbe.Value, link.remote, "manager", manager)
	return r.probe(ctx, c)
}

func (r *run) probeQuery(template, id, attribute, value string) string {
	return r.filterQuery(template, r.comparison("id", id)+" and "+r.comparison(attribute, value))
}

func (r *run) probe(ctx context.Context, c call) (found, ok bool) {
	c.method, c.lookup = http.MethodGet, true
	c.judge = func(a answer) (string, string) {
		list, problem := a.list()
		if found = list.total > 0; found {
			return "there: nothing is written", problem
		}
		return "not there: it is written", problem
	}
	_, ok = r.do(ctx, c)
	return found, ok
}
