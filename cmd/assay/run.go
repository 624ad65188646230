package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/push"
	"assay/reports"
	"assay/reports/gate"
	"assay/suites"
	"assay/suites/target"
)

// runFlags are the flags of "assay run".
type runFlags struct {
	target    targetFlags
	selection selectionFlags
	idp       string
	out       string
	baseline  string
	json      bool
}

func (p *program) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run --target URL",
		Short: "Run the checks against a target",
		Long: `Run the checks against a target and write a report.

The target is the base URL of a SCIM endpoint, or a target file that also says how to sign on and how
to administer it. The bearer token comes from the environment variable ASSAY_TOKEN, from --token-file or
from the target file, never from a flag. Everything that a run makes at the target is named
"assay-<run>-…" and removed again; nothing else is ever written.

A fake identity provider runs in this process. When the target cannot reach this machine, run
"assay idp" where it can, and name its control URL with --idp (its token in ASSAY_IDP_TOKEN).

Exit codes: 0 conformant, 1 nonconformant or a stale baseline entry, 2 usage, 3 incomplete,
4 a defect of assay, 130 interrupted.`,
		Example: `  ASSAY_TOKEN=… assay run --target https://acme.example/scim/v2
  assay run --target acme-staging.yaml --baseline accepted.json
  assay run --target acme-staging.yaml --only scim.patch,okta.oin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd.Context(), flags) },
	}
	flags.target.add(cmd)
	flags.selection.add(cmd)
	cmd.Flags().StringVar(&flags.idp, "idp", "", "control URL of a fake IdP that runs elsewhere (its token in ASSAY_IDP_TOKEN)")
	cmd.Flags().StringVar(&flags.out, "out", "assay-report", "directory for report.json, report.html, junit.xml and summary.md")
	cmd.Flags().StringVar(&flags.baseline, "baseline", "", "file of accepted failures (see \"assay gate --help\")")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print the report as JSON on standard output")
	return cmd
}

func (p *program) run(ctx context.Context, flags runFlags) error {
	selection, err := flags.selection.selection()
	if err != nil {
		return err
	}
	baseline, err := loadBaseline(flags.baseline)
	if err != nil {
		return err
	}
	t, err := flags.target.open(p.getenv)
	if err != nil {
		return err
	}
	defer t.Close()
	out, err := openOutput(flags.out)
	if err != nil {
		return err
	}
	idp, stop, err := p.identityProvider(ctx, flags.idp, t, flags.target.timeout)
	if err != nil {
		return err
	}
	defer stop()
	p.say("target %s (%s)", t.Name, t.SCIM.Base())
	report, err := p.execute(ctx, suites.Options{Target: t, TargetArg: flags.target.target, IdP: idp, Selection: selection})
	if report == nil {
		return err
	}
	if err := p.conclude(report, baseline, out, err); err != nil || !flags.json {
		if flags.json {
			return errors.Join(p.printJSON(report), err)
		}
		return err
	}
	return p.printJSON(report)
}

func (p *program) printJSON(report *reports.Report) error {
	if err := reports.Write(p.out, report); err != nil {
		return defect("print the report: %w", err)
	}
	return nil
}

// identityProvider returns the fake IdP of the run: the one at controlURL, or a new one in this process.
func (p *program) identityProvider(ctx context.Context, controlURL string, t *target.Target, timeout time.Duration) (*control.Client, func(), error) {
	if controlURL != "" {
		token := p.getenv("ASSAY_IDP_TOKEN")
		u, err := url.Parse(controlURL)
		if err != nil || u.Host == "" {
			return nil, nil, usage("--idp %q is not a URL", controlURL)
		}
		if token == "" {
			return nil, nil, usage("--idp needs the control token in the environment variable ASSAY_IDP_TOKEN")
		}
		t.Redact.Add(token)
		return control.NewClient(controlURL, token), func() {}, nil
	}
	idp, err := fakeidp.Start(ctx, fakeidp.Options{
		Addr: loopback, ControlAddr: loopback, Push: push.Options{Timeout: timeout},
	})
	if err != nil {
		return nil, nil, defect("start the fake IdP: %w", err)
	}
	t.Redact.Add(idp.ControlToken)
	return control.NewClient(idp.Control, idp.ControlToken), func() { closeQuietly(idp.Close) }, nil
}

// loopback is any free port that only this machine reaches.
const loopback = "127.0.0.1:0"

// closeQuietly shuts a server down within a few seconds. What it serves is over anyway.
func closeQuietly(stop func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = stop(ctx)
}

// interrupts remembers the first signal that asks the process to end.
type interrupts struct {
	mu     sync.Mutex
	signal os.Signal
	ch     chan os.Signal
}

func watchInterrupts() *interrupts {
	i := &interrupts{ch: make(chan os.Signal, 2)}
	signal.Notify(i.ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		for s := range i.ch {
			i.mu.Lock()
			if i.signal == nil {
				i.signal = s
			}
			i.mu.Unlock()
		}
	}()
	return i
}

func (i *interrupts) stop() { signal.Stop(i.ch); close(i.ch) }

// reason is why the run was interrupted, "" when it was not.
func (i *interrupts) reason() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.signal == nil {
		return ""
	}
	return fmt.Sprintf("interrupted by the signal %q", i.signal)
}

// execute runs the suites with progress on the terminal.
func (p *program) execute(ctx context.Context, o suites.Options) (*reports.Report, error) {
	signals := watchInterrupts()
	defer signals.stop()
	view := p.newProgress()
	o.Tool, o.OnStart, o.OnResult, o.Interrupt = tool(), view.start, view.result, signals.reason
	var runner suites.Runner
	report, err := runner.Run(ctx, o)
	view.finish()
	switch {
	case errors.Is(err, suites.ErrNothingSelected):
		return nil, usage("%w", err)
	case errors.Is(err, target.ErrUnreachable):
		return report, &exitError{exitIncomplete, fmt.Errorf("%w\nIs it running, and is the URL right? Try: curl -i %s/ServiceProviderConfig", err, o.Target.SCIM.Base())}
	case err != nil:
		return report, &exitError{exitHarness, err}
	case signals.reason() != "":
		return report, &exitError{exitInterrupted, errors.New(signals.reason() + "; the report is incomplete")}
	}
	return report, nil
}

// conclude judges the report, writes it, prints the verdict, and returns the exit code as an error.
// cause is what went wrong with the run itself, if anything.
func (p *program) conclude(report *reports.Report, baseline *gate.Baseline, out *output, cause error) error {
	decision := gate.Judge(report, baseline, time.Now())
	if err := out.write(report); err != nil {
		return err
	}
	p.printVerdict(report, decision)
	p.say("report   %s", strings.Join(out.files(), "\n         "))
	if cause != nil {
		return cause
	}
	if decision.ExitCode != exitConformant {
		return &exitError{code: decision.ExitCode}
	}
	return nil
}

func loadBaseline(path string) (*gate.Baseline, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usage("--baseline: %w", err)
	}
	defer file.Close()
	baseline, err := gate.ReadBaseline(file)
	if err != nil {
		return nil, usage("--baseline %s: %w", path, err)
	}
	return baseline, nil
}
