package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"assay/reference/directory"
	"assay/reference/scim/cursor"
	"assay/reference/scim/scimerr"
)

// place is what a cursor stands for: everything behind, or with Back everything before, a resource by
// its sort key (or else its type) and its place in the order of creation. The resource need not exist any more, and
// what others write in between moves nothing: no resource that stays where it is comes twice or is left out.
type place struct {
	Count int   `json:"c"`
	Total int   `json:"t"` // as it was on the first page: it stays the same over a walk
	Back  bool  `json:"b,omitempty"`
	Key   any   `json:"k,omitempty"` // nil, a bool, a string or a number
	Part  int   `json:"p,omitempty"` // of walk.parts
	Seq   int64 `json:"s"`
	start bool  // everything
}

// walk is a walk by cursor (RFC 9865 section 2) over the resources of one type, or of several.
type walk struct {
	*server
	params  listParams
	parts   []*listing
	order   *order // nil is type by type, each in the order of creation
	binding string
}

// newWalk binds a walk to all that must be the same on every page: whose resources, which of them, in
// which order, and what is shown of them ("the client MUST query the same service provider endpoint with
// all query parameters and values being identical", RFC 9865 section 2). The count has an error of its
// own. filter and order are in canonical spelling.
func (s *server) newWalk(x *exchange, p listParams, o *order, filter, order string, parts ...*listing) *walk {
	bound := []any{x.token.Tenant, filter, order, p.descending, p.attributes, p.excluded}
	for _, l := range parts {
		bound = append(bound, l.kind.Kind)
	}
	text, err := json.Marshal(bound)
	if err != nil { // strings, lists of strings and booleans always marshal
		panic(err)
	}
	return &walk{server: s, params: p, parts: parts, order: o, binding: string(text)}
}

// walk answers a page of a walk over one type.
func (l *listing) walk() (answer, error) {
	filter, order := "", ""
	if l.filter != nil {
		filter = l.filter.String()
	}
	if l.order != nil {
		order = l.order.ref.String()
	}
	found, response, err := l.newWalk(l.exchange, l.params, l.order, filter, order, l).page()
	if err != nil {
		return answer{}, err
	}
	return l.answer(resources(found), response)
}

// page gives the resources of a page and what else the response says.
func (w *walk) page() ([]keyed, listResponse, error) {
	at, err := w.place()
	if err != nil {
		return nil, listResponse{}, err
	}
	response := listResponse{TotalResults: at.Total}
	if w.params.count == 0 { // "no resource results are to be returned except for totalResults"
		return nil, response, nil
	}
	found, more, err := w.beyond(at)
	if err != nil {
		return nil, listResponse{}, err
	}
	previous, next := w.neighbours(at, found, more)
	if response.PreviousCursor, err = w.seal(previous); err != nil {
		return nil, listResponse{}, err
	}
	response.NextCursor, err = w.seal(next)
	return found, response, err
}

// place reads the cursor; an empty one is the beginning.
func (w *walk) place() (place, error) {
	if *w.params.cursor == "" {
		at := place{Count: w.params.count, start: true}
		for _, l := range w.parts {
			n, err := l.count()
			if err != nil {
				return place{}, err
			}
			at.Total += n
		}
		return at, nil
	}
	var at place
	err := w.cursors.Open(w.binding, *w.params.cursor, &at)
	if errors.Is(err, cursor.ErrExpired) {
		return place{}, scimerr.New(http.StatusBadRequest, scimerr.TypeExpiredCursor,
			"the cursor has expired: begin anew with an empty one, and do not wait longer than the cursorTimeout between pages")
	}
	if err != nil {
		return place{}, invalidCursor()
	}
	if at.Count != w.params.count {
		return place{}, scimerr.New(http.StatusBadRequest, scimerr.TypeInvalidCount,
			"count must stay what it was in the first request of the walk: %d", at.Count)
	}
	return at, nil
}

// invalidCursor says the same whatever is wrong, whoever asks (RFC 9865 section 5.2).
func invalidCursor() error {
	return scimerr.New(http.StatusBadRequest, scimerr.TypeInvalidCursor,
		"the cursor is not one that this query has given: it must be empty for the first page, and the other parameters must stay the same")
}

func (w *walk) seal(at *place) (string, error) {
	if at == nil {
		return "", nil
	}
	return w.cursors.Seal(w.binding, at)
}

// beyond gives the page at a place, and whether there is more in the direction of the walk.
func (w *walk) beyond(at place) (found []keyed, more bool, err error) {
	n := w.params.count + 1
	if w.order == nil {
		found, err = w.following(at, n)
	} else {
		found, err = w.ranking(at, n)
	}
	if more = len(found) == n; more {
		found = found[:n-1]
	}
	if at.Back {
		slices.Reverse(found)
	}
	return found, more, err
}

// following gives the next n in the order of creation, or against it, as the store has them.
func (w *walk) following(at place, n int) (found []keyed, err error) {
	step := 1
	if at.Back {
		step = -1
	}
	for i := at.Part; i >= 0 && i < len(w.parts) && len(found) < n; i += step {
		l := w.parts[i]
		q := l.query
		q.Reverse = at.Back
		switch {
		case i != at.Part:
		case at.Back:
			q.Before = at.Seq
		default:
			q.After = at.Seq
		}
		if l.exact {
			q.Limit = n - len(found)
		}
		err = l.each(q, false, func(k keyed) bool {
			found = append(found, k)
			return len(found) < n
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ranking gives the next n in the order that was asked for, or against it.
func (w *walk) ranking(at place, n int) ([]keyed, error) {
	from := keyed{Resource: directory.Resource{Seq: at.Seq}, key: at.Key}
	first := leaders{compare: w.order.compare, n: n}
	if at.Back {
		first.compare = func(a, b keyed) int { return w.order.compare(b, a) }
	}
	for _, l := range w.parts {
		q, ordered := l.query, l.query.Order != nil
		if ordered {
			q.Reverse = at.Back
			q.From = at.inOrder()
		}
		if ordered && l.exact {
			q.Limit = n
		}
		taken := 0
		err := l.each(q, l.order != nil, func(k keyed) bool {
			if at.start || first.compare(from, k) < 0 {
				first.add(k)
				taken++
			}
			return !ordered || taken < n
		})
		if err != nil {
			return nil, err
		}
	}
	return first.list(), nil
}

// inOrder is the place in the terms of the store, where a number is an instant.
func (p place) inOrder() *directory.Place {
	if p.start {
		return nil
	}
	at := &directory.Place{Key: p.Key, Seq: p.Seq}
	if number, ok := p.Key.(json.Number); ok {
		at.Key, _ = number.Int64() // as key made it
	}
	return at
}

func (w *walk) part(k keyed) int {
	return slices.IndexFunc(w.parts, func(l *listing) bool { return l.kind.Kind == k.Kind })
}

// neighbours gives the places of the pages before and after a page, nil where there is none. A page that
// was reached from one side has that side as a neighbour, even if it has been emptied since.
func (w *walk) neighbours(at place, found []keyed, more bool) (previous, next *place) {
	if len(found) == 0 {
		return at.turned()
	}
	edge := func(k keyed, back bool) *place {
		return &place{Count: at.Count, Total: at.Total, Back: back, Key: k.key, Part: w.part(k), Seq: k.Seq}
	}
	if at.Back || more {
		next = edge(found[len(found)-1], false)
	}
	if !at.start && !at.Back || at.Back && more {
		previous = edge(found[0], true)
	}
	return previous, next
}

// turned gives the neighbours of an empty page. Where nothing is left on one side, the way back begins
// with the resource that led here, which is why the place moves by one.
func (p place) turned() (previous, next *place) {
	back := p
	back.Back = !p.Back
	switch {
	case p.start:
		return nil, nil
	case p.Back:
		back.Seq--
		return nil, &back
	}
	back.Seq++
	return &back, nil
}
