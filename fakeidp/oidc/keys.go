package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // x5t is a SHA-1 (RFC 7517 section 4.8)
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"assay/fakeidp/persona"
	"assay/fakeidp/signin"
)

const (
	keyBits             = 2048
	certificateLifetime = 5 * 365 * 24 * time.Hour
	maxKeys             = 20 // published at once
)

// Errors of the keys, wrapped with what was asked for.
var (
	ErrUnknownKey  = errors.New("no such key")
	ErrKeyInUse    = errors.New("tokens are signed with this key: switch to another first")
	ErrTooManyKeys = fmt.Errorf("there are %d published keys: withdraw one first", maxKeys)
)

// signingKey is one key of a provider.
type signingKey struct {
	id          string
	private     *rsa.PrivateKey
	certificate []byte // DER; nil where the persona publishes none
}

// keyring is the keys of a provider. One of those that are published signs; those that were withdrawn are
// remembered for the hints that clients send back.
type keyring struct {
	face   persona.OIDC
	issuer string
	newKey func() (*rsa.PrivateKey, error)
	now    func() time.Time

	mu        sync.Mutex
	keys      []signingKey // published; made when they are first needed
	signing   string       // id
	surprise  bool         // the next signature is by a key that nobody has seen
	withdrawn []signingKey // oldest first
}

func newKeyring(s *shared, face persona.OIDC, issuer string) *keyring {
	return &keyring{face: face, issuer: issuer, newKey: s.newKey, now: s.now}
}

// fill makes the first keys. The caller holds the lock.
func (r *keyring) fill() error {
	if len(r.keys) > 0 {
		return nil
	}
	for range r.face.KeyCount.Value {
		if _, err := r.grow(); err != nil {
			r.keys = nil
			return err
		}
	}
	r.signing = r.keys[0].id
	return nil
}

// grow adds a key. The caller holds the lock.
func (r *keyring) grow() (signingKey, error) {
	if len(r.keys) >= maxKeys {
		return signingKey{}, ErrTooManyKeys
	}
	private, err := r.newKey()
	if err != nil {
		return signingKey{}, fmt.Errorf("make signing key: %w", err)
	}
	key := signingKey{id: signin.Random(32), private: private}
	if r.needsCertificate() {
		if key.certificate, err = certify(private, r.issuer, r.now()); err != nil {
			return signingKey{}, err
		}
	}
	if r.face.KeyID.Value == persona.KeyIDThumbprint {
		key.id = thumbprint(key.certificate)
	}
	r.keys = append(r.keys, key)
	return key, nil
}

func (r *keyring) needsCertificate() bool {
	return r.face.KeyID.Value == persona.KeyIDThumbprint ||
		slices.ContainsFunc(r.face.KeyMembers.Value, func(m string) bool { return m == "x5c" || m == "x5t" || m == "x5t#S256" })
}

func certify(key *rsa.PrivateKey, issuer string, now time.Time) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(signin.Random(8))), Subject: pkix.Name{CommonName: issuer},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLifetime), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate of signing key: %w", err)
	}
	return der, nil
}

func thumbprint(der []byte) string {
	sum := sha1.Sum(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// forSigning is the key to sign with now.
func (r *keyring) forSigning() (signingKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return signingKey{}, err
	}
	if r.surprise {
		key, err := r.grow()
		if err != nil {
			return signingKey{}, err
		}
		r.surprise, r.signing = false, key.id
	}
	return r.keys[r.index(r.signing)], nil
}

// current is the key that was signed with last, or will be first.
func (r *keyring) current() (signingKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return signingKey{}, err
	}
	return r.keys[r.index(r.signing)], nil
}

func (r *keyring) index(id string) int {
	return slices.IndexFunc(r.keys, func(k signingKey) bool { return k.id == id })
}

// published is the key set document.
func (r *keyring) published() (map[string]any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return nil, err
	}
	set := make([]map[string]any, len(r.keys))
	for i, key := range r.keys {
		set[i] = r.jwk(key)
	}
	return map[string]any{"keys": set}, nil
}

func (r *keyring) jwk(key signingKey) map[string]any {
	members := map[string]any{
		"kty": "RSA", "kid": key.id, "n": base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
	}
	for _, member := range r.face.KeyMembers.Value {
		switch member {
		case "use":
			members[member] = "sig"
		case "alg":
			members[member] = idTokenAlgorithm
		case "x5c":
			members[member] = []string{base64.StdEncoding.EncodeToString(key.certificate)}
		case "x5t":
			members[member] = thumbprint(key.certificate)
		case "x5t#S256":
			sum := sha256.Sum256(key.certificate)
			members[member] = base64.RawURLEncoding.EncodeToString(sum[:])
		case "issuer":
			members[member] = r.issuer
		}
	}
	return members
}

// known finds a key that is, or was, published.
func (r *keyring) known(id string) (*rsa.PublicKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range slices.Concat(r.keys, r.withdrawn) {
		if key.id == id {
			return &key.private.PublicKey, true
		}
	}
	return nil, false
}
