package directory

import (
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fixtures"
)

func crowd(t testing.TB, seed uint64, size int) *fixtures.Crowd {
	t.Helper()
	c, err := fixtures.NewCrowd(seed, size)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddCrowd(t *testing.T) {
	d := New()
	app := addApp(t, d, control.App{})
	add(t, d, "ada")
	added, err := d.AddCrowd(crowd(t, 7, 300), true, app.ID)
	if err != nil || added.People != 300 || added.Groups != len(d.Groups()) || added.Guests == 0 || added.Domain != "s7.example.test" {
		t.Fatalf("added %+v, %v", added, err)
	}
	if len(d.People()) != 301 || len(d.Users(app.ID)) != 300 || len(d.PushedGroups(app.ID)) != added.Groups {
		t.Errorf("%d people, %d users, %d pushed groups", len(d.People()), len(d.Users(app.ID)), len(d.PushedGroups(app.ID)))
	}
	second := crowd(t, 7, 300).Person(2)
	if boss, _ := d.Person(crowd(t, 7, 300).Person(0).ID); boss.ID == "" || personOf(second, boss.ID).Manager != boss.ID {
		t.Error("the first of the crowd is nobody")
	}
	before := d.Image()
	if _, err := d.AddCrowd(crowd(t, 8, 10), true, ""); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "crowd of seed 8") {
		t.Errorf("groups of the same names: %v", err)
	}
	if got := d.Image(); got.seq != before.seq || got.People() != before.People() || got.Groups() != before.Groups() {
		t.Error("a crowd that is refused leaves something behind")
	}
	if added, err := d.AddCrowd(crowd(t, 8, 10), false, ""); err != nil || added.People != 10 || added.Groups != 0 {
		t.Errorf("people only: %+v, %v", added, err)
	}
	if _, err := d.AddCrowd(crowd(t, 9, 1), true, "nothing"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown app: %v", err)
	}
}

func TestSameCrowdSameDirectory(t *testing.T) {
	a, b := New(), New()
	for _, d := range []*Directory{a, b} {
		if _, err := d.AddCrowd(crowd(t, 3, 200), true, ""); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(a.People(), b.People()) || !reflect.DeepEqual(a.Groups(), b.Groups()) {
		t.Error("two directories of one seed differ")
	}
}

// BenchmarkCrowd measures what a person costs: in time, which must not grow with the size, and in memory, memberships
// and assignments included; and what a snapshot of them adds.
func BenchmarkCrowd(b *testing.B) {
	for name, size := range map[string]int{"1000": 1000, "10000": 10_000, "100000": 100_000} {
		b.Run(name, func(b *testing.B) {
			c := crowd(b, 1, size)
			for b.Loop() {
				empty := heap()
				d := New()
				app, err := d.CreateApp(control.App{Persona: "okta-oin"})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.AddCrowd(c, true, app.ID); err != nil {
					b.Fatal(err)
				}
				full := heap()
				image := d.Image()
				b.ReportMetric(float64(full-empty)/float64(size), "B/person")
				b.ReportMetric(float64(heap()-full)/float64(size), "B/person-in-snapshot")
				runtime.KeepAlive(image)
				runtime.KeepAlive(d)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(size), "µs/person")
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
