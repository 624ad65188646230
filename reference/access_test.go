package reference_test

import (
	"net/http"
	"strings"
	"testing"

	"assay/reference"
)

// TestSCIMCannotRemoveTheLastBreakGlassAdministrator tries it in every way that SCIM has.
func TestSCIMCannotRemoveTheLastBreakGlassAdministrator(t *testing.T) {
	s := start(t, reference.Options{})
	tenant, users := s.Admin+"/tenants/"+s.Tenant, s.SCIM+"/Users"
	made := call(t, http.MethodPost, users, s.Token, ada)
	id, _ := made.json(t)["id"].(string)
	of := tenant + "/users/" + id
	for _, step := range [][2]string{{"/role", `{"role":"owner"}`}, {"/password", `{"password":"correct horse battery"}`}, {"/break-glass", ""}} {
		if got := call(t, http.MethodPut, of+step[0], s.AdminToken, step[1]); got.status != http.StatusOK {
			t.Fatalf("%s: status %d: %s", step[0], got.status, got.text)
		}
	}
	off := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`
	for name, try := range map[string]answer{
		"PATCH":  call(t, http.MethodPatch, users+"/"+id, s.Token, off),
		"PUT":    call(t, http.MethodPut, users+"/"+id, s.Token, strings.Replace(ada, "true", "false", 1)),
		"DELETE": call(t, http.MethodDelete, users+"/"+id, s.Token, ""),
	} {
		detail, _ := try.json(t)["detail"].(string)
		if try.status != http.StatusConflict || !strings.Contains(detail, "last break-glass administrator") {
			t.Errorf("%s: status %d: %s", name, try.status, try.text)
		}
	}
	if got := call(t, http.MethodGet, users+"/"+id, s.Token, "").json(t); got["active"] != true {
		t.Errorf("user %v", got)
	}
	if got := call(t, http.MethodPut, users+"/"+id, s.Token, strings.Replace(ada, `"active"`, `"title":"Countess","active"`, 1)); got.status != http.StatusOK {
		t.Errorf("a change that removes nobody: status %d: %s", got.status, got.text)
	}
}

// TestSCIMIsClosed switches the endpoint off, and takes it out of the plan: its clients learn which it is.
func TestSCIMIsClosed(t *testing.T) {
	s := start(t, reference.Options{})
	settings := s.Admin + "/tenants/" + s.Tenant + "/scim"
	for _, step := range []struct {
		settings string
		status   int
		detail   string
	}{
		{`{"enabled":false}`, http.StatusForbidden, "switched off"}, {`{"enabled":true,"in_plan":false}`, http.StatusForbidden, "plan"}, {`{"in_plan":true}`, http.StatusOK, ""},
	} {
		if got := call(t, http.MethodPut, settings, s.AdminToken, step.settings); got.status != http.StatusOK {
			t.Fatalf("status %d: %s", got.status, got.text)
		}
		if got := call(t, http.MethodGet, s.SCIM+"/Users", s.Token, ""); got.status != step.status || !strings.Contains(got.text, step.detail) {
			t.Errorf("%s: status %d: %s", step.settings, got.status, got.text)
		}
		if got := call(t, http.MethodGet, s.SCIM+"/Users", "wrong", ""); got.status != http.StatusUnauthorized {
			t.Errorf("%s: a wrong token gets %d", step.settings, got.status)
		}
	}
}
