package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay/reports"
	"assay/reports/html"
	"assay/reports/junit"
	"assay/reports/markdown"
)

// output is the directory that a report is written into.
type output struct{ dir string }

// openOutput makes the directory and shows that it can be written to, before anything is run: nobody
// wants to learn that after ten minutes.
func openOutput(dir string) (*output, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, defect("the report cannot be written: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".assay-*")
	if err != nil {
		return nil, defect("the report cannot be written: %w", err)
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return nil, defect("the report cannot be written: %w", err)
	}
	return &output{dir}, nil
}

// renderer writes one format of a report.
type renderer struct {
	file  string
	write func(io.Writer, *reports.Report) error
}

func renderers() []renderer {
	return []renderer{
		{"report.html", html.Write},
		{"junit.xml", junit.Write},
		{"summary.md", markdown.Write},
	}
}

// write writes report.json and every format that is rendered from it.
func (o *output) write(report *reports.Report) error {
	if err := reports.Save(filepath.Join(o.dir, "report.json"), report); err != nil {
		return defect("the report cannot be written: %w", err)
	}
	for _, r := range renderers() {
		var buffer bytes.Buffer
		if err := r.write(&buffer, report); err != nil {
			return defect("render %s: %w", r.file, err)
		}
		if err := os.WriteFile(filepath.Join(o.dir, r.file), buffer.Bytes(), 0o644); err != nil {
			return defect("the report cannot be written: %w", err)
		}
	}
	return nil
}

// files lists what write writes, what a person opens first at the top.
func (o *output) files() []string {
	var files []string
	for _, r := range renderers() {
		files = append(files, filepath.Join(o.dir, r.file))
	}
	return append(files, filepath.Join(o.dir, "report.json"))
}

func (p *program) reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "report FILE",
		Short:   "Render a stored report.json again as HTML, JUnit and Markdown",
		Example: "  assay report assay-report/report.json --out rendered",
		Args:    oneArgument(`FILE`, `the path of a report.json`),
		RunE: func(_ *cobra.Command, args []string) error {
			report, err := reports.Load(args[0])
			if err != nil {
				return &exitError{exitUsage, err}
			}
			output, err := openOutput(out)
			if err != nil {
				return err
			}
			if err := output.write(report); err != nil {
				return err
			}
			for _, file := range output.files() {
				p.say("wrote %s", file)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "assay-report", "directory to write into")
	return cmd
}
