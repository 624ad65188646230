package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/tink-crypto/tink-go/v2/tink"

	"assay/reference"
	"assay/reference/directory"
	"assay/reference/secrets"
	"assay/reference/sqlstore"
)

// keysFlags say where the database and its key-encryption key are.
type keysFlags struct{ data, keyset, kms string }

func (f *keysFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.data, "data", "", "SQLite file or postgres:// URL, as for assay serve")
	cmd.Flags().StringVar(&f.keyset, "keyset", "", "file with the key-encryption key, as for assay serve")
	cmd.Flags().StringVar(&f.kms, "kms", "", "key-encryption key in a key service, as for assay serve")
}

func (p *program) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Rotate the keys that seal the secrets of the reference",
		Long: `Secrets are sealed with a data key of their tenant. Data keys are kept in the database, wrapped by the key-encryption
key, which is a file (--keyset) or in a key service (--kms). Both can be rotated; what was sealed before still opens.
Data keys can be rotated while the application runs. It reads a keyset at its start only: restart it after rewrap.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.keysRotateCommand(), p.keysRewrapCommand())
	return cmd
}

func (p *program) keysRotateCommand() *cobra.Command {
	var flags keysFlags
	var tenant string
	cmd := &cobra.Command{
		Use:     "rotate --data FILE",
		Short:   "Give tenants new data keys, which seal from now on",
		Example: "  assay keys rotate --data acme.db --tenant default",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withVault(cmd.Context(), flags, func(ctx context.Context, vault *secrets.Vault, store directory.Store) error {
				return p.rotateDataKeys(ctx, vault, store, tenant)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&tenant, "tenant", "", "id of the tenant (default: all tenants)")
	return cmd
}

func (p *program) rotateDataKeys(ctx context.Context, vault *secrets.Vault, store directory.Store, only string) error {
	tenants, err := store.Tenants(ctx)
	if err != nil {
		return usage("read the tenants: %w", err)
	}
	rotated := 0
	for _, t := range tenants {
		if only != "" && t.ID != only {
			continue
		}
		if err := vault.RotateDataKey(ctx, t.ID); err != nil {
			return usage("rotate the data key of tenant %q: %w", t.ID, err)
		}
		rotated++
	}
	if rotated == 0 {
		return usage("there is no tenant %q", only)
	}
	p.say("%d data keys rotated", rotated)
	return nil
}

func (p *program) keysRewrapCommand() *cobra.Command {
	var flags, to keysFlags
	cmd := &cobra.Command{
		Use:   "rewrap --data FILE",
		Short: "Rotate the key-encryption key, or move to another one",
		Long: `Wrap all keys in the database anew: with another key-encryption key (--to-keyset, --to-kms), with the newest version
of the same one in a key service (--kms), or with a new key that is put into the keyset first. It can be
interrupted and begun again. Stop the application before you move to another key-encryption key, and start it
with that one.`,
		Example: `  assay keys rewrap --data acme.db                                     # a new key in acme.db.keyset.json
  VAULT_TOKEN=… assay keys rewrap --data acme.db --to-kms hcvault://vault.example:8200/transit/keys/assay`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to.keyset != "" && to.kms != "" {
				return usage("--to-keyset and --to-kms exclude each other")
			}
			return p.withVault(cmd.Context(), flags, func(ctx context.Context, vault *secrets.Vault, _ directory.Store) error {
				target, err := flags.successor(to)
				if err != nil {
					return usage("%w", err)
				}
				n, err := vault.Rewrap(ctx, target)
				if err != nil {
					return usage("%d keys were wrapped anew, then: %w", n, err)
				}
				p.say("%d keys wrapped anew", n)
				return nil
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&to.keyset, "to-keyset", "", "file with the key-encryption key to move to, made where there is none")
	cmd.Flags().StringVar(&to.kms, "to-kms", "", "key in a key service to move to")
	return cmd
}

// successor is the key-encryption key to wrap with.
func (f keysFlags) successor(to keysFlags) (tink.AEAD, error) {
	switch {
	case to.kms != "":
		return secrets.TransitKey(to.kms)
	case to.keyset != "":
		return secrets.LocalKey(to.keyset)
	case f.kms != "":
		return secrets.TransitKey(f.kms)
	}
	return secrets.RotateLocalKey(f.options().KeysetFile())
}

func (f keysFlags) options() reference.Options {
	return reference.Options{Data: f.data, Keyset: f.keyset, KMS: f.kms}
}

// withVault opens the database and its vault for one piece of work. Neither is made where there is none.
func (p *program) withVault(ctx context.Context, f keysFlags, work func(context.Context, *secrets.Vault, directory.Store) error) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	kek, err := f.options().KeyEncryptionKey()
	if err != nil {
		return usage("%w", err)
	}
	store, err := sqlstore.Open(ctx, f.data)
	if err != nil {
		return usage("%w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return work(ctx, secrets.New(kek, store), store)
}

func (f keysFlags) check() error {
	switch {
	case f.data == "":
		return usage("--data is missing: the database whose keys are meant")
	case f.kms != "" && f.keyset != "":
		return usage("--kms and --keyset exclude each other")
	}
	files := []string{f.options().KeysetFile()}
	if !sqlstore.IsServer(f.data) {
		files = append(files, f.data)
	}
	for _, name := range files {
		if _, err := os.Stat(name); name != "" && err != nil {
			return usage("%w; --data and --keyset have to name what assay serve was started with", err)
		}
	}
	return nil
}
