package push

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
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

// BenchmarkPushRate compares the engine with a bare HTTP client that sends the same requests with the same
// concurrency to the same target. The metric "ratio" is what part of the bare client's rate the engine reaches.
func BenchmarkPushRate(b *testing.B) {
	const people, workers = 2000, 8
	server := httptest.NewServer(&blank{})
	defer server.Close()
	dir := directory.NewSeeded(1)
	app, err := dir.CreateApp(control.App{Persona: "entra-default", SCIM: &control.SCIM{URL: server.URL, Token: "t"}})
	if err != nil {
		b.Fatal(err)
	}
	for i := range people {
		p, err := dir.CreatePerson(control.Person{Login: fmt.Sprintf("p%d@example.test", i), Email: "shared@example.test", GivenName: "Ada", FamilyName: "Byron"})
		if err != nil {
			b.Fatal(err)
		}
		if err := dir.Assign(app.ID, p.ID); err != nil {
			b.Fatal(err)
		}
	}
	var ours, bare time.Duration
	for b.Loop() {
		engine := New(dir, Options{Concurrency: workers})
		started := time.Now()
		done, err := engine.Push(b.Context(), app.ID)
		if ours += time.Since(started); err != nil || done.Failed > 0 {
			b.Fatal(err, done.Failed)
		}
		engine.Close()
		bare += sendBare(b, server.URL, done.Steps[len(done.Steps)-1].Exchange.RequestBody, people, workers)
	}
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(float64(2*people*b.N)/ours.Seconds(), "requests/s")
}

func sendBare(b *testing.B, base, body string, people, workers int) time.Duration {
	b.Helper()
	client := &http.Client{Transport: newTransport()}
	defer client.CloseIdleConnections()
	send := func(method, url, body string) {
		req, err := http.NewRequestWithContext(b.Context(), method, url, strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer t")
		res, err := client.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	started := time.Now()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range people / workers {
				send(http.MethodGet, base+"/Users?filter=userName+eq+%22p1%40example.test%22", "")
				send(http.MethodPost, base+"/Users", body)
			}
		})
	}
	group.Wait()
	return time.Since(started)
}
