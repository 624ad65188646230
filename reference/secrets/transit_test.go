package secrets_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"assay/reference/secrets"
)

// transit answers as the Transit engine does for one key.
func transit(t *testing.T) *httptest.Server {
	t.Helper()
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	key, err := aead.New(handle)
	if err != nil {
		t.Fatal(err)
	}
	type message struct {
		Plaintext  []byte `json:"plaintext,omitempty"`
		Ciphertext string `json:"ciphertext,omitempty"`
		Associated []byte `json:"associated_data,omitempty"`
	}
	answer := func(w http.ResponseWriter, status int, data any) {
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(data); err != nil {
			t.Error(err)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in message
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Vault-Token") != "s.token" {
			answer(w, http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		switch r.URL.Path {
		case "/v1/transit/encrypt/assay":
			sealed, err := key.Encrypt(in.Plaintext, in.Associated)
			if err != nil {
				t.Error(err)
			}
			answer(w, http.StatusOK, map[string]any{"data": message{Ciphertext: "vault:v1:" + hex.EncodeToString(sealed)}})
		case "/v1/transit/decrypt/assay":
			plain, err := key.Decrypt(unhex(in.Ciphertext), in.Associated)
			if err != nil {
				answer(w, http.StatusBadRequest, map[string]any{"errors": []string{"cipher: message authentication failed"}})
				return
			}
			answer(w, http.StatusOK, map[string]any{"data": message{Plaintext: plain}})
		default:
			answer(w, http.StatusNotFound, map[string]any{"errors": []string{}})
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestTransitKey(t *testing.T) {
	server := transit(t)
	t.Setenv("VAULT_ADDR", server.URL)
	t.Setenv("VAULT_TOKEN", "s.token")
	location := "hcvault://" + strings.TrimPrefix(server.URL, "http://") + "/transit/keys/"
	kek, err := secrets.TransitKey(location + "assay")
	if err != nil {
		t.Fatal(err)
	}
	keys := newKeys()
	sealed := seal(t, secrets.New(kek, keys), "x")
	again, err := secrets.TransitKey(location + "assay")
	if err != nil {
		t.Fatal(err)
	}
	opens(t, secrets.New(again, keys), sealed, "x")
	for name, wrapped := range keys.sealed {
		keys.sealed["data key of tenant globex"] = wrapped
		if _, err := secrets.New(again, keys).Seal(t.Context(), "globex", []byte("x")); err == nil {
			t.Errorf("%s opens under another name", name)
		}
	}
	if _, err := secrets.TransitKey(location + "another"); err == nil || !strings.Contains(err.Error(), "/transit/keys/another") {
		t.Errorf("a key that is not there: %v", err)
	}
	t.Setenv("VAULT_TOKEN", "")
	t.Setenv("HOME", t.TempDir()) // where Vault's command keeps a token
	if _, err := secrets.TransitKey(location + "assay"); err == nil || !strings.Contains(err.Error(), "VAULT_TOKEN") {
		t.Errorf("no token: %v", err)
	}
	for _, bad := range []string{"", "hcvault://", "hcvault://host/transit", "https://host/transit/keys/assay", "hcvault://user:pass@host/transit/keys/assay"} {
		if _, err := secrets.TransitKey(bad); err == nil || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// unhex is nil for what is no ciphertext of transit's.
func unhex(ciphertext string) []byte {
	sealed, _ := hex.DecodeString(strings.TrimPrefix(ciphertext, "vault:v1:"))
	return sealed
}
