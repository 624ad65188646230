package saml

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // Triple DES, as a mutation
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
	nsEncryption   = "http://www.w3.org/2001/04/xmlenc#"
	aes128GCM      = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
	aes256GCM      = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	aes128CBC      = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	aes256CBC      = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	tripleDESCBC   = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"
	oaepMGF1P      = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	rsa15          = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
	digestSHA1     = "http://www.w3.org/2000/09/xmldsig#sha1"
	typeElement    = nsEncryption + "Element"
	typeKey        = nsEncryption + "EncryptedKey"
	encryptedKeyID = "id-encrypted-key"
)

// encryption is for whom and how elements are encrypted. AES-128-GCM with its key under RSA-OAEP is what
// SAML2int asks every service provider to understand.
type encryption struct {
	to        *rsa.PublicKey
	data      string       // algorithm
	transport string       // algorithm of the key's encryption
	beside    bool         // EncryptedKey is beside EncryptedData, rather than in its KeyInfo
	damage    func([]byte) // changes the ciphertext; nil leaves it whole
}

func encryptionFor(cert *x509.Certificate) (*encryption, error) {
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the certificate has no RSA key")
	}
	return &encryption{to: public, data: aes128GCM, transport: oaepMGF1P}, nil
}

// conceal puts the assertion into an EncryptedAssertion (Core section 2.3.4).
func (m *message) conceal() error {
	return m.encrypt.replace(m.assertion, "EncryptedAssertion")
}

// replace puts the encrypted form of an element in its place, in a wrapper of that name.
func (e *encryption) replace(plain *etree.Element, wrapper string) error {
	text, err := encode(plain.Copy())
	if err != nil {
		return err
	}
	wrapped := element("saml", wrapper, nsAssertion)
	if err := e.fill(wrapped, text); err != nil {
		return fmt.Errorf("encrypt %s: %w", plain.Tag, err)
	}
	parent, at := plain.Parent(), plain.Index()
	parent.RemoveChild(plain)
	parent.InsertChildAt(at, wrapped)
	return nil
}

func (e *encryption) fill(wrapped *etree.Element, plain []byte) error {
	key, sealed, err := encryptData(e.data, plain)
	if err != nil {
		return err
	}
	if e.damage != nil {
		e.damage(sealed)
	}
	wrappedKey, err := e.key(key)
	if err != nil {
		return err
	}
	data := element("xenc", "EncryptedData", nsEncryption)
	data.CreateAttr("Type", typeElement)
	child(data, "EncryptionMethod", "").CreateAttr("Algorithm", e.data)
	info := element("ds", "KeyInfo", nsSignature)
	data.AddChild(info)
	child(child(data, "CipherData", ""), "CipherValue", base64.StdEncoding.EncodeToString(sealed))
	wrapped.AddChild(data)
	if !e.beside {
		info.AddChild(wrappedKey)
		return nil
	}
	wrappedKey.CreateAttr("Id", encryptedKeyID)
	wrapped.AddChild(wrappedKey)
	retrieval := child(info, "RetrievalMethod", "")
	retrieval.CreateAttr("Type", typeKey)
	retrieval.CreateAttr("URI", "#"+encryptedKeyID)
	return nil
}

// key is the EncryptedKey.
func (e *encryption) key(key []byte) (*etree.Element, error) {
	out := element("xenc", "EncryptedKey", nsEncryption)
	method := child(out, "EncryptionMethod", "")
	method.CreateAttr("Algorithm", e.transport)
	var wrapped []byte
	var err error
	if e.transport == rsa15 {
		wrapped, err = encryptPKCS1v15(e.to, key)
	} else {
		digest := element("ds", "DigestMethod", nsSignature)
		digest.CreateAttr("Algorithm", digestSHA1)
		method.AddChild(digest)
		wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, e.to, key, nil)
	}
	child(child(out, "CipherData", ""), "CipherValue", base64.StdEncoding.EncodeToString(wrapped))
	return out, err
}

// encryptPKCS1v15 is RSAES-PKCS1-v1_5 (RFC 8017 section 7.2.1), which a service provider should refuse.
func encryptPKCS1v15(to *rsa.PublicKey, key []byte) ([]byte, error) {
	//lint:ignore SA1019 the weakness is the point
	return rsa.EncryptPKCS1v15(rand.Reader, to, key)
}

// encryptData encrypts under a fresh key: the nonce, the ciphertext and the tag for GCM (XML Encryption 1.1
// section 5.2.4); the initialization vector and the padded ciphertext for CBC (section 5.2).
func encryptData(algorithm string, plain []byte) (key, sealed []byte, err error) {
	size, newCipher := 16, aes.NewCipher
	switch algorithm {
	case aes256GCM, aes256CBC:
		size = 32
	case tripleDESCBC:
		size, newCipher = 24, des.NewTripleDESCipher
	}
	key = make([]byte, size)
	_, _ = rand.Read(key) // ends the program rather than fail
	block, err := newCipher(key)
	if err != nil {
		return nil, nil, err
	}
	if algorithm == aes128GCM || algorithm == aes256GCM {
		sealed, err = sealGCM(block, plain)
		return key, sealed, err
	}
	return key, sealCBC(block, plain), nil
}

func sealGCM(block cipher.Block, plain []byte) ([]byte, error) {
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // ends the program rather than fail
	return gcm.Seal(nonce, nonce, plain, nil), nil
}

// sealCBC pads as XML Encryption does: the last byte says how many there are.
func sealCBC(block cipher.Block, plain []byte) []byte {
	size := block.BlockSize()
	padding := size - len(plain)%size
	padded := append(bytes.Clone(plain), make([]byte, padding)...)
	padded[len(padded)-1] = byte(padding)
	sealed := make([]byte, size+len(padded))
	_, _ = rand.Read(sealed[:size]) // ends the program rather than fail
	cipher.NewCBCEncrypter(block, sealed[:size]).CryptBlocks(sealed[size:], padded)
	return sealed
}
