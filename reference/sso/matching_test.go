package sso_test

import (
	"fmt"
	"net/http"
	"testing"
)

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
	problems := w.api(http.MethodGet, path+"/users?problems=OidcSubToScimExternalId", nil, 200)
	totals := problems["totals"].(map[string]any)["OidcSubToScimExternalId"].(map[string]any)
	if len(problems["users"].([]any)) != 3 || totals["match"] != 1.0 || totals["none"] != 1.0 || totals["ambiguous"] != 2.0 {
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
		"no domain": {"active": true, "jit_domains": []string{"no domain"}}, "nobody left": {"active": true, "own_domains": true},
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
