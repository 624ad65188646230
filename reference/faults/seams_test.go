package faults_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/reference/faults"
)

// TestFaultsLeaveOthersAlone sends a plain exchange that no fault is about through every wrapper in
// front of the SCIM handler.
func TestFaultsLeaveOthersAlone(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.Header().Set("X-Served", "yes")
		_, _ = w.Write([]byte(`{"plain":true}`))
	})
	for _, fault := range faults.All() {
		if fault.HTTP == nil {
			continue
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/Devices/1", nil)
		r.Header.Set("Authorization", "Bearer good")
		fault.HTTP(handler).ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Header().Get("X-Served") != "yes" || strings.TrimSpace(w.Body.String()) != `{"plain":true}` {
			t.Errorf("%s: status %d, body %s", fault.Name, w.Code, w.Body)
		}
	}
}

// TestFaultsDoNotShareState sees to it that a fault of one catalogue remembers nothing of another.
func TestFaultsDoNotShareState(t *testing.T) {
	answer := func(fault faults.Fault, request string) string {
		w := httptest.NewRecorder()
		fault.HTTP(http.HandlerFunc(echo)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/Users", strings.NewReader(request)))
		return w.Body.String()
	}
	const user = `{"id":"1","userName":"ada","emails":[],"meta":{"created":"now"}}`
	used, _ := faults.Find("client-meta-kept")
	if got := answer(used, user); !strings.Contains(got, `"created":"now"`) {
		t.Fatalf("the fault does nothing: %s", got)
	}
	fresh, _ := faults.Find("client-meta-kept")
	if got := answer(fresh, `{"id":"1","userName":"ada"}`); strings.Contains(got, "created") {
		t.Errorf("a fresh fault remembers: %s", got)
	}
}

func TestErrorStatusAsNumber(t *testing.T) {
	fault, ok := faults.Find("error-status-as-number")
	if !ok {
		t.Fatal("no such fault")
	}
	wrap := fault.HTTP
	w := httptest.NewRecorder()
	wrap(faults.Answer(faults.Always, 404, "application/scim+json",
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`)(http.NotFoundHandler())).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/Users/1", nil))
	if !strings.Contains(w.Body.String(), `"status":404`) || w.Code != http.StatusNotFound {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
}
