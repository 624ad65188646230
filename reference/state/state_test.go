package state_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"assay/reference/secrets"
	"assay/reference/sso"
	"assay/reference/state"
	"assay/reference/state/natstest"
)

func replicas(t *testing.T) (url string, a, b *state.Shared) {
	t.Helper()
	url = natstest.Start(t)
	vault, err := secrets.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	open := func() *state.Shared {
		s, err := state.Open(t.Context(), url, "", vault, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	return url, open(), open()
}

func login(state string) sso.Login {
	return sso.Login{State: state, Tenant: "acme", Issuer: "https://idp.example", Nonce: "secret-nonce", Verifier: "secret-verifier",
		Expires: time.Now().Add(sso.LoginLife).UTC().Truncate(time.Second)}
}

// What one replica keeps the other one takes, once.
func TestLogins(t *testing.T) {
	ctx := t.Context()
	_, a, b := replicas(t)
	want := login("s1")
	if err := a.Put(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := b.Put(ctx, want); err == nil {
		t.Error("a state is kept twice")
	}
	got, err := b.Take(ctx, "s1")
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for name, state := range map[string]string{"taken": "s1", "unknown": "s2", "strange": "a b/..*>\x00", "long": strings.Repeat("x", 1<<20), "empty": ""} {
		if _, err := a.Take(ctx, state); !errors.Is(err, sso.ErrNoLogin) {
			t.Errorf("%s: %v", name, err)
		}
	}
	old := login("s3")
	old.Expires = time.Now().Add(-time.Second)
	if err := a.Put(ctx, old); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(ctx, "s3"); !errors.Is(err, sso.ErrNoLogin) {
		t.Errorf("expired: %v", err)
	}
}

// Of many who take a login at once, on two replicas, one gets it; of many who show a message, one is the first.
func TestExactlyOnce(t *testing.T) {
	_, a, b := replicas(t)
	for range 20 {
		if err := a.Put(t.Context(), login("s")); err != nil {
			t.Fatal(err)
		}
		if n := count(func(n int) bool { _, err := []*state.Shared{a, b}[n%2].Take(t.Context(), "s"); return err == nil }); n != 1 {
			t.Errorf("a login was taken %d times", n)
		}
		id := time.Now().String()
		first := func(n int) bool {
			ok, err := []*state.Shared{a, b}[n%2].Seen(t.Context(), "https://idp.example", id, time.Now().Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			return ok
		}
		if n := count(first); n != 1 {
			t.Errorf("%d were the first", n)
		}
	}
}

// count tells how many of ten concurrent calls say yes.
func count(call func(n int) bool) int {
	var yes atomic.Int32
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			if call(n) {
				yes.Add(1)
			}
		})
	}
	all.Wait()
	return int(yes.Load())
}

func TestReplays(t *testing.T) {
	ctx := t.Context()
	_, a, b := replicas(t)
	soon := time.Now().Add(time.Minute)
	for _, seen := range []struct {
		by         *state.Shared
		issuer, id string
		first      bool
	}{{a, "i", "1", true}, {b, "i", "1", false}, {b, "i1", "", true}, {a, "i", "2", true}, {a, "j", "1", true}} {
		first, err := seen.by.Seen(ctx, seen.issuer, seen.id, soon)
		if err != nil || first != seen.first {
			t.Errorf("%s %s: %v, %v", seen.issuer, seen.id, first, err)
		}
	}
	for name, until := range map[string]time.Time{"past": time.Now().Add(-time.Minute), "too long": time.Now().Add(48 * time.Hour)} {
		if first, err := a.Seen(ctx, "i", name, until); first || err == nil {
			t.Errorf("%s: %v, %v", name, first, err)
		}
	}
}

// Whoever reads the bucket finds nothing that would let them finish a login.
func TestNothingInClear(t *testing.T) {
	ctx := t.Context()
	url, a, _ := replicas(t)
	if err := a.Put(ctx, login("secret-state")); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := stream.KeyValue(ctx, "assay-logins")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := bucket.Keys(ctx)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%v, %v", keys, err)
	}
	entry, err := bucket.Get(ctx, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	if kept := keys[0] + string(entry.Value()); strings.Contains(kept, "secret") || strings.Contains(kept, "acme") {
		t.Errorf("kept: %q", kept)
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	vault, err := secrets.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(ctx, "nats://user:pa55word@127.0.0.1:1", "", vault, nil)
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "pa55word") {
		t.Errorf("nobody there: %v", err)
	}
	without, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go without.Start()
	defer without.Shutdown()
	if !without.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS does not start")
	}
	if _, err := state.Open(ctx, without.ClientURL(), "", vault, nil); err == nil || !strings.Contains(strings.ToLower(err.Error()), "jetstream") {
		t.Errorf("without JetStream: %v", err)
	}
}
