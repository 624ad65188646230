package access

import (
	"context"
	"sync"
	"time"

	"assay/reference/directory"
)

// MemorySessions is a SessionStore in memory: its sessions end when the process does. The zero value is empty and
// ready. It sets no limit to how many sessions a user has.
type MemorySessions struct {
	mu     sync.Mutex
	byHash map[string]directory.Session
}

// StartSession implements SessionStore.
func (m *MemorySessions) StartSession(_ context.Context, s directory.Session, _ int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byHash == nil {
		m.byHash = make(map[string]directory.Session)
	}
	for hash, old := range m.byHash {
		if !s.Created.Before(old.Expires) {
			delete(m.byHash, hash)
		}
	}
	m.byHash[s.Hash] = s
	return nil
}

// Session implements SessionStore.
func (m *MemorySessions) Session(_ context.Context, hash string) (directory.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.byHash[hash]
	if !ok {
		return directory.Session{}, directory.ErrNotFound
	}
	return s, nil
}

// SeeSession implements SessionStore.
func (m *MemorySessions) SeeSession(_ context.Context, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.byHash {
		if s.ID == id {
			s.Seen = at
			m.byHash[hash] = s
		}
	}
	return nil
}

// EndSession implements SessionStore.
func (m *MemorySessions) EndSession(_ context.Context, tenant, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.byHash {
		if s.ID == id && s.Tenant == tenant {
			delete(m.byHash, hash)
			return nil
		}
	}
	return directory.ErrNotFound
}
