package bareelimity

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
)

// record is a stored resource. Its attributes are never changed in place, so that they can be read
// outside the lock.
type record struct {
	attributes        scim.ResourceAttributes
	created, modified time.Time
}

// sequence hands out the ids of all resources of a server.
type sequence struct{ last atomic.Int64 }

func (s *sequence) next() string { return fmt.Sprintf("%08d", s.last.Add(1)) }

// handler keeps the resources of one type in memory.
type handler struct {
	ids  *sequence
	mu   sync.Mutex
	data map[string]record
}

var _ scim.ResourceHandler = (*handler)(nil)

func newHandler(ids *sequence) *handler { return &handler{ids: ids, data: map[string]record{}} }

// Create stores a new resource, whatever else has the same name.
func (h *handler) Create(_ *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now().UTC()
	return h.store(h.ids.next(), record{attributes: attributes, created: now, modified: now}), nil
}

// Get returns one resource.
func (h *handler) Get(_ *http.Request, id string) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, ok := h.data[id]
	if !ok {
		return scim.Resource{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	return resource(id, found), nil
}

// GetAll returns a page of the resources whose attributes pass the filter.
func (h *handler) GetAll(_ *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	matches := []scim.Resource{}
	for _, id := range slices.Sorted(maps.Keys(h.data)) {
		found := resource(id, h.data[id])
		if params.FilterValidator != nil && params.FilterValidator.PassesFilter(found.Attributes) != nil {
			continue
		}
		matches = append(matches, found)
	}
	start := min(params.StartIndex-1, len(matches))
	end := min(start+params.Count, len(matches))
	return scim.Page{TotalResults: len(matches), Resources: matches[start:end]}, nil
}

// Replace puts new attributes in the place of all others.
func (h *handler) Replace(_ *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, ok := h.data[id]
	if !ok {
		return scim.Resource{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	return h.store(id, record{attributes: attributes, created: found.created, modified: time.Now().UTC()}), nil
}

// Delete forgets a resource. Groups that it is a member of keep it.
func (h *handler) Delete(_ *http.Request, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.data[id]; !ok {
		return scimerrors.ScimErrorResourceNotFound(id)
	}
	delete(h.data, id)
	return nil
}

// Patch sets and unsets whole attributes, as the library's example does.
func (h *handler) Patch(_ *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, ok := h.data[id]
	if !ok {
		return scim.Resource{}, scimerrors.ScimErrorResourceNotFound(id)
	}
	attributes := maps.Clone(found.attributes)
	for _, op := range operations {
		apply(attributes, op)
	}
	return h.store(id, record{attributes: attributes, created: found.created, modified: time.Now().UTC()}), nil
}

func apply(attributes scim.ResourceAttributes, op scim.PatchOperation) {
	switch {
	case op.Op == scim.PatchOperationRemove:
		attributes[op.Path.String()] = nil
	case op.Path != nil:
		attributes[op.Path.String()] = op.Value
	default:
		values, _ := op.Value.(map[string]any)
		for name, value := range values {
			existing, many := attributes[name].([]any)
			if many && op.Op == scim.PatchOperationAdd {
				value = append(slices.Clone(existing), value)
			}
			attributes[name] = value
		}
	}
}

// store must be called with the lock held.
func (h *handler) store(id string, r record) scim.Resource {
	r.attributes = maps.Clone(r.attributes)
	h.data[id] = r
	return resource(id, r)
}

// resource makes what the library answers with, on a copy of the attributes.
func resource(id string, r record) scim.Resource {
	out := scim.Resource{
		ID:         id,
		Attributes: maps.Clone(r.attributes),
		Meta:       scim.Meta{Created: &r.created, LastModified: &r.modified},
	}
	if external, ok := r.attributes["externalId"].(string); ok {
		out.ExternalID = optional.NewString(external)
	}
	return out
}
