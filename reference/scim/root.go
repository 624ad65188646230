package scim

import (
	"net/http"
	"slices"

	"assay/reference/directory"
	"assay/reference/scim/filter"
	"assay/reference/scim/scimerr"
)

// listAll answers GET / (RFC 7644 section 3.4.2.1): a query over the resources of all types.
func (s *server) listAll(x *exchange) (answer, error) {
	p, err := s.paramsFromQuery(x)
	if err != nil {
		return answer{}, err
	}
	return s.pageAll(x, p)
}

// searchAll answers POST /.search.
func (s *server) searchAll(x *exchange) (answer, error) {
	p, err := s.paramsFromBody(x)
	if err != nil {
		return answer{}, err
	}
	return s.pageAll(x, p)
}

// pageAll answers a root query. Without sortBy the users come first, then the groups, each in the order
// of creation. An attribute that a type does not define has no value there, in the filter and for the
// order alike; sortBy must be an attribute of at least one type. A client that does not say how many
// resources it wants is refused with tooMany when more match than a response may hold.
func (s *server) pageAll(x *exchange, p listParams) (answer, error) {
	q := &rootQuery{server: s, exchange: x, params: p}
	if err := q.prepare(); err != nil {
		return answer{}, err
	}
	if p.cursor != nil {
		return q.walk()
	}
	found, err := q.find()
	if err != nil {
		return answer{}, err
	}
	docs, err := q.render(found)
	if err != nil {
		return answer{}, err
	}
	body, err := encode(listResponse{
		Schemas: []string{listURN}, TotalResults: q.total, StartIndex: p.start, ItemsPerPage: len(docs), Resources: docs,
	})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// rootQuery is a query over all types: a listing for each.
type rootQuery struct {
	*server
	*exchange
	params listParams
	parts  []*listing // the order of one is nil when its type does not define sortBy
	total  int
}

func (q *rootQuery) prepare() error {
	var unsortable error
	sortable := false
	for _, k := range q.kinds() {
		x := *q.exchange
		x.kind = k
		l := &listing{server: q.server, exchange: &x, params: q.params}
		var err error
		if l.order, err = newOrder(k, q.params.sortBy, q.params.descending); err != nil {
			unsortable = err
		}
		sortable = sortable || err == nil
		if q.params.filter != "" {
			if l.filter, err = filter.ParseAcross(q.params.filter, k.Type); err != nil {
				return err
			}
		}
		if err := l.plan(); err != nil {
			return err
		}
		q.parts = append(q.parts, l)
	}
	if !sortable {
		return unsortable
	}
	return nil
}

func (q *rootQuery) find() ([]directory.Resource, error) {
	if q.params.sortBy != "" {
		return q.sorted()
	}
	var found []directory.Resource
	for _, part := range q.parts {
		list, err := q.window(part, q.params.count-len(found))
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	return found, nil
}

// window gives what part has of the page, at most room resources, and counts all that match. The store
// does it alone where it can.
func (q *rootQuery) window(part *listing, room int) (found []directory.Resource, err error) {
	first := max(q.params.start-q.total, 1) // of this part
	if !part.exact {
		n := 0
		err = part.each(part.query, false, func(k keyed) bool {
			if n++; n >= first && len(found) < room {
				found = append(found, k.Resource)
			}
			return q.bounded(n)
		})
		if err != nil {
			return nil, err
		}
		return found, q.add(n)
	}
	n, err := part.count()
	if err != nil {
		return nil, err
	}
	if err := q.add(n); err != nil || first > n || room == 0 {
		return nil, err
	}
	query := part.query
	query.Offset, query.Limit = first-1, room
	for r, err := range q.store.List(q.request.Context(), q.token.Tenant, query) {
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, nil
}

// bounded tells whether n more matches are not too many.
func (q *rootQuery) bounded(n int) bool { return q.params.counted || q.total+n <= q.maxResults }

func (q *rootQuery) add(n int) error {
	if !q.bounded(n) {
		return scimerr.TooMany("more than %d resources match: give a narrower filter, or a count to read them page by page", q.maxResults)
	}
	q.total += n
	return nil
}

// sorted orders the resources of all types together. Those with equal keys, or without one, come in the
// order of creation.
func (q *rootQuery) sorted() ([]directory.Resource, error) {
	o := &order{descending: q.params.descending}
	first := leaders{compare: o.compare, n: addBounded(q.params.start-1, q.params.count)}
	for _, part := range q.parts {
		if err := q.lead(part, &first); err != nil {
			return nil, err
		}
	}
	list := first.list()
	return resources(list[min(q.params.start-1, len(list)):]), nil
}

// lead adds those of a part that may be among the first, and counts all that match.
func (q *rootQuery) lead(part *listing, first *leaders) error {
	query, n := part.query, 0
	counted := part.exact && query.Order != nil
	if counted {
		all, err := part.count()
		if err != nil {
			return err
		}
		if err := q.add(all); err != nil || first.n == 0 {
			return err
		}
		query.Limit = first.n
	}
	err := part.each(query, part.order != nil, func(k keyed) bool {
		n++
		first.add(k)
		return counted || q.bounded(n)
	})
	if err != nil || counted {
		return err
	}
	return q.add(n)
}

// render gives the documents of the page. Those of a type are rendered together, for the sake of their
// memberships.
func (q *rootQuery) render(found []directory.Resource) ([]any, error) {
	docs := make([]any, len(found))
	for _, k := range q.kinds() {
		list := slices.DeleteFunc(slices.Clone(found), func(r directory.Resource) bool { return r.Kind != k.Kind })
		rendered, err := q.documents(q.exchange, k, list, q.params.selection)
		if err != nil {
			return nil, err
		}
		next := 0
		for i := range found {
			if found[i].Kind == k.Kind {
				docs[i] = rendered[next]
				next++
			}
		}
	}
	return docs, nil
}
