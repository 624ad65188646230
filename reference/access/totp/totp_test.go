package totp

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"
)

// TestVectors are those of RFC 6238 appendix B for SHA-1, of which six digits are the last six.
func TestVectors(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		step, ok := Match(secret, code, time.Unix(at, 0), 0)
		if !ok || step != at/30 {
			t.Errorf("at %d: %d, %t", at, step, ok)
		}
	}
}

func TestWindowAndReuse(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	const code, made = "081804", 1111111109 // in the last second of its step
	for off, want := range map[int64]bool{0: true, 1: true, 30: true, 31: false, -29: true, -59: true, -60: false} {
		if _, ok := Match(secret, code, time.Unix(made+off, 0), 0); ok != want {
			t.Errorf("%d seconds off: %t", off, ok)
		}
	}
	if _, ok := Match(secret, code, time.Unix(made, 0), made/30); ok {
		t.Error("a used code was accepted")
	}
	if _, ok := Match(secret, "081 804 ", time.Unix(made, 0), made/30-1); !ok {
		t.Error("a code with a space was refused")
	}
	for _, bad := range []string{"", "0818", "081805", "08180４"} {
		if _, ok := Match(secret, bad, time.Unix(made, 0), 0); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, ok := Match("not base32!", code, time.Unix(made, 0), 0); ok {
		t.Error("a damaged secret accepts a code")
	}
}

func TestEnrolment(t *testing.T) {
	secret := NewSecret()
	if secret == NewSecret() || len(secret) != 32 {
		t.Fatalf("secret %q", secret)
	}
	url, err := URL("Acme & Söhne", "ada@acme.test", secret)
	if err != nil || !strings.HasPrefix(url, "otpauth://totp/") || !strings.Contains(url, "secret="+secret) {
		t.Fatalf("%q: %v", url, err)
	}
	path, width, err := Picture(url)
	if err != nil || width < 21 || !strings.HasPrefix(path, "M0 0h1v1h-1z") {
		t.Fatalf("picture of %d: %.40q, %v", width, path, err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, hashes := NewRecoveryCodes()
	seen := map[string]bool{}
	for i, code := range codes {
		if RecoveryHash(code) != hashes[i] || RecoveryHash(strings.ToUpper(strings.ReplaceAll(code, "-", " "))) != hashes[i] {
			t.Errorf("%q does not have its hash", code)
		}
		seen[code] = true
	}
	if len(seen) != recoveryCodes {
		t.Errorf("%d different codes", len(seen))
	}
}
