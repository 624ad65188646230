package scim

import (
	"net/http"

	"assay/reference/directory"
)

// listResponse is the message of RFC 7644 section 3.4.2. A page has either a startIndex or, where RFC
// 9865 section 2 wants them, cursors.
type listResponse struct {
	Schemas        []string `json:"schemas"`
	TotalResults   int      `json:"totalResults"`
	StartIndex     int      `json:"startIndex,omitempty"`
	ItemsPerPage   int      `json:"itemsPerPage"`
	PreviousCursor string   `json:"previousCursor,omitempty"`
	NextCursor     string   `json:"nextCursor,omitempty"`
	Resources      []any    `json:"Resources"`
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
	l, err := s.listing(x, p)
	if err != nil {
		return answer{}, err
	}
	if p.cursor != nil {
		return l.walk()
	}
	total, found, err := l.index()
	if err != nil {
		return answer{}, err
	}
	return l.answer(found, listResponse{TotalResults: total, StartIndex: p.start})
}

// answer renders a page.
func (l *listing) answer(found []directory.Resource, response listResponse) (answer, error) {
	docs, err := l.documents(l.exchange, l.kind, found, l.params.selection)
	if err != nil {
		return answer{}, err
	}
	response.Schemas, response.ItemsPerPage, response.Resources = []string{listURN}, len(docs), make([]any, len(docs))
	for i := range docs {
		response.Resources[i] = docs[i]
	}
	body, err := encode(response)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: body}, nil
}
