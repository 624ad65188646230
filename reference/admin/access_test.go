package admin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
)

// visitor calls the API as somebody.
type visitor struct {
	*site
	client *http.Client
	token  string
	origin string // Sec-Fetch-Site
}

type reply struct {
	status int
	text   string
	json   map[string]any
}

func (v *visitor) call(method, path, body string) reply {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.server.URL+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.origin != "" {
		r.Header.Set("Sec-Fetch-Site", v.origin)
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	got := reply{status: res.StatusCode, text: string(text)}
	_ = json.Unmarshal(text, &got.json) // lists and nothing at all stay nil
	return got
}

// want calls and expects a status and, for an error, a code.
func (v *visitor) want(status int, code, method, path, body string) reply {
	v.Helper()
	got := v.call(method, path, body)
	if got.status != status || code != "" && got.json["code"] != code {
		v.Errorf("%s %s: %d, wanted %d %s: %s", method, path, got.status, status, code, got.text)
	}
	return got
}

func (s *site) admin() *visitor { return &visitor{site: s, client: &http.Client{}, token: token} }

// person makes a user of acme with a role.
func (s *site) person(name string, role directory.Role) directory.Resource {
	s.Helper()
	user, err := s.store.Create(s.Context(), "acme", directory.Resource{Kind: directory.User, Name: name, Email: name + "@acme.test", Active: true}, nil)
	if err == nil {
		_, err = s.store.UpdateAccount(s.Context(), "acme", user.ID, func(_ directory.Resource, a *directory.Account) error {
			a.Role = role
			return nil
		})
	}
	if err != nil {
		s.Fatal(err)
	}
	return user
}

// signOn is a visitor who is signed on to acme.
func (s *site) signOn(user directory.Resource) *visitor {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	v := &visitor{site: s, client: &http.Client{Jar: jar}}
	v.want(http.StatusOK, "", http.MethodPost, "/sign-on/"+user.ID, "")
	return v
}

// legacy is a site whose tenant acme signs on locally.
func legacy(t *testing.T) *site {
	s := newSite(t)
	if err := s.store.SetMode(t.Context(), "acme", directory.ModeLegacy, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

const acme = "/api/tenants/acme"

func TestWhoMayAdministrate(t *testing.T) {
	s := legacy(t)
	owner, member := s.person("owner", directory.RoleOwner), s.person("member", directory.RoleMember)
	admin := s.signOn(s.person("admin", directory.RoleAdmin))
	for _, role := range []directory.Role{directory.RoleMember, directory.RoleViewer} {
		s.signOn(s.person("x"+string(role), role)).want(403, "ROLE_TOO_LOW", "GET", acme+"/policy", "")
	}
	nobody := &visitor{site: s, client: &http.Client{}}
	nobody.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "")
	admin.want(200, "", "GET", acme+"/policy", "")
	admin.want(404, "TENANT_NOT_FOUND", "GET", "/api/tenants/other/policy", "")
	admin.want(404, "TENANT_NOT_FOUND", "GET", "/api/tenants/nobody/policy", "")
	for path, body := range map[string]string{"/scim": `{"in_plan":true}`, "/customer": `{"customer_id":"x"}`} {
		admin.want(403, "SITE_ADMIN_REQUIRED", "PUT", acme+path, body)
	}
	admin.want(403, "SITE_ADMIN_REQUIRED", "POST", acme+"/domains/acme.test/verify", `{"value":"x"}`)
	admin.want(403, "SITE_ADMIN_REQUIRED", "GET", "/api/tenants", "")
	admin.want(403, "SITE_ADMIN_REQUIRED", "POST", "/api/tenants", `{"name":"mine"}`)

	power := []struct{ method, path, body string }{
		{"PUT", "/password", `{"password":"correct horse battery"}`}, {"DELETE", "/password", ""}, {"DELETE", "/totp", ""}, {"PUT", "/break-glass", ""},
		{"DELETE", "/break-glass", ""}, {"PUT", "/role", `{"role":"member"}`}, {"DELETE", "/role", ""}, {"POST", "/archive", ""}, {"POST", "/reset-binding", ""},
	}
	for _, p := range power {
		admin.want(403, "ROLE_TOO_LOW", p.method, acme+"/users/"+owner.ID+p.path, p.body)
	}
	admin.want(403, "ROLE_TOO_LOW", "PUT", acme+"/users/"+member.ID+"/role", `{"role":"owner"}`)
	admin.want(403, "ROLE_TOO_LOW", "PUT", acme+"/role-mappings", `{"source":"claim","group":"g","role":"owner"}`)
	admin.want(200, "", "PUT", acme+"/users/"+member.ID+"/role", `{"role":"admin"}`)

	admin.origin = "cross-site"
	admin.want(403, "CROSS_ORIGIN", "PUT", acme+"/policy", `{}`)
	admin.origin = "same-origin"
	admin.want(200, "", "PUT", acme+"/policy", `{}`)
	admin.token = "wrong"
	admin.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "")

	events, err := s.store.Events(t.Context(), "acme", 1)
	if err != nil || events[0].Action != "policy.changed" || !strings.HasPrefix(events[0].Actor, "user:") {
		t.Errorf("%+v, %v", events, err)
	}
	s.roleFalls()
}

// roleFalls takes a role away and gives it back: the session has ended, and does not come back.
func (s *site) roleFalls() {
	user := s.person("falling", directory.RoleAdmin)
	fallen := s.signOn(user)
	fallen.want(200, "", "GET", acme+"/policy", "")
	s.admin().want(200, "", "PUT", acme+"/users/"+user.ID+"/role", `{"role":"viewer"}`)
	fallen.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "")
	s.admin().want(200, "", "PUT", acme+"/users/"+user.ID+"/role", `{"role":"admin"}`)
	fallen.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "")
}

func TestPolicyThatLocksOut(t *testing.T) {
	s := legacy(t)
	admin := s.signOn(s.person("admin", directory.RoleAdmin))
	other := s.signOn(s.person("other", directory.RoleAdmin))
	for _, body := range []string{`{"networks":["198.51.100.0/24"]}`, `{"mfa":"always"}`, `{"mfa":"local"}`} {
		admin.want(409, "POLICY_LOCKS_YOU_OUT", "PUT", acme+"/policy", body)
	}
	admin.want(422, "NETWORK_INVALID", "PUT", acme+"/policy", `{"networks":["office"]}`)
	admin.want(422, "", "PUT", acme+"/policy", `{"session_minutes":1}`)
	admin.want(200, "", "PUT", acme+"/policy", `{"networks":["127.0.0.0/8","::1"],"session_minutes":30,"classification":"CUI"}`)
	other.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "") // a change ends the sessions of the others
	got := admin.want(200, "", "GET", acme+"/policy", "")
	if got.json["session_minutes"] != 30.0 || got.json["idle_minutes"] != 60.0 || got.json["classification"] != "CUI" || got.json["mfa"] != "optional" {
		t.Errorf("policy %s", got.text)
	}
	admin.want(409, "POLICY_LOCKS_YOU_OUT", "PUT", acme+"/policy/preset/government-cui", "")
	admin.want(404, "PRESET_NOT_FOUND", "PUT", acme+"/policy/preset/nothing", "")
	if presets := admin.want(200, "", "GET", acme+"/policy-presets", ""); len(presets.json) != 2 {
		t.Errorf("presets %s", presets.text)
	}
	admin.want(200, "", "PUT", acme+"/policy?force=true", `{"mfa":"always"}`)
	admin.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/policy", "")
	s.admin().want(200, "", "PUT", acme+"/policy", `{"networks":["198.51.100.0/24"]}`)
}

func TestSessionsOfATenant(t *testing.T) {
	s := legacy(t)
	user := s.person("admin", directory.RoleAdmin)
	mine := s.signOn(user)
	for range 3 {
		s.signOn(user)
	}
	guest := s.person("guest", directory.RoleMember)
	s.signOn(guest)
	first := mine.want(200, "", "GET", acme+"/sessions?limit=2", "")
	next := fmt.Sprint(first.json["next"])
	rest := mine.want(200, "", "GET", acme+"/sessions?after="+next, "")
	list, _ := rest.json["sessions"].([]any)
	if len(list) != 3 || rest.json["next"] != 0.0 || strings.Contains(rest.text, "hash") {
		t.Fatalf("sessions %s", rest.text)
	}
	last, _ := list[2].(map[string]any)
	if last["user"] != guest.ID || last["via"] != "local" || last["address"] != "127.0.0.1" || last["yours"] != false {
		t.Errorf("session %v", last)
	}
	mine.want(204, "", "DELETE", acme+"/sessions/"+fmt.Sprint(last["id"]), "")
	mine.want(404, "SESSION_NOT_FOUND", "DELETE", acme+"/sessions/"+fmt.Sprint(last["id"]), "")
	if got := mine.want(200, "", "DELETE", acme+"/sessions?user="+user.ID, ""); got.json["ended"] != 3.0 {
		t.Errorf("ended %s", got.text)
	}
	mine.want(200, "", "GET", acme+"/sessions", "")
	s.admin().want(200, "", "DELETE", acme+"/sessions", "")
	mine.want(401, "ADMIN_TOKEN_REQUIRED", "GET", acme+"/sessions", "")
}

func TestMigrationByTheAPI(t *testing.T) {
	s := legacy(t)
	admin := s.admin()
	user := s.person("admin", directory.RoleAdmin)
	of := acme + "/users/" + user.ID
	admin.want(409, "SSO_NOT_CONFIGURED", "POST", acme+"/migration", "")
	err := s.store.SetConnection(t.Context(), "acme", directory.Connection{Issuer: "https://idp.example", ClientID: "c", ConnectionSettings: directory.ConnectionSettings{Active: true}})
	if err != nil {
		t.Fatal(err)
	}
	admin.want(409, "BREAK_GLASS_REQUIRED", "POST", acme+"/migration", "")
	admin.want(422, "PASSWORD_TOO_WEAK", "PUT", of+"/password", `{"password":"short"}`)
	login := admin.want(200, "", "PUT", of+"/password", `{"password":"correct horse battery"}`)
	if login.json["password"] != true || login.json["password_since"] == nil || strings.Contains(login.text, "argon2id") || strings.Contains(login.text, "horse") {
		t.Errorf("local login %s", login.text)
	}
	admin.want(422, "BREAK_GLASS_NEEDS_ADMIN", "PUT", acme+"/users/"+s.person("member", directory.RoleMember).ID+"/break-glass", "")
	for range 2 {
		admin.want(200, "", "PUT", of+"/break-glass", "")
	}
	checklist := admin.want(200, "", "GET", acme+"/migration/checklist", "")
	if checklist.json["ready"] != true || checklist.json["mode"] != "legacy" || checklist.json["active_users"] != 2.0 || !strings.Contains(checklist.text, "ONE_BREAK_GLASS_ADMIN") {
		t.Errorf("checklist %s", checklist.text)
	}
	job := admin.want(202, "", "POST", acme+"/migration", "")
	at := acme + "/migration/" + fmt.Sprint(job.json["id"])
	for end := time.Now().Add(5 * time.Second); job.json["state"] == "running" || job.status == 202; time.Sleep(time.Millisecond) {
		if job = admin.call("GET", at, ""); time.Now().After(end) {
			t.Fatalf("still running: %s", job.text)
		}
	}
	if job.json["state"] != "done" || job.json["step"] != "flip" || job.json["done"] != 2.0 {
		t.Fatalf("migration %s", job.text)
	}
	admin.want(409, "INVALID_STATE", "POST", acme+"/migration", "")
	admin.want(409, "INVALID_STATE", "POST", at+"/cancel", "")
	admin.want(404, "MIGRATION_NOT_FOUND", "GET", acme+"/migration/nothing", "")
	for _, removal := range []struct{ method, path, body string }{
		{"DELETE", "/break-glass", ""}, {"DELETE", "/password", ""}, {"PUT", "/role", `{"role":"member"}`}, {"POST", "/archive", ""},
	} {
		admin.want(409, "BREAK_GLASS_REQUIRED", removal.method, of+removal.path, removal.body)
	}
	admin.want(200, "", "POST", at+"/rollback", "")
	admin.want(409, "INVALID_STATE", "POST", at+"/rollback", "")
	for range 2 {
		admin.want(200, "", "DELETE", of+"/break-glass", "")
	}
	if list := admin.call("GET", acme+"/migration", ""); !strings.Contains(list.text, "rolled-back") {
		t.Errorf("migrations %s", list.text)
	}
}

func TestAlertsAndSCIMTokens(t *testing.T) {
	s := newSite(t)
	place, err := s.store.AddAlert(t.Context(), directory.Alert{Tenant: "acme", Kind: directory.BreakGlassUsed, Subject: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	admin := s.admin()
	if got := admin.call("GET", acme+"/alerts?open=true", ""); !strings.Contains(got.text, `"kind":"break-glass.used"`) {
		t.Errorf("alerts %s", got.text)
	}
	if got := admin.want(200, "", "POST", fmt.Sprintf("%s/alerts/%d/acknowledge", acme, place), ""); got.json["acknowledged_by"] != "admin" {
		t.Errorf("alert %s", got.text)
	}
	if got := admin.call("GET", acme+"/alerts?open=true", ""); got.text != "[]\n" {
		t.Errorf("alerts %q", got.text)
	}
	admin.want(404, "ALERT_NOT_FOUND", "POST", acme+"/alerts/99/acknowledge", "")
	first := admin.want(200, "", "POST", acme+"/scim-token", "")
	second := admin.want(200, "", "POST", acme+"/scim-token", `{"overlap_minutes":60,"expires_in_days":30}`)
	list := admin.call("GET", acme+"/scim-tokens", "")
	var tokens []map[string]any
	if err := json.Unmarshal([]byte(list.text), &tokens); err != nil || len(tokens) != 2 || strings.Contains(list.text, "argon2id") {
		t.Fatalf("tokens %s", list.text)
	}
	for _, token := range tokens {
		if token["state"] != "active" || token["expires"] == nil {
			t.Errorf("token %v", token)
		}
	}
	admin.want(204, "", "DELETE", acme+"/scim-tokens/"+fmt.Sprint(first.json["id"]), "")
	admin.want(404, "TOKEN_NOT_FOUND", "DELETE", "/api/tenants/other/scim-tokens/"+fmt.Sprint(second.json["id"]), "")
	if list := admin.call("GET", acme+"/scim-tokens", ""); strings.Count(list.text, `"revoked"`) != 1 {
		t.Errorf("tokens %s", list.text)
	}
	got := admin.want(200, "", "PUT", acme+"/scim", `{"enabled":false,"in_plan":false}`)
	if got.json["enabled"] != false || got.json["in_plan"] != false || got.json["strict"] != false {
		t.Errorf("scim %s", got.text)
	}
}
