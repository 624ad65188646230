package sso_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"assay/reference"
)

// These tests are the rows SSO-MT of ../shared/checks/sso.md, by name. SSO-MT-12 is for whoever has another way in.

// tenant makes a second tenant with the same identity provider and returns its id and a SCIM token.
func (w *world) tenant(name string) (id, token string) {
	w.t.Helper()
	id = w.api(http.MethodPost, "/tenants", map[string]any{"name": name}, 201)["id"].(string)
	w.api(http.MethodPut, "/tenants/"+id+"/sso", map[string]any{"issuer": w.op.issuer(), "client_id": opClient, "client_secret": opSecret}, 200)
	return id, w.api(http.MethodPost, "/tenants/"+id+"/scim-token", nil, 200)["token"].(string)
}

// api calls the administration API and wants a status.
func (w *world) api(method, path string, body any, status int) map[string]any {
	w.t.Helper()
	got, doc := w.call(method, w.Admin+path, w.AdminToken, body)
	if got != status {
		w.t.Fatalf("%s %s: status %d: %v", method, path, got, doc)
	}
	return doc
}

// settings replaces the settings of the first tenant's connection.
func (w *world) settings(settings map[string]any) {
	w.t.Helper()
	all := map[string]any{"active": true}
	maps.Copy(all, settings)
	w.api(http.MethodPut, "/tenants/"+w.Tenant+"/sso/settings", all, 200)
}

// verify gives a tenant a verified domain.
func (w *world) verify(tenant, domain string) {
	w.t.Helper()
	path := "/tenants/" + tenant + "/domains"
	challenge := w.api(http.MethodPost, path, map[string]any{"name": domain}, 201)["challenge"].(map[string]any)
	w.api(http.MethodPost, path+"/"+domain+"/verify", map[string]any{"value": challenge["value"]}, 200)
}

// user makes a user by SCIM.
func (w *world) user(token string, attributes map[string]any) string {
	w.t.Helper()
	doc := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "active": true}
	maps.Copy(doc, attributes)
	status, made := w.call(http.MethodPost, w.SCIM+"/Users", token, doc)
	if status != http.StatusCreated {
		w.t.Fatalf("make user: %d %v", status, made)
	}
	return made["id"].(string)
}

// patch replaces attributes of a user or a group by SCIM.
func (w *world) patch(path string, value map[string]any) {
	w.t.Helper()
	status, doc := w.call(http.MethodPatch, w.SCIM+path, w.Token, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []any{map[string]any{"op": "replace", "value": value}},
	})
	if status >= 300 {
		w.t.Fatalf("patch %s: %d %v", path, status, doc)
	}
}

// people counts the users of the first tenant.
func (w *world) people() int {
	w.t.Helper()
	_, doc := w.call(http.MethodGet, w.SCIM+"/Users?count=0", w.Token, nil)
	return int(doc["totalResults"].(float64))
}

// person is who comes to sign on next.
func (w *world) person(sub string, claims map[string]any) {
	w.op.claims = func(c map[string]any) {
		c["sub"] = sub
		maps.Copy(c, claims)
	}
}

// signOn signs on with a new browser by a query of the login page, and returns who is signed on, empty for nobody, and
// the last page.
func (w *world) signOn(query string) (who map[string]any, page string) {
	w.t.Helper()
	b := w.browser()
	b.follow(query)
	return b.me(), b.page
}

// follow goes through a login by a query of the login page.
func (b *browser) follow(query string) {
	b.w.t.Helper()
	authorize := b.get(b.w.Login + "?" + query)
	b.page = b.body
	if authorize == "" {
		return
	}
	res, err := b.client.Get(authorize)
	if err != nil {
		b.w.t.Fatal(err)
	}
	_ = res.Body.Close()
	b.get(res.Header.Get("Location"))
	b.page = b.body
}

// me is what /api/me says.
func (b *browser) me() map[string]any {
	b.w.t.Helper()
	b.get(b.w.Admin + "/me")
	if b.last.StatusCode == http.StatusUnauthorized {
		return map[string]any{}
	}
	return b.decoded()
}

const byAda = "email=ada@example.com"

// refused wants nobody to be signed on, for a reason and with a code on the page.
func (w *world) refused(query, reason, code string) {
	w.t.Helper()
	before := w.people()
	who, page := w.signOn(query)
	if len(who) > 0 {
		w.t.Errorf("signed on as %v", who)
	}
	if got := w.reasons(); len(got) == 0 || got[0] != reason {
		w.t.Errorf("audit log: %v, want %s", got, reason)
	}
	if code != "" && !strings.Contains(page, "<code>"+code+"</code>") {
		w.t.Errorf("the page does not show %s: %s", code, page)
	}
	if now := w.people(); now != before {
		w.t.Errorf("%d people before, %d after", before, now)
	}
}

// accepted wants a user to be signed on.
func (w *world) accepted(query, id string) map[string]any {
	w.t.Helper()
	who, page := w.signOn(query)
	if len(who) == 0 || id != "" && who["id"] != id {
		w.t.Errorf("signed on as %v, wanted %s: %v %s", who, id, w.reasons(), page)
	}
	return who
}

func TestTenancy(t *testing.T) {
	rows := map[string]func(w *world){
		"SSO-MT-01 the account key is issuer and subject in a tenant": func(w *world) {
			w.accepted(byAda, w.userID)
			b, _ := w.tenant("B")
			if who, _ := w.signOn("tenant=" + b); len(who) > 0 {
				w.t.Errorf("tenant B opens %v", who)
			}
			w.accepted("tenant="+w.Tenant, w.userID)
		},
		"SSO-MT-02 an address of another tenant's domain opens nothing": func(w *world) {
			w.verify(w.Tenant, "example.com")
			b, token := w.tenant("B")
			w.verify(b, "b.example")
			w.user(token, map[string]any{"userName": "ada", "emails": []any{map[string]any{"value": "ada@example.com", "primary": true}}})
			who, page := w.signOn("tenant=" + b)
			if len(who) > 0 || !strings.Contains(page, "SSO_DOMAIN_NOT_ALLOWED") {
				w.t.Errorf("signed on as %v: %s", who, page)
			}
			if who, _ := w.signOn("tenant=" + b); len(who) > 0 {
				w.t.Errorf("the second time: %v", who)
			}
			w.accepted(byAda, w.userID)
		},
		"SSO-MT-03 an address that is not verified links nothing": func(w *world) {
			for _, verified := range []any{false, nil, "true", 1} {
				w.person("00u-new", map[string]any{"email_verified": verified})
				w.refused(byAda, "email-not-verified", "SSO_IDENTITY_INCOMPLETE")
			}
			w.person("00u-new", nil)
			w.accepted(byAda, w.userID)
		},
		"SSO-MT-04 addresses that look alike are those of others": func(w *world) {
			for _, address := range []string{
				"\u00e1da@example.com", "ada+x@example.com", `"ada"@example.com`, " ada@example.com", "ad\u0430@example.com", "a.da@example.com", "ada@ex\u0430mple.com",
			} {
				w.person("00u-"+address, map[string]any{"email": address})
				if who, _ := w.signOn(byAda); len(who) > 0 {
					w.t.Errorf("%q opens %v", address, who)
				}
			}
			w.person("00u-first", map[string]any{"email": "ADA@Example.COM."})
			w.accepted("email="+url.QueryEscape("Ada@EXAMPLE.com."), w.userID)
		},
		"SSO-MT-05 an answer for one tenant is nothing to another": func(w *world) {
			w.verify(w.Tenant, "example.com")
			other, _ := w.tenant("B")
			b := w.browser()
			mine, foreign := b.begin(), ""
			res, err := b.client.Get(b.get(w.Login + "?tenant=" + other))
			if err != nil {
				w.t.Fatal(err)
			}
			_ = res.Body.Close()
			foreign = mustParse(w.t, res.Header.Get("Location")).Query().Get("code")
			b.get(alter(w.t, mine, func(q url.Values) { q.Set("code", foreign) }))
			if b.who() != "" || w.reasons()[0] != "code-refused" {
				w.t.Errorf("signed on, or %v", w.reasons())
			}
		},
		"SSO-MT-06 the request says which connection it is": func(w *world) {
			b, token := w.tenant("B")
			theirs := w.user(token, map[string]any{"userName": "ada", "externalId": "00u1"})
			w.api(http.MethodPut, "/tenants/"+b+"/sso/settings", map[string]any{"active": true, "matching": "OidcSubToScimExternalId"}, 200)
			w.verify(w.Tenant, "example.com")
			if who := w.accepted("tenant="+b, theirs); who["tenant"] != b {
				w.t.Errorf("in tenant %v", who["tenant"])
			}
			if who := w.accepted(byAda, w.userID); who["tenant"] != w.Tenant {
				w.t.Errorf("in tenant %v", who["tenant"])
			}
		},
		"SSO-MT-07 people are made once and kept up to date": madeOnce,
		"SSO-MT-08 nobody is made when that is off": func(w *world) {
			w.person("00u-new", map[string]any{"email": "new@example.com"})
			w.refused(byAda, "unknown-user", "SSO_USER_UNKNOWN")
			w.settings(map[string]any{"jit": true, "require_scim": true})
			w.refused(byAda, "unknown-user", "SSO_USER_UNKNOWN")
		},
		"SSO-MT-09 whoever SCIM has deactivated or deleted is out": func(w *world) {
			w.settings(map[string]any{"jit": true})
			b := w.browser()
			b.follow(byAda)
			w.setActive(w.userID, false)
			if len(b.me()) > 0 {
				w.t.Error("the session goes on")
			}
			w.refused(byAda, "user-inactive", "ScimUserNotActive")
			w.setActive(w.userID, true)
			w.accepted(byAda, w.userID)
			if status, _ := w.call(http.MethodDelete, w.SCIM+"/Users/"+w.userID, w.Token, nil); status != http.StatusNoContent {
				w.t.Fatalf("delete: %d", status)
			}
			w.refused(byAda, "user-deprovisioned", "ScimUserNotActive")
			again := w.provision("ada", "ada@example.com")
			w.accepted(byAda, again)
		},
		"SSO-MT-10 whom SCIM has made is one with whom sign-on knows": func(w *world) {
			for strategy, claims := range map[string]map[string]any{
				"OidcSubToScimExternalId":             nil,
				"OidcOidToScimExternalId":             {"sub": "pairwise", "oid": "00u-new"},
				"OidcSubToScimUsername":               {"sub": "new@example.com"},
				"OidcEmailToScimUsername":             {"email": "New@example.com"},
				"OidcEmailToScimEmail":                {"email": "mail@example.com"},
				"OidcEmailUsernameToScimUsername":     {"email": "new@example.com"},
				"OidcPreferredUsernameToScimUsername": {"preferred_username": "NEW@example.com"},
			} {
				w.settings(map[string]any{"matching": strategy, "jit": true})
				made := w.user(w.Token, map[string]any{
					"userName": "new@example.com", "externalId": "00u-new", "emails": []any{map[string]any{"value": "mail@example.com", "primary": true}},
				})
				w.person("00u-new", claims)
				before := w.people()
				w.accepted(byAda, made)
				if now := w.people(); now != before {
					w.t.Errorf("%s: %d people before, %d after", strategy, before, now)
				}
				if status, _ := w.call(http.MethodDelete, w.SCIM+"/Users/"+made, w.Token, nil); status != http.StatusNoContent {
					w.t.Fatalf("delete: %d", status)
				}
			}
		},
		"SSO-MT-11 a new name or address is the same account": func(w *world) {
			w.accepted(byAda, w.userID)
			w.patch("/Users/"+w.userID, map[string]any{"userName": "ada.b", "emails": []any{map[string]any{"value": "ada.b@example.com", "primary": true}}})
			if who := w.accepted(byAda, w.userID); who["email"] != "ada.b@example.com" {
				w.t.Errorf("signed on as %v", who)
			}
		},
		"SSO-MT-12 the case of a domain leads nowhere else": func(w *world) {
			w.verify(w.Tenant, "example.com")
			w.tenant("B")
			for _, address := range []string{"ada@EXAMPLE.COM", "ada@example.com.", "ada@ｅxample.com"} {
				w.accepted("email="+url.QueryEscape(address), w.userID)
			}
		},
		"SSO-MT-13 groups give roles, and none when they are unknown": groupRoles,
		"SSO-MT-14 an attribute that is not mapped gives no role": func(w *world) {
			w.settings(map[string]any{"group_claims": true, "jit": true, "default_role": "viewer"})
			w.api(http.MethodPut, "/tenants/"+w.Tenant+"/role-mappings", map[string]any{"source": "claim", "group": "ops", "role": "admin"}, 200)
			w.person("00u1", map[string]any{"role": "admin", "roles": []string{"owner"}, "groups": []string{"admin", "owner"}, "isAdmin": true, "memberOf": "ops"})
			if who := w.accepted(byAda, w.userID); who["role"] != "viewer" {
				w.t.Errorf("role %v", who["role"])
			}
		},
		"SSO-MT-15 guests stay out when the connection says so": func(w *world) {
			w.verify(w.Tenant, "example.com")
			w.settings(map[string]any{"matching": "OidcSubToScimExternalId", "own_domains": true})
			guest := w.user(w.Token, map[string]any{"userName": "guest", "externalId": "00u-guest"})
			w.person("00u-guest", map[string]any{"email": "guest@elsewhere.example"})
			w.refused("tenant="+w.Tenant, "email-domain-not-allowed", "SSO_DOMAIN_NOT_ALLOWED")
			w.person("00u-guest", map[string]any{"email": "guest@EXAMPLE.com"})
			w.accepted("tenant="+w.Tenant, guest)
			w.person("00u-guest", map[string]any{"email": "guest@elsewhere.example"})
			w.refused("tenant="+w.Tenant, "email-domain-not-allowed", "")
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) { row(newWorld(t)) })
	}
}

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
	w.api(http.MethodDelete, mappings+"?source=claim&group=ops", nil, 204)
	now("member")
	w.patch("/Groups/"+group["id"].(string), map[string]any{"members": []any{}})
	now("viewer")
	if status, doc := w.call(http.MethodPut, w.Admin+mappings, w.AdminToken, map[string]any{"source": "directory", "group": "nobody", "role": "admin"}); status != 404 || doc["code"] != "GROUP_NOT_FOUND" {
		w.t.Errorf("mapped a group that is none: %d %v", status, doc)
	}
}

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

// What each strategy would do is shown before one is chosen, and nothing changes by looking.
func TestDryRun(t *testing.T) {
	w := newWorld(t)
	eve := w.user(w.Token, map[string]any{"userName": "eve@example.com", "externalId": "00u-eve"})
	for range 2 {
		w.user(w.Token, map[string]any{"userName": "twin" + string(rune('a'+w.people())), "externalId": "00u-twin"})
	}
	w.accepted(byAda, w.userID)
	w.person("00u-eve", map[string]any{"email": "eve@example.com", "nonce_like": "kept", "preferred_username": "ada"})
	w.settings(map[string]any{"matching": "OidcSubToScimExternalId"})
	w.accepted(byAda, eve)
	w.person("00u-twin", map[string]any{"email": "twin@example.com", "email_verified": false})
	w.refused(byAda, "match-ambiguous", "SSO_MATCH_AMBIGUOUS")
	results := func(list []any, key string, find any) map[string]string {
		t.Helper()
		got := map[string]string{}
		for _, item := range list {
			if one := item.(map[string]any); one[key] == find {
				for _, o := range one["outcomes"].([]any) {
					outcome := o.(map[string]any)
					got[outcome["strategy"].(string)] = outcome["result"].(string)
				}
			}
		}
		return got
	}
	wants := func(got map[string]string, sub, email, username string) {
		t.Helper()
		if got["OidcSubToScimExternalId"] != sub || got["OidcEmailToScimUsername"] != email || got["OidcPreferredUsernameToScimUsername"] != username || len(got) != 7 {
			t.Errorf("got %v, wanted %s, %s, %s", got, sub, email, username)
		}
	}
	path := "/tenants/" + w.Tenant + "/sso/matching"
	before := len(w.reasons())
	seen := w.api(http.MethodGet, path+"/sign-ons", nil, 200)["sign_ons"].([]any)
	wants(results(seen, "subject", "00u1"), "none", "none", "refused")
	wants(results(seen, "subject", "00u-eve"), "match", "match", "match")
	wants(results(seen, "subject", "00u-twin"), "ambiguous", "refused", "refused")
	for _, item := range seen {
		claims := item.(map[string]any)["claims"].(map[string]any)
		for name := range claims {
			if name == "nonce" || name == "aud" || name == "exp" {
				t.Errorf("kept %s", name)
			}
		}
	}
	users := w.api(http.MethodGet, path+"/users", nil, 200)["users"].([]any)
	wants(results(users, "user", w.userID), "none", "none", "refused")
	wants(results(users, "user", eve), "match", "match", "other")
	wants(results(users, "external_id", "00u-twin"), "ambiguous", "unreachable", "possible")
	w.person("00u1", map[string]any{"preferred_username": "ada"})
	w.accepted(byAda, w.userID)
	users = w.api(http.MethodGet, path+"/users?limit=1", nil, 200)["users"].([]any)
	wants(results(users, "user", w.userID), "none", "none", "match")
	problems := w.api(http.MethodGet, path+"/users?problems=OidcSubToScimExternalId", nil, 200)["users"].([]any)
	if len(problems) != 3 {
		t.Errorf("the strategy leaves %v", problems)
	}
	got, next := 0, any(0.0)
	for more := true; more; {
		page := w.api(http.MethodGet, fmt.Sprintf("%s/users?limit=3&after=%v", path, next), nil, 200)
		got, next, more = got+len(page["users"].([]any)), page["next"], page["more"].(bool)
	}
	if got != 4 || len(w.reasons()) != before || w.people() != 4 {
		t.Errorf("%d of %d people by pages", got, w.people())
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	path := w.Admin + "/tenants/" + w.Tenant + "/sso/settings"
	for name, body := range map[string]map[string]any{
		"no strategy": {"active": true, "matching": "ByLuck"}, "strategy of SAML": {"active": true, "matching": "SamlNameIdToScimUsername"},
		"mapping of nothing": {"active": true, "mapping": map[string]any{"role": "role"}}, "mapping to nothing": {"active": true, "mapping": map[string]any{"email": ""}},
		"no domain": {"active": true, "jit_domains": []string{"no domain"}},
	} {
		if status, doc := w.call(http.MethodPut, path, w.AdminToken, body); status != 422 || doc["code"] != "INVALID_SETTINGS" {
			t.Errorf("%s: %d %v", name, status, doc)
		}
	}
	if status, _ := w.call(http.MethodPut, path, w.AdminToken, map[string]any{"active": true, "default_role": "root"}); status != 422 {
		t.Errorf("a role that is none: %d", status)
	}
	for idp, strategy := range map[string]string{ // what PropelAuth documents; of the rest ours
		"okta": "OidcEmailToScimUsername", "entra": "OidcSubToScimExternalId", "generic": "OidcEmailToScimUsername",
		"onelogin": "OidcEmailToScimUsername", "google": "OidcEmailToScimUsername",
	} {
		w.settings(map[string]any{"idp_type": idp, "jit_domains": []string{"Example.COM."}})
		got := w.api(http.MethodGet, "/tenants/"+w.Tenant+"/sso/settings", nil, 200)
		if got["strategy"] != strategy || got["jit_domains"].([]any)[0] != "example.com" || len(got["strategies"].([]any)) != 7 {
			t.Errorf("%s: %v", idp, got)
		}
	}
	// The connection is made anew: settings and secret stay, but the secret goes to nobody else.
	connection := map[string]any{"issuer": w.op.issuer(), "client_id": opClient}
	w.api(http.MethodPut, "/tenants/"+w.Tenant+"/sso", connection, 200)
	if got := w.api(http.MethodGet, "/tenants/"+w.Tenant+"/sso/settings", nil, 200); len(got["jit_domains"].([]any)) != 1 {
		t.Errorf("settings %v", got)
	}
	w.settings(nil)
	w.accepted(byAda, w.userID)
	connection["client_id"] = "another"
	if status, doc := w.call(http.MethodPut, w.Admin+"/tenants/"+w.Tenant+"/sso", w.AdminToken, connection); status != 422 || doc["code"] != "CLIENT_SECRET_REQUIRED" {
		t.Errorf("another client without a secret: %d %v", status, doc)
	}
	id := w.api(http.MethodPost, "/tenants", map[string]any{"name": "B"}, 201)["id"].(string)
	for _, what := range []string{"settings", "matching/users", "matching/sign-ons"} {
		if status, doc := w.call(http.MethodGet, w.Admin+"/tenants/"+id+"/sso/"+what, w.AdminToken, nil); status != 404 || doc["code"] != "SSO_NOT_CONNECTED" {
			t.Errorf("%s without a connection: %d %v", what, status, doc)
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
