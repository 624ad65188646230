// Command assay tests whether a product's SCIM provisioning and single sign-on work with the identity
// providers that its customers use. This package holds one file a subcommand: flags, wiring, terminal
// and exit code. What the protocols are is not known here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes. CI depends on them.
const (
	exitConformant    = 0
	exitNonconformant = 1 // or a regression, or a stale baseline entry
	exitUsage         = 2 // unknown flag, bad target file, a pattern that matches nothing
	exitIncomplete    = 3 // target unreachable, no check ran, or a required check could not run
	exitHarness       = 4 // a defect of the harness, or the report could not be written
	exitInterrupted   = 130
)

// exitError is an error with the exit code that it means. A nil cause means that everything has been
// said already.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// usage makes an error of what the user typed or configured.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// defect makes an error of ours.
func defect(format string, args ...any) error {
	return &exitError{exitHarness, fmt.Errorf(format, args...)}
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, os.Getenv)) }

// program is what the subcommands share: where data and narration go, and the environment.
type program struct {
	out, err io.Writer
	getenv   func(string) string
}

// run executes one command line and returns its exit code.
func run(args []string, out, errOut io.Writer, getenv func(string) string) int {
	p := &program{out: out, err: errOut, getenv: getenv}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(context.Background())
	if err == nil {
		return exitConformant
	}
	var failure *exitError
	if !errors.As(err, &failure) {
		// Everything that cobra itself complains about is about the command line.
		failure = &exitError{exitUsage, err}
		err = fmt.Errorf("%w\nRun \"%s --help\" for what it takes", err, cmd.CommandPath())
	}
	if failure.cause != nil {
		fmt.Fprintf(errOut, "assay: %s\n", strings.TrimSpace(err.Error()))
	}
	return failure.code
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "Test whether SCIM provisioning and single sign-on work with real identity providers",
		Long: `assay answers one question: will our single sign-on and SCIM provisioning work with
Okta, Entra ID and the rest, and will it keep working?

  assay demo                           everything at once, on this machine, nothing to configure
  assay run --target URL               run the checks against your SCIM endpoint (token in $ASSAY_TOKEN)
  assay gate REPORT --baseline FILE    let CI decide on a stored report
  assay serve                          the reference application, to develop against
  assay idp                            the fake identity provider, to develop against`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return err })
	root.AddCommand(
		p.demoCommand(), p.runCommand(), p.listCommand(), p.explainCommand(), p.gateCommand(),
		p.reportCommand(), p.proveCommand(), p.cleanCommand(), p.serveCommand(), p.idpCommand(),
		p.auditCommand(), p.keysCommand(), p.versionCommand(),
	)
	return root
}

// oneArgument wants exactly one argument, and says what it is when it is missing.
func oneArgument(name, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usage("%s is missing: %s", name, what)
		case 1:
			return nil
		default:
			return usage("%q is one argument too many: only %s is expected", args[1], name)
		}
	}
}

// say narrates to the person at the terminal; data goes to out.
func (p *program) say(format string, args ...any) { fmt.Fprintf(p.err, format+"\n", args...) }
