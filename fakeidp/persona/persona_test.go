package persona

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestEveryKnobNamesItsSourceAndMark(t *testing.T) {
	sourced := regexp.MustCompile(`\b[A-Z]\d+:|no page found|\bRFC \d+|^developers\.`)
	for _, p := range All() {
		facts := p.Facts()
		if want := reflect.TypeFor[OIDC]().NumField() + reflect.TypeFor[SAML]().NumField() + reflect.TypeFor[SCIM]().NumField(); len(facts) != want {
			t.Errorf("%s: %d facts, want one for each of %d knobs", p.Name, len(facts), want)
		}
		seen := map[string]bool{}
		for _, f := range facts {
			if f.Mark.Text() == "unmarked" || f.Value == "" || !sourced.MatchString(f.Source) {
				t.Errorf("%s: knob %+v", p.Name, f)
			}
			if seen[f.Name] {
				t.Errorf("%s: knob %s twice", p.Name, f.Name)
			}
			seen[f.Name] = true
		}
	}
}

// What is not documented or observed must be labelled as such.
func TestMarks(t *testing.T) {
	want := map[string]Mark{
		"scim.headers": Observed, "scim.membersBatch": SecondHand, "scim.linkedGroupFull": Inferred,
		"scim.messages": Recalled, "scim.filterSpace": Documented, "scim.retry": Documented,
	}
	for _, f := range OktaOIN().Facts() {
		if mark, ok := want[f.Name]; ok && f.Mark != mark {
			t.Errorf("%s is marked %s, want %s", f.Name, f.Mark, mark)
		}
		delete(want, f.Name)
	}
	if len(want) != 0 {
		t.Errorf("knobs not found: %v", want)
	}
}

func TestPersonasDifferOnlyWhereTheyShould(t *testing.T) {
	tests := map[string]string{
		"okta-oin-patch": "scim.userUpdate",
		"okta-aiw":       "oidc.issuerPath oidc.endpoints oidc.claims oidc.accessToken oidc.accessTokenClaims oidc.keyCount scim.userActive scim.groupRename scim.groupMembers",
	}
	base := OktaOIN().Facts()
	for name, want := range tests {
		p, ok := ByName(name)
		if !ok {
			t.Fatalf("no persona %s", name)
		}
		var differ []string
		for i, f := range p.Facts() {
			if f.Value != base[i].Value {
				differ = append(differ, f.Name)
			}
		}
		if got := strings.Join(differ, " "); got != want {
			t.Errorf("%s differs from okta-oin in %q, want %q", name, got, want)
		}
	}
	if _, ok := ByName("okta"); ok {
		t.Error("okta is a persona")
	}
}
