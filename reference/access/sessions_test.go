package access

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
)

func TestSession(t *testing.T) {
	sessions := NewSessions(SessionOptions{Cookie: "test", Secure: true, Store: &MemorySessions{}})
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

// rules is a Guard whose terms a test sets.
type rules struct {
	terms  Terms
	denied *Denial
}

func (r *rules) Judge(context.Context, *http.Request, Session) (Terms, error) {
	if r.denied != nil {
		return Terms{}, r.denied
	}
	return r.terms, nil
}

// counted counts what a request writes.
type counted struct {
	MemorySessions
	seen int
}

func (c *counted) SeeSession(ctx context.Context, id string, at time.Time) error {
	c.seen++
	return c.MemorySessions.SeeSession(ctx, id, at)
}

// browser signs on with a set of sessions and asks who it is.
type browser struct {
	sessions *Sessions
	cookie   *http.Cookie
}

func (b *browser) do(t testing.TB, visit func(ctx context.Context)) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { visit(r.Context()) })).ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		b.cookie = cookie
	}
}

func (b *browser) signOn(t testing.TB) {
	t.Helper()
	b.do(t, func(ctx context.Context) {
		if err := b.sessions.Start(ctx, Session{Tenant: "acme", User: "ada", Via: directory.ViaLocal}); err != nil {
			t.Error(err)
		}
	})
}

func (b *browser) signedOn(t testing.TB) (signedOn bool) {
	t.Helper()
	b.do(t, func(ctx context.Context) {
		_, err := b.sessions.Current(ctx)
		if err != nil && !errors.Is(err, ErrNoSession) {
			t.Error(err)
		}
		signedOn = err == nil
	})
	return signedOn
}

func TestSessionTerms(t *testing.T) {
	day := Terms{Age: 24 * time.Hour, Idle: time.Hour, Role: directory.RoleAdmin}
	for name, test := range map[string]struct {
		wait   time.Duration
		change func(*rules)
		want   bool
	}{
		"at once":                {0, nil, true},
		"shortly before idle":    {time.Hour - 1, nil, true},
		"idle":                   {time.Hour, nil, false},
		"a shorter age":          {30 * time.Minute, func(r *rules) { r.terms.Age = 30 * time.Minute }, false},
		"a shorter idle time":    {30 * time.Minute, func(r *rules) { r.terms.Idle = 30 * time.Minute }, false},
		"a higher role":          {0, func(r *rules) { r.terms.Role = directory.RoleOwner }, true},
		"a lower role":           {0, func(r *rules) { r.terms.Role = directory.RoleMember }, false},
		"not allowed any longer": {0, func(r *rules) { r.denied = deny(AddressNotAllowed) }, false},
	} {
		now, guard := time.Now(), &rules{terms: day}
		b := browser{sessions: NewSessions(SessionOptions{Cookie: "test", Store: &MemorySessions{}, Guard: guard, Now: func() time.Time { return now }})}
		b.signOn(t)
		now = now.Add(test.wait)
		if test.change != nil {
			test.change(guard)
		}
		if got := b.signedOn(t); got != test.want {
			t.Errorf("%s: signed on %t", name, got)
		}
		if guard.terms, guard.denied, now = day, nil, now.Add(-test.wait); b.signedOn(t) != test.want {
			t.Errorf("%s: a session that has ended came back", name)
		}
	}
}

func TestSessionAgeIsAbsoluteAndWritesAreRare(t *testing.T) {
	now, store := time.Now(), &counted{}
	b := browser{sessions: NewSessions(SessionOptions{Cookie: "test", Store: store, Now: func() time.Time { return now }})}
	b.signOn(t)
	began := now
	for now.Sub(began) < directory.DefaultSessionAge {
		if !b.signedOn(t) {
			t.Fatalf("signed off after %v of requests every ten seconds", now.Sub(began))
		}
		now = now.Add(10 * time.Second)
	}
	if b.signedOn(t) {
		t.Error("signed on after the greatest age")
	}
	if most := int(directory.DefaultSessionAge / time.Minute); store.seen > most {
		t.Errorf("%d writes in %v, at most one a minute is wanted", store.seen, directory.DefaultSessionAge)
	}
}

func TestDeniedAtTheStart(t *testing.T) {
	guard := &rules{denied: deny(MFARequired)}
	b := browser{sessions: NewSessions(SessionOptions{Cookie: "test", Store: &MemorySessions{}, Guard: guard})}
	b.do(t, func(ctx context.Context) {
		for _, begin := range []func(context.Context, Session) error{b.sessions.Admit, b.sessions.Start} {
			if _, denied := errors.AsType[*Denial](begin(ctx, Session{Tenant: "acme", User: "ada"})); !denied {
				t.Error("a session that is denied begins")
			}
		}
	})
	if b.cookie != nil {
		t.Errorf("and has the cookie %v", b.cookie)
	}
}

func TestMemoryDropsExpiredSessions(t *testing.T) {
	now, store := time.Now(), &MemorySessions{}
	sessions := NewSessions(SessionOptions{Cookie: "test", Store: store, Now: func() time.Time { return now }})
	for range 3 {
		(&browser{sessions: sessions}).signOn(t)
	}
	now = now.Add(directory.DefaultSessionAge)
	(&browser{sessions: sessions}).signOn(t)
	if len(store.byHash) != 1 {
		t.Fatalf("%d sessions are kept, want 1", len(store.byHash))
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
