package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"assay/reports"
	"assay/suites"
)

func (p *program) listCommand() *cobra.Command {
	var flags selectionFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the checks",
		Example: `  assay list
  assay list --profile okta
  assay list --only 'scim.patch' --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			selection, err := flags.selection()
			if err != nil {
				return err
			}
			var selected []reports.Check
			for _, c := range suites.List() {
				if suites.Selected(c, selection) {
					selected = append(selected, c)
				}
			}
			if asJSON {
				return p.listJSON(selected)
			}
			return p.listText(selected)
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the checks as JSON")
	return cmd
}

func (p *program) listText(checks []reports.Check) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.ID, c.Level, c.Title)
	}
	if err := table.Flush(); err != nil {
		return defect("print the list: %w", err)
	}
	p.say("%d checks", len(checks))
	return nil
}

// listing is a check without what only a run knows.
type listing struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	Level    reports.Level `json:"level"`
	Profiles []string      `json:"profiles"`
	Hurts    []string      `json:"hurts"`
	Refs     []reports.Ref `json:"refs"`
	Needs    []string      `json:"needs"`
}

func catalogue(checks []reports.Check) []listing {
	list := make([]listing, len(checks))
	for i, c := range checks {
		list[i] = listing{c.ID, c.Title, c.Level, c.Profiles, c.Hurts, c.Refs, c.Needs}
	}
	return list
}

func (p *program) listJSON(checks []reports.Check) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(catalogue(checks)); err != nil {
		return defect("print the list: %w", err)
	}
	return nil
}

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain ID",
		Short:   "Explain a check: what it asks, why, and which faults prove that it can fail",
		Example: "  assay explain scim.patch.remove-without-path",
		Args:    oneArgument(`ID`, `the ID of a check; "assay list" shows them`),
		RunE: func(_ *cobra.Command, args []string) error {
			checks := suites.List()
			for _, c := range checks {
				if c.ID == args[0] {
					p.explain(c)
					return nil
				}
			}
			return usage("there is no check %q; \"assay list\" shows all of them%s", args[0], suggest(args[0], checks))
		},
	}
}

func (p *program) explain(c reports.Check) {
	say := func(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }
	say("%s\n", c.ID)
	say("  %s.\n", upperFirst(c.Title))
	say("  level     %s", c.Level)
	say("  profiles  %s", strings.Join(c.Profiles, ", "))
	if len(c.Needs) > 0 {
		say("  needs     %s (without it the check is not applicable)", strings.Join(c.Needs, ", "))
	}
	if len(c.Hurts) > 0 {
		say("  hurts     %s: their real traffic breaks when this fails", strings.Join(c.Hurts, ", "))
	}
	if names := faultsFor(c.ID); len(names) > 0 {
		say("  proven by %s (assay serve --fault %s)", strings.Join(names, ", "), names[0])
	}
	say("\n  Why:")
	for _, ref := range c.Refs {
		say("    %s, section %s", ref.Doc, ref.Section)
		if ref.Quote != "" {
			say("      “%s”", ref.Quote)
		}
		say("      %s", ref.URL)
	}
	say("\n  Run it alone: assay run --target URL --only %s", c.ID)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
