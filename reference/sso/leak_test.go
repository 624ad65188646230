package sso_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSecretsStayInside plays good and bad logins and looks for every secret in the log, in every
// answer to a browser, and in the audit log.
func TestSecretsStayInside(t *testing.T) {
	w := newWorld(t)
	secrets := map[string]string{
		"client secret": opSecret, "access token": "access-00u1",
		"SCIM token": w.Token[strings.LastIndex(w.Token, ":")+1:], "administrator's token": w.AdminToken,
	}
	w.op.token = func(m map[string]any) { secrets["ID token"] = m["id_token"].(string) }
	good := w.browser()
	callback := mustParse(t, good.begin())
	secrets["code"] = callback.Query().Get("code")
	good.get(callback.String())
	if good.who() == "" {
		t.Fatal("the good login failed")
	}
	// A provider that answers with what it was sent, and logins that fail at every stage.
	w.op.broken["/tenant/token"] = func(rw http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		reply(rw, 400, map[string]any{"error": user + pass, "error_description": pass + r.PostFormValue("code")})
	}
	w.browser().login()
	clear(w.op.broken)
	w.op.claims = set("aud", "x")
	w.browser().login()
	w.op.claims = nil
	wrong := w.browser()
	wrong.get(wrong.begin() + "x&code=" + opClient)
	w.call(http.MethodGet, w.Admin+"/tenants", "assay-admin:wrong", nil)
	w.call(http.MethodGet, w.SCIM+"/Users", w.Token+"x", nil)
	_, events := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/audit", w.AdminToken, nil)
	_, connection := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/sso", w.AdminToken, nil)

	places := map[string]string{
		"log": w.log.String(), "answers to browsers": w.seen.String(),
		"audit log": mustJSON(t, events), "connection": mustJSON(t, connection),
	}
	for place, text := range places {
		if text == "" {
			t.Fatalf("%s is empty: nothing was tested", place)
		}
		for name, secret := range secrets {
			if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
				t.Errorf("the %s is in the %s", name, place)
			}
		}
	}
}

// TestErrorsAreEscaped sees to it that nothing from outside gets onto a page as HTML.
func TestErrorsAreEscaped(t *testing.T) {
	w := newWorld(t)
	evil := `<script>alert(1)</script>`
	b := w.browser()
	b.get(alter(t, b.begin(), func(q url.Values) {
		q.Set("error", evil)
		q.Set("error_description", evil)
	}))
	if strings.Contains(b.body, "<script") || b.last.StatusCode != http.StatusForbidden {
		t.Fatalf("status %d: %s", b.last.StatusCode, b.body)
	}
	policy := b.last.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %s", policy, part)
		}
	}
	b.get(alter(t, b.begin(), func(q url.Values) { q.Set("error", "access_denied") }))
	if !strings.Contains(b.body, "<code>access_denied</code>") || !strings.Contains(b.body, "Reference") {
		t.Errorf("the page does not say what happened: %s", b.body)
	}
}
