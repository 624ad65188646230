package sso_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestDiscoveryFaults(t *testing.T) {
	w := newWorld(t)
	document := func(change func(map[string]any)) func() {
		return func() { w.op.discovery = change }
	}
	instead := func(h http.HandlerFunc) func() {
		return func() { w.op.broken["/tenant/.well-known/openid-configuration"] = h }
	}
	text := func(status int, body string) func() {
		return instead(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status); fmt.Fprint(rw, body) })
	}
	tests := map[string]func(){
		"other issuer":        document(set("issuer", "https://other.example")),
		"issuer with slash":   document(func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" }),
		"no issuer":           document(set("issuer", nil)),
		"no token endpoint":   document(set("token_endpoint", nil)),
		"plain http endpoint": document(set("token_endpoint", "http://idp.example/token")),
		"javascript endpoint": document(set("authorization_endpoint", "javascript:alert(1)")),
		"file keys":           document(set("jwks_uri", "file:///etc/passwd")),
		"user in the URL":     document(set("jwks_uri", "https://a:b@idp.example/keys")),
		"only HMAC":           document(set("id_token_signing_alg_values_supported", []string{"HS256", "none"})),
		"only private keys":   document(set("token_endpoint_auth_methods_supported", []string{"private_key_jwt"})),
		"not found":           text(404, "{}"),
		"failure":             text(500, "{}"),
		"HTML":                text(200, "<html>"),
		"truncated":           text(200, `{"issuer":"`),
		"issuer twice":        text(200, `{"issuer":"a","issuer":"b"}`),
		"too large":           text(200, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`),
		"redirect elsewhere": instead(func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}),
		"redirect for ever": instead(func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, r.URL.Path, http.StatusFound)
		}),
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			w.op.discovery = nil
			clear(w.op.broken)
			w.wait(11 * time.Minute) // past what is cached
			w.expectGood(t)
			w.wait(11 * time.Minute)
			spoil()
			b := w.browser()
			if target := b.get(w.Login + "?email=ada@example.com"); target != "" || b.last.StatusCode != 400 {
				t.Fatalf("status %d, redirect to %q", b.last.StatusCode, target)
			}
			if got := w.reasons(); got[0] != "provider-unavailable" {
				t.Fatalf("audit log: %v", got)
			}
			status, doc := w.call(http.MethodPut, w.Admin+"/tenants/"+w.Tenant+"/sso", w.AdminToken, map[string]any{
				"issuer": w.op.issuer(), "client_id": opClient, "client_secret": opSecret,
			})
			if status != 422 || doc["code"] != "IDP_DISCOVERY_FAILED" {
				t.Fatalf("the administrator was not told: status %d: %v", status, doc)
			}
		})
	}
	w.op.discovery = nil
	clear(w.op.broken)
	w.expectGood(t)
}

func TestEndpointFaults(t *testing.T) {
	w := newWorld(t)
	for path, reason := range map[string]string{
		"/tenant/token": "code-refused", "/tenant/keys": "provider-unavailable", "/tenant/userinfo": "userinfo-failed",
	} {
		for name, handler := range map[string]http.HandlerFunc{
			"500":   func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) },
			"HTML":  func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<script>alert(1)</script>") },
			"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"429": func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Retry-After", "60")
				rw.WriteHeader(429)
			},
			"elsewhere": func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
			},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				w.op.thin = true
				clear(w.op.broken)
				w.expectGood(t)
				w.wait(11 * time.Minute)
				before := w.op.count("token")
				w.op.broken[path] = handler
				b := w.browser()
				b.login()
				if b.who() != "" || w.reasons()[0] != reason {
					t.Fatalf("audit log: %v, want %s", w.reasons(), reason)
				}
				if got := w.op.count("token") - before; got != 1 {
					t.Fatalf("%d token requests for one code", got)
				}
			})
		}
	}
	clear(w.op.broken)
	w.expectGood(t)
}

func TestTokenResponse(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(map[string]any){
		"no ID token":     set("id_token", nil),
		"no access token": set("access_token", nil),
		"mac token":       set("token_type", "mac"),
		"ID token a list": func(m map[string]any) { m["id_token"] = []any{m["id_token"]} },
	} {
		t.Run(name, func(t *testing.T) {
			w.op.token = change
			defer func() { w.op.token = nil }()
			b := w.browser()
			b.login()
			if b.who() != "" || w.reasons()[0] != "code-refused" {
				t.Fatalf("audit log: %v", w.reasons())
			}
		})
	}
	w.op.token = set("token_type", "BEARER")
	w.expectGood(t)
}

func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	w.expectGood(t)
	old := w.op.key
	w.op.mu.Lock()
	w.op.key, w.op.kid = newKey(t), "k2"
	w.op.mu.Unlock()
	w.expectGood(t) // with a warm cache
	// The old key is withdrawn; whoever has stolen it gets nowhere.
	w.op.sign = func(o *op, c map[string]any) string {
		return signWith(t, jose.RS256, old, map[jose.HeaderKey]any{"kid": "k1"}, c)
	}
	b := w.browser()
	b.login()
	if b.who() != "" {
		t.Fatal("signed on with a withdrawn key")
	}
}

func TestUnknownKeysDoNotFloodTheProvider(t *testing.T) {
	w := newWorld(t)
	w.expectGood(t)
	before := w.op.count("keys")
	other := newKey(t)
	for i := range 30 {
		w.op.sign = func(o *op, c map[string]any) string {
			return signWith(t, jose.RS256, other, map[jose.HeaderKey]any{"kid": fmt.Sprint("made-up-", i)}, c)
		}
		w.browser().login()
	}
	if got := w.op.count("keys") - before; got > 12 {
		t.Fatalf("30 made-up key ids caused %d fetches", got)
	}
	w.op.sign = nil
	w.expectGood(t)
	w.op.mu.Lock()
	w.op.key, w.op.kid = newKey(t), "k2"
	w.op.mu.Unlock()
	w.wait(10 * time.Second) // the budget comes back
	w.expectGood(t)
}

func TestKeySets(t *testing.T) {
	w := newWorld(t)
	good := jose.JSONWebKey{Key: &w.op.key.PublicKey, KeyID: "k1"}
	raw := func(members string) any { return rawJSON(members) }
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no small keys")
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string][]any{
		"no alg and no use":  {good},
		"unknown type":       {raw(`{"kty":"XYZ","kid":"k0"}`), good},
		"symmetric":          {raw(`{"kty":"oct","k":"AAAA","kid":"k1"}`), good},
		"damaged":            {raw(`{"kty":"RSA","kid":"k1"}`), raw(`7`), good},
		"unknown curve":      {jose.JSONWebKey{Key: &p384.PublicKey, KeyID: "k1"}, good},
		"same id twice":      {jose.JSONWebKey{Key: &newKey(t).PublicKey, KeyID: "k1"}, good},
		"damaged x5c beside": {withMember(t, good, "x5c", []string{"AAAA"})},
	} {
		t.Run("accepts "+name, func(t *testing.T) {
			w.op.keys = func([]any) []any { return keys }
			w.wait(11 * time.Minute)
			w.expectGood(t)
		})
	}
	w.op.sign = func(o *op, c map[string]any) string { return signWith(t, jose.RS256, o.key, nil, c) }
	t.Run("accepts a token without kid", w.expectGood)
	for name, keys := range map[string][]any{
		"for encryption":   {withMember(t, good, "use", "enc")},
		"not for verify":   {withMember(t, good, "key_ops", []string{"sign"})},
		"of another alg":   {withMember(t, good, "alg", "RS512")},
		"private":          {jose.JSONWebKey{Key: w.op.key, KeyID: "k1"}},
		"empty set":        {},
		"too many to read": append(make([]any, 60), good),
	} {
		t.Run("refuses key "+name, func(t *testing.T) {
			w.op.keys = func([]any) []any { return keys }
			w.wait(11 * time.Minute)
			b := w.browser()
			b.login()
			if b.who() != "" || w.reasons()[0] != "invalid-id-token (signature)" {
				t.Fatalf("audit log: %v", w.reasons())
			}
		})
	}
	t.Run("refuses a small key", func(t *testing.T) {
		w.op.keys = func([]any) []any { return []any{jose.JSONWebKey{Key: &small.PublicKey, KeyID: "k1"}} }
		w.op.sign = func(_ *op, c map[string]any) string { return signWith(t, jose.RS256, small, nil, c) }
		w.wait(11 * time.Minute)
		b := w.browser()
		b.login()
		if b.who() != "" {
			t.Fatal("signed on with a key of 1024 bits")
		}
	})
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func withMember(t *testing.T, key jose.JSONWebKey, name string, value any) any {
	t.Helper()
	data, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return rawJSON(fmt.Sprintf(`{%q:%s,%s`, name, mustJSON(t, value), data[1:]))
}
