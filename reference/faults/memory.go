package faults

import "sync"

// memory is what a faulty application remembers of one request for a later one. The zero value is
// empty. It is safe for concurrent use.
type memory[K comparable, V any] struct {
	mu   sync.Mutex
	held map[K]V
}

func (m *memory[K, V]) keep(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		m.held = map[K]V{}
	}
	m.held[key] = value
}

func (m *memory[K, V]) recall(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.held[key]
	return value, ok
}
