package sso_test

import (
	"net/http"
	"strings"
	"testing"

	"assay/reference"
)

// Require SCIM: whom sign-on has made is not enough, until SCIM takes over.
func TestRequireSCIM(t *testing.T) {
	w := newWorld(t)
	w.settings(map[string]any{"jit": true})
	w.person("00u-eve", map[string]any{"email": "eve@example.com"})
	eve := w.accepted(byAda, "")["id"].(string)
	w.settings(map[string]any{"require_scim": true})
	w.refused(byAda, "not-provisioned-by-scim", "ScimUserNotActive")
	w.patch("/Users/"+eve, map[string]any{"externalId": "00u-eve"})
	w.accepted(byAda, eve)
	w.person("00u1", nil)
	w.accepted(byAda, w.userID)
}

func TestRouting(t *testing.T) {
	w := newWorld(t, func(o *reference.Options) { o.TenantDomains = []string{"Example.com"} })
	b, _ := w.tenant("B")
	w.api(http.MethodPut, "/tenants/"+w.Tenant+"/customer", map[string]any{"customer_id": "cust 1"}, 200)
	opaque := w.api(http.MethodGet, "/tenants/"+w.Tenant+"/sso/settings", nil, 200)["login_url"].(string)
	token := mustParse(t, opaque).Query().Get("tenant_token")
	if strings.Contains(opaque, w.Tenant) || token == "" {
		t.Errorf("the URL shows the tenant: %s", opaque)
	}
	for _, query := range []string{
		byAda, "customer=cust+1", "tenant=" + w.Tenant, "tenant_token=" + token, "tenant_token=" + token + "&tenant=" + b, "tenant_token=old&tenant=" + w.Tenant,
	} {
		if who := w.accepted(query, w.userID); who["tenant"] != w.Tenant {
			t.Errorf("%s: %v", query, who)
		}
	}
	api := func(body map[string]any, status int, code string) {
		t.Helper()
		if got, doc := w.call(http.MethodPut, w.Admin+"/tenants/"+b+"/customer", w.AdminToken, body); got != status || doc["code"] != code {
			t.Errorf("%v: %d %v", body, got, doc)
		}
	}
	api(map[string]any{"customer_id": "cust 1"}, 409, "CUSTOMER_ID_TAKEN")
	for _, query := range []string{"email=ada@elsewhere.example", "email=nonsense", "customer=", "customer=other", "tenant=other", "tenant_token=" + token + "x", "tenant_token="} {
		who, page := w.signOn(query)
		if len(who) > 0 || !strings.Contains(page, "SSO_NOT_CONFIGURED") {
			t.Errorf("%s: %v %s", query, who, page)
		}
	}
	w.settings(map[string]any{"active": false})
	w.refused(byAda, "no-connection", "SSO_NOT_CONFIGURED")
}

// A pending domain routes nobody and links nobody, and only one tenant can have it.
func TestDomainsAreVerified(t *testing.T) {
	w := newWorld(t)
	b, _ := w.tenant("B")
	pending := func(tenant string) string {
		return w.api(http.MethodPost, "/tenants/"+tenant+"/domains", map[string]any{"name": "Example.com."}, 201)["challenge"].(map[string]any)["value"].(string)
	}
	mine, theirs := pending(w.Tenant), pending(b)
	if mine == theirs {
		t.Fatal("two tenants have one challenge")
	}
	if who, page := w.signOn(byAda); len(who) > 0 || !strings.Contains(page, "SSO_NOT_CONFIGURED") {
		t.Errorf("a pending domain routes: %v", who)
	}
	w.refused("tenant="+w.Tenant, "email-domain-not-allowed", "SSO_DOMAIN_NOT_ALLOWED")
	problem := func(method, path string, body any, status int, code string) {
		t.Helper()
		if got, doc := w.call(method, w.Admin+"/tenants/"+path, w.AdminToken, body); got != status || doc["code"] != code {
			t.Errorf("%s %s: %d %v", method, path, got, doc)
		}
	}
	value := func(v string) map[string]any { return map[string]any{"value": v} }
	problem(http.MethodPost, b+"/domains/example.com/verify", value(mine), 422, "DOMAIN_CHALLENGE_MISMATCH")
	problem(http.MethodPost, b+"/domains/example.com/verify", value(""), 422, "DOMAIN_CHALLENGE_MISMATCH")
	w.api(http.MethodPost, "/tenants/"+w.Tenant+"/domains/example.com/verify", value(mine), 200)
	problem(http.MethodPost, b+"/domains/example.com/verify", value(theirs), 409, "DOMAIN_TAKEN")
	problem(http.MethodPost, b+"/domains/other.example/verify", value(theirs), 404, "DOMAIN_NOT_FOUND")
	problem(http.MethodPost, b+"/domains", map[string]any{"name": "no domain"}, 422, "INVALID_DOMAIN")
	problem(http.MethodPost, w.Tenant+"/domains", map[string]any{"name": "EXAMPLE.com"}, 409, "DOMAIN_TAKEN")
	w.accepted(byAda, w.userID)
	w.api(http.MethodDelete, "/tenants/"+w.Tenant+"/domains/example.com", nil, 204)
	if who, _ := w.signOn(byAda); len(who) > 0 {
		t.Error("a domain that was given up routes")
	}
}

// What DataRecs documents of identity recovery.
func TestRecovery(t *testing.T) {
	w := newWorld(t)
	w.patch("/Users/"+w.userID, map[string]any{"externalId": "ext"})
	path := "/tenants/" + w.Tenant + "/users/" + w.userID
	b := w.browser()
	b.follow(byAda)
	w.person("00u-recreated", nil)
	w.refused(byAda, "email-linked-to-another-subject", "SSO_IDENTITY_MISMATCH")
	if len(b.me()) == 0 {
		t.Fatal("the mismatch has ended the session of the genuine person")
	}
	reset := w.api(http.MethodPost, path+"/reset-binding", nil, 200)
	if ids := reset["identities"].([]any); len(ids) != 0 || reset["external_id"] != "ext" {
		t.Errorf("after the reset: %v", reset)
	}
	if len(b.me()) > 0 {
		t.Error("the session outlives the reset")
	}
	w.accepted(byAda, w.userID)
	identity := w.api(http.MethodGet, path+"/identity", nil, 200)
	linked := identity["identities"].([]any)[0].(map[string]any)
	if linked["subject"] != "00u-recreated" || linked["last_sign_on"] == nil || linked["linked_on"] == nil || identity["provisioned"] != "scim" || identity["email"] != "ada@example.com" {
		t.Errorf("identity %v", identity)
	}
	w.person("00u1", nil)
	w.refused(byAda, "email-linked-to-another-subject", "SSO_IDENTITY_MISMATCH")
	if relinked := w.api(http.MethodPost, path+"/full-relink", nil, 200); len(relinked["identities"].([]any)) != 0 || relinked["external_id"] != nil {
		t.Errorf("after the relink: %v", relinked)
	}
	w.accepted(byAda, w.userID)
	seen := map[any]int{}
	_, log := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/audit", w.AdminToken, nil)
	for _, event := range log["list"].([]any) {
		if e := event.(map[string]any); e["subject"] == w.userID {
			seen[e["action"]]++
		}
	}
	if seen["sso.identity.reset"] != 1 || seen["sso.identity.relink"] != 1 || seen["sso.identity.linked"] != 3 {
		t.Errorf("audit log: %v", seen)
	}
	for _, action := range []string{"/reset-binding", "/full-relink"} {
		if status, doc := w.call(http.MethodPost, w.Admin+"/tenants/"+w.Tenant+"/users/nobody"+action, w.AdminToken, nil); status != 404 || doc["code"] != "USER_NOT_FOUND" {
			t.Errorf("%s of nobody: %d %v", action, status, doc)
		}
	}
}

// A tenant that signs on locally does not let its identity provider link or make anybody.
func TestLegacyMode(t *testing.T) {
	w := newWorld(t)
	id := w.api(http.MethodPost, "/tenants", map[string]any{"name": "Old", "mode": "legacy"}, 201)["id"].(string)
	w.api(http.MethodPut, "/tenants/"+id+"/sso", map[string]any{"issuer": w.op.issuer(), "client_id": opClient, "client_secret": opSecret}, 200)
	w.verify(id, "old.example")
	w.person("00u-old", map[string]any{"email": "ada@old.example"})
	if who, page := w.signOn("email=ada@old.example"); len(who) > 0 || !strings.Contains(page, "does not sign on through its identity provider yet") {
		t.Errorf("signed on as %v: %s", who, page)
	}
}
