package secrets_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assay/reference/secrets"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

func TestSealIsBoundToTheTenant(t *testing.T) {
	v, err := secrets.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a client secret")
	sealed, err := v.Seal(t.Context(), "acme", secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, secret) {
		t.Fatal("the sealed form holds the plain text")
	}
	if _, err := v.Unseal(t.Context(), "globex", sealed); err == nil {
		t.Fatal("another tenant opened the secret")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := v.Unseal(t.Context(), "acme", sealed); err == nil {
		t.Fatal("a tampered secret was opened")
	}
}

func TestLocalKeyIsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db.keyset.json")
	var wg sync.WaitGroup
	keys := make([]tink.AEAD, 8)
	for i := range keys { // the first start of several processes at once
		wg.Go(func() {
			key, err := secrets.LocalKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = key
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sealed, err := keys[0].Encrypt([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if got, err := key.Decrypt(sealed, nil); err != nil || string(got) != "x" {
			t.Fatalf("key %d: %q, %v", i, got, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyset-*")); len(left) > 0 {
		t.Fatalf("temporary files left: %v", left)
	}
}

func TestLocalKeyRefusesAReadableKeyset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset.json")
	if _, err := secrets.LocalKey(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.LocalKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a keyset that others may read: %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.LocalKey(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("half a keyset: %v", err)
	}
}

// What version 0.1 has sealed, each secret with a data key of its own, still opens.
func TestEnvelopesOfBefore(t *testing.T) {
	kek, err := secrets.LocalKey(filepath.Join(t.TempDir(), "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), kek).Encrypt([]byte("old"), []byte("acme"))
	if err != nil {
		t.Fatal(err)
	}
	v := secrets.New(kek, newKeys())
	if got, err := v.Unseal(t.Context(), "acme", sealed); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := v.Unseal(t.Context(), "globex", sealed); !errors.Is(err, secrets.ErrWrongKey) {
		t.Errorf("another tenant: %v", err)
	}
}

// A data key is rotated by one process while another goes on: each opens what the other has sealed.
func TestRotateDataKey(t *testing.T) {
	ctx := t.Context()
	kek, err := secrets.LocalKey(filepath.Join(t.TempDir(), "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	keys := newKeys()
	a, b := secrets.New(kek, keys), secrets.New(kek, keys)
	before := seal(t, a, "1")
	opens(t, b, before, "1")
	if err := a.RotateDataKey(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	after := seal(t, a, "2")
	if bytes.Equal(before[:5], after[:5]) { // Tink's prefix names the key
		t.Error("the new key is not used")
	}
	for _, v := range []*secrets.Vault{a, b, secrets.New(kek, keys)} {
		opens(t, v, before, "1")
		opens(t, v, after, "2")
	}
	opens(t, a, seal(t, b, "3"), "3")
}

// All keys are wrapped anew, also when that was interrupted; the old key-encryption key is then of no use.
func TestRewrap(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	from, err := secrets.LocalKey(filepath.Join(dir, "from.json"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := secrets.LocalKey(filepath.Join(dir, "to.json"))
	if err != nil {
		t.Fatal(err)
	}
	keys := newKeys()
	old, fresh := secrets.New(from, keys), secrets.New(to, keys)
	sealed := seal(t, old, "x")
	shared, err := old.SharedKey(ctx, "cursors", 32)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.SharedKey(ctx, "cursors", 32); !errors.Is(err, secrets.ErrWrongKey) {
		t.Errorf("before: %v", err)
	}
	if _, err := fresh.Unseal(ctx, "acme", sealed); !errors.Is(err, secrets.ErrWrongKey) {
		t.Errorf("before: %v", err)
	}
	keys.failAfter = 1
	if _, err := old.Rewrap(ctx, to); err == nil {
		t.Error("an interruption goes unnoticed")
	}
	keys.failAfter = -1
	if n, err := old.Rewrap(ctx, to); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	opens(t, fresh, sealed, "x")
	if got, err := fresh.SharedKey(ctx, "cursors", 32); err != nil || !bytes.Equal(got, shared) {
		t.Errorf("shared key: %v", err)
	}
	if _, err := secrets.New(from, keys).Unseal(ctx, "acme", sealed); !errors.Is(err, secrets.ErrWrongKey) {
		t.Errorf("after: %v", err)
	}
}

// The local keyset is rotated in its place; nothing is lost at any moment.
func TestRotateLocalKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset.json")
	before, err := secrets.LocalKey(path)
	if err != nil {
		t.Fatal(err)
	}
	keys := newKeys()
	sealed := seal(t, secrets.New(before, keys), "x")
	after, err := secrets.RotateLocalKey(path)
	if err != nil {
		t.Fatal(err)
	}
	opens(t, secrets.New(after, keys), sealed, "x")
	if _, err := secrets.New(before, keys).Rewrap(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	again, err := secrets.LocalKey(path)
	if err != nil {
		t.Fatal(err)
	}
	opens(t, secrets.New(again, keys), sealed, "x")
	if _, err := secrets.New(before, keys).Unseal(t.Context(), "acme", sealed); !errors.Is(err, secrets.ErrWrongKey) {
		t.Errorf("the key of before: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func seal(t *testing.T, v *secrets.Vault, secret string) []byte {
	t.Helper()
	sealed, err := v.Seal(t.Context(), "acme", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t *testing.T, v *secrets.Vault, sealed []byte, want string) {
	t.Helper()
	if got, err := v.Unseal(t.Context(), "acme", sealed); err != nil || string(got) != want {
		t.Errorf("opened %q, wanted %q, %v", got, want, err)
	}
}
