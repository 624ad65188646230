package sso

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	keysLife    = 5 * time.Minute // where the answer does not say
	maxKeys     = 50              // of one set that are looked at
	maxTried    = 8               // keys that one signature is checked with
	minRSABits  = 2048            // RFC 7518 section 3.3
	budgetSize  = 10              // fetches for unknown key ids in a burst …
	budgetEvery = 5 * time.Second // … and how soon one comes back
)

var (
	errNoKey    = errors.New("no published key fits the token")
	errBadSig   = errors.New("the signature was not made with the published key")
	errKeysRead = errors.New("the keys of the identity provider could not be read")
)

// publicKey is one usable key of a set.
type publicKey struct {
	id  string
	alg string // empty: any that fits the key, as Entra publishes
	key any
}

// keySet is the published keys of one issuer for one tenant. It implements oidc.KeySet.
//
// Keys are kept for as long as the answer allows; after that all of them are read anew, so that a key
// that was withdrawn is forgotten. An unknown key id causes a read at once (a rotation just before
// signing, OpenID Connect Core section 10.1.1), but out of a budget, because anybody can make up key ids.
type keySet struct {
	address string
	out     *outgoing
	now     func() time.Time

	flights singleflight.Group
	mu      sync.Mutex
	keys    []publicKey
	expires time.Time
	budget  float64
	refill  time.Time
}

func newKeySet(address string, out *outgoing, now func() time.Time) *keySet {
	return &keySet{address: address, out: out, now: now, budget: budgetSize, refill: now()}
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	if len(jws.Signatures) != 1 {
		return nil, errNoKey
	}
	header := jws.Signatures[0].Header
	keys, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	fitting := fit(keys, header)
	if len(fitting) == 0 && k.spend() {
		if keys, err = k.fetch(ctx); err != nil {
			return nil, err
		}
		fitting = fit(keys, header)
	}
	if len(fitting) == 0 {
		return nil, errNoKey
	}
	for _, candidate := range fitting {
		if payload, err := jws.Verify(candidate.key); err == nil {
			return payload, nil
		}
	}
	return nil, errBadSig
}

// current returns the keys, read anew when they are too old. With keys that are too old and an issuer
// that does not answer nobody gets in: the key may have been withdrawn because it was stolen.
func (k *keySet) current(ctx context.Context) ([]publicKey, error) {
	k.mu.Lock()
	keys, fresh := k.keys, k.now().Before(k.expires)
	k.mu.Unlock()
	if fresh {
		return keys, nil
	}
	return k.fetch(ctx)
}

func (k *keySet) fetch(ctx context.Context) ([]publicKey, error) {
	shared := context.WithoutCancel(ctx)
	result := k.flights.DoChan("", func() (any, error) { return k.read(shared) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return nil, fmt.Errorf("%w: %w", errKeysRead, r.Err)
		}
		return r.Val.([]publicKey), nil
	}
}

func (k *keySet) read(ctx context.Context) ([]publicKey, error) {
	doc, header, err := k.out.getJSON(ctx, k.address, "")
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(doc)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = keys
	k.expires = k.now().Add(cacheLife(header, keysLife))
	return keys, nil
}

// spend takes one fetch out of the budget for unknown key ids.
func (k *keySet) spend() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	k.budget = min(budgetSize, k.budget+float64(now.Sub(k.refill))/float64(budgetEvery))
	k.refill = now
	if k.budget < 1 {
		return false
	}
	k.budget--
	return true
}

// parseKeys reads a JWK set. Keys that cannot verify anything for us are left out: unknown types,
// symmetric and private keys, weak ones, and those for another use (RFC 7517 sections 4 and 5).
func parseKeys(doc object) ([]publicKey, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(doc["keys"], &raw); err != nil {
		return nil, errors.New("the JWK set has no keys member")
	}
	keys := make([]publicKey, 0, len(raw))
	for _, item := range raw[:min(len(raw), maxKeys)] {
		if key, ok := parseKey(item); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func parseKey(raw json.RawMessage) (publicKey, bool) {
	members, err := parseObject(raw)
	if err != nil {
		return publicKey{}, false
	}
	if use, ok := members.text("use"); ok && use != "sig" {
		return publicKey{}, false
	}
	if ops, ok := members.texts("key_ops"); ok && !slices.Contains(ops, "verify") {
		return publicKey{}, false
	}
	for _, private := range []string{"d", "k"} {
		if members.has(private) {
			return publicKey{}, false
		}
	}
	// Certificates are not a trust input here, and one that Go cannot read must not cost the key.
	for _, certificate := range []string{"x5c", "x5u", "x5t", "x5t#S256"} {
		delete(members, certificate)
	}
	plain, err := json.Marshal(members)
	if err != nil {
		return publicKey{}, false
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(plain, &jwk); err != nil || !jwk.Valid() || !strong(jwk.Key) {
		return publicKey{}, false
	}
	return publicKey{id: jwk.KeyID, alg: jwk.Algorithm, key: jwk.Key}, true
}

func strong(key any) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSABits && key.E >= 3
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	}
	return false
}

// fit selects the keys that may have made a signature: by key id, where the token names one, and by
// algorithm. A token without key id is tried against all of them, a bounded number.
func fit(keys []publicKey, header jose.Header) []publicKey {
	var out []publicKey
	for _, key := range keys {
		if header.KeyID != "" && key.id != header.KeyID {
			continue
		}
		if key.alg != "" && key.alg != header.Algorithm {
			continue
		}
		if !suits(key.key, header.Algorithm) {
			continue
		}
		out = append(out, key)
	}
	return out[:min(len(out), maxTried)]
}

func suits(key any, alg string) bool {
	switch key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == "ES256"
	}
	return false
}
