package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// catalogueRows is how many rows each group of ../shared/checks/scim.md, and of the part about SAML of sso.md, has, by the
// prefix of their IDs. The rows of a group are numbered from 1 without a gap.
func catalogueRows() map[string]int {
	return map[string]int{
		"DSC": 42, "SCH": 22, "USR": 84, "GRP": 33, "FLT": 46, "SRT": 9, "PAG": 22, "PRJ": 19, "PAT": 68, "BLK": 25, "ETG": 12,
		"AUT": 9, "ERR": 11, "HTP": 10, "ME": 9, "SEA": 10, "SEC": 9, "OKT": 17, "ENT": 23, "OTH": 6, "GAP": 159,
		"SAML-REQ": 9, "SAML-SIG": 22, "SAML-XSW": 14, "SAML-XML": 13, "SAML-CND": 35, "SAML-ENC": 5, "SAML-SLO": 6,
	}
}

const (
	rowsHeader    = "| row | what it asks | shown by | note |"
	rowsRule      = "|---|---|---|---|"
	notApplicable = "–"
	whyNot        = "does not apply:"
)

var (
	rowID      = regexp.MustCompile(`^(?:SAML-)?[A-Z]{2,3}-[0-9]{1,3}$`)
	references = regexp.MustCompile("^`[^` ]+`(?: `[^` ]+`)*$")
	goTest     = regexp.MustCompile(`^(.+)\.((?:Test|Fuzz)[A-Z]\w*)$`)
)

// tableRow is a line of a row table.
type tableRow struct {
	where                  string // "users.md:12"
	id, asks, shownBy, why string
}

// TestRows holds the row tables to their form: each row names checks of the catalogue or Go tests that
// exist, or says why it does not apply, and stands in one table only.
func TestRows(t *testing.T) {
	known, checks, seen := rowIDs(), catalogueIDs(t), map[string]string{}
	tests := goTests{repositoryRoot(t), map[string]map[string]bool{}}
	for _, name := range rowFiles(t) {
		rows, problems := parseRows(filepath.Base(name), readFile(t, name))
		for _, row := range rows {
			problems = append(problems, row.problems(known, checks, tests)...)
			if first, ok := seen[row.id]; ok {
				problems = append(problems, fmt.Sprintf("%s: %s stands in %s already", row.where, row.id, first))
			}
			seen[row.id] = row.where
		}
		for _, problem := range problems {
			t.Error(problem)
		}
	}
}

// TestRowsComplete asks for every row of the catalogue, in whatever table.
func TestRowsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range rowFiles(t) {
		rows, _ := parseRows(filepath.Base(name), readFile(t, name))
		for _, row := range rows {
			seen[row.id] = true
		}
	}
	var missing []string
	for _, id := range rowIDs() {
		if !seen[id] {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		t.Errorf("%d rows of the catalogue are in no table of reference/docs/rows: %s", len(missing), strings.Join(missing, " "))
	}
}

// TestRowsAreTheCatalogues compares the rows that are known here with the catalogue, where that is at hand.
func TestRowsAreTheCatalogues(t *testing.T) {
	var ids []string
	for _, name := range []string{"scim.md", "sso.md"} {
		text, err := os.ReadFile(filepath.Join(repositoryRoot(t), "..", "shared", "checks", name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the catalogue is not at hand")
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			cells := tableCells(line)
			if len(cells) > 0 && rowID.MatchString(cells[0]) {
				ids = append(ids, cells[0])
			}
		}
	}
	slices.Sort(ids)
	if known := rowIDs(); !slices.Equal(ids, known) {
		t.Errorf("the catalogue has %d rows, catalogueRows says %d, or others", len(ids), len(known))
	}
}

// TestRowsAreRefused shows that TestRows can find fault with a row.
func TestRowsAreRefused(t *testing.T) {
	known, checks := rowIDs(), map[string]bool{"scim.users.create": true}
	tests := goTests{repositoryRoot(t), map[string]map[string]bool{}}
	for name, line := range map[string]string{
		"a row that the catalogue lacks": "| DSC-99 | a | `scim.users.create` | |",
		"a check that does not exist":    "| DSC-01 | a | `scim.users.creat` | |",
		"a test that does not exist":     "| DSC-01 | a | `cmd/assay.TestRowsOfNobody` | |",
		"a function that is no test":     "| DSC-01 | a | `cmd/assay.TestMain` | |",
		"a directory that is none":       "| DSC-01 | a | `cmd/nobody.TestRows` | |",
		"a reference without backticks":  "| DSC-01 | a | scim.users.create | |",
		"nothing that shows it":          "| DSC-01 | a | | |",
		"no reason":                      "| DSC-01 | a | – | |",
		"a reason that is none":          "| DSC-01 | a | – | later |",
		"an empty reason":                "| DSC-01 | a | – | does not apply: |",
		"nothing asked":                  "| DSC-01 | | `scim.users.create` | |",
		"a cell too many":                "| DSC-01 | a | `scim.users.create` | | |",
		"a line that is no row":          "| discovery | a | `scim.users.create` | |",
	} {
		rows, problems := parseRows("x.md", "# X\n\nWords.\n\n"+rowsHeader+"\n"+rowsRule+"\n"+line+"\n")
		for _, row := range rows {
			problems = append(problems, row.problems(known, checks, tests)...)
		}
		if len(problems) == 0 {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, problems := parseRows("x.md", "# X\n\n"+rowsHeader+"\n"+rowsRule+"\n\n"+rowsHeader+"\n"+rowsRule+"\n"); len(problems) == 0 {
		t.Error("a second table is accepted")
	}
}

func rowFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(repositoryRoot(t), "reference", "docs", "rows", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return filepath.Base(name) == "README.md" })
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rowIDs lists all rows of the catalogue, sorted.
func rowIDs() []string {
	var ids []string
	for prefix, count := range catalogueRows() {
		width := 2
		switch {
		case prefix == "SAML-XSW": // after the names of SAML Raider
			width = 1
		case count > 99:
			width = 3
		}
		for n := range count {
			ids = append(ids, fmt.Sprintf("%s-%0*d", prefix, width, n+1))
		}
	}
	slices.Sort(ids)
	return ids
}

func catalogueIDs(t *testing.T) map[string]bool {
	t.Helper()
	var list []struct{ ID string }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(repositoryRoot(t), "suites", "catalogue.json"))), &list); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, c := range list {
		ids[c.ID] = true
	}
	return ids
}

// parseRows reads the table of a file: a title, words, and exactly one table.
func parseRows(file, text string) (rows []tableRow, problems []string) {
	if !strings.HasPrefix(text, "# ") {
		problems = append(problems, file+": the first line is no title")
	}
	if strings.Count(text, rowsHeader+"\n"+rowsRule+"\n") != 1 {
		problems = append(problems, fmt.Sprintf("%s: there must be one table, headed %q", file, rowsHeader))
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || line == rowsHeader || line == rowsRule {
			continue
		}
		where, cells := fmt.Sprintf("%s:%d", file, number), tableCells(line)
		if len(cells) != 4 || !rowID.MatchString(cells[0]) {
			problems = append(problems, fmt.Sprintf("%s: not a row of four cells that starts with an ID: %s", where, line))
			continue
		}
		rows = append(rows, tableRow{where, cells[0], cells[1], cells[2], cells[3]})
	}
	return rows, problems
}

// tableCells cuts a line of a Markdown table into its cells; it is nil for any other line.
func tableCells(line string) []string {
	inner, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok || !strings.HasSuffix(inner, "|") {
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(inner, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// problems says what is wrong with a row on its own: known are the rows that there are, checks those of
// the catalogue, tests where Go tests are looked up.
func (r tableRow) problems(known []string, checks map[string]bool, tests goTests) []string {
	var found []string
	complain := func(format string, values ...any) {
		found = append(found, r.where+": "+r.id+": "+fmt.Sprintf(format, values...))
	}
	if !slices.Contains(known, r.id) {
		complain("the catalogue has no such row")
	}
	if r.asks == "" {
		complain("it does not say what the row asks")
	}
	if r.shownBy == notApplicable {
		if reason, ok := strings.CutPrefix(r.why, whyNot); !ok || strings.TrimSpace(reason) == "" {
			complain("the note of a row that nothing shows must begin with %q and give a reason", whyNot)
		}
		return found
	}
	if !references.MatchString(r.shownBy) {
		complain("%q is not a list of references in backticks", r.shownBy)
		return found
	}
	for reference := range strings.FieldsSeq(strings.ReplaceAll(r.shownBy, "`", " ")) {
		match := goTest.FindStringSubmatch(reference)
		switch {
		case match == nil && !checks[reference]:
			complain("suites/catalogue.json has no check %s", reference)
		case match != nil && !tests.has(match[1], match[2]):
			complain("there is no test %s in %s", match[2], match[1])
		}
	}
	return found
}

// goTests looks up the tests of a directory below the repository's root, and remembers them.
type goTests struct {
	root  string
	known map[string]map[string]bool
}

var declaration = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(\w+ \*testing\.[TF]\) \{`)

// has tells whether a test file in the directory declares this test or fuzz test.
func (g goTests) has(dir, name string) bool {
	if names, ok := g.known[dir]; ok {
		return names[name]
	}
	names := map[string]bool{}
	g.known[dir] = names
	files, err := filepath.Glob(filepath.Join(g.root, filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		return false
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // what cannot be read declares nothing
		}
		for _, match := range declaration.FindAllSubmatch(text, -1) {
			names[string(match[1])] = true
		}
	}
	return names[name]
}
