package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"assay/reference/access/password"
	"assay/reference/directory"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
)

// ErrUnauthorized is returned for a token that does not open anything: malformed, unknown, wrong or
// revoked. It never says which.
var ErrUnauthorized = errors.New("the bearer token is not valid")

const (
	cacheLife    = time.Minute      // how long a verified token is trusted without its hash
	cacheSize    = 4096             // verified tokens kept at once
	hashesAtOnce = 2                // argon2id runs at once: 38 MiB at most
	verifyLimit  = 20 * time.Second // a verification that waits longer is given up
	useGrain     = 10 * time.Minute // how exactly it is known when a token was last used
)

// Tokens issues, verifies and revokes the bearer tokens of SCIM connections.
//
// Because argon2id is slow on purpose, a verified token is remembered for a minute under its SHA-256;
// revocation forgets it at once, and other processes on the same database within that minute. When a token was last used is
// known to within ten minutes, so that a request does not cost a write. It is safe for concurrent use.
type Tokens struct {
	store directory.Tokens
	now   func() time.Time
	dummy string // hash that unknown ids are checked against, so that they cost the same

	flights singleflight.Group
	slots   *semaphore.Weighted

	mu         sync.Mutex
	verified   map[[sha256.Size]byte]entry
	generation uint64 // counts revocations: a verification that began before one is not remembered
}

// entry is a token that was verified. closed is why it lets nobody in all the same: SCIM is not open to its tenant.
type entry struct {
	token   directory.Token
	closed  error
	expires time.Time
}

// NewTokens returns the token authority over a store. now may be nil.
func NewTokens(store directory.Tokens, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{
		store:    store,
		now:      now,
		dummy:    password.OWASP().Hash(newSecret()),
		slots:    semaphore.NewWeighted(hashesAtOnce),
		verified: make(map[[sha256.Size]byte]entry),
	}
}

// TokenOptions is what a new token is like, and what becomes of those before it. Everything may be left out.
type TokenOptions struct {
	Subject string        // id of the user that it stands for, see directory.Token; that there is one is for the caller to check
	Life    time.Duration // 0 is for ever
	Overlap time.Duration // how long the tokens before it stay good; they are revoked at once when it is 0
}

// Issue makes a new token for a tenant and returns it in plain text, once: only its hash is stored.
func (t *Tokens) Issue(ctx context.Context, tenant string, o TokenOptions) (plain string, record directory.Token, err error) {
	secret := newSecret()
	record = directory.Token{
		ID:      uuid.NewString(),
		Tenant:  tenant,
		Subject: o.Subject,
		Hash:    password.OWASP().Hash(secret),
		Created: t.now().UTC(),
	}
	if o.Life > 0 {
		record.Expires = record.Created.Add(o.Life)
	}
	if err := t.store.AddToken(ctx, record); err != nil {
		return "", directory.Token{}, fmt.Errorf("store SCIM token: %w", err)
	}
	return formatToken(record.ID, secret), record, nil
}

// Rotate revokes every token of a tenant, at once or after the overlap, and issues a new one.
func (t *Tokens) Rotate(ctx context.Context, tenant string, o TokenOptions) (plain string, record directory.Token, err error) {
	if o.Overlap > 0 {
		err = t.store.ExpireTokens(ctx, tenant, t.now().UTC().Add(o.Overlap))
	} else {
		err = t.store.RevokeTokens(ctx, tenant)
	}
	t.Forget(tenant) // also after an error: the store may have revoked all the same
	if err != nil {
		return "", directory.Token{}, fmt.Errorf("revoke SCIM tokens: %w", err)
	}
	return t.Issue(ctx, tenant, o)
}

// Revoke revokes one token of a tenant at once, or returns directory.ErrNotFound.
func (t *Tokens) Revoke(ctx context.Context, tenant, id string) error {
	err := t.store.RevokeToken(ctx, tenant, id)
	t.Forget(tenant)
	if err != nil {
		return fmt.Errorf("revoke SCIM token: %w", err)
	}
	return nil
}

// Verify returns the record of a presented token, or ErrUnauthorized. For a good token whose tenant SCIM is not open to the
// error is directory.ErrSCIMDisabled or directory.ErrSCIMNotInPlan. Any other error means that the
// token could not be checked. Concurrent verifications of one token share one argon2id run, and all
// of them together use a bounded amount of memory.
func (t *Tokens) Verify(ctx context.Context, bearer string) (directory.Token, error) {
	id, secret, err := parseToken(bearer)
	if err != nil {
		return directory.Token{}, ErrUnauthorized
	}
	key := sha256.Sum256([]byte(bearer))
	if e, ok := t.cached(key); ok {
		return t.let(e)
	}
	// The run outlives a caller that goes away, because others may wait for it.
	shared := context.WithoutCancel(ctx)
	result := t.flights.DoChan(string(key[:]), func() (any, error) {
		return t.check(shared, key, id, secret)
	})
	select {
	case <-ctx.Done():
		return directory.Token{}, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return directory.Token{}, r.Err
		}
		return t.let(r.Val.(entry))
	}
}

// let decides about a token whose secret was right.
func (t *Tokens) let(e entry) (directory.Token, error) {
	if !e.token.Expires.IsZero() && !t.now().Before(e.token.Expires) {
		return directory.Token{}, ErrUnauthorized
	}
	if e.closed != nil {
		return directory.Token{}, e.closed
	}
	return e.token, nil
}

func (t *Tokens) check(ctx context.Context, key [sha256.Size]byte, id, secret string) (entry, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyLimit)
	defer cancel()
	if err := t.slots.Acquire(ctx, 1); err != nil {
		return entry{}, fmt.Errorf("verify SCIM token: %w", err)
	}
	defer t.slots.Release(1)

	began := t.currentGeneration()
	token, err := t.store.Token(ctx, id)
	known := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return entry{}, fmt.Errorf("read SCIM token: %w", err)
	}
	hash := t.dummy
	if known {
		hash = token.Hash
	}
	match, err := password.Check(hash, secret)
	if err != nil {
		return entry{}, fmt.Errorf("verify SCIM token %s: %w", id, err)
	}
	if !known || !match || token.Revoked {
		return entry{}, ErrUnauthorized
	}
	e := entry{token: token, expires: t.now().Add(cacheLife)}
	if e.closed, err = t.closed(ctx, token.Tenant); err != nil {
		return entry{}, err
	}
	if t.now().Sub(token.Used) >= useGrain {
		// Not to know when a token was used is no reason to turn its client away.
		_ = t.store.UseToken(ctx, token.ID, t.now().UTC())
	}
	t.remember(key, e, began)
	return e, nil
}

// closed returns why SCIM is not open to a tenant; nil when it is.
func (t *Tokens) closed(ctx context.Context, tenant string) (closed, err error) {
	access, err := t.store.SCIMAccess(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("read SCIM access: %w", err)
	}
	switch {
	case !access.InPlan:
		return directory.ErrSCIMNotInPlan, nil
	case !access.Enabled:
		return directory.ErrSCIMDisabled, nil
	}
	return nil, nil
}

func (t *Tokens) cached(key [sha256.Size]byte) (entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.verified[key]
	if !ok {
		return entry{}, false
	}
	if !t.now().Before(e.expires) {
		delete(t.verified, key)
		return entry{}, false
	}
	return e, true
}

func (t *Tokens) remember(key [sha256.Size]byte, e entry, began uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if began != t.generation {
		return
	}
	if len(t.verified) >= cacheSize {
		clear(t.verified) // rare, and costs one argon2id run a token
	}
	t.verified[key] = e
}

// Forget drops what is remembered about the tokens of a tenant, after something about them or its SCIM access has changed.
func (t *Tokens) Forget(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generation++
	for key, e := range t.verified {
		if e.token.Tenant == tenant {
			delete(t.verified, key)
		}
	}
}

func (t *Tokens) currentGeneration() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.generation
}
