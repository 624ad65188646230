package password

import (
	"errors"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
)

// small are costs for tests.
var small = Costs{Memory: 64, Passes: 1, Lanes: 1}

func TestDamagedHashes(t *testing.T) {
	good := small.Hash("x")
	for _, phc := range []string{
		"", "x", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=4294967295", 1), strings.Replace(good, "p=1", "p=0", 1),
		good[:strings.LastIndex(good, "$")] + "$AA",
	} {
		if ok, err := Check(phc, "x"); ok || !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %t, %v", phc, ok, err)
		}
	}
	if ok, err := Check(good, "x"); !ok || err != nil {
		t.Errorf("good hash: %t, %v", ok, err)
	}
	if ok, err := Check(good, "y"); ok || err != nil {
		t.Errorf("other secret: %t, %v", ok, err)
	}
}

func TestCostsOfOWASP(t *testing.T) {
	if phc := OWASP().Hash("x"); !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash %q", phc)
	}
}

func TestRules(t *testing.T) {
	rules := directory.PasswordRules{MinLength: 12, Classes: 3}
	for password, broken := range map[string]int{
		"Correct-horse7":   0,
		"Short-7":          1,
		"correcthorsebatt": 1,
		"short":            2,
		"ADA@acme.test-77": 1,
		"Åé-12345678ø":     0, // counted in characters
	} {
		if got := Broken(rules, password, "Ada@Acme.test-77"); len(got) != broken {
			t.Errorf("%q: %q, want %d", password, got, broken)
		}
	}
}

func TestPrepare(t *testing.T) {
	composed, err := Prepare("caf\u00e9\u00a0au lait")
	if err != nil {
		t.Fatal(err)
	}
	apart, err := Prepare("cafe\u0301 au lait")
	if err != nil || composed != apart {
		t.Fatalf("%q, %q: %v", composed, apart, err)
	}
	for _, bad := range []string{"", "line\nbreak", strings.Repeat("x", MaxLength+1), "\xff\xfe"} {
		if got, err := Prepare(bad); !errors.Is(err, ErrUnusable) {
			t.Errorf("%q became %q, %v", bad, got, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	chosen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rules := directory.PasswordRules{MaxAge: 24 * time.Hour}
	for after, want := range map[time.Duration]bool{0: false, 24*time.Hour - 1: false, 24 * time.Hour: true} {
		if got := Expired(rules, chosen, chosen.Add(after)); got != want {
			t.Errorf("after %v: %t", after, got)
		}
	}
	if Expired(directory.PasswordRules{}, chosen, chosen.AddDate(50, 0, 0)) {
		t.Error("a password without a greatest age expired")
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(small.Hash("x"))
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parse(text)
		if err == nil && (h.Memory == 0 || h.Memory > 1<<20 || h.Passes == 0 || h.Passes > 16 || h.Lanes == 0 || len(h.sum) < 16) {
			t.Fatalf("%q was accepted: %+v", text, h)
		}
	})
}
