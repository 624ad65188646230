package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rule says what the packages at or below a path may import. An entry ending in "/..." stands for a
// package and everything below it. Outside modules are free unless onlyOutside restricts them.
type rule struct {
	path        string
	may         []string
	onlyOutside []string // nil: any outside module
}

// rules is the import table of the design, most specific path first.
func rules() []rule {
	standard := []string{}
	return []rule{
		{"assay/reports", []string{"assay/reports"}, standard},
		{"assay/fixtures", nil, []string{"go.yaml.in/yaml/v3"}},
		{"assay/suites/wire", []string{"assay/reports"}, nil},
		{"assay/suites/target", []string{"assay/reports", "assay/suites/wire", "assay/fixtures", "assay/fakeidp/control"}, nil},
		{"assay/suites/check", []string{"assay/reports", "assay/suites/wire", "assay/suites/target", "assay/fixtures", "assay/fakeidp/control"}, nil},
		// Interop holds targets to judge, not checks: no suite may import it.
		{"assay/suites/interop", []string{"assay/suites/interop/..."}, nil},
		{"assay/suites/", []string{"assay/suites/check", "assay/suites/target", "assay/suites/wire", "assay/reports", "assay/fixtures", "assay/fakeidp/control"}, nil},
		{"assay/suites", []string{"assay/suites/check", "assay/suites/target", "assay/suites/wire", "assay/suites/scim", "assay/suites/provisioning", "assay/suites/sso", "assay/reports", "assay/fakeidp/control"}, nil},
		{"assay/fakeidp", []string{"assay/fakeidp/...", "assay/fixtures"}, nil},
		{"assay/reference", []string{"assay/reference/...", "assay/fixtures"}, nil},
		{"assay/cmd", []string{"assay/..."}, nil},
	}
}

func ruleFor(path string) (rule, bool) {
	for _, r := range rules() {
		if path == r.path || strings.HasPrefix(path, strings.TrimSuffix(r.path, "/")+"/") {
			return r, true
		}
	}
	return rule{}, false
}

func allowed(imported string, list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		tree, isTree := strings.CutSuffix(entry, "/...")
		return imported == entry || isTree && (imported == tree || strings.HasPrefix(imported, tree+"/"))
	})
}

// TestImportTable holds the packages to the design: the judge never imports the judged, and reports
// know nobody.
func TestImportTable(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "assay/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	packages := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages++
		r, ok := ruleFor(p.ImportPath)
		if !ok {
			t.Errorf("%s has no rule in the import table", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if problem := r.refuses(imported); problem != "" {
				t.Errorf("%s must not import %s: %s", p.ImportPath, imported, problem)
			}
		}
	}
	if packages < 20 {
		t.Fatalf("only %d packages were looked at", packages)
	}
}

func (r rule) refuses(imported string) string {
	if strings.HasPrefix(imported, "assay/cmd") {
		return "nothing imports cmd"
	}
	if strings.HasPrefix(imported, "assay/") {
		if allowed(imported, r.may) {
			return ""
		}
		return "the import table of the design does not allow it"
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") || r.onlyOutside == nil || slices.Contains(r.onlyOutside, imported) {
		return ""
	}
	return "only the standard library is allowed here"
}

// TestImportTableRefuses shows that the table can refuse.
func TestImportTableRefuses(t *testing.T) {
	for from, imported := range map[string]string{
		"assay/suites/scim":   "assay/reference/scim",
		"assay/suites/sso":    "assay/fakeidp/oidc",
		"assay/reports/html":  "github.com/spf13/cobra",
		"assay/reports":       "assay/suites/wire",
		"assay/reference/sso": "assay/fakeidp/oidc",
		"assay/fakeidp/push":  "assay/reference",
		"assay/suites/wire":   "assay/suites/target",
		"assay/suites":        "assay/suites/interop/bareelimity",
		"assay/reference":     "assay/cmd/assay",
	} {
		r, ok := ruleFor(from)
		if !ok || r.refuses(imported) == "" {
			t.Errorf("%s may import %s", from, imported)
		}
	}
}
