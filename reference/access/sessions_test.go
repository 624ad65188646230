package access

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSession(t *testing.T) {
	sessions := NewSessions(SessionOptions{Cookie: "test", Secure: true})
	site := http.NewServeMux()
	site.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Start(r.Context(), Session{Tenant: "acme", User: r.FormValue("user"), Via: "oidc"}); err != nil {
			t.Error(err)
		}
	})
	site.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.End(r.Context()); err != nil {
			t.Error(err)
		}
	})
	site.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		session, err := sessions.Current(r.Context())
		if err == nil {
			_, _ = w.Write([]byte(session.User))
		}
	})
	handler := sessions.Handler(site)
	visit := func(path string, cookie *http.Cookie) (*http.Cookie, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) == 0 {
			return nil, w.Body.String()
		}
		return cookies[0], w.Body.String()
	}
	if cookie, _ := visit("/who", nil); cookie != nil {
		t.Fatalf("a visitor got a session: %v", cookie)
	}
	first, _ := visit("/start?user=ada", nil)
	if first == nil || !first.HttpOnly || !first.Secure || first.SameSite != http.SameSiteLaxMode ||
		!strings.HasPrefix(first.Name, "__Host-") || first.Path != "/" {
		t.Fatalf("cookie %+v", first)
	}
	if _, who := visit("/who", first); who != "ada" {
		t.Fatalf("signed on as %q", who)
	}
	second, _ := visit("/start?user=bob", first)
	if second.Value == first.Value {
		t.Fatal("the session token was not renewed")
	}
	if _, who := visit("/who", first); who != "" {
		t.Fatalf("the old token still opens the session of %q", who)
	}
	visit("/end", second)
	if _, who := visit("/who", second); who != "" {
		t.Fatalf("%q is signed on after the end", who)
	}
}

func TestMemorySweepsExpiredSessions(t *testing.T) {
	now := time.Now()
	m := newMemory(func() time.Time { return now })
	for _, token := range []string{"a", "b"} {
		if err := m.Commit(token, []byte("x"), now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Minute)
	if _, found, _ := m.Find("a"); found {
		t.Fatal("an expired session was found")
	}
	if err := m.Commit("c", nil, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(m.items) != 1 {
		t.Fatalf("%d sessions are kept, want 1", len(m.items))
	}
}

func TestBearer(t *testing.T) {
	admin := NewAdmin("the-token")
	for name, test := range map[string]struct {
		headers []string
		allowed bool
	}{
		"good":               {[]string{"Bearer the-token"}, true},
		"scheme in any case": {[]string{"bEARER the-token"}, true},
		"none":               {nil, false},
		"wrong":              {[]string{"Bearer the-token2"}, false},
		"basic":              {[]string{"Basic the-token"}, false},
		"no scheme":          {[]string{"the-token"}, false},
		"empty":              {[]string{"Bearer "}, false},
		"twice":              {[]string{"Bearer the-token", "Bearer the-token"}, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/?access_token=the-token", nil)
		r.Header["Authorization"] = test.headers
		if got := admin.Allows(r); got != test.allowed {
			t.Errorf("%s: %t", name, got)
		}
	}
}
