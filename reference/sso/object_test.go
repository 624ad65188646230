package sso

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"a":1},"b":[{}]}`, `{"a":1,"a":2}`, `{"a":1}x`, `[]`, `{"\u0061":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseObject(data)
		if err != nil {
			return
		}
		var plain map[string]any
		if err := json.Unmarshal(data, &plain); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if len(plain) != len(doc) {
			t.Fatalf("%d members, encoding/json finds %d", len(doc), len(plain))
		}
		for name := range doc { // none of these may panic
			doc.text(name)
			doc.texts(name)
			doc.yes(name)
			_, _ = doc.date(name)
		}
	})
}

func FuzzTakeApart(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("a.b.c")
	checker := &tokenChecker{now: time.Now}
	f.Fuzz(func(t *testing.T, raw string) {
		token, err := takeApart(raw)
		if err != nil {
			return
		}
		if broken := checker.judge(Login{Issuer: "i", ClientID: "c", Nonce: "n"}, token); len(broken) == 0 {
			t.Skip("a token that only lacks its signature")
		}
		readClaims(token)
	})
}

func TestCacheLife(t *testing.T) {
	const otherwise = 7 * time.Minute
	for header, want := range map[string]time.Duration{
		"":                                 otherwise,
		"max-age=60":                       time.Minute,
		"public, max-age=60, no-transform": time.Minute,
		"Max-Age=0":                        0,
		"no-store":                         0,
		"max-age=999999999":                maxCacheLife,
		"max-age=-1":                       otherwise,
		"max-age=soon":                     otherwise,
	} {
		h := http.Header{}
		h.Set("Cache-Control", header)
		if got := cacheLife(h, otherwise); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"https://idp.example":          true,
		"https://idp.example/a?b=c":    true,
		"http://127.0.0.1:1/x":         true,
		"http://[::1]/x":               true,
		"http://localhost/x":           true,
		"http://idp.example":           false,
		"http://127.0.0.1.idp.example": false,
		"http://10.0.0.1":              false,
		"//idp.example":                false,
		"https:idp.example":            false,
		"https://":                     false,
		"https://u:p@idp.example":      false,
		"https://idp.example#f":        false,
		"javascript:alert(1)":          false,
		"file:///etc/passwd":           false,
		"":                             false,
	} {
		if _, err := checkAddress(address, true); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := checkAddress("http://127.0.0.1/x", false); err == nil {
		t.Error("plain http beside an https issuer")
	}
}

func TestMemoryLoginsAreBounded(t *testing.T) {
	now := time.Now()
	m := NewMemoryLogins(func() time.Time { return now })
	put := func(state string) {
		t.Helper()
		if err := m.Put(t.Context(), Login{State: state, Expires: now.Add(LoginLife)}); err != nil {
			t.Fatal(err)
		}
	}
	put("first")
	for range maxLogins {
		put(random())
	}
	if len(m.logins) > maxLogins || len(m.order) > maxLogins {
		t.Fatalf("%d logins are kept", len(m.logins))
	}
	if _, err := m.Take(t.Context(), "first"); err == nil {
		t.Fatal("the oldest login did not give way")
	}
	if err := m.Put(t.Context(), Login{State: m.order[5]}); err == nil {
		t.Fatal("a state was used twice")
	}
	now = now.Add(LoginLife)
	put("last")
	if len(m.logins) != 1 || len(m.order) != 1 {
		t.Fatalf("%d expired logins are kept", len(m.logins)-1)
	}
}

func TestLinkLocalIsNotDialled(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "93.184.216.34:443": true, "[::1]:80": true,
		"169.254.169.254:80": false, "[fe80::1]:80": false, "[::ffff:169.254.169.254]:80": false, "0.0.0.0:80": false,
	} {
		if err := refuseLinkLocal("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
