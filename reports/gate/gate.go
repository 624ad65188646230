package gate

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"assay/reports"
)

// The exit codes that a report can lead to. Usage errors (2) and defects of the harness (4) are
// decided by the command, which knows of them.
const (
	ExitConformant    = 0
	ExitNonconformant = 1
	ExitIncomplete    = 3
)

// RunSubject and ProfilePrefix name the subject of a finding that is about no single check.
const (
	RunSubject    = "run"
	ProfilePrefix = "profile "
)

// Finding is one thing that keeps a decision from being green. ID is the check's ID, or "run", or
// "profile NAME".
type Finding struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Decision is what a report means for CI, given a baseline.
type Decision struct {
	// Verdict is the report's verdict without the failures that the baseline accepts. It may be
	// conformant while ExitCode is 1: that is a target in order and a baseline that is not.
	Verdict  reports.Verdict `json:"verdict"`
	ExitCode int             `json:"exit_code"`
	// Regressions are the failing must-level checks that no entry accepts.
	Regressions []Finding `json:"regressions"`
	// Stale are the entries that no longer describe the target.
	Stale []Finding `json:"stale"`
	// Known are the IDs of the failures that the baseline accepts, sorted.
	Known []string `json:"known"`
	// Incomplete is everything that keeps the run from vouching for the target.
	Incomplete []Finding `json:"incomplete"`
}

// Judge decides about r under baseline b (nil for none) at the time now.
//
// It sets Known and KnownReason of every check in r, to true exactly where b accepts a failure, and
// leaves the rest of r alone: the report's own verdict stays what is true of the target.
//
// A fail, warn or not-run that an entry names is accepted; an error of the harness never is. An entry
// is stale when its check passes or is not applicable, is not in a report of everything, fails for a
// reason that does not begin with Expect, or when its Until day is over; what a stale entry names is
// then not accepted. An entry whose check the selection or an interrupt kept out is not judged.
//
// Exit codes: 3 when nothing ran; else 1 for a regression or a stale entry; else 3 when a required
// check could not be judged or was left out, or the run was interrupted; else 0.
func Judge(r *reports.Report, b *Baseline, now time.Time) Decision {
	forget(r)
	before := weigh(r).verdict()
	known, stale := applyBaseline(r, b, now)
	d := weigh(r)
	d.Known, d.Stale = known, stale
	if reports.Worse(before, r.Verdict) != before {
		d.incomplete(RunSubject, fmt.Sprintf("the report calls itself %s, which its checks do not explain", r.Verdict))
	}
	d.Verdict = d.verdict()
	d.ExitCode = d.exitCode(r)
	return *d
}

// forget removes the marks of an earlier judgement, which may have known another baseline.
func forget(r *reports.Report) {
	for i := range r.Checks {
		r.Checks[i].Known, r.Checks[i].KnownReason = false, ""
	}
}

// weigh collects what speaks against r, apart from the failures that are marked as known.
func weigh(r *reports.Report) *Decision {
	d := &Decision{Regressions: []Finding{}, Incomplete: []Finding{}}
	d.weighChecks(r)
	d.weighProfiles(r)
	if r.Ran() == 0 {
		d.incomplete(RunSubject, "no check ran")
	}
	if !r.Run.Complete {
		d.incomplete(RunSubject, strings.TrimSuffix("the run was interrupted: "+r.Run.Note, ": "))
	}
	return d
}

func (d *Decision) incomplete(id, reason string) {
	d.Incomplete = append(d.Incomplete, Finding{ID: id, Reason: reason})
}

func (d *Decision) verdict() reports.Verdict {
	switch {
	case len(d.Regressions) > 0:
		return reports.Nonconformant
	case len(d.Incomplete) > 0:
		return reports.Incomplete
	default:
		return reports.Conformant
	}
}

func (d *Decision) exitCode(r *reports.Report) int {
	switch {
	case r.Ran() == 0:
		return ExitIncomplete
	case d.Verdict == reports.Nonconformant, len(d.Stale) > 0:
		return ExitNonconformant
	case d.Verdict == reports.Incomplete:
		return ExitIncomplete
	default:
		return ExitConformant
	}
}

// applyBaseline marks the checks whose failure an entry accepts; it returns their IDs and the entries
// that have gone stale.
func applyBaseline(r *reports.Report, b *Baseline, now time.Time) (known []string, stale []Finding) {
	known, stale = []string{}, []Finding{}
	if b == nil {
		return known, stale
	}
	byID := make(map[string]*reports.Check, len(r.Checks))
	for i := range r.Checks {
		byID[r.Checks[i].ID] = &r.Checks[i]
	}
	for _, e := range b.Entries {
		c, there := byID[e.ID]
		if !there && partial(r) {
			continue
		}
		if why := staleness(e, c, now); why != "" {
			stale = append(stale, Finding{ID: e.ID, Reason: why})
			continue
		}
		if c.Outcome == reports.Error {
			continue
		}
		c.Known, c.KnownReason = true, e.Reason
		known = append(known, c.ID)
	}
	sort.Strings(known)
	return known, stale
}

// partial reports whether a check may be absent because the run did not get to it or was told to
// leave it out.
func partial(r *reports.Report) bool {
	s := r.Run.Selection
	return !r.Run.Complete || len(s.Only)+len(s.Exclude)+len(s.Levels)+len(s.Profiles) > 0
}

// staleness says why e no longer describes its check c (nil when it is not in the report); it is
// empty for an entry that still holds.
func staleness(e Entry, c *reports.Check, now time.Time) string {
	if c == nil {
		return "matches no check of this report"
	}
	switch c.Outcome {
	case reports.Pass:
		return "the check passes now; remove the entry"
	case reports.NotApplicable:
		return "the check does not apply to this target, so there is no failure to accept"
	}
	end, err := e.expiry()
	if err != nil { // only an entry that did not come from ReadBaseline
		return "until: " + err.Error()
	}
	if !end.IsZero() && !now.Before(end) {
		return "accepted until " + e.Until + ", which is over"
	}
	if !strings.HasPrefix(c.Reason, e.Expect) {
		return fmt.Sprintf("fails differently: expected a reason that begins with %q, got %q", e.Expect, c.Reason)
	}
	return ""
}

// weighChecks sorts the required checks that are neither in order nor accepted.
func (d *Decision) weighChecks(r *reports.Report) {
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Level != reports.Must || c.Known {
			continue
		}
		switch c.Outcome {
		case reports.Pass, reports.Warn, reports.NotApplicable:
		case reports.Fail:
			d.Regressions = append(d.Regressions, Finding{ID: c.ID, Reason: c.Reason})
		default: // not-run, error, or an outcome that nobody set
			d.incomplete(c.ID, string(c.Outcome)+": "+c.Reason)
		}
	}
}

// weighProfiles finds the profiles about which too little was seen.
func (d *Decision) weighProfiles(r *reports.Report) {
	accepted := map[string]bool{}
	for i := range r.Checks {
		for _, name := range r.Checks[i].Profiles {
			accepted[name] = accepted[name] || r.Checks[i].Known
		}
	}
	for i := range r.Profiles {
		p := &r.Profiles[i]
		id := ProfilePrefix + p.Name
		if p.Deselected > 0 {
			d.incomplete(id, fmt.Sprintf("required checks that the selection left out: %d", p.Deselected))
		}
		if p.Ran() == 0 && !accepted[p.Name] {
			d.incomplete(id, "none of its checks ran")
		}
	}
}
