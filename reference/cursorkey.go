package reference

import (
	"context"
	"crypto/rand"
	"fmt"

	"assay/reference/scim/cursor"
)

// cursorKeyName is under which name the key of cursors is kept and sealed. No tenant has this id: it is what
// keeps the key from being taken for a secret of one.
const cursorKeyName = "assay scim cursor key"

// cursorKey returns the key that seals cursors (RFC 9865): one for all processes that have the same database
// and the same keyset, so that each goes on with what another has begun, before and after a restart.
//
// A key that this process cannot open was sealed under another keyset. The process does without it: walks then
// stay with it and end with it, which is no reason not to serve.
func (p *parts) cursorKey(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, cursor.KeySize)
	rand.Read(fresh) // it never fails
	offered, err := p.vault.Seal(cursorKeyName, fresh)
	if err != nil {
		return nil, fmt.Errorf("cursor key: %w", err)
	}
	sealed, err := p.store.SealedKey(ctx, cursorKeyName, offered)
	if err != nil {
		return nil, fmt.Errorf("cursor key: %w", err)
	}
	key, err := p.vault.Unseal(cursorKeyName, sealed)
	if err != nil {
		p.Logger.WarnContext(ctx, "the database was first used with another keyset: cursors of this process are of no use to others, and no client secret that was stored can be opened. Start it with that keyset", "keyset", p.KeysetFile(), "error", err)
		return fresh, nil
	}
	return key, nil
}
