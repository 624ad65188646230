package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"assay/reports"
	"assay/reports/gate"
)

// printVerdict prints the result: the profiles on standard output with the verdict as the last line,
// what is wrong on standard error.
func (p *program) printVerdict(report *reports.Report, decision gate.Decision) {
	for _, f := range decision.Regressions {
		p.say("✗ %s: %s", f.ID, shorten(f.Reason, 300))
	}
	for _, f := range decision.Stale {
		p.say("✗ stale baseline entry %s: %s", f.ID, f.Reason)
	}
	for i, f := range decision.Incomplete {
		if i == 10 {
			p.say("- … and %d more", len(decision.Incomplete)-i)
			break
		}
		p.say("- %s: %s", f.ID, shorten(f.Reason, 300))
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, profile := range report.Profiles {
		n := profile.Counts
		fmt.Fprintf(table, "%s\t%s\t%d passed\t%d failed\t%d warned\t%d not run\t%d not applicable\n", profile.Name, profile.Verdict,
			n[reports.Pass], n[reports.Fail], n[reports.Warn], n[reports.NotRun]+n[reports.Error], n[reports.NotApplicable])
	}
	_ = table.Flush()
	for _, name := range report.NotClaimed {
		fmt.Fprintf(p.out, "%s: not claimed by the target\n", name)
	}
	took := report.Run.Ended.Sub(report.Run.Started).Round(time.Millisecond)
	fmt.Fprintf(p.out, "verdict: %s%s (%d checks in %s)\n", decision.Verdict, given(len(decision.Known)), len(report.Checks), took)
}

// given says how far a verdict rests on the baseline.
func given(known int) string {
	switch known {
	case 0:
		return ""
	case 1:
		return ", given that the baseline accepts 1 failure"
	default:
		return fmt.Sprintf(", given that the baseline accepts %d failures", known)
	}
}

func (p *program) gateCommand() *cobra.Command {
	var baselineFile string
	cmd := &cobra.Command{
		Use:   "gate REPORT",
		Short: "Decide on a stored report, with a baseline of accepted failures",
		Long: `Decide on a stored report.json, as "assay run" would have: same verdict, same exit code.

A baseline is a JSON file that lists the failures that are known and accepted, each with a reason:

  {"schema": "assay-baseline/v1", "entries": [
    {"id": "scim.etag.stale-put-refused", "reason": "ETags come with release 9",
     "expect": "status: wanted HTTP 412", "until": "2027-03-31"}]}

"expect" (the beginning of the failure's reason) and "until" are optional. An entry whose check passes,
does not exist, fails differently or is past its date is stale, and a stale entry is red: a baseline can
only shrink.`,
		Example: "  assay gate assay-report/report.json --baseline accepted.json",
		Args:    oneArgument(`REPORT`, `the path of a report.json`),
		RunE: func(_ *cobra.Command, args []string) error {
			baseline, err := loadBaseline(baselineFile)
			if err != nil {
				return err
			}
			report, err := reports.Load(args[0])
			if err != nil {
				return &exitError{exitUsage, err}
			}
			decision := gate.Judge(report, baseline, time.Now())
			p.printVerdict(report, decision)
			if decision.ExitCode != exitConformant {
				return &exitError{code: decision.ExitCode}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&baselineFile, "baseline", "", "file of accepted failures")
	return cmd
}
