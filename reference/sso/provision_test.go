package sso_test

import (
	"net/http"
	"sync"
)

func madeOnce(w *world) {
	w.verify(w.Tenant, "example.com")
	w.settings(map[string]any{"jit": true, "default_role": "viewer", "mapping": map[string]any{"title": "job"}})
	claims := map[string]any{"email": "Eve@example.com", "name": "Eve E.", "given_name": "Eve", "job": "spy", "department": "not mapped"}
	w.person("00u-eve", claims)
	var wg sync.WaitGroup
	ids := make([]any, 6)
	for i := range ids {
		wg.Go(func() { ids[i] = w.accepted(byAda, "")["id"] })
	}
	wg.Wait()
	for _, id := range ids {
		if id == nil || id != ids[0] {
			w.t.Fatalf("made more than once: %v", ids)
		}
	}
	user := func() map[string]any {
		_, doc := w.call(http.MethodGet, w.SCIM+"/Users/"+ids[0].(string), w.Token, nil)
		return doc
	}
	doc := user()
	name, _ := doc["name"].(map[string]any)
	if doc["userName"] != "eve@example.com" || doc["displayName"] != "Eve E." || name["givenName"] != "Eve" || doc["title"] != "spy" || doc["active"] != true || doc["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] != nil {
		w.t.Errorf("made %v", doc)
	}
	claims["name"] = "Eve F."
	if who := w.accepted(byAda, ids[0].(string)); who["name"] != "Eve F." || who["role"] != "viewer" {
		w.t.Errorf("the second time: %v", who)
	}
	w.patch("/Users/"+ids[0].(string), map[string]any{"displayName": "By SCIM"})
	if who := w.accepted(byAda, ids[0].(string)); who["name"] != "By SCIM" {
		w.t.Errorf("sign-on has overwritten what SCIM says: %v", who)
	}
	count := 0
	_, log := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/audit", w.AdminToken, nil)
	for _, event := range log["list"].([]any) {
		if event.(map[string]any)["action"] == "sso.user.provisioned" {
			count++
		}
	}
	if count != 1 {
		w.t.Errorf("the audit log has the making %d times", count)
	}
	for _, foreign := range []string{"mallory@elsewhere.example", "mallory@evil.example.com"} {
		w.person("00u-mallory", map[string]any{"email": foreign})
		w.refused(byAda, "email-domain-not-allowed", "SSO_DOMAIN_NOT_ALLOWED")
	}
	w.person("00u-mallory", map[string]any{"email": "mallory@example.com", "email_verified": false})
	w.refused(byAda, "email-not-verified", "")
	// Somebody else has the address: nobody else is made beside.
	w.settings(map[string]any{"jit": true, "matching": "OidcSubToScimExternalId"})
	w.person("00u-mallory", map[string]any{"email": "ada@example.com"})
	w.refused(byAda, "user-name-taken", "SSO_USER_UNKNOWN")
}

func groupRoles(w *world) {
	w.settings(map[string]any{"group_claims": true, "default_role": "viewer"})
	status, group := w.call(http.MethodPost, w.SCIM+"/Groups", w.Token, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Members", "members": []any{map[string]any{"value": w.userID}},
	})
	if status != http.StatusCreated {
		w.t.Fatalf("make group: %d %v", status, group)
	}
	mappings := "/tenants/" + w.Tenant + "/role-mappings"
	w.api(http.MethodPut, mappings, map[string]any{"source": "claim", "group": "ops", "role": "admin"}, 200)
	b := w.browser()
	role := func(want string, claims map[string]any) {
		w.t.Helper()
		w.person("00u1", claims)
		b.follow(byAda)
		if got := b.me()["role"]; got != want {
			w.t.Errorf("%v: role %v, wanted %s", claims, got, want)
		}
	}
	overage := map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://graph.example"}}}
	role("viewer", nil)
	role("viewer", map[string]any{"groups": []string{"unknown"}})
	role("admin", map[string]any{"groups": []string{"ops", "unknown"}})
	role("admin", map[string]any{"groups": "ops"})
	role("viewer", overage)
	known := w.api(http.MethodGet, "/tenants/"+w.Tenant+"/users/"+w.userID+"/role", nil, 200)
	if known["groups_unknown"] != "overage" || known["default"] != true {
		w.t.Errorf("too many groups are read as %v", known)
	}
	role("admin", map[string]any{"groups": []string{"ops"}})
	role("viewer", map[string]any{"groups": []string{}})
	known = w.api(http.MethodGet, "/tenants/"+w.Tenant+"/users/"+w.userID+"/role", nil, 200)
	if known["groups_unknown"] != nil {
		w.t.Errorf("no groups are read as %v", known)
	}
	// What SCIM says counts at once, in the same session.
	now := func(want string) {
		w.t.Helper()
		if got := b.me()["role"]; got != want {
			w.t.Errorf("role %v, wanted %s", got, want)
		}
	}
	w.api(http.MethodPut, mappings, map[string]any{"source": "directory", "group": group["id"], "role": "member"}, 200)
	now("member")
	w.api(http.MethodPut, "/tenants/"+w.Tenant+"/users/"+w.userID+"/role", map[string]any{"role": "owner"}, 200)
	now("owner")
	w.api(http.MethodDelete, "/tenants/"+w.Tenant+"/users/"+w.userID+"/role", nil, 200)
	now("member")
	role("admin", map[string]any{"groups": []string{"ops"}})
	// A session does not outlive the loss of the role that it began with.
	fallen := func(want string) {
		w.t.Helper()
		if got := b.me()["role"]; got != nil {
			w.t.Errorf("still signed on, as %v", got)
		}
		role(want, map[string]any{"groups": []string{"ops"}})
	}
	w.api(http.MethodDelete, mappings+"?source=claim&group=ops", nil, 204)
	fallen("member")
	w.patch("/Groups/"+group["id"].(string), map[string]any{"members": []any{}})
	fallen("viewer")
	if status, doc := w.call(http.MethodPut, w.Admin+mappings, w.AdminToken, map[string]any{"source": "directory", "group": "nobody", "role": "admin"}); status != 404 || doc["code"] != "GROUP_NOT_FOUND" {
		w.t.Errorf("mapped a group that is none: %d %v", status, doc)
	}
}
