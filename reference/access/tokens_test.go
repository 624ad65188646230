package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/reference/directory"
)

// memoryTokens is a store of tokens that counts its reads.
type memoryTokens struct {
	directory.Tokens
	closed map[string]directory.SCIMAccess // by tenant, where it is not open
	uses   atomic.Int64
	mu     sync.Mutex
	tokens map[string]directory.Token
	reads  atomic.Int64
	fail   error
	onRead func()
}

func newMemoryTokens() *memoryTokens { return &memoryTokens{tokens: map[string]directory.Token{}} }

func (m *memoryTokens) AddToken(_ context.Context, t directory.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[t.ID] = t
	return nil
}

func (m *memoryTokens) Token(_ context.Context, id string) (directory.Token, error) {
	m.reads.Add(1)
	m.mu.Lock()
	t, ok := m.tokens[id]
	hook := m.onRead
	m.mu.Unlock()
	if hook != nil {
		hook()
	}
	if m.fail != nil {
		return directory.Token{}, m.fail
	}
	if !ok {
		return directory.Token{}, directory.ErrNotFound
	}
	return t, nil
}

func (m *memoryTokens) RevokeTokens(_ context.Context, tenant string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.tokens {
		if t.Tenant == tenant {
			t.Revoked = true
			m.tokens[id] = t
		}
	}
	return nil
}

func (m *memoryTokens) RevokeToken(_ context.Context, tenant, id string) error {
	return m.edit(tenant, func(t *directory.Token) { t.Revoked = t.Revoked || t.ID == id })
}

func (m *memoryTokens) ExpireTokens(_ context.Context, tenant string, at time.Time) error {
	return m.edit(tenant, func(t *directory.Token) { t.Expires = at })
}

func (m *memoryTokens) edit(tenant string, change func(*directory.Token)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.tokens {
		if t.Tenant == tenant {
			change(&t)
			m.tokens[id] = t
		}
	}
	return nil
}

func (m *memoryTokens) UseToken(_ context.Context, id string, at time.Time) error {
	m.uses.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tokens[id]
	t.Used = at
	m.tokens[id] = t
	return nil
}

func (m *memoryTokens) SCIMAccess(_ context.Context, tenant string) (directory.SCIMAccess, error) {
	if a, ok := m.closed[tenant]; ok {
		return a, nil
	}
	return directory.SCIMAccess{Enabled: true, InPlan: true}, nil
}

func TestTokenIsVerifiedAndNeverStored(t *testing.T) {
	store := newMemoryTokens()
	tokens := NewTokens(store, nil)
	plain, record, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	id, secret, err := parseToken(plain)
	if err != nil || id != record.ID || !strings.HasPrefix(plain, "assay-scim:"+id+":") || len(secret) != 43 {
		t.Fatalf("token %q: %v", plain, err)
	}
	if !strings.HasPrefix(record.Hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(record.Hash, secret) {
		t.Fatalf("hash %q", record.Hash)
	}
	got, err := tokens.Verify(t.Context(), plain)
	if err != nil || got.Tenant != "acme" || got.ID != id {
		t.Fatalf("verified as %+v, %v", got, err)
	}
}

func TestWrongTokens(t *testing.T) {
	store := newMemoryTokens()
	tokens := NewTokens(store, nil)
	plain, record, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := tokens.Issue(t.Context(), "globex", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	otherSecret := other[strings.LastIndex(other, ":")+1:]
	for name, token := range map[string]string{
		"empty":             "",
		"nonsense":          "nonsense",
		"no secret":         "assay-scim:" + record.ID + ":",
		"secret of another": "assay-scim:" + record.ID + ":" + otherSecret,
		"unknown id":        "assay-scim:unknown:" + otherSecret,
		"other prefix":      strings.Replace(plain, "assay-scim", "assay-admin", 1),
		"one more part":     plain + ":x",
		"padded":            plain + "=",
		"blank":             plain + " ",
		"very long":         "assay-scim:" + strings.Repeat("x", 10_000) + ":" + otherSecret,
	} {
		if _, err := tokens.Verify(t.Context(), token); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
	store.fail = errors.New("disk on fire")
	if _, err := tokens.Verify(t.Context(), plain); err == nil || errors.Is(err, ErrUnauthorized) {
		t.Errorf("a store that fails reads as a wrong token: %v", err)
	}
}

func TestVerifiedTokenIsCachedForAMinute(t *testing.T) {
	store := newMemoryTokens()
	now := time.Now()
	tokens := NewTokens(store, func() time.Time { return now })
	plain, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	verify := func() {
		t.Helper()
		if _, err := tokens.Verify(t.Context(), plain); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		verify()
	}
	if got := store.reads.Load(); got != 1 {
		t.Fatalf("%d verifications against the store, want 1", got)
	}
	now = now.Add(cacheLife)
	verify()
	if got := store.reads.Load(); got != 2 {
		t.Fatalf("%d verifications against the store after a minute, want 2", got)
	}
}

func TestRotationForgetsAtOnce(t *testing.T) {
	store := newMemoryTokens()
	tokens := NewTokens(store, nil)
	old, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stranger, _, err := tokens.Issue(t.Context(), "globex", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, stranger} {
		if _, err := tokens.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	fresh, _, err := tokens.Rotate(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Verify(t.Context(), old); !errors.Is(err, ErrUnauthorized) {
		t.Fatalf("the revoked token: %v", err)
	}
	for _, token := range []string{fresh, stranger} {
		if _, err := tokens.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRotationDuringVerification rotates after the record was read and before its hash is compared:
// that one verification may succeed, but must not be remembered.
func TestRotationDuringVerification(t *testing.T) {
	store := newMemoryTokens()
	tokens := NewTokens(store, nil)
	plain, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	store.onRead = func() {
		once.Do(func() {
			if _, _, err := tokens.Rotate(t.Context(), "acme", TokenOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	_, _ = tokens.Verify(t.Context(), plain)
	if _, err := tokens.Verify(t.Context(), plain); !errors.Is(err, ErrUnauthorized) {
		t.Fatalf("the revoked token was remembered: %v", err)
	}
}

func TestConcurrentVerificationsShareOneRun(t *testing.T) {
	store := newMemoryTokens()
	release := make(chan struct{})
	store.onRead = func() { <-release }
	tokens := NewTokens(store, nil)
	plain, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := tokens.Verify(impatient, plain); first <- err }()
	for store.reads.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := tokens.Verify(t.Context(), plain); err != nil {
				t.Error(err)
			}
		})
	}
	cancel() // whoever came first goes away; the others must not suffer
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient one: %v", err)
	}
	close(release)
	wg.Wait()
	if got := store.reads.Load(); got != 1 {
		t.Fatalf("%d argon2id runs, want 1", got)
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(formatToken("id", newSecret()))
	f.Add("assay-scim::")
	f.Fuzz(func(t *testing.T, text string) {
		id, secret, err := parseToken(text)
		if err == nil && formatToken(id, secret) != text {
			t.Fatalf("%q was read as %q, %q", text, id, secret)
		}
	})
}

func TestOverlapExpiryAndRevocation(t *testing.T) {
	store, now := newMemoryTokens(), time.Now()
	tokens := NewTokens(store, func() time.Time { return now })
	issue := func(o TokenOptions) string {
		plain, _, err := tokens.Rotate(t.Context(), "acme", o)
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	good := func(plain string, want bool) {
		t.Helper()
		if _, err := tokens.Verify(t.Context(), plain); (err == nil) != want || err != nil && !errors.Is(err, ErrUnauthorized) {
			t.Errorf("verified with %v, want good: %t", err, want)
		}
	}
	first := issue(TokenOptions{})
	second := issue(TokenOptions{Overlap: time.Hour, Life: 2 * time.Hour})
	good(first, true)
	good(second, true)
	now = now.Add(time.Hour)
	good(first, false)
	good(second, true)
	now = now.Add(time.Hour - time.Second)
	good(second, true) // and remembered for longer than it is good
	now = now.Add(time.Second)
	good(second, false)
	third := issue(TokenOptions{})
	good(third, true)
	id, _, err := parseToken(third)
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Revoke(t.Context(), "acme", id); err != nil {
		t.Fatal(err)
	}
	good(third, false)
}

func TestClosedToATenant(t *testing.T) {
	store := newMemoryTokens()
	tokens := NewTokens(store, nil)
	plain, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		access directory.SCIMAccess
		want   error
	}{
		{directory.SCIMAccess{Enabled: true, InPlan: true}, nil},
		{directory.SCIMAccess{InPlan: true}, directory.ErrSCIMDisabled},
		{directory.SCIMAccess{Enabled: true}, directory.ErrSCIMNotInPlan},
	} {
		store.closed = map[string]directory.SCIMAccess{"acme": test.access}
		tokens.Forget("acme")
		reads := store.reads.Load()
		for range 3 {
			if _, err := tokens.Verify(t.Context(), plain); !errors.Is(err, test.want) {
				t.Errorf("%+v: %v", test.access, err)
			}
		}
		if store.reads.Load() != reads+1 {
			t.Errorf("%+v: %d argon2id runs", test.access, store.reads.Load()-reads)
		}
	}
}

func TestLastUseIsCoarse(t *testing.T) {
	store, now := newMemoryTokens(), time.Now()
	tokens := NewTokens(store, func() time.Time { return now })
	plain, _, err := tokens.Issue(t.Context(), "acme", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 12 { // an hour of requests, one every five minutes
		if _, err := tokens.Verify(t.Context(), plain); err != nil {
			t.Fatal(err)
		}
		now = now.Add(5 * time.Minute)
	}
	if got := store.uses.Load(); got != 6 {
		t.Errorf("%d writes in an hour, want 6", got)
	}
}
