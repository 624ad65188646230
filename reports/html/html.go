// Package html renders a report as one self-contained page for a person: what the verdict is, what
// broke, why it matters, and how to repeat it. The page loads nothing and runs no script, so it can be
// attached to a ticket or opened from a CI artifact as it is.
package html

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"assay/reports"
)

//go:embed page.gohtml check.gohtml
var templates embed.FS

//go:embed style.css
var style string

// Write renders r. Every check of the report, whatever its outcome, is on the page under the anchor
// check-ID. The exchanges of checks that passed stay in report.json.
func Write(w io.Writer, r *reports.Report) error {
	page, err := template.ParseFS(templates, "*.gohtml")
	if err != nil {
		return fmt.Errorf("parse the HTML report's templates: %w", err)
	}
	var out bytes.Buffer // whole or not at all
	if err := page.ExecuteTemplate(&out, "page", newPage(r)); err != nil {
		return fmt.Errorf("render the HTML report: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the HTML report: %w", err)
	}
	return nil
}
