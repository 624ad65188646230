package bulk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay/reference/scim/scimerr"
)

// patchURN is the schema of a PATCH request (RFC 7644 section 3.5.2).
const patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// knots gives the circles among the waiting POSTs, each in the order of the request. One that refers
// to another comes after it. It is Tarjan's algorithm for strongly connected components.
func (j *job) knots() [][]int {
	w := &walk{job: j, waits: map[int]bool{}, order: map[int]int{}, low: map[int]int{}, open: map[int]bool{}}
	for _, i := range j.waiting {
		w.waits[i] = j.request.Operations[i].Method == http.MethodPost
	}
	for _, i := range j.waiting {
		if w.waits[i] && w.order[i] == 0 {
			w.visit(i)
		}
	}
	return w.knots
}

type walk struct {
	*job
	waits map[int]bool // the waiting POSTs
	order map[int]int  // when each was visited, from 1
	low   map[int]int  // the earliest that each leads back to
	open  map[int]bool
	stack []int
	knots [][]int
}

func (w *walk) visit(i int) {
	w.order[i] = len(w.order) + 1
	w.low[i] = w.order[i]
	w.open[i] = true
	w.stack = append(w.stack, i)
	for _, next := range w.refers[i] {
		if !w.waits[next] {
			continue
		}
		if w.order[next] == 0 {
			w.visit(next)
			w.low[i] = min(w.low[i], w.low[next])
		} else if w.open[next] {
			w.low[i] = min(w.low[i], w.order[next])
		}
	}
	if w.low[i] == w.order[i] {
		w.close(i)
	}
}

// close takes the component that began with i off the stack. A single POST is a circle only when it
// refers to itself.
func (w *walk) close(i int) {
	at := slices.Index(w.stack, i)
	knot := slices.Clone(w.stack[at:])
	w.stack = w.stack[:at]
	for _, member := range knot {
		w.open[member] = false
	}
	if len(knot) == 1 && !slices.Contains(w.refers[i], i) {
		return
	}
	slices.Sort(knot)
	w.knots = append(w.knots, knot)
}

// tie performs the POSTs of a circle.
func (j *job) tie(knot []int) {
	j.waiting = slices.DeleteFunc(j.waiting, func(i int) bool { return slices.Contains(knot, i) })
	c := &circle{job: j, knot: knot, made: map[int]Result{}, later: map[int]map[string]any{}}
	failed, cause, ok := c.perform()
	if !ok {
		c.undo(failed, cause)
		return
	}
	for _, i := range knot {
		j.settle(i, j.request.Operations[i].Path, c.made[i])
	}
}

// circle is a knot that is being tied.
type circle struct {
	*job
	knot  []int
	made  map[int]Result
	later map[int]map[string]any // the attributes that are added at the end
}

// perform creates the resources and adds what was left out. When it fails it tells where and why.
func (c *circle) perform() (failed int, cause Result, ok bool) {
	for _, i := range c.knot {
		if r := c.create(i); r.failed() {
			return i, r, false
		}
	}
	for _, i := range c.knot {
		if r := c.complete(i); r.failed() {
			return i, r, false
		}
	}
	return 0, Result{}, true
}

func (c *circle) create(i int) Result {
	o, later := c.request.Operations[i].withoutPending(func(bulkID string) bool {
		post, known := c.posts[bulkID]
		_, made := c.made[post]
		return known && !made && slices.Contains(c.knot, post)
	})
	o, err := o.resolved(c.id)
	if err != nil {
		return refused(err)
	}
	r := c.do(c.ctx, o)
	if !r.failed() {
		c.made[i], c.later[i] = r, later
		c.ids[o.BulkID] = r.ID
	}
	return r
}

func (c *circle) complete(i int) Result {
	if len(c.later[i]) == 0 {
		return c.made[i]
	}
	o, err := Operation{Method: http.MethodPatch, Path: c.path(i), Version: c.made[i].Version, Data: map[string]any{
		"schemas":    []any{patchURN},
		"Operations": []any{map[string]any{"op": "add", "value": c.later[i]}},
	}}.resolved(c.id)
	if err != nil {
		return refused(err)
	}
	r := c.do(c.ctx, o)
	if r.failed() {
		return r
	}
	r.Status, r.ID, r.Location = c.made[i].Status, c.made[i].ID, c.made[i].Location
	c.made[i] = r
	return r
}

func (c *circle) path(i int) string {
	endpoint, _, _ := strings.Cut(c.request.Operations[i].Path, "?")
	return endpoint + "/" + url.PathEscape(c.made[i].ID)
}

// undo deletes what was created. A client that hangs up does not keep it from doing so.
func (c *circle) undo(failed int, cause Result) {
	ctx := context.WithoutCancel(c.ctx)
	blame := c.request.Operations[failed].BulkID
	for _, i := range slices.Backward(c.knot) {
		detail := "the circular references could not be resolved: the operation with bulkId %q failed"
		if _, made := c.made[i]; made {
			delete(c.ids, c.request.Operations[i].BulkID)
			if c.do(ctx, Operation{Method: http.MethodDelete, Path: c.path(i)}).failed() {
				detail += ", and what this one had created could not be deleted again"
			}
		}
		r := refusal(scimerr.New(http.StatusConflict, "", detail, blame))
		if i == failed {
			r = cause
		}
		c.settle(i, "", r)
	}
}
