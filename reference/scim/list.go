package scim

import (
	"net/http"

	"assay/reference/directory"
	"assay/reference/scim/filter"
)

// batch is how many resources of a scan get their memberships in one query.
const batch = 256

// listResponse is the message of RFC 7644 section 3.4.2.
type listResponse struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []any    `json:"Resources"`
}

// list answers GET /Users (RFC 7644 section 3.4.2).
func (s *server) list(x *exchange) (answer, error) {
	p, err := s.paramsFromQuery(x)
	if err != nil {
		return answer{}, err
	}
	return s.page(x, p)
}

// search answers POST /Users/.search (RFC 7644 section 3.4.3).
func (s *server) search(x *exchange) (answer, error) {
	p, err := s.paramsFromBody(x)
	if err != nil {
		return answer{}, err
	}
	return s.page(x, p)
}

func (s *server) page(x *exchange, p listParams) (answer, error) {
	total, found, err := s.find(x, p)
	if err != nil {
		return answer{}, err
	}
	docs, err := s.documents(x, x.kind, found, p.selection)
	if err != nil {
		return answer{}, err
	}
	response := listResponse{
		Schemas: []string{listURN}, TotalResults: total, StartIndex: p.start, ItemsPerPage: len(docs), Resources: make([]any, len(docs)),
	}
	for i := range docs {
		response.Resources[i] = docs[i]
	}
	body, err := encode(response)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// find gives the resources of the page and the number of all that match.
func (s *server) find(x *exchange, p listParams) (total int, found []directory.Resource, err error) {
	o, err := newOrder(x.kind, p.sortBy, p.descending)
	if err != nil {
		return 0, nil, err
	}
	var f *filter.Filter
	if p.filter != "" {
		if f, err = filter.Parse(p.filter, x.kind.Type); err != nil {
			return 0, nil, err
		}
	}
	if f == nil && o == nil {
		return s.window(x, p)
	}
	c := &scan{server: s, exchange: x, filter: f, order: o, params: p}
	if err := c.run(x.kind.candidates(f)); err != nil {
		return 0, nil, err
	}
	return c.total, c.result(), nil
}

// window lets the store do the paging of a list without filter and order.
func (s *server) window(x *exchange, p listParams) (int, []directory.Resource, error) {
	ctx, q := x.request.Context(), directory.Query{Kind: x.kind.Kind}
	total, err := s.store.Count(ctx, x.token.Tenant, q)
	if err != nil || p.count == 0 || p.start > total {
		return total, nil, err
	}
	q.Offset, q.Limit = p.start-1, p.count
	found := make([]directory.Resource, 0, min(p.count, total))
	for r, err := range s.store.List(ctx, x.token.Tenant, q) {
		if err != nil {
			return 0, nil, err
		}
		found = append(found, r)
	}
	return total, found, nil
}

// candidates narrows the scan for a filter by what the store can look up. Everything that matches is
// among the candidates. An e-mail address is no help: the store knows only the primary one.
func (k *kind) candidates(f *filter.Filter) directory.Query {
	q := directory.Query{Kind: k.Kind}
	if f == nil {
		return q
	}
	q.ID, _ = f.Equals("id")
	q.ExternalID, _ = f.Equals("externalId")
	q.Name, _ = f.Equals(k.name)
	return q
}

// scan evaluates a filter over the resources of a query, and keeps the page, or with an order all
// that match.
type scan struct {
	*server
	*exchange
	filter  *filter.Filter
	order   *order
	params  listParams
	total   int
	kept    []keyed
	pending []directory.Resource
}

func (c *scan) run(q directory.Query) error {
	for r, err := range c.store.List(c.request.Context(), c.token.Tenant, q) {
		if err != nil {
			return err
		}
		c.pending = append(c.pending, r)
		if len(c.pending) < batch {
			continue
		}
		if err := c.flush(); err != nil {
			return err
		}
	}
	return c.flush()
}

// flush evaluates the resources that were read, after reading their memberships if it takes them.
func (c *scan) flush() error {
	var members map[string][]directory.Member
	if len(c.pending) > 0 && c.needs(c.kind.membership()) {
		var err error
		if members, err = c.memberships(c.request.Context(), c.token.Tenant, c.kind, c.pending); err != nil {
			return err
		}
	}
	for _, r := range c.pending {
		doc := c.document(c.kind, r, members[r.ID])
		if c.filter == nil || c.filter.Match(doc) {
			c.keep(r, doc)
		}
	}
	c.pending = c.pending[:0]
	return nil
}

func (c *scan) needs(attribute string) bool {
	return (c.filter != nil && c.filter.Refers(attribute)) || (c.order != nil && c.order.refers(attribute))
}

func (c *scan) keep(r directory.Resource, doc map[string]any) {
	c.total++
	if c.order != nil {
		c.kept = append(c.kept, keyed{r, c.order.key(doc)})
		return
	}
	if c.total >= c.params.start && len(c.kept) < c.params.count {
		c.kept = append(c.kept, keyed{Resource: r})
	}
}

func (c *scan) result() []directory.Resource {
	if c.order != nil {
		c.order.sort(c.kept)
		from := min(c.params.start-1, len(c.kept))
		c.kept = c.kept[from:min(from+c.params.count, len(c.kept))]
	}
	found := make([]directory.Resource, 0, len(c.kept))
	for i := range c.kept {
		found = append(found, c.kept[i].Resource)
	}
	return found
}
