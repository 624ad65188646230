package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

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
)

// TokenStore is the part of the directory that keeps SCIM tokens.
type TokenStore interface {
	AddToken(ctx context.Context, t directory.Token) error
	Token(ctx context.Context, id string) (directory.Token, error)
	RevokeTokens(ctx context.Context, tenant string) error
}

// Tokens issues, verifies and revokes the bearer tokens of SCIM connections.
//
// Because argon2id is slow on purpose, a verified token is remembered for a minute under its SHA-256;
// revocation forgets it at once. It is safe for concurrent use.
type Tokens struct {
	store TokenStore
	now   func() time.Time
	dummy string // hash that unknown ids are checked against, so that they cost the same

	flights singleflight.Group
	slots   *semaphore.Weighted

	mu         sync.Mutex
	verified   map[[sha256.Size]byte]entry
	generation uint64 // counts revocations: a verification that began before one is not remembered
}

type entry struct {
	token   directory.Token
	expires time.Time
}

// NewTokens returns the token authority over a store. now may be nil.
func NewTokens(store TokenStore, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{
		store:    store,
		now:      now,
		dummy:    hashSecret(newSecret()),
		slots:    semaphore.NewWeighted(hashesAtOnce),
		verified: make(map[[sha256.Size]byte]entry),
	}
}

// Issue makes a new token for a tenant and returns it in plain text, once: only its hash is stored.
func (t *Tokens) Issue(ctx context.Context, tenant string) (plain string, record directory.Token, err error) {
	return t.IssueFor(ctx, tenant, "")
}

// IssueFor is Issue for a token that stands for a user, see directory.Token. That the user exists is for
// the caller to check.
func (t *Tokens) IssueFor(ctx context.Context, tenant, subject string) (plain string, record directory.Token, err error) {
	secret := newSecret()
	record = directory.Token{
		ID:      uuid.NewString(),
		Tenant:  tenant,
		Subject: subject,
		Hash:    hashSecret(secret),
		Created: t.now().UTC(),
	}
	if err := t.store.AddToken(ctx, record); err != nil {
		return "", directory.Token{}, fmt.Errorf("store SCIM token: %w", err)
	}
	return formatToken(record.ID, secret), record, nil
}

// Rotate revokes every token of a tenant at once and issues a new one.
func (t *Tokens) Rotate(ctx context.Context, tenant string) (plain string, record directory.Token, err error) {
	return t.RotateFor(ctx, tenant, "")
}

// RotateFor is Rotate with IssueFor.
func (t *Tokens) RotateFor(ctx context.Context, tenant, subject string) (plain string, record directory.Token, err error) {
	err = t.store.RevokeTokens(ctx, tenant)
	t.forget(tenant) // also after an error: the store may have revoked all the same
	if err != nil {
		return "", directory.Token{}, fmt.Errorf("revoke SCIM tokens: %w", err)
	}
	return t.IssueFor(ctx, tenant, subject)
}

// Verify returns the record of a presented token, or ErrUnauthorized. Any other error means that the
// token could not be checked. Concurrent verifications of one token share one argon2id run, and all
// of them together use a bounded amount of memory.
func (t *Tokens) Verify(ctx context.Context, bearer string) (directory.Token, error) {
	id, secret, err := parseToken(bearer)
	if err != nil {
		return directory.Token{}, ErrUnauthorized
	}
	key := sha256.Sum256([]byte(bearer))
	if token, ok := t.cached(key); ok {
		return token, nil
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
		return r.Val.(directory.Token), nil
	}
}

func (t *Tokens) check(ctx context.Context, key [sha256.Size]byte, id, secret string) (directory.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyLimit)
	defer cancel()
	if err := t.slots.Acquire(ctx, 1); err != nil {
		return directory.Token{}, fmt.Errorf("verify SCIM token: %w", err)
	}
	defer t.slots.Release(1)

	began := t.currentGeneration()
	token, err := t.store.Token(ctx, id)
	known := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return directory.Token{}, fmt.Errorf("read SCIM token: %w", err)
	}
	hash := t.dummy
	if known {
		hash = token.Hash
	}
	match, err := checkSecret(hash, secret)
	if err != nil {
		return directory.Token{}, fmt.Errorf("verify SCIM token %s: %w", id, err)
	}
	if !known || !match || token.Revoked {
		return directory.Token{}, ErrUnauthorized
	}
	t.remember(key, token, began)
	return token, nil
}

func (t *Tokens) cached(key [sha256.Size]byte) (directory.Token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.verified[key]
	if !ok {
		return directory.Token{}, false
	}
	if !t.now().Before(e.expires) {
		delete(t.verified, key)
		return directory.Token{}, false
	}
	return e.token, true
}

func (t *Tokens) remember(key [sha256.Size]byte, token directory.Token, began uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if began != t.generation {
		return
	}
	if len(t.verified) >= cacheSize {
		clear(t.verified) // rare, and costs one argon2id run a token
	}
	t.verified[key] = entry{token: token, expires: t.now().Add(cacheLife)}
}

func (t *Tokens) forget(tenant string) {
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
