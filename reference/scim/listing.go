package scim

import (
	"slices"

	"assay/reference/directory"
	"assay/reference/scim/filter"
)

// batch is how many resources get their memberships in one query.
const batch = 256

// listing is a query over the resources of one type (RFC 7644 section 3.4.2). It reads the resources in
// a stream and never holds more of them than a page and its order take.
type listing struct {
	*server
	*exchange
	params listParams
	filter *filter.Filter
	order  *order
	query  directory.Query
	exact  bool // the query selects what the filter does and nothing else
}

func (s *server) listing(x *exchange, p listParams) (*listing, error) {
	l := &listing{server: s, exchange: x, params: p}
	var err error
	if l.order, err = newOrder(x.kind, p.sortBy, p.descending); err != nil {
		return nil, err
	}
	if p.filter != "" {
		if l.filter, err = filter.Parse(p.filter, x.kind.Type); err != nil {
			return nil, err
		}
	}
	return l, l.plan()
}

// plan decides what of the listing the store does: it selects, exactly or more than the filter does, and puts
// in order where it can.
func (l *listing) plan() error {
	l.query, l.exact = l.kind.query(l.filter)
	field, ok := l.order.field(l.kind)
	if !ok {
		return nil
	}
	q := l.query
	q.Order = &directory.Order{Field: field, Descending: l.order.descending}
	ordered, err := l.store.Orders(l.request.Context(), l.token.Tenant, q)
	if err == nil && ordered {
		l.query = q
	}
	return err
}

// count gives the number of all that match.
func (l *listing) count() (int, error) {
	if l.exact {
		return l.store.Count(l.request.Context(), l.token.Tenant, l.query)
	}
	n := 0
	err := l.each(l.query, false, func(keyed) bool {
		n++
		return true
	})
	return n, err
}

// each calls visit with every resource of the query that matches, until it gives false; with its sort
// key, if that is asked for.
func (l *listing) each(q directory.Query, keys bool, visit func(keyed) bool) error {
	pending := make([]directory.Resource, 0, batch)
	for r, err := range l.store.List(l.request.Context(), l.token.Tenant, q) {
		if err != nil {
			return err
		}
		if pending = append(pending, r); len(pending) < batch {
			continue
		}
		if more, err := l.match(pending, keys, visit); err != nil || !more {
			return err
		}
		pending = pending[:0]
	}
	_, err := l.match(pending, keys, visit)
	return err
}

// match visits those of a batch that match.
func (l *listing) match(list []directory.Resource, keys bool, visit func(keyed) bool) (more bool, err error) {
	decided := l.exact && !keys
	var members map[string][]directory.Member
	if len(list) > 0 && l.needs(l.kind.membership(), keys) {
		if members, err = l.memberships(l.request.Context(), l.token.Tenant, l.kind, list); err != nil {
			return false, err
		}
	}
	for _, r := range list {
		k := keyed{Resource: r}
		if !decided {
			doc := l.document(l.kind, r, members[r.ID])
			if !l.exact && !l.filter.Match(doc) {
				continue
			}
			if keys {
				k.key = l.order.key(doc)
			}
		}
		if !visit(k) {
			return false, nil
		}
	}
	return true, nil
}

func (l *listing) needs(attribute string, keys bool) bool {
	return !l.exact && l.filter.Refers(attribute) || keys && l.order.refers(attribute)
}

// index gives the resources of the page that begins at startIndex, and the number of all that match.
func (l *listing) index() (total int, found []directory.Resource, err error) {
	if l.params.count == 0 {
		total, err = l.count()
		return total, nil, err
	}
	switch {
	case l.order != nil && l.query.Order == nil:
		return l.sorted()
	case l.exact:
		return l.window()
	}
	err = l.each(l.query, false, func(k keyed) bool {
		if total++; total >= l.params.start && len(found) < l.params.count {
			found = append(found, k.Resource)
		}
		return true
	})
	return total, found, err
}

// window lets the store do the paging.
func (l *listing) window() (int, []directory.Resource, error) {
	total, err := l.count()
	if err != nil || l.params.start > total {
		return total, nil, err
	}
	q := l.query
	q.Offset, q.Limit = l.params.start-1, l.params.count
	found := make([]directory.Resource, 0, min(l.params.count, total))
	for r, err := range l.store.List(l.request.Context(), l.token.Tenant, q) {
		if err != nil {
			return 0, nil, err
		}
		found = append(found, r)
	}
	return total, found, nil
}

func (l *listing) sorted() (total int, found []directory.Resource, err error) {
	first := leaders{compare: l.order.compare, n: addBounded(l.params.start-1, l.params.count)}
	err = l.each(l.query, true, func(k keyed) bool {
		total++
		first.add(k)
		return true
	})
	if err != nil {
		return 0, nil, err
	}
	list := first.list()
	return total, resources(list[min(l.params.start-1, len(list)):]), nil
}

// addBounded adds two sizes that are not negative; what is beyond int is as good as the greatest.
func addBounded(a, b int) int {
	if sum := a + b; sum >= a {
		return sum
	}
	return int(^uint(0) >> 1)
}

func resources(list []keyed) []directory.Resource {
	found := make([]directory.Resource, len(list))
	for i := range list {
		found[i] = list[i].Resource
	}
	return found
}

// leaders keeps the first n of what it is given, in an order without ties.
type leaders struct {
	compare func(a, b keyed) int
	n       int
	kept    []keyed
}

func (l *leaders) add(k keyed) {
	l.kept = append(l.kept, k)
	if len(l.kept)/2 > l.n { // sorting now and then is as cheap as a heap
		l.list()
	}
}

func (l *leaders) list() []keyed {
	slices.SortFunc(l.kept, l.compare)
	if len(l.kept) > l.n {
		clear(l.kept[l.n:])
		l.kept = l.kept[:l.n]
	}
	return l.kept
}
