package reports_test

import (
	"slices"
	"testing"

	"assay/reports"
)

func checkOf(id string, level reports.Level, outcome reports.Outcome, profiles ...string) reports.Check {
	return reports.Check{ID: id, Level: level, Outcome: outcome, Profiles: profiles}
}

func TestFold(t *testing.T) {
	const (
		must, should, may = reports.Must, reports.Should, reports.May
		good, bad, open   = reports.Conformant, reports.Nonconformant, reports.Incomplete
	)
	passed := checkOf("scim.ok", must, reports.Pass, "scim")
	tests := map[string]struct {
		checks      []reports.Check
		deselected  []reports.Check
		asked       []string
		interrupted bool
		overall     reports.Verdict
		profiles    map[string]reports.Verdict
		notClaimed  []string
	}{
		"a must passes": {checks: []reports.Check{passed}, overall: good, profiles: map[string]reports.Verdict{"scim": good}},
		"a must fails":  {checks: []reports.Check{passed, checkOf("x", must, reports.Fail, "scim")}, overall: bad, profiles: map[string]reports.Verdict{"scim": bad}},
		"a must is not run": {checks: []reports.Check{passed, checkOf("x", must, reports.NotRun, "scim")}, overall: open,
			profiles: map[string]reports.Verdict{"scim": open}},
		"a must is in error": {checks: []reports.Check{passed, checkOf("x", must, reports.Error, "scim")}, overall: open,
			profiles: map[string]reports.Verdict{"scim": open}},
		"a must without an outcome was not judged": {checks: []reports.Check{passed, checkOf("x", must, "", "scim")}, overall: open,
			profiles: map[string]reports.Verdict{"scim": open}},
		"a must is deselected": {checks: []reports.Check{passed}, deselected: []reports.Check{checkOf("x", must, "", "scim")}, overall: open,
			profiles: map[string]reports.Verdict{"scim": open}},
		"a deselected should does not matter": {checks: []reports.Check{passed}, deselected: []reports.Check{checkOf("x", should, "", "scim")}, overall: good,
			profiles: map[string]reports.Verdict{"scim": good}},
		"a deselected profile does not matter": {checks: []reports.Check{passed}, deselected: []reports.Check{checkOf("x", must, "", "saml")}, overall: good,
			profiles: map[string]reports.Verdict{"scim": good}},
		"a failure outweighs what is not run": {checks: []reports.Check{checkOf("x", must, reports.NotRun, "scim"), checkOf("y", must, reports.Fail, "scim")},
			overall: bad, profiles: map[string]reports.Verdict{"scim": bad}},
		"a missed should warns": {checks: []reports.Check{passed, checkOf("x", should, reports.Warn, "scim")}, overall: good,
			profiles: map[string]reports.Verdict{"scim": good}},
		"a should or may that could not be tried does not matter": {
			checks:  []reports.Check{passed, checkOf("x", should, reports.NotRun, "scim"), checkOf("y", may, reports.Error, "scim")},
			overall: good, profiles: map[string]reports.Verdict{"scim": good}},
		"a must that is not applicable does not matter": {checks: []reports.Check{passed, checkOf("x", must, reports.NotApplicable, "scim")}, overall: good,
			profiles: map[string]reports.Verdict{"scim": good}},
		"profiles are judged apart": {checks: []reports.Check{passed, checkOf("x", must, reports.Fail, "entra"), checkOf("y", must, reports.NotRun, "okta")},
			overall: bad, profiles: map[string]reports.Verdict{"scim": good, "entra": bad, "okta": open}},
		"a check counts in each of its profiles": {checks: []reports.Check{passed, checkOf("x", must, reports.Fail, "scim", "okta")},
			overall: bad, profiles: map[string]reports.Verdict{"scim": bad, "okta": bad}},
		"a profile that is not claimed": {checks: []reports.Check{passed, checkOf("x", must, reports.NotApplicable, "saml")}, overall: good,
			profiles: map[string]reports.Verdict{"scim": good}, notClaimed: []string{"saml"}},
		"a profile that is asked for and not claimed": {checks: []reports.Check{passed, checkOf("x", must, reports.NotApplicable, "saml")}, asked: []string{"saml"},
			overall: open, profiles: map[string]reports.Verdict{"scim": good, "saml": open}},
		"a profile in which nothing was tried": {checks: []reports.Check{passed, checkOf("x", should, reports.NotRun, "google"), checkOf("y", must, reports.NotApplicable, "google")},
			overall: open, profiles: map[string]reports.Verdict{"scim": good, "google": open}},
		"nothing claimed at all":       {checks: []reports.Check{checkOf("x", must, reports.NotApplicable, "scim")}, overall: open, notClaimed: []string{"scim"}},
		"no checks":                    {overall: open},
		"an interrupted run":           {checks: []reports.Check{passed}, interrupted: true, overall: open, profiles: map[string]reports.Verdict{"scim": good}},
		"an interrupted run, failing":  {checks: []reports.Check{checkOf("x", must, reports.Fail, "scim")}, interrupted: true, overall: bad, profiles: map[string]reports.Verdict{"scim": bad}},
		"a failure outside a profile":  {checks: []reports.Check{passed, checkOf("x", must, reports.Fail)}, overall: bad, profiles: map[string]reports.Verdict{"scim": good}},
		"a known failure is a failure": {checks: []reports.Check{{ID: "x", Level: must, Outcome: reports.Fail, Known: true, Profiles: []string{"scim"}}}, overall: bad, profiles: map[string]reports.Verdict{"scim": bad}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &reports.Report{Run: reports.Run{Complete: !tt.interrupted, Selection: reports.Selection{Profiles: tt.asked}}, Checks: tt.checks}
			for range 2 { // folding again changes nothing
				r.Fold(tt.deselected)
				if r.Verdict != tt.overall {
					t.Errorf("overall: got %s, want %s", r.Verdict, tt.overall)
				}
				if len(r.Profiles) != len(tt.profiles) {
					t.Errorf("profiles: got %v, want %v", r.Profiles, tt.profiles)
				}
				for _, p := range r.Profiles {
					if p.Verdict != tt.profiles[p.Name] {
						t.Errorf("profile %s: got %s, want %s", p.Name, p.Verdict, tt.profiles[p.Name])
					}
				}
				if !slices.Equal(r.NotClaimed, tt.notClaimed) {
					t.Errorf("not claimed: got %v, want %v", r.NotClaimed, tt.notClaimed)
				}
			}
		})
	}
}

func TestFoldCounts(t *testing.T) {
	r := richReport()
	i := slices.IndexFunc(r.Profiles, func(p reports.Profile) bool { return p.Name == "scim" })
	want := map[reports.Outcome]int{reports.Pass: 7, reports.Fail: 2, reports.Warn: 1, reports.NotApplicable: 1, reports.NotRun: 1, reports.Error: 0}
	for _, o := range reports.Outcomes() {
		got, shown := r.Profiles[i].Counts[o]
		if got != want[o] || !shown {
			t.Errorf("%s: got %d (shown: %v), want %d", o, got, shown, want[o])
		}
	}
	if !slices.IsSortedFunc(r.Profiles, func(a, b reports.Profile) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}) {
		t.Errorf("profiles are not sorted: %v", r.Profiles)
	}
	if r.Ran() != r.Profiles[i].Ran()+5 {
		t.Errorf("ran %d in all, %d in scim", r.Ran(), r.Profiles[i].Ran())
	}
}

func TestDecisive(t *testing.T) {
	labels := func(list ...string) []reports.Exchange {
		out := make([]reports.Exchange, len(list))
		for i, l := range list {
			out[i].Label = l
		}
		return out
	}
	tests := map[string]struct {
		in   []reports.Exchange
		want int // index, -1 for none
	}{
		"none":              {nil, -1},
		"the last":          {labels("control", ""), 1},
		"not the clean-up":  {labels("control", "act", "clean-up", "Cleanup of the group"), 1},
		"only clean-up":     {labels("clean up"), -1},
		"a label like that": {labels("a clean-up is refused"), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := reports.Decisive(tt.in)
			if tt.want < 0 {
				if got != nil {
					t.Fatalf("got %q", got.Label)
				}
				return
			}
			if got != &tt.in[tt.want] {
				t.Fatalf("got %v", got)
			}
		})
	}
}
