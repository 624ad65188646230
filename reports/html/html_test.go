package html_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"assay/reports"
	"assay/reports/html"
)

// out keeps the page of TestExample, to be looked at: go test ./reports/html -run TestExample -args -out FILE.
var out = flag.String("out", "", "write the example page to this file")

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
	var b bytes.Buffer
	if err := html.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExample(t *testing.T) {
	page := render(t, rich(t))
	if *out != "" {
		if err := os.WriteFile(*out, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What a stranger needs, in the order in which the page must tell it.
	story := []string{
		"acme-staging", "Nonconformant", "5 required checks failed (1 known); 2 more could not be tried.", "Expect trouble with",
		"Microsoft Entra ID", "Profiles", "Not claimed by the target, so without a verdict: saml",
		"What broke", `id="check-scim.patch.remove-without-path"`, "MUST · required", "a remove without a path is refused with noTarget",
		"lost every attribute", "Wanted", "status 400", "Came", "status 200", "Where", "the response to the remove",
		"Why it matters", "RFC 7644, section 3.5.2.2", "How to repeat it", "assay run --only scim.patch.remove-without-path",
		"curl -sS -X PATCH", "What was exchanged", "deciding", "&#34;op&#34;: &#34;remove&#34;",
		"Known failures", "ACME-991", "Warnings", "The error body has no detail", "Could not be tried", "The control failed",
		"Not applicable", "bulk is not supported", "needs saml", "Passed", "scim.discovery", "Capabilities", "contradicts the claim",
	}
	rest := page
	for _, want := range story {
		i := strings.Index(rest, want)
		if i < 0 {
			t.Fatalf("%q is missing, or comes too early", want)
		}
		rest = rest[i:]
	}
}

func TestEveryCheckHasItsAnchorOnce(t *testing.T) {
	r := rich(t)
	r.Checks = append(r.Checks, reports.Check{ID: "x.unset", Level: reports.Must}, reports.Check{ID: "single", Level: reports.May, Outcome: reports.Pass},
		reports.Check{ID: "x.known-pass", Level: reports.Must, Outcome: reports.Pass, Known: true})
	page := render(t, r)
	for _, c := range r.Checks {
		if n := strings.Count(page, ` id="check-`+c.ID+`"`); n != 1 {
			t.Errorf("%s: %d anchors", c.ID, n)
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("id %q occurs twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !seen[m[1]] {
			t.Errorf("nothing has the id %q that is pointed at", m[1])
		}
	}
}

func TestThePageLoadsNothing(t *testing.T) {
	page := render(t, rich(t))
	for _, forbidden := range []string{`<script`, `<link`, `<img`, `<iframe`, `<object`, ` src=`, `@import`, `url(`, ` on[a-z]+=`} {
		if m := regexp.MustCompile(`(?i)` + strings.ReplaceAll(forbidden, "(", `\(`)).FindString(page); m != "" {
			t.Errorf("the page contains %q", m)
		}
	}
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline';`) {
		t.Error("the page does not forbid itself to load anything")
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`{{.}}</style></pre><!--"

// TestHostileTarget renders a report in which the target chose every string.
func TestHostileTarget(t *testing.T) {
	clean := elements(t, render(t, hostileReport("x", "https://x.example/")))
	dirty := render(t, hostileReport(hostile, "javascript:alert(3)"))
	if strings.Contains(dirty, "<script") || strings.Contains(dirty, "<img") {
		t.Error("markup of the target is live")
	}
	if strings.Contains(dirty, `href="javascript`) || strings.Contains(dirty, "ZgotmplZ") {
		t.Error("a link of the target is live or was mangled")
	}
	if !strings.Contains(dirty, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the hostile text is not shown at all")
	}
	// The javascript: addresses are shown as text, so the anchors of the target and of two citations are all that goes.
	got := elements(t, dirty)
	clean["a"] -= 3
	for name, n := range clean {
		if got[name] != n {
			t.Errorf("<%s>: %d with harmless strings, %d with hostile ones", name, n, got[name])
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("elements that hostile strings brought in: %v", got)
	}
}

// hostileReport has s in every string and link as every link, with checks of every outcome.
func hostileReport(s, link string) *reports.Report {
	r := &reports.Report{
		Schema: reports.Schema, Tool: reports.Tool{Name: s, Version: s, Commit: s}, Verdict: reports.Nonconformant,
		Run:    reports.Run{ID: s, Note: s, Selection: reports.Selection{Only: []string{s}, Exclude: []string{s}}},
		Target: reports.Target{Name: s, URL: link}, NotClaimed: []string{s},
		Profiles:     []reports.Profile{{Name: s, Verdict: reports.Verdict(s)}},
		Capabilities: []reports.Capability{{Name: s, Source: s}},
	}
	for i, o := range reports.Outcomes() {
		r.Checks = append(r.Checks, reports.Check{
			ID: strings.Repeat("i", i+1) + s, Title: s, Level: reports.Level(s), Profiles: []string{s}, Hurts: []string{s}, Needs: []string{s},
			Outcome: o, Reason: s, Where: s, Wanted: []string{s, s}, Got: s, Repeat: s,
			Exchanges: []reports.Exchange{{
				Label: s, Error: s, Curl: s,
				Request:  reports.Request{Method: s, URL: s, Header: map[string][]string{s: {s}}, Body: s},
				Response: reports.Response{Status: 200, Header: map[string][]string{s: {s}}, Body: `{"a":"` + strings.ReplaceAll(s, `"`, ``) + `"}`},
			}},
		})
	}
	r.Checks[1].Refs = []reports.Ref{{Doc: s, Section: s, Quote: s, URL: link}}
	r.Checks[1].Known, r.Checks[1].KnownReason = true, s
	r.Checks[2].Refs = []reports.Ref{{Doc: s, Section: s, Quote: s, URL: link}}
	return r
}

// elements counts the elements of a page as a lenient parser sees them.
func elements(t *testing.T, page string) map[string]int {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	count := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
}

func TestHeadlines(t *testing.T) {
	one := func(level reports.Level, o reports.Outcome) reports.Check {
		return reports.Check{ID: "a." + string(o), Level: level, Outcome: o, Profiles: []string{"scim"}}
	}
	pass := one(reports.Must, reports.Pass)
	tests := map[string]struct {
		checks      []reports.Check
		interrupted bool
		want        []string
	}{
		"conformant":     {[]reports.Check{pass}, false, []string{"Conformant", "Every required check that applies to this target passed."}},
		"with a warning": {[]reports.Check{pass, one(reports.Should, reports.Warn)}, false, []string{"passed; 1 recommendation missed."}},
		"nonconformant":  {[]reports.Check{pass, one(reports.Must, reports.Fail)}, false, []string{"Nonconformant", "1 required check failed."}},
		"incomplete":     {[]reports.Check{pass, one(reports.Must, reports.NotRun)}, false, []string{"Incomplete", "1 required check could not be tried."}},
		"nothing":        {nil, false, []string{"Incomplete", "No check ran", "No profile was judged."}},
		"interrupted":    {[]reports.Check{pass}, true, []string{"Interrupted.", "can never count as a pass", "What stopped it: Ünterbrochen by SIGINT."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &reports.Report{Schema: reports.Schema, Run: reports.Run{Complete: !tt.interrupted, Note: "Ünterbrochen by SIGINT"}, Checks: tt.checks}
			r.Fold(nil)
			page := render(t, r)
			for _, want := range tt.want {
				if !strings.Contains(page, want) {
					t.Errorf("%q is missing", want)
				}
			}
			if strings.Contains(page, "Interrupted.") != tt.interrupted {
				t.Error("the banner does not follow run.complete")
			}
		})
	}
}

// TestATargetThatIsDown shows one cause instead of hundreds of red lines, and loses no check.
func TestATargetThatIsDown(t *testing.T) {
	r := &reports.Report{Schema: reports.Schema, Target: reports.Target{URL: "https://down.example"}, Run: reports.Run{Complete: true}}
	for i := range 100 {
		c := reports.Check{ID: fmt.Sprint("scim.x", i), Level: reports.Must, Outcome: reports.NotRun, Reason: "connection refused", Profiles: []string{"scim"}}
		if i == 7 {
			c.Reason = "no token"
		}
		r.Checks = append(r.Checks, c)
	}
	r.Fold(nil)
	page := render(t, r)
	for _, want := range []string{"<b>99</b> checks: connection refused", "<b>1</b> check: no token", "Show the 100 checks", `id="check-scim.x99"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if *out != "" {
		if err := os.WriteFile(*out+".down.html", []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	r := rich(t)
	huge := strings.Repeat("ä", 1<<20)
	r.Checks[0].Exchanges[1].Response.Body = huge
	r.Checks[0].Exchanges[1].Request.Body = "\xff\xfe\x00"
	page := render(t, r)
	if len(page) > 300<<10 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, want := range []string{"Only the first 32 KiB are shown here", "[3 bytes that are not text]", "the recorder kept only this much"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestWriteReportsAFullDisk(t *testing.T) {
	full := errors.New("no space left")
	if err := html.Write(failing{full}, rich(t)); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
