// Package secrets seals what the application must be able to read again, above all the client secrets
// of its single sign-on connections.
//
// Each secret is encrypted with a data key of its own (AES-256-GCM), and that key with the
// key-encryption key of this installation: envelope encryption as Tink defines it. The tenant is the
// associated data, so that a sealed secret that is copied to another tenant does not open.
package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Vault seals and opens secrets. It is safe for concurrent use.
type Vault struct {
	envelope tink.AEAD
}

// NewMemory returns a vault whose key lives as long as the process.
func NewMemory() (*Vault, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	return fromHandle(handle)
}

// Open returns the vault whose key-encryption key is in the file at path, and makes the file when
// there is none. Only its owner may read the file: another mode is an error.
func Open(path string) (*Vault, error) {
	handle, err := load(path)
	if errors.Is(err, fs.ErrNotExist) {
		handle, err = create(path)
	}
	if err != nil {
		return nil, err
	}
	return fromHandle(handle)
}

// Seal encrypts a secret of a tenant.
func (v *Vault) Seal(tenant string, secret []byte) ([]byte, error) {
	sealed, err := v.envelope.Encrypt(secret, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("seal secret of tenant %s: %w", tenant, err)
	}
	return sealed, nil
}

// Unseal decrypts what Seal made for the same tenant.
func (v *Vault) Unseal(tenant string, sealed []byte) ([]byte, error) {
	secret, err := v.envelope.Decrypt(sealed, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("open secret of tenant %s: %w", tenant, err)
	}
	return secret, nil
}

func fromHandle(handle *keyset.Handle) (*Vault, error) {
	kek, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use keyset: %w", err)
	}
	return &Vault{envelope: aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), kek)}, nil
}

func load(path string) (*keyset.Handle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("keyset %s: others may read it (mode %04o); run chmod 600", path, info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	// Cleartext on purpose: this file is the root of trust of an installation without a key service.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return nil, fmt.Errorf("keyset %s is damaged: %w", path, err)
	}
	return handle, nil
}

// create writes a new keyset beside its final name and links it there, so that no reader ever sees half
// a file and the second of two processes uses the key of the first.
func create(path string) (*keyset.Handle, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	var data bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&data)); err != nil {
		return nil, fmt.Errorf("encode keyset: %w", err)
	}
	tmp, err := writeTemp(filepath.Dir(path), data.Bytes())
	if err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	defer os.Remove(tmp)
	err = os.Link(tmp, path)
	if errors.Is(err, fs.ErrExist) {
		return load(path)
	}
	if err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return handle, nil
}

// writeTemp writes data durably to a new file that only its owner may read.
func writeTemp(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".keyset-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}
