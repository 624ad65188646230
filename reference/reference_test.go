package reference_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/reference"
	"assay/reference/faults"
)

func start(t *testing.T, o reference.Options) *reference.Server {
	t.Helper()
	s, err := reference.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

type answer struct {
	status int
	header http.Header
	text   string
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.text), &doc); err != nil {
		t.Fatalf("status %d, not JSON: %q", a.status, a.text)
	}
	return doc
}

func send(t *testing.T, client *http.Client, method, address string, header map[string]string, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(data)}
}

func call(t *testing.T, method, address, token, body string) answer {
	t.Helper()
	kind := "application/json"
	if strings.Contains(address, "/scim/") {
		kind = "application/scim+json"
	}
	return send(t, http.DefaultClient, method, address, map[string]string{"Authorization": "Bearer " + token, "Content-Type": kind}, body)
}

const ada = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","active":true}`

func TestRestartKeepsDataAndForgetsThePlainToken(t *testing.T) {
	data := filepath.Join(t.TempDir(), "assay.db")
	first, err := reference.Start(t.Context(), reference.Options{
		Data: data, SSO: &reference.SSO{Issuer: "https://idp.example", ClientID: "c", ClientSecret: "a-client-secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	token := first.Token
	if got := call(t, http.MethodPost, first.SCIM+"/Users", token, ada); got.status != http.StatusCreated {
		t.Fatalf("status %d: %s", got.status, got.text)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
	if err, failed := <-first.Done(); failed {
		t.Fatalf("stopped with %v", err)
	}
	second := start(t, reference.Options{Data: data})
	if second.Token != "" || second.Tenant != first.Tenant || second.AdminToken == first.AdminToken {
		t.Fatalf("second start: %q, %q, same administrator's token: %t", second.Token, second.Tenant, second.AdminToken == first.AdminToken)
	}
	if got := call(t, http.MethodGet, second.SCIM+"/Users", token, ""); got.status != 200 || got.json(t)["totalResults"] != 1.0 {
		t.Fatalf("status %d: %s", got.status, got.text)
	}
	connection := call(t, http.MethodGet, second.Admin+"/tenants/"+second.Tenant+"/sso", second.AdminToken, "").json(t)
	if connection["issuer"] != "https://idp.example" || connection["secret_set"] != true {
		t.Fatalf("connection %v", connection)
	}
	rotated := call(t, http.MethodPost, second.Admin+"/tenants/"+second.Tenant+"/scim-token", second.AdminToken, "").json(t)
	fresh, _ := rotated["token"].(string)
	if got := call(t, http.MethodGet, second.SCIM+"/Users", token, ""); got.status != http.StatusUnauthorized {
		t.Fatalf("the revoked token: status %d", got.status)
	}
	if got := call(t, http.MethodGet, second.SCIM+"/Users", fresh, ""); got.status != http.StatusOK {
		t.Fatalf("the new token: status %d", got.status)
	}
	files, err := filepath.Glob(data + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{token, token[strings.LastIndex(token, ":")+1:], fresh, "a-client-secret", first.AdminToken, second.AdminToken} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds a secret in plain text", filepath.Base(file))
			}
		}
	}
}

func TestAdministration(t *testing.T) {
	s := start(t, reference.Options{TenantName: "Globex", TenantDomains: []string{"globex.example"}, Version: "1.2.3"})
	tenant := s.Admin + "/tenants/" + s.Tenant
	for _, address := range []string{s.Admin + "/tenants", tenant, tenant + "/sso", tenant + "/audit", s.Admin + "/nothing"} {
		for _, token := range []string{"", "wrong", s.Token} {
			got := call(t, http.MethodGet, address, token, "")
			if got.status != http.StatusUnauthorized || got.json(t)["code"] != "ADMIN_TOKEN_REQUIRED" ||
				got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with token %q: status %d, %s", address, token, got.status, got.text)
			}
		}
	}
	openapi := send(t, http.DefaultClient, http.MethodGet, s.Admin+"/openapi.json", nil, "").json(t)
	paths := openapi["paths"].(map[string]any)
	if paths["/api/tenants/{tenant}/sso/matching/users"] == nil || paths["/api/tenants/{tenant}/migration/checklist"] == nil || openapi["info"].(map[string]any)["version"] != "1.2.3" {
		t.Errorf("OpenAPI document: %v", paths)
	}
	got := call(t, http.MethodGet, tenant, s.AdminToken, "").json(t)
	if got["name"] != "Globex" || got["scim"] != s.SCIM || got["$schema"] != nil {
		t.Errorf("tenant %v", got)
	}
	tests := map[string]struct {
		method, address, body string
		status                int
		code                  any
	}{
		"no such tenant":    {"GET", s.Admin + "/tenants/nobody", "", 404, "TENANT_NOT_FOUND"},
		"not connected":     {"GET", tenant + "/sso", "", 404, "SSO_NOT_CONNECTED"},
		"issuer not https":  {"PUT", tenant + "/sso", `{"issuer":"http://idp.example","client_id":"c","client_secret":"hush-hush"}`, 422, "IDP_DISCOVERY_FAILED"},
		"issuer is a file":  {"POST", tenant + "/sso", `{"issuer":"file:///etc/passwd","client_id":"c","client_secret":"hush-hush"}`, 422, "IDP_DISCOVERY_FAILED"},
		"nobody answers":    {"POST", tenant + "/sso", `{"issuer":"http://127.0.0.1:1","client_id":"c","client_secret":"hush-hush"}`, 422, "IDP_DISCOVERY_FAILED"},
		"secret a number":   {"PUT", tenant + "/sso", `{"issuer":"https://idp.example","client_id":"c","client_secret":[{"x":"hush-hush"}]}`, 422, nil},
		"unknown member":    {"PUT", tenant + "/sso", `{"issuer":"https://idp.example","client_id":"c","client_secret":"x","other":"hush-hush"}`, 422, nil},
		"damaged JSON":      {"PUT", tenant + "/sso", `{"client_secret":"hush-hush"`, 400, nil},
		"too large":         {"PUT", tenant + "/sso", `{"client_secret":"` + strings.Repeat("hush-hush", 10_000) + `"}`, 413, nil},
		"limit too large":   {"GET", tenant + "/audit?limit=1001", "", 422, nil},
		"limit not a count": {"GET", tenant + "/audit?limit=hush-hush", "", 422, nil},
		"other method":      {"DELETE", tenant + "/sso", "", 405, nil},
	}
	for name, test := range tests {
		got := call(t, test.method, test.address, s.AdminToken, test.body)
		if got.status != test.status {
			t.Errorf("%s: status %d, want %d: %s", name, got.status, test.status, got.text)
			continue
		}
		if strings.Contains(got.text, "hush-hush") {
			t.Errorf("%s: the answer repeats a secret: %s", name, got.text)
		}
		if test.code != nil && got.json(t)["code"] != test.code {
			t.Errorf("%s: %s", name, got.text)
		}
	}
	events := call(t, http.MethodGet, tenant+"/audit?limit=1", s.AdminToken, "").text
	var list []map[string]any
	if err := json.Unmarshal([]byte(events), &list); err != nil || len(list) != 1 || list[0]["action"] != "scim.token.issued" {
		t.Errorf("audit log: %s", events)
	}
}

func TestConsole(t *testing.T) {
	s := start(t, reference.Options{})
	evil := strings.Replace(ada, `"ada"`, `"<script>alert(1)</script>"`, 1)
	if got := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, evil); got.status != http.StatusCreated {
		t.Fatal(got.text)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	got := send(t, browser, http.MethodGet, s.Console, nil, "")
	if got.status != 200 || !strings.Contains(got.text, "Administrator&#39;s token") && !strings.Contains(got.text, "Administrator's token") {
		t.Fatalf("not led to the sign-in page: %s", got.text)
	}
	form := func(token string, header map[string]string) answer {
		if header == nil {
			header = map[string]string{}
		}
		header["Content-Type"] = "application/x-www-form-urlencoded"
		return send(t, browser, http.MethodPost, s.Console+"/sign-in", header, url.Values{"token": {token}}.Encode())
	}
	if got := form("wrong", nil); got.status != http.StatusForbidden || !strings.Contains(got.text, "Wrong token") {
		t.Fatalf("wrong token: status %d", got.status)
	}
	if got := form(s.AdminToken, map[string]string{"Sec-Fetch-Site": "cross-site"}); got.status != http.StatusForbidden {
		t.Fatalf("a form of another site: status %d", got.status)
	}
	if got := send(t, browser, http.MethodGet, s.Console+"/sign-in?token="+url.QueryEscape(s.AdminToken), nil, ""); strings.Contains(got.text, s.SCIM) {
		t.Fatal("a token in the URL opened the console")
	}
	if got := form(s.AdminToken, nil); got.status != http.StatusOK || !strings.Contains(got.text, s.SCIM) {
		t.Fatalf("overview: status %d: %s", got.status, got.text)
	}
	for path, want := range map[string]string{
		"/people": "&lt;script&gt;", "/groups": "No groups yet", "/audit": "console.login.succeeded", "/changes": "created", "/people?page=99": "1–1 of 1",
		"?tenant=nobody": "no such tenant",
	} {
		got := send(t, browser, http.MethodGet, s.Console+path, nil, "")
		if !strings.Contains(got.text, want) || strings.Contains(got.text, "<script") {
			t.Errorf("%s lacks %q: %s", path, want, got.text)
		}
		for _, secret := range []string{s.AdminToken, s.Token} {
			if strings.Contains(got.text, secret) {
				t.Errorf("%s shows a token", path)
			}
		}
		if got.header.Get("Content-Security-Policy") == "" || got.header.Get("X-Frame-Options") != "DENY" || got.header.Get("Cache-Control") == "" {
			t.Errorf("%s: header %v", path, got.header)
		}
	}
	if got := send(t, browser, http.MethodGet, s.Admin+"/me", nil, ""); got.status != http.StatusUnauthorized {
		t.Errorf("the administrator is somebody's user: status %d", got.status)
	}
	send(t, browser, http.MethodPost, s.Console+"/sign-out", nil, "")
	if got := send(t, browser, http.MethodGet, s.Console+"/people", nil, ""); strings.Contains(got.text, "script") {
		t.Error("the console is open after signing out")
	}
}

func TestSite(t *testing.T) {
	s := start(t, reference.Options{})
	if got := send(t, http.DefaultClient, http.MethodGet, s.BaseURL+"/healthz", nil, ""); got.status != 200 || got.json(t)["status"] != "ok" {
		t.Errorf("health: %d %s", got.status, got.text)
	}
	if got := send(t, http.DefaultClient, http.MethodGet, s.Login, nil, ""); got.status != 200 || !strings.Contains(got.text, `name="email"`) {
		t.Errorf("login page: %d %s", got.status, got.text)
	}
	if got := send(t, http.DefaultClient, http.MethodGet, s.Login+"?email=ada@example.com", nil, ""); got.status != 400 || !strings.Contains(got.text, "not set up") {
		t.Errorf("login without a connection: %d %s", got.status, got.text)
	}
	for _, path := range []string{"/nothing", "/scimx/Users", "/auth/sso/callback/x"} {
		if got := send(t, http.DefaultClient, http.MethodGet, s.BaseURL+path, nil, ""); got.status != 404 {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
	// Every path below the SCIM base is answered by SCIM, in its own words, and never redirected.
	for path, want := range map[string]int{"": 200, "/": 200, "//Users": 404, "/Users/../Users": 404} {
		got := call(t, http.MethodGet, s.SCIM+path, s.Token, "")
		if got.status != want || got.header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("SCIM path %q: status %d %s", path, got.status, got.text)
		}
	}
	if got := call(t, http.MethodHead, s.Callback+"?state=x", "", ""); got.status != 405 {
		t.Errorf("HEAD at the callback: status %d", got.status)
	}
}

func TestPublicURL(t *testing.T) {
	s := start(t, reference.Options{PublicURL: "https://acme.example/"})
	if s.SCIM != "https://acme.example/scim/v2" || s.Callback != "https://acme.example/auth/sso/callback" {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{"acme.example", "ftp://acme.example", "https://acme.example/path", "https://a:b@acme.example", "https://acme.example?x=y"} {
		if s, err := reference.Start(t.Context(), reference.Options{PublicURL: bad}); err == nil {
			t.Errorf("%s was accepted", bad)
			_ = s.Close(t.Context())
		}
	}
}

func TestWorkedFaults(t *testing.T) {
	clean := start(t, reference.Options{})
	find := func(name string) []faults.Fault {
		fault, ok := faults.Find(name)
		if !ok {
			t.Fatalf("no fault %s", name)
		}
		return []faults.Fault{fault}
	}
	unknown := func(s *reference.Server) any {
		got := call(t, http.MethodGet, s.SCIM+"/Users/unknown", s.Token, "")
		if got.status != http.StatusNotFound {
			t.Fatalf("status %d", got.status)
		}
		return got.json(t)["status"]
	}
	number := start(t, reference.Options{Faults: find("error-status-as-number")})
	if unknown(clean) != "404" || unknown(number) != 404.0 {
		t.Errorf("status clean %v, faulty %v", unknown(clean), unknown(number))
	}
	remains := func(s *reference.Server) int {
		id := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, ada).json(t)["id"].(string)
		if got := call(t, http.MethodDelete, s.SCIM+"/Users/"+id, s.Token, ""); got.status != http.StatusNoContent {
			t.Fatalf("status %d: %s", got.status, got.text)
		}
		return call(t, http.MethodGet, s.SCIM+"/Users/"+id, s.Token, "").status
	}
	soft := start(t, reference.Options{Faults: find("delete-only-deactivates")})
	if clean, faulty := remains(clean), remains(soft); clean != 404 || faulty != 200 {
		t.Errorf("after DELETE: clean %d, faulty %d", clean, faulty)
	}
}
