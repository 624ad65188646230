// Package suites runs the checks against a target: it probes what the target claims, plans which
// checks apply, runs them with Ginkgo in this process, and folds their outcomes into a report.
package suites

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"

	"assay/fakeidp/control"
	"assay/reports"
	"assay/suites/check"
	"assay/suites/provisioning"
	"assay/suites/scim"
	"assay/suites/sso"
	"assay/suites/target"
)

// gracePeriod is how long a check may take to end once the run is interrupted.
const gracePeriod = 5 * time.Second

// Options say what to run against what.
type Options struct {
	Target    *target.Target
	TargetArg string          // how the operator named the target, for the command that repeats a check
	IdP       *control.Client // nil: the checks that need a fake IdP are not-applicable
	Selection reports.Selection
	Tool      reports.Tool
	OnStart   func(total int)        // called once the plan is known
	OnResult  func(reports.Check)    // called with the result of each check, in order
	Interrupt func() (reason string) // says why the run was interrupted, "" when it was not
	Now       func() time.Time       // nil: time.Now
	Logger    *slog.Logger           // nil: nothing is logged
}

// repeat is the command that runs one check again.
func (o Options) repeat(id string) string {
	argument := o.TargetArg
	if argument == "" {
		argument = o.Target.SCIM.Base()
	}
	return "assay run --target " + o.Target.Redact.URL(argument) + " --only " + id
}

// register puts every check of every area on a suite.
func register(s *check.Suite) {
	scim.Register(s)
	provisioning.Register(s)
	sso.Register(s)
}

// List returns every check, without results, ordered by ID.
func List() []reports.Check {
	listing := check.NewListing()
	register(listing)
	checks := slices.Clone(listing.Checks())
	sort.Slice(checks, func(i, j int) bool { return checks[i].ID < checks[j].ID })
	return checks
}

// ErrNothingSelected is returned when the selection leaves no check.
var ErrNothingSelected = errors.New("the selection leaves no check to run")

// Runner runs one suite at a time: Ginkgo builds and runs one tree at a time in a process, so there must
// not be two Runners at work in one.
type Runner struct{ lock sync.Mutex }

// Run probes the target and runs the selected checks against it. It returns a report in every case in
// which the target answered at all; when it did not, the error is target.ErrUnreachable and the report
// says so for each check.
func (r *Runner) Run(ctx context.Context, o Options) (*reports.Report, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(selectFrom(List(), o.Selection)) == 0 {
		return nil, ErrNothingSelected
	}
	report := newReport(o)
	claims, err := o.Target.Probe(ctx)
	if err != nil {
		report.unreachable(o, err)
		return &report.Report, err
	}
	run := &execution{options: o, results: map[string]reports.Check{}}
	suite := check.NewSuite(check.Run{
		ID: report.Run.ID, Target: o.Target, Claims: claims, IdP: o.IdP,
		Selected: func(c reports.Check) bool { return Selected(c, o.Selection) },
		Report:   run.add,
	})
	run.ginkgo(suite)
	report.collect(suite, run, o, claims)
	return &report.Report, nil
}

// execution gathers the results of one run.
type execution struct {
	options Options
	mu      sync.Mutex
	results map[string]reports.Check
}

func (e *execution) add(c reports.Check) {
	c.Repeat = e.options.repeat(c.ID)
	e.mu.Lock()
	e.results[c.ID] = c
	e.mu.Unlock()
	if e.options.OnResult != nil {
		e.options.OnResult(c)
	}
}

// failer is what Ginkgo tells that the suite failed. The outcomes say it better.
type failer struct{}

func (failer) Fail() {}

// ginkgo registers the checks and runs them. Ginkgo's own console output is silenced: ours is made
// from the outcomes.
func (e *execution) ginkgo(suite *check.Suite) {
	globals.Reset()
	formatter.ColorableStdOut, formatter.ColorableStdErr = io.Discard, io.Discard
	ginkgo.GinkgoWriter.ClearTeeWriters()
	register(suite)
	if e.options.OnStart != nil {
		e.options.OnStart(len(suite.Checks()))
	}
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	suiteConfig.Timeout = time.Hour
	suiteConfig.GracePeriod = gracePeriod
	suiteConfig.RandomSeed = 1
	suiteConfig.RandomizeAllSpecs = false
	reporterConfig.Succinct = true
	reporterConfig.NoColor = true
	ginkgo.RunSpecs(failer{}, "assay", suiteConfig, reporterConfig)
}

// draft is a report in the making.
type draft struct{ reports.Report }

func newReport(o Options) *draft {
	return &draft{reports.Report{
		Schema:       reports.Schema,
		Tool:         o.Tool,
		Run:          reports.Run{ID: newRunID(), Started: o.Now().UTC(), Complete: true, Selection: listed(o.Selection)},
		Target:       reports.Target{Name: o.Target.Name, URL: o.Target.Redact.URL(o.Target.SCIM.Base())},
		Capabilities: []reports.Capability{},
	}}
}

// listed makes the empty lists of a selection explicit, so that they are [] and not null in JSON.
func listed(s reports.Selection) reports.Selection {
	s.Only = append([]string{}, s.Only...)
	s.Exclude = append([]string{}, s.Exclude...)
	s.Levels = append([]reports.Level{}, s.Levels...)
	s.Profiles = append([]string{}, s.Profiles...)
	return s
}

// collect puts the results into the report, in the order of their IDs. A check without a result could
// not be tried, because the run was interrupted before it.
func (d *draft) collect(suite *check.Suite, run *execution, o Options, claims map[target.Capability]target.Claim) {
	reason := ""
	if o.Interrupt != nil {
		reason = o.Interrupt()
	}
	for _, c := range suite.Checks() {
		result, ok := run.results[c.ID]
		if !ok {
			c.Outcome, c.Reason = reports.NotRun, "the run ended before this check"
			c.Repeat = o.repeat(c.ID)
			d.Run.Complete = false
			result = c
		}
		d.Checks = append(d.Checks, result)
	}
	if reason != "" {
		d.Run.Complete, d.Run.Note = false, reason
	}
	d.finish(o, suite.Deselected())
	d.capabilities(claims)
}

// unreachable reports every selected check as not-run.
func (d *draft) unreachable(o Options, cause error) {
	all := List()
	for _, c := range selectFrom(all, o.Selection) {
		c.Outcome, c.Reason = reports.NotRun, o.Target.Redact.Text(cause.Error())
		c.Repeat = o.repeat(c.ID)
		d.Checks = append(d.Checks, c)
	}
	var rest []reports.Check
	for _, c := range all {
		if !Selected(c, o.Selection) {
			rest = append(rest, c)
		}
	}
	d.Run.Note = o.Target.Redact.Text(cause.Error())
	d.finish(o, rest)
}

func (d *draft) finish(o Options, deselected []reports.Check) {
	sort.Slice(d.Checks, func(i, j int) bool { return d.Checks[i].ID < d.Checks[j].ID })
	d.Run.Ended = o.Now().UTC()
	d.Fold(deselected)
}

// capabilities lists what the target claims beside what the checks that needed it saw.
func (d *draft) capabilities(claims map[target.Capability]target.Claim) {
	for name, claim := range claims {
		c := reports.Capability{Name: string(name), Claimed: claim.Claimed, Source: claim.Source}
		if seen, judged := d.observed(string(name)); judged {
			c.Observed = &seen
		}
		d.Capabilities = append(d.Capabilities, c)
	}
	sort.Slice(d.Capabilities, func(i, j int) bool { return d.Capabilities[i].Name < d.Capabilities[j].Name })
}

// observed reports whether a check that needs the capability passed; judged is false when none ran.
func (d *draft) observed(capability string) (seen, judged bool) {
	for _, c := range d.Checks {
		if !slices.Contains(c.Needs, capability) {
			continue
		}
		switch c.Outcome {
		case reports.Pass:
			return true, true
		case reports.Fail, reports.Warn:
			judged = true
		}
	}
	return false, judged
}

// newRunID makes the part of a name that tells this run's resources from all others.
func newRunID() string {
	var random [4]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic(fmt.Sprintf("no randomness: %v", err))
	}
	return hex.EncodeToString(random[:])
}

// RunIDPattern matches the name of a resource that a run made, and captures the run's ID.
const RunIDPattern = `^assay-([0-9a-f]{8})-`

// selectFrom returns the selected checks.
func selectFrom(checks []reports.Check, s reports.Selection) []reports.Check {
	var selected []reports.Check
	for _, c := range checks {
		if Selected(c, s) {
			selected = append(selected, c)
		}
	}
	return selected
}

// Selected reports whether a selection includes a check. Only and Exclude hold IDs or patterns: "*"
// stands for any run of characters, and a prefix of whole words selects everything below it.
func Selected(c reports.Check, s reports.Selection) bool {
	if len(s.Only) > 0 && !slices.ContainsFunc(s.Only, func(p string) bool { return Matches(p, c.ID) }) {
		return false
	}
	if slices.ContainsFunc(s.Exclude, func(p string) bool { return Matches(p, c.ID) }) {
		return false
	}
	if len(s.Levels) > 0 && !slices.Contains(s.Levels, c.Level) {
		return false
	}
	return len(s.Profiles) == 0 || slices.ContainsFunc(s.Profiles, func(p string) bool {
		return slices.Contains(c.Profiles, p)
	})
}

// Matches reports whether a pattern of a selection matches a check ID.
func Matches(pattern, id string) bool {
	if pattern == id || strings.HasPrefix(id, pattern+".") {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 || !strings.HasPrefix(id, parts[0]) {
		return false
	}
	rest := id[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
