package sso

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// maxLogins bounds the memory that people who never come back can take: about 5 MB.
const maxLogins = 10_000

// MemoryLogins keeps logins in this process. When it is full the oldest login gives way.
type MemoryLogins struct {
	now func() time.Time

	mu     sync.Mutex
	logins map[string]Login
	order  []string // states, oldest first; may name logins that were taken
}

// NewMemoryLogins returns an empty MemoryLogins. now may be nil.
func NewMemoryLogins(now func() time.Time) *MemoryLogins {
	if now == nil {
		now = time.Now
	}
	return &MemoryLogins{now: now, logins: make(map[string]Login)}
}

// Put implements Logins.
func (m *MemoryLogins) Put(_ context.Context, login Login) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.logins[login.State]; taken {
		return fmt.Errorf("keep login: the state is in use")
	}
	m.makeRoom()
	m.logins[login.State] = login
	m.order = append(m.order, login.State)
	return nil
}

// Take implements Logins.
func (m *MemoryLogins) Take(_ context.Context, state string) (Login, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	login, ok := m.logins[state]
	if !ok {
		return Login{}, ErrNoLogin
	}
	delete(m.logins, state)
	if !m.now().Before(login.Expires) {
		return Login{}, ErrNoLogin
	}
	return login, nil
}

// makeRoom drops from the front of the order what is taken or expired, and one more when still full.
func (m *MemoryLogins) makeRoom() {
	now := m.now()
	for len(m.order) > 0 {
		login, ok := m.logins[m.order[0]]
		if ok && now.Before(login.Expires) && len(m.order) < maxLogins {
			return
		}
		delete(m.logins, m.order[0])
		m.order = m.order[1:]
	}
}
