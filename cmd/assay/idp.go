package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"assay/fakeidp"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
)

type idpFlags struct {
	addr, controlAddr, publicURL, persona string
	quiet                                 bool
	push                                  string
	concurrency                           int
	state                                 string
	target                                targetFlags
	directory                             directoryFlags
}

func (p *program) idpCommand() *cobra.Command {
	var flags idpFlags
	cmd := &cobra.Command{
		Use:   "idp",
		Short: "Run the fake identity provider: OpenID Connect, and SCIM push as Okta, Entra ID and others do it",
		Long: `Run the fake identity provider: an OpenID Provider and a SAML one with login pages, a directory of people and
groups, and a SCIM client that sends what the persona's real one sends. It is controlled through an API
on a listener of its own, whose token is made at the start. Keys are new at each start.

When ready, one JSON line on standard output has the issuer, the control URL and the control token.
GET /openapi.json of the control API describes it; fakeidp/docs/control.md has examples.

It knows the 40 people and 8 groups of the fixtures, unless --directory names a YAML file with others
(fakeidp/docs/directory.yaml is an example), --people makes up any number of them, with names in many
scripts and odd but legal values, or it starts --empty.

With --push once it provisions everybody and every group into --target, as the persona does it, prints a
summary as JSON and ends. What it made at the target stays there. Exit codes then: 0 the persona would
report no failure, 1 it would, 2 usage, 3 the target did not answer.

With --state FILE it remembers what it pushed, per persona and target, as a real provider does: pushing
again sends only what changed, and a push that was cut off, by kill -9 too, goes on where it ended. An IdP
that keeps running remembers likewise; what was made through the control API has to be made again with its
ids. The file (mode 0600) holds profiles, no SCIM token.`,
		Example: `  assay idp --addr 127.0.0.1:9000 --control-addr 127.0.0.1:9001
  curl -H "Authorization: Bearer $CONTROL_TOKEN" http://127.0.0.1:9001/people
  assay idp --people 10000 --seed 7
  assay idp --directory acme.yaml
  ASSAY_TOKEN=… assay idp --persona entra-default --target https://acme.example/scim/v2 --push once`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return p.idp(cmd.Context(), flags)
		},
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
	flags.directory.add(cmd)
	f.BoolVar(&flags.quiet, "quiet", false, "do not log")
	return cmd
}

// check refuses flags that do not go together.
func (f *idpFlags) check(cmd *cobra.Command) error {
	if f.push == "" {
		for _, name := range []string{"target", "token-file", "timeout", "concurrency"} {
			if cmd.Flags().Changed(name) {
				return usage("--%s goes with --push once: apps of a running IdP get their targets through the control API (POST /apps)", name)
			}
		}
	}
	if err := f.directory.check(cmd); err != nil {
		return err
	}
	switch {
	case f.push != "" && f.push != "once":
		return usage("--push %q: the only value is once; cycles are driven through the control API", f.push)
	case f.concurrency < 1 || f.concurrency > 64:
		return usage("--concurrency %d: want 1 to 64", f.concurrency)
	}
	return checkPublicURL(f.publicURL)
}

func (p *program) idp(ctx context.Context, flags idpFlags) error {
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
	o.Fill = flags.directory.fill(p.getenv)
	idp, err := fakeidp.Start(ctx, o)
	if err != nil {
		return usage("the fake IdP cannot start: %w", err)
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
