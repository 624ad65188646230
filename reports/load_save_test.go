package reports_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"assay/reports"
)

var update = flag.Bool("update", false, "rewrite testdata/rich.report.json")

const richFile = "testdata/rich.report.json"

func TestRichReportIsCommitted(t *testing.T) {
	if *update {
		if err := reports.Save(richFile, richReport()); err != nil {
			t.Fatal(err)
		}
	}
	var want bytes.Buffer
	if err := reports.Write(&want, richReport()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(richFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Fatalf("%s differs from richReport(); if the report's form was meant to change, run go test ./reports -update and read the diff", richFile)
	}
}

func TestSaveThenLoadGivesTheSameReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "dir", "report.json")
	first, err := reports.Load(richFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := reports.Save(path, first); err != nil {
		t.Fatal(err)
	}
	second, err := reports.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) {
		t.Fatal("the report changed on its way through the file")
	}
}

func TestSaveLeavesOnlyTheReport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	for range 2 { // the second replaces the first
		if err := reports.Save(path, richReport()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != "report.json" {
		t.Fatalf("directory holds %v", entries)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o644 {
		t.Fatalf("mode %v: CI may collect it as another user", info.Mode())
	}
}

func TestFailedSaveKeepsTheOldReport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := richReport()
	broken.Checks[0].DurationMS = nan()
	if err := reports.Save(path, broken); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("error %v does not name %s", err, path)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Fatalf("the old report became %q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Fatalf("a temporary file is left: %v", entries)
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

func TestSaveExplainsAnUnusableDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := reports.Save(filepath.Join(file, "sub", "report.json"), richReport())
	if err == nil || !strings.Contains(err.Error(), "create the report directory") || !strings.Contains(err.Error(), file) {
		t.Fatalf("got %v", err)
	}
}

func TestLoadOfAMissingFile(t *testing.T) {
	_, err := reports.Load(filepath.Join(t.TempDir(), "none.json"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.json") {
		t.Fatalf("got %v", err)
	}
}

// minimal is the smallest document that Read accepts; cases below break one thing in it.
const minimal = `{"schema": "assay-report/v1", "verdict": "incomplete",
 "profiles": [{"name": "scim", "verdict": "incomplete", "counts": {"not-run": 1}}],
 "checks": [{"id": "a.b", "level": "must", "outcome": "not-run"}], "added_later": {"x": 1}}`

func TestReadAcceptsKeysThatWereAddedLater(t *testing.T) {
	if _, err := reports.Read("r.json", strings.NewReader(minimal)); err != nil {
		t.Fatal(err)
	}
}

func TestReadRefuses(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(minimal, old) {
			t.Fatalf("%q is not in the minimal report", old)
		}
		return strings.Replace(minimal, old, new, 1)
	}
	tests := map[string]struct{ doc, want string }{
		"nothing":              {" \n", "the file is empty"},
		"no JSON":              {"<html>", "line 1, column 1: malformed JSON"},
		"half a document":      {minimal[:90], "malformed JSON"},
		"two documents":        {minimal + "{}", "line 3, column "},
		"a list":               {"[]", "a JSON array where a report object is wanted"},
		"no schema":            {`{}`, `schema: missing; want "assay-report/v1"`},
		"another schema":       {replace("report/v1", "report/v2"), `schema: got "assay-report/v2"; this assay reads "assay-report/v1"`},
		"another schema first": {`{"schema": "assay-report/v2", "checks": 7}`, `got "assay-report/v2"`},
		"a baseline":           {`{"schema": "assay-baseline/v1", "entries": []}`, `got "assay-baseline/v1"`},
		"a number as schema":   {`{"schema": 1}`, `schema: got "1"`},
		"a string as checks":   {replace(`[{"id": "a.b", "level": "must", "outcome": "not-run"}]`, `"many"`), "checks: a JSON string where"},
		"no checks":            {replace(`"checks"`, `"chekcs"`), "checks: missing"},
		"no profiles":          {replace(`"profiles"`, `"profils"`), "profiles: missing"},
		"no verdict":           {replace(`"verdict": "incomplete",`, ``), `verdict: unknown verdict ""`},
		"unknown verdict":      {replace(`"verdict": "incomplete", "counts"`, `"verdict": "fine", "counts"`), `profiles[0] (scim).verdict: unknown verdict "fine"`},
		"unknown count":        {replace(`{"not-run": 1}`, `{"maybe": 1}`), `profiles[0] (scim).counts: unknown outcome "maybe"`},
		"negative count":       {replace(`{"not-run": 1}`, `{"fail": -1}`), "counts.fail: negative"},
		"negative deselected":  {replace(`"counts"`, `"deselected": -1, "counts"`), "deselected: negative"},
		"nameless profile":     {replace(`"name": "scim"`, `"name": ""`), "profiles[0].name: missing"},
		"profile twice":        {replace(`[{"name"`, `[{"name": "scim", "verdict": "incomplete"}, {"name"`), `profiles[1].name: "scim" occurs twice`},
		"check without id":     {replace(`"id": "a.b", `, ``), "checks[0].id: missing"},
		"check twice":          {replace(`"checks": [`, `"checks": [{"id": "a.b", "level": "may", "outcome": "pass"}, `), `checks[1].id: "a.b" occurs twice`},
		"unknown level":        {replace(`"must"`, `"MUST"`), `checks[0] (a.b).level: unknown level "MUST"`},
		"check without result": {replace(`, "outcome": "not-run"`, ``), `checks[0] (a.b).outcome: unknown outcome ""`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := reports.Read("some/report.json", strings.NewReader(tt.doc))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "report some/report.json: ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(`{"schema":"assay-report/v1"}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := reports.Read("fuzz", bytes.NewReader(doc))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := reports.Write(&again, r); err != nil {
			t.Fatalf("a report that was read cannot be written: %v", err)
		}
		if _, err := reports.Read("again", &again); err != nil {
			t.Fatalf("a report that was written cannot be read: %v", err)
		}
	})
}
