package sso_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
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
			w.api(http.MethodPut, "/tenants/"+b+"/sso/settings", map[string]any{
				"active": true, "matching": "OidcSubToScimExternalId", "jit": true, "jit_domains": []string{"example.com"},
			}, 200)
			w.person("00u-new", map[string]any{"email": "new@example.com"})
			if who, page := w.signOn("tenant=" + b); len(who) > 0 || !strings.Contains(page, "SSO_DOMAIN_NOT_ALLOWED") {
				w.t.Errorf("made as %v: %s", who, page)
			}
			w.person("00u1", nil)
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
