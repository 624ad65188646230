package journal

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// holds wants the journal to hold what a map holds, by Get and by Scan.
func holds(t *testing.T, j *Journal, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	must(t, j.Scan("", func(key string, value []byte) error {
		if _, twice := got[key]; twice {
			t.Errorf("%q is scanned twice", key)
		}
		got[key] = string(value)
		return nil
	}))
	if !maps.Equal(got, want) {
		t.Fatalf("scan found %d records, want %d", len(got), len(want))
	}
	for key := range want {
		value, ok, err := j.Get(key)
		if must(t, err); !ok || string(value) != want[key] {
			t.Fatalf("%q: got %q, %v; want %q", key, value, ok, want[key])
		}
	}
	if _, ok, err := j.Get("nobody"); ok || err != nil {
		t.Errorf("a key that was never put: %v, %v", ok, err)
	}
}

// churn puts and deletes at random, in the journal and in the map.
func churn(t *testing.T, j *Journal, model map[string]string, random *rand.Rand, times, keys int) {
	t.Helper()
	for range times {
		key := fmt.Sprintf("key %d", random.IntN(keys))
		if random.IntN(4) == 0 {
			delete(model, key)
			must(t, j.Delete(key))
			continue
		}
		model[key] = strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(700))
		must(t, j.Put(key, []byte(model[key])))
	}
}

func TestJournalIsAMapInAFile(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "state")
	model := map[string]string{}
	for range 3 {
		j := open(t, path)
		holds(t, j, model)
		churn(t, j, model, random, 3000, 4000) // more keys than the first index has room for
		holds(t, j, model)
		before := j.end
		must(t, j.Compact())
		if dead := before - j.live; dead >= compactAfter && dead >= j.live && j.end >= before {
			t.Errorf("compacting left %d bytes of %d, %d of them in use", j.end, before, j.live)
		}
		holds(t, j, model)
		must(t, j.Close())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestCompactDropsWhatNoLongerCounts(t *testing.T) {
	t.Parallel()
	for name, j := range map[string]*Journal{"temporary": Temporary(), "named": open(t, filepath.Join(t.TempDir(), "state"))} {
		big := strings.Repeat("x", 100<<10)
		for range 30 {
			must(t, j.Put("a", []byte(big)))
		}
		must(t, j.Put("b", []byte("2")))
		must(t, j.Compact())
		if j.end > 110<<10 || j.end != j.live+int64(len(magic)) {
			t.Errorf("%s: %d bytes, %d of them in use", name, j.end, j.live)
		}
		holds(t, j, map[string]string{"a": big, "b": "2"})
		must(t, j.Put("c", []byte("3")))
		holds(t, j, map[string]string{"a": big, "b": "2", "c": "3"})
		must(t, j.Close())
	}
}

func TestScanInOrderWhileItIsWrittenTo(t *testing.T) {
	t.Parallel()
	j := Temporary()
	defer j.Close()
	for _, key := range []string{"p1", "q1", "p2", "p3", "p1"} {
		must(t, j.Put(key, []byte(key)))
	}
	var seen []string
	must(t, j.Scan("p", func(key string, _ []byte) error {
		seen = append(seen, key)
		return errors.Join(j.Put("p9", nil), j.Delete("p3"))
	}))
	if want := []string{"p2", "p1"}; !slices.Equal(seen, want) {
		t.Errorf("scanned %q, want %q", seen, want)
	}
}

// A process that is killed leaves a beginning of its last record.
func TestTornLastRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	j := open(t, path)
	must(t, j.Put("kept", []byte("one")))
	whole := j.end
	must(t, j.Put("torn", []byte("two")))
	must(t, j.Close())
	text, err := os.ReadFile(path)
	must(t, err)
	for cut := whole; cut < int64(len(text)); cut++ {
		must(t, os.WriteFile(path, text[:cut], 0o600))
		j := open(t, path)
		holds(t, j, map[string]string{"kept": "one"})
		must(t, j.Put("next", []byte("three")))
		must(t, j.Close())
		j = open(t, path)
		holds(t, j, map[string]string{"kept": "one", "next": "three"})
		must(t, j.Close())
	}
	for cut := range magic {
		must(t, os.WriteFile(path, text[:cut], 0o600))
		j := open(t, path)
		holds(t, j, map[string]string{})
		must(t, j.Close())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	j := open(t, path)
	must(t, j.Put("a", []byte("one")))
	first := j.end
	must(t, j.Put("b", []byte("two")))
	if _, err := Open(path); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("opened twice: %v", err)
	}
	must(t, j.Close())
	text, err := os.ReadFile(path)
	must(t, err)
	text[first-1] ^= 1
	must(t, os.WriteFile(path, text, 0o600))
	if _, err := Open(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprint("byte ", len(magic))) {
		t.Errorf("damaged: %v", err)
	}
	must(t, os.WriteFile(path, []byte("name: acme\n"), 0o600))
	if _, err := Open(path); !errors.Is(err, ErrNotJournal) {
		t.Errorf("another file: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "name: acme\n" {
		t.Errorf("another file was changed to %q", text)
	}
}

func FuzzOpen(f *testing.F) {
	rec, err := record{key: "k", value: []byte("v")}.append([]byte(magic))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec)
	f.Add(append(rec, 0, 0, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state")
		must(t, os.WriteFile(path, text, 0o600))
		j, err := Open(path)
		if err != nil {
			return
		}
		defer j.Close()
		must(t, j.Put("k", []byte("new")))
		value, ok, err := j.Get("k")
		if must(t, err); !ok || string(value) != "new" {
			t.Errorf("got %q, %v", value, ok)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	j := Temporary()
	defer j.Close()
	value := []byte(strings.Repeat("x", 200))
	for i := range b.N {
		if err := j.Put(fmt.Sprint(i), value); err != nil {
			b.Fatal(err)
		}
	}
}
