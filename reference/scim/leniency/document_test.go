package leniency_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/leniency"
)

var update = flag.Bool("update", false, "write reference/docs/leniency.md")

// TestDocument keeps reference/docs/leniency.md what the table says.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "leniency.md")
	want := leniency.Document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error(`reference/docs/leniency.md is not what the table says: go test ./reference/scim/leniency -update`)
	}
}

// TestTable holds the table to its form: every name is a constant that is used once, and everybody who
// is said to send something is said by a source that the document lists.
func TestTable(t *testing.T) {
	names := leniency.Names()
	known := []string{
		leniency.TextBoolean, leniency.TextBooleanFilter, leniency.CapitalOperation, leniency.CreatingReplace, leniency.ListedRemove,
		leniency.PathKeys, leniency.BareExtension, leniency.ReadOnlyInPatch, leniency.ReferenceForm, leniency.ObjectForList,
		leniency.EmptyText, leniency.ForeignSchema, leniency.LegacyCoreSchema, leniency.NoContentType, leniency.AnyAccept,
	}
	if !slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(known))) {
		t.Errorf("the table has %q", names)
	}
	document := leniency.Document()
	for _, l := range leniency.All() {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(l.Name) || !strings.HasSuffix(l.Does, ".") || !strings.HasSuffix(l.Strict, ".") {
			t.Errorf("%+v", l)
		}
		if len(l.Senders) == 0 {
			t.Errorf("%s: nobody needs it", l.Name)
		}
		for _, s := range l.Senders {
			if !slices.Contains([]string{"D", "O", "S", "I"}, s.Mark) {
				t.Errorf("%s: mark %q", l.Name, s.Mark)
			}
			for _, key := range strings.Split(s.Source, ", ") {
				if !strings.Contains(document, "\n| "+key+" | ") {
					t.Errorf("%s: source %q is not listed", l.Name, key)
				}
			}
		}
	}
}
