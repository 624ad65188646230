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

func newCredential(name string, bits int, now time.Time) (*credential, error) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return certified(key, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certLifetime), SignatureAlgorithm: x509.SHA256WithRSA,
	})
}

func certified(key *rsa.PrivateKey, template *x509.Certificate) (*credential, error) {
	template.PublicKey = &key.PublicKey // it is its own issuer
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &credential{key: key, cert: cert}, nil
}

// disguised is the key with a certificate that looks like another's: its names, serial number and dates.
func (c *credential) disguised(as *credential) (*credential, error) {
	genuine, err := as.parsed()
	if err != nil {
		return nil, err
	}
	return certified(c.key, genuine)
}

// certifiedUntil is the key with a certificate of the same names that ends then.
func (c *credential) certifiedUntil(end time.Time) (*credential, error) {
	genuine, err := c.parsed()
	if err != nil {
		return nil, err
	}
	genuine.NotBefore, genuine.NotAfter = end.AddDate(-1, 0, 0), end
	return certified(c.key, genuine)
}

func (c *credential) parsed() (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(c.cert)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return cert, nil
}

// text is the certificate as it stands in metadata and in KeyInfo.
func (c *credential) text() string { return base64.StdEncoding.EncodeToString(c.cert) }
