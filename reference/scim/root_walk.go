package scim

import (
	"net/http"
	"strings"
)

// walk answers a page of a walk by cursor over the resources of all types. It is never tooMany: a walk
// comes in pages even when the client does not say how large.
func (q *rootQuery) walk() (answer, error) {
	filter := ""
	if f := q.parts[0].filter; f != nil {
		filter = f.String()
	}
	var o *order
	if q.params.sortBy != "" {
		o = &order{descending: q.params.descending} // the keys come from the orders of the parts
	}
	found, response, err := q.newWalk(q.exchange, q.params, o, filter, strings.ToLower(q.params.sortBy), q.parts...).page()
	if err != nil {
		return answer{}, err
	}
	if response.Resources, err = q.render(resources(found)); err != nil {
		return answer{}, err
	}
	response.Schemas, response.ItemsPerPage = []string{listURN}, len(response.Resources)
	body, err := encode(response)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: body}, nil
}
