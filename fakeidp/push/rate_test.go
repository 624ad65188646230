package push

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
)

// echoing is a target that finds nobody and takes everybody, and answers a create with what was sent and an id.
type echoing struct{ created atomic.Int64 }

func (e *echoing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/scim+json")
	if r.Method != http.MethodPost {
		_, _ = io.WriteString(w, noMatch)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"id":"7d1f0000-0000-4000-8000-%012d",%s`, e.created.Add(1), body[1:])
}

// BenchmarkPushRate compares the engine with a bare client of net/http that replays the requests of the engine's own
// first push: the same methods, URLs, headers and bodies, look-ups included, the look-up and the create of a person
// one after the other, with as many workers over connections that are kept alive. It reads every answer and
// looks at none of them. Both run in turn, and the metric "ratio" is what part of the bare client's rate the engine reaches, the median of
// the turns; the issue asks for 0.70.
//
// The target is net/http's server with a handler that parses nothing. Anything real, the reference included, is
// slower by a multiple, shares the machine with the client, and would hide what the engine costs.
func BenchmarkPushRate(b *testing.B) {
	for _, name := range []string{"entra-default", "okta-oin"} {
		b.Run(name, func(b *testing.B) { comparePushRate(b, name) })
	}
}

func comparePushRate(b *testing.B, persona string) {
	const people, workers = 2000, 8
	target := &recording{handler: &echoing{}}
	server := httptest.NewServer(target)
	defer server.Close()
	dir, app := crowd(b, persona, server.URL, people)
	var ours, bare time.Duration
	push := func() {
		engine := New(dir, Options{Concurrency: workers})
		defer engine.Close()
		started := time.Now()
		done, err := engine.Push(b.Context(), app)
		if ours += time.Since(started); err != nil || done.Failed > 0 || done.Requests != 2*people {
			b.Fatal(err, done.Failed, done.Requests)
		}
	}
	push()
	requests := target.stop()
	if len(requests) != 2*people {
		b.Fatalf("%d requests were recorded", len(requests))
	}
	var ratios []float64
	for ours = 0; b.Loop(); {
		before := ours
		push()
		took := replay(b, server.URL, requests, workers)
		bare += took
		ratios = append(ratios, took.Seconds()/(ours-before).Seconds())
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(float64(2*people*b.N)/ours.Seconds(), "requests/s")
	b.ReportMetric(float64(2*people*b.N)/bare.Seconds(), "bare-requests/s")
}

func crowd(b testing.TB, persona, target string, people int) (dir *directory.Directory, app string) {
	b.Helper()
	dir = directory.NewSeeded(1)
	made, err := dir.CreateApp(control.App{Persona: persona, SCIM: &control.SCIM{URL: target, Token: strings.Repeat("t0k3n-", 7)}})
	if err != nil {
		b.Fatal(err)
	}
	for i := range people {
		p, err := dir.CreatePerson(control.Person{
			Login: fmt.Sprintf("p%d@example.test", i), Email: fmt.Sprintf("p%d@mail.example.test", i), GivenName: "Ada", FamilyName: fmt.Sprintf("Byron %d", i),
			Title: "Engineer", Department: "R&D", Locale: "en-GB",
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := dir.Assign(made.ID, p.ID); err != nil {
			b.Fatal(err)
		}
	}
	return dir, made.ID
}

// recording keeps the requests that come until it is stopped.
type recording struct {
	handler http.Handler
	mu      sync.Mutex
	stopped bool
	seen    []recorded
}

type recorded struct {
	method, uri string
	header      http.Header
	body        []byte
}

func (r *recording) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	recording := !r.stopped
	r.mu.Unlock()
	if recording {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		header := req.Header.Clone()
		header.Del("Content-Length") // the client adds it
		r.mu.Lock()
		r.seen = append(r.seen, recorded{req.Method, req.RequestURI, header, body})
		r.mu.Unlock()
	}
	r.handler.ServeHTTP(w, req)
}

func (r *recording) stop() []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	return r.seen
}

// replay sends look-ups and creates in pairs, as the engine does.
func replay(b *testing.B, base string, requests []recorded, workers int) time.Duration {
	b.Helper()
	client := &http.Client{Transport: newTransport()}
	defer client.CloseIdleConnections()
	var lookups, creates []recorded
	for _, r := range requests {
		if r.method == http.MethodGet {
			lookups = append(lookups, r)
		} else {
			creates = append(creates, r)
		}
	}
	started := time.Now()
	var group sync.WaitGroup
	for at := range workers {
		group.Go(func() {
			for i := at; i < len(lookups); i += workers {
				sendBare(b, client, base, lookups[i])
				sendBare(b, client, base, creates[i])
			}
		})
	}
	group.Wait()
	return time.Since(started)
}

func sendBare(b *testing.B, client *http.Client, base string, r recorded) {
	var body io.Reader
	if len(r.body) > 0 {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(b.Context(), r.method, base+r.uri, body)
	if err != nil {
		b.Error(err)
		return
	}
	req.Header = r.header
	res, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	_, _ = io.ReadAll(res.Body)
	_ = res.Body.Close()
}
