// Package throttle limits how often something may happen for each of many keys: a token bucket a key,
// in memory, without timers.
package throttle

import (
	"sync"
	"time"
)

// Throttle holds the buckets. It is safe for concurrent use.
type Throttle struct {
	every time.Duration // in which a bucket gains one token
	full  time.Duration // in which an empty bucket fills
	now   func() time.Time

	mu    sync.Mutex
	fills map[string]time.Time // when a bucket will be full again; without an entry it is
	sweep int                  // at this many entries those of full buckets are dropped
}

// sweepAt is the least number of buckets at which full ones are dropped.
const sweepAt = 1024

// New makes a throttle that lets rate things a second happen for each key on average, and burst at
// once. A burst below 1 is 1. now tells the time. A rate that is not positive makes a nil Throttle, which
// lets everything happen.
func New(rate float64, burst int, now func() time.Time) *Throttle {
	if rate <= 0 {
		return nil
	}
	every := time.Duration(float64(time.Second) / rate)
	return &Throttle{
		every: every, full: time.Duration(max(burst, 1)) * every, now: now,
		fills: map[string]time.Time{}, sweep: sweepAt,
	}
}

// Take takes a token out of the key's bucket. When there is none it takes nothing and tells how long it
// takes until there is one.
func (t *Throttle) Take(key string) (wait time.Duration, ok bool) {
	if t == nil {
		return 0, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	fills, known := t.fills[key]
	if !known || fills.Before(now) {
		fills = now
	}
	after := fills.Add(t.every)
	if over := after.Sub(now) - t.full; over > 0 {
		return over, false
	}
	t.fills[key] = after
	t.forget(now)
	return 0, true
}

// forget drops full buckets, now and then, so that the map does not grow with keys of the past.
func (t *Throttle) forget(now time.Time) {
	if len(t.fills) < t.sweep {
		return
	}
	for key, fills := range t.fills {
		if fills.Before(now) {
			delete(t.fills, key)
		}
	}
	t.sweep = max(sweepAt, 2*len(t.fills))
}
