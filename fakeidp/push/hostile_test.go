package push

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/journal"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

func TestHostileTargets(t *testing.T) {
	reply := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	targets := map[string]http.HandlerFunc{
		"html":          reply(200, "text/html", "<!doctype html><title>hello</title>"),
		"400":           reply(400, "application/json", "{}"),
		"500":           reply(500, "text/plain", "boom"),
		"status 999":    reply(999, "text/plain", ""),
		"empty object":  reply(200, "application/json", "{}"),
		"null":          reply(200, "application/json", "null"),
		"array":         reply(200, "application/json", "[]"),
		"string":        reply(200, "application/json", `"hello"`),
		"two values":    reply(200, "application/json", `{} {}`),
		"204":           reply(204, "", ""),
		"201 empty":     reply(201, "application/json", ""),
		"deep nesting":  reply(200, "application/json", `{"totalResults":`+strings.Repeat("[", 200_000)),
		"wrong types":   reply(200, "application/json", `{"totalResults":1,"id":7,"Resources":"ada"}`),
		"invalid UTF-8": reply(200, "application/json", "{\"id\":\"\xff\xfe\"}"),
		"redirect":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"not gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "plain")
		},
		"br": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, noMatch)
		},
		"bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zw := gzip.NewWriter(w)
			_, _ = io.Copy(zw, io.LimitReader(zeros{}, 64<<20))
			_ = zw.Close()
		},
		"too long": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, io.LimitReader(zeros{}, maxBody+2)) },
		"hang":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"drip": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		},
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "okta-oin", target, Options{Timeout: 150 * time.Millisecond})
			r.assign(ada())
			r.known(bob(), "u-9", false)
			r.group("Eng Team")
			done := r.push()
			if done.Failed != len(done.Steps) || done.Failed == 0 {
				t.Errorf("every step fails, but: %s", verdicts(done.Steps))
			}
			tested, err := r.engine.TestConnection(t.Context(), r.app)
			if err != nil || tested.Failed != 1 {
				t.Errorf("test: %v %s", err, verdicts(tested.Steps))
			}
			imported, err := r.engine.Import(t.Context(), r.app)
			if err != nil || imported.Failed != 1 {
				t.Errorf("import: %v %s", err, verdicts(imported.Steps))
			}
			r.noSecrets(tested, imported)
			if links, _ := r.engine.Links(r.app); len(links) != 1 {
				t.Errorf("links: %v", links)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A target that repeats the token everywhere must not bring it into the log, whole or in part.
func TestTokenNeverReachesTheLog(t *testing.T) {
	pad := strings.Repeat("x", 180) // so that a cut falls into the token
	echoes := []func(http.ResponseWriter, *http.Request){
		func(w http.ResponseWriter, r *http.Request) {
			token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			w.Header().Set("X-Echo", token)
			w.Header().Set("Set-Cookie", "session=c00kie")
			w.WriteHeader(500)
			_, _ = w.Write(resource.Encode(map[string]string{"detail": pad + token, "password": "Aa1secret"}))
		},
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(resource.Encode(map[string]any{"totalResults": pad + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}))
		},
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "x"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			_, _ = io.WriteString(w, strings.Repeat("y", storedBody-30)+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		},
		func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+"\r\n\r\n")
			_ = conn.Close()
		},
	}
	for _, echo := range echoes {
		r := newRig(t, "okta-oin", http.HandlerFunc(echo), Options{})
		r.assign(ada())
		done := r.push() // looks for the token itself
		if done.Failed != 1 {
			t.Errorf("failed %d: %s", done.Failed, verdicts(done.Steps))
		}
		for _, secret := range []string{"Aa1secret", "c00kie"} {
			if strings.Contains(string(resource.Encode(done)), secret) {
				t.Errorf("%s of the answer is in the log", secret)
			}
		}
	}
}

func TestDeadTargetDoesNotCostATimeoutForEverybody(t *testing.T) {
	var requests atomic.Int32
	r := newRig(t, "okta-oin", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		<-r.Context().Done()
	}), Options{Timeout: 30 * time.Millisecond})
	for i := range 20 {
		login := fmt.Sprintf("p%d@example.test", i)
		r.assign(control.Person{Login: login, Email: login})
	}
	done := r.push()
	if requests.Load() != silenceLimit || done.Failed != silenceLimit {
		t.Errorf("%d requests, %s", requests.Load(), verdicts(done.Steps))
	}
}

func TestOneAnswerEndsTheSilence(t *testing.T) {
	requests := 0
	r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests%3 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}), Options{})
	for i := range 10 {
		login := fmt.Sprintf("p%d@example.test", i)
		r.assign(control.Person{Login: login, Email: login})
	}
	if done := r.push(); len(done.Steps) != 10 {
		t.Errorf("%d steps, want one for each person: %s", len(done.Steps), verdicts(done.Steps))
	}
}

func TestLongAnswerIsCutOff(t *testing.T) {
	r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, noMatch)
		_, _ = io.WriteString(w, strings.Repeat(" ", maxBody))
	}), Options{})
	done, err := r.engine.TestConnection(t.Context(), r.app)
	if err != nil || done.Failed != 1 || !strings.Contains(done.Steps[0].Verdict, "longer than 8 MiB") {
		t.Errorf("%v %s", err, verdicts(done.Steps))
	}
	if stored := len(done.Steps[0].Exchange.ResponseBody); stored > storedBody+20 {
		t.Errorf("%d bytes are stored", stored)
	}
}

func TestLogIsBounded(t *testing.T) {
	st, err := openState("app", journal.Temporary())
	if err != nil {
		t.Fatal(err)
	}
	for range logSteps + 10 {
		st.record(&control.Step{})
	}
	if got := st.steps(); len(got) != logSteps || got[0].Seq != 11 {
		t.Errorf("%d steps from %d on", len(got), got[0].Seq)
	}
	for range 20 {
		st.record(&control.Step{Exchange: control.Exchange{ResponseBody: strings.Repeat("x", 1<<20)}})
	}
	if got := len(st.steps()); got != 15 {
		t.Errorf("%d steps of 1 MiB, want 15 to stay under 16 MiB", got)
	}
}

func TestInterruptedPush(t *testing.T) {
	arrived := make(chan struct{})
	r := newRig(t, "okta-oin", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}), Options{})
	r.assign(ada())
	r.assign(bob())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	done, err := r.engine.Push(ctx, r.app)
	if err != nil || len(done.Steps) != 1 || !strings.Contains(done.Steps[0].Verdict, "the push was interrupted; the rest is left") {
		t.Errorf("%v %s", err, verdicts(done.Steps))
	}
}

func TestPushesOfAnAppTakeTurns(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	var busy atomic.Int32
	r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if busy.Add(1) > 1 {
			t.Error("two pushes at once")
		}
		arrived <- struct{}{}
		<-release
		busy.Add(-1)
		w.WriteHeader(http.StatusInternalServerError)
	}), Options{})
	r.assign(ada())
	first := make(chan error, 1)
	go func() { _, err := r.engine.Push(t.Context(), r.app); first <- err }()
	<-arrived
	if _, err := r.engine.Log(r.app); err != nil { // the log can be read meanwhile
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := r.engine.Push(ctx, r.app); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second push: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestErrorsOfTheEngine(t *testing.T) {
	r, _ := newScripted(t, "okta-oin")
	if _, err := r.engine.Push(t.Context(), "nothing"); !errors.Is(err, ErrNoApp) {
		t.Errorf("unknown app: %v", err)
	}
	app, err := r.dir.CreateApp(control.App{Persona: "okta-oin"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.engine.Import(t.Context(), app.ID); !errors.Is(err, ErrNoConnection) {
		t.Errorf("no connection: %v", err)
	}
	app, err = r.dir.CreateApp(control.App{Persona: "nobody", SCIM: &control.SCIM{URL: "http://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.engine.TestConnection(t.Context(), app.ID); !errors.Is(err, ErrNoPersona) {
		t.Errorf("unknown persona: %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{noMatch, adaAtTarget, team, `{"a":1,"a":2,"name":7,"emails":{"x":1},"schemas":"x"}`, `[]`, ``, `{"":{}}`} {
		f.Add([]byte(seed))
	}
	d, err := newDialect(persona.OktaOIN().SCIM)
	if err != nil {
		f.Fatal(err)
	}
	wanted := user{person: control.Person{Login: "u", GivenName: "g", Email: "e", Department: "d"}, remote: "id", active: true}
	before := d.profile(user{person: control.Person{Login: "x", MiddleName: "m", Title: "t"}})
	f.Fuzz(func(t *testing.T, body []byte) {
		a := answer{status: 200, body: body, redact: newRedactor("token")}
		_, _ = a.list()
		_ = a.detail()
		o, err := resource.Parse(body)
		if err != nil {
			return
		}
		_ = d.put.Read(o)
		out := d.putBody(o, wanted, d.changes(before, d.profile(wanted), persona.Put), true)
		merged, err := resource.Parse(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, out, err)
		}
		name, _ := resource.Parse(merged.Raw("name"))
		if merged.Text("userName") != "u" || merged.Text("id") != "id" || string(merged.Raw("active")) != "true" || name == nil || name.Has("middleName") {
			t.Fatalf("%q became %q", body, out)
		}
		_ = newRedactor("token").body(body)
	})
}
