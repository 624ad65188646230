package push

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// silenceLimit is how many requests in a row may go unanswered before the rest of a run is left for the
// next one: every request to a dead target costs a whole time-out.
const silenceLimit = 3

// run is one push, test or import of one app.
type run struct {
	engine  *Engine
	app     control.App
	conn    control.SCIM
	product string
	knobs   persona.SCIM
	state   *state
	redact  redactor

	steps    []control.Step
	failed   int
	silent   int  // requests without an answer, in a row
	stopped  bool // nothing more is sent
	imported int  // bytes
}

// The tasks that steps are filed under.
const (
	taskJoiner      = "joiner"
	taskUpdate      = "update"
	taskDeactivate  = "deactivate"
	taskReactivate  = "reactivate"
	taskGroupPush   = "group-push"
	taskMembership  = "membership"
	taskRename      = "rename"
	taskGroupDelete = "group-delete"
	taskImport      = "import"
	taskTest        = "test"
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

	// judge reads an answer that arrived and was not 429. It returns what the vendor does next, or the
	// problem that fails the task.
	judge func(answer) (verdict, problem string)
}

func (r *run) end() { r.state.give() }

func (r *run) report() control.Push { return control.Push{Steps: r.steps, Failed: r.failed} }

func (r *run) timeout() time.Duration {
	if r.engine.options.Timeout > 0 {
		return r.engine.options.Timeout
	}
	return r.knobs.Timeout.Value
}

// do sends a request, again after 429 as the persona does, and records each attempt as a step. It
// reports whether the task may go on.
func (r *run) do(ctx context.Context, c call) (answer, bool) {
	if r.stopped {
		return answer{}, false
	}
	retries := backoff{policy: r.knobs.Retry.Value}
	for {
		a, exchange := r.exchange(ctx, c)
		if a.err != nil {
			r.unanswered(ctx, c, exchange, a.err)
			return a, false
		}
		r.silent = 0
		if a.status != http.StatusTooManyRequests {
			return a, r.conclude(c, exchange, a)
		}
		if !r.wait(ctx, c, exchange, a, &retries) {
			return a, false
		}
	}
}

func (r *run) conclude(c call, exchange control.Exchange, a answer) bool {
	verdict, problem := c.judge(a)
	if problem != "" {
		r.fail(c, exchange, problem)
		return false
	}
	r.record(c, exchange, verdict, false)
	return true
}

func (r *run) unanswered(ctx context.Context, c call, exchange control.Exchange, err error) {
	r.silent++
	reason := err.Error()
	if ctx.Err() != nil {
		r.stopped = true
		reason += "; the rest is left for the next push"
	} else if r.silent >= silenceLimit {
		r.stopped = true
		reason += fmt.Sprintf("; %d requests in a row went without an answer, so the fake IdP leaves the rest for the next push", r.silent)
	}
	r.fail(c, exchange, reason)
}

// wait sits out a 429 and reports whether to try again.
func (r *run) wait(ctx context.Context, c call, exchange control.Exchange, a answer, b *backoff) bool {
	d, why, ok := b.next(a.header)
	if !ok {
		r.fail(c, exchange, fmt.Sprintf("Too Many Requests. %s gives up after %d attempts; an administrator has to retry the task", r.product, b.policy.Attempts))
		return false
	}
	plan := fmt.Sprintf("%s waits %s (%s) before attempt %d of %d", r.product, d, why, b.waited+1, b.policy.Attempts)
	if d > r.engine.options.MaxWait {
		r.stopped = true
		r.fail(c, exchange, fmt.Sprintf("Too Many Requests. %s; the fake IdP waits at most %s and leaves the rest for the next push", plan, r.engine.options.MaxWait))
		return false
	}
	r.record(c, exchange, plan, false)
	if err := r.engine.options.Sleep(ctx, d); err != nil {
		r.stopped = true
		unsent := control.Exchange{Time: r.engine.now(), Method: c.method, URL: r.redact.text(r.url(c)), Error: "not sent: the push was interrupted"}
		r.record(c, unsent, "the push was interrupted while it waited; the rest is left for the next push", true)
		return false
	}
	return true
}

func (r *run) fail(c call, exchange control.Exchange, reason string) {
	r.record(c, exchange, fmt.Sprintf("%s marks the task failed: %s", r.product, r.message(c, reason)), true)
}

func (r *run) record(c call, exchange control.Exchange, verdict string, failed bool) {
	step := r.state.record(control.Step{
		App:      r.app.ID,
		Task:     c.task,
		Subject:  c.subject,
		Why:      c.why,
		Exchange: exchange,
		Verdict:  r.redact.text(verdict),
		Failed:   failed,
	})
	r.steps = append(r.steps, step)
	if failed {
		r.failed++
	}
	r.engine.options.Logger.Debug("provisioning step", "app", step.App, "task", step.Task, "subject", step.Subject,
		"method", exchange.Method, "status", exchange.Status, "failed", failed)
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
	case taskImport:
		return m.Import
	case taskTest:
		return m.Test
	default:
		return m.Group
	}
}
