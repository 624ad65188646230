package leniency

import (
	"maps"
	"sync"
)

// Ledger counts, by tenant, in how many requests each leniency was used since the process started. The
// zero value is ready. It is safe for concurrent use.
type Ledger struct {
	mu   sync.Mutex
	uses map[string]map[string]int64
}

// Count adds one use of each of the leniencies.
func (l *Ledger) Count(tenant string, names ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.uses == nil {
		l.uses = map[string]map[string]int64{}
	}
	if l.uses[tenant] == nil {
		l.uses[tenant] = map[string]int64{}
	}
	for _, name := range names {
		l.uses[tenant][name]++
	}
}

// Uses gives the counts of a tenant by the name of the leniency. What was never used is not in it.
func (l *Ledger) Uses(tenant string) map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.uses[tenant])
}
