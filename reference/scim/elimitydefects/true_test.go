package elimitydefects

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/fixtures"
)

const (
	root      = "../../.."
	rfcs      = root + "/../shared/rfc"
	citations = root + "/fixtures/citations.json"
)

func module(t *testing.T, path, format string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", format, path).Output()
	if err != nil {
		t.Fatalf("go list -m %s: %v", path, err)
	}
	return strings.TrimSpace(string(out))
}

func version(t *testing.T) string {
	t.Helper()
	return module(t, "github.com/elimity-com/scim", "{{.Version}}")
}

// TestWhere shows that the functions named are there.
func TestWhere(t *testing.T) {
	library := module(t, "github.com/elimity-com/scim", "{{.Dir}}")
	filterParser := module(t, "github.com/scim2/filter-parser/v2", "{{.Dir}}")
	var named []string
	for _, d := range all() {
		named = append(named, strings.Split(d.where, ", ")...)
	}
	for _, trap := range traps() {
		named = append(named, strings.Split(trap.where, ", ")...)
	}
	for _, name := range named {
		file, function, _ := strings.Cut(name, " ")
		path := filepath.Join(library, file)
		if rest, ok := strings.CutPrefix(file, "filter-parser/"); ok {
			path = filepath.Join(filterParser, rest)
		}
		source, err := os.ReadFile(path)
		if err != nil || !regexp.MustCompile(`(?m)^func (\(.*?\) )?`+function+`\(`).Match(source) {
			t.Errorf("there is no %s (%v)", name, err)
		}
	}
}

// TestShown shows that the checks and tests named are there.
func TestShown(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "suites", "catalogue.json"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, d := range all() {
		named = append(named, d.shown...)
		if (d.own == nil) == (d.ours.status == 0) {
			t.Errorf("%s: the reference is asked twice or never", d.title)
		}
	}
	for _, trap := range traps() {
		named = append(named, trap.shown...)
	}
	for _, name := range named {
		directory, test, isTest := strings.Cut(name, " ")
		if !isTest && !json.Valid(data) || !isTest && !strings.Contains(string(data), `"id": "`+name+`"`) {
			t.Errorf("there is no check %s", name)
		}
		if isTest && !declares(t, filepath.Join(root, directory), test) {
			t.Errorf("there is no test %s", name)
		}
	}
}

func declares(t *testing.T, directory, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(source), "\nfunc "+test+"(")
	})
}

// TestQuotes looks the quotations up, or their checksums where the texts are not at hand.
func TestQuotes(t *testing.T) {
	known, err := fixtures.Citations()
	if err != nil {
		t.Fatal(err)
	}
	found := slices.Collect(func(yield func(fixtures.Citation) bool) {
		for _, c := range known {
			if !yield(c) {
				return
			}
		}
	})
	for _, d := range all() {
		for _, q := range d.says {
			c := fixtures.Citation{Doc: q.doc, Section: q.section, Sum: fixtures.CitationSum(q.doc, q.section, q.text)}
			if text := rfc(t, q.doc); text != nil && !text.Quotes(q.section, q.text) {
				t.Errorf("%s: %s section %s does not say %q", d.title, q.doc, q.section, q.text)
			} else if !*update && known[c.Sum] != c {
				t.Errorf("%s: the passage is not in %s: go test ./reference/scim/elimitydefects -update", d.title, citations)
			}
			found = append(found, c)
		}
	}
	if !*update || t.Failed() {
		return
	}
	encoded, err := fixtures.EncodeCitations(found)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(citations, encoded, 0o644); err != nil {
		t.Fatal(err)
	}
}

// rfc is the text of a document, nil where it is not at hand.
func rfc(t *testing.T, doc string) *fixtures.RFC {
	t.Helper()
	file, err := os.Open(filepath.Join(rfcs, strings.ToLower(strings.ReplaceAll(doc, " ", ""))+".txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	text, err := fixtures.ParseRFC(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
