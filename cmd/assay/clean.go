package main

import (
	"context"

	"github.com/spf13/cobra"

	"assay/suites"
)

func (p *program) cleanCommand() *cobra.Command {
	var flags targetFlags
	var run string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "clean --target URL",
		Short: "Remove what interrupted runs left behind at a target",
		Long: `Remove the users and groups that interrupted runs left behind.

Only resources whose userName or displayName begins with "assay-<run>-", where <run> is the eight
hexadecimal digits of a run, are deleted. --dry-run shows them without deleting.`,
		Example: `  ASSAY_TOKEN=… assay clean --target https://acme.example/scim/v2 --dry-run`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := flags.open(p.getenv)
			if err != nil {
				return err
			}
			defer t.Close()
			return p.clean(cmd.Context(), suites.CleanOptions{Target: t, RunID: run, DryRun: dryRun})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&run, "run", "", "only what the run with this ID made (default: every run)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be deleted, delete nothing")
	return cmd
}

func (p *program) clean(ctx context.Context, o suites.CleanOptions) error {
	verb := "deleted"
	if o.DryRun {
		verb = "would delete"
	}
	o.OnResource = func(path, name string) { p.say("%s %s (%s)", verb, path, name) }
	n, err := suites.Clean(ctx, o)
	p.say("%s %d resources", verb, n)
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	return nil
}
