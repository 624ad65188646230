package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite suites/catalogue.json")

// TestCatalogue compares the checks with the committed catalogue, so that a change of the set shows in
// review. A check's ID is stable for ever.
func TestCatalogue(t *testing.T) {
	var out bytes.Buffer
	if code := run([]string{"list", "--json"}, &out, &bytes.Buffer{}, os.Getenv); code != exitConformant {
		t.Fatalf("assay list --json: exit code %d", code)
	}
	path := filepath.Join(repositoryRoot(t), "suites", "catalogue.json")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, out.Bytes()) {
		t.Errorf("the checks differ from suites/catalogue.json; if that is meant, run: go test ./cmd/assay -run TestCatalogue -update")
	}
}
