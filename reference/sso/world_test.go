package sso_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/reference"
)

// world is a running reference that is connected to an op, with one person provisioned.
type world struct {
	*reference.Server
	t   *testing.T
	op  *op
	log *buffer
	mu  sync.Mutex
	off time.Duration // how far the clock of the reference is ahead

	userID string
	seen   *buffer // every answer of the reference to a browser
}

// buffer is a bytes.Buffer for concurrent writers.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newWorld(t *testing.T, change ...func(*reference.Options)) *world {
	t.Helper()
	w := &world{t: t, op: newOP(t), log: &buffer{}, seen: &buffer{}}
	w.op.now = w.now
	options := reference.Options{
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		SSO:    &reference.SSO{Issuer: w.op.issuer(), ClientID: opClient, ClientSecret: opSecret},
		Now:    w.now,
	}
	for _, c := range change {
		c(&options)
	}
	server, err := reference.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w.Server = server
	w.userID = w.provision("ada", "ada@example.com")
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.off)
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off += d
}

// call sends a request with a bearer token and decodes the JSON answer.
func (w *world) call(method, address, token string, body any) (int, map[string]any) {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	kind := "application/json"
	if strings.HasPrefix(address, w.SCIM) {
		kind = "application/scim+json"
	}
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var doc map[string]any
	if json.Unmarshal(data, &doc) != nil {
		var list []any
		if json.Unmarshal(data, &list) == nil {
			doc = map[string]any{"list": list}
		}
	}
	return res.StatusCode, doc
}

func (w *world) provision(name, email string) string {
	w.t.Helper()
	status, doc := w.call(http.MethodPost, w.SCIM+"/Users", w.Token, map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": name, "emails": []any{map[string]any{"value": email, "primary": true}}, "active": true,
	})
	if status != http.StatusCreated {
		w.t.Fatalf("provision %s: status %d: %v", name, status, doc)
	}
	return doc["id"].(string)
}

func (w *world) setActive(id string, active bool) {
	w.t.Helper()
	status, doc := w.call(http.MethodPatch, w.SCIM+"/Users/"+id, w.Token, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []any{map[string]any{"op": "replace", "path": "active", "value": active}},
	})
	if status >= 300 {
		w.t.Fatalf("set active: status %d: %v", status, doc)
	}
}

// reasons are the reasons of the refusals in the audit log, newest first.
func (w *world) reasons() []string {
	w.t.Helper()
	_, doc := w.call(http.MethodGet, w.Admin+"/tenants/"+w.Tenant+"/audit", w.AdminToken, nil)
	var out []string
	list, _ := doc["list"].([]any)
	for _, item := range list {
		event := item.(map[string]any)
		if event["action"] != "sso.login.refused" {
			continue
		}
		detail := event["detail"].(map[string]any)
		reason := detail["reason"].(string)
		if rules, ok := detail["rules"].(string); ok {
			reason += " (" + rules + ")"
		}
		out = append(out, reason)
	}
	return out
}

// browser follows no redirect by itself.
type browser struct {
	w      *world
	client *http.Client
	last   *http.Response
	body   string
	page   string // that a login ended with
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w: w, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get returns where the answer redirects to, or "".
func (b *browser) get(address string) string {
	b.w.t.Helper()
	return b.send(http.MethodGet, address)
}

func (b *browser) send(method, address string) string {
	b.w.t.Helper()
	req, err := http.NewRequestWithContext(b.w.t.Context(), method, address, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.last, b.body = res, string(data)
	_ = res.Header.Write(b.w.seen)
	_, _ = b.w.seen.Write(data)
	return res.Header.Get("Location")
}

// begin goes up to the identity provider and back, and returns the callback URL without visiting it.
func (b *browser) begin() string {
	b.w.t.Helper()
	authorize := b.get(b.w.Login + "?email=ada@example.com")
	if authorize == "" {
		b.w.t.Fatalf("no redirect to the identity provider: status %d: %s", b.last.StatusCode, b.body)
	}
	res, err := b.client.Get(authorize) // not recorded: it is the provider's answer
	if err != nil {
		b.w.t.Fatal(err)
	}
	res.Body.Close()
	callback := res.Header.Get("Location")
	if !strings.HasPrefix(callback, b.w.Callback+"?") {
		b.w.t.Fatalf("callback %q", callback)
	}
	return callback
}

// login signs on as a good browser does.
func (b *browser) login() {
	b.w.t.Helper()
	b.get(b.begin())
}

// who is the e-mail address of whoever is signed on, "" for nobody.
func (b *browser) who() string {
	b.w.t.Helper()
	b.get(b.w.Admin + "/me")
	switch b.last.StatusCode {
	case http.StatusUnauthorized:
		return ""
	case http.StatusOK:
	default:
		b.w.t.Fatalf("/api/me: status %d", b.last.StatusCode)
	}
	var me struct{ ID, Email, Tenant, Via string }
	if err := json.Unmarshal([]byte(b.body), &me); err != nil {
		b.w.t.Fatal(err)
	}
	if me.Tenant != b.w.Tenant || me.Via != "oidc" || me.ID == "" {
		b.w.t.Fatalf("/api/me: %+v", me)
	}
	return me.Email
}

// decoded is the JSON document of the last answer.
func (b *browser) decoded() map[string]any {
	b.w.t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(b.body), &doc); err != nil {
		b.w.t.Fatalf("%s: %v", b.body, err)
	}
	return doc
}

func alter(t *testing.T, address string, change func(url.Values)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	change(query)
	u.RawQuery = query.Encode()
	return u.String()
}
