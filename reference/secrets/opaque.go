package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
)

// OpaqueKeySize is the size of the key of an Opaque, in bytes.
const OpaqueKeySize = 32

// Opaque turns names that nobody shall guess or see into texts for URLs, and back. Each text of one name is
// another one (AES-256-GCM with a random nonce).
type Opaque struct {
	aead    cipher.AEAD
	purpose []byte
}

// NewOpaque returns an Opaque for one purpose: texts of another one do not open.
func NewOpaque(key []byte, purpose string) (*Opaque, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("opaque names: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("opaque names: %w", err)
	}
	return &Opaque{aead: aead, purpose: []byte(purpose)}, nil
}

// Seal returns a text for a name.
func (o *Opaque) Seal(name string) string {
	return base64.RawURLEncoding.EncodeToString(o.aead.Seal(nil, nil, []byte(name), o.purpose))
}

// Open returns the name of a text that Seal has made, or false.
func (o *Opaque) Open(text string) (name string, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", false
	}
	plain, err := o.aead.Open(nil, nil, sealed, o.purpose)
	return string(plain), err == nil
}
