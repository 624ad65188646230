package sso_test

import (
	"net/http"
	"testing"
)

// An archived person is out at once and stays out; whoever gets the address next has to match anew.
func TestArchivedPersonIsOut(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.login()
	if b.who() == "" {
		t.Fatal("not signed on")
	}
	users := w.Admin + "/tenants/" + w.Tenant + "/users/"
	archived := w.Admin + "/tenants/" + w.Tenant + "/archived-users"
	status, first := w.call(http.MethodPost, users+w.userID+"/archive", w.AdminToken, nil)
	if status != http.StatusOK || first["user_name"] != "ada" || first["email"] != "ada@example.com" {
		t.Fatalf("archive: %d %v", status, first)
	}
	if b.who() != "" {
		t.Fatal("the session outlived the archiving")
	}
	b.login()
	if b.who() != "" || w.reasons()[0] != "unknown-user" {
		t.Fatalf("signed on after archiving, or refused for another reason: %v", w.reasons())
	}
	status, again := w.call(http.MethodPost, users+w.userID+"/archive", w.AdminToken, nil)
	if status != http.StatusOK || again["archived"] != first["archived"] {
		t.Errorf("archive again: %d %v", status, again)
	}
	next := w.provision("ada", "ada@example.com")
	w.op.sub = "00u-the-next-ada"
	b.login()
	if b.who() != "ada@example.com" {
		t.Errorf("the next owner of the address cannot sign on: %v", w.reasons())
	}
	for _, c := range []struct {
		method, address string
		status          int
		code            any
	}{
		{http.MethodPost, users + "nobody/archive", 404, "USER_NOT_FOUND"},
		{http.MethodGet, archived + "/" + next, 404, "USER_NOT_FOUND"},
		{http.MethodDelete, archived + "/" + next, 409, "USER_NOT_ARCHIVED"},
		{http.MethodDelete, archived + "/nobody", 404, "USER_NOT_FOUND"},
		{http.MethodGet, archived + "/" + w.userID, 200, nil},
		{http.MethodDelete, archived + "/" + w.userID, 204, nil},
		{http.MethodGet, archived + "/" + w.userID, 404, "USER_NOT_FOUND"},
	} {
		list, body := w.call(http.MethodGet, archived, w.AdminToken, nil)
		if users, _ := body["users"].([]any); list != http.StatusOK || c.status < 300 && len(users) != 1 {
			t.Errorf("the archive: %d %v", list, body)
		}
		if status, body := w.call(c.method, c.address, w.AdminToken, nil); status != c.status || body["code"] != c.code {
			t.Errorf("%s %s: %d %v", c.method, c.address, status, body)
		}
	}
	count := map[any]int{}
	_, log := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/audit", w.AdminToken, nil)
	for _, event := range log["list"].([]any) {
		if e := event.(map[string]any); e["subject"] == w.userID {
			count[e["action"]]++
		}
	}
	if count["user.archived"] != 1 || count["user.archived.deleted"] != 1 {
		t.Errorf("the audit log has %v", count)
	}
}
