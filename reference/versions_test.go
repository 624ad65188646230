package reference_test

import (
	"net/http"
	"strings"
	"testing"

	"assay/reference"
)

// TestVersions asks for users with the version of SCIM in the path, without it, and with others (RFC 7644 section 3.13).
func TestVersions(t *testing.T) {
	s := start(t, reference.Options{})
	made := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, ada).json(t)
	id, _ := made["id"].(string)
	root := strings.TrimSuffix(s.SCIM, "/v2")
	for path, want := range map[string]struct {
		status   int
		scimType any
	}{
		"/v2/Users/" + id: {200, nil}, "/Users/" + id: {200, nil}, "/v2": {200, nil}, "/": {200, nil},
		"/v1/Users/" + id: {400, "invalidVers"}, "/v9/Users": {400, "invalidVers"}, "/v1.1/Users": {400, "invalidVers"}, "/nowhere": {404, nil},
	} {
		got := call(t, http.MethodGet, root+path, s.Token, "")
		if got.status != want.status || got.json(t)["scimType"] != want.scimType {
			t.Errorf("%s: status %d, wanted %d: %s", path, got.status, want.status, got.text)
		}
		if location := s.SCIM + "/Users/" + id; want.status == 200 && !strings.Contains(got.text, location) {
			t.Errorf("%s does not name the location %s: %s", path, location, got.text)
		}
		if anonymous := call(t, http.MethodGet, root+path, "wrong", ""); anonymous.status != http.StatusUnauthorized {
			t.Errorf("%s with a wrong token: status %d", path, anonymous.status)
		}
	}
}
