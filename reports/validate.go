package reports

import (
	"errors"
	"fmt"
	"slices"
)

// Validate reports the first thing that makes r unfit to be judged or rendered: a missing list, an
// unknown level, outcome or verdict, a negative count, a check without an ID, an ID that occurs twice.
// It does not ask whether the verdict follows from the checks; Fold computes it and reports/gate
// doubts it.
func (r *Report) Validate() error {
	if r.Schema != Schema {
		return fmt.Errorf("schema: got %q, want %q", r.Schema, Schema)
	}
	if err := validVerdict(r.Verdict); err != nil {
		return fmt.Errorf("verdict: %w", err)
	}
	if r.Profiles == nil {
		return errors.New("profiles: missing")
	}
	if r.Checks == nil {
		return errors.New("checks: missing")
	}
	if err := r.validateProfiles(); err != nil {
		return err
	}
	return r.validateChecks()
}

func (r *Report) validateProfiles() error {
	seen := map[string]bool{}
	for i, p := range r.Profiles {
		if p.Name == "" {
			return fmt.Errorf("profiles[%d].name: missing", i)
		}
		if seen[p.Name] {
			return fmt.Errorf("profiles[%d].name: %q occurs twice", i, p.Name)
		}
		seen[p.Name] = true
		if err := validVerdict(p.Verdict); err != nil {
			return fmt.Errorf("profiles[%d] (%s).verdict: %w", i, p.Name, err)
		}
		for outcome, n := range p.Counts {
			if !slices.Contains(Outcomes(), outcome) {
				return fmt.Errorf("profiles[%d] (%s).counts: unknown outcome %q", i, p.Name, outcome)
			}
			if n < 0 {
				return fmt.Errorf("profiles[%d] (%s).counts.%s: negative", i, p.Name, outcome)
			}
		}
		if p.Deselected < 0 {
			return fmt.Errorf("profiles[%d] (%s).deselected: negative", i, p.Name)
		}
	}
	return nil
}

func (r *Report) validateChecks() error {
	seen := map[string]bool{}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.ID == "" {
			return fmt.Errorf("checks[%d].id: missing", i)
		}
		if seen[c.ID] {
			return fmt.Errorf("checks[%d].id: %q occurs twice", i, c.ID)
		}
		seen[c.ID] = true
		if !slices.Contains([]Level{Must, Should, May}, c.Level) {
			return fmt.Errorf("checks[%d] (%s).level: unknown level %q; want must, should or may", i, c.ID, c.Level)
		}
		if !slices.Contains(Outcomes(), c.Outcome) {
			return fmt.Errorf("checks[%d] (%s).outcome: unknown outcome %q; want one of %v", i, c.ID, c.Outcome, Outcomes())
		}
	}
	return nil
}

func validVerdict(v Verdict) error {
	if slices.Contains([]Verdict{Conformant, Nonconformant, Incomplete}, v) {
		return nil
	}
	return fmt.Errorf("unknown verdict %q; want conformant, nonconformant or incomplete", v)
}
