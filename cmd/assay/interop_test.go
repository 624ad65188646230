package main

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/reports"
	"assay/reports/gate"
	"assay/suites"
	"assay/suites/interop/bareelimity"
	"assay/suites/target"
)

// TestBareElimity runs everything against a naive server on elimity-com/scim and compares what is found
// with the committed list: each entry of the baseline is a deviation with its cause.
func TestBareElimity(t *testing.T) {
	const token = "planted-token"
	handler, err := bareelimity.New(token)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	idp, err := fakeidp.Start(context.Background(), fakeidp.Options{Addr: loopback, ControlAddr: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(idp.Close)
	implementation := target.New(&target.File{SCIM: target.SCIM{URL: server.URL + "/scim/v2", Token: token}}, 0)
	defer implementation.Close()
	var runner suites.Runner
	report, err := runner.Run(context.Background(), suites.Options{
		Target: implementation, IdP: control.NewClient(idp.Control, idp.ControlToken), Tool: tool(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != reports.Nonconformant {
		t.Errorf("the verdict is %s", report.Verdict)
	}
	file, err := os.Open(filepath.Join(repositoryRoot(t), "suites", "interop", "bare-elimity", "baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	baseline, err := gate.ReadBaseline(file)
	if err != nil {
		t.Fatal(err)
	}
	decision := gate.Judge(report, baseline, time.Now())
	for _, f := range decision.Regressions {
		t.Errorf("not in the list: %s: %s", f.ID, f.Reason)
	}
	for _, f := range decision.Stale {
		t.Errorf("in the list, but not so: %s: %s", f.ID, f.Reason)
	}
	for _, f := range decision.Incomplete {
		t.Errorf("could not be judged: %s: %s", f.ID, f.Reason)
	}
	if len(decision.Known) < 20 {
		t.Errorf("only %d deviations", len(decision.Known))
	}
	// Below must there is nothing to accept, and so no entry; but the library is found out.
	for _, id := range []string{
		"scim.errors.duplicate-keys", "scim.errors.invalid-utf8-refused", "scim.http.head-as-get", "scim.http.options-not-404",
		"scim.patch.path-is-extension", "scim.users.extension-container-any-case",
	} {
		if !slices.ContainsFunc(report.Checks, func(c reports.Check) bool { return c.ID == id && c.Outcome == reports.Warn }) {
			t.Errorf("%s does not warn", id)
		}
	}
}
