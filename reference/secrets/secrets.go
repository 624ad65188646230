// Package secrets seals what the application must be able to read again, above all the client secrets
// of its single sign-on connections.
//
// It is envelope encryption: each tenant has a data key (AES-256-GCM), which is kept in the database, wrapped by the
// key-encryption key of this installation: a local keyset, or a key in the Transit engine of Vault or OpenBao. The tenant
// is the associated data, so that a sealed secret that is copied to another tenant does not open. Both kinds of key
// can be rotated.
package secrets

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys keeps wrapped keys for all processes of an installation.
type Keys interface {
	// SealedKey returns the key that is kept under a name. When there is none it keeps the one that is offered:
	// of several processes that offer one at the same time, all get the same.
	SealedKey(ctx context.Context, name string, offered []byte) ([]byte, error)
	// ReplaceSealedKey puts fresh in the place of old. It returns false when old is not what is kept.
	ReplaceSealedKey(ctx context.Context, name string, old, fresh []byte) (bool, error)
	// SealedKeys returns all of them by name.
	SealedKeys(ctx context.Context) (map[string][]byte, error)
}

// ErrWrongKey is returned when a key was wrapped by another key-encryption key.
var ErrWrongKey = errors.New("it was wrapped by another key-encryption key")

// Vault seals and opens secrets. It is safe for concurrent use.
type Vault struct {
	kek  tink.AEAD
	keys Keys

	mu   sync.Mutex
	open map[string]tink.AEAD // data keys by tenant
}

// New returns the vault of a key-encryption key and the keys that it has wrapped.
func New(kek tink.AEAD, keys Keys) *Vault {
	return &Vault{kek: kek, keys: keys, open: map[string]tink.AEAD{}}
}

// NewMemory returns a vault whose keys live as long as the process.
func NewMemory() (*Vault, error) {
	kek, err := MemoryKey()
	if err != nil {
		return nil, err
	}
	return New(kek, &memoryKeys{sealed: map[string][]byte{}}), nil
}

// Seal encrypts a secret of a tenant.
func (v *Vault) Seal(ctx context.Context, tenant string, secret []byte) ([]byte, error) {
	key, err := v.dataKey(ctx, tenant)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Encrypt(secret, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("seal secret of tenant %s: %w", tenant, err)
	}
	return sealed, nil
}

// Unseal decrypts what Seal made for the same tenant.
func (v *Vault) Unseal(ctx context.Context, tenant string, sealed []byte) ([]byte, error) {
	if isEnvelope(sealed) {
		return v.openEnvelope(tenant, sealed)
	}
	key, err := v.dataKey(ctx, tenant)
	if err != nil {
		return nil, err
	}
	secret, err := key.Decrypt(sealed, []byte(tenant))
	if err == nil {
		return secret, nil
	}
	// Another process may have rotated the data key since this one has read it.
	v.forget(tenant)
	if key, err = v.dataKey(ctx, tenant); err != nil {
		return nil, err
	}
	if secret, err = key.Decrypt(sealed, []byte(tenant)); err != nil {
		return nil, fmt.Errorf("open secret of tenant %s: %w", tenant, err)
	}
	return secret, nil
}

// SharedKey is Shared for a random key of size bytes.
func (v *Vault) SharedKey(ctx context.Context, name string, size int) ([]byte, error) {
	fresh := make([]byte, size)
	rand.Read(fresh) // it never fails
	return v.Shared(ctx, name, fresh)
}

// Shared returns the secret that all processes of the installation share under a name: the first that one of them has
// offered. It returns ErrWrongKey when the one that is kept cannot be opened.
func (v *Vault) Shared(ctx context.Context, name string, fresh []byte) ([]byte, error) {
	offered, err := v.kek.Encrypt(fresh, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("wrap key %q: %w", name, err)
	}
	sealed, err := v.keys.SealedKey(ctx, name, offered)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return v.unwrap(name, sealed)
}

func (v *Vault) unwrap(name string, sealed []byte) ([]byte, error) {
	if isEnvelope(sealed) {
		return v.openEnvelope(name, sealed)
	}
	key, err := v.kek.Decrypt(sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("key %q: %w (%w)", name, ErrWrongKey, err)
	}
	return key, nil
}

// dataKeyPrefix begins the names under which the data keys of tenants are kept.
const dataKeyPrefix = "data key of tenant "

func (v *Vault) dataKey(ctx context.Context, tenant string) (tink.AEAD, error) {
	v.mu.Lock()
	key, ok := v.open[tenant]
	v.mu.Unlock()
	if ok {
		return key, nil
	}
	handle, _, err := v.dataKeyset(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if key, err = primitive(handle); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open[tenant] = key
	return key, nil
}

// dataKeyset returns the data keys of a tenant, and their wrapped form as it is kept. The first to ask makes the first key.
func (v *Vault) dataKeyset(ctx context.Context, tenant string) (handle *keyset.Handle, sealed []byte, err error) {
	name := dataKeyPrefix + tenant
	fresh, err := newKeyset()
	if err != nil {
		return nil, nil, err
	}
	offered, err := v.wrap(name, fresh)
	if err != nil {
		return nil, nil, err
	}
	sealed, err = v.keys.SealedKey(ctx, name, offered)
	if err != nil {
		return nil, nil, err
	}
	handle, err = v.unwrapKeyset(name, sealed)
	return handle, sealed, err
}

func (v *Vault) forget(tenant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, tenant)
}

func (v *Vault) wrap(name string, handle *keyset.Handle) ([]byte, error) {
	var wrapped bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), v.kek, []byte(name)); err != nil {
		return nil, fmt.Errorf("wrap %s: %w", name, err)
	}
	return wrapped.Bytes(), nil
}

func (v *Vault) unwrapKeyset(name string, sealed []byte) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealed)), v.kek, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w (%w)", name, ErrWrongKey, err)
	}
	return handle, nil
}

// isEnvelope tells what version 0.1 has sealed: each secret with a data key of its own in front of it, behind the
// length of that key, which takes less than 2^24 bytes. Nothing that is sealed now begins with a zero.
func isEnvelope(sealed []byte) bool { return len(sealed) > 0 && sealed[0] == 0 }

func (v *Vault) openEnvelope(tenant string, sealed []byte) ([]byte, error) {
	secret, err := aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), v.kek).Decrypt(sealed, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("open secret of tenant %s: %w (%w)", tenant, ErrWrongKey, err)
	}
	return secret, nil
}
