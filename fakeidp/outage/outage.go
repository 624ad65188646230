// Package outage holds the named ways in which an endpoint of the fake IdP can be out of order: a table of small handlers that
// stand in front of the honest one, and a board of the orders that say where and how often.
package outage

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of an order.
const (
	MaxOrders = 1000
	MaxDelay  = 10 * time.Minute
	MaxSize   = 1 << 30 // bytes
)

// Order puts an endpoint out of order.
type Order struct {
	ID       string
	Kind     string        // name of a Kind
	Issuer   string        // whose endpoints
	Client   string        // whose requests; "": everybody's. Requests of discovery and keys do not say whose they are, and count as its.
	Endpoint string        // "discovery", "keys", "authorize", "token", "userinfo" …; "": all
	Times    int           // that it happens; 0: until it is removed
	Delay    time.Duration // of kinds that wait; 0: the kind's own
	URL      string        // of kinds that redirect; "": the kind's own
	Size     int64         // bytes, of kinds that are large; 0: the kind's own
	Served   int           // how often it has happened
}

// Errors of Add.
var (
	ErrKind  = errors.New("no such outage")
	ErrOrder = errors.New("outage cannot be")
)

// Board is the orders in force. The zero Board is ready; it is safe for concurrent use.
type Board struct {
	mu     sync.Mutex
	last   int
	orders []Order
}

// Add puts an order into force and gives it an id. It fails with ErrKind, naming the kinds that there are, or with ErrOrder.
func (b *Board) Add(o Order) (Order, error) {
	kind, ok := find(o.Kind)
	if !ok {
		return Order{}, fmt.Errorf("%w: %q; there are %s", ErrKind, o.Kind, strings.Join(names(), ", "))
	}
	switch {
	case o.Times < 0:
		return Order{}, fmt.Errorf("%w: times is %d; want 0 (until it is removed) or more", ErrOrder, o.Times)
	case o.Delay < 0 || o.Delay > MaxDelay:
		return Order{}, fmt.Errorf("%w: delay is %s; want up to %s", ErrOrder, o.Delay, MaxDelay)
	case o.Size < 0 || o.Size > MaxSize:
		return Order{}, fmt.Errorf("%w: size is %d; want up to %d bytes", ErrOrder, o.Size, MaxSize)
	}
	o.Delay = cmp.Or(o.Delay, kind.delay)
	o.URL = cmp.Or(o.URL, kind.url)
	o.Size = cmp.Or(o.Size, kind.size)
	o.Served = 0
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.orders) >= MaxOrders {
		return Order{}, fmt.Errorf("%w: there are %d already; remove some", ErrOrder, len(b.orders))
	}
	b.last++
	o.ID = strconv.Itoa(b.last)
	b.orders = append(b.orders, o)
	return o, nil
}

// Remove ends the orders for which the condition holds; false means that there are none.
func (b *Board) Remove(ends func(Order) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.orders)
	b.orders = slices.DeleteFunc(b.orders, ends)
	return len(b.orders) < before
}

// Orders lists those in force, those that have happened as often as they were to included, oldest first.
func (b *Board) Orders() []Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.orders)
}

// Wrap is the handler of one request: the honest one, or what the first order in force for it makes of that. client is "" where
// the request does not say whose it is. The name is that of the outage, "" when all is well.
func (b *Board) Wrap(issuer, client, endpoint string, honest http.Handler) (h http.Handler, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.orders {
		o := &b.orders[i]
		if !o.concerns(issuer, client, endpoint) || o.Times > 0 && o.Served >= o.Times {
			continue
		}
		o.Served++
		kind, order := must(o.Kind), *o
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { kind.serve(order, w, r, honest) }), o.Kind
	}
	return honest, ""
}

func (o Order) concerns(issuer, client, endpoint string) bool {
	return o.Issuer == issuer && (o.Client == "" || client == "" || o.Client == client) && (o.Endpoint == "" || o.Endpoint == endpoint)
}

func must(name string) Kind {
	kind, _ := find(name) // Add has looked
	return kind
}

func find(name string) (Kind, bool) {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

func names() []string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, k.Name)
	}
	return all
}
