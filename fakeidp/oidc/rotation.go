package oidc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/fakeidp/control"
)

// Keys lists the signing keys that the issuer of a persona publishes.
func (i *Issuers) Keys(persona string) ([]control.Key, error) {
	r, err := i.keyring(persona)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return nil, err
	}
	listed := make([]control.Key, len(r.keys))
	for n, key := range r.keys {
		listed[n] = control.Key{ID: key.id, Signing: key.id == r.signing}
	}
	return listed, nil
}

// AddKey publishes one more key, with which nothing is signed yet. It fails with ErrTooManyKeys.
func (i *Issuers) AddKey(persona string) (control.Key, error) {
	r, err := i.keyring(persona)
	if err != nil {
		return control.Key{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fill(); err != nil {
		return control.Key{}, err
	}
	key, err := r.grow()
	return control.Key{ID: key.id}, err
}

// SignWith switches to a published key. It fails with ErrUnknownKey.
func (i *Issuers) SignWith(persona, id string) error {
	r, err := i.keyring(persona)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index(id) < 0 {
		return fmt.Errorf("%w: %q", ErrUnknownKey, id)
	}
	r.signing, r.surprise = id, false
	return nil
}

// WithdrawKey publishes a key no more. It fails with ErrUnknownKey, and with ErrKeyInUse for the one that signs.
func (i *Issuers) WithdrawKey(persona, id string) error {
	r, err := i.keyring(persona)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.index(id)
	switch {
	case at < 0:
		return fmt.Errorf("%w: %q", ErrUnknownKey, id)
	case id == r.signing:
		return fmt.Errorf("%w: %q", ErrKeyInUse, id)
	}
	r.withdrawn = append(r.withdrawn, r.keys[at])
	r.withdrawn = r.withdrawn[max(0, len(r.withdrawn)-maxKeys):]
	r.keys = slices.Delete(r.keys, at, at+1)
	return nil
}

// RotateBeforeSigning makes the next token signed with a key that is made, and published, at that very moment: no
// relying party can have seen it. The keys before it stay published.
func (i *Issuers) RotateBeforeSigning(persona string) error {
	r, err := i.keyring(persona)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.surprise = true
	return nil
}

func (i *Issuers) keyring(persona string) (*keyring, error) {
	p := i.of[persona]
	if p == nil {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrUnknownPersona, persona, strings.Join(slices.Sorted(maps.Keys(i.of)), ", "))
	}
	return p.keys, nil
}
