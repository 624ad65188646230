package scim_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/scim"
	"assay/reference/sqlstore"
)

// crowd is a server on a database file with n users. They are stored in groups, so that writers share commits.
func crowd(b *testing.B, n int) *client {
	b.Helper()
	ctx := context.Background()
	store, err := sqlstore.Open(ctx, filepath.Join(b.TempDir(), "crowd.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	if err := store.CreateTenant(ctx, directory.Tenant{ID: "acme"}); err != nil {
		b.Fatal(err)
	}
	const writers = 64
	failures := make(chan error, writers)
	for w := range writers {
		go func() { failures <- join(ctx, store, w, n, writers) }()
	}
	for range writers {
		if err := <-failures; err != nil {
			b.Fatal(err)
		}
	}
	c := &client{TB: b, store: store, log: &lockedBuffer{}, bearer: secret}
	if c.handler, err = scim.New(scim.Options{Store: store, BaseURL: base, Verify: tokens{secret: {ID: "t1", Tenant: "acme"}}}); err != nil {
		b.Fatal(err)
	}
	return c
}

func join(ctx context.Context, store *sqlstore.Store, first, n, step int) error {
	for i := first; i < n; i += step {
		name := fmt.Sprintf("user%06d@bench.test", i)
		_, err := store.Create(ctx, "acme", directory.Resource{
			Kind: directory.User, Name: name, Email: name, Active: true, ExternalID: fmt.Sprint("ext", i),
			Attributes: map[string]any{
				"userName": name, "active": true, "displayName": fmt.Sprint("User ", i), "title": fmt.Sprint("T", i%7),
				"name":   map[string]any{"givenName": "User", "familyName": fmt.Sprint(i)},
				"emails": []any{map[string]any{"value": name, "type": "work", "primary": true}},
			},
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// asked is a request of a benchmark.
type asked struct {
	*client
	path func(i int) string
}

// medians is the p50 of each of some requests. They take turns, so that whatever else the machine does
// slows all of them down alike.
func medians(times int, requests ...asked) []time.Duration {
	took := make([][]time.Duration, len(requests))
	for i := range times {
		for r, request := range requests {
			target := request.path(i)
			start := time.Now()
			request.want(200, "GET", target, "")
			took[r] = append(took[r], time.Since(start))
		}
	}
	p50 := make([]time.Duration, len(requests))
	for r := range requests {
		slices.Sort(took[r])
		p50[r] = took[r][times/2]
	}
	return p50
}

// BenchmarkLists prints, beside the times of two requests at their hardest, how much longer they take than at
// their easiest: the p50 of userName eq among 100,000 users to that among 1,000, and of a page of 100 by cursor at the
// end of 100,000 users to that of the first page, which counts them too, and to that of the second, which does not; of the second
// page of a sorted list among 100,000 users to that among 1,000, by cursor and by index, which counts them all, as an
// unsorted page does.
func BenchmarkLists(b *testing.B) {
	small, large := crowd(b, 1_000), crowd(b, 100_000)
	lookup := func(n int) func(int) string {
		return func(i int) string {
			return "/Users?filter=" + url.QueryEscape(fmt.Sprintf(`userName eq "USER%06d@bench.test"`, i*7919%n))
		}
	}
	b.Run("userName-eq", func(b *testing.B) {
		var p50 []time.Duration
		for b.Loop() {
			p50 = medians(500, asked{small, lookup(1_000)}, asked{large, lookup(100_000)})
		}
		report(b, p50[1], p50[0])
	})
	b.Run("sorted-page", func(b *testing.B) {
		const sorted = "/Users?count=100&sortBy=meta.lastModified&sortOrder=descending&cursor="
		second := func(c *client) asked {
			cursor := next(c.want(200, "GET", sorted, ""))
			return asked{c, func(int) string { return sorted + cursor }}
		}
		var p50 []time.Duration
		for b.Loop() {
			p50 = medians(100, second(small), second(large))
		}
		report(b, p50[1], p50[0])
	})
	b.Run("sorted-page-by-index", func(b *testing.B) {
		const sorted = "/Users?count=100&startIndex=101&sortBy=userName"
		at := func(c *client) asked { return asked{c, func(int) string { return sorted }} }
		unsorted := asked{large, func(int) string { return "/Users?count=100&startIndex=101" }}
		var p50 []time.Duration
		for b.Loop() {
			p50 = medians(50, at(small), at(large), unsorted)
		}
		report(b, p50[1], p50[0])
		b.ReportMetric(float64(p50[1])/float64(p50[2]), "of-unsorted-page")
	})
	const page = "/Users?count=100&cursor="
	b.Run("page-by-cursor", func(b *testing.B) {
		r := large.want(200, "GET", page, "")
		second := next(r)
		last := second
		for next(r) != "" {
			last = next(r)
			r = large.want(200, "GET", page+last, "")
		}
		at := func(cursor string) asked { return asked{large, func(int) string { return page + cursor }} }
		var p50 []time.Duration
		for b.Loop() {
			p50 = medians(100, at(""), at(second), at(last))
		}
		report(b, p50[2], p50[0])
		b.ReportMetric(float64(p50[2])/float64(p50[1]), "of-second-page")
	})
}

func report(b *testing.B, hard, easy time.Duration) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(hard.Microseconds()), "µs-p50")
	b.ReportMetric(float64(hard)/float64(easy), "ratio")
}
