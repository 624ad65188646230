package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

const (
	keyBits      = 2048
	certLifetime = 10 * 365 * 24 * time.Hour // as vendors' self-signed ones
)

// credential is a key that signs, with the certificate that says whose it is. The certificate signs
// itself: what makes it trusted is that an administrator has put it into the service provider.
type credential struct {
	key  *rsa.PrivateKey
	cert []byte // DER
}

func newCredential(name string, now time.Time) (*credential, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certLifetime), SignatureAlgorithm: x509.SHA256WithRSA,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &credential{key: key, cert: cert}, nil
}

// text is the certificate as it stands in metadata and in KeyInfo.
func (c *credential) text() string { return base64.StdEncoding.EncodeToString(c.cert) }
