package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
	"assay/fixtures"
)

type idpFlags struct {
	addr, controlAddr, publicURL, persona string
	empty, quiet                          bool
	push                                  string
	concurrency                           int
	state                                 string
	target                                targetFlags
}

func (p *program) idpCommand() *cobra.Command {
	var flags idpFlags
	cmd := &cobra.Command{
		Use:   "idp",
		Short: "Run the fake identity provider: OpenID Connect, and SCIM push as Okta, Entra ID and others do it",
		Long: `Run the fake identity provider: an OpenID Provider with a login page, a directory of people and
groups, and a SCIM client that sends what the persona's real one sends. It is controlled through an API
on a listener of its own, whose token is made at the start. Keys are new at each start.

When ready, one JSON line on standard output has the issuer, the control URL and the control token.

With --push once it provisions the 40 people and 8 groups of the fixtures into --target, as the persona
does it, prints a summary as JSON and ends. What it made at the target stays there. Exit codes then: 0 the
persona would report no failure, 1 it would, 2 usage, 3 the target did not answer.

With --state FILE it remembers what it pushed, per persona and target, as a real provider does: pushing again sends
only what changed, and a push that was cut off, by kill -9 too, goes on where it ended. An IdP that keeps running remembers likewise; what was
made through the control API has to be made again with its ids. The file (mode 0600) holds profiles, no SCIM token.`,
		Example: `  assay idp --addr 127.0.0.1:9000 --control-addr 127.0.0.1:9001
  curl -H "Authorization: Bearer $CONTROL_TOKEN" http://127.0.0.1:9001/people
  ASSAY_TOKEN=… assay idp --persona entra-default --target https://acme.example/scim/v2 --push once`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.idp(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.addr, "addr", loopback, "address of the public listener, host:port; port 0 is any free one")
	f.StringVar(&flags.controlAddr, "control-addr", loopback, "address of the control listener")
	f.StringVar(&flags.publicURL, "public-url", "", "URL under which browsers and products reach the public listener (default: http:// and its address)")
	f.StringVar(&flags.persona, "persona", "okta-oin", "persona of apps that do not name one, or a YAML file that describes one: "+strings.Join(persona.Names(), ", "))
	f.StringVar(&flags.push, "push", "", "\"once\": provision into --target and end")
	f.IntVar(&flags.concurrency, "concurrency", 1, "people or groups that a push works on at a time")
	f.StringVar(&flags.state, "state", "", "file that remembers what was pushed: an IdP that was killed goes on where it ended")
	flags.target.add(cmd)
	f.BoolVar(&flags.empty, "empty", false, "start with an empty directory instead of the 40 people and 8 groups of the fixtures")
	f.BoolVar(&flags.quiet, "quiet", false, "do not log")
	return cmd
}

// check refuses flags that do not go together.
func (f idpFlags) check() error {
	switch {
	case f.push != "" && f.push != "once":
		return usage("--push %q: the only value is once; cycles are driven through the control API", f.push)
	case f.push == "" && f.target.target != "":
		return usage("--target goes with --push once: apps of a running IdP get their targets through the control API")
	case f.concurrency < 1 || f.concurrency > 64:
		return usage("--concurrency %d: want 1 to 64", f.concurrency)
	}
	return checkPublicURL(f.publicURL)
}

func (p *program) idp(ctx context.Context, flags idpFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	chosen, custom, err := choosePersona(flags.persona)
	if err != nil {
		return err
	}
	o := fakeidp.Options{
		Addr: flags.addr, ControlAddr: flags.controlAddr, Persona: chosen.Name, Personas: custom,
		PublicURL: strings.TrimRight(flags.publicURL, "/"), State: flags.state, Push: push.Options{Concurrency: flags.concurrency}, Logger: slog.New(slog.NewTextHandler(p.err, nil)),
	}
	if flags.quiet {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if flags.push != "" {
		return p.pushOnce(ctx, flags, o)
	}
	idp, err := fakeidp.Start(ctx, o)
	if err != nil {
		return usage("the fake IdP cannot start: %w", err)
	}
	client := control.NewClient(idp.Control, idp.ControlToken)
	if !flags.empty {
		if _, err := seed(ctx, client); err != nil {
			return defect("fill the directory: %w", err)
		}
	}
	p.say("The fake IdP is ready. Stop it with Ctrl-C.\n")
	p.say("  issuer         %s", idp.Issuer)
	p.say("  control API    %s", idp.Control)
	p.say("  control token  %s   (new at each start)", idp.ControlToken)
	p.say("\nTry it:\n  curl -H 'Authorization: Bearer %s' %s/people\n", idp.ControlToken, idp.Control)
	if err := p.ready(readyLine{Issuer: idp.Issuer, Control: idp.Control, ControlToken: idp.ControlToken}); err != nil {
		return err
	}
	<-ctx.Done()
	p.say("stopping")
	return shutDown(idp.Close)
}

// staff is the directory of the fixtures as the fake IdP knows it.
type staff struct {
	people map[string]control.Person // by login
	groups []control.Group
}

// stableID is an id that is the same in every start, so that what --state remembers is found again.
func stableID(prefix, name string) string {
	sum := sha256.Sum256([]byte(name))
	return prefix + hex.EncodeToString(sum[:])[:17]
}

// seed puts the people and groups of the fixtures into the fake IdP's directory.
func seed(ctx context.Context, client *control.Client) (*staff, error) {
	people, err := fixtures.People()
	if err != nil {
		return nil, err
	}
	groups, err := fixtures.Groups()
	if err != nil {
		return nil, err
	}
	s := &staff{people: map[string]control.Person{}}
	for _, one := range people {
		person, err := client.CreatePerson(ctx, control.Person{
			ID: stableID("00u", one.Login), Login: one.Login, Email: one.Login, GivenName: one.GivenName, FamilyName: one.FamilyName,
			Title: one.Title, Department: one.Department, Locale: one.Locale,
		})
		if err != nil {
			return nil, err
		}
		s.people[one.Login] = person
	}
	for _, one := range groups {
		group := control.Group{ID: stableID("00g", one.Name), Name: one.Name}
		for _, login := range one.Members {
			group.Members = append(group.Members, s.people[login].ID)
		}
		made, err := client.CreateGroup(ctx, group)
		if err != nil {
			return nil, err
		}
		s.groups = append(s.groups, made)
	}
	return s, nil
}
