package saml_test

import (
	"fmt"
	"testing"

	"assay/fakeidp/saml"
)

// catalogue is how many rows sections 9 to 14 of checks/sso.md have, by the format of their IDs.
var catalogue = map[string]int{
	"SAML-REQ-%02d": 9, "SAML-SIG-%02d": 22, "SAML-XSW-%d": 14, "SAML-XML-%02d": 13, "SAML-CND-%02d": 35, "SAML-ENC-%02d": 5, "SAML-SLO-%02d": 6,
}

// honest says of each row that needs no misbehaviour of the IdP what shows it instead.
var honest = map[string]string{
	"SAML-REQ-01": "the service provider's own metadata is read",
	"SAML-REQ-02": "the service provider's AuthnRequest is read",
	"SAML-REQ-03": "the service provider's AuthnRequest is read",
	"SAML-REQ-04": "the service provider's AuthnRequest is read, and its RelayState comes back",
	"SAML-REQ-05": "the service provider's signature is verified",
	"SAML-REQ-06": "a good login of each persona",
	"SAML-CND-18": "the harness's browser posts a good response again",
	"SAML-CND-34": "the harness's browser posts a good response to another tenant's assertion consumer service",
	"SAML-CND-35": "the harness's other browser posts a good response",
}

// Every row of the catalogue that needs the IdP to misbehave is the row of a mutation, and each mutation names
// rows that there are.
func TestEveryRowHasItsMutation(t *testing.T) {
	open := map[string]bool{}
	for format, n := range catalogue {
		for i := range n {
			open[fmt.Sprintf(format, i+1)] = true
		}
	}
	shown := map[string]string{}
	for _, m := range saml.Mutations() {
		if len(m.Rows) == 0 {
			t.Errorf("%s names no row", m.Name)
		}
		for _, row := range m.Rows {
			if !open[row] {
				t.Errorf("%s names row %s, which is none", m.Name, row)
			}
			shown[row] = m.Name
		}
	}
	for row := range open {
		_, needsNone := honest[row]
		switch by := shown[row]; {
		case by == "" && !needsNone:
			t.Errorf("row %s has no mutation", row)
		case by != "" && needsNone:
			t.Errorf("row %s needs no mutation, and %s is one", row, by)
		}
	}
	for row := range honest {
		if !open[row] {
			t.Errorf("there is no row %s", row)
		}
	}
}
