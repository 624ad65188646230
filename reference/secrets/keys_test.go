package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
)

// keys is a place for wrapped keys that can fail.
type keys struct {
	mu        sync.Mutex
	sealed    map[string][]byte
	failAfter int // replacements that go well; -1 for all
}

func newKeys() *keys { return &keys{sealed: map[string][]byte{}, failAfter: -1} }

func (k *keys) SealedKey(_ context.Context, name string, offered []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.sealed[name]; !ok {
		k.sealed[name] = offered
	}
	return k.sealed[name], nil
}

func (k *keys) ReplaceSealedKey(_ context.Context, name string, old, fresh []byte) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failAfter == 0 {
		return false, errors.New("the database is gone")
	}
	k.failAfter--
	if !bytes.Equal(k.sealed[name], old) {
		return false, nil
	}
	k.sealed[name] = fresh
	return true, nil
}

func (k *keys) SealedKeys(context.Context) (map[string][]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.sealed), nil
}
