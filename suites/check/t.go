package check

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/fakeidp/control"
	"assay/reports"
	"assay/suites/target"
	"assay/suites/wire"
)

// T is what the body of a check works with. Its requests are recorded. The first expectation that is
// not met ends the check.
type T struct {
	suite     *Suite
	ctx       context.Context
	level     reports.Level
	story     *scenario
	exchanges []reports.Exchange
	cleanups  []func(context.Context) error
	made      []string // the paths of the resources that the check made
	controls  int
	asserted  int
	end       *ending
}

// ending is how a check ended early. It is also what the body panics with.
type ending struct {
	outcome reports.Outcome
	reason  string
	finding Finding
}

// Context is cancelled when the check must stop.
func (t *T) Context() context.Context { return t.ctx }

// Target is the implementation under test.
func (t *T) Target() *target.Target { return t.suite.Target }

// IdP is the fake IdP of the run; checks that use it need target.IdP.
func (t *T) IdP() *control.Client { return t.suite.IdP }

// Claims reports whether the target claims a capability.
func (t *T) Claims(c target.Capability) bool { return t.suite.claims[c].Claimed }

// Assertion is a value of which something is about to be expected.
type Assertion struct {
	t      *T
	actual any
	about  string
}

// Expect starts an expectation: t.Expect(actual).To(matcher).
func (t *T) Expect(actual any) Assertion { return Assertion{t: t, actual: actual} }

// ExpectThat is Expect for a value that needs words to be understood in a report, such as "the user
// after the second PATCH".
func (t *T) ExpectThat(about string, actual any) Assertion {
	return Assertion{t: t, actual: actual, about: about}
}

// To ends the check with a failure when the matcher does not match (with a warning below level must).
// A matcher that asks for a rejection needs a positive control before it; without one the check is in
// error, because a target that rejects everything would pass it.
func (a Assertion) To(matcher types.GomegaMatcher) {
	if r, ok := matcher.(rejection); ok && r.Rejects() && a.t.controls == 0 {
		a.t.stop(reports.Error, "the check expects a rejection but has no positive control", Finding{})
	}
	a.t.asserted++
	finding, ok := judge(a.actual, matcher)
	if ok {
		return
	}
	if a.about != "" {
		finding.Where = strings.TrimSuffix(a.about+", "+finding.Where, ", ")
	}
	outcome := reports.Fail
	if a.t.level != reports.Must {
		outcome = reports.Warn
	}
	a.t.stop(outcome, finding.String(), finding)
}

// Control is the positive control of a rejection: the well-formed twin of the request, which must be
// accepted. When it is not, the check is not-run, because the rejection would prove nothing.
func (t *T) Control(actual any, matcher types.GomegaMatcher) {
	if finding, ok := judge(actual, matcher); !ok {
		t.stop(reports.NotRun, "the positive control was not accepted: "+finding.String(), finding)
	}
	t.controls++
}

// Require checks a step of the set-up. When it does not hold the check is not-run, with the reason.
func (t *T) Require(what string, actual any, matcher types.GomegaMatcher) {
	if finding, ok := judge(actual, matcher); !ok {
		t.stop(reports.NotRun, what+": "+finding.String(), finding)
	}
}

// Fail ends the check with a failure (a warning below level must) that no matcher describes.
func (t *T) Fail(where, got string, wanted ...string) {
	finding := Finding{Where: where, Wanted: wanted, Got: got}
	outcome := reports.Fail
	if t.level != reports.Must {
		outcome = reports.Warn
	}
	t.stop(outcome, finding.String(), finding)
}

// NotRun ends the check because it could not be tried.
func (t *T) NotRun(format string, args ...any) {
	t.stop(reports.NotRun, fmt.Sprintf(format, args...), Finding{})
}

// NotApplicable ends the check because the target does not claim what it is about, which only turned
// out on the way.
func (t *T) NotApplicable(format string, args ...any) {
	t.stop(reports.NotApplicable, fmt.Sprintf(format, args...), Finding{})
}

// Record adds an exchange that the check did not make itself, such as one of the fake IdP.
func (t *T) Record(e reports.Exchange) {
	t.exchanges = append(t.exchanges, t.suite.Target.Redact.Exchange(e))
}

// Cleanup registers something to undo after the check, or after the scenario that it is part of.
func (t *T) Cleanup(undo func(context.Context) error) {
	if t.story != nil {
		t.story.cleanups = append(t.story.cleanups, undo)
		return
	}
	t.cleanups = append(t.cleanups, undo)
}

// record keeps the exchange of a response.
func (t *T) record(res *wire.Response) *wire.Response {
	t.exchanges = append(t.exchanges, res.Exchange)
	return res
}

func (t *T) stop(outcome reports.Outcome, reason string, finding Finding) {
	if t.ctx.Err() != nil && outcome != reports.Error {
		outcome, reason = reports.NotRun, "the check was stopped before it could finish: "+reason
	}
	panic(&ending{outcome: outcome, reason: reason, finding: finding})
}

// try runs the body. A panic that is not an ending is a defect of the check.
func (t *T) try(body func(*T)) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case *ending:
			t.end = cause
		default:
			t.end = &ending{outcome: reports.Error, reason: fmt.Sprintf("the check panicked: %v\n%s", cause, debug.Stack())}
		}
	}()
	body(t)
	if t.asserted == 0 {
		t.stop(reports.Error, "the check asserted nothing", Finding{})
	}
}

// fill writes the outcome into the result.
func (t *T) fill(c *reports.Check) {
	c.Outcome, c.Exchanges = reports.Pass, t.exchanges
	if t.end == nil {
		return
	}
	redact := t.suite.Target.Redact
	c.Outcome = t.end.outcome
	c.Reason = redact.Text(t.end.reason)
	c.Where = redact.Text(t.end.finding.Where)
	c.Got = redact.Text(t.end.finding.Got)
	for _, wanted := range t.end.finding.Wanted {
		c.Wanted = append(c.Wanted, redact.Text(wanted))
	}
}
