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

// LocalKey returns the key-encryption key in the file at path, and makes the file when there is none. Only its owner may
// read the file: another mode is an error.
func LocalKey(path string) (tink.AEAD, error) {
	handle, err := load(path)
	if errors.Is(err, fs.ErrNotExist) {
		handle, err = create(path)
	}
	if err != nil {
		return nil, err
	}
	return primitive(handle)
}

// MemoryKey returns a key-encryption key that lives as long as the process.
func MemoryKey() (tink.AEAD, error) {
	handle, err := newKeyset()
	if err != nil {
		return nil, err
	}
	return primitive(handle)
}

// RotateLocalKey puts a new key into the file at path, which is used from then on. The old ones stay: what they have
// wrapped still opens, until Vault.Rewrap has wrapped it anew.
func RotateLocalKey(path string) (tink.AEAD, error) {
	handle, err := load(path)
	if err != nil {
		return nil, err
	}
	fresh, err := withNewPrimary(handle)
	if err != nil {
		return nil, fmt.Errorf("keyset %s: %w", path, err)
	}
	tmp, err := writeKeyset(filepath.Dir(path), fresh)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return primitive(fresh)
}

func primitive(handle *keyset.Handle) (tink.AEAD, error) {
	kek, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use keyset: %w", err)
	}
	return kek, nil
}

// newKeyset returns a keyset with one key.
func newKeyset() (*keyset.Handle, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	return handle, nil
}

// withNewPrimary returns the keyset with one more key, which encrypts from now on.
func withNewPrimary(handle *keyset.Handle) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return manager.Handle()
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
	handle, err := newKeyset()
	if err != nil {
		return nil, err
	}
	tmp, err := writeKeyset(filepath.Dir(path), handle)
	if err != nil {
		return nil, err
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

// writeKeyset writes a keyset to a new file in a folder.
func writeKeyset(dir string, handle *keyset.Handle) (path string, err error) {
	var data bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&data)); err != nil {
		return "", fmt.Errorf("encode keyset: %w", err)
	}
	path, err = writeTemp(dir, data.Bytes())
	if err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	return path, nil
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
