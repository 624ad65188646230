package secrets_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"assay/reference/secrets"
)

func TestSealIsBoundToTheTenant(t *testing.T) {
	v, err := secrets.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a client secret")
	sealed, err := v.Seal("acme", secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, secret) {
		t.Fatal("the sealed form holds the plain text")
	}
	if _, err := v.Unseal("globex", sealed); err == nil {
		t.Fatal("another tenant opened the secret")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := v.Unseal("acme", sealed); err == nil {
		t.Fatal("a tampered secret was opened")
	}
}

func TestOpenKeepsItsKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db.keyset.json")
	var wg sync.WaitGroup
	vaults := make([]*secrets.Vault, 8)
	for i := range vaults { // the first start of several processes at once
		wg.Go(func() {
			v, err := secrets.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			vaults[i] = v
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sealed, err := vaults[0].Seal("acme", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vaults {
		if got, err := v.Unseal("acme", sealed); err != nil || string(got) != "x" {
			t.Fatalf("vault %d: %q, %v", i, got, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyset-*")); len(left) > 0 {
		t.Fatalf("temporary files left: %v", left)
	}
}

func TestOpenRefusesAReadableKeyset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset.json")
	if _, err := secrets.Open(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.Open(path); err == nil {
		t.Fatal("a keyset that others may read was used")
	}
}
