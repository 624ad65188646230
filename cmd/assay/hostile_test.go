package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/push"
	"assay/reports"
	"assay/suites"
	"assay/suites/target"
)

// hostiles are servers that answer everything in one bad way.
func hostiles() map[string]http.Handler {
	return map[string]http.Handler{
		"400":   always(400, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"no"}`),
		"empty": always(200, "application/scim+json", `{}`),
		"404":   always(404, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no"}`),
		"401":   always(401, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"401","detail":"no"}`),
		"html":  always(200, "text/html", "<!doctype html><title>Welcome</title><p>Welcome to our product"),
		"list":  always(200, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`),
		"created": always(201, "application/scim+json",
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"canned","active":true,"meta":{"resourceType":"User","location":"/Users/1"}}`),
		"reset": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"hang": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}),
		"huge": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/scim+json")
			chunk := []byte(strings.Repeat(" ", 1<<20))
			for range 50 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}),
		// Slow answers so late that a run against it can be interrupted at leisure.
		"slow": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(150 * time.Millisecond):
			}
			http.Error(w, `{}`, 400)
		}),
	}
}

func always(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// TestHostileTargets runs everything against servers that answer everything in one way. No check that
// asks for a rejection, or for anything that is not visible in that one answer, may pass; nothing may
// hang or crash; and the verdict is never conformant.
func TestHostileTargets(t *testing.T) {
	idp, err := fakeidp.Start(context.Background(), fakeidp.Options{
		Addr: loopback, ControlAddr: loopback, Push: push.Options{Timeout: 500 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(idp.Close)
	for name, handler := range hostiles() {
		if name == "slow" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			defer server.CloseClientConnections()
			file := &target.File{SCIM: target.SCIM{URL: server.URL + "/scim/v2", Token: "planted-token"}}
			implementation := target.New(file, 500*time.Millisecond)
			defer implementation.Close()
			started := time.Now()
			var runner suites.Runner
			report, err := runner.Run(context.Background(), suites.Options{
				Target: implementation, IdP: control.NewClient(idp.Control, idp.ControlToken), Tool: tool(),
			})
			if report == nil {
				t.Fatalf("no report: %v", err)
			}
			judgeHostile(t, name, report)
			t.Logf("%s: %s, %v in %s", name, report.Verdict, report.Counts(), time.Since(started).Round(time.Millisecond))
		})
	}
}

// visibleIn lists, for a server, the checks that its one answer truly satisfies: they assert nothing
// beyond it. They are few, and each is here for a reason that can be seen in the answer.
func visibleIn(name string) map[string]bool {
	return map[string]map[string]bool{
		// An empty list is a right answer to whoever only asks for a list.
		"list": {
			"okta.oin.connection-test":  true,
			"okta.aiw.connection-test":  true,
			"okta.spec.groups-readable": true,
		},
	}[name]
}

func judgeHostile(t *testing.T, name string, report *reports.Report) {
	t.Helper()
	if report.Verdict == reports.Conformant {
		t.Errorf("the verdict is conformant")
	}
	for _, c := range report.Checks {
		switch {
		case c.Outcome == reports.Error:
			t.Errorf("%s is in error: %s", c.ID, c.Reason)
		case c.Outcome == reports.Pass && !visibleIn(name)[c.ID]:
			t.Errorf("%s passes vacuously", c.ID)
		}
	}
}
