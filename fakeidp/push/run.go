package push

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// silenceLimit is how many requests in a row may go unanswered before the rest of a run is left for the
// next one: every request to a dead target costs a whole time-out.
const silenceLimit = 3

// run is one push, test or import of one app. Its workers share it.
type run struct {
	engine  *Engine
	app     control.App
	conn    connection
	product string
	knobs   *persona.SCIM
	dialect *dialect
	state   *state
	redact  redactor
	cycle   bool      // by the clock: what is in escrow waits for its time
	at      time.Time // when it was due, for what is planned from it

	only map[string]bool // on demand: the target's ids of the members who are provisioned; nil: all

	objects  int // people and groups that were looked at
	imported int // bytes

	mu       sync.Mutex
	steps    []*control.Step
	requests int
	failed   int
	silent   int  // requests without an answer, in a row
	stopped  bool // nothing more is sent
	troubled map[string]trouble
	tried    map[string]bool // of what was in escrow
	proved   bool            // a request succeeded
}

// trouble is why an object is not in line after a run.
type trouble struct {
	Reason    string
	Reference bool // only the reference to another object failed
}

// The tasks that steps are filed under.
const (
	taskJoiner      = "joiner"
	taskUpdate      = "update"
	taskDeactivate  = "deactivate"
	taskReactivate  = "reactivate"
	taskDelete      = "delete"
	taskReference   = "reference"
	taskGroupPush   = "group-push"
	taskMembership  = "membership"
	taskRename      = "rename"
	taskGroupDelete = "group-delete"
	taskImport      = "import"
	taskTest        = "test"
	taskQuarantine  = "quarantine"
)

// call is one request with what it is for and how its answer is judged.
type call struct {
	task    string
	subject string // person or group id
	who     string // the subject as the vendor's messages name it
	why     string
	doing   string // "Error while creating user Ada Byron": put before the reason of a failure

	method string
	path   string // below the base URL, escaped
	query  string // escaped
	body   []byte
	lookup bool // a question whose refusal says that the connection is broken

	// judge reads an answer that arrived and was not 429. It returns what the vendor does next, or the
	// problem that fails the task.
	judge func(answer) (verdict, problem string)
}

// provisions says that the call is about an object of the directory, which has to be brought in line.
func (c call) provisions() bool { return c.task != taskTest && c.task != taskImport }

func (r *run) end() { r.state.give() }

func (r *run) report() control.Push {
	r.mu.Lock()
	defer r.mu.Unlock()
	return control.Push{Steps: copySteps(r.steps), Failed: r.failed, Requests: r.requests}
}

// each calls work for every id, by as many workers as the engine has, until the run is stopped. In a cycle
// it leaves out what is in escrow.
func (r *run) each(ctx context.Context, pass string, ids iter.Seq[string], total int, work func(context.Context, string)) {
	feed := make(chan string, r.engine.options.Concurrency)
	var workers sync.WaitGroup
	var done atomic.Int64
	for range r.engine.options.Concurrency {
		workers.Go(func() {
			for id := range feed {
				if r.mayTry(id) {
					work(ctx, id)
				}
				if tell := r.engine.options.Progress; tell != nil {
					tell(Progress{App: r.app.ID, Pass: pass, Done: int(done.Add(1)), Total: total})
				}
			}
		})
	}
	for id := range ids {
		feed <- id
	}
	close(feed)
	workers.Wait()
}

// mayTry says whether an object's turn has come, and notes that it has for one in escrow.
func (r *run) mayTry(id string) bool {
	known, due := r.state.inEscrow(id, r.at, r.knobs.Escrow.Value)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || (r.cycle && !due) {
		return false
	}
	if known {
		r.tried[id] = true
	}
	return true
}

func (r *run) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped || r.state.failure() != nil
}

func (r *run) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

func (r *run) timeout() time.Duration {
	if r.engine.options.Timeout > 0 {
		return r.engine.options.Timeout
	}
	return r.knobs.Timeout.Value
}

// do sends a request, again after 429 as the persona does, and records each attempt as a step. It
// reports whether the task may go on.
func (r *run) do(ctx context.Context, c call) (answer, bool) {
	if r.isStopped() {
		return answer{}, false
	}
	retries := backoff{policy: r.knobs.Retry.Value}
	for {
		a, exchange := r.exchange(ctx, c)
		if a.err != nil {
			r.unanswered(ctx, c, exchange, a.err)
			return a, false
		}
		r.answered()
		if a.status != http.StatusTooManyRequests {
			return a, r.conclude(c, exchange, a)
		}
		if !r.wait(ctx, c, exchange, a, &retries) {
			return a, false
		}
	}
}

func (r *run) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = 0
}

func (r *run) succeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proved = true
}

func (r *run) conclude(c call, exchange control.Exchange, a answer) bool {
	verdict, problem := c.judge(a)
	if problem == "" {
		r.succeeded()
		r.record(c, exchange, verdict, false)
		return true
	}
	if q := r.knobs.Quarantine.Value; c.lookup && c.provisions() && q.Interval > 0 && slices.Contains(q.Statuses, a.status) {
		problem += fmt.Sprintf(". %s would quarantine here, because a look-up was answered %d", r.product, a.status)
		r.state.quarantineFor(r.at, fmt.Sprintf("a look-up was answered %d", a.status))
		r.stop()
	}
	if a.status == http.StatusNotFound && r.knobs.ForgetGone.Value && !c.lookup {
		r.state.forgetLink(c.subject)
		problem += fmt.Sprintf(". %s drops the id that it kept and looks for a match the next time", r.product)
	}
	r.fail(c, exchange, r.code(c, a, problem), problem)
	return false
}

// code is the vendor's name for what went wrong, "" when it has none. A success with which something is
// wrong is one that does not speak SCIM.
func (r *run) code(c call, a answer, problem string) string {
	codes := r.knobs.Codes.Value
	switch {
	case strings.HasPrefix(problem, duplicate):
		return codes.Duplicate
	case a.ok():
		return codes.Unparsable
	case a.status == http.StatusUnauthorized:
		return codes.Credentials
	case a.status == http.StatusNotFound && !c.lookup:
		return codes.Gone
	default:
		return ""
	}
}

func (r *run) unanswered(ctx context.Context, c call, exchange control.Exchange, err error) {
	r.mu.Lock()
	r.silent++
	reason := err.Error()
	if ctx.Err() != nil {
		r.stopped = true
		reason += "; the rest is left for the next push"
	} else if r.silent >= silenceLimit {
		r.stopped = true
		reason += fmt.Sprintf("; %d requests in a row went without an answer, so the fake IdP leaves the rest for the next push", r.silent)
	}
	r.mu.Unlock()
	code := ""
	if errors.Is(err, errTimeout) {
		code = r.knobs.Codes.Value.Timeout
	}
	r.fail(c, exchange, code, reason)
}

// wait sits out a 429 and reports whether to try again.
func (r *run) wait(ctx context.Context, c call, exchange control.Exchange, a answer, b *backoff) bool {
	d, why, ok := b.next(a.header)
	tooMany := r.knobs.Codes.Value.TooMany
	if !ok {
		reason := fmt.Sprintf("Too Many Requests. %s gives up after %d attempts; an administrator has to retry the task", r.product, b.policy.Attempts)
		if b.policy.Attempts <= 1 {
			reason = fmt.Sprintf("Too Many Requests. %s does not try again in this push", r.product)
		}
		r.fail(c, exchange, tooMany, reason)
		return false
	}
	plan := fmt.Sprintf("%s waits %s (%s) before attempt %d of %d", r.product, d, why, b.waited+1, b.policy.Attempts)
	if d > r.engine.options.MaxWait {
		r.stop()
		r.fail(c, exchange, tooMany, fmt.Sprintf("Too Many Requests. %s; the fake IdP waits at most %s and leaves the rest for the next push", plan, r.engine.options.MaxWait))
		return false
	}
	r.record(c, exchange, plan, false)
	if err := r.engine.options.Sleep(ctx, d); err != nil {
		r.stop()
		unsent := control.Exchange{Time: r.engine.Now(), Method: c.method, URL: r.redact.text(r.url(c)), Error: "not sent: the push was interrupted"}
		r.record(c, unsent, "the push was interrupted while it waited; the rest is left for the next push", true)
		return false
	}
	return true
}

func (r *run) fail(c call, exchange control.Exchange, code, reason string) {
	if code != "" {
		reason = code + ": " + reason
	}
	text := fmt.Sprintf("%s marks the task failed: %s", r.product, r.message(c, reason))
	if !c.provisions() {
		r.record(c, exchange, text, true)
		return
	}
	r.mu.Lock()
	known, again := r.troubled[c.subject]
	r.troubled[c.subject] = trouble{Reason: reason, Reference: c.task == taskReference && (!again || known.Reference)}
	r.mu.Unlock()
	if next, ok := r.state.nextTry(c.subject, r.at, r.knobs.Escrow.Value); ok {
		text += fmt.Sprintf(". %s puts the object into escrow and tries again at %s", r.product, next.Format(time.RFC3339))
	}
	r.record(c, exchange, text, true)
}

func (r *run) record(c call, exchange control.Exchange, verdict string, failed bool) {
	step := &control.Step{
		App:      r.app.ID,
		Task:     c.task,
		Subject:  c.subject,
		Why:      c.why,
		Exchange: exchange,
		Verdict:  r.redact.text(verdict),
		Failed:   failed,
	}
	r.state.record(step)
	r.keep(step)
	if logger := r.engine.options.Logger; logger.Enabled(context.Background(), slog.LevelDebug) {
		logger.Debug("provisioning step", "app", step.App, "task", step.Task, "subject", step.Subject,
			"method", exchange.Method, "status", exchange.Status, "failed", failed)
	}
}

// keep adds a step to the report. Of a long run only the latest steps are kept.
func (r *run) keep(step *control.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if step.Failed {
		r.failed++
	}
	if len(r.steps) >= 2*logSteps {
		r.steps = slices.Delete(r.steps, 0, logSteps)
	}
	r.steps = append(r.steps, step)
}

// message fills in the vendor's text for a failed task.
func (r *run) message(c call, reason string) string {
	if c.doing != "" {
		reason = c.doing + ": " + reason
	}
	name := r.app.Name
	if name == "" {
		name = r.app.ID
	}
	fill := strings.NewReplacer("{user}", c.who, "{group}", c.who, "{app}", name, "{reason}", reason)
	return fill.Replace(r.template(c.task))
}

func (r *run) template(task string) string {
	m := r.knobs.Messages.Value
	switch task {
	case taskJoiner:
		return m.Joiner
	case taskUpdate:
		return m.Update
	case taskDeactivate:
		return m.Deactivate
	case taskReactivate:
		return m.Reactivate
	case taskDelete:
		return m.Delete
	case taskReference:
		return m.Update
	case taskImport:
		return m.Import
	case taskTest:
		return m.Test
	default:
		return m.Group
	}
}
