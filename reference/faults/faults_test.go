package faults_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/reference/faults"
	"assay/reference/sso"
)

func TestCatalogue(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	check := regexp.MustCompile(`^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*){2}$`)
	seen := map[string]bool{}
	for _, fault := range faults.All() {
		if !name.MatchString(fault.Name) || seen[fault.Name] {
			t.Errorf("name %q", fault.Name)
		}
		seen[fault.Name] = true
		if fault.Text == "" || fault.Model == "" || len(fault.Reddens) == 0 {
			t.Errorf("%s is not fully described", fault.Name)
		}
		for i, id := range fault.Reddens {
			if !check.MatchString(id) || slices.Contains(fault.Reddens[:i], id) {
				t.Errorf("%s turns %q red", fault.Name, id)
			}
		}
		if fault.HTTP == nil && fault.Site == nil && fault.Store == nil && fault.Logins == nil &&
			fault.Checker == nil && fault.Verifier == nil && fault.Outgoing == nil {
			t.Errorf("%s does nothing", fault.Name)
		}
		if found, ok := faults.Find(fault.Name); !ok || found.Name != fault.Name {
			t.Errorf("%s is not found", fault.Name)
		}
	}
	if _, ok := faults.Find("no-such-fault"); ok {
		t.Error("found a fault that does not exist")
	}
}

// echo answers with the body of the request as JSON.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Echo", r.Header.Get("X-Sent"))
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(body)
}

func serve(wrap func(http.Handler) http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	wrap(http.HandlerFunc(echo)).ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestWrappers(t *testing.T) {
	rename := func(doc map[string]any) { doc["b"] = doc["a"]; delete(doc, "a") }
	on := faults.On("PUT", "/Users/*")
	tests := map[string]struct {
		wrap               func(http.Handler) http.Handler
		method, path, body string
		status             int
		want               string
	}{
		"rewrite":             {faults.RewriteJSON(on, 201, rename), "PUT", "/Users/1", `{"a":12345678901234567890}`, 201, `{"b":12345678901234567890}`},
		"other status":        {faults.RewriteJSON(on, 200, rename), "PUT", "/Users/1", `{"a":1}`, 201, `{"a":1}`},
		"any status":          {faults.RewriteJSON(on, 0, rename), "PUT", "/Users/1", `{"a":1}`, 201, `{"b":1}`},
		"other method":        {faults.RewriteJSON(on, 0, rename), "GET", "/Users/1", `{"a":1}`, 201, `{"a":1}`},
		"other path":          {faults.RewriteJSON(on, 0, rename), "PUT", "/Users/1/x", `{"a":1}`, 201, `{"a":1}`},
		"not an object":       {faults.RewriteJSON(on, 0, rename), "PUT", "/Users/1", `[1]`, 201, `[1]`},
		"rewritten request":   {faults.RewriteRequest(faults.Always, func(*http.Request, []byte) []byte { return []byte(`{}`) }), "PUT", "/", `{"a":1}`, 201, `{}`},
		"answered":            {faults.Answer(faults.Any(faults.On("", "/x"), on), 418, "text/plain", "tea"), "PUT", "/Users/1", ``, 418, "tea"},
		"not answered":        {faults.Answer(on, 418, "text/plain", "tea"), "PUT", "/Groups/1", `{}`, 201, `{}`},
		"status without body": {faults.Rewrite(on, func(r *faults.Response) { r.Status = 204 }), "PUT", "/Users/1", `{}`, 204, ``},
	}
	for name, test := range tests {
		got := serve(test.wrap, test.method, test.path, test.body)
		if got.Code != test.status || strings.TrimSpace(got.Body.String()) != test.want {
			t.Errorf("%s: status %d, body %s", name, got.Code, got.Body)
		}
	}
}

// fixed is a Checker with one answer.
type fixed struct{ err error }

func (f fixed) Check(context.Context, sso.Login, string) (sso.Claims, error) {
	return sso.Claims{Subject: "good"}, f.err
}

func TestIgnoring(t *testing.T) {
	audience := sso.Violation{Rule: sso.RuleAudience}
	expiry := sso.Violation{Rule: sso.RuleExpiry}
	down := errors.New("provider down")
	invalid := func(v ...sso.Violation) error {
		return &sso.InvalidTokenError{Violations: v, Claims: sso.Claims{Subject: "forged"}}
	}
	for name, test := range map[string]struct {
		err     error
		subject string
		refused bool
	}{
		"good token":           {nil, "good", false},
		"only what is ignored": {invalid(audience), "forged", false},
		"more than that":       {invalid(audience, expiry), "", true},
		"something else":       {invalid(expiry), "", true},
		"no judgement":         {down, "good", true},
	} {
		checker := faults.Ignoring(sso.RuleAudience)(fixed{test.err})
		claims, err := checker.Check(t.Context(), sso.Login{Issuer: "i"}, "")
		if (err != nil) != test.refused || claims.Subject != test.subject {
			t.Errorf("%s: %+v, %v", name, claims, err)
		}
	}
}
