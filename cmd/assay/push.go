package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
)

// shownFailures is how many failed steps a push explains; the rest is counted.
const shownFailures = 20

// pushSummary is what "assay idp --push once" prints as data.
type pushSummary struct {
	Persona  string  `json:"persona"`
	Target   string  `json:"target"`
	People   int     `json:"people"`
	Groups   int     `json:"groups"`
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Seconds  float64 `json:"seconds"`
}

// choosePersona finds the persona: a built-in one by name, or one from a YAML file.
func choosePersona(name string) (persona.Persona, []persona.Persona, error) {
	if p, ok := persona.ByName(name); ok {
		return p, nil, nil
	}
	if !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
		return persona.Persona{}, nil, usage("--persona %q is neither a file ending in .yaml nor one of %s", name, strings.Join(persona.Names(), ", "))
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return persona.Persona{}, nil, usage("--persona: %w", err)
	}
	p, err := persona.Load(data, name)
	if err != nil {
		return persona.Persona{}, nil, usage("--persona: %w", err)
	}
	return p, []persona.Persona{p}, nil
}

// pushOnce provisions the people and groups of the directory into a target, as the persona does it.
func (p *program) pushOnce(ctx context.Context, flags idpFlags, o fakeidp.Options) error {
	t, err := flags.target.open(p.getenv)
	if err != nil {
		return err
	}
	o.Push.Timeout = flags.target.timeout
	enrolled := &enrolment{fill: flags.directory.fill(p.getenv), scim: control.SCIM{URL: t.File.SCIM.URL, Token: t.File.SCIM.Token}, persona: o.Persona}
	o.Fill = enrolled.enrol
	progress := p.newPushProgress()
	o.Push.Progress = progress.tell
	idp, err := fakeidp.Start(ctx, o)
	if err != nil {
		return usage("the fake IdP cannot start: %w", err)
	}
	summary, pushed, err := enrolled.push(ctx, control.NewClient(idp.Control, idp.ControlToken))
	progress.finish()
	if closing := shutDown(idp.Close); err == nil {
		err = closing
	}
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("interrupted; pushing again goes on from what the target has")}
	}
	if err != nil {
		return err
	}
	p.explainPush(summary, pushed)
	if err := json.NewEncoder(p.out).Encode(summary); err != nil {
		return defect("the summary cannot be written: %w", err)
	}
	return pushVerdict(pushed)
}

// enrolment gives everybody in the directory, and every group, an app for the target.
type enrolment struct {
	fill           fakeidp.Fill
	scim           control.SCIM
	persona        string
	app            string
	people, groups int
}

func (e *enrolment) enrol(d *directory.Directory, prepare func(*control.App) error) error {
	if err := e.fill(d, prepare); err != nil {
		return err
	}
	app, err := d.CreateApp(control.App{ID: pushApp(e.persona, e.scim.URL), Persona: e.persona, Name: "assay push", SCIM: &e.scim})
	if err != nil {
		return fmt.Errorf("--target: %w", err)
	}
	people, groups := d.People(), d.Groups()
	for _, person := range people {
		if err := d.Assign(app.ID, person.ID); err != nil {
			return err
		}
	}
	for _, group := range groups {
		if err := d.PushGroup(app.ID, group.ID); err != nil {
			return err
		}
	}
	e.app, e.people, e.groups = app.ID, len(people), len(groups)
	return nil
}

// push provisions them.
func (e *enrolment) push(ctx context.Context, client *control.Client) (pushSummary, control.Push, error) {
	summary := pushSummary{Persona: e.persona, Target: e.scim.URL, People: e.people, Groups: e.groups}
	started := time.Now()
	pushed, err := client.Push(ctx, e.app)
	if err != nil {
		return summary, pushed, defect("push: %w", err)
	}
	summary.Requests, summary.Failed = pushed.Requests, pushed.Failed
	summary.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return summary, pushed, nil
}

// pushApp is the id of the app of a target: the same in every run, so that what --state remembers of it is found.
func pushApp(personaName, target string) string {
	sum := sha256.Sum256([]byte(personaName + "\n" + target))
	return "push-" + hex.EncodeToString(sum[:10])
}

func (p *program) explainPush(s pushSummary, pushed control.Push) {
	shown := 0
	for _, step := range pushed.Steps {
		if !step.Failed || shown == shownFailures {
			continue
		}
		shown++
		p.say("✗ %s %s: %s", step.Exchange.Method, step.Exchange.URL, step.Verdict)
	}
	if pushed.Failed > shown {
		p.say("… and %d more", pushed.Failed-shown)
	}
	p.say("%s pushed %d people and %d groups to %s: %d requests, %d failed, in %.1f s", s.Persona, s.People, s.Groups, s.Target, s.Requests, s.Failed, s.Seconds)
}

// pushVerdict turns a push into an exit code: incomplete when the target never answered.
func pushVerdict(pushed control.Push) error {
	if pushed.Failed == 0 {
		return nil
	}
	for _, step := range pushed.Steps {
		if step.Exchange.Status != 0 {
			return &exitError{code: exitNonconformant}
		}
	}
	return &exitError{code: exitIncomplete}
}

// pushProgress narrates a push: a line that renews itself on a terminal, otherwise one every ten seconds.
type pushProgress struct {
	mu       sync.Mutex
	p        *program
	terminal bool
	last     time.Time
	pass     string // that is under way, and since when
	began    time.Time
}

func (p *program) newPushProgress() *pushProgress {
	file, isFile := p.err.(*os.File)
	return &pushProgress{p: p, terminal: isFile && term.IsTerminal(int(file.Fd())), last: time.Now()}
}

func (g *pushProgress) tell(now push.Progress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Pass != g.pass {
		g.pass, g.began = now.Pass, time.Now()
	}
	every := 10 * time.Second
	if g.terminal {
		every = 100 * time.Millisecond
	}
	if time.Since(g.last) < every {
		return
	}
	g.last = time.Now()
	line := progressLine(now, time.Since(g.began))
	if g.terminal {
		fmt.Fprint(g.p.err, "\r\x1b[K"+line)
		return
	}
	g.p.say("%s", line)
}

func progressLine(now push.Progress, took time.Duration) string {
	rate := float64(now.Done) / max(took.Seconds(), 0.001)
	return fmt.Sprintf("%s %d/%d, %.0f a second", now.Pass, now.Done, now.Total, rate)
}

func (g *pushProgress) finish() {
	if g.terminal {
		fmt.Fprint(g.p.err, "\r\x1b[K")
	}
}
