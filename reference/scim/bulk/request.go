package bulk

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// The schemas of the messages (RFC 7644 section 3.7).
const (
	RequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	ResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// Request is a decoded bulk request.
type Request struct {
	FailOnErrors int // stop after so many errors; 0 means never
	Operations   []Operation
}

// Operation is one operation of a bulk request. Empty members were not given.
type Operation struct {
	Method  string // in upper case; any method, not only those that section 3.7 has
	BulkID  string
	Version string // what an If-Match header would hold
	Path    string // relative to the SCIM base URL, with a slash at its beginning
	Data    any    // as schema.Decode gives it
}

// Decode reads a bulk request of at most maxOperations operations. The names of members may be in any
// case, as those of all attributes.
//
// It refuses the request as a whole, with a *scimerr.Error, when it is malformed or its meaning is
// not clear: not JSON, no BulkRequest, a member of the wrong type, an operation without a method or a path
// (its entry could not say what it is about), or a bulkId that two operations have. More than
// maxOperations operations are a 413 that names the limit (section 3.7.4). Everything else is for the
// entry of the operation to say.
func Decode(body []byte, maxOperations int) (*Request, error) {
	doc, err := schema.Decode(body)
	if err != nil {
		return nil, err
	}
	m, err := newMembers("", doc)
	if err != nil {
		return nil, err
	}
	if err := m.wantsSchema(); err != nil {
		return nil, err
	}
	list, ok := m.values["operations"].([]any)
	if !ok || len(list) == 0 {
		return nil, scimerr.InvalidSyntax("Operations: a list of operations is wanted")
	}
	if len(list) > maxOperations {
		return nil, scimerr.New(http.StatusRequestEntityTooLarge, "",
			"the %d operations of the bulk request exceed maxOperations (%d)", len(list), maxOperations)
	}
	r := &Request{FailOnErrors: m.count("failOnErrors"), Operations: make([]Operation, len(list))}
	if m.err != nil {
		return nil, m.err
	}
	for i, item := range list {
		if r.Operations[i], err = decodeOperation(i, item); err != nil {
			return nil, err
		}
	}
	return r, r.distinctIDs()
}

func decodeOperation(i int, item any) (Operation, error) {
	where := "Operations[" + strconv.Itoa(i) + "]"
	doc, ok := item.(map[string]any)
	if !ok {
		return Operation{}, scimerr.InvalidSyntax("%s: an object is wanted", where)
	}
	m, err := newMembers(where+".", doc)
	if err != nil {
		return Operation{}, err
	}
	o := Operation{
		Method: strings.ToUpper(m.required("method")), Path: m.required("path"),
		BulkID: m.text("bulkId"), Version: m.text("version"), Data: m.values["data"],
	}
	if o.Path != "" && o.Path[0] != '/' {
		o.Path = "/" + o.Path
	}
	return o, m.err
}

// check refuses what section 3.7 does not have.
func (o Operation) check() error {
	switch o.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if o.Data == nil {
			return scimerr.InvalidSyntax("data is missing: %s needs it", o.Method)
		}
	case http.MethodDelete:
	default:
		return scimerr.InvalidSyntax("method: POST, PUT, PATCH or DELETE is wanted")
	}
	if o.Method == http.MethodPost && o.BulkID == "" {
		return scimerr.InvalidSyntax("bulkId is missing: POST needs it")
	}
	return nil
}

// distinctIDs refuses a bulkId that is not "unique within a bulk request": references to it could mean either.
func (r *Request) distinctIDs() error {
	seen := map[string]bool{}
	for i := range r.Operations {
		id := r.Operations[i].BulkID
		if id != "" && seen[id] {
			return scimerr.InvalidValue("Operations[%d].bulkId: %q is given twice", i, id)
		}
		seen[id] = true
	}
	return nil
}

// members reads the members of an object by their lower-cased names and keeps the first error.
type members struct {
	where  string
	values map[string]any
	err    error
}

func newMembers(where string, doc map[string]any) (*members, error) {
	m := &members{where: where, values: make(map[string]any, len(doc))}
	for name, value := range doc {
		lower := strings.ToLower(name)
		if _, twice := m.values[lower]; twice {
			return nil, scimerr.InvalidSyntax("%s%s: given twice", where, lower)
		}
		m.values[lower] = value
	}
	return m, nil
}

func (m *members) fail(name, wanted string) {
	if m.err == nil {
		m.err = scimerr.InvalidSyntax("%s%s: %s is wanted", m.where, name, wanted)
	}
}

func (m *members) wantsSchema() error {
	urns, _ := m.values["schemas"].([]any)
	for _, urn := range urns {
		if text, ok := urn.(string); ok && strings.EqualFold(text, RequestURN) {
			return nil
		}
	}
	return scimerr.InvalidSyntax("schemas: %s is missing", RequestURN)
}

func (m *members) text(name string) string {
	value := m.values[strings.ToLower(name)]
	text, ok := value.(string)
	if !ok && value != nil {
		m.fail(name, "a string")
	}
	return text
}

func (m *members) required(name string) string {
	text := m.text(name)
	if text == "" {
		m.fail(name, "a string that is not empty")
	}
	return text
}

func (m *members) count(name string) int {
	value := m.values[strings.ToLower(name)]
	if value == nil {
		return 0
	}
	number, _ := value.(json.Number)
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 {
		m.fail(name, "an integer that is not negative")
	}
	return n
}
