package fakeidp

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"assay/fakeidp/mutation"
	"assay/fakeidp/outage"
)

// The catalogue of sign-on checks, sections 1 to 8: how many rows each group has.
var catalogue = []struct {
	group string
	rows  int
}{
	{"OIDC-CFG", 9}, {"OIDC-REQ", 15}, {"OIDC-IDT", 28}, {"OIDC-KEY", 19}, {"OIDC-FLOW", 22}, {"OIDC-UI", 8}, {"SSO-MT", 15}, {"OIDC-LGO", 18},
}

// well says, for the rows that no mutation or outage serves, why the IdP need not misbehave for them.
func well() map[string]string {
	const (
		observed = "the harness looks at what an honest IdP is sent"
		browser  = "the harness's browser does it: the IdP's answer is honest"
		client   = "the answers are honest: it is judged what the target does on its own"
		keys     = "keys are rotated and withdrawn by the control API (/personas/{persona}/keys), which is no misbehaviour"
		people   = "people, apps and their assignments are changed by the control API"
	)
	return map[string]string{
		"OIDC-CFG-01": "an honest IdP with a path in its issuer: every persona but okta-aiw, jumpcloud and google-unverified",
		"OIDC-CFG-03": "honest IdPs with different paths: personas", "OIDC-CFG-08": "honest: two personas, one after the other",
		"OIDC-REQ-01": observed, "OIDC-REQ-02": observed, "OIDC-REQ-03": observed, "OIDC-REQ-04": observed, "OIDC-REQ-07": observed, "OIDC-REQ-08": observed,
		"OIDC-REQ-09": observed, "OIDC-REQ-10": observed, "OIDC-REQ-11": observed, "OIDC-REQ-12": observed, "OIDC-REQ-13": observed, "OIDC-REQ-14": observed,
		"OIDC-KEY-10": keys, "OIDC-KEY-11": keys,
		"OIDC-FLOW-03": browser, "OIDC-FLOW-05": browser, "OIDC-FLOW-06": browser, "OIDC-FLOW-12": browser, "OIDC-FLOW-18": browser,
		"OIDC-FLOW-16": "an honest form_post", "OIDC-FLOW-20": "a request that the harness makes: initiate_login_uri",
		"SSO-MT-07": people, "SSO-MT-08": people, "SSO-MT-09": people, "SSO-MT-10": people, "SSO-MT-11": people, "SSO-MT-12": client,
		"OIDC-LGO-01": observed, "OIDC-LGO-02": browser, "OIDC-LGO-18": "session management is not offered: informative only",
	}
}

// Every row that needs the IdP to misbehave has a mutation or an outage, and the others are named, with the reason.
func TestEveryRowOfTheCatalogueIsServed(t *testing.T) {
	served := map[string][]string{}
	for _, m := range mutation.All() {
		for _, row := range m.Rows {
			served[row] = append(served[row], m.Name)
		}
	}
	for _, k := range outage.Kinds() {
		for _, row := range k.Rows {
			served[row] = append(served[row], k.Name)
		}
	}
	reasons, known := well(), map[string]bool{"SSO-ROB-01": true}
	for _, g := range catalogue {
		for n := 1; n <= g.rows; n++ {
			row := fmt.Sprintf("%s-%02d", g.group, n)
			known[row] = true
			_, named := reasons[row]
			if (len(served[row]) > 0) == named {
				t.Errorf("%s: served by %q, and named as one that needs no misbehaviour: %t", row, served[row], named)
			}
			delete(reasons, row)
		}
	}
	for row := range reasons {
		t.Errorf("%s is no row of the catalogue", row)
	}
	for row, by := range served {
		if !known[row] {
			t.Errorf("%s, which %q serve, is no row of the catalogue", row, by)
		}
	}
}

// The numbers above are those of the catalogue, where that is at hand.
func TestCatalogueHasTheseRows(t *testing.T) {
	text, err := os.ReadFile("../../shared/checks/sso.md")
	if err != nil {
		t.Skip("the catalogue is not at hand: ", err)
	}
	var want []string
	for _, g := range catalogue {
		for n := 1; n <= g.rows; n++ {
			want = append(want, fmt.Sprintf("%s-%02d", g.group, n))
		}
	}
	var got []string
	for _, found := range regexp.MustCompile(`(?m)^\| ((?:OIDC|SSO)-[A-Z]+-\d\d) \|`).FindAllSubmatch(text, -1) {
		if row := string(found[1]); row[:7] != "SSO-ROB" {
			got = append(got, row)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows of the catalogue %q, want %q", got, want)
	}
}
