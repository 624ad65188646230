package push

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/journal"
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

// TestLongPushKeepsNothing wants people to cost the engine no memory once they are pushed: their links are in a file,
// and the log is full after the first thousand. What the runtime and its pools hold differs by some hundred KiB from one
// measurement to the next; what the engine kept of people would be in each of them.
func TestLongPushKeepsNothing(t *testing.T) {
	const few, many, attempts = 1200, 3000, 6
	for n := range attempts {
		before := pushCrowd(t, few).held
		after := pushCrowd(t, many).held
		perPerson := float64(after-before) / (many - few)
		t.Logf("held after %d people: %d KiB, after %d: %d KiB; %.0f bytes a person", few, before>>10, many, after>>10, perPerson)
		if perPerson <= 60 {
			return
		}
		if n == attempts-1 {
			t.Errorf("each person more costs %.0f bytes, want none", perPerson)
		}
	}
}

// BenchmarkPushMemory measures what a push of many people costs: "held-KiB" is what the engine holds afterwards, and
// "live-KiB" by how much what the garbage collector found in use was more, at most, during the push. The directory's own memory is in
// neither; the target's side of the connections is.
func BenchmarkPushMemory(b *testing.B) {
	for _, people := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(people), func(b *testing.B) {
			var cost crowdCost
			for range b.N {
				cost = pushCrowd(b, people)
			}
			b.ReportMetric(float64(cost.held>>10), "held-KiB")
			b.ReportMetric(float64(cost.peak>>10), "live-KiB")
			b.ReportMetric(float64(cost.file>>10), "file-KiB")
			b.ReportMetric(cost.rate, "requests/s")
		})
	}
}

type crowdCost struct {
	held, peak int64 // bytes of heap
	file       int64 // bytes of the journal
	rate       float64
}

// pushCrowd pushes n people into a blank target and says what it cost.
func pushCrowd(t testing.TB, n int) crowdCost {
	t.Helper()
	target := &blank{}
	server := httptest.NewServer(target)
	defer server.Close()
	dir, app := crowd(t, "entra-default", server.URL, n)
	path := filepath.Join(t.TempDir(), "state")
	remembered, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer remembered.Close()
	engine := New(dir, Options{Concurrency: 8, Journal: remembered})
	defer engine.Close()
	var peak atomic.Int64
	before := held()
	engine.options.Progress = func(p Progress) {
		if p.Done%1000 == 0 {
			peak.Store(max(peak.Load(), live()-before))
		}
	}
	started := time.Now()
	done, err := engine.Push(t.Context(), app)
	if err != nil || done.Failed > 0 || done.Requests != 2*n || target.created.Load() != int64(n) {
		t.Fatalf("%v: %d requests, %d failed, %d created", err, done.Requests, done.Failed, target.created.Load())
	}
	took := time.Since(started)
	if len(done.Steps) > 2*logSteps {
		t.Errorf("the report has %d steps", len(done.Steps))
	}
	done = control.Push{}
	cost := crowdCost{held: held() - before, peak: peak.Load(), rate: 2 * float64(n) / took.Seconds()}
	if info, err := os.Stat(path); err == nil {
		cost.file = info.Size()
	}
	runtime.KeepAlive(dir)
	runtime.KeepAlive(engine)
	return cost
}

// held is the heap that is in use now, live what the last collection found in use.
func held() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
