package push

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
)

// blank is a target that finds nobody and takes everybody, and remembers nothing.
type blank struct{ created atomic.Int64 }

func (b *blank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch r.Method {
	case http.MethodPost:
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":"7d1f0000-0000-4000-8000-%012d"}`, b.created.Add(1))
	case http.MethodGet:
		_, _ = io.WriteString(w, noMatch)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// TestLongPushKeepsOnlyLinks pushes many people, and wants the engine to hold no more than a link for each
// afterwards: no bodies, no steps beyond a log's worth. ASSAY_STREAM_PEOPLE raises the number.
func TestLongPushKeepsOnlyLinks(t *testing.T) {
	many := 10_000
	if text := os.Getenv("ASSAY_STREAM_PEOPLE"); text != "" {
		var err error
		if many, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	few, more := heldAfter(t, many/10), heldAfter(t, many)
	perPerson := float64(more-few) / float64(many-many/10)
	t.Logf("held after %d people: %d KiB, after %d: %d KiB; %.0f bytes a person", many/10, few>>10, many, more>>10, perPerson)
	if perPerson > 1500 {
		t.Errorf("each person more costs %.0f bytes; a link is a few hundred", perPerson)
	}
}

// heldAfter pushes n people and returns how much more memory the engine holds than before.
func heldAfter(t *testing.T, n int) int64 {
	t.Helper()
	target := &blank{}
	r := newRig(t, "entra-default", target, Options{Concurrency: 8})
	for i := range n {
		r.assign(control.Person{Login: fmt.Sprintf("p%d@example.test", i), Email: fmt.Sprintf("p%d@example.test", i), GivenName: "Ada", FamilyName: "Byron"})
	}
	before, started := held(), time.Now()
	done, err := r.engine.Push(t.Context(), r.app)
	if err != nil || done.Failed > 0 || done.Requests != 2*n || target.created.Load() != int64(n) {
		t.Fatalf("%v: %d requests, %d failed, %d created", err, done.Requests, done.Failed, target.created.Load())
	}
	if len(done.Steps) > 2*logSteps {
		t.Errorf("the report has %d steps", len(done.Steps))
	}
	t.Logf("%d people: %.0f requests a second", n, float64(done.Requests)/time.Since(started).Seconds())
	after := held()
	runtime.KeepAlive(r)
	runtime.KeepAlive(done)
	return after - before
}

func held() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
