package push

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// mirror is a target that keeps what it is sent, as little as the stories need, and records every request.
type mirror struct {
	mu    sync.Mutex
	names map[string]string // id -> userName or displayName
	next  map[string]int
	seen  []request
}

func newMirror() *mirror { return &mirror{names: map[string]string{}, next: map[string]int{}} }

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = append(m.seen, request{line: r.Method + " " + r.RequestURI, header: r.Header.Clone(), body: password.ReplaceAllString(string(raw), `"password":"RANDOM"`)})
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/scim/v2/"), "/")
	name := map[string]string{"Users": "userName", "Groups": "displayName"}[kind]
	switch {
	case r.Method == http.MethodPost:
		m.next[kind]++
		id = fmt.Sprintf("%s-%d", strings.ToLower(kind[:1]), m.next[kind])
		var body map[string]any
		_ = json.Unmarshal(raw, &body)
		m.names[id], _ = body[name].(string)
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
	case r.Method == http.MethodPatch || r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case id != "":
		_, _ = fmt.Fprintf(w, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,%q:%q,"active":true}`, id, name, m.names[id])
	default:
		m.list(w, name, r.URL.Query().Get("filter"))
	}
}

func (m *mirror) list(w http.ResponseWriter, name, filter string) {
	for id, value := range m.names {
		if strings.HasSuffix(filter, " \""+value+"\"") {
			_, _ = fmt.Fprintf(w, `{"totalResults":1,"Resources":[{"id":%q,%q:%q,"active":false}]}`, id, name, value)
			return
		}
	}
	_, _ = io.WriteString(w, noMatch)
}

// take returns the requests since it was called last.
func (m *mirror) take() []request {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() { m.seen = nil }()
	return m.seen
}

// wire is one request of a golden story: what goes over the wire, and the row of idp-wire.md that says so, in
// its own words.
type wire struct{ row, line, body string }

// stage is one event of a story, and what it makes the persona send.
type stage struct {
	name string
	do   func(*rig)
}

// stages are the joiner-mover-leaver and the group story that every persona plays.
func stages() []stage {
	update := func(r *rig, change func(*control.Person)) {
		p, _ := r.dir.Person("00uexample0001AbCd5d7")
		change(&p)
		if _, err := r.dir.UpdatePerson(p); err != nil {
			r.t.Fatal(err)
		}
		r.ok()
	}
	regroup := func(r *rig, change func(*control.Group)) {
		g, _ := r.dir.Group("8c2e0000")
		change(&g)
		if _, err := r.dir.UpdateGroup(g); err != nil {
			r.t.Fatal(err)
		}
		r.ok()
	}
	try := func(r *rig, err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return []stage{
		{"probe", func(r *rig) {
			done, err := r.engine.TestConnection(r.t.Context(), r.app)
			if try(r, err); done.Failed > 0 {
				r.t.Errorf("probe: %s", verdicts(done.Steps))
			}
		}},
		{"joiner", func(r *rig) { r.assign(ada()); r.ok() }},
		{"mover", func(r *rig) {
			update(r, func(p *control.Person) { p.FamilyName, p.Email = "Lovelace", "ada.l@example.test" })
		}},
		{"manager", func(r *rig) {
			r.assign(bob())
			update(r, func(p *control.Person) { p.Manager = "00ubob" })
		}},
		{"group", func(r *rig) {
			_, err := r.dir.CreateGroup(control.Group{ID: "8c2e0000", Name: "Eng Team", Members: []string{"00uexample0001AbCd5d7"}})
			try(r, err)
			try(r, r.dir.PushGroup(r.app, "8c2e0000"))
			r.ok()
		}},
		{"group renamed", func(r *rig) { regroup(r, func(g *control.Group) { g.Name = "Core" }) }},
		{"member swapped", func(r *rig) { regroup(r, func(g *control.Group) { g.Members = []string{"00ubob"} }) }},
		{"leaver", func(r *rig) { try(r, r.dir.Unassign(r.app, "00uexample0001AbCd5d7")); r.later() }},
		{"returner", func(r *rig) { try(r, r.dir.Assign(r.app, "00uexample0001AbCd5d7")); r.ok() }},
		{"group gone", func(r *rig) { try(r, r.dir.DeleteGroup("8c2e0000")); r.ok() }},
		{"deleted", func(r *rig) { try(r, r.dir.DeletePerson("00uexample0001AbCd5d7")); r.later() }},
		{"thirty days later", func(r *rig) {
			_, err := r.engine.Advance(r.t.Context(), 30*24*time.Hour)
			try(r, err)
		}},
	}
}

// later pushes, and again when the persona's delay is over.
func (r *rig) later() {
	r.t.Helper()
	r.ok()
	app, _ := r.dir.App(r.app)
	p, _ := r.engine.options.Personas(app.Persona)
	if wait := p.SCIM.Delay.Value; wait > 0 {
		if _, err := r.engine.Advance(r.t.Context(), wait); err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestGoldenWire plays the stories as every persona and compares what goes over the wire, byte by byte, with
// testdata/wire. Each request there names the row of idp-wire.md that it follows.
func TestGoldenWire(t *testing.T) {
	for _, p := range persona.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			want := readWires(t, p.Name)
			target := newMirror()
			r := newRig(t, p.Name, target, Options{})
			r.dir.UseClock(r.engine.Now)
			for _, s := range stages() {
				s.do(r)
				got := target.take()
				compareWires(t, s.name, got, want[s.name])
				compareHeaders(t, p.Name, got)
			}
		})
	}
}

// readWires reads the golden file of a persona: stages as "## name", requests as "= row", a line, and a body
// if there is one.
func readWires(t *testing.T, name string) map[string][]wire {
	t.Helper()
	text, err := os.ReadFile("testdata/wire/" + name + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]wire{}
	stage := ""
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		if title, ok := strings.CutPrefix(block, "## "); ok {
			stage = title
			continue
		}
		lines := append(strings.Split(block, "\n"), "")
		row, ok := strings.CutPrefix(lines[0], "= ")
		if !ok || len(lines) < 3 {
			t.Fatalf("%s: %q is no request", name, block)
		}
		out[stage] = append(out[stage], wire{row, lines[1], lines[2]})
	}
	return out
}

// TestGoldenRowsAreInTheFacts looks every row up in the facts, where they are at hand.
func TestGoldenRowsAreInTheFacts(t *testing.T) {
	facts, err := os.ReadFile("../../../shared/facts/idp-wire.md")
	if err != nil {
		t.Skip("the facts are not at hand")
	}
	rows := headerRows()
	for _, name := range append(persona.Names(), "entra-on-demand", "entra-probes") {
		for _, wires := range readWires(t, name) {
			for _, w := range wires {
				rows = append(rows, w.row)
			}
		}
	}
	for _, row := range rows {
		if !strings.HasPrefix(row, "RFC ") && !strings.Contains(string(facts), row) {
			t.Errorf("no row %q", row)
		}
	}
}

func compareWires(t *testing.T, stage string, got []request, want []wire) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%s: not sent: %s (row %q)", stage, want[i].line, want[i].row)
		case i >= len(want):
			t.Errorf("%s: sent besides: %s %s", stage, got[i].line, got[i].body)
		case unprobed(got[i].line) != want[i].line || unprobed(got[i].body) != want[i].body:
			t.Errorf("%s: row %q\n got %s\n     %s\nwant %s\n     %s", stage, want[i].row, got[i].line, got[i].body, want[i].line, want[i].body)
		}
	}
}

// headersOf is what a persona sends besides the length, and the content type of its bodies.
func headersOf(name string) (headers, contentType string) {
	switch {
	case strings.HasPrefix(name, "okta-"):
		return "Accept: application/scim+json|Accept-Charset: utf-8|Accept-Encoding: gzip,deflate|Connection: Keep-Alive|User-Agent: Okta SCIM Client 1.0.0", "application/scim+json; charset=utf-8"
	case name == "entra-validator":
		return "", "application/scim+json; charset=utf-8"
	case strings.HasPrefix(name, "entra-"), name == "onelogin":
		return "", "application/scim+json"
	default:
		return "Accept: application/scim+json|User-Agent: assay-generic/1", "application/scim+json"
	}
}

// headerRows are the rows behind headersOf.
func headerRows() []string {
	return []string{
		"Headers seen (O, O9; User-Agent also D in O1's samples)", "Bodies: validator sends `Content-Type: application/scim+json; charset=utf-8` (O, E14)",
		"E1's samples carry `Content-type: application/scim+json` on POST/PATCH and no `Accept` (D)", "`User-Agent`: **not verified**", "**empty `User-Agent`**",
	}
}

func compareHeaders(t *testing.T, name string, got []request) {
	t.Helper()
	headers, contentType := headersOf(name)
	for _, g := range got {
		var have []string
		for _, header := range slices.Sorted(maps.Keys(g.header)) {
			if !slices.Contains([]string{"Authorization", "Content-Length", "Content-Type"}, header) {
				have = append(have, header+": "+g.header.Get(header))
			}
		}
		want := contentType
		if g.body == "" {
			want = ""
		}
		if strings.Join(have, "|") != headers || g.header.Get("Content-Type") != want || g.header.Get("Authorization") != "Bearer "+secretToken {
			t.Errorf("%s: headers %q, content type %q; want %q and %q", g.line, have, g.header.Get("Content-Type"), headers, want)
		}
	}
}

// unprobed replaces the random names of a probe.
func unprobed(s string) string {
	return uuids().ReplaceAllString(s, "UUID")
}

func uuids() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
}
