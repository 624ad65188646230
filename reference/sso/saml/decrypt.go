package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	_ "crypto/sha1" // the digest of RSA-OAEP-MGF1P, where its weakness does not matter
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/beevik/etree"
)

const nsEncryption11 = "http://www.w3.org/2009/xmlenc11#"

// decrypt opens an EncryptedAssertion: AES in GCM or CBC, its key under RSA-OAEP (SAML2int SDP-ENC). RSA PKCS#1 v1.5
// and Triple DES are not spoken (XML Encryption 1.1 section 5.5.1 and 6). The caller must not tell one error from another.
func (c *Credential) decrypt(hidden *etree.Element) ([]byte, error) {
	data := only(hidden, nsEncryption, "EncryptedData")
	if data == nil {
		return nil, errors.New("not one EncryptedData")
	}
	key, err := c.contentKey(encryptedKey(hidden, data))
	if err != nil {
		return nil, err
	}
	sealed, err := cipherValue(data)
	if err != nil {
		return nil, err
	}
	algorithm := algorithmOf(data)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	switch {
	case algorithm == gcmOf(len(key)):
		return openGCM(block, sealed)
	case algorithm == cbcOf(len(key)):
		return openCBC(block, sealed)
	}
	return nil, errors.New("an algorithm that is not AES in GCM or CBC, or a key of another length")
}

func gcmOf(bytes int) string {
	return map[int]string{16: nsEncryption11 + "aes128-gcm", 24: nsEncryption11 + "aes192-gcm", 32: nsEncryption11 + "aes256-gcm"}[bytes]
}

func cbcOf(bytes int) string {
	return map[int]string{16: nsEncryption + "aes128-cbc", 24: nsEncryption + "aes192-cbc", 32: nsEncryption + "aes256-cbc"}[bytes]
}

// encryptedKey is in the KeyInfo of the data or beside the data; nil when there is not exactly one.
func encryptedKey(hidden, data *etree.Element) *etree.Element {
	found := children(hidden, nsEncryption, "EncryptedKey")
	if info := only(data, nsSignature, "KeyInfo"); info != nil {
		found = append(found, children(info, nsEncryption, "EncryptedKey")...)
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func algorithmOf(e *etree.Element) string {
	method := only(e, nsEncryption, "EncryptionMethod")
	if method == nil {
		return ""
	}
	return value(method, "Algorithm")
}

func cipherValue(e *etree.Element) ([]byte, error) {
	data := only(e, nsEncryption, "CipherData")
	if data == nil {
		return nil, errors.New("not one CipherData")
	}
	inner := only(data, nsEncryption, "CipherValue")
	if inner == nil {
		return nil, errors.New("not one CipherValue")
	}
	encoded, ok := text(inner)
	if !ok {
		return nil, errors.New("a CipherValue with elements in it")
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
}

// contentKey opens the key of the data.
func (c *Credential) contentKey(e *etree.Element) ([]byte, error) {
	if e == nil {
		return nil, errors.New("not one EncryptedKey")
	}
	options, err := oaep(e)
	if err != nil {
		return nil, err
	}
	sealed, err := cipherValue(e)
	if err != nil {
		return nil, err
	}
	return c.key.Decrypt(nil, sealed, options)
}

// oaep reads the parameters of RSA-OAEP. The older identifier always has MGF1 with SHA-1, the newer one says
// which; the digest is SHA-1 where none is named (XML Encryption 1.1 section 5.5.2).
func oaep(e *etree.Element) (*rsa.OAEPOptions, error) {
	algorithm := algorithmOf(e)
	method := only(e, nsEncryption, "EncryptionMethod")
	options := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	if algorithm != nsEncryption+"rsa-oaep-mgf1p" && algorithm != nsEncryption11+"rsa-oaep" {
		return nil, errors.New("a key transport that is not RSA-OAEP")
	}
	if digest := only(method, nsSignature, "DigestMethod"); digest != nil {
		switch value(digest, "Algorithm") {
		case nsSignature + "sha1":
		case nsEncryption + "sha256":
			options.Hash = crypto.SHA256
		case nsEncryption + "sha512":
			options.Hash = crypto.SHA512
		default:
			return nil, errors.New("an unknown digest of RSA-OAEP")
		}
	}
	if mask := only(method, nsEncryption11, "MGF"); mask != nil && algorithm == nsEncryption11+"rsa-oaep" {
		switch value(mask, "Algorithm") {
		case nsEncryption11 + "mgf1sha1":
		case nsEncryption11 + "mgf1sha256":
			options.MGFHash = crypto.SHA256
		case nsEncryption11 + "mgf1sha512":
			options.MGFHash = crypto.SHA512
		default:
			return nil, errors.New("an unknown mask of RSA-OAEP")
		}
	}
	return options, nil
}

// openGCM takes the nonce, the ciphertext and the tag, one after the other (XML Encryption 1.1 section 5.2.4).
func openGCM(block cipher.Block, sealed []byte) ([]byte, error) {
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("too short")
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
}

// openCBC takes the IV and whole blocks, the last byte of which says how many to drop (XML Encryption 1.1 section 5.2.3).
func openCBC(block cipher.Block, sealed []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(sealed) < 2*size || len(sealed)%size != 0 {
		return nil, errors.New("not whole blocks")
	}
	plain := make([]byte, len(sealed)-size)
	cipher.NewCBCDecrypter(block, sealed[:size]).CryptBlocks(plain, sealed[size:])
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size {
		return nil, errors.New("not padded")
	}
	return plain[:len(plain)-pad], nil
}
