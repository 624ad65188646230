package reference_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/reference"
	"assay/reference/sqlstore/postgrestest"
	"assay/reference/state/natstest"
)

// Two replicas behind a balancer that gives each request to the other one: a login that begins at one ends at the other, and
// its session is good at both. A revoked SCIM token is refused by both within the minute that is documented.
func TestReplicasAreOne(t *testing.T) {
	database := postgrestest.New(t)
	source, err := database.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	idp, err := fakeidp.Start(t.Context(), fakeidp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	addresses := []string{freeAddress(t), freeAddress(t)}
	var requests [2]atomic.Int64
	var turn, ahead atomic.Int64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := turn.Add(1) % 2
		requests[to].Add(1)
		r.SetURL(&url.URL{Scheme: "http", Host: addresses[to]})
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(balancer.Close)
	options := reference.Options{Data: source, Keyset: filepath.Join(t.TempDir(), "keyset.json"), State: natstest.Start(t), PublicURL: balancer.URL, AdminToken: "assay-admin:replicas",
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	options.Addr = addresses[0]
	first := start(t, options)
	options.Addr = addresses[1]
	start(t, options)

	client := control.NewClient(idp.Control, idp.ControlToken)
	app := connect(t, client, first)
	person := assign(t, client, app, "grace@acme.example")
	push(t, client, app)
	for range 4 { // whichever replica has the first request
		if email, status := signOnAt(t, client, first, person, nil); email != person.Email {
			t.Errorf("signed on as %q, status %d", email, status)
		}
		turn.Add(1)
	}
	for i := range requests {
		if requests[i].Load() < 4 {
			t.Errorf("replica %d had %d requests", i, requests[i].Load())
		}
	}
	got := call(t, http.MethodPost, first.Admin+"/tenants/"+first.Tenant+"/scim-token", first.AdminToken, "")
	if got.status != http.StatusOK {
		t.Fatalf("rotate: %d %s", got.status, got.text)
	}
	ahead.Store(int64(time.Minute)) // for so long the other one may still know the token
	for range 2 {
		if got := call(t, http.MethodGet, first.SCIM+"/Users", first.Token, ""); got.status != http.StatusUnauthorized {
			t.Errorf("with a revoked token: %d", got.status)
		}
	}
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}
