package reports

import (
	"slices"
	"sort"
)

// Fold computes the profiles and the overall verdict from the checks.
//
// A must that fails makes its profile nonconformant; a must that is not-run, in error or deselected
// makes it incomplete; otherwise it is conformant. A profile in which every check is not-applicable is
// not claimed by the target: it gets no verdict and is listed in NotClaimed, unless the operator asked
// for it by name, in which case it is incomplete. A profile, or a run, in which no check was really
// tried is incomplete: nothing was seen that could speak for the target.
//
// The overall verdict is the worst of the profiles and of the checks that belong to no profile.
//
// deselected holds the checks that the selection left out.
func (r *Report) Fold(deselected []Check) {
	byName := r.tally(deselected)
	r.Profiles, r.NotClaimed = nil, nil
	r.Verdict = Conformant
	for _, p := range byName {
		if !p.claimed() && !slices.Contains(r.Run.Selection.Profiles, p.Name) {
			r.NotClaimed = append(r.NotClaimed, p.Name)
			continue
		}
		if p.Ran() == 0 {
			p.Verdict = Worse(p.Verdict, Incomplete)
		}
		r.Profiles = append(r.Profiles, *p)
		r.Verdict = Worse(r.Verdict, p.Verdict)
	}
	for i := range r.Checks {
		r.Verdict = Worse(r.Verdict, r.Checks[i].verdict())
	}
	if r.Ran() == 0 || !r.Run.Complete {
		r.Verdict = Worse(r.Verdict, Incomplete)
	}
	sort.Strings(r.NotClaimed)
	sort.Slice(r.Profiles, func(i, j int) bool { return r.Profiles[i].Name < r.Profiles[j].Name })
}

// tally counts the outcomes of every profile that the report's checks name, and what its checks say
// about it. A deselected check counts only in a profile that has other checks in the report.
func (r *Report) tally(deselected []Check) map[string]*Profile {
	byName := map[string]*Profile{}
	for i := range r.Checks {
		c := &r.Checks[i]
		for _, name := range c.Profiles {
			p, ok := byName[name]
			if !ok {
				p = newProfile(name)
				byName[name] = p
			}
			p.Counts[c.Outcome]++
			p.Verdict = Worse(p.Verdict, c.verdict())
		}
	}
	for _, c := range deselected {
		if c.Level != Must {
			continue
		}
		for _, name := range c.Profiles {
			if p, ok := byName[name]; ok {
				p.Deselected++
				p.Verdict = Worse(p.Verdict, Incomplete)
			}
		}
	}
	return byName
}

// newProfile returns a profile with a zero for every outcome, so that a report shows all six.
func newProfile(name string) *Profile {
	p := &Profile{Name: name, Verdict: Conformant, Counts: map[Outcome]int{}}
	for _, o := range Outcomes() {
		p.Counts[o] = 0
	}
	return p
}

// claimed reports whether any check of the profile applied to the target.
func (p *Profile) claimed() bool {
	for outcome, n := range p.Counts {
		if outcome != NotApplicable && n > 0 {
			return true
		}
	}
	return false
}

// verdict is what one check alone says about its profiles.
func (c *Check) verdict() Verdict {
	if c.Level != Must {
		return Conformant
	}
	switch c.Outcome {
	case Fail:
		return Nonconformant
	case Pass, Warn, NotApplicable:
		return Conformant
	default: // NotRun, Error, and an outcome that nobody set: not judged
		return Incomplete
	}
}

// Worse returns the worse of two verdicts: nonconformant, then incomplete, then conformant.
func Worse(a, b Verdict) Verdict {
	if a == Nonconformant || b == Nonconformant {
		return Nonconformant
	}
	if a == Incomplete || b == Incomplete {
		return Incomplete
	}
	return Conformant
}

// Counts adds up the outcomes of all checks of the report.
func (r *Report) Counts() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, c := range r.Checks {
		counts[c.Outcome]++
	}
	return counts
}

// Ran counts the checks that were really tried.
func (r *Report) Ran() int {
	return ran(r.Counts())
}

// Ran counts the checks of the profile that were really tried.
func (p *Profile) Ran() int {
	return ran(p.Counts)
}

func ran(n map[Outcome]int) int {
	return n[Pass] + n[Fail] + n[Warn]
}
