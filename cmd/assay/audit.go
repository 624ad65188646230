package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"assay/reference/audit"
	"assay/reference/directory"
)

func (p *program) auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify an exported audit log of the reference",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.auditVerifyCommand())
	return cmd
}

func (p *program) auditVerifyCommand() *cobra.Command {
	var head string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verify that no event of an export was changed, removed or slipped in",
		Long: `Verify an export of the audit log, as GET /api/tenants/{tenant}/audit/export of the reference gives it
("-" is standard input). Each event has a hash over itself and the hash of the event before it, so that
whatever was changed, removed or slipped in breaks the chain.

A log that was cut off at its end is still a chain. Keep the hash of the last event, which this command
prints, somewhere else, and give it as --head the next time: it has to be among the events.

Exit code 0: intact. 1: not intact, or the head is missing. 2: the file is no export.`,
		Example: `  curl -H "Authorization: Bearer $ADMIN_TOKEN" "$ADMIN/tenants/$TENANT/audit/export" | assay audit verify -
  assay audit verify audit.jsonl --head 5f3c…`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := p.openExport(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			return p.verifyExport(in, head)
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "hash of an event that must be there, in hexadecimal")
	return cmd
}

func (p *program) openExport(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("open the export: %v", err)
	}
	return f, nil
}

func (p *program) verifyExport(in io.Reader, head string) error {
	wanted, err := hex.DecodeString(head)
	if err != nil || head != "" && len(wanted) != sha256.Size {
		return usage("--head %q is not a hash: one has %d hexadecimal digits", head, 2*sha256.Size)
	}
	events, seen := audit.ReadLines(in), head == ""
	chains, err := audit.Verify(func(yield func(directory.Event, error) bool) {
		for e, err := range events {
			seen = seen || bytes.Equal(e.Hash, wanted)
			if !yield(e, err) {
				return
			}
		}
	})
	if broken, ok := errors.AsType[*audit.BrokenChainError](err); ok {
		return &exitError{exitNonconformant, broken}
	}
	if err != nil {
		return usage("%v", err)
	}
	if len(chains) == 0 {
		return usage("the export holds no event")
	}
	if !seen {
		return &exitError{exitNonconformant, fmt.Errorf("no event has the hash %s: the log was cut off before it, or made anew", head)}
	}
	for _, c := range chains {
		fmt.Fprintf(p.out, "tenant %q: %d events, intact, head %x\n", c.Tenant, c.Events, c.Head)
	}
	return nil
}
