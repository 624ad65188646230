package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"assay/fakeidp"
	"assay/reference"
	"assay/reference/faults"
	"assay/reports"
	"assay/suites"
)

// proof is the kill matrix: which fault turned which checks red.
type proof struct {
	Faults []kill      `json:"faults"`
	Checks proofChecks `json:"checks"`
}

// workerGC lets the heap of a worker grow to five times what is in use before it is collected: a worker holds little and
// makes a lot of garbage.
const workerGC = 400

// kill is what one fault did. Red are the checks that failed or warned; Unrelated are those of them
// that the fault was not meant to touch, and any that ended in error. Blocked are the checks that
// could not run because the fault broke their set-up or their positive control: neither red nor green.
type kill struct {
	Name      string   `json:"name"`
	Expected  []string `json:"expected"`
	Red       []string `json:"red"`
	Unrelated []string `json:"unrelated"`
	Blocked   []string `json:"blocked"`
	Caught    bool     `json:"caught"`
	// Why gives the outcome and reason of each unrelated check.
	Why map[string]string `json:"why,omitempty"`
}

type proofChecks struct {
	Total    int      `json:"total"`
	Proven   int      `json:"proven"`
	Unproven []string `json:"unproven"`
}

// proveTimeout bounds one exchange with a faulty reference, some of which never answer.
const proveTimeout = 2 * time.Second

func (p *program) proveCommand() *cobra.Command {
	var names []string
	var asJSON, list, worker bool
	var parallel int
	cmd := &cobra.Command{
		Use:   "prove",
		Short: "Prove that the checks can fail: run them against the reference with each named fault",
		Long: `Run every check against the clean reference, where all must pass, and then against the reference
with each named fault switched on. A fault is caught when exactly the checks that it is meant for turn
red. Checks that a fault cannot touch are left out: those of sign-on where it wraps the SCIM handler alone,
and those of SCIM where it wraps the relying party alone. Checks of level must that no fault turns red are
listed as unproven.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				p.listFaults()
				return nil
			}
			chosen, err := chooseFaults(names)
			if err != nil {
				return err
			}
			if worker {
				return p.proveShare(cmd.Context(), chosen)
			}
			return p.prove(cmd.Context(), chosen, proveOptions{parallel: parallel, all: len(names) == 0, json: asJSON})
		},
	}
	cmd.Flags().StringSliceVar(&names, "fault", nil, "only these faults")
	cmd.Flags().BoolVar(&list, "list", false, "list the faults and what each is modelled on")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the kill matrix as JSON")
	cmd.Flags().IntVar(&parallel, "parallel", runtime.NumCPU()+1, "how many processes share the faults; some wait for a reference that does not answer")
	cmd.Flags().BoolVar(&worker, "worker", false, "prove a share of the faults for another process")
	_ = cmd.Flags().MarkHidden("worker") // the flag is there
	return cmd
}

func chooseFaults(names []string) ([]faults.Fault, error) {
	if len(names) == 0 {
		return faults.All(), nil
	}
	var chosen []faults.Fault
	for _, name := range names {
		fault, ok := faults.Find(name)
		if !ok {
			return nil, usage("there is no fault %q; \"assay prove --list\" names them", name)
		}
		chosen = append(chosen, fault)
	}
	return chosen, nil
}

func (p *program) listFaults() {
	for _, f := range faults.All() {
		fmt.Fprintf(p.out, "%s\n  %s\n  modelled on: %s\n  turns red: %s\n", f.Name, f.Text, f.Model, strings.Join(f.Reddens, ", "))
	}
	p.say("%d faults", len(faults.All()))
}

// faultsFor names the faults that are meant to turn a check red.
func faultsFor(id string) []string {
	var names []string
	for _, f := range faults.All() {
		if slices.Contains(f.Reddens, id) {
			names = append(names, f.Name)
		}
	}
	return names
}

// proveOptions say how to prove: in how many processes, whether all faults take part, and whether the
// matrix is wanted as JSON.
type proveOptions struct {
	parallel  int
	all, json bool
}

func (p *program) prove(ctx context.Context, chosen []faults.Fault, o proveOptions) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	idp, err := startIdP(ctx, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	clean, err := p.trial(ctx, idp, reports.Selection{})
	closeQuietly(idp.Close)
	if err != nil {
		return err
	}
	if red := unclean(clean); len(red) > 0 {
		return &exitError{exitNonconformant, fmt.Errorf("the clean reference is not all green:\n  %s", strings.Join(red, "\n  "))}
	}
	p.say("clean run: %d checks, all green", len(clean.Checks))
	matrix := proof{Faults: []kill{}}
	rows := p.out
	if o.json {
		rows = p.err
	}
	matrix.Faults, err = p.shareOut(ctx, chosen, o.parallel, func(k kill) { printKill(rows, k) })
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("interrupted")}
	}
	if err != nil {
		return defect("prove: %w", err)
	}
	matrix.count(clean)
	return p.concludeProof(matrix, o)
}

// proveShare proves faults for a parent process and prints one JSON line for each.
func (p *program) proveShare(ctx context.Context, chosen []faults.Fault) error {
	idp, err := startIdP(ctx, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	defer closeQuietly(idp.Close)
	debug.SetGCPercent(workerGC)
	encoder := json.NewEncoder(p.out)
	for _, fault := range chosen {
		within := reach(fault)
		report, err := p.trial(ctx, idp, within, fault)
		if err != nil {
			return err
		}
		if err := encoder.Encode(judgeFault(fault, within, report)); err != nil {
			return defect("print the proof of %s: %w", fault.Name, err)
		}
	}
	return nil
}

// reach leaves out the checks that a fault cannot touch, by the seam at which it wraps: sign-on where that is
// the SCIM handler alone, and SCIM where that is the relying party alone.
func reach(f faults.Fault) reports.Selection {
	var within reports.Selection
	if f.Site != nil || f.Store != nil {
		return within
	}
	scim, signOn := f.HTTP != nil || f.Verifier != nil, f.Logins != nil || f.Checker != nil || f.Outgoing != nil
	switch {
	case scim && !signOn:
		within.Exclude = []string{"oidc.*"}
	case signOn && !scim:
		within.Exclude = []string{"scim.*", "okta.*"}
	}
	return within
}

// trial runs the selected checks against a reference with the given faults.
func (p *program) trial(ctx context.Context, idp *fakeidp.IdP, within reports.Selection, on ...faults.Fault) (*reports.Report, error) {
	s, err := openReference(ctx, idp, reference.Options{Logger: slog.New(slog.DiscardHandler), Faults: on})
	if err != nil {
		return nil, err
	}
	defer closeQuietly(s.reference.Close)
	t, err := s.target(proveTimeout)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var runner suites.Runner
	report, err := runner.Run(ctx, suites.Options{Target: t, IdP: s.control, Tool: tool(), Selection: within})
	if err != nil {
		return nil, defect("run the checks: %w", err)
	}
	return report, nil
}

// unclean lists what is not green in a clean run.
func unclean(r *reports.Report) []string {
	var bad []string
	for _, c := range r.Checks {
		if c.Outcome != reports.Pass && c.Outcome != reports.NotApplicable {
			bad = append(bad, fmt.Sprintf("%s %s: %s", c.Outcome, c.ID, c.Reason))
		}
	}
	return bad
}

func judgeFault(fault faults.Fault, within reports.Selection, faulty *reports.Report) kill {
	k := kill{Name: fault.Name, Expected: fault.Reddens, Red: []string{}, Unrelated: []string{}, Blocked: []string{}, Why: map[string]string{}}
	for _, c := range faulty.Checks {
		if !suites.Selected(c, within) {
			continue
		}
		switch c.Outcome {
		case reports.Fail, reports.Warn:
			k.Red = append(k.Red, c.ID)
		case reports.NotRun:
			k.Blocked = append(k.Blocked, c.ID)
			continue
		case reports.Pass, reports.NotApplicable:
			continue
		}
		if !slices.Contains(fault.Reddens, c.ID) {
			k.Unrelated = append(k.Unrelated, c.ID)
			k.Why[c.ID] = string(c.Outcome) + because(c)
		}
	}
	k.Caught = len(k.Unrelated) == 0 && len(fault.Reddens) > 0
	for _, id := range fault.Reddens {
		k.Caught = k.Caught && slices.Contains(k.Red, id)
	}
	return k
}

// printKill prints one row of the matrix, with the reasons where it is not as it should be.
func printKill(w io.Writer, k kill) {
	blocked := ""
	if len(k.Blocked) > 0 {
		blocked = fmt.Sprintf(" (%d could not run)", len(k.Blocked))
	}
	if k.Caught {
		fmt.Fprintf(w, "✓ %-40s red: %s%s\n", k.Name, strings.Join(k.Red, ", "), blocked)
		return
	}
	fmt.Fprintf(w, "✗ %s%s\n", k.Name, blocked)
	for _, id := range k.Expected {
		if !slices.Contains(k.Red, id) {
			fmt.Fprintf(w, "    did not turn red: %s\n", id)
		}
	}
	for _, id := range k.Unrelated {
		fmt.Fprintf(w, "    unrelated: %s %s\n", id, k.Why[id])
	}
}

// count says which must-level checks no fault turned red.
func (m *proof) count(clean *reports.Report) {
	m.Checks.Unproven = []string{}
	for _, c := range clean.Checks {
		if c.Level != reports.Must || c.Outcome != reports.Pass {
			continue
		}
		m.Checks.Total++
		if slices.ContainsFunc(m.Faults, func(k kill) bool { return slices.Contains(k.Red, c.ID) }) {
			m.Checks.Proven++
			continue
		}
		m.Checks.Unproven = append(m.Checks.Unproven, c.ID)
	}
}

func (p *program) concludeProof(m proof, o proveOptions) error {
	if o.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(m); err != nil {
			return defect("print the kill matrix: %w", err)
		}
	}
	caught := 0
	for _, k := range m.Faults {
		if k.Caught {
			caught++
		}
	}
	p.say("%d of %d faults caught", caught, len(m.Faults))
	if o.all {
		p.say("%d of %d must-level checks are proven; %d are not: no fault turns them red", m.Checks.Proven, m.Checks.Total, len(m.Checks.Unproven))
		for _, id := range m.Checks.Unproven {
			p.say("  unproven: %s", id)
		}
	}
	if caught < len(m.Faults) {
		return &exitError{code: exitNonconformant}
	}
	return nil
}
