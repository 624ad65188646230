package push

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay/fakeidp/persona"
)

// backoff plans the waits of one task after 429 answers.
type backoff struct {
	policy persona.Retry
	waited int // waits so far
}

// next returns how long the vendor waits before it tries again, and why. ok is false when it gives up.
// Retry-After counts as a number of seconds only; a date, a fraction or its absence means the default
// wait, which grows with every wait before it (O3).
func (b *backoff) next(header http.Header) (wait time.Duration, why string, ok bool) {
	if b.waited+1 >= b.policy.Attempts {
		return 0, "", false
	}
	defer func() { b.waited++ }()
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, "as Retry-After says", true
	}
	wait = b.policy.Default
	for range b.waited {
		wait *= time.Duration(b.policy.Factor)
	}
	if value == "" {
		return wait, "its own wait, because Retry-After is missing", true
	}
	return wait, "its own wait, because Retry-After is not an integer number of seconds", true
}

// sleep waits for d or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
