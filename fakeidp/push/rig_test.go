package push

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/resource"
)

const secretToken = "assay-scim:planted:s3cr3t-T0ken/+=\"x"

// turn is one exchange that a scripted target expects, and its answer.
type turn struct {
	line   string // "GET /scim/v2/Users?…"
	body   string // "" for none
	status int
	reply  string
	header http.Header
}

// request is what a target saw.
type request struct {
	line   string
	header http.Header
	body   string
}

// scripted is a target that answers a script and reports whatever is not in it.
type scripted struct {
	t    *testing.T
	mu   sync.Mutex
	todo []turn
	seen []request
}

var password = regexp.MustCompile(`"password":"[0-9A-Za-z]{16}"`)

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	got := request{line: r.Method + " " + r.RequestURI, header: r.Header.Clone(), body: password.ReplaceAllString(string(raw), `"password":"RANDOM"`)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, got)
	if len(s.todo) == 0 {
		s.t.Errorf("unexpected request %s\n%s", got.line, got.body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	want := s.todo[0]
	s.todo = s.todo[1:]
	if got.line != want.line {
		s.t.Errorf("request line\n got %s\nwant %s", got.line, want.line)
	}
	if got.body != want.body {
		s.t.Errorf("%s\n got body %s\nwant body %s", got.line, got.body, want.body)
	}
	w.Header().Set("Content-Type", "application/scim+json")
	for name, values := range want.header {
		w.Header()[name] = values
	}
	w.WriteHeader(want.status)
	_, _ = io.WriteString(w, want.reply)
}

func (s *scripted) expect(turns ...turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.todo = append(s.todo, turns...)
}

func (s *scripted) done() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, missing := range s.todo {
		s.t.Errorf("request not made: %s", missing.line)
	}
	s.todo = nil
}

// rig is a directory with one app and an engine.
type rig struct {
	t      *testing.T
	dir    *directory.Directory
	engine *Engine
	app    string
	slept  []time.Duration
}

func newRig(t *testing.T, personaName string, target http.Handler, options Options) *rig {
	t.Helper()
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	r := &rig{t: t, dir: directory.NewSeeded(1)}
	if options.Sleep == nil {
		options.Sleep = func(_ context.Context, d time.Duration) error { r.slept = append(r.slept, d); return nil }
	}
	r.engine = New(r.dir, options)
	t.Cleanup(r.engine.Close)
	app, err := r.dir.CreateApp(control.App{Persona: personaName, Name: "Acme", SCIM: &control.SCIM{URL: server.URL + "/scim/v2/", Token: secretToken}})
	if err != nil {
		t.Fatal(err)
	}
	r.app = app.ID
	return r
}

func newScripted(t *testing.T, personaName string) (*rig, *scripted) {
	t.Helper()
	target := &scripted{t: t}
	return newRig(t, personaName, target, Options{}), target
}

// ada is the person of the examples in Okta's documents.
func ada() control.Person {
	return control.Person{ID: "00uexample0001AbCd5d7", Login: "ada@example.test", Email: "ada@example.test", GivenName: "Ada", FamilyName: "Byron", Locale: "en-US"}
}

func (r *rig) assign(p control.Person) control.Person {
	r.t.Helper()
	p, err := r.dir.CreatePerson(p)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.dir.Assign(r.app, p.ID); err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *rig) group(name string, members ...string) control.Group {
	r.t.Helper()
	g, err := r.dir.CreateGroup(control.Group{Name: name, Members: members})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.dir.PushGroup(r.app, g.ID); err != nil {
		r.t.Fatal(err)
	}
	return g
}

func (r *rig) push() control.Push {
	r.t.Helper()
	done, err := r.engine.Push(r.t.Context(), r.app)
	if err != nil {
		r.t.Fatal(err)
	}
	r.noSecrets(done)
	return done
}

// ok pushes and wants no failed step.
func (r *rig) ok() control.Push {
	r.t.Helper()
	done := r.push()
	if done.Failed != 0 {
		r.t.Errorf("failed steps: %s", verdicts(done.Steps))
	}
	return done
}

// noSecrets looks for the token in anything that leaves the engine.
func (r *rig) noSecrets(values ...any) {
	r.t.Helper()
	log, err := r.engine.Log(r.app)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, value := range append(values, log) {
		text := string(resource.Encode(value))
		for _, secret := range []string{"planted", "s3cr3t", "T0ken"} {
			if strings.Contains(text, secret) {
				r.t.Errorf("the token is in %.300s", text)
			}
		}
		if strings.Contains(text, `\"password\":\"Aa1`) {
			r.t.Errorf("a password is in %.300s", text)
		}
	}
}

// known makes a person and a link as if pushed before.
func (r *rig) known(p control.Person, remote string, active bool) control.Person {
	r.t.Helper()
	p = r.assign(p)
	st, err := r.engine.state(r.app)
	if err != nil {
		r.t.Fatal(err)
	}
	app, _ := r.dir.App(r.app)
	pp, _ := r.engine.options.Personas(app.Persona)
	d, err := newDialect(pp.SCIM)
	if err != nil {
		r.t.Fatal(err)
	}
	st.shape = d.shape
	st.setPerson(p.ID, personLink{remote: remote, active: active, pushed: d.profile(user{person: p})})
	return p
}

func verdicts(steps []control.Step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString("\n  " + s.Task + " " + s.Exchange.Method + " " + s.Exchange.URL + ": " + s.Verdict)
	}
	return b.String()
}

func tasks(steps []control.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Task
	}
	return strings.Join(names, " ")
}

const (
	noMatch   = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	adaLookup = `GET /scim/v2/Users?filter=userName%20eq%20%22ada%40example.test%22&startIndex=1&count=100`
	adaCreate = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.test","name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"primary":true,"value":"ada@example.test","type":"work"}],"displayName":"Ada Byron","locale":"en-US","externalId":"00uexample0001AbCd5d7","groups":[],"password":"RANDOM","active":true}`
	patchTo   = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":%s}}]}`
)
