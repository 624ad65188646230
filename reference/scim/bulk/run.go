package bulk

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assay/reference/scim/scimerr"
)

// Result is what a single operation came to.
type Result struct {
	Status   int
	ID       string // of the resource that a POST has created
	Location string // permanent URL of the resource; may be left out for all but a POST
	Version  string // its entity tag afterwards, where there is one
	Body     []byte // the response body; needed for a status that is not of the 200 series
}

func (r Result) failed() bool { return r.Status < 200 || r.Status > 299 }

func refusal(e *scimerr.Error) Result { return Result{Status: e.Status, Body: e.Body()} }

// Do performs one operation whose references are resolved, as a request of its own.
type Do func(ctx context.Context, o Operation) Result

// Entry is the part of the response that is about one operation. The body of a success is left out, as
// section 3.7 allows: Location says where it is.
type Entry struct {
	Method   string          `json:"method"`
	BulkID   string          `json:"bulkId,omitempty"`
	Version  string          `json:"version,omitempty"`
	Location string          `json:"location,omitempty"`
	Status   string          `json:"status"`
	Response json.RawMessage `json:"response,omitempty"`
}

// Run performs the operations and gives an entry for each that was processed, in the order of the
// request. With FailOnErrors it stops at that many errors; what was not processed by then has no entry
// and no effect. base is the SCIM base URL without a slash at its end.
func Run(ctx context.Context, r *Request, base string, do Do) []Entry {
	j := newJob(ctx, r, base, do)
	for i := range r.Operations {
		if j.stopped() {
			break
		}
		if !j.ready(i) {
			j.waiting = append(j.waiting, i)
			continue
		}
		j.perform(i)
		j.wake()
	}
	for _, knot := range j.knots() {
		if j.stopped() {
			break
		}
		j.tie(knot)
		j.wake()
	}
	return j.processed()
}

// job is a bulk request on its way. Operations go by their index.
type job struct {
	ctx     context.Context
	request *Request
	base    string
	do      Do

	posts   map[string]int    // the POST with a bulkId
	refers  [][]int           // the POSTs that an operation refers to
	targets []string          // what it writes to
	touches []map[string]bool // what it mentions, of all that any operation writes to
	entries []*Entry          // nil where nothing was processed
	ids     map[string]string // by bulkId, of what was created
	waiting []int             // in the order of the request
	errors  int
}

func newJob(ctx context.Context, r *Request, base string, do Do) *job {
	n := len(r.Operations)
	j := &job{
		ctx: ctx, request: r, base: base, do: do,
		posts: map[string]int{}, refers: make([][]int, n), targets: make([]string, n), touches: make([]map[string]bool, n),
		entries: make([]*Entry, n), ids: map[string]string{},
	}
	written := map[string]bool{}
	for i, o := range r.Operations {
		if o.Method == http.MethodPost && o.BulkID != "" {
			j.posts[o.BulkID] = i
		}
		if j.targets[i] = o.target(); j.targets[i] != "" {
			written[j.targets[i]] = true
		}
	}
	for i, o := range r.Operations {
		for _, id := range o.references() {
			if post, known := j.posts[id]; known && !slices.Contains(j.refers[i], post) {
				j.refers[i] = append(j.refers[i], post)
			}
		}
		j.touches[i] = map[string]bool{}
		mentions(o.Data, func(text string) {
			if written[text] {
				j.touches[i][text] = true
			}
		})
	}
	return j
}

func (j *job) stopped() bool {
	return j.request.FailOnErrors > 0 && j.errors >= j.request.FailOnErrors
}

// ready tells whether an operation can be performed: what it refers to has been processed, and it
// overtakes nothing that it must not overtake.
func (j *job) ready(i int) bool {
	for _, post := range j.refers[i] {
		if j.entries[post] == nil {
			return false
		}
	}
	if j.request.Operations[i].Method == http.MethodPost {
		return true
	}
	for _, earlier := range j.waiting {
		if earlier < i && j.related(earlier, i) {
			return false
		}
	}
	return true
}

// related tells whether one of two operations is about what the other writes to.
func (j *job) related(a, b int) bool {
	at, bt := j.targets[a], j.targets[b]
	return at != "" && (at == bt || j.touches[b][at]) || bt != "" && j.touches[a][bt]
}

// wake performs what waits and has become ready, until nothing has.
func (j *job) wake() {
	for at := 0; at < len(j.waiting) && !j.stopped(); {
		i := j.waiting[at]
		if !j.ready(i) {
			at++
			continue
		}
		j.waiting = slices.Delete(j.waiting, at, at+1)
		j.perform(i)
		at = 0
	}
}

func (j *job) perform(i int) {
	o := j.request.Operations[i]
	err := o.check()
	if err == nil {
		o, err = o.resolved(j.id)
	}
	if err != nil {
		j.settle(i, o.Path, refused(err))
		return
	}
	j.settle(i, o.Path, j.do(j.ctx, o))
}

// id gives the permanent id that stands behind a bulkId.
func (j *job) id(bulkID string) (string, error) {
	if id, ok := j.ids[bulkID]; ok {
		return id, nil
	}
	if _, known := j.posts[bulkID]; known {
		return "", scimerr.New(http.StatusConflict, "", "bulkId %q cannot be resolved: the operation that has it failed", bulkID)
	}
	return "", scimerr.InvalidValue("bulkId %q cannot be resolved: no POST of this request has it", bulkID)
}

func refused(err error) Result {
	e, ok := scimerr.As(err)
	if !ok {
		e = scimerr.New(http.StatusInternalServerError, "", "internal error")
	}
	return refusal(e)
}

// settle makes the entry of an operation. path is the resolved one.
func (j *job) settle(i int, path string, r Result) {
	o := &j.request.Operations[i]
	e := &Entry{Method: o.Method, BulkID: o.BulkID, Location: r.Location, Version: r.Version, Status: strconv.Itoa(r.Status)}
	j.entries[i] = e
	isPost := o.Method == http.MethodPost
	if e.Location == "" && !isPost {
		path, _, _ = strings.Cut(path, "?")
		e.Location = j.base + path
	}
	if r.failed() {
		j.errors++
		e.Version, e.Response = "", r.Body
		if isPost {
			e.Location = ""
		}
		return
	}
	if isPost && o.BulkID != "" {
		j.ids[o.BulkID] = r.ID
	}
}

func (j *job) processed() []Entry {
	out := make([]Entry, 0, len(j.entries))
	for _, e := range j.entries {
		if e != nil {
			out = append(out, *e)
		}
	}
	return out
}
