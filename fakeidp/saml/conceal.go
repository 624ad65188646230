package saml

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the digest of RSA-OAEP-MGF1P, where its weakness does not matter
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/beevik/etree"
)

// XML Encryption as SAML uses it. crewjam/saml/xmlenc decrypts these, but its GCM encrypts zeros.
const (
	nsEncryption = "http://www.w3.org/2001/04/xmlenc#"
	aes128GCM    = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
	oaepMGF1P    = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	digestSHA1   = "http://www.w3.org/2000/09/xmldsig#sha1"
	aesKeyBytes  = 16
)

// conceal puts the assertion into an EncryptedAssertion (Core section 2.3.4): AES-128-GCM, its key
// under RSA-OAEP, both of which SAML2int asks every service provider to understand.
func (m *message) conceal() error {
	plain, err := encode(m.assertion.Copy())
	if err != nil {
		return err
	}
	data, err := encrypted(plain, m.encrypt)
	if err != nil {
		return fmt.Errorf("encrypt assertion: %w", err)
	}
	wrapped := element("saml", "EncryptedAssertion", nsAssertion)
	wrapped.AddChild(data)
	at := m.assertion.Index()
	m.response.RemoveChild(m.assertion)
	m.response.InsertChildAt(at, wrapped)
	return nil
}

// encrypted is an EncryptedData for whoever has the certificate's key.
func encrypted(plain []byte, cert *x509.Certificate) (*etree.Element, error) {
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the certificate has no RSA key")
	}
	key := make([]byte, aesKeyBytes)
	_, _ = rand.Read(key) // ends the program rather than fail
	sealed, err := sealGCM(key, plain)
	if err != nil {
		return nil, err
	}
	wrappedKey, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, public, key, nil)
	if err != nil {
		return nil, err
	}
	data := element("xenc", "EncryptedData", nsEncryption)
	data.CreateAttr("Type", nsEncryption+"Element")
	child(data, "EncryptionMethod", "").CreateAttr("Algorithm", aes128GCM)
	info := element("ds", "KeyInfo", nsSignature)
	data.AddChild(info)
	info.AddChild(encryptedKey(wrappedKey))
	child(child(data, "CipherData", ""), "CipherValue", base64.StdEncoding.EncodeToString(sealed))
	return data, nil
}

func encryptedKey(wrapped []byte) *etree.Element {
	e := element("xenc", "EncryptedKey", nsEncryption)
	method := child(e, "EncryptionMethod", "")
	method.CreateAttr("Algorithm", oaepMGF1P)
	digest := element("ds", "DigestMethod", nsSignature)
	digest.CreateAttr("Algorithm", digestSHA1)
	method.AddChild(digest)
	child(child(e, "CipherData", ""), "CipherValue", base64.StdEncoding.EncodeToString(wrapped))
	return e
}

// sealGCM gives the nonce, the ciphertext and the tag, one after the other (XML Encryption 1.1 section 5.2.4).
func sealGCM(key, plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // ends the program rather than fail
	return gcm.Seal(nonce, nonce, plain, nil), nil
}
