package reference

import (
	"context"
	"crypto/rand"
	"fmt"

	"assay/reference/secrets"
)

// Under these names keys are kept and sealed. No tenant has such an id: it is what keeps the key from being taken
// for a secret of one.
const (
	cursorKeyName = "assay scim cursor key"
	tenantKeyName = "assay tenant token key"
)

// sharedKey returns a key that all processes have which have the same database and the same keyset, before and after
// a restart: that which seals cursors (RFC 9865), so that each goes on with what another has begun, or that of the tokens
// of tenants.
//
// A key that this process cannot open was sealed under another keyset. The process does without it: what it
// seals then stays with it and ends with it, which is no reason not to serve.
func (p *parts) sharedKey(ctx context.Context, name string, size int) ([]byte, error) {
	fresh := make([]byte, size)
	rand.Read(fresh) // it never fails
	offered, err := p.vault.Seal(name, fresh)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sealed, err := p.store.SealedKey(ctx, name, offered)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := p.vault.Unseal(name, sealed)
	if err != nil {
		p.Logger.WarnContext(ctx, "the database was first used with another keyset: cursors and tenant tokens of this process are of no use to others, and no client secret that was stored can be opened. Start it with that keyset", "keyset", p.KeysetFile(), "error", err)
		return fresh, nil
	}
	return key, nil
}

// tenantTokens returns what makes the ids of tenants opaque.
func (p *parts) tenantTokens(ctx context.Context) (*secrets.Opaque, error) {
	key, err := p.sharedKey(ctx, tenantKeyName, secrets.OpaqueKeySize)
	if err != nil {
		return nil, err
	}
	return secrets.NewOpaque(key, "tenant")
}
