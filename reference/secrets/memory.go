package secrets

import (
	"bytes"
	"context"
	"maps"
	"sync"
)

// memoryKeys keeps wrapped keys in this process.
type memoryKeys struct {
	mu     sync.Mutex
	sealed map[string][]byte
}

// SealedKey implements Keys.
func (m *memoryKeys) SealedKey(_ context.Context, name string, offered []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept, ok := m.sealed[name]; ok {
		return kept, nil
	}
	m.sealed[name] = offered
	return offered, nil
}

// ReplaceSealedKey implements Keys.
func (m *memoryKeys) ReplaceSealedKey(_ context.Context, name string, old, fresh []byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept, ok := m.sealed[name]; !ok || !bytes.Equal(kept, old) {
		return false, nil
	}
	m.sealed[name] = fresh
	return true, nil
}

// SealedKeys implements Keys.
func (m *memoryKeys) SealedKeys(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.sealed), nil
}
