package main

import (
	"context"
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

// pushOnce provisions the people and groups of the fixtures into a target, as the persona does it.
func (p *program) pushOnce(ctx context.Context, flags idpFlags, o fakeidp.Options) error {
	t, err := flags.target.open(p.getenv)
	if err != nil {
		return err
	}
	o.Push.Timeout = flags.target.timeout
	progress := p.newPushProgress()
	o.Push.Progress = progress.tell
	idp, err := fakeidp.Start(ctx, o)
	if err != nil {
		return usage("the fake IdP cannot start: %w", err)
	}
	summary, pushed, err := p.provision(ctx, control.NewClient(idp.Control, idp.ControlToken), control.SCIM{URL: t.File.SCIM.URL, Token: t.File.SCIM.Token}, o.Persona)
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

// provision fills the directory from the fixtures, gives everybody an app for the target, and pushes.
func (p *program) provision(ctx context.Context, client *control.Client, scim control.SCIM, personaName string) (pushSummary, control.Push, error) {
	summary := pushSummary{Persona: personaName, Target: scim.URL}
	staff, err := seed(ctx, client)
	if err != nil {
		return summary, control.Push{}, defect("fill the directory: %w", err)
	}
	app, err := client.CreateApp(ctx, control.App{ID: pushApp(personaName, scim.URL), Persona: personaName, Name: "assay push", SCIM: &scim})
	if err != nil {
		return summary, control.Push{}, usage("--target: %w", err)
	}
	people, err := client.People(ctx)
	if err != nil {
		return summary, control.Push{}, defect("list the directory: %w", err)
	}
	for _, person := range people {
		if err := client.Assign(ctx, app.ID, person.ID); err != nil {
			return summary, control.Push{}, defect("assign: %w", err)
		}
	}
	for _, group := range staff.groups {
		if err := client.PushGroup(ctx, app.ID, group.ID); err != nil {
			return summary, control.Push{}, defect("push a group: %w", err)
		}
	}
	started := time.Now()
	pushed, err := client.Push(ctx, app.ID)
	if err != nil {
		return summary, pushed, defect("push: %w", err)
	}
	summary.People, summary.Groups = len(people), len(staff.groups)
	summary.Requests, summary.Failed = pushed.Requests, pushed.Failed
	summary.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return summary, pushed, nil
}

// pushApp is the id of the app of a target: the same in every run, so that what --state remembers of it is found.
func pushApp(personaName, target string) string {
	return stableID("0oa", personaName+"\n"+target)
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
