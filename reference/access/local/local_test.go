package local_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"assay/reference/access"
	"assay/reference/access/local"
	"assay/reference/access/password"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/secrets"
	"assay/reference/sqlstore"
)

const (
	tenant = "acme"
	secret = "correct horse battery"
)

func small() password.Costs { return password.Costs{Memory: 64, Passes: 1, Lanes: 1} }

// world is a site with local login and nothing else.
type world struct {
	testing.TB
	store  *sqlstore.Store
	server *httptest.Server
	now    time.Time
}

// accountRoles is the Roles of those who have one assigned.
type accountRoles struct{ store *sqlstore.Store }

func (a accountRoles) Role(ctx context.Context, tenant, user string) (directory.Role, error) {
	account, err := a.store.Account(ctx, tenant, user)
	return account.Role, err
}

func newWorld(t *testing.T, mode directory.Mode) *world {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, store: store, now: time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)}
	w.must(store.CreateTenant(t.Context(), directory.Tenant{ID: tenant, Name: "Acme", Mode: mode, Domains: []string{"acme.test"}}))
	vault, err := secrets.NewMemory()
	w.must(err)
	logger, clock := slog.New(slog.DiscardHandler), func() time.Time { return w.now }
	proxies, err := access.ParseNetworks([]string{"127.0.0.0/8"})
	w.must(err)
	sessions := access.NewSessions(access.SessionOptions{
		Cookie: "test", Store: store, Now: clock, Guard: &access.Gate{Store: store, Roles: accountRoles{store}, Proxies: proxies},
	})
	login, err := local.New(local.Options{
		Store: store, Sessions: sessions, Proxies: proxies, Vault: vault, Audit: audit.New(store, logger, clock), Logger: logger, Costs: small(), Now: clock,
	})
	w.must(err)
	mux := http.NewServeMux()
	login.Register(mux)
	mux.Handle("GET /{$}", sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := sessions.Current(r.Context())
		if err == nil {
			_, _ = io.WriteString(w, string(session.Via)+" "+session.User)
		}
	})))
	w.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		w.server.Close()
		w.must(store.Close())
	})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// person makes somebody with a password and a role.
func (w *world) person(name string, role directory.Role) directory.Resource {
	w.Helper()
	user, err := w.store.Create(w.Context(), tenant, directory.Resource{
		Kind: directory.User, Name: name, Email: name + "@acme.test", Active: true, Attributes: map[string]any{"userName": name},
	}, nil)
	w.must(err)
	_, err = w.store.UpdateAccount(w.Context(), tenant, user.ID, func(_ directory.Resource, a *directory.Account) error {
		a.Role = role
		return nil
	})
	w.must(err)
	w.must(w.store.SetPassword(w.Context(), tenant, user.ID, small().Hash(secret), w.now, ""))
	return user
}

func (w *world) policy(p directory.Policy) {
	w.Helper()
	w.must(w.store.SetPolicy(w.Context(), tenant, p, ""))
}

// browser keeps cookies and comes from an address.
type browser struct {
	*world
	client  *http.Client
	address string
}

func (w *world) browser() *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{world: w, client: &http.Client{Jar: jar}, address: "192.0.2.1"}
}

type page struct {
	status int
	header http.Header
	text   string
}

func (b *browser) send(method, path, kind, body string) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, strings.NewReader(body))
	b.must(err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-Forwarded-For", b.address)
	res, err := b.client.Do(r)
	b.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.must(err)
	return page{res.StatusCode, res.Header, string(text)}
}

func (b *browser) post(fields map[string]string) page {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	return b.send(http.MethodPost, local.Path, "application/x-www-form-urlencoded", form.Encode())
}

func (b *browser) login(email, password string) page {
	return b.post(map[string]string{"email": email, "password": password})
}

// who is who the site takes the browser for.
func (b *browser) who() string { return b.send(http.MethodGet, "/", "", "").text }

func find(t testing.TB, p page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("status %d: no %s in %s", p.status, pattern, p.text)
	}
	return m[1]
}

func state(t testing.TB, p page) string {
	t.Helper()
	return find(t, p, `name="state" value="([^"]+)"`)
}

// enrol sets a second factor up and returns its key and its recovery codes.
func (b *browser) enrol(p page) (key string, codes []string) {
	b.Helper()
	key = find(b, p, `the key <code>(\w+)</code>`)
	done := b.post(map[string]string{"state": state(b, p), "code": b.code(key)})
	for _, m := range regexp.MustCompile(`<li><code>([a-z2-7-]+)</code>`).FindAllStringSubmatch(done.text, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		b.Fatalf("status %d, %d recovery codes: %s", done.status, len(codes), done.text)
	}
	return key, codes
}

func (b *browser) code(key string) string {
	b.Helper()
	code, err := totp.GenerateCode(key, b.now)
	b.must(err)
	return code
}

func (w *world) actions() []string {
	w.Helper()
	events, err := w.store.Events(w.Context(), tenant, 100)
	w.must(err)
	var actions []string
	for _, e := range slices.Backward(events) {
		actions = append(actions, strings.TrimSpace(e.Action+" "+e.Detail["reason"]))
	}
	return actions
}

func TestLegacyLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	ada := w.person("ada", directory.RoleMember)
	b := w.browser()
	if p := b.send(http.MethodGet, local.Path, "", ""); p.status != http.StatusOK || !strings.Contains(p.text, `type="password"`) {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	if p := b.login("Ada@ACME.test", secret); p.status != http.StatusOK || b.who() != "local "+ada.ID {
		t.Fatalf("status %d, signed on as %q: %s", p.status, b.who(), p.text)
	}
	if got := w.actions(); !slices.Equal(got, []string{"local.login.succeeded"}) {
		t.Errorf("events %q", got)
	}
}

// TestNobodyIsToldWhichAccountsThereAre compares what comes back for every reason to fail.
func TestNobodyIsToldWhichAccountsThereAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeSSO)
	w.person("ada", directory.RoleAdmin)
	gone := w.person("gone", directory.RoleAdmin)
	_, err := w.store.Update(t.Context(), tenant, directory.User, gone.ID, func(_ directory.Edit, r *directory.Resource) error {
		r.Active = false
		return nil
	})
	w.must(err)
	answers := map[string][]string{}
	for name, a := range map[string][2]string{
		"wrong password":          {"ada@acme.test", "wrong"},
		"good password, but sso":  {"ada@acme.test", secret},
		"nobody":                  {"nobody@acme.test", secret},
		"nobody at an odd domain": {"nobody@nowhere.test", secret},
		"deactivated":             {"gone@acme.test", secret},
		"no address":              {"ada", secret},
		"nothing":                 {"", ""},
		"a very long password":    {"ada@acme.test", strings.Repeat("x", 5000)},
	} {
		p := w.browser().login(a[0], a[1])
		text := strings.ReplaceAll(p.text, ` value="`+a[0]+`" required`, ` value="" required`)
		text = strings.ReplaceAll(text, " autofocus", "")
		if p.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, p.status)
		}
		answers[text] = append(answers[text], name)
	}
	if len(answers) != 1 {
		t.Errorf("%d different answers: %q", len(answers), slices.Collect(maps.Values(answers)))
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	w.policy(directory.Policy{MFA: directory.MFALocal})
	ada := w.person("ada", directory.RoleMember)
	b := w.browser()
	asked := b.login("ada@acme.test", secret)
	if b.who() != "" {
		t.Fatal("signed on before there was a second factor")
	}
	if p := b.post(map[string]string{"state": state(t, asked), "code": "000000"}); p.status != http.StatusUnauthorized || b.who() != "" {
		t.Fatalf("a wrong first code: status %d", p.status)
	}
	key, codes := b.enrol(asked)
	if b.who() != "local "+ada.ID {
		t.Fatalf("signed on as %q", b.who())
	}
	if p := b.post(map[string]string{"state": state(t, asked), "code": b.code(key)}); p.status != http.StatusBadRequest {
		t.Errorf("enrolled twice: status %d", p.status)
	}

	second := w.browser()
	asked = second.login("ada@acme.test", secret)
	again := state(t, asked)
	for name, code := range map[string]string{"the code of the enrolment": b.code(key), "none": "", "a wrong recovery code": "aaaa-bbbb-cccc-dddd"} {
		if p := second.post(map[string]string{"state": again, "code": code}); p.status != http.StatusUnauthorized || second.who() != "" {
			t.Errorf("%s: status %d", name, p.status)
		}
	}
	w.now = w.now.Add(time.Minute)
	if p := second.post(map[string]string{"state": again, "code": b.code(key)}); second.who() == "" {
		t.Fatalf("a good code: status %d: %s", p.status, p.text)
	}
	third := w.browser()
	for _, one := range []struct {
		code string
		want bool
	}{{b.code(key), false}, {strings.ToUpper(codes[3]), true}} {
		p := third.post(map[string]string{"state": state(t, third.login("ada@acme.test", secret)), "code": one.code})
		if got := third.who() != ""; got != one.want {
			t.Errorf("code %s: signed on %t, status %d", one.code, got, p.status)
		}
	}
	fourth := w.browser()
	if p := fourth.post(map[string]string{"state": state(t, fourth.login("ada@acme.test", secret)), "code": codes[3]}); p.status != http.StatusUnauthorized {
		t.Errorf("a used recovery code: status %d", p.status)
	}
	if got := w.actions(); !slices.Contains(got, "local.totp.enrolled") || !slices.Contains(got, "local.recovery-code.used") || !slices.Contains(got, "local.login.refused wrong-code") {
		t.Errorf("events %q", got)
	}
}

func TestStatesDoNotLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	w.policy(directory.Policy{MFA: directory.MFALocal})
	ada := w.person("ada", directory.RoleMember)
	b := w.browser()
	key, _ := b.enrol(b.login("ada@acme.test", secret))
	w.now = w.now.Add(time.Minute)
	for name, spoil := range map[string]func(string) string{
		"changed": func(s string) string { return s[:len(s)-2] + "AA" },
		"expired": func(s string) string { w.now = w.now.Add(11 * time.Minute); return s },
		"new password": func(s string) string {
			w.must(w.store.SetPassword(t.Context(), tenant, ada.ID, small().Hash(secret), w.now, ""))
			return s
		},
	} {
		b := w.browser()
		s := spoil(state(t, b.login("ada@acme.test", secret)))
		if p := b.post(map[string]string{"state": s, "code": b.code(key)}); p.status != http.StatusBadRequest || b.who() != "" {
			t.Errorf("%s: status %d, signed on as %q", name, p.status, b.who())
		}
	}
}

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeSSO)
	ada := w.person("ada", directory.RoleAdmin)
	_, err := w.store.GrantBreakGlass(t.Context(), tenant, ada.ID, "test")
	w.must(err)
	b := w.browser()
	b.enrol(b.login("ada@acme.test", secret)) // whatever the policy says, it takes a second factor
	if b.who() != "break-glass "+ada.ID {
		t.Fatalf("signed on as %q", b.who())
	}
	alerts, err := w.store.Alerts(t.Context(), tenant, 0, 10, true)
	if err != nil || len(alerts) != 1 || alerts[0].Subject != ada.ID || alerts[0].Kind != directory.BreakGlassUsed || alerts[0].Detail["address"] != "192.0.2.1" {
		t.Errorf("alerts %+v, %v", alerts, err)
	}
	if got := w.actions(); !slices.Contains(got, "break-glass.used") {
		t.Errorf("events %q", got)
	}
	_, err = w.store.GrantBreakGlass(t.Context(), tenant, w.person("bob", directory.RoleOwner).ID, "test")
	w.must(errors.Join(err, w.store.RevokeBreakGlass(t.Context(), tenant, ada.ID)))
	if b.who() != "" {
		t.Error("signed on after the access was revoked")
	}
	if p := b.login("ada@acme.test", secret); p.status != http.StatusUnauthorized {
		t.Errorf("status %d afterwards", p.status)
	}
}

func TestPolicyAtLoginAndAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeSSO)
	w.person("ada", directory.RoleMember)
	office := []string{"192.0.2.0/24", "2001:db8::/32"}
	for name, test := range map[string]struct {
		mode    directory.Mode
		policy  directory.Policy
		address string
		want    int
	}{
		"open to all in mode sso": {directory.ModeSSO, directory.Policy{LocalLogin: true}, "192.0.2.1", http.StatusOK},
		"but sso only":            {directory.ModeSSO, directory.Policy{LocalLogin: true, SSOOnly: true}, "192.0.2.1", http.StatusUnauthorized},
		"sso only waits":          {directory.ModeLegacy, directory.Policy{SSOOnly: true}, "192.0.2.1", http.StatusOK},
		"from the office":         {directory.ModeLegacy, directory.Policy{Networks: office}, "192.0.2.200", http.StatusOK},
		"from the office by IPv6": {directory.ModeLegacy, directory.Policy{Networks: office}, "2001:db8::7", http.StatusOK},
		"from elsewhere":          {directory.ModeLegacy, directory.Policy{Networks: office}, "203.0.113.1", http.StatusForbidden},
		"from nowhere":            {directory.ModeLegacy, directory.Policy{Networks: office}, "nonsense", http.StatusForbidden},
	} {
		w.must(w.store.SetMode(t.Context(), tenant, test.mode, nil))
		w.policy(test.policy)
		b := w.browser()
		b.address = test.address
		if p := b.login("ada@acme.test", secret); p.status != test.want {
			t.Errorf("%s: status %d, wanted %d: %s", name, p.status, test.want, p.text)
		}
		if test.want != http.StatusOK {
			continue
		}
		if b.address = "203.0.113.1"; (b.who() == "") != (test.policy.Networks != nil) {
			t.Errorf("%s: then signed on as %q from elsewhere", name, b.who())
		}
		if b.address = test.address; (b.who() == "") != (test.policy.Networks != nil) {
			t.Errorf("%s: and then as %q from there", name, b.who())
		}
	}
}

func TestExpiredPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	w.policy(directory.Policy{Password: directory.PasswordRules{MaxAge: 24 * time.Hour}})
	ada := w.person("ada", directory.RoleMember)
	w.now = w.now.Add(24 * time.Hour)
	b := w.browser()
	s := state(t, b.login("ada@acme.test", secret))
	for name, pair := range map[string][2]string{
		"too short": {"short", "short"}, "the same": {secret, secret}, "not repeated": {"another good one", "another good two"}, "the name": {"ada@acme.test", "ada@acme.test"},
	} {
		if p := b.post(map[string]string{"state": s, "password": pair[0], "repeat": pair[1]}); p.status != http.StatusUnprocessableEntity || b.who() != "" {
			t.Errorf("%s: status %d", name, p.status)
		}
	}
	if p := b.post(map[string]string{"state": s, "password": "another good one", "repeat": "another good one"}); p.status != http.StatusOK || b.who() != "local "+ada.ID {
		t.Fatalf("status %d, signed on as %q: %s", p.status, b.who(), p.text)
	}
	if p := w.browser().login("ada@acme.test", secret); p.status != http.StatusUnauthorized {
		t.Errorf("the old password: status %d", p.status)
	}
}

func TestTooManyAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	w.person("ada", directory.RoleMember)
	b := w.browser()
	for _, email := range []string{"ada@acme.test", "nobody@acme.test"} {
		for range 5 {
			if p := b.login(email, "wrong"); p.status != http.StatusUnauthorized {
				t.Fatalf("status %d", p.status)
			}
		}
		if p := b.login(email, secret); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") != "30" {
			t.Errorf("%s: status %d, Retry-After %q", email, p.status, p.header.Get("Retry-After"))
		}
	}
	elsewhere := w.browser()
	elsewhere.address = "198.51.100.7"
	if elsewhere.login("ada@acme.test", secret); elsewhere.who() == "" {
		t.Error("whoever guesses keeps the person out from everywhere")
	}
	w.now = w.now.Add(30 * time.Second)
	if b.login("ada@acme.test", secret); b.who() == "" {
		t.Error("kept out after the wait")
	}
	b.address = "2001:db8::1"
	for i := range 50 {
		b.address = "2001:db8::" + strings.Repeat("f", i%4+1)
		b.login("someone"+strings.Repeat("x", i)+"@acme.test", "wrong")
	}
	if b.address = "2001:db8::9"; b.login("ada@acme.test", secret).status != http.StatusTooManyRequests {
		t.Error("an address may guess for ever, if it names another account each time")
	}
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	ada := w.person("ada", directory.RoleMember)
	b := w.browser()
	post := func(body string) page { return b.send(http.MethodPost, local.Path, "application/json", body) }
	for body, want := range map[string]string{
		`{"email":"ada@acme.test","password":"wrong"}`: `"code":"LOGIN_FAILED"`, `{`: `"code":"BAD_REQUEST"`, `{}`: `"code":"LOGIN_FAILED"`,
	} {
		if p := post(body); p.status < 400 || !strings.Contains(p.text, want) || p.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: status %d: %s", body, p.status, p.text)
		}
	}
	if p := post(`{"email":"ada@acme.test","password":"` + secret + `"}`); p.status != http.StatusOK || b.who() != "local "+ada.ID {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	w.policy(directory.Policy{MFA: directory.MFALocal})
	if p := post(`{"email":"ada@acme.test","password":"` + secret + `"}`); p.status != http.StatusForbidden || !strings.Contains(p.text, "MFA_ENROLMENT_REQUIRED") {
		t.Errorf("status %d: %s", p.status, p.text)
	}
	key, _ := b.enrol(b.login("ada@acme.test", secret))
	w.now = w.now.Add(time.Minute)
	if p := post(`{"email":"ada@acme.test","password":"` + secret + `"}`); p.status != http.StatusUnauthorized || !strings.Contains(p.text, "CODE_REQUIRED") {
		t.Errorf("status %d: %s", p.status, p.text)
	}
	if p := post(`{"email":"ada@acme.test","password":"` + secret + `","code":"` + b.code(key) + `"}`); p.status != http.StatusOK || !strings.Contains(p.text, `"mfa":true`) {
		t.Errorf("status %d: %s", p.status, p.text)
	}
}

func TestCrossSiteForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.ModeLegacy)
	w.person("ada", directory.RoleMember)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+local.Path,
		strings.NewReader(url.Values{"email": {"ada@acme.test"}, "password": {secret}}.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 {
		t.Errorf("status %d, cookies %v", res.StatusCode, res.Cookies())
	}
}
