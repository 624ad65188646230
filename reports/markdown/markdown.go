// Package markdown renders a report as the summary that a CI step shows: the verdict, the profiles,
// what broke and how to repeat it, and what was not tried.
package markdown

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"assay/reports"
)

// A step summary of more than 1 MiB is dropped by GitHub, so the long parts are bounded. What is left
// out is counted in the summary and whole in report.json.
const (
	maxFailures = 50
	maxRows     = 100
	maxText     = 600 // bytes before escaping, which makes at most five of one
	maxCell     = 200
)

// Write renders r as GitHub-flavoured Markdown. Everything that came from the target is escaped, so
// that it can neither break a table, nor load an image, nor pass for text of ours.
func Write(w io.Writer, r *reports.Report) error {
	var out bytes.Buffer
	head(&out, r)
	profiles(&out, r)
	failures(&out, r)
	known(&out, r)
	list(&out, "Warnings", pick(r, reports.Warn))
	list(&out, "Not run", pick(r, reports.NotRun, reports.Error))
	notApplicable(&out, r)
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the Markdown summary: %w", err)
	}
	return nil
}

func head(out *bytes.Buffer, r *reports.Report) {
	fmt.Fprintf(out, "# %s %s\n\n", verdictSymbol(r.Verdict), titled(string(r.Verdict)))
	fmt.Fprintf(out, "Target **%s**", escape(targetName(r)))
	if r.Target.Name != "" && r.Target.URL != "" {
		fmt.Fprintf(out, " (%s)", code(r.Target.URL))
	}
	fmt.Fprintf(out, ", run %s, %s %s.\n\n", code(r.Run.ID), escape(r.Tool.Name), escape(r.Tool.Version))
	if !r.Run.Complete {
		note := r.Run.Note
		if note == "" {
			note = "what is below is only a part of it"
		}
		fmt.Fprintf(out, "> **The run was interrupted:** %s\n\n", escape(note))
	}
	if r.Ran() == 0 {
		out.WriteString("> **No check ran.** This says nothing about the target.\n\n")
	}
	counts := r.Counts()
	var parts []string
	for _, o := range reports.Outcomes() {
		parts = append(parts, fmt.Sprintf("%d %s", counts[o], o))
	}
	fmt.Fprintf(out, "%d checks: %s.\n", len(r.Checks), strings.Join(parts, ", "))
}

func profiles(out *bytes.Buffer, r *reports.Report) {
	if len(r.Profiles) > 0 {
		out.WriteString("\n| Profile | Verdict | Pass | Fail | Warn | Not applicable | Not run | Error | Left out |\n")
		out.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	}
	for _, p := range r.Profiles {
		fmt.Fprintf(out, "| %s | %s %s |", escape(p.Name), verdictSymbol(p.Verdict), p.Verdict)
		for _, o := range reports.Outcomes() {
			fmt.Fprintf(out, " %d |", p.Counts[o])
		}
		fmt.Fprintf(out, " %d |\n", p.Deselected)
	}
	if len(r.NotClaimed) > 0 {
		names := make([]string, len(r.NotClaimed))
		for i, n := range r.NotClaimed {
			names[i] = escape(n)
		}
		fmt.Fprintf(out, "\nNot claimed by the target, so without a verdict: %s.\n", strings.Join(names, ", "))
	}
}

func failures(out *bytes.Buffer, r *reports.Report) {
	failed := pick(r, reports.Fail)
	if len(failed) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## What broke (%d)\n", len(failed))
	for i, c := range failed {
		if i == maxFailures {
			fmt.Fprintf(out, "\n… and %d more, in the full report.\n", len(failed)-i)
			return
		}
		failure(out, c)
	}
}

func failure(out *bytes.Buffer, c *reports.Check) {
	fmt.Fprintf(out, "\n### %s\n\n%s (%s)", escape(c.Title), code(c.ID), escape(string(c.Level)))
	if len(c.Hurts) > 0 {
		fmt.Fprintf(out, ", hurts %s", escape(strings.Join(c.Hurts, ", ")))
	}
	out.WriteString("\n\n")
	item := func(label, value string) {
		if value != "" {
			fmt.Fprintf(out, "- %s: %s\n", label, escape(short(value, maxText)))
		}
	}
	item("What happened", c.Reason)
	item("Wanted", strings.Join(c.Wanted, "; "))
	item("Got", c.Got)
	item("Where", c.Where)
	for _, ref := range c.Refs {
		item("Why", citation(ref))
		if link := webURL(ref.URL); link != "" {
			fmt.Fprintf(out, "  (<%s>)\n", link)
		}
	}
	if c.Repeat != "" {
		out.WriteString("\n" + block(c.Repeat))
	}
}

func citation(ref reports.Ref) string {
	s := ref.Doc
	if ref.Section != "" {
		s += " section " + ref.Section
	}
	if ref.Quote != "" {
		s += ": “" + ref.Quote + "”"
	}
	return s
}

func known(out *bytes.Buffer, r *reports.Report) {
	var accepted []*reports.Check
	for i := range r.Checks {
		if r.Checks[i].Known {
			accepted = append(accepted, &r.Checks[i])
		}
	}
	if len(accepted) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## Known failures, accepted by the baseline (%d)\n\n", len(accepted))
	rows(out, "Accepted because", accepted, func(c *reports.Check) string { return c.KnownReason })
}

func list(out *bytes.Buffer, title string, checks []*reports.Check) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## %s (%d)\n\n", title, len(checks))
	rows(out, "Reason", checks, func(c *reports.Check) string { return c.Reason })
}

func rows(out *bytes.Buffer, column string, checks []*reports.Check, why func(*reports.Check) string) {
	fmt.Fprintf(out, "| Check | Level | Outcome | %s |\n|---|---|---|---|\n", column)
	for i, c := range checks {
		if i == maxRows {
			fmt.Fprintf(out, "\n… and %d more, in the full report.\n", len(checks)-i)
			return
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", escape(c.ID), escape(string(c.Level)), escape(string(c.Outcome)), escape(short(why(c), maxCell)))
	}
}

func notApplicable(out *bytes.Buffer, r *reports.Report) {
	if n := r.Counts()[reports.NotApplicable]; n > 0 {
		fmt.Fprintf(out, "\nNot applicable, because the target does not claim the feature: %d checks.\n", n)
	}
}

// pick returns the checks with one of the outcomes that no baseline accepts.
func pick(r *reports.Report, outcomes ...reports.Outcome) []*reports.Check {
	var found []*reports.Check
	for i := range r.Checks {
		for _, o := range outcomes {
			if r.Checks[i].Outcome == o && !r.Checks[i].Known {
				found = append(found, &r.Checks[i])
			}
		}
	}
	return found
}

func targetName(r *reports.Report) string {
	if r.Target.Name != "" {
		return r.Target.Name
	}
	return r.Target.URL
}

func verdictSymbol(v reports.Verdict) string {
	switch v {
	case reports.Conformant:
		return "✅"
	case reports.Nonconformant:
		return "❌"
	default:
		return "⚠️"
	}
}

func titled(s string) string {
	if s == "" {
		return "No verdict"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
