package identity

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"assay/reference/directory"
)

// The document has every strategy, the defaults and every field.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/people.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(text)
	has := func(line string) {
		t.Helper()
		if !strings.Contains(document, line) {
			t.Errorf("reference/docs/people.md lacks %s", line)
		}
	}
	for _, s := range Strategies() {
		has("| `" + s.Name + "`")
	}
	for _, f := range Fields() {
		has("`" + string(f) + "`")
	}
	for _, idp := range []directory.IdPType{directory.Generic, directory.Okta, directory.Entra, directory.OneLogin, directory.Google} {
		d := defaultsOf(directory.Connection{ConnectionSettings: directory.ConnectionSettings{IdP: idp}})
		has(fmt.Sprintf("| `%s` | `%s` | `%s` |", idp, d.matching[directory.OIDC], d.matching[directory.SAML]))
	}
}
