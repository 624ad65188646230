package secrets_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"assay/reference/secrets"
)

func TestOpaque(t *testing.T) {
	key := make([]byte, secrets.OpaqueKeySize)
	rand.Read(key)
	opaque := func(key []byte, purpose string) *secrets.Opaque {
		o, err := secrets.NewOpaque(key, purpose)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := opaque(key, "tenant")
	text := o.Seal("acme")
	if name, ok := o.Open(text); !ok || name != "acme" || text == o.Seal("acme") || bytes.Contains([]byte(text), []byte("acme")) {
		t.Errorf("%q opens to %q, %t", text, name, ok)
	}
	changed := []byte(text)
	changed[len(changed)/2] ^= 1
	for what, try := range map[string]func() (string, bool){
		"changed": func() (string, bool) { return o.Open(string(changed)) }, "cut": func() (string, bool) { return o.Open(text[:8]) },
		"empty": func() (string, bool) { return o.Open("") }, "plain": func() (string, bool) { return o.Open("acme") },
		"another purpose": func() (string, bool) { return opaque(key, "other").Open(text) },
		"another key":     func() (string, bool) { return opaque(make([]byte, secrets.OpaqueKeySize), "tenant").Open(text) },
	} {
		if name, ok := try(); ok {
			t.Errorf("%s: opens to %q", what, name)
		}
	}
	if _, err := secrets.NewOpaque(key[:5], "tenant"); err == nil {
		t.Error("a short key was taken")
	}
}
