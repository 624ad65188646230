package markdown_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"assay/reports"
	"assay/reports/markdown"
)

func rich(t *testing.T) *reports.Report {
	t.Helper()
	r, err := reports.Load("../testdata/rich.report.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func render(t *testing.T, r *reports.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := markdown.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSummaryTellsTheStory(t *testing.T) {
	text := render(t, rich(t))
	rest := text
	for _, want := range []string{
		"# ❌ Nonconformant\n", "Target **acme-staging** (` https://acme.example/scim/v2 `)",
		"19 checks: 9 pass, 5 fail, 1 warn, 2 not-applicable, 1 not-run, 1 error.",
		"| entra | ❌ nonconformant | 2 | 1 | 0 | 0 | 0 | 0 | 0 |", "| okta | ❌ nonconformant | 3 | 1 | 0 | 0 | 0 | 0 | 1 |",
		"Not claimed by the target, so without a verdict: saml.",
		"## What broke (4)", "### a remove without a path is refused with noTarget", "` scim.patch.remove-without-path ` (must)",
		"- What happened: The server accepted", "- Wanted: status 400; scimType \"noTarget\"", "- Got: status 200", "- Why: RFC 7644 section 3.5.2.2",
		"<https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2.2>", "```sh\nassay run --only scim.patch.remove-without-path --target https://acme.example/scim/v2\n```",
		"hurts entra, onelogin", "## Known failures, accepted by the baseline (1)", "ETags arrive with release 4.2",
		"## Warnings (1)", "## Not run (2)", "| scim.filter.eq-unknown-attribute | must | not-run | The control failed", "Not applicable, because the target does not claim the feature: 2 checks.",
	} {
		i := strings.Index(rest, want)
		if i < 0 {
			t.Fatalf("%q is missing or too early in\n%s", want, text)
		}
		rest = rest[i:]
	}
}

func TestVerdictsAndBanners(t *testing.T) {
	pass := []reports.Check{{ID: "a.b", Level: reports.Must, Outcome: reports.Pass, Profiles: []string{"scim"}}}
	tests := map[string]struct {
		report reports.Report
		want   []string
	}{
		"conformant":  {reports.Report{Run: reports.Run{Complete: true}, Checks: pass}, []string{"# ✅ Conformant"}},
		"interrupted": {reports.Report{Run: reports.Run{Note: "SIGINT"}, Checks: pass}, []string{"# ⚠️ Incomplete", "> **The run was interrupted:** SIGINT"}},
		"no note":     {reports.Report{Checks: pass}, []string{"> **The run was interrupted:** what is below is only a part of it"}},
		"empty":       {reports.Report{Run: reports.Run{Complete: true}}, []string{"# ⚠️ Incomplete", "> **No check ran.**", "0 checks"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.report.Fold(nil)
			text := render(t, &tt.report)
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
		})
	}
}

// TestHostileStrings gives the target every string and looks for markup that survived.
func TestHostileStrings(t *testing.T) {
	const s = "x | y\n| z |\n# h\n<img src=x>![i](https://evil.example/p.png) @team ``` `c` </table>\r**b**"
	r := &reports.Report{
		Tool: reports.Tool{Name: s, Version: s}, Run: reports.Run{ID: s, Note: s}, Target: reports.Target{Name: s, URL: s}, NotClaimed: []string{s},
		Profiles: []reports.Profile{{Name: s}},
	}
	for _, o := range reports.Outcomes() {
		r.Checks = append(r.Checks, reports.Check{ID: s, Title: s, Level: reports.Level(s), Outcome: o, Reason: s, Wanted: []string{s}, Got: s, Where: s, Hurts: []string{s},
			Refs: []reports.Ref{{Doc: s, Section: s, Quote: s, URL: "javascript:alert(1)"}}})
	}
	known := r.Checks[1]
	known.Known, known.KnownReason = true, s
	r.Checks = append(r.Checks, known)
	text := regexp.MustCompile("````+ .* ````+").ReplaceAllString(render(t, r), "CODE") // code spans are literal
	for _, live := range []string{"<img", "</table", "![i]", "](", "@team", "**b**", "javascript"} {
		if strings.Contains(text, live) {
			t.Errorf("%q survived in\n%s", live, text)
		}
	}
	cells := -1
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			cells = -1
			continue
		}
		n := len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(line, -1))
		if cells >= 0 && n != cells {
			t.Errorf("a row has %d borders, its table %d: %s", n, cells, line)
		}
		cells = n
	}
}

func TestRepeatCommandCannotLeaveItsFence(t *testing.T) {
	r := rich(t)
	r.Checks[0].Repeat = "echo 1\n````\n# not a heading"
	if text := render(t, r); !strings.Contains(text, "`````sh\necho 1\n````\n# not a heading\n`````\n") {
		t.Errorf("got\n%s", text)
	}
}

func TestSummaryStaysUnderTheLimitOfAStep(t *testing.T) {
	r := &reports.Report{Run: reports.Run{Complete: true}}
	long := strings.Repeat("&", 5000)
	for i := range 3000 {
		r.Checks = append(r.Checks, reports.Check{ID: fmt.Sprint("a.", i), Title: "t", Level: reports.Must, Outcome: reports.Outcomes()[i%6], Known: i%7 == 0, Reason: long, Got: long, Wanted: []string{long}, Where: long})
	}
	text := render(t, r)
	if len(text) >= 1<<20 {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"… and 378 more, in the full report.", "… and 328 more, in the full report."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestWriteReportsAFullDisk(t *testing.T) {
	full := errors.New("no space left")
	if err := markdown.Write(failing{full}, rich(t)); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
