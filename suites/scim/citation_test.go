package scim_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/fixtures"
	"assay/reports"
)

// update rewrites the checksums of the cited passages: go test ./suites/scim -run TestCitations -update.
// It needs the RFC texts. Checksums of other suites' passages are kept.
var update = flag.Bool("update", false, "rewrite fixtures/citations.json from the RFC texts")

const (
	rfcDir        = "../../../shared/rfc"
	citationsFile = "../../fixtures/citations.json"
)

// TestCitations looks every quote up in the section that it is said to be from. Where the RFC texts are
// not at hand, it compares checksums that were written when they were.
func TestCitations(t *testing.T) {
	known, err := fixtures.Citations()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]*fixtures.RFC{}
	var found []fixtures.Citation
	for _, c := range catalogue() {
		for _, ref := range c.Refs {
			sum := fixtures.CitationSum(ref.Doc, ref.Section, ref.Quote)
			text := rfc(t, texts, ref.Doc)
			switch {
			case text != nil && !text.Quotes(ref.Section, ref.Quote):
				t.Errorf("%s: %s section %s does not say %q", c.ID, ref.Doc, ref.Section, ref.Quote)
			case !*update && !recorded(known, sum, ref):
				t.Errorf("%s: the passage of %s section %s is not in %s", c.ID, ref.Doc, ref.Section, citationsFile)
			default:
				found = append(found, fixtures.Citation{Doc: ref.Doc, Section: ref.Section, Sum: sum})
			}
		}
	}
	if *update && !t.Failed() {
		write(t, known, found)
	}
}

func recorded(known map[string]fixtures.Citation, sum string, ref reports.Ref) bool {
	c, ok := known[sum]
	return ok && c.Doc == ref.Doc && c.Section == ref.Section
}

// rfc reads the text of a document once; it is nil when the text is not at hand.
func rfc(t *testing.T, texts map[string]*fixtures.RFC, doc string) *fixtures.RFC {
	t.Helper()
	if text, ok := texts[doc]; ok {
		return text
	}
	name := strings.ToLower(strings.ReplaceAll(doc, " ", "")) + ".txt"
	file, err := os.Open(filepath.Join(rfcDir, name))
	if errors.Is(err, fs.ErrNotExist) && !*update {
		texts[doc] = nil
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	text, err := fixtures.ParseRFC(file)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	texts[doc] = text
	return text
}

// write adds the passages to those that are recorded, which other suites may cite too. To drop those
// that nobody cites any more, empty the list first.
func write(t *testing.T, known map[string]fixtures.Citation, found []fixtures.Citation) {
	t.Helper()
	for _, c := range known {
		found = append(found, c)
	}
	data, err := fixtures.EncodeCitations(found)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(citationsFile, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
