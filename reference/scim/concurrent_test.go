package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim"
	"assay/reference/sqlstore"
)

// onFile makes the server store into a file, as it does in production.
func onFile(tb testing.TB) func(*scim.Options) {
	return func(o *scim.Options) {
		store, err := sqlstore.Open(context.Background(), filepath.Join(tb.TempDir(), "x.db"))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = store.Close() })
		if err := store.CreateTenant(context.Background(), directory.Tenant{ID: "acme"}); err != nil {
			tb.Fatal(err)
		}
		o.Store = store
	}
}

func TestConcurrentMembershipChanges(t *testing.T) {
	c := newClient(t, onFile(t))
	const workers = 24
	var ids []string
	for i := range workers {
		ids = append(ids, c.user(fmt.Sprint("u", i)))
	}
	path := "/Groups/" + c.group("all")
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			r := c.do("PATCH", path, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
			if r.status != 200 {
				t.Errorf("add: %d %s", r.status, r.raw)
			}
			r = c.do("PATCH", "/Users/"+ids[0], patchBody(fmt.Sprintf(`{"op":"add","path":"emails","value":[{"value":"%d@x.test","type":"work"}]}`, i)))
			if r.status != 200 {
				t.Errorf("patch: %d %s", r.status, r.raw)
			}
			if r = c.do("GET", "/Users?filter=groups%20pr", ""); r.status != 200 {
				t.Errorf("list: %d %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	members, _ := c.want(200, "GET", path, "").at("members").([]any)
	emails, _ := c.want(200, "GET", "/Users/"+ids[0], "").at("emails").([]any)
	if len(members) != workers || len(emails) != workers {
		t.Errorf("%d members and %d emails of %d survived", len(members), len(emails), workers)
	}
}

func TestConcurrentCreates(t *testing.T) {
	c := newClient(t, onFile(t))
	var made, taken atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch r := c.do("POST", "/Users", userBody("ada", "")); r.status {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusConflict:
				taken.Add(1)
			default:
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || taken.Load() != 15 {
		t.Errorf("%d created, %d refused", made.Load(), taken.Load())
	}
}

// Of several writers with the same If-Match one wins, also when something is wrapped around the store
// that knows no more than its interface.
func TestConcurrentPreconditions(t *testing.T) {
	c := newClient(t, onFile(t), func(o *scim.Options) { o.Store = struct{ directory.Store }{o.Store} })
	path := "/Users/" + c.user("ada")
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			method, body := "PATCH", patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i))
			if i%2 == 1 {
				method, body = "DELETE", ""
			}
			switch r := c.do(method, path, body, "If-Match", `W/"1"`); r.status {
			case 200, 204:
				won.Add(1)
			case 412, 404:
			default:
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers won", won.Load())
	}
}

func BenchmarkServer(b *testing.B) {
	c := newClient(b, onFile(b))
	for i := range 100 {
		c.want(201, "POST", "/Users", userBody(fmt.Sprint("user", i), oktaUser[len(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.test"`):len(oktaUser)-1]))
	}
	one := c.user("one")
	grp := c.group("all", one)
	var n int
	for _, bench := range []struct {
		name   string
		status int
		run    func() response
	}{
		{"get", 200, func() response { return c.do("GET", "/Users/"+one, "") }},
		{"post", 201, func() response { n++; return c.do("POST", "/Users", userBody(fmt.Sprint("n", n), "")) }},
		{"patch", 200, func() response {
			n++
			return c.do("PATCH", "/Users/"+one, patchBody(fmt.Sprintf(`{"op":"replace","path":"title","value":"%d"}`, n)))
		}},
		{"member", 200, func() response {
			n++
			op := []string{"add", "remove"}[n%2]
			return c.do("PATCH", "/Groups/"+grp, patchBody(`{"op":"`+op+`","path":"members","value":[{"value":"`+one+`"}]}`))
		}},
		{"filter-eq", 200, func() response { return c.do("GET", "/Users?filter=userName%20eq%20%22USER7%22", "") }},
		{"list-50", 200, func() response { return c.do("GET", "/Users?count=50", "") }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := bench.run(); r.status != bench.status {
					b.Fatalf("%d %s", r.status, r.raw)
				}
			}
		})
	}
}
