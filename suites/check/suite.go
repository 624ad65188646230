package check

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/onsi/ginkgo/v2"

	"assay/fakeidp/control"
	"assay/reports"
	"assay/suites/target"
)

// Limits of a run.
const (
	specTimeout    = 90 * time.Second // for one check
	cleanupTimeout = 15 * time.Second // for removing what a check made
)

// Suite is one run's set of checks. Areas register their checks on it; nothing is package-level, so
// that several runs can follow each other in one process.
type Suite struct {
	Target *target.Target
	IdP    *control.Client // nil when no fake IdP takes part
	RunID  string          // part of the name of everything that the run makes

	claims   map[target.Capability]target.Claim
	selected func(reports.Check) bool
	report   func(reports.Check)
	tree     bool // Ginkgo's tree is being built; otherwise the checks are only listed

	checks     []reports.Check
	deselected []reports.Check
	serial     atomic.Int64
	scenario   *scenario
	userNames  sync.Map // of the users made, as the target gives them: in lower case -> as sent
}

// Run is what a Suite needs to run its checks rather than to list them.
type Run struct {
	ID       string
	Target   *target.Target
	Claims   map[target.Capability]target.Claim
	IdP      *control.Client
	Selected func(reports.Check) bool
	Report   func(reports.Check) // called with the result of each check
}

// NewSuite returns a suite whose checks run with Ginkgo.
func NewSuite(run Run) *Suite {
	return &Suite{
		Target: run.Target, IdP: run.IdP, RunID: run.ID, claims: run.Claims,
		selected: run.Selected, report: run.Report, tree: true,
	}
}

// NewListing returns a suite that only collects what is registered on it.
func NewListing() *Suite {
	return &Suite{selected: func(reports.Check) bool { return true }}
}

// Checks returns the selected checks in the order of their registration, without results.
func (s *Suite) Checks() []reports.Check { return s.checks }

// Deselected returns the checks that the selection left out.
func (s *Suite) Deselected() []reports.Check { return s.deselected }

// Describe groups checks on one topic. The checks in it are independent of each other.
func (s *Suite) Describe(text string, body func()) {
	if !s.tree {
		body()
		return
	}
	ginkgo.Describe(text, ginkgo.Label(text), body)
}

// scenario keeps what the checks of one story made until the story ends.
type scenario struct {
	cleanups []func(context.Context) error
}

// Scenario groups checks that tell one story, in order. What one of them makes, the later ones see;
// it is removed when the story ends.
func (s *Suite) Scenario(text string, body func()) {
	if !s.tree {
		body()
		return
	}
	ginkgo.Describe(text, ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.Label(text), func() {
		story := &scenario{}
		s.scenario = story
		defer func() { s.scenario = nil }()
		body()
		ginkgo.AfterAll(func(ctx ginkgo.SpecContext) { cleanUp(ctx, story.cleanups) })
	})
}

// It registers a check.
func (s *Suite) It(spec Spec, body func(*T)) {
	described := spec.check()
	if !s.selected(described) {
		s.deselected = append(s.deselected, described)
		return
	}
	s.checks = append(s.checks, described)
	if !s.tree {
		return
	}
	story := s.scenario
	ginkgo.It(spec.ID, ginkgo.SpecTimeout(specTimeout), func(ctx ginkgo.SpecContext) {
		s.run(ctx, described, spec, story, body)
	})
}

// unmet returns why a check is not applicable, or "".
func (s *Suite) unmet(needs []target.Capability) string {
	for _, need := range needs {
		if need == target.IdP {
			if s.IdP == nil {
				return "no fake IdP takes part in this run"
			}
			continue
		}
		if claim := s.claims[need]; !claim.Claimed {
			return fmt.Sprintf("the target does not claim %s (%s)", need, claim.Source)
		}
	}
	return ""
}

// run tries one check, reports the result, and tells Ginkgo of it.
func (s *Suite) run(ctx context.Context, result reports.Check, spec Spec, story *scenario, body func(*T)) {
	t := &T{suite: s, ctx: ctx, level: spec.Level, story: story}
	started := time.Now()
	if reason := s.unmet(spec.Needs); reason != "" {
		t.end = &ending{outcome: reports.NotApplicable, reason: reason}
	} else {
		t.try(body)
	}
	result.DurationMS = float64(time.Since(started).Microseconds()) / 1000
	t.fill(&result)
	s.report(result)
	cleanUp(ctx, t.cleanups)
	switch result.Outcome {
	case reports.Fail, reports.Error:
		ginkgo.Fail(result.Reason)
	case reports.NotRun, reports.NotApplicable:
		ginkgo.Skip(result.Reason)
	}
}

// cleanUp removes what was made, newest first, even when the run was interrupted. What cannot be
// removed is left for "assay clean".
func cleanUp(ctx context.Context, cleanups []func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	for i := len(cleanups) - 1; i >= 0; i-- {
		if err := cleanups[i](ctx); err != nil {
			ginkgo.GinkgoWriter.Printf("clean up: %v\n", err)
		}
	}
}
