package reference_test

import (
	"net/http"
	"testing"

	"assay/reference"
)

// A token that the administrator makes for a user opens /Me, one without a subject does not.
func TestTokenForAUser(t *testing.T) {
	s := start(t, reference.Options{})
	rotate := s.Admin + "/tenants/" + s.Tenant + "/scim-token"
	made := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}`).json(t)
	id, _ := made["id"].(string)
	if got := call(t, http.MethodGet, s.SCIM+"/Me", s.Token, ""); got.status != http.StatusNotImplemented {
		t.Fatalf("without a subject: status %d: %s", got.status, got.text)
	}
	if got := call(t, http.MethodPost, rotate, s.AdminToken, `{"subject":"nobody"}`); got.status != http.StatusUnprocessableEntity || got.json(t)["code"] != "USER_NOT_FOUND" {
		t.Fatalf("an unknown subject: status %d: %s", got.status, got.text)
	}
	if got := call(t, http.MethodGet, s.SCIM+"/Users", s.Token, ""); got.status != http.StatusOK {
		t.Fatalf("a refused rotation has revoked the token: status %d", got.status)
	}
	rotated := call(t, http.MethodPost, rotate, s.AdminToken, `{"subject":"`+id+`"}`).json(t)
	token, _ := rotated["token"].(string)
	if rotated["subject"] != id {
		t.Fatalf("rotated: %v", rotated)
	}
	me := call(t, http.MethodGet, s.SCIM+"/Me", token, "")
	if me.status != http.StatusOK || me.json(t)["id"] != id || me.header.Get("Location") != s.SCIM+"/Users/"+id {
		t.Fatalf("/Me: status %d, Location %q: %s", me.status, me.header.Get("Location"), me.text)
	}
	if again := call(t, http.MethodPost, rotate, s.AdminToken, `{}`).json(t); again["subject"] != nil || again["token"] == "" {
		t.Fatalf("rotated without a subject: %v", again)
	}
}
