// Package junit renders a report as JUnit XML for the readers that CI systems have.
//
// There is no JUnit standard, so the form follows what the readers do. GitLab takes the status of a
// case from the first of the children failure, error and skipped that is present, shows the text of
// that child, and drops cases whose name occurred before. Jenkins splits classname at its last dot
// into package and class, and shows the message attribute. Hence: one flat suite, the stable check ID
// as name, and every reason both as attribute and as text.
package junit

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"assay/reports"
)

type testSuites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Time     string   `xml:"time,attr"`
	Suite    testSuite
}

type testSuite struct {
	XMLName    xml.Name   `xml:"testsuite"`
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Time       string     `xml:"time,attr"`
	Timestamp  string     `xml:"timestamp,attr,omitempty"`
	Properties []property `xml:"properties>property"`
	Cases      []testCase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testCase struct {
	Name      string  `xml:"name,attr"`
	Classname string  `xml:"classname,attr"`
	Time      string  `xml:"time,attr"`
	Failure   *result `xml:"failure,omitempty"`
	Error     *result `xml:"error,omitempty"`
	Skipped   *result `xml:"skipped,omitempty"`
	SystemOut string  `xml:"system-out,omitempty"`
}

type result struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Write renders r.
//
// fail becomes <failure>; not-run and error become <error> with that type; not-applicable becomes
// <skipped>; a warning passes and says so in system-out. A failure that the baseline accepts
// (Check.Known) becomes <skipped>, as other tools do with expected failures, so that the colour agrees
// with the exit code. A run that was interrupted, or in which nothing ran, gets one more case with an
// <error>: a reader of the file alone must not see green.
func Write(w io.Writer, r *reports.Report) error {
	doc := testSuites{Name: "assay", Suite: suite(r)}
	doc.Tests, doc.Failures = doc.Suite.Tests, doc.Suite.Failures
	doc.Errors, doc.Skipped, doc.Time = doc.Suite.Errors, doc.Suite.Skipped, doc.Suite.Time
	var out bytes.Buffer
	out.WriteString(xml.Header)
	enc := xml.NewEncoder(&out)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encode JUnit XML: %w", err)
	}
	out.WriteByte('\n')
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return nil
}

// suite writes the cases first and counts what it wrote: counts from another source would drift.
func suite(r *reports.Report) testSuite {
	s := testSuite{Name: legal(suiteName(r)), Properties: properties(r)}
	if !r.Run.Started.IsZero() {
		s.Timestamp = r.Run.Started.UTC().Format("2006-01-02T15:04:05")
	}
	names := map[string]int{}
	total := 0.0
	for i := range r.Checks {
		c := &r.Checks[i]
		s.Cases = append(s.Cases, caseOf(c, unique(names, legal(c.ID))))
		total += c.DurationMS
	}
	if why := unfinished(r); why != "" {
		s.Cases = append(s.Cases, testCase{
			Name:      unique(names, "assay.run.complete"),
			Classname: "assay.run",
			Time:      seconds(0),
			Error:     &result{Message: legal(why), Type: "incomplete", Text: legal(why)},
		})
	}
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Time = seconds(total)
	return s
}

func suiteName(r *reports.Report) string {
	if r.Target.Name != "" {
		return "assay " + r.Target.Name
	}
	return "assay " + r.Target.URL
}

func properties(r *reports.Report) []property {
	list := []property{
		{"assay.version", r.Tool.Version},
		{"assay.run", r.Run.ID},
		{"assay.target", r.Target.URL},
		{"assay.verdict", string(r.Verdict)},
	}
	for _, p := range r.Profiles {
		list = append(list, property{"assay.profile." + p.Name, string(p.Verdict)})
	}
	for i := range list {
		list[i].Name, list[i].Value = legal(list[i].Name), legal(list[i].Value)
	}
	return list
}

// unfinished says why the cases do not show the whole picture; it is empty when they do.
func unfinished(r *reports.Report) string {
	switch {
	case !r.Run.Complete && r.Run.Note != "":
		return "the run was interrupted: " + r.Run.Note
	case !r.Run.Complete:
		return "the run was interrupted; checks are missing"
	case r.Ran() == 0:
		return "no check ran"
	default:
		return ""
	}
}

func caseOf(c *reports.Check, name string) testCase {
	t := testCase{Name: name, Classname: classname(c.ID), Time: seconds(c.DurationMS)}
	message, text := legal(message(c)), legal(describe(c))
	switch {
	case c.Known:
		note := legal("known failure, accepted by the baseline: " + c.KnownReason)
		t.Skipped = &result{Message: note, Text: note + "\n\n" + text}
		return t
	case c.Outcome == reports.Pass:
		return t
	case c.Outcome == reports.Warn:
		t.SystemOut = "warning: " + text
	case c.Outcome == reports.NotApplicable:
		t.Skipped = &result{Message: message, Text: text}
	case c.Outcome == reports.Fail:
		t.Failure = &result{Message: message, Type: string(c.Level), Text: text}
	case c.Outcome == reports.NotRun:
		t.Error = &result{Message: message, Type: string(reports.NotRun), Text: text}
	default:
		t.Error = &result{Message: message, Type: string(reports.Error), Text: text}
	}
	return t
}

func message(c *reports.Check) string {
	if c.Reason != "" {
		return c.Reason
	}
	return string(c.Outcome)
}

// classname is the ID without its last element. Elements that hold no letter are left out, because
// readers split at dots and a section number would fall apart into nonsense packages.
func classname(id string) string {
	elements := strings.Split(legal(id), ".")
	var kept []string
	for _, e := range elements[:len(elements)-1] {
		if strings.ContainsFunc(e, isLetter) {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return "assay"
	}
	return strings.Join(kept, ".")
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// unique returns name, with a number when it was used before: GitLab drops repeated names.
func unique(used map[string]int, name string) string {
	used[name]++
	if used[name] == 1 {
		return name
	}
	return unique(used, name+" ("+strconv.Itoa(used[name])+")")
}

func seconds(ms float64) string {
	return strconv.FormatFloat(ms/float64(time.Second/time.Millisecond), 'f', 6, 64)
}
