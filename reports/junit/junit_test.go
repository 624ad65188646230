package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/reports"
	"assay/reports/junit"
)

// A reader's view of the file, independent of the writer's types.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Tests      int     `xml:"tests,attr"`
		Failures   int     `xml:"failures,attr"`
		Errors     int     `xml:"errors,attr"`
		Skipped    int     `xml:"skipped,attr"`
		Time       float64 `xml:"time,attr"`
		Timestamp  string  `xml:"timestamp,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []readCase `xml:"testcase"`
	} `xml:"testsuite"`
}

type readCase struct {
	Name      string  `xml:"name,attr"`
	Classname string  `xml:"classname,attr"`
	Time      float64 `xml:"time,attr"`
	Children  []struct {
		XMLName xml.Name
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

func render(t *testing.T, r *reports.Report) suites {
	t.Helper()
	var out bytes.Buffer
	if err := junit.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	var s suites
	if err := xml.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if len(s.Suites) != 1 {
		t.Fatalf("%d suites", len(s.Suites))
	}
	return s
}

func rich(t *testing.T) *reports.Report {
	t.Helper()
	r, err := reports.Load("../testdata/rich.report.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// gitLabStatuses reads as GitLab's lib/gitlab/ci/parsers/test/junit.rb does: the first of the children
// failure, error and skipped that is present decides, and a repeated name is dropped.
func gitLabStatuses(s suites) map[string]string {
	statuses := map[string]string{}
	for _, c := range s.Suites[0].Cases {
		if _, seen := statuses[c.Name]; seen {
			continue
		}
		status := "success"
		for _, kind := range []string{"skipped", "error", "failure"} { // the last that is found wins
			for _, child := range c.Children {
				if child.XMLName.Local == kind {
					status = kind + "/" + child.Type
				}
			}
		}
		statuses[c.Name] = status
	}
	return statuses
}

func TestGitLabSeesEveryOutcome(t *testing.T) {
	r := rich(t)
	got := gitLabStatuses(render(t, r))
	if len(got) != len(r.Checks) {
		t.Fatalf("%d cases of %d checks", len(got), len(r.Checks))
	}
	want := map[reports.Outcome]string{
		reports.Pass: "success", reports.Warn: "success", reports.Fail: "failure/must",
		reports.NotRun: "error/not-run", reports.Error: "error/error", reports.NotApplicable: "skipped/",
	}
	for _, c := range r.Checks {
		w := want[c.Outcome]
		if c.Known {
			w = "skipped/"
		}
		if got[c.ID] != w {
			t.Errorf("%s (%s, known %v): got %s, want %s", c.ID, c.Outcome, c.Known, got[c.ID], w)
		}
	}
}

func TestCountsAreThoseOfTheCases(t *testing.T) {
	s := render(t, rich(t))
	count := map[string]int{}
	for _, status := range gitLabStatuses(s) {
		kind, _, _ := strings.Cut(status, "/")
		count[kind]++
	}
	suite := s.Suites[0]
	got := fmt.Sprint(suite.Tests, suite.Failures, suite.Errors, suite.Skipped)
	want := fmt.Sprint(len(suite.Cases), count["failure"], count["error"], count["skipped"])
	if got != want || got != fmt.Sprint(s.Tests, s.Failures, s.Errors, s.Skipped) {
		t.Errorf("got %s (and %+v on top), want %s", got, s, want)
	}
	if want != "19 4 2 3" {
		t.Errorf("the example should give 19 cases, 4 failures, 2 errors, 3 skipped; got %s", want)
	}
}

func TestReasonIsInAttributeAndText(t *testing.T) {
	s := render(t, rich(t))
	for _, c := range s.Suites[0].Cases {
		for _, child := range c.Children {
			if child.XMLName.Local == "system-out" {
				continue
			}
			if child.Message == "" || !strings.HasPrefix(child.Text, child.Message) {
				t.Errorf("%s: message %q, text %q", c.Name, child.Message, child.Text)
			}
		}
	}
}

func TestAFailureTellsTheStory(t *testing.T) {
	s := render(t, rich(t))
	text := s.Suites[0].Cases[0].Children[0].Text
	for _, want := range []string{
		"a remove without a path is refused with noTarget", "level:   must", "wanted:  status 400", "got:     status 200",
		"source:  RFC 7644 section 3.5.2.2", "repeat:  assay run --only scim.patch.remove-without-path", "> PATCH https://acme.example/scim", "< 200",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "DELETE") {
		t.Error("the clean-up is shown as the deciding exchange")
	}
}

func TestAWarningPassesAndSaysSo(t *testing.T) {
	for _, c := range render(t, rich(t)).Suites[0].Cases {
		if c.Name != "scim.error.detail-present" {
			continue
		}
		if len(c.Children) != 1 || c.Children[0].XMLName.Local != "system-out" || !strings.HasPrefix(c.Children[0].Text, "warning: The error body has no detail.") {
			t.Errorf("got %+v", c.Children)
		}
		return
	}
	t.Fatal("the warning has no case")
}

// TestJenkinsPackages splits as Jenkins does: classname at its last dot into package and class.
func TestJenkinsPackages(t *testing.T) {
	tests := map[string][2]string{
		"scim.patch.remove-without-path": {"scim", "patch"},
		"scim.discovery":                 {"", "scim"},
		"entra.users.patch.replace":      {"entra.users", "patch"},
		"single":                         {"", "assay"},
		"scim.3.5.2.remove":              {"", "scim"},
		"scim..x":                        {"", "scim"},
		"":                               {"", "assay"},
	}
	for id, want := range tests {
		r := &reports.Report{Run: reports.Run{Complete: true}, Checks: []reports.Check{{ID: id, Outcome: reports.Pass}}}
		class := render(t, r).Suites[0].Cases[0].Classname
		dot := strings.LastIndex(class, ".")
		got := [2]string{class[:max(dot, 0)], class[dot+1:]}
		if got != want {
			t.Errorf("%q: got %v, want %v", id, got, want)
		}
	}
}

func TestRepeatedNamesAreKeptApart(t *testing.T) {
	r := &reports.Report{Run: reports.Run{Complete: true}}
	for _, id := range []string{"a.b", "a.b", "a.b (2)", "a.b"} {
		r.Checks = append(r.Checks, reports.Check{ID: id, Outcome: reports.Pass})
	}
	if got := gitLabStatuses(render(t, r)); len(got) != 4 {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsNotTheWholePictureIsNotGreen(t *testing.T) {
	pass := []reports.Check{{ID: "a.b", Outcome: reports.Pass}}
	tests := map[string]struct {
		report reports.Report
		want   string
	}{
		"interrupted with a note": {reports.Report{Run: reports.Run{Note: "SIGINT"}, Checks: pass}, "the run was interrupted: SIGINT"},
		"interrupted":             {reports.Report{Checks: pass}, "the run was interrupted; checks are missing"},
		"empty":                   {reports.Report{Run: reports.Run{Complete: true}}, "no check ran"},
		"all not applicable":      {reports.Report{Run: reports.Run{Complete: true}, Checks: []reports.Check{{ID: "a.b", Outcome: reports.NotApplicable}}}, "no check ran"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := render(t, &tt.report)
			if s.Errors != 1 || gitLabStatuses(s)["assay.run.complete"] != "error/incomplete" {
				t.Fatalf("got %+v", s)
			}
			last := s.Suites[0].Cases[len(s.Suites[0].Cases)-1]
			if last.Children[0].Message != tt.want {
				t.Errorf("got %q", last.Children[0].Message)
			}
		})
	}
}

func TestCharactersThatXMLForbids(t *testing.T) {
	const nasty = "a\x00b\x1b[31mc\x08\ufffed\uffff]]>&<\"'\xff\u0085é😀\ttab\nline"
	r := &reports.Report{Target: reports.Target{Name: nasty}, Tool: reports.Tool{Version: nasty}, Run: reports.Run{Complete: true}}
	for _, o := range reports.Outcomes() {
		r.Checks = append(r.Checks, reports.Check{
			ID: "x." + string(o) + nasty, Title: nasty, Outcome: o, Reason: nasty, Got: nasty, Repeat: nasty,
			Exchanges: []reports.Exchange{{Request: reports.Request{Body: nasty}, Error: nasty}},
		})
	}
	var out bytes.Buffer
	if err := junit.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(out.Bytes()) || strings.ContainsAny(out.String(), "\x00\x1b\x08\ufffe\uffff") {
		t.Error("the file holds characters that XML 1.0 does not allow")
	}
	for _, c := range render(t, r).Suites[0].Cases {
		for _, child := range c.Children {
			if child.XMLName.Local == "failure" && !strings.HasPrefix(child.Message, "ab[31mcd]]>&<\"'\ufffd\u0085é😀\ttab\nline") {
				t.Errorf("the rest of the text changed: %q", child.Message)
			}
		}
	}
}

func TestLongBodiesAreCut(t *testing.T) {
	r := rich(t)
	r.Checks[0].Exchanges[1].Response.Body = strings.Repeat("ä", 1<<20)
	text := render(t, r).Suites[0].Cases[0].Children[0].Text
	if len(text) > 6000 || !strings.Contains(text, "[cut after 2000 bytes]") {
		t.Errorf("%d bytes", len(text))
	}
}

func TestTimesAndProperties(t *testing.T) {
	suite := render(t, rich(t)).Suites[0]
	if suite.Timestamp != "2026-03-04T09:30:00" || suite.Cases[0].Time != 0.0014 || suite.Time < 0.06 {
		t.Errorf("timestamp %s, first case %v, suite %v", suite.Timestamp, suite.Cases[0].Time, suite.Time)
	}
	got := map[string]string{}
	for _, p := range suite.Properties {
		got[p.Name] = p.Value
	}
	if got["assay.verdict"] != "nonconformant" || got["assay.target"] != "https://acme.example/scim/v2" || got["assay.profile.google"] != "conformant" {
		t.Errorf("got %v", got)
	}
}

func TestWriteReportsAFullDisk(t *testing.T) {
	full := errors.New("no space left")
	if err := junit.Write(failing{full}, rich(t)); !errors.Is(err, full) {
		t.Fatalf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
