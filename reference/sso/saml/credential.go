package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

const (
	keyBits      = 2048
	certLifetime = 10 * 365 * 24 * time.Hour
)

// Credential is the key with which a service provider signs and decrypts, and the certificate by which identity
// providers know it. The certificate signs itself: it is trusted because it is in the metadata.
type Credential struct {
	key         *rsa.PrivateKey
	certificate []byte // DER
}

// NewCredential makes a fresh RSA key of 2048 bits and its certificate.
func NewCredential(name string, now time.Time) (*Credential, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make SAML key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("make SAML certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certLifetime), SignatureAlgorithm: x509.SHA256WithRSA,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make SAML certificate: %w", err)
	}
	return &Credential{key: key, certificate: certificate}, nil
}

const (
	pemKey         = "PRIVATE KEY"
	pemCertificate = "CERTIFICATE"
)

// Marshal gives the key and the certificate as PEM. It is a secret.
func (c *Credential) Marshal() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return nil, fmt.Errorf("encode SAML key: %w", err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.certificate})...), nil
}

// ParseCredential reads what Marshal made.
func ParseCredential(text []byte) (*Credential, error) {
	first, rest := pem.Decode(text)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil || first.Type != pemKey || second.Type != pemCertificate {
		return nil, errors.New("SAML credential: not a key and a certificate in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return nil, errors.New("SAML credential: the key cannot be read")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("SAML credential: the key is not an RSA key")
	}
	return &Credential{key: key, certificate: second.Bytes}, nil
}

// shown is the certificate as it stands in metadata.
func (c *Credential) shown() string { return base64.StdEncoding.EncodeToString(c.certificate) }

// sign puts an enveloped signature into a message, after its Issuer, where the schema wants it (Core section 5.4).
func (c *Credential) sign(e *etree.Element) error {
	context, err := dsig.NewSigningContext(c.key, [][]byte{c.certificate})
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := context.SetSignatureMethod(dsig.RSASHA256SignatureMethod); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	signature, err := context.ConstructSignature(e, true)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	at := 0
	if issuer := e.SelectElement("Issuer"); issuer != nil {
		at = issuer.Index() + 1
	}
	e.InsertChildAt(at, signature)
	return nil
}
