package har

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
)

// required are the members that HAR 1.2 does not call optional, by object.
func required() map[string][]string {
	return map[string][]string{
		"log":      {"version", "creator", "entries"},
		"creator":  {"name", "version"},
		"entries":  {"startedDateTime", "time", "request", "response", "cache", "timings"},
		"request":  {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
		"response": {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"},
		"headers":  {"name", "value"}, "queryString": {"name", "value"},
		"postData": {"mimeType", "text"},
		"content":  {"size", "mimeType"},
		"timings":  {"send", "wait", "receive"},
	}
}

func TestArchiveHasWhatTheSpecificationRequires(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	file := From([]control.Step{
		{App: "a", Task: "joiner", Why: "assigned", Verdict: "created", Exchange: control.Exchange{
			Time: at, Method: "POST", URL: "https://acme.example/Users?a=b+c&d=%22&e", DurationMS: 12.5, Status: 201,
			RequestHeader: map[string][]string{"Content-Type": {"application/scim+json"}, "Accept": {"x", "y"}}, RequestBody: `{"userName":"ada"}`,
			ResponseHeader: map[string][]string{"Location": {"/Users/1"}, "Content-Type": {"application/scim+json"}}, ResponseBody: `{"id":"1"}`}},
		{Failed: true, Exchange: control.Exchange{Time: at, Method: "GET", URL: "https://acme.example/Users", Error: "refused"}},
	})
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	walk(t, "", root, seen)
	for name := range required() {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
	if first := file.Log.Entries[0]; !slices.Equal(first.Request.QueryString, []Pair{{"a", "b c"}, {"d", `"`}, {"e", ""}}) ||
		!slices.Equal(first.Request.Headers, []Pair{{"Accept", "x"}, {"Accept", "y"}, {"Content-Type", "application/scim+json"}}) ||
		first.Timings.Send+first.Timings.Wait+first.Timings.Receive != first.Time || first.Response.StatusText != "Created" || first.Response.RedirectURL != "/Users/1" {
		t.Errorf("%+v", first)
	}
	if second := file.Log.Entries[1]; second.Request.PostData != nil || second.Response.Status != 0 || second.Response.Error != "refused" || !second.Failed {
		t.Errorf("%+v", second)
	}
	if !strings.Contains(string(data), `"startedDateTime":"2026-11-24T09:30:00Z"`) {
		t.Error("the time is not in ISO 8601")
	}
}

// walk looks for required members, and for members of our own that do not begin with an underscore.
func walk(t *testing.T, name string, value any, seen map[string]bool) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			walk(t, name, item, seen)
		}
	case map[string]any:
		seen[name] = true
		for _, member := range required()[name] {
			if _, ok := v[member]; !ok {
				t.Errorf("%s lacks %s: it has %v", name, member, slices.Sorted(maps.Keys(v)))
			}
		}
		for member, child := range v {
			optional := name == "request" && member == "postData" || name == "content" && member == "text" || name == ""
			if !slices.Contains(required()[name], member) && !strings.HasPrefix(member, "_") && !optional {
				t.Errorf("%s has %s, which HAR 1.2 does not know", name, member)
			}
			walk(t, member, child, seen)
		}
	case nil:
		t.Errorf("%s is null", name)
	}
}
