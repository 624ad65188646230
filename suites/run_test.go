package suites

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"assay/reports"
	"assay/suites/target"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, id string
		want        bool
	}{
		{"scim.users.create", "scim.users.create", true},
		{"scim.users", "scim.users.create", true},
		{"scim.user", "scim.users.create", false},
		{"scim.*.create", "scim.users.create", true},
		{"*create", "scim.users.create", true},
		{"scim*", "scim.users.create", true},
		{"*", "scim.users.create", true},
		{"*.users.*", "scim.users.create", true},
		{"*.groups.*", "scim.users.create", false},
		{"scim.*.delete", "scim.users.create", false},
		{"", "scim.users.create", false},
	} {
		if got := Matches(c.pattern, c.id); got != c.want {
			t.Errorf("Matches(%q, %q) = %t", c.pattern, c.id, got)
		}
	}
}

func TestListIsSound(t *testing.T) {
	checks := List()
	if len(checks) < 150 {
		t.Fatalf("only %d checks", len(checks))
	}
	seen := map[string]bool{}
	for _, c := range checks {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || len(c.Refs) == 0 || len(c.Profiles) == 0 {
			t.Errorf("%s lacks a title, a citation or a profile", c.ID)
		}
		if !slices.Contains([]reports.Level{reports.Must, reports.Should, reports.May}, c.Level) {
			t.Errorf("%s has the level %q", c.ID, c.Level)
		}
	}
}

func TestNothingSelectedIsAnError(t *testing.T) {
	var runner Runner
	_, err := runner.Run(context.Background(), Options{
		Target:    target.New(&target.File{SCIM: target.SCIM{URL: "http://127.0.0.1:1"}}, 0),
		Selection: reports.Selection{Only: []string{"no.such.check"}},
	})
	if !errors.Is(err, ErrNothingSelected) {
		t.Errorf("error %v", err)
	}
}

// TestCleanDeletesOnlyWhatRunsMade lists users of which two were made by runs, on a server that ignores
// every filter.
func TestCleanDeletesOnlyWhatRunsMade(t *testing.T) {
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "DELETE":
			deleted = append(deleted, r.URL.Path)
			w.WriteHeader(204)
		case r.URL.Path == "/Users":
			io.WriteString(w, `{"totalResults":4,"Resources":[
				{"id":"1","userName":"ceo@acme.test"},
				{"id":"2","userName":"assay-0a1b2c3d-7@example.test"},
				{"id":"3","userName":"assay-team@acme.test"},
				{"id":"4","userName":"assay-ffffffff-1@example.test"}]}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	implementation := target.New(&target.File{SCIM: target.SCIM{URL: server.URL}}, 0)
	ignore := func(string, string) {}
	n, err := Clean(context.Background(), CleanOptions{Target: implementation, DryRun: true, OnResource: ignore})
	if err != nil || n != 2 || len(deleted) != 0 {
		t.Fatalf("dry run: %d, %v, deleted %v", n, err, deleted)
	}
	n, err = Clean(context.Background(), CleanOptions{Target: implementation, RunID: "ffffffff", OnResource: ignore})
	if err != nil || n != 1 || !slices.Equal(deleted, []string{"/Users/4"}) {
		t.Fatalf("one run: %d, %v, deleted %v", n, err, deleted)
	}
	if _, err := Clean(context.Background(), CleanOptions{Target: implementation, OnResource: ignore}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(deleted, []string{"/Users/4", "/Users/2", "/Users/4"}) {
		t.Fatalf("every run: deleted %v", deleted)
	}
}
