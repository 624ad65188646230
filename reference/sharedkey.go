package reference

import (
	"context"
	"errors"
	"fmt"

	"assay/reference/secrets"
)

// Under these names keys are kept and wrapped.
const (
	cursorKeyName = "assay scim cursor key"
	tenantKeyName = "assay tenant token key"
)

// sharedKey returns a key that all processes have which have the same database and the same key-encryption key, before and
// after a restart: that which seals cursors (RFC 9865), so that each goes on with what another has begun, or that of the
// tokens of tenants. A key that this process cannot open is a reason not to start: nothing that was sealed could be opened.
func (p *parts) sharedKey(ctx context.Context, name string, size int) ([]byte, error) {
	key, err := p.vault.SharedKey(ctx, name, size)
	if errors.Is(err, secrets.ErrWrongKey) {
		return nil, fmt.Errorf("the database was first used with another key-encryption key than %s: start with the first one, or take its keys over with \"assay keys rewrap\": %w", p.keyLocation(), err)
	}
	if err != nil {
		return nil, err
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
