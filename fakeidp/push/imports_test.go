package push

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// pages answers a list of n resources, in pages of at most limit.
func pages(n, limit int, seen *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Method+" "+r.RequestURI)
		start, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
		count, _ := strconv.Atoi(r.URL.Query().Get("count"))
		resources := []map[string]any{}
		for i := start; i <= n && len(resources) < min(count, limit); i++ {
			resources = append(resources, map[string]any{"id": strconv.Itoa(i), "big": json.Number("12345678901234567890")})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"totalResults": n, "startIndex": start, "itemsPerPage": len(resources), "Resources": resources})
	}
}

func TestTestConnection(t *testing.T) {
	for _, name := range []string{"okta-oin", "okta-aiw"} {
		r, target := newScripted(t, name)
		target.expect(
			turn{line: "GET /scim/v2/Users?startIndex=1&count=2", status: 200, reply: noMatch},
			turn{line: "GET /scim/v2/Groups?startIndex=1&count=100", status: 200, reply: noMatch},
		)
		done, err := r.engine.TestConnection(t.Context(), r.app)
		if err != nil || done.Failed != 0 || tasks(done.Steps) != "test test" {
			t.Errorf("%v %s", err, verdicts(done.Steps))
		}
		target.done()
		r.noSecrets(done)
	}
}

func TestImportAdvancesByHundred(t *testing.T) {
	var seen []string
	r := newRig(t, "okta-oin", pages(250, 100, &seen), Options{})
	got, err := r.engine.Import(t.Context(), r.app)
	if err != nil || got.Failed != 0 {
		t.Fatalf("%v %s", err, verdicts(got.Steps))
	}
	if len(got.Users) != 250 || len(got.Groups) != 250 || got.Users[249]["id"] != "250" {
		t.Errorf("%d users, %d groups", len(got.Users), len(got.Groups))
	}
	if got.Users[0]["big"] != json.Number("12345678901234567890") {
		t.Errorf("number: %v", got.Users[0]["big"])
	}
	var want []string
	for _, path := range []string{"Users", "Groups"} {
		for _, start := range []int{1, 101, 201} {
			want = append(want, fmt.Sprintf("GET /scim/v2/%s?startIndex=%d&count=100", path, start))
		}
	}
	if strings.Join(seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests\n%s", strings.Join(seen, "\n"))
	}
}

func TestImportLosesWhatASmallerPageLeavesOut(t *testing.T) {
	var seen []string
	r := newRig(t, "okta-oin", pages(150, 50, &seen), Options{})
	got, err := r.engine.Import(t.Context(), r.app)
	if err != nil || len(got.Users) != 100 {
		t.Fatalf("%v, %d users, want 50 of each of two pages", err, len(got.Users))
	}
	if !strings.Contains(got.Steps[0].Verdict, "holds 50 of the 100 users due") {
		t.Errorf("verdict: %s", got.Steps[0].Verdict)
	}
}

func TestImportIsBounded(t *testing.T) {
	resources := strings.TrimSuffix(strings.Repeat(`{"id":"1"},`, 101), ",")
	tests := map[string]string{
		`{"totalResults":1000000000000000000,"Resources":[]}`:     "imports at most 100000",
		`{"totalResults":99999999999999999999999,"Resources":[]}`: "totalResults is not an integer",
		`{"totalResults":"2","Resources":[]}`:                     "totalResults is not an integer",
		`{"totalResults":2.5,"Resources":[]}`:                     "totalResults is not an integer",
		`{"totalResults":-1}`:                                     "totalResults is not an integer",
		`{"totalResults":1,"itemsPerPage":"1"}`:                   "itemsPerPage is not an integer",
		`{"Resources":[]}`:                                        "totalResults is not an integer: it is missing",
		`{"totalResults":1,"Resources":{}}`:                       "Resources is not an array",
		`{"totalResults":1,"Resources":[1]}`:                      "Resources[0] is not an object",
		`{"totalResults":1,"Resources":[{}]}`:                     "Resources[0]: empty user returned",
		`{"totalResults":101,"Resources":[` + resources + `]}`:    "the page holds 101 users although count was 100",
	}
	for reply, want := range tests {
		r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(reply)) }), Options{})
		got, err := r.engine.Import(t.Context(), r.app)
		if err != nil || got.Failed != 1 || len(got.Steps) != 1 || !strings.Contains(got.Steps[0].Verdict, want) {
			t.Errorf("%.60s: %v %s", reply, err, verdicts(got.Steps))
		}
	}
}
