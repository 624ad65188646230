package secrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// errBusy is returned when others keep changing a key at the same time.
var errBusy = errors.New("somebody else rotates the same key: try again")

// RotateDataKey gives a tenant a new data key, which seals from now on. What the old ones have sealed still opens. Other
// processes learn of it when they meet something that the new one has sealed.
func (v *Vault) RotateDataKey(ctx context.Context, tenant string) error {
	handle, sealed, err := v.dataKeyset(ctx, tenant)
	if err != nil {
		return err
	}
	fresh, err := withNewPrimary(handle)
	if err != nil {
		return err
	}
	name := dataKeyPrefix + tenant
	wrapped, err := v.wrap(name, fresh)
	if err != nil {
		return err
	}
	if err := v.replace(ctx, name, sealed, wrapped); err != nil {
		return err
	}
	v.forget(tenant)
	return nil
}

// Rewrap wraps every key anew with another key-encryption key, which may be a rotated form of the same one, and tells how
// many. It can be interrupted and begun again: what to has wrapped already is left alone, and counted too.
func (v *Vault) Rewrap(ctx context.Context, to tink.AEAD) (int, error) {
	all, err := v.keys.SealedKeys(ctx)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := v.rewrap(ctx, name, all[name], to); err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		done++
	}
	return done, nil
}

func (v *Vault) rewrap(ctx context.Context, name string, sealed []byte, to tink.AEAD) error {
	target := New(to, v.keys)
	if !strings.HasPrefix(name, dataKeyPrefix) {
		key, err := v.unwrap(name, sealed)
		if err != nil {
			_, already := target.unwrap(name, sealed)
			return ifNot(already, err)
		}
		wrapped, err := to.Encrypt(key, []byte(name))
		if err != nil {
			return fmt.Errorf("wrap key %q: %w", name, err)
		}
		return v.replace(ctx, name, sealed, wrapped)
	}
	handle, err := v.unwrapKeyset(name, sealed)
	if err != nil {
		_, already := target.unwrapKeyset(name, sealed)
		return ifNot(already, err)
	}
	wrapped, err := target.wrap(name, handle)
	if err != nil {
		return err
	}
	return v.replace(ctx, name, sealed, wrapped)
}

// ifNot returns err unless the other attempt went well.
func ifNot(other, err error) error {
	if other == nil {
		return nil
	}
	return err
}

func (v *Vault) replace(ctx context.Context, name string, old, fresh []byte) error {
	ok, err := v.keys.ReplaceSealedKey(ctx, name, old, fresh)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s: %w", name, errBusy)
	}
	return nil
}
