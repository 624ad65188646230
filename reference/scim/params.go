package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// selection is what a client wants to see of a resource (RFC 7644 section 3.9). written are the attributes
// that its request writes, see projection.Apply.
type selection struct{ attributes, excluded, written []string }

// listParams are the parameters of a list or search (RFC 7644 section 3.4.2).
type listParams struct {
	selection
	filter     string
	sortBy     string
	descending bool
	start      int  // from 1
	count      int  // from 0
	counted    bool // the client has given the count
	// cursor is nil when the client does not walk by cursor, and "" for the first page of a walk.
	cursor *string
}

// query reads the parameters in the URL. Their names are taken in any case: Entra ID sends "startindex".
func (x *exchange) query() (url.Values, error) {
	given, err := url.ParseQuery(x.request.URL.RawQuery)
	if err != nil {
		return nil, scimerr.InvalidValue("the query of the URL is malformed")
	}
	values := make(url.Values, len(given))
	for name, list := range given {
		name = strings.ToLower(name)
		values[name] = append(values[name], list...)
	}
	return values, nil
}

func (x *exchange) selectFromQuery() error {
	if x.request.URL.RawQuery == "" {
		return nil
	}
	values, err := x.query()
	if err != nil {
		return err
	}
	x.project = selectionOf(values)
	return nil
}

func selectionOf(values url.Values) selection {
	return selection{attributes: names(values["attributes"]), excluded: names(values["excludedattributes"])}
}

// names splits lists of attribute names. A parameter may come more than once.
func names(lists []string) []string {
	var out []string
	for _, list := range lists {
		for _, name := range strings.Split(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

func (s *server) paramsFromQuery(x *exchange) (listParams, error) {
	values, err := x.query()
	if err != nil {
		return listParams{}, err
	}
	p := listParams{
		selection: selectionOf(values), filter: values.Get("filter"), sortBy: values.Get("sortby"),
	}
	if p.descending, err = descending(values.Get("sortorder")); err != nil {
		return listParams{}, err
	}
	if p.filter, err = s.forgiveFilter(x, p.filter); err != nil {
		return listParams{}, err
	}
	start, err := number("startIndex", values.Get("startindex"))
	if err != nil {
		return listParams{}, err
	}
	if p.cursor, err = cursorOf(values["cursor"]); err != nil {
		return listParams{}, err
	}
	count, err := number("count", values.Get("count"))
	if err != nil {
		return listParams{}, p.miscounted(err)
	}
	return p, s.bound(&p, start, count)
}

// paramsFromBody reads a SearchRequest (RFC 7644 section 3.4.3).
func (s *server) paramsFromBody(x *exchange) (listParams, error) {
	doc, err := schema.Decode(x.body)
	if err != nil {
		return listParams{}, err
	}
	body := searchBody{members: make(map[string]any, len(doc))}
	for name, value := range doc {
		body.members[strings.ToLower(name)] = value
	}
	if err := body.wantsSchema(); err != nil {
		return listParams{}, err
	}
	p := listParams{
		selection: selection{attributes: body.texts("attributes"), excluded: body.texts("excludedAttributes")},
		filter:    body.text("filter"), sortBy: body.text("sortBy"),
	}
	order := body.text("sortOrder")
	start := body.number("startIndex")
	if body.err != nil {
		return listParams{}, body.err
	}
	if p.cursor, err = body.cursor(); err != nil {
		return listParams{}, err
	}
	count := body.number("count")
	if body.err != nil {
		return listParams{}, p.miscounted(body.err)
	}
	if p.descending, err = descending(order); err != nil {
		return listParams{}, err
	}
	if p.filter, err = s.forgiveFilter(x, p.filter); err != nil {
		return listParams{}, err
	}
	return p, s.bound(&p, start, count)
}

// bound applies the defaults and limits of RFC 7644 section 3.4.2.4, which RFC 9865 section 2 keeps for
// cursors. A startIndex in a walk by cursor would ask for two pages at once.
func (s *server) bound(p *listParams, start, count *int) error {
	p.start, p.count = 1, min(defaultCount, s.maxResults)
	if start != nil {
		p.start = max(*start, 1)
	}
	if p.counted = count != nil; p.counted {
		p.count = min(max(*count, 0), s.maxResults)
	}
	if p.cursor != nil && p.start > 1 {
		return scimerr.InvalidValue("startIndex and cursor are two ways of paging: send one of them")
	}
	return nil
}

// cursorOf reads the parameter of RFC 9865 section 2, which is there and empty for the first page.
func cursorOf(values []string) (*string, error) {
	switch len(values) {
	case 0:
		return nil, nil
	case 1:
		return &values[0], nil
	}
	return nil, invalidCursor()
}

// miscounted is the error of a count that is no number, which has a keyword of its own in a walk by
// cursor (RFC 9865 section 2.1).
func (p *listParams) miscounted(err error) error {
	if p.cursor == nil {
		return err
	}
	return scimerr.New(http.StatusBadRequest, scimerr.TypeInvalidCount, "count: an integer is wanted")
}

// number reads an integer; one beyond the range of int is as good as the greatest.
func number(name, text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, scimerr.InvalidValue("%s: an integer is wanted", name)
	}
	return &n, nil
}

func descending(order string) (bool, error) {
	switch {
	case order == "" || strings.EqualFold(order, "ascending"):
		return false, nil
	case strings.EqualFold(order, "descending"):
		return true, nil
	}
	return false, scimerr.InvalidValue("sortOrder: \"ascending\" or \"descending\" is wanted")
}

// searchBody reads the members of a SearchRequest and keeps the first error.
type searchBody struct {
	members map[string]any // by lower-cased name
	err     error
}

func (b *searchBody) wantsSchema() error {
	urns, _ := b.members["schemas"].([]any)
	for _, urn := range urns {
		if text, ok := urn.(string); ok && strings.EqualFold(text, searchURN) {
			return nil
		}
	}
	return scimerr.InvalidSyntax("schemas: %s is missing", searchURN)
}

func (b *searchBody) fail(name, wanted string) {
	if b.err == nil {
		b.err = scimerr.InvalidValue("%s: %s is wanted", name, wanted)
	}
}

func (b *searchBody) text(name string) string {
	value := b.members[strings.ToLower(name)]
	text, ok := value.(string)
	if !ok && value != nil {
		b.fail(name, "a string")
	}
	return text
}

func (b *searchBody) texts(name string) []string {
	value := b.members[strings.ToLower(name)]
	if text, ok := value.(string); ok {
		return names([]string{text})
	}
	list, ok := value.([]any)
	if !ok && value != nil {
		b.fail(name, "a list of strings")
	}
	var out []string
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			b.fail(name, "a list of strings")
			return nil
		}
		out = append(out, text)
	}
	return names(out)
}

func (b *searchBody) cursor() (*string, error) {
	switch value := b.members["cursor"].(type) {
	case nil:
		return nil, nil
	case string:
		return &value, nil
	}
	return nil, invalidCursor()
}

func (b *searchBody) number(name string) *int {
	value := b.members[strings.ToLower(name)]
	if value == nil {
		return nil
	}
	n, ok := value.(json.Number)
	if !ok {
		b.fail(name, "an integer")
		return nil
	}
	out, err := number(name, n.String())
	if err != nil {
		b.fail(name, "an integer")
	}
	return out
}
