package saml

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxReplays bounds what is remembered: about 20 MB. It is reached by 10,000 logins a minute.
const maxReplays = 150_000

// MemoryReplays remembers in this process. When it is full nothing new is accepted: to forget would be to
// accept something twice.
type MemoryReplays struct {
	now func() time.Time

	mu    sync.Mutex
	seen  map[used]time.Time
	swept time.Time
}

type used struct{ issuer, id string }

// NewMemoryReplays returns an empty MemoryReplays. now may be nil.
func NewMemoryReplays(now func() time.Time) *MemoryReplays {
	if now == nil {
		now = time.Now
	}
	return &MemoryReplays{now: now, seen: map[used]time.Time{}}
}

// Seen implements Replays.
func (m *MemoryReplays) Seen(_ context.Context, issuer, id string, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now)
	key := used{issuer, id}
	if ends, ok := m.seen[key]; ok && now.Before(ends) {
		return false, nil
	}
	if len(m.seen) >= maxReplays {
		return false, errors.New("the memory of used messages is full")
	}
	m.seen[key] = until
	return true, nil
}

func (m *MemoryReplays) sweep(now time.Time) {
	if now.Sub(m.swept) < time.Minute {
		return
	}
	m.swept = now
	for key, ends := range m.seen {
		if !now.Before(ends) {
			delete(m.seen, key)
		}
	}
}
