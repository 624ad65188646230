package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"assay/reports"
)

// version is the release; it is set when a release is built (-ldflags "-X main.version=…").
var version = "0.1.0-dev"

// tool identifies this assay in a report.
func tool() reports.Tool {
	t := reports.Tool{Name: "assay", Version: version, Commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			t.Commit = setting.Value
		}
	}
	return t
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t := tool()
			fmt.Fprintf(p.out, "%s %s (commit %s)\n", t.Name, t.Version, t.Commit)
			return nil
		},
	}
}
