package throttle

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that stands until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestTake(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	bucket := New(2, 3, c.now) // one token each half second, three at most
	take := func(key string, want time.Duration) {
		t.Helper()
		wait, ok := bucket.Take(key)
		if ok != (want == 0) || wait != want {
			t.Errorf("%s after %v: %v %v, wanted to wait %v", key, c.at.Sub(time.Unix(1000, 0)), wait, ok, want)
		}
	}
	for range 3 {
		take("a", 0)
	}
	take("a", 500*time.Millisecond)
	take("a", 500*time.Millisecond) // a refusal costs nothing
	take("b", 0)
	c.at = c.at.Add(400 * time.Millisecond)
	take("a", 100*time.Millisecond)
	c.at = c.at.Add(100 * time.Millisecond)
	take("a", 0)
	take("a", 500*time.Millisecond)
	c.at = c.at.Add(time.Hour) // a long rest fills the bucket, and not more
	for range 3 {
		take("a", 0)
	}
	take("a", 500*time.Millisecond)
}

func TestNoLimit(t *testing.T) {
	for _, rate := range []float64{0, -1} {
		if _, ok := New(rate, 1, time.Now).Take("a"); !ok {
			t.Errorf("rate %v refuses", rate)
		}
	}
	if _, ok := New(1, 0, time.Now).Take("a"); !ok {
		t.Error("a burst of 0 lets nothing happen")
	}
}

func TestForget(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	bucket := New(1, 1, c.now)
	for i := range 10 * sweepAt {
		bucket.Take(fmt.Sprint(i))
		c.at = c.at.Add(time.Second)
	}
	if n := len(bucket.fills); n > 2*sweepAt {
		t.Errorf("%d buckets are kept", n)
	}
}

func TestConcurrent(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	bucket := New(1, 50, c.now)
	var group sync.WaitGroup
	var taken atomic.Int64
	for range 100 {
		group.Go(func() {
			if _, ok := bucket.Take("a"); ok {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	if taken.Load() != 50 {
		t.Errorf("%d of 100 got through, wanted 50", taken.Load())
	}
}
