package check

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/reports"
	"assay/suites/target"
)

// try runs the body of a check against a server, outside Ginkgo, and returns the result.
func try(t *testing.T, level reports.Level, handler http.HandlerFunc, body func(*T)) reports.Check {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	file := &target.File{SCIM: target.SCIM{URL: server.URL, Token: "planted-secret"}}
	suite := NewSuite(Run{ID: "0a1b2c3d", Target: target.New(file, 0)})
	run := &T{suite: suite, ctx: context.Background(), level: level}
	run.try(body)
	result := reports.Check{ID: "scim.test.check", Level: level}
	run.fill(&result)
	return result
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestOutcomes(t *testing.T) {
	good := answer(200, `{"id":"1","active":true}`)
	for name, c := range map[string]struct {
		level   reports.Level
		handler http.HandlerFunc
		body    func(*T)
		want    reports.Outcome
		reason  string
	}{
		"an expectation that is met": {Must, good, func(t *T) { t.Expect(t.Get("/")).To(BeOK()) }, reports.Pass, ""},
		"a must that is missed": {Must, good, func(t *T) { t.Expect(t.Get("/")).To(HaveJSON("/active", false)) }, reports.Fail,
			"/active: wanted false, got true"},
		"a should that is missed": {Should, good, func(t *T) { t.Expect(t.Get("/")).To(HaveJSON("/active", false)) }, reports.Warn,
			"/active: wanted false, got true"},
		"a rejection without a control": {Must, answer(400, "{}"), func(t *T) { t.Expect(t.Get("/")).To(BeRefused()) }, reports.Error,
			"no positive control"},
		"a rejection whose control fails": {Must, answer(400, "{}"), func(t *T) {
			t.Control(t.Get("/"), BeOK())
			t.Expect(t.Get("/")).To(BeRefused())
		}, reports.NotRun, "the positive control was not accepted"},
		"nobody without a control":    {Must, good, func(t *T) { t.Expect("").To(BeNobody()) }, reports.Error, "no positive control"},
		"a body that asserts nothing": {Must, good, func(t *T) { t.Get("/") }, reports.Error, "asserted nothing"},
		"a body that panics":          {Must, good, func(t *T) { panic("oh") }, reports.Error, "panicked: oh"},
		"a set-up that fails": {Must, answer(500, `{}`), func(t *T) { t.CreateUser() }, reports.NotRun,
			"the set-up failed: POST /Users: HTTP 500"},
		"a set-up without an id": {Must, answer(200, `{}`), func(t *T) { t.CreateUser() }, reports.NotRun, "no id"},
	} {
		t.Run(name, func(t *testing.T) {
			result := try(t, c.level, c.handler, c.body)
			if result.Outcome != c.want || !strings.Contains(result.Reason, c.reason) {
				t.Errorf("%s: %s; want %s: %s", result.Outcome, result.Reason, c.want, c.reason)
			}
		})
	}
}

func TestFailureIsData(t *testing.T) {
	result := try(t, Must, answer(404, `{"detail":"planted-secret is unknown"}`), func(t *T) {
		t.ExpectThat("the user", t.Get("/Users/1")).To(HaveStatus(200, 204))
	})
	if result.Where != "the user, status" || strings.Join(result.Wanted, "|") != "HTTP 200 OK|HTTP 204 No Content" {
		t.Errorf("where %q, wanted %q", result.Where, result.Wanted)
	}
	if result.Got != "HTTP 404 Not Found: [redacted] is unknown" {
		t.Errorf("got %q", result.Got)
	}
	if len(result.Exchanges) != 1 {
		t.Errorf("%d exchanges", len(result.Exchanges))
	}
}

func TestLackJSONNeedsAnObject(t *testing.T) {
	for body, want := range map[string]reports.Outcome{
		`{"id":"1"}`: reports.Pass, `{"nickName":null}`: reports.Pass, `{"nickName":[]}`: reports.Pass,
		`{"nickName":""}`: reports.Fail, `[]`: reports.Fail, `<html>`: reports.Fail, ``: reports.Fail,
	} {
		result := try(t, Must, answer(200, body), func(t *T) { t.Expect(t.Get("/")).To(LackJSON("/nickName")) })
		if result.Outcome != want {
			t.Errorf("%s: %s", body, result.Outcome)
		}
	}
}

func TestCleanupsAreRegisteredForWhatWasMade(t *testing.T) {
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "DELETE" {
			deleted = append(deleted, r.URL.Path)
			w.WriteHeader(204)
			return
		}
		w.WriteHeader(201)
		io.WriteString(w, `{"id":"a/b"}`)
	}))
	defer server.Close()
	suite := NewSuite(Run{ID: "0a1b2c3d", Target: target.New(&target.File{SCIM: target.SCIM{URL: server.URL}}, 0)})
	run := &T{suite: suite, ctx: context.Background(), level: Must}
	run.try(func(t *T) { t.Expect(t.CreateUser().Response).To(HaveStatus(201)) })
	cleanUp(context.Background(), run.cleanups)
	if len(deleted) != 1 || deleted[0] != "/Users/a/b" {
		t.Errorf("deleted %v", deleted)
	}
}

func TestNamesBelongToTheRun(t *testing.T) {
	suite := NewSuite(Run{ID: "0a1b2c3d", Target: target.New(&target.File{SCIM: target.SCIM{
		URL: "http://127.0.0.1:1", EmailDomain: "acme.test", User: map[string]any{"title": "Dr"},
	}}, 0)})
	run := &T{suite: suite, ctx: context.Background()}
	user := run.User(map[string]any{"displayName": nil, "nickName": "x"})
	name, _ := user["userName"].(string)
	if !strings.HasPrefix(name, "assay-0a1b2c3d-") || !strings.HasSuffix(name, "@acme.test") {
		t.Errorf("userName %q", name)
	}
	if _, ok := user["displayName"]; ok || user["title"] != "Dr" || user["nickName"] != "x" {
		t.Errorf("user %v", user)
	}
}
