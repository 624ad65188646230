package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/reference/access"
	"assay/reference/admin"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/identity"
	"assay/reference/migration"
	"assay/reference/scim/leniency"
	"assay/reference/sqlstore"
)

const token = "the-administrator's-token"

const (
	deadline    = 400 * time.Millisecond // of requests that are no streams
	smallBuffer = 4 << 10                // bytes: a client that does not read is soon noticed
)

// site is the administration API on a server whose deadlines are soon over.
type site struct {
	testing.TB
	store    *sqlstore.Store
	server   *httptest.Server
	stopping chan struct{}
	narrow   atomic.Bool // new connections hold little
}

// standings are the access.Roles of people.
type standings struct{ people *identity.Recognizer }

func (s standings) Role(ctx context.Context, tenant, user string) (directory.Role, error) {
	standing, err := s.people.Standing(ctx, tenant, user)
	return standing.Role, err
}

func newSite(t *testing.T, options ...sqlstore.Option) *site {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), "", options...)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{TB: t, store: store, stopping: make(chan struct{})}
	for _, id := range []string{"acme", "other"} {
		if err := store.CreateTenant(t.Context(), directory.Tenant{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	logger, people := slog.New(slog.DiscardHandler), identity.New(store, nil)
	recorder, gate := audit.New(store, logger, nil), &access.Gate{Store: store, Roles: standings{people}}
	sessions := access.NewSessions(access.SessionOptions{Cookie: "test", Store: store, Guard: gate})
	runner := migration.New(migration.Options{Store: store, Audit: recorder, Logger: logger})
	t.Cleanup(runner.Close)
	mux := http.NewServeMux()
	mux.Handle("/api/", admin.New(admin.Options{
		Store: store, Admin: access.NewAdmin(token), Sessions: sessions, Gate: gate, People: people, Migrations: runner, Tokens: access.NewTokens(store, nil),
		Leniencies: &leniency.Ledger{}, Audit: recorder, Logger: logger, Stopping: s.stopping, Heartbeat: 50 * time.Millisecond,
	}))
	mux.Handle("/sign-on/{user}", sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Start(r.Context(), access.Session{Tenant: "acme", User: r.PathValue("user"), Via: directory.ViaLocal}); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})))
	s.server = httptest.NewUnstartedServer(mux)
	s.server.Config.ReadTimeout, s.server.Config.WriteTimeout = deadline, deadline
	s.server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew && s.narrow.Load() {
			_ = conn.(*net.TCPConn).SetWriteBuffer(smallBuffer)
		}
	}
	s.server.Start()
	s.server.Client().Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil && s.narrow.Load() {
			_ = conn.(*net.TCPConn).SetReadBuffer(smallBuffer)
		}
		return conn, err
	}
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) user(tenant, name string) string {
	s.Helper()
	r, err := s.store.Create(context.Background(), tenant, directory.Resource{Kind: directory.User, Name: name, Active: true}, nil)
	if err != nil {
		s.Fatal(err)
	}
	return r.ID
}

func (s *site) get(path string, header ...string) *http.Response {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.server.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// page reads a piece of the feed.
func (s *site) page(query string) admin.Changes {
	s.Helper()
	res := s.get("/api/tenants/acme/changes" + query)
	var page admin.Changes
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil || res.StatusCode != http.StatusOK {
		s.Fatalf("%s: status %d, %v", query, res.StatusCode, err)
	}
	return page
}

// problem wants a refusal with a code.
func (s *site) problem(res *http.Response, status int, code string) {
	s.Helper()
	var p admin.Problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.StatusCode != status || p.Code != code {
		s.Errorf("%s: status %d, code %q, %v, wanted %d %s", res.Request.URL, res.StatusCode, p.Code, err, status, code)
	}
}

// client reads an event stream.
type client struct {
	testing.TB
	lines *bufio.Reader
	beats int
	id    string // of the last event
}

func (s *site) stream(query string, header ...string) *client {
	s.Helper()
	res := s.get("/api/tenants/acme/changes/stream"+query, header...)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		s.Fatalf("status %d, header %v", res.StatusCode, res.Header)
	}
	return &client{TB: s.TB, lines: bufio.NewReader(res.Body)}
}

// next returns the next event, or false at the clean end of the stream.
func (c *client) next() (name string, change admin.Change, ok bool) {
	c.Helper()
	for {
		line, err := c.lines.ReadString('\n')
		if err == io.EOF {
			return "", admin.Change{}, false
		}
		if err != nil {
			c.Fatalf("the stream broke: %v", err)
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "":
			if value == "" && name != "" {
				return name, change, true
			}
			c.beats++
		case "id":
			c.id = value
		case "event":
			name = value
		case "data":
			if err := json.Unmarshal([]byte(value), &change); err != nil {
				c.Fatal(err)
			}
		}
	}
}

func (c *client) wants(id string) {
	c.Helper()
	name, change, ok := c.next()
	if !ok || name != "change" || change.ID != id || fmt.Sprint(change.Seq) != c.id {
		c.Fatalf("event %q %+v with id %s, wanted a change of %s", name, change, c.id, id)
	}
}

func TestChanges(t *testing.T) {
	s := newSite(t)
	if empty := s.page(""); len(empty.Changes) != 0 || empty.Changes == nil || empty.Next != 0 {
		t.Errorf("an empty feed: %+v", empty)
	}
	ada, eve := s.user("acme", "ada"), ""
	s.user("other", "stranger")
	eve = s.user("acme", "eve")
	first := s.page("?limit=1")
	second := s.page(fmt.Sprintf("?limit=1&after=%d", first.Next))
	last := s.page(fmt.Sprintf("?limit=1&after=%d", second.Next))
	if len(first.Changes) != 1 || first.Changes[0].ID != ada || len(second.Changes) != 1 || second.Changes[0].ID != eve ||
		len(last.Changes) != 0 || last.Next != second.Next || first.Changes[0].Action != "created" || first.Changes[0].Type != "User" {
		t.Errorf("%+v, %+v, %+v", first, second, last)
	}
	if newest := s.page("?newest=true&limit=1"); len(newest.Changes) != 1 || newest.Changes[0].ID != eve || newest.Next != second.Next {
		t.Errorf("newest: %+v", newest)
	}
	s.problem(s.get("/api/tenants/nobody/changes"), 404, "TENANT_NOT_FOUND")
	s.problem(s.get("/api/tenants/nobody/changes/stream"), 404, "TENANT_NOT_FOUND")
	s.problem(s.get("/api/tenants/acme/changes?after=99999"), 410, "CHANGES_GONE")
	s.problem(s.get("/api/tenants/acme/changes?after=-1"), 422, "")
	s.problem(s.get("/api/tenants/acme/changes?limit=1001"), 422, "")
	s.problem(s.get("/api/tenants/acme/changes/stream", "Last-Event-ID", "x"), 422, "")
	s.problem(s.get("/api/tenants/acme/changes", "Authorization", "Bearer x"), 401, "ADMIN_TOKEN_REQUIRED")
	s.problem(s.get("/api/tenants/acme/changes/stream", "Authorization", "Bearer x"), 401, "ADMIN_TOKEN_REQUIRED")
}

// A stream outlives the deadlines of the server, shows signs of life, and can be taken up again.
func TestStream(t *testing.T) {
	s := newSite(t)
	ada := s.user("acme", "ada")
	c := s.stream("")
	c.wants(ada)
	seen := c.id
	time.Sleep(deadline + 100*time.Millisecond)
	s.user("other", "stranger")
	eve := s.user("acme", "eve")
	c.wants(eve)
	if c.beats < 3 {
		t.Errorf("%d signs of life", c.beats)
	}
	s.stream("", "Last-Event-ID", seen).wants(eve)
	s.stream("?after=" + seen).wants(eve)
	s.stream("?after=0", "Last-Event-ID", seen).wants(eve)
	for i := range 120 { // more than a chunk
		s.user("acme", fmt.Sprint("u", i))
	}
	for i := range 120 {
		if _, _, ok := c.next(); !ok {
			t.Fatalf("the stream ended after %d", i)
		}
	}
	close(s.stopping)
	if name, _, ok := c.next(); ok {
		t.Errorf("event %s after the end", name)
	}
}

// Who falls behind is told so, and ends: in the middle of a stream and at its beginning.
func TestStreamGone(t *testing.T) {
	s := newSite(t, sqlstore.KeepChanges(10))
	for i := range 50 {
		s.user("acme", fmt.Sprint("u", i))
	}
	s.problem(s.get("/api/tenants/acme/changes/stream"), 410, "CHANGES_GONE")
	s.problem(s.get("/api/tenants/acme/changes/stream", "Last-Event-ID", "1"), 410, "CHANGES_GONE")
	c := s.stream(fmt.Sprintf("?after=%d", s.page("?newest=true").Next))
	late := s.user("acme", "late")
	c.wants(late)
	s.group("large", 3000) // more rows at once than are kept
	for name := "change"; name != "gone"; {
		var ok bool
		if name, _, ok = c.next(); !ok {
			t.Fatal("the stream ended without a word")
		}
	}
	if name, _, ok := c.next(); ok {
		t.Errorf("event %s after the end", name)
	}
}

// group makes a group with so many members.
func (s *site) group(name string, size int) {
	s.Helper()
	members := make([]directory.Member, size)
	for i := range members {
		members[i].ID = s.user("acme", fmt.Sprint(name, i))
	}
	if _, err := s.store.Create(context.Background(), "acme", directory.Resource{Kind: directory.Group, Name: name}, members); err != nil {
		s.Fatal(err)
	}
}

// A client that does not read is cut off, and goes on where it was when it comes back.
func TestStreamSlowClient(t *testing.T) {
	s := newSite(t)
	s.group("g", 200)
	change := func(edit func(directory.Edit) error) {
		g := s.page("?newest=true&limit=1").Changes[0].ID
		if _, err := s.store.Update(t.Context(), "acme", directory.Group, g, func(e directory.Edit, _ *directory.Resource) error { return edit(e) }); err != nil {
			t.Fatal(err)
		}
	}
	var members []directory.Member
	change(func(e directory.Edit) (err error) {
		if members, err = e.Members(t.Context()); err == nil {
			err = e.ClearMembers(t.Context())
		}
		return err
	})
	const rounds = 40 // some 600 kilobytes, more than the sockets hold
	for range rounds {
		change(func(e directory.Edit) error { return e.AddMembers(t.Context(), members...) })
		change(func(e directory.Edit) error { return e.ClearMembers(t.Context()) })
	}
	s.narrow.Store(true)
	s.server.Client().CloseIdleConnections()
	c := s.stream("")
	s.narrow.Store(false)
	time.Sleep(time.Second)
	rest, err := io.ReadAll(c.lines)
	if err == nil {
		t.Fatal("a client that does not read was not cut off")
	}
	whole := rest[:strings.LastIndex(string(rest), "\n\n")+2]
	reader := &client{TB: t, lines: bufio.NewReader(strings.NewReader(string(whole)))}
	count := 0
	for _, _, ok := reader.next(); ok; _, _, ok = reader.next() {
		count++
	}
	again := s.stream("", "Last-Event-ID", reader.id)
	for count < 200+1+1+2*rounds {
		if _, _, ok := again.next(); !ok {
			t.Fatalf("the stream ended after %d", count)
		}
		count++
	}
	end := fmt.Sprint(s.page("?newest=true").Next)
	if again.id != end {
		t.Errorf("the last change has the id %s, wanted %s", again.id, end)
	}
}

// Beyond the greatest number of streams there is room again when clients have gone.
func TestStreamPlaces(t *testing.T) {
	s := newSite(t)
	var open []net.Conn
	refused := false
	for range 220 {
		conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /api/tenants/acme/changes/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token)
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		status, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(status, " 503 ") {
			refused = true
			break
		}
		open = append(open, conn)
	}
	if !refused || len(open) < 100 {
		t.Fatalf("%d streams, refused %t", len(open), refused)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		if res := s.get("/api/tenants/acme/changes/stream"); res.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the places of clients that have gone are still taken")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
