package mutation

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 (RFC 7517 section 4.8)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// The ids of the keys that are published on demand.
const (
	ecKeyID  = "assay-es256"
	edKeyID  = "assay-eddsa"
	octKeyID = "assay-oct"
)

// octSecret is the symmetric key that is published on demand. There is nothing to keep secret.
const octSecret = "a symmetric key that the whole world can read"

// Stock is the keys of a provider besides its own: one that is never published, and the ones that mutations of the key set
// publish. Each is made when it is first needed. NewStock makes a Stock; it is safe for concurrent use.
type Stock struct {
	foreign func() (*rsa.PrivateKey, error)
	ec      func() *ecdsa.PrivateKey
	ed      func() ed25519.PrivateKey
	weak    map[int]func() (rawKey, error) // by bits
}

// NewStock makes an empty stock.
func NewStock() *Stock {
	return &Stock{
		foreign: sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
		ec: sync.OnceValue(func() *ecdsa.PrivateKey {
			key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // a curve that there is, a reader that never fails
			return key
		}),
		ed: sync.OnceValue(func() ed25519.PrivateKey {
			_, key, _ := ed25519.GenerateKey(rand.Reader)
			return key
		}),
		weak: map[int]func() (rawKey, error){
			512:  sync.OnceValues(func() (rawKey, error) { return newRawKey(512) }),
			1024: sync.OnceValues(func() (rawKey, error) { return newRawKey(1024) }),
		},
	}
}

// Foreign is the key that is published nowhere, unless a mutation of the key set does.
func (s *Stock) Foreign() (*rsa.PrivateKey, error) {
	key, err := s.foreign()
	if err != nil {
		return nil, fmt.Errorf("make foreign key: %w", err)
	}
	return key, nil
}

func (s *Stock) foreignJWK(kid string) (map[string]any, error) {
	key, err := s.Foreign()
	if err != nil {
		return nil, err
	}
	return rsaJWK(&key.PublicKey, kid), nil
}

func rsaJWK(key *rsa.PublicKey, kid string) map[string]any {
	return rawJWK(kid, key.N, int64(key.E))
}

func rawJWK(kid string, n *big.Int, e int64) map[string]any {
	return map[string]any{
		"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": b64(n.Bytes()), "e": b64(big.NewInt(e).Bytes()),
	}
}

func (s *Stock) ecJWK() map[string]any {
	point, _ := s.ec().PublicKey.Bytes() // 4, x, y; P-256 has a form
	return map[string]any{"kty": "EC", "kid": ecKeyID, "use": "sig", "alg": "ES256", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func (s *Stock) edJWK() map[string]any {
	public, _ := s.ed().Public().(ed25519.PublicKey)
	return map[string]any{"kty": "OKP", "kid": edKeyID, "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "x": b64(public)}
}

func octJWK(kid string) map[string]any {
	return map[string]any{"kty": "oct", "kid": kid, "use": "sig", "alg": "HS256", "k": b64([]byte(octSecret))}
}

func (s *Stock) weakJWK(bits int) (map[string]any, error) {
	key, err := s.weak[bits]()
	if err != nil {
		return nil, err
	}
	return rawJWK(weakKeyID(bits), key.n, publicExponent), nil
}

// exponentJWK publishes the modulus of the foreign key with a small exponent. Nobody needs the private key that would belong to it.
func (s *Stock) exponentJWK(e int) (map[string]any, error) {
	key, err := s.Foreign()
	if err != nil {
		return nil, err
	}
	return rawJWK(exponentKeyID(e), key.N, int64(e)), nil
}

func weakKeyID(bits int) string  { return fmt.Sprintf("assay-rsa-%d", bits) }
func exponentKeyID(e int) string { return fmt.Sprintf("assay-exponent-%d", e) }

// certify makes a certificate that the key signs itself, valid for a year around now.
func certify(key *rsa.PrivateKey, now time.Time) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetUint64(binary.BigEndian.Uint64(key.N.Bytes()) >> 1), Subject: pkix.Name{CommonName: "assay fake IdP"},
		NotBefore: now.AddDate(0, -6, 0), NotAfter: now.AddDate(0, 6, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return der, nil
}

func thumbprint(der []byte) string {
	sum := sha1.Sum(der) //nolint:gosec // see above
	return b64(sum[:])
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
