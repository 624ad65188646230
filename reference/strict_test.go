package reference_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"assay/reference"
	"assay/reference/faults"
)

const entraPatch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`

func TestStrictness(t *testing.T) {
	data, strict := filepath.Join(t.TempDir(), "assay.db"), true
	first, err := reference.Start(t.Context(), reference.Options{Data: data, Strict: &strict})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := call(t, http.MethodPost, first.SCIM+"/Users", first.Token, ada).json(t)["id"].(string)
	patch := func(s *reference.Server, want int) {
		t.Helper()
		if got := call(t, http.MethodPatch, s.SCIM+"/Users/"+id, first.Token, entraPatch); got.status != want {
			t.Errorf("status %d, wanted %d: %s", got.status, want, got.text)
		}
	}
	patch(first, http.StatusBadRequest)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	s := start(t, reference.Options{Data: data}) // the setting is kept
	patch(s, http.StatusBadRequest)
	settings := s.Admin + "/tenants/" + s.Tenant + "/scim"
	if got := call(t, http.MethodGet, settings, s.AdminToken, "").json(t); got["strict"] != true || got["url"] != s.SCIM {
		t.Errorf("settings %v", got)
	}
	if got := call(t, http.MethodPut, settings, s.AdminToken, `{"strict":false}`); got.status != 200 || got.json(t)["strict"] != false {
		t.Errorf("status %d: %s", got.status, got.text)
	}
	patch(s, http.StatusOK)
	used := map[string]float64{}
	list, _ := call(t, http.MethodGet, settings, s.AdminToken, "").json(t)["leniencies"].([]any)
	for _, item := range list {
		entry, _ := item.(map[string]any)
		name, _ := entry["name"].(string)
		used[name], _ = entry["used"].(float64)
	}
	if len(used) != 15 || used["capital-operation"] != 1 || used["text-boolean"] != 1 || used["foreign-schema"] != 0 {
		t.Errorf("used %v", used)
	}
	log := call(t, http.MethodGet, s.Admin+"/tenants/"+s.Tenant+"/audit", s.AdminToken, "").text
	for _, want := range []string{`"action":"scim.leniency.used"`, `"names":"capital-operation,text-boolean"`, `"action":"scim.strictness.changed"`} {
		if strings.Count(log, want) < 1 {
			t.Errorf("the audit log has no %s:\n%s", want, log)
		}
	}
	for address, want := range map[string]int{settings: http.StatusUnprocessableEntity, s.Admin + "/tenants/nobody/scim": http.StatusNotFound} {
		body := `{}`
		if want == http.StatusNotFound {
			body = `{"strict":true}`
		}
		if got := call(t, http.MethodPut, address, s.AdminToken, body); got.status != want {
			t.Errorf("PUT %s: %d, wanted %d: %s", address, got.status, want, got.text)
		}
	}
	if got := call(t, http.MethodPut, settings, first.Token, `{"strict":true}`); got.status != http.StatusUnauthorized {
		t.Errorf("a SCIM token may change the settings: %d", got.status)
	}
}

func TestThrottling(t *testing.T) {
	s := start(t, reference.Options{Rate: 0.001, Burst: 1})
	if got := call(t, http.MethodGet, s.SCIM+"/Users", s.Token, ""); got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.text)
	}
	got := call(t, http.MethodGet, s.SCIM+"/Users", s.Token, "")
	if got.status != http.StatusTooManyRequests || len(got.header.Get("Retry-After")) < 3 || got.json(t)["status"] != "429" {
		t.Errorf("status %d, %v: %s", got.status, got.header, got.text)
	}
}

// TestCompressionStaysOutOfFaults shows that a server with a fault does not compress, because faults
// work on the text of responses.
func TestCompressionStaysOutOfFaults(t *testing.T) {
	fault, ok := faults.Find("error-status-as-number")
	if !ok {
		t.Fatal("the fault is gone")
	}
	for _, on := range [][]faults.Fault{nil, {fault}} {
		s := start(t, reference.Options{Faults: on})
		got := send(t, http.DefaultClient, http.MethodGet, s.SCIM+"/Schemas",
			map[string]string{"Authorization": "Bearer " + s.Token, "Accept-Encoding": "gzip"}, "")
		if compressed := got.header.Get("Content-Encoding") == "gzip"; got.status != 200 || compressed != (on == nil) {
			t.Errorf("%d faults: status %d, compressed %v", len(on), got.status, compressed)
		}
	}
}
