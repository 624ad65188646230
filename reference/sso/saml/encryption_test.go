package saml_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"hash"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/reference/sso/saml"
)

// encrypts registers the encryption certificate of the service provider.
func encrypts(t testing.TB) func(*control.SAML) {
	t.Helper()
	return func(s *control.SAML) { s.Encryption = s.Certificate }
}

// sealing is how a test encrypts.
type sealing struct {
	content, transport string // algorithms
	bytes              int    // of the key
	digest             func() hash.Hash
	more               string // in the EncryptionMethod of the key
	beside             bool   // the key is beside the data rather than in it
	damage             bool
}

const (
	xenc   = "http://www.w3.org/2001/04/xmlenc#"
	xenc11 = "http://www.w3.org/2009/xmlenc11#"
)

// sealed puts the assertion of a message into an EncryptedAssertion.
func sealed(t testing.TB, text string, public *rsa.PublicKey, s sealing) string {
	t.Helper()
	from, to := strings.Index(text, "<saml:Assertion "), strings.Index(text, "</samlp:Response>")
	key := make([]byte, s.bytes)
	_, _ = rand.Read(key)
	if s.digest == nil {
		s.digest = sha1.New
	}
	wrapped, err := rsa.EncryptOAEP(s.digest(), rand.Reader, public, key, nil)
	if strings.HasSuffix(s.transport, "1_5") {
		//lint:ignore SA1019 it has to be refused
		wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, public, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	hidden := encipher(t, s.content, key, []byte(text[from:to]))
	if s.damage {
		hidden[len(hidden)-1] ^= 1
	}
	b64 := base64.StdEncoding.EncodeToString
	k := `<xenc:EncryptedKey xmlns:xenc="` + xenc + `"><xenc:EncryptionMethod Algorithm="` + s.transport + `">` + s.more + `</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>` + b64(wrapped) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
	inside := `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` + k + `</ds:KeyInfo>`
	if s.beside {
		inside = ""
	} else {
		k = ""
	}
	return text[:from] + `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="` + xenc + `"><xenc:EncryptionMethod Algorithm="` + s.content + `"/>` + inside +
		`<xenc:CipherData><xenc:CipherValue>` + b64(hidden) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` + k + `</saml:EncryptedAssertion>` + text[to:]
}

func encipher(t testing.TB, algorithm string, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(algorithm, "gcm") {
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		nonce := make([]byte, gcm.NonceSize())
		_, _ = rand.Read(nonce)
		return gcm.Seal(nonce, nonce, plain, nil)
	}
	pad := 16 - len(plain)%16
	plain = append(plain, make([]byte, pad)...)
	plain[len(plain)-1] = byte(pad)
	out := make([]byte, 16+len(plain))
	_, _ = rand.Read(out[:16])
	cipher.NewCBCEncrypter(block, out[:16]).CryptBlocks(out[16:], plain)
	return out
}

// TestEncrypted holds the service provider to SAML-ENC: what is accepted, and that everything else is one refusal.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	ours := encryptionKey(t, sp)
	const mgf1p, pkcs1 = xenc + "rsa-oaep-mgf1p", xenc + "rsa-1_5"
	digest := `<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="` + xenc + `sha256"/>`
	mask := `<x:MGF xmlns:x="` + xenc11 + `" Algorithm="` + xenc11 + `mgf1sha256"/>`
	for name, r := range map[string]struct {
		sealing
		key      *rsa.PublicKey
		unsigned bool
		want     saml.Reason
	}{
		"AES-128-GCM":           {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p}},
		"AES-256-GCM beside":    {sealing: sealing{content: xenc11 + "aes256-gcm", bytes: 32, transport: mgf1p, beside: true}},
		"AES-256-CBC":           {sealing: sealing{content: xenc + "aes256-cbc", bytes: 32, transport: mgf1p}},
		"OAEP with SHA-256":     {sealing: sealing{content: xenc11 + "aes256-gcm", bytes: 32, transport: xenc11 + "rsa-oaep", digest: sha256.New, more: digest + mask}},
		"ENC-02 unsigned":       {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p}, unsigned: true, want: saml.ReasonEncryption},
		"ENC-03 PKCS1":          {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: pkcs1}, want: saml.ReasonEncryption},
		"ENC-03 PKCS1 in OAEP":  {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p, digest: sha256.New}, want: saml.ReasonEncryption},
		"ENC-03 damaged CBC":    {sealing: sealing{content: xenc + "aes128-cbc", bytes: 16, transport: mgf1p, damage: true}, want: saml.ReasonEncryption},
		"ENC-03 damaged GCM":    {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p, damage: true}, want: saml.ReasonEncryption},
		"ENC-03 Triple DES":     {sealing: sealing{content: xenc + "tripledes-cbc", bytes: 24, transport: mgf1p}, want: saml.ReasonEncryption},
		"key of another length": {sealing: sealing{content: xenc11 + "aes256-gcm", bytes: 16, transport: mgf1p}, want: saml.ReasonEncryption},
		"ENC-05 another key":    {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p}, key: &otherKey(t).PublicKey, want: saml.ReasonEncryption},
		"unknown digest":        {sealing: sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p, more: strings.Replace(digest, "sha256", "md5", 1)}, want: saml.ReasonEncryption},
	} {
		t.Run(name, func(t *testing.T) {
			text := f.fill(template)
			if !r.unsigned {
				text = f.signed(t, text, "Assertion")
			}
			key := ours
			if r.key != nil {
				key = r.key
			}
			_, err := sp.Response(t.Context(), idp, encodedAs(sealed(t, text, key, r.sealing)), request)
			if reasonOf(err) != r.want || (err == nil) != (r.want == "") {
				t.Errorf("%v, want %q", err, r.want)
			}
			if err != nil && err.Error() != "saml-encryption: the encrypted assertion cannot be used" {
				t.Errorf("the refusal tells more than the others: %v", err)
			}
		})
	}
	good := sealing{content: xenc11 + "aes128-gcm", bytes: 16, transport: mgf1p}
	text := sealed(t, f.fill(template), ours, good)
	if _, err := sp.Response(t.Context(), idp, encodedAs(f.signed(t, text, "Response")), request); err != nil {
		t.Errorf("an encrypted assertion in a signed response: %v", err)
	}
	double := f.fill(template)
	double = strings.Replace(double, "</saml:AttributeStatement>", "</saml:AttributeStatement><saml:Advice><saml:Assertion/></saml:Advice>", 1)
	if _, err := sp.Response(t.Context(), idp, encodedAs(sealed(t, f.signed(t, double, "Assertion"), ours, good)), request); reasonOf(err) != saml.ReasonEncryption {
		t.Errorf("an assertion hidden in an encrypted one: %v", err)
	}
}

// encryptionKey is the one of the service provider's metadata.
func encryptionKey(t testing.TB, sp *saml.ServiceProvider) *rsa.PublicKey {
	t.Helper()
	raw, err := sp.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	all := certificates(t, string(raw))
	der, err := base64.StdEncoding.DecodeString(all[len(all)-1])
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.PublicKey.(*rsa.PublicKey)
}
