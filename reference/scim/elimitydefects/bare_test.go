package elimitydefects

import (
	"net/http"
	"strconv"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// memory is a handler that keeps what the library hands to it, under the ids 1, 2, 3 …
type memory map[string]scim.ResourceAttributes

func (m memory) resource(id string) (scim.Resource, error) {
	if m[id] == nil {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	return scim.Resource{ID: id, Attributes: m[id], Meta: scim.Meta{Version: `W/"1"`}}, nil
}

func (m memory) Create(_ *http.Request, a scim.ResourceAttributes) (scim.Resource, error) {
	id := strconv.Itoa(len(m) + 1)
	m[id] = a
	return m.resource(id)
}

func (m memory) Get(_ *http.Request, id string) (scim.Resource, error) { return m.resource(id) }

func (m memory) GetAll(_ *http.Request, p scim.ListRequestParams) (page scim.Page, _ error) {
	for n := range len(m) {
		r, err := m.resource(strconv.Itoa(n + 1))
		if err != nil || p.FilterValidator != nil && p.FilterValidator.PassesFilter(r.Attributes) != nil {
			continue
		}
		page.TotalResults++
		if len(page.Resources) < p.Count {
			page.Resources = append(page.Resources, r)
		}
	}
	return page, nil
}

func (m memory) Search(r *http.Request, p scim.SearchParams) (scim.Page, error) {
	return m.GetAll(r, scim.ListRequestParams{Count: p.Count, FilterValidator: p.FilterValidator})
}

func (m memory) Replace(_ *http.Request, id string, a scim.ResourceAttributes) (scim.Resource, error) {
	m[id] = a
	return m.resource(id)
}

func (m memory) Delete(_ *http.Request, id string) error {
	delete(m, id)
	return nil
}

// Patch shows what reaches the handler: applying it is the handler's work.
func (m memory) Patch(_ *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	var handed []any
	for _, o := range operations {
		path := ""
		if o.Path != nil {
			path = o.Path.String()
		}
		handed = append(handed, map[string]any{"op": o.Op, "path": path, "value": o.Value})
	}
	return scim.Resource{ID: id, Attributes: scim.ResourceAttributes{"handed": handed}}, nil
}

// bare is the library with the standard schemas and nothing in front of it.
func bare() http.Handler {
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true},
		ResourceTypes: []scim.ResourceType{
			{
				ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Handler: memory{}, Schema: schema.CoreUserSchema(),
				SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}},
			},
			{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Handler: memory{}, Schema: schema.CoreGroupSchema()},
			{ID: optional.NewString("Thing"), Name: "Thing", Endpoint: "/Things", Handler: memory{}, Schema: thing()},
		},
	})
	if err != nil {
		panic(err)
	}
	return server
}

// thing is a schema with what the standard ones have not: numbers, a date, texts without sub-attributes, a
// sub-attribute named id.
func thing() schema.Schema {
	return schema.Schema{ID: "urn:example:Thing", Name: optional.NewString("Thing"), Attributes: schema.Attributes{
		schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "level", Type: schema.AttributeTypeInteger()})),
		schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "ratio", Type: schema.AttributeTypeDecimal()})),
		schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "since"})),
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "tags", MultiValued: true})),
		schema.ComplexCoreAttribute(schema.ComplexParams{Name: "badge", SubAttributes: []schema.SimpleParams{
			schema.SimpleStringParams(schema.StringParams{Name: "id"}), schema.SimpleStringParams(schema.StringParams{Name: "kind"}),
		}}),
	}}
}
