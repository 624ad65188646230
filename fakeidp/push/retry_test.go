package push

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter429(t *testing.T) {
	tests := []struct {
		name, header string
		waits        []time.Duration
	}{
		{"seconds", "7", slices.Repeat([]time.Duration{7 * time.Second}, 9)},
		{"none", "", doubling()},
		{"date", "Wed, 21 Oct 2026 07:28:00 GMT", doubling()},
		{"fraction", "1.5", doubling()},
		{"negative", "-3", doubling()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			requests := 0
			r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}), Options{MaxWait: 1000 * time.Hour})
			r.assign(ada())
			done := r.push()
			if !slices.Equal(r.slept, test.waits) {
				t.Errorf("slept %v\nwant %v", r.slept, test.waits)
			}
			last := done.Steps[len(done.Steps)-1]
			if requests != 10 || len(done.Steps) != 10 || done.Failed != 1 || !strings.Contains(last.Verdict, "gives up after 10 attempts") {
				t.Errorf("%d requests, %s", requests, verdicts(done.Steps))
			}
		})
	}
}

func doubling() []time.Duration {
	waits := []time.Duration{5 * time.Minute}
	for len(waits) < 9 {
		waits = append(waits, 2*waits[len(waits)-1])
	}
	return waits
}

func TestRetrySucceeds(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	r.assign(ada())
	target.expect(
		turn{line: adaLookup, status: 429, header: http.Header{"Retry-After": {"2"}}},
		turn{line: adaLookup, status: 200, reply: noMatch},
		turn{line: "POST /scim/v2/Users", body: adaCreate, status: 429, header: http.Header{"Retry-After": {"0"}}},
		turn{line: "POST /scim/v2/Users", body: adaCreate, status: 201, reply: adaAtTarget},
	)
	done := r.ok()
	target.done()
	if !slices.Equal(r.slept, []time.Duration{2 * time.Second, 0}) || !strings.Contains(done.Steps[0].Verdict, "waits 2s (as Retry-After says) before attempt 2 of 10") {
		t.Errorf("slept %v, %s", r.slept, verdicts(done.Steps))
	}
}

func TestLongWaitIsLeftForTheNextPush(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	r.assign(ada())
	r.assign(bob())
	target.expect(turn{line: adaLookup, status: 429})
	done := r.push()
	target.done()
	if done.Failed != 1 || len(r.slept) != 0 || !strings.Contains(done.Steps[0].Verdict, "waits at most 30s and leaves the rest for the next push") {
		t.Errorf("slept %v, %s", r.slept, verdicts(done.Steps))
	}
}
