package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reports"
	"assay/reports/gate"
)

// now is late on the last day of 2026 in UTC.
var now = time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)

func check(id string, outcome reports.Outcome, reason string) reports.Check {
	return reports.Check{ID: id, Level: reports.Must, Outcome: outcome, Reason: reason, Profiles: []string{"scim"}}
}

func report(checks ...reports.Check) *reports.Report {
	r := &reports.Report{Schema: reports.Schema, Run: reports.Run{Complete: true}, Checks: checks}
	r.Fold(nil)
	return r
}

func entries(list ...gate.Entry) *gate.Baseline { return &gate.Baseline{Entries: list} }

func entry(id string) gate.Entry { return gate.Entry{ID: id, Reason: "accepted for the test"} }

// outcome is what the tests compare of a decision; findings are "ID: part of the reason".
type outcome struct {
	verdict                        reports.Verdict
	exit                           int
	regressions, stale, incomplete []string
	known                          []string
}

func compare(t *testing.T, got gate.Decision, want outcome) {
	t.Helper()
	if got.Verdict != want.verdict || got.ExitCode != want.exit {
		t.Errorf("got %s, exit %d; want %s, exit %d", got.Verdict, got.ExitCode, want.verdict, want.exit)
	}
	compareFindings(t, "regressions", got.Regressions, want.regressions)
	compareFindings(t, "stale", got.Stale, want.stale)
	compareFindings(t, "incomplete", got.Incomplete, want.incomplete)
	if !slices.Equal(got.Known, want.known) {
		t.Errorf("known: got %v, want %v", got.Known, want.known)
	}
}

func compareFindings(t *testing.T, what string, got []gate.Finding, want []string) {
	t.Helper()
	if got == nil {
		t.Errorf("%s: nil would be null in JSON", what)
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
		return
	}
	for i, f := range got {
		id, reason, _ := strings.Cut(want[i], ": ")
		if f.ID != id || !strings.Contains(f.Reason, reason) {
			t.Errorf("%s: got %v, want %s", what, f, want[i])
		}
	}
}

func TestJudgeWithoutBaseline(t *testing.T) {
	should := func(o reports.Outcome) reports.Check {
		c := check("s", o, "r")
		c.Level = reports.Should
		return c
	}
	pass := check("ok", reports.Pass, "")
	tests := map[string]struct {
		report *reports.Report
		want   outcome
	}{
		"all pass":              {report(pass), outcome{verdict: reports.Conformant}},
		"a must fails":          {report(pass, check("x", reports.Fail, "boom")), outcome{verdict: reports.Nonconformant, exit: 1, regressions: []string{"x: boom"}}},
		"a must is not run":     {report(pass, check("x", reports.NotRun, "setup")), outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"x: not-run: setup"}}},
		"a must is in error":    {report(pass, check("x", reports.Error, "bug")), outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"x: error: bug"}}},
		"failure and not run":   {report(check("n", reports.NotRun, "s"), check("x", reports.Fail, "boom")), outcome{verdict: reports.Nonconformant, exit: 1, regressions: []string{"x: boom"}, incomplete: []string{"n: s"}}},
		"a should warns":        {report(pass, should(reports.Warn)), outcome{verdict: reports.Conformant}},
		"a should is not run":   {report(pass, should(reports.NotRun)), outcome{verdict: reports.Conformant}},
		"must not applicable":   {report(pass, check("x", reports.NotApplicable, "")), outcome{verdict: reports.Conformant}},
		"no checks":             {report(), outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"run: no check ran"}}},
		"nothing claimed":       {report(check("x", reports.NotApplicable, "")), outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"run: no check ran"}}},
		"only a should, no run": {report(should(reports.NotRun)), outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"profile scim: none of its checks ran", "run: no check ran"}}},
		"target unreachable": {report(check("x", reports.NotRun, "connection refused")), outcome{verdict: reports.Incomplete, exit: 3,
			incomplete: []string{"x: connection refused", "profile scim: none", "run: no check ran"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, b := range []*gate.Baseline{nil, {}} {
				got := gate.Judge(tt.report, b, now)
				tt.want.known = []string{}
				compare(t, got, tt.want)
				if got.Verdict != tt.report.Verdict {
					t.Errorf("without a baseline the gate says %s and the report %s", got.Verdict, tt.report.Verdict)
				}
			}
		})
	}
}

func TestJudgeWithBaseline(t *testing.T) {
	pass := check("ok", reports.Pass, "")
	boom := check("x", reports.Fail, "boom: status 500")
	warn := check("w", reports.Warn, "no detail")
	warn.Level = reports.Should
	until := func(day string) gate.Entry {
		e := entry("x")
		e.Until = day
		return e
	}
	expect := func(prefix string) gate.Entry {
		e := entry("x")
		e.Expect = prefix
		return e
	}
	good := outcome{verdict: reports.Conformant, known: []string{"x"}}
	stillRed := func(stale string) outcome {
		return outcome{verdict: reports.Nonconformant, exit: 1, regressions: []string{"x: boom"}, stale: []string{"x: " + stale}}
	}
	tests := map[string]struct {
		checks  []reports.Check
		entries []gate.Entry
		want    outcome
	}{
		"a known failure":            {[]reports.Check{pass, boom}, []gate.Entry{entry("x")}, good},
		"a known not-run":            {[]reports.Check{pass, check("x", reports.NotRun, "r")}, []gate.Entry{entry("x")}, good},
		"a known warning":            {[]reports.Check{pass, warn}, []gate.Entry{entry("w")}, outcome{verdict: reports.Conformant, known: []string{"w"}}},
		"an error is never known":    {[]reports.Check{pass, check("x", reports.Error, "bug")}, []gate.Entry{entry("x")}, outcome{verdict: reports.Incomplete, exit: 3, incomplete: []string{"x: error: bug"}}},
		"known, and another fails":   {[]reports.Check{boom, check("y", reports.Fail, "new")}, []gate.Entry{entry("x")}, outcome{verdict: reports.Nonconformant, exit: 1, regressions: []string{"y: new"}, known: []string{"x"}}},
		"the known are sorted":       {[]reports.Check{boom, check("a", reports.Fail, "r")}, []gate.Entry{entry("x"), entry("a")}, outcome{verdict: reports.Conformant, known: []string{"a", "x"}}},
		"passes now":                 {[]reports.Check{pass}, []gate.Entry{entry("ok")}, outcome{verdict: reports.Conformant, exit: 1, stale: []string{"ok: passes now"}}},
		"does not apply":             {[]reports.Check{pass, check("x", reports.NotApplicable, "")}, []gate.Entry{entry("x")}, outcome{verdict: reports.Conformant, exit: 1, stale: []string{"x: does not apply"}}},
		"matches nothing":            {[]reports.Check{pass}, []gate.Entry{entry("typo")}, outcome{verdict: reports.Conformant, exit: 1, stale: []string{"typo: matches no check"}}},
		"expected":                   {[]reports.Check{pass, boom}, []gate.Entry{expect("boom")}, good},
		"fails differently":          {[]reports.Check{pass, boom}, []gate.Entry{expect("status 500")}, stillRed(`begins with "status 500", got "boom: status 500"`)},
		"until today, inclusive":     {[]reports.Check{pass, boom}, []gate.Entry{until("2026-12-31")}, good},
		"until yesterday":            {[]reports.Check{pass, boom}, []gate.Entry{until("2026-12-30")}, stillRed("accepted until 2026-12-30, which is over")},
		"a date that is no date":     {[]reports.Check{pass, boom}, []gate.Entry{until("soon")}, stillRed(`until: "soon" is not a date`)},
		"stale outweighs incomplete": {[]reports.Check{pass, check("n", reports.NotRun, "s")}, []gate.Entry{entry("ok")}, outcome{verdict: reports.Incomplete, exit: 1, stale: []string{"ok: passes now"}, incomplete: []string{"n: s"}}},
		"a profile of known not-runs": {[]reports.Check{{ID: "ok", Level: reports.Must, Outcome: reports.Pass, Profiles: []string{"okta"}}, check("x", reports.NotRun, "r")},
			[]gate.Entry{entry("x")}, good},
		"nothing ran, though all of it is known": {[]reports.Check{check("x", reports.NotRun, "r")}, []gate.Entry{entry("x"), entry("typo")},
			outcome{verdict: reports.Incomplete, exit: 3, known: []string{"x"}, stale: []string{"typo: matches no check"}, incomplete: []string{"run: no check ran"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := report(tt.checks...)
			own := r.Verdict
			got := gate.Judge(r, entries(tt.entries...), now)
			if tt.want.known == nil {
				tt.want.known = []string{}
			}
			compare(t, got, tt.want)
			for _, c := range r.Checks {
				if c.Known != slices.Contains(got.Known, c.ID) || c.Known != (c.KnownReason != "") {
					t.Errorf("%s: known %v (%q), decision knows %v", c.ID, c.Known, c.KnownReason, got.Known)
				}
			}
			if r.Verdict != own {
				t.Errorf("the report's own verdict became %s", r.Verdict)
			}
		})
	}
}

func TestANarrowedRunDoesNotJudgeWhatItLeftOut(t *testing.T) {
	selections := map[string]reports.Selection{
		"only": {Only: []string{"ok"}}, "exclude": {Exclude: []string{"x"}},
		"levels": {Levels: []reports.Level{reports.Must}}, "profiles": {Profiles: []string{"scim"}},
	}
	for name, s := range selections {
		t.Run(name, func(t *testing.T) {
			r := report(check("ok", reports.Pass, ""))
			r.Run.Selection = s
			old := entry("x")
			old.Until = "2020-01-01"
			compare(t, gate.Judge(r, entries(old), now), outcome{verdict: reports.Conformant, known: []string{}})
			compare(t, gate.Judge(r, entries(entry("ok")), now), outcome{verdict: reports.Conformant, exit: 1, known: []string{}, stale: []string{"ok: passes now"}})
		})
	}
}

func TestRequiredChecksThatWereLeftOut(t *testing.T) {
	r := report(check("ok", reports.Pass, ""))
	r.Run.Selection.Only = []string{"ok"}
	r.Fold([]reports.Check{check("x", "", ""), check("y", "", "")})
	compare(t, gate.Judge(r, nil, now), outcome{verdict: reports.Incomplete, exit: 3, known: []string{}, incomplete: []string{"profile scim: left out: 2"}})
}

func TestAProfileThatWasAskedForAndIsNotClaimed(t *testing.T) {
	saml := reports.Check{ID: "saml.x", Level: reports.Must, Outcome: reports.NotApplicable, Profiles: []string{"saml"}}
	r := report(check("ok", reports.Pass, ""), saml)
	r.Run.Selection.Profiles = []string{"saml", "scim"}
	r.Fold(nil)
	compare(t, gate.Judge(r, nil, now), outcome{verdict: reports.Incomplete, exit: 3, known: []string{}, incomplete: []string{"profile saml: none of its checks ran"}})
}

func TestAnInterruptedRunIsNeverGreen(t *testing.T) {
	tests := map[string]struct {
		checks   []reports.Check
		baseline *gate.Baseline
		want     outcome
	}{
		"all pass":         {[]reports.Check{check("ok", reports.Pass, "")}, nil, outcome{verdict: reports.Incomplete, exit: 3}},
		"not reached":      {[]reports.Check{check("ok", reports.Pass, "")}, entries(entry("later")), outcome{verdict: reports.Incomplete, exit: 3}},
		"a known failure":  {[]reports.Check{check("x", reports.Fail, "r")}, entries(entry("x")), outcome{verdict: reports.Incomplete, exit: 3, known: []string{"x"}}},
		"a failure":        {[]reports.Check{check("x", reports.Fail, "r")}, nil, outcome{verdict: reports.Nonconformant, exit: 1, regressions: []string{"x: r"}}},
		"an entry is done": {[]reports.Check{check("ok", reports.Pass, "")}, entries(entry("ok")), outcome{verdict: reports.Incomplete, exit: 1, stale: []string{"ok: passes now"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := report(tt.checks...)
			r.Run.Complete, r.Run.Note = false, "SIGINT"
			r.Fold(nil)
			tt.want.incomplete = []string{"run: the run was interrupted: SIGINT"}
			if tt.want.known == nil {
				tt.want.known = []string{}
			}
			compare(t, gate.Judge(r, tt.baseline, now), tt.want)
		})
	}
}

func TestJudgeForgetsAnEarlierBaseline(t *testing.T) {
	r := report(check("ok", reports.Pass, ""), check("x", reports.Fail, "r"))
	gate.Judge(r, entries(entry("x")), now)
	compare(t, gate.Judge(r, nil, now), outcome{verdict: reports.Nonconformant, exit: 1, known: []string{}, regressions: []string{"x: r"}})
	if r.Checks[1].Known || r.Checks[1].KnownReason != "" {
		t.Error("the check is still marked as known")
	}
}

func TestAVerdictThatTheChecksDoNotExplain(t *testing.T) {
	for _, v := range []reports.Verdict{reports.Nonconformant, reports.Incomplete} {
		r := report(check("ok", reports.Pass, ""))
		r.Verdict = v
		got := gate.Judge(r, nil, now)
		compare(t, got, outcome{verdict: reports.Incomplete, exit: 3, known: []string{}, incomplete: []string{"run: calls itself " + string(v)}})
	}
}

func TestTheExampleReport(t *testing.T) {
	r, err := reports.Load("../testdata/rich.report.json")
	if err != nil {
		t.Fatal(err)
	}
	d := gate.Judge(r, entries(entry("scim.etag.if-match"), entry("okta.import.paging")), now)
	if d.ExitCode != 1 || len(d.Regressions) != 3 || len(d.Known) != 2 || len(d.Incomplete) != 3 {
		t.Errorf("got %+v", d)
	}
}
