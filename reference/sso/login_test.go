package sso_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reference"
	"assay/reference/faults"
)

func TestGoodLogin(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	authorize := b.get(w.Login + "?email=" + url.QueryEscape("Ada@Example.com"))
	u, err := url.Parse(authorize)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	want := map[string]string{
		"response_type": "code", "client_id": opClient, "redirect_uri": w.Callback, "code_challenge_method": "S256",
	}
	for name, value := range want {
		if q.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, q.Get(name), value)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) != 43 {
			t.Errorf("%s has %d characters, want 43 (256 bits)", name, len(q.Get(name)))
		}
	}
	if b.who() != "" {
		t.Fatal("somebody is signed on before the login")
	}
	b.login()
	if b.last.StatusCode != http.StatusSeeOther || b.last.Header.Get("Cache-Control") == "" {
		t.Errorf("callback: status %d, header %v", b.last.StatusCode, b.last.Header)
	}
	if got := b.who(); got != "ada@example.com" {
		t.Fatalf("signed on as %q", got)
	}
	b.get(w.BaseURL + "/")
	if !strings.Contains(b.body, "You are signed in") {
		t.Errorf("home page: %s", b.body)
	}
	b.send(http.MethodPost, w.BaseURL+"/logout")
	if b.who() != "" {
		t.Fatal("still signed on after the logout")
	}
}

func TestIdentityIsLinkedToSubjectNotToEmail(t *testing.T) {
	w := newWorld(t)
	first := w.browser()
	first.login()
	if first.who() != "ada@example.com" {
		t.Fatal("first login failed")
	}
	// The address moves on to somebody else at the identity provider, the subject stays Ada.
	w.provision("bob", "bob@example.com")
	w.op.email = "bob@example.com"
	again := w.browser()
	again.login()
	if got := again.who(); got != "ada@example.com" {
		t.Fatalf("signed on as %q: the e-mail decided, not the subject", got)
	}
}

// Ada has left and somebody else was given her address. The identity provider has verified it, and the
// subject is new: that is not Ada, and her account is not to be had.
func TestRecycledAddressIsNotLinked(t *testing.T) {
	w := newWorld(t)
	first := w.browser()
	first.login()
	if first.who() != "ada@example.com" {
		t.Fatal("first login failed")
	}
	ada := w.op.sub
	w.op.sub = "00u-the-next-ada"
	next := w.browser()
	next.login()
	page := next.body
	if got := next.who(); got != "" {
		t.Fatalf("the next owner of the address signed on as %q", got)
	}
	if got := w.reasons()[0]; got != "email-linked-to-another-subject" {
		t.Errorf("audit log: %s", got)
	}
	if !strings.Contains(page, "belongs to another person") {
		t.Errorf("the page does not say why: %s", page)
	}
	w.op.sub = ada
	again := w.browser()
	again.login()
	if again.who() != "ada@example.com" {
		t.Error("the genuine Ada is locked out")
	}
}

func TestThinTokenIsCompletedFromUserinfo(t *testing.T) {
	w := newWorld(t)
	w.op.thin = true
	b := w.browser()
	b.login()
	if got := b.who(); got != "ada@example.com" {
		t.Fatalf("signed on as %q: %s", got, b.body)
	}
	for name, change := range map[string]func(map[string]any){
		"other subject":     func(m map[string]any) { m["sub"] = "somebody-else" },
		"no subject":        func(m map[string]any) { delete(m, "sub") },
		"subject in a list": func(m map[string]any) { m["sub"] = []string{"00u1"} },
	} {
		w.op.userinfo = change
		b := w.browser()
		b.login()
		if b.who() != "" {
			t.Errorf("%s: signed on", name)
		}
	}
}

func TestDeactivatedPersonIsOutAtOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.login()
	if b.who() == "" {
		t.Fatal("not signed on")
	}
	w.setActive(w.userID, false)
	if b.who() != "" {
		t.Fatal("the session outlived the deactivation")
	}
	b.login()
	if b.last.StatusCode != http.StatusForbidden || !strings.Contains(b.body, "deactivated") {
		t.Fatalf("status %d: %s", b.last.StatusCode, b.body)
	}
	if got := w.reasons(); got[0] != "user-inactive" {
		t.Fatalf("audit log: %v", got)
	}
	w.setActive(w.userID, true)
	if b.who() != "" {
		t.Fatal("the old session came back")
	}
	b.login()
	if b.who() == "" {
		t.Fatal("cannot sign on after the reactivation")
	}
	status, _ := w.call(http.MethodDelete, w.SCIM+"/Users/"+w.userID, w.Token, nil)
	if status != http.StatusNoContent || b.who() != "" {
		t.Fatal("the session outlived the person")
	}
}

func TestFlow(t *testing.T) {
	tests := map[string]struct {
		run    func(w *world, b *browser, callback string)
		reason string // in the audit log, "" for none
		token  int    // requests at the token endpoint
	}{
		"tampered state": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Set("state", q.Get("state")+"x") }))
		}, "", 0},
		"no state": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Del("state") }))
		}, "", 0},
		"state twice": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Add("state", q.Get("state")) }))
		}, "", 0},
		"code twice": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Add("code", "x") }))
		}, "", 0},
		"no code": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Del("code") }))
		}, "bad-request", 0},
		"other code": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Set("code", "x") }))
		}, "code-refused", 1},
		"error beside the code": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Set("error", "access_denied") }))
		}, "provider-error", 0},
		"wrong response issuer": {func(w *world, b *browser, callback string) {
			b.get(alter(w.t, callback, func(q url.Values) { q.Set("iss", w.op.issuer()+"/") }))
		}, "response-issuer-mismatch", 0},
		"too late": {func(w *world, b *browser, callback string) {
			w.wait(5*time.Minute + time.Second)
			b.get(callback)
		}, "", 0},
		"broken query": {func(w *world, b *browser, callback string) { b.get(callback + "&%zz") }, "", 0},
	}
	w := newWorld(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			exchanges, refusals := w.op.count("token"), len(w.reasons())
			test.run(w, b, b.begin())
			if b.last.StatusCode != http.StatusBadRequest && b.last.StatusCode != http.StatusForbidden {
				t.Errorf("status %d", b.last.StatusCode)
			}
			if b.who() != "" {
				t.Error("signed on")
			}
			if got := w.op.count("token") - exchanges; got != test.token {
				t.Errorf("%d requests at the token endpoint, want %d", got, test.token)
			}
			var want []string
			if test.reason != "" {
				want = []string{test.reason}
			}
			if got := w.reasons(); !slices.Equal(got[:len(got)-refusals], want) {
				t.Errorf("audit log: %v, want %v", got, want)
			}
			b.login()
			if b.who() != "ada@example.com" {
				t.Error("a good login afterwards failed")
			}
		})
	}
}

func TestCallbackIsBoundToBrowserAndUsedOnce(t *testing.T) {
	w := newWorld(t)
	b, thief := w.browser(), w.browser()
	callback := b.begin()
	thief.get(callback)
	if thief.who() != "" || w.op.count("token") != 0 {
		t.Fatal("another browser finished the login")
	}
	b.get(callback)
	if b.who() != "" {
		t.Fatal("a login that another browser has seen was finished")
	}
	b.get(b.begin())
	if b.who() == "" {
		t.Fatal("the next login failed")
	}
	used := w.browser()
	callback = used.begin()
	cookies := used.client.Jar.Cookies(mustParse(t, w.Callback))
	used.get(callback)
	replay := w.browser()
	replay.client.Jar.SetCookies(mustParse(t, w.Callback), cookies)
	exchanges := w.op.count("token")
	replay.get(callback)
	if replay.who() != "" || w.op.count("token") != exchanges {
		t.Fatal("a callback was used twice")
	}
}

func TestTwoTabs(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	first, second := b.begin(), b.begin()
	b.get(second)
	if b.who() == "" {
		t.Fatal("the second tab failed")
	}
	b.get(first)
	if b.last.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first tab failed: %s", b.body)
	}
}

func TestSessionIsRenewedAtLogin(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.login()
	site := mustParse(t, w.BaseURL)
	before := b.client.Jar.Cookies(site)
	b.login()
	after := b.client.Jar.Cookies(site)
	if len(before) != 1 || len(after) != 1 || before[0].Value == after[0].Value {
		t.Fatalf("cookies before %v, after %v", before, after)
	}
	old := w.browser()
	old.client.Jar.SetCookies(site, before)
	if old.who() != "" {
		t.Fatal("the session from before the login still opens")
	}
}

func TestResponseIssuer(t *testing.T) {
	w := newWorld(t)
	w.op.discovery = func(doc map[string]any) { doc["authorization_response_iss_parameter_supported"] = true }
	b := w.browser()
	b.login()
	if b.who() != "" || w.reasons()[0] != "response-issuer-missing" {
		t.Fatalf("signed on without the iss that the metadata promises: %v", w.reasons())
	}
	w.op.answer = func(v url.Values) { v.Set("iss", w.op.issuer()) }
	b.login()
	if b.who() == "" {
		t.Fatal("a good iss was refused")
	}
}

func TestMatching(t *testing.T) {
	tests := map[string]struct {
		claims map[string]any
		reason string
	}{
		"address not verified":        {map[string]any{"email_verified": false}, "email-not-verified"},
		"verified is a string":        {map[string]any{"email_verified": "true"}, "email-not-verified"},
		"nobody":                      {map[string]any{"email": "nobody@example.com"}, "unknown-user"},
		"look-alike":                  {map[string]any{"email": "\u00e1da@example.com"}, "unknown-user"},
		"Kelvin sign":                 {map[string]any{"email": "\u212aim@example.com"}, "unknown-user"},
		"blank at the end":            {map[string]any{"email": "ada@example.com "}, "no-email"},
		"NUL":                         {map[string]any{"email": "ada@example.com\x00"}, "no-email"},
		"plus tag":                    {map[string]any{"email": "ada+x@example.com"}, "unknown-user"},
		"two people with one address": {map[string]any{"email": "twin@example.com"}, "email-ambiguous"},
	}
	w := newWorld(t)
	w.provision("kim@example.com", "kim@example.com")
	w.provision("twin1", "twin@example.com")
	w.provision("twin2", "twin@example.com")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w.op.claims = func(c map[string]any) {
				c["sub"] = "00u-" + name
				for k, v := range test.claims {
					c[k] = v
				}
			}
			b := w.browser()
			b.login()
			if got := b.who(); got != "" {
				t.Errorf("signed on as %s", got)
			}
			if got := w.reasons(); len(got) == 0 || got[0] != test.reason {
				t.Errorf("audit log: %v, want %s", got, test.reason)
			}
		})
	}
}

func TestDomainsOfTheTenant(t *testing.T) {
	w := newWorld(t, func(o *reference.Options) { o.TenantDomains = []string{"example.com"} })
	b := w.browser()
	b.get(w.Login + "?email=ada@elsewhere.example")
	if b.last.StatusCode != http.StatusBadRequest {
		t.Errorf("a foreign domain was sent to the identity provider: status %d", b.last.StatusCode)
	}
	b.login()
	if b.who() == "" {
		t.Error("the own domain was refused")
	}
	w.provision("guest", "guest@elsewhere.example")
	w.op.sub, w.op.email = "00u2", "guest@elsewhere.example"
	guest := w.browser()
	guest.login()
	if guest.who() != "" || w.reasons()[0] != "email-domain-not-allowed" {
		t.Errorf("a guest was signed on: %v", w.reasons())
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestAudienceFault shows that the fault at the seam of the Checker does what it says, and no more.
func TestAudienceFault(t *testing.T) {
	fault, ok := faults.Find("audience-not-checked")
	if !ok {
		t.Fatal("no such fault")
	}
	w := newWorld(t, func(o *reference.Options) { o.Faults = []faults.Fault{fault} })
	w.op.claims = set("aud", "another-client")
	b := w.browser()
	b.login()
	if b.who() != "ada@example.com" {
		t.Fatal("the fault did not let the foreign audience in")
	}
	w.op.claims = set("nonce", "another")
	b = w.browser()
	b.login()
	if b.who() != "" {
		t.Fatal("the fault let in more than a foreign audience")
	}
}
