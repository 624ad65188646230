package access

import (
	"sync"
	"time"
)

// sweepEvery is how often expired sessions are dropped.
const sweepEvery = time.Minute

// memory is a scs.Store in memory. scs's own memstore sweeps from a goroutine whose stop channel is
// made inside that goroutine, so that closing it early is a data race; this one sweeps while it saves.
type memory struct {
	now func() time.Time

	mu    sync.Mutex
	items map[string]saved
	swept time.Time
}

type saved struct {
	data    []byte
	expires time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, items: make(map[string]saved), swept: now()}
}

// Find returns the data of a session that has not expired.
func (m *memory) Find(token string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[token]
	if !ok || !m.now().Before(item.expires) {
		return nil, false, nil
	}
	return item.data, true, nil
}

// Commit saves a session.
func (m *memory) Commit(token string, data []byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep()
	m.items[token] = saved{data: data, expires: expires}
	return nil
}

// Delete ends a session.
func (m *memory) Delete(token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, token)
	return nil
}

func (m *memory) sweep() {
	now := m.now()
	if now.Sub(m.swept) < sweepEvery {
		return
	}
	m.swept = now
	for token, item := range m.items {
		if !now.Before(item.expires) {
			delete(m.items, token)
		}
	}
}
