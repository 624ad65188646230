// Package push is the fake IdP's provisioning client: it brings an app's SCIM target in line with the
// directory, the way the app's persona does it, and says of every exchange what the vendor would make
// of the answer.
//
// What differs between vendors is read from persona.SCIM. Nothing a target answers can crash the engine
// or keep it busy for ever: bodies, pages, waits and logs are bounded.
package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/journal"
	"assay/fakeidp/persona"
)

var (
	// ErrNoApp says that an app id names nothing.
	ErrNoApp = errors.New("no such app")
	// ErrNoConnection says that an app has no SCIM connection.
	ErrNoConnection = errors.New("app has no SCIM connection")
	// ErrNoPersona says that an app's persona is unknown.
	ErrNoPersona = errors.New("no such persona")
	// ErrPersona says that an app's persona cannot be played.
	ErrPersona = errors.New("persona cannot be used")
)

// Directory is what the engine asks about people, groups and apps. Lists are in a stable order.
type Directory interface {
	Person(key string) (control.Person, bool)
	Group(id string) (control.Group, bool)
	App(id string) (control.App, bool)
	Apps() []control.App
	// Deletion returns a person who was deleted, with whether they had the app then.
	Deletion(appID, personID string) (control.Deletion, bool)
	// Connection returns where an app provisions, with the token.
	Connection(appID string) (control.SCIM, bool)
	Assigned(appID, personID string) bool
	// AssignmentPage lists up to limit people who have an app, in the order in which they got it, from behind the one
	// whose number is after; 0 is before the first. It returns the number of the last one.
	AssignmentPage(appID string, after, limit int) (ids []string, last int)
	CountAssignments(appID string) int
	PushedGroups(appID string) []string
	// AllMembers lists the people in a group and in the groups inside it.
	AllMembers(groupID string) []string
	UnlinkGroup(appID, groupID string) error
}

// Options configure an Engine. The zero value is the behaviour of the vendor, in real time.
type Options struct {
	// Personas finds a persona by name, the same one each time; nil means the built-in ones.
	Personas func(name string) (persona.Persona, bool)
	// Timeout replaces the persona's time limit of one request when it is not zero.
	Timeout time.Duration
	// MaxWait is the longest wait after a 429 that the engine sits out; when the vendor would wait longer,
	// the rest of the push is left for the next one, and the step says so. Zero means 30 s.
	MaxWait time.Duration
	// Now and Sleep replace the clock in tests. Sleep returns early with an error when its context ends.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// Journal is where links to the targets' users and groups are remembered, and what is in escrow; a new engine
	// with the same journal goes on where this one ended, however it ended. No secret is in it. The engine does not close it.
	// nil means a temporary one, gone with the engine.
	Journal *journal.Journal
	// Concurrency is how many people, or groups, are worked on at a time. Zero means one: then the requests of
	// a push come in the same order in every run.
	Concurrency int
	// Progress is told how far a push has got, by any of its workers.
	Progress func(Progress)
	// Logger gets one line a task at debug level; nil means nowhere.
	Logger *slog.Logger
}

// Progress is how far one pass of a push has got. A push makes several: over those who may have lost the app
// ("links"), over those who have it ("people"), over references among them, and over groups.
type Progress struct {
	App, Pass   string
	Done, Total int
}

// Engine provisions the apps of a directory. It is safe for concurrent use; the work of one app is done
// one call at a time.
type Engine struct {
	directory Directory
	options   Options
	transport *http.Transport

	turn sync.Mutex   // held while the clock is moved
	skew atomic.Int64 // nanoseconds by which the clock is ahead

	journal  *journal.Journal
	mu       sync.Mutex
	apps     map[string]*state
	paused   bool
	held     []*state            // whose turns the pause has
	dialects map[string]*dialect // by persona and user template
}

// New returns an engine that remembers what its journal does.
func New(directory Directory, o Options) *Engine {
	if o.Personas == nil {
		all := persona.All()
		o.Personas = func(name string) (persona.Persona, bool) { return persona.Find(all, name) }
	}
	if o.MaxWait == 0 {
		o.MaxWait = 30 * time.Second
	}
	if o.Concurrency < 1 {
		o.Concurrency = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{directory: directory, options: o, transport: newTransport(), journal: o.Journal, apps: map[string]*state{}, dialects: map[string]*dialect{}}
	if e.journal == nil {
		e.journal = journal.Temporary()
	}
	if skew, ok, err := e.journal.Get(clockKey); ok && err == nil {
		ahead, _ := strconv.ParseInt(string(skew), 10, 64)
		e.skew.Store(ahead)
	}
	return e
}

// clockKey is where it is remembered by how many nanoseconds the clock is ahead. It is no app's key.
const clockKey = "clock"

// Close ends idle connections to targets and what was remembered for as long as the engine lives.
func (e *Engine) Close() {
	e.transport.CloseIdleConnections()
	if e.options.Journal == nil {
		_ = e.journal.Close() // nobody reads the file any more
	}
}

// Push does all provisioning of an app that is due and says what it did, whatever is in escrow and whether
// or not the connection is in quarantine: it is what an administrator starts by hand. What a target does wrong is in
// the steps; the error is ErrNoApp, ErrNoConnection, ErrNoPersona, the context's while it waits for
// another push of the app, or that of the file that remembers what was pushed. A context that ends later stops the push after a step that says so.
func (e *Engine) Push(ctx context.Context, appID string) (control.Push, error) {
	r, err := e.begin(ctx, appID)
	if err != nil {
		return control.Push{}, err
	}
	defer r.end()
	r.push(ctx)
	return r.report(), r.state.failure()
}

func (r *run) push(ctx context.Context) {
	r.state.forgetMemberships() // what the last push did not come to
	r.pushPeople(ctx)
	r.pushGroups(ctx)
	r.settle()
	r.state.check(r.engine.journal.Compact())
	r.state.check(r.engine.journal.Sync())
}

// TestConnection sends what the vendor sends when an administrator saves the connection. Errors as Push.
func (e *Engine) TestConnection(ctx context.Context, appID string) (control.Push, error) {
	r, err := e.begin(ctx, appID)
	if err != nil {
		return control.Push{}, err
	}
	defer r.end()
	r.testConnection(ctx)
	return r.report(), nil
}

// Import pages through the target's users and groups. It changes nothing. Errors as Push.
func (e *Engine) Import(ctx context.Context, appID string) (control.Import, error) {
	r, err := e.begin(ctx, appID)
	if err != nil {
		return control.Import{}, err
	}
	defer r.end()
	users, groups := r.importAll(ctx)
	done := r.report()
	return control.Import{Users: users, Groups: groups, Steps: done.Steps, Failed: done.Failed}, nil
}

// UnlinkGroup ends the push of a group. With deleteInTarget the next push deletes it at the target,
// else nothing is sent. It waits for a push of the app that is under way.
func (e *Engine) UnlinkGroup(ctx context.Context, appID, groupID string, deleteInTarget bool) error {
	st, err := e.take(ctx, appID)
	if err != nil {
		return err
	}
	defer st.give()
	if err := e.directory.UnlinkGroup(appID, groupID); err != nil {
		return err
	}
	st.unlinkGroup(groupID, deleteInTarget)
	return st.failure()
}

// Links lists what is remembered about people and groups at an app's target, in the order of linking.
func (e *Engine) Links(appID string) ([]control.Link, error) {
	st, err := e.state(appID)
	if err != nil {
		return nil, err
	}
	return st.links(), st.failure()
}

// Log returns the provisioning log of an app, oldest step first. It holds the last 2000 steps, fewer
// when they are long.
func (e *Engine) Log(appID string) ([]control.Step, error) {
	st, err := e.state(appID)
	if err != nil {
		return nil, err
	}
	return st.steps(), nil
}

// Forget drops everything that is remembered about an app. Nothing is sent.
func (e *Engine) Forget(appID string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.apps, appID)
	return forget(appID, e.journal)
}

// Now is the time on the engine's clock.
func (e *Engine) Now() time.Time { return e.options.Now().Add(time.Duration(e.skew.Load())) }

func (e *Engine) state(appID string) (*state, error) {
	if _, ok := e.directory.App(appID); !ok {
		return nil, fmt.Errorf("app %q: %w", appID, ErrNoApp)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if st := e.apps[appID]; st != nil {
		return st, nil
	}
	return e.open(appID)
}

// open takes up what is remembered of an app. While the engine is paused the app does not get its turn. The caller
// holds the lock.
func (e *Engine) open(appID string) (*state, error) {
	st, err := openState(appID, e.journal)
	if err != nil {
		return nil, err
	}
	if e.paused {
		<-st.turn
		e.held = append(e.held, st)
	}
	e.apps[appID] = st
	return st, nil
}

// take waits for the app's turn. What the engine remembers may have been replaced meanwhile: then it waits for the
// turn of what is remembered now.
func (e *Engine) take(ctx context.Context, appID string) (*state, error) {
	for {
		st, err := e.state(appID)
		if err != nil {
			return nil, err
		}
		if err := st.take(ctx); err != nil {
			return nil, err
		}
		if now, err := e.state(appID); err != nil || now == st {
			return st, nil
		}
		st.give()
	}
}

// begin waits for the app's turn and gathers what a run needs.
func (e *Engine) begin(ctx context.Context, appID string) (*run, error) {
	return e.beginAs(ctx, appID, func(p persona.Persona) (persona.Persona, error) { return p, nil })
}

// beginAs begins a run of what play makes of the app's persona.
func (e *Engine) beginAs(ctx context.Context, appID string, play func(persona.Persona) (persona.Persona, error)) (*run, error) {
	st, err := e.take(ctx, appID)
	if err != nil {
		return nil, err
	}
	r, err := e.newRun(appID, st, play)
	if err != nil {
		st.give()
	}
	return r, err
}

func (e *Engine) newRun(appID string, st *state, play func(persona.Persona) (persona.Persona, error)) (*run, error) {
	app, _ := e.directory.App(appID)
	conn, ok := e.directory.Connection(appID)
	if !ok {
		return nil, fmt.Errorf("app %q: %w", appID, ErrNoConnection)
	}
	p, ok := e.options.Personas(app.Persona)
	if !ok {
		return nil, fmt.Errorf("app %q: persona %q: %w", appID, app.Persona, ErrNoPersona)
	}
	p, err := play(p)
	if err != nil {
		return nil, fmt.Errorf("app %q: %w", appID, err)
	}
	d, err := e.dialect(p, conn.UserTemplate)
	if err != nil {
		return nil, fmt.Errorf("app %q: persona %q: %w: %w", appID, app.Persona, ErrPersona, err)
	}
	st.shape = d.shape
	redact := newRedactor(conn.Token)
	return &run{engine: e, app: app, conn: newConnection(conn, &d.knobs, redact), product: p.Product, knobs: &d.knobs, dialect: d, state: st, at: e.Now(),
		redact: redact, troubled: map[string]trouble{}, tried: map[string]bool{}}, nil
}

// dialect is how a persona writes users and groups, with the app's template of users if it has one. It is made once: a
// clock that moves a month runs a thousand cycles.
func (e *Engine) dialect(p persona.Persona, template string) (*dialect, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := p.Name + separator + template
	if d := e.dialects[key]; d != nil {
		return d, nil
	}
	knobs := p.SCIM
	if template != "" {
		var err error
		if knobs, err = knobs.WithUserTemplate(template); err != nil {
			return nil, err
		}
	}
	d, err := newDialect(knobs)
	if err == nil {
		e.dialects[key] = d
	}
	return d, err
}

// take waits for the app's turn; give hands it on.
func (s *state) take(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for another push of the app: %w", ctx.Err())
	}
}

func (s *state) give() { s.turn <- struct{}{} }
