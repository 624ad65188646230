package scim

import (
	"net/http"
	"strings"
	"time"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// The schemas of discovery documents (RFC 7643 sections 5 to 7) and of messages (RFC 7644 section 3).
const (
	configURN       = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN       = schema.Definition
	listURN         = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN       = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// document is a rendered discovery document.
type document = []byte

// newDiscovery renders every discovery document once, by path. Nothing in them depends on the tenant.
func (s *server) newDiscovery() (map[string]document, error) {
	docs := map[string]any{"/ServiceProviderConfig": s.config()}
	var schemas, types []any
	for _, k := range s.kinds() {
		t := s.resourceType(k)
		types = append(types, t)
		docs["/ResourceTypes/"+k.Name] = t
		for _, each := range append([]schema.Schema{k.Core}, k.Extensions...) {
			path := "/Schemas/" + strings.ToLower(each.URN)
			if docs[path] != nil {
				continue // it extends another type too
			}
			docs[path] = s.schemaDocument(each)
			schemas = append(schemas, docs[path])
		}
	}
	config := s.schemaDocument(configSchema())
	schemas = append(schemas, config)
	docs["/Schemas/"+strings.ToLower(configURN)] = config
	docs["/ResourceTypes"] = listOf(types)
	docs["/Schemas"] = listOf(schemas)
	rendered := make(map[string]document, len(docs))
	for path, doc := range docs {
		body, err := encode(doc)
		if err != nil {
			return nil, err
		}
		rendered[path] = body
	}
	return rendered, nil
}

func listOf(resources []any) listResponse {
	return listResponse{
		Schemas: []string{listURN}, TotalResults: len(resources), StartIndex: 1, ItemsPerPage: len(resources), Resources: resources,
	}
}

// discoveryEndpoint finds what serves a path of RFC 7644 section 4. Query parameters are ignored,
// but a filter is refused, so that nobody takes what comes for filtered.
func (s *server) discoveryEndpoint(path string) (endpoint, bool) {
	root, name, isItem := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if root != "ServiceProviderConfig" && root != "ResourceTypes" && root != "Schemas" {
		return nil, false
	}
	key := path
	if isItem && root == "Schemas" {
		key = "/Schemas/" + strings.ToLower(name)
	}
	return endpoint{http.MethodGet: func(x *exchange) (answer, error) {
		body, known := s.discovery[key]
		if !known {
			return answer{}, scimerr.NotFound("there is no such document")
		}
		if x.request.URL.Query().Has("filter") {
			return answer{}, scimerr.New(http.StatusForbidden, "", "discovery documents cannot be filtered")
		}
		return answer{status: http.StatusOK, body: body, header: map[string]string{"Content-Location": s.base + path}}, nil
	}}, true
}

// config is the ServiceProviderConfig. It says what the handler does and nothing else.
func (s *server) config() map[string]any {
	supported := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	return map[string]any{
		"schemas":        []string{configURN},
		"patch":          supported(true),
		"bulk":           map[string]any{"supported": true, "maxOperations": s.maxOperations, "maxPayloadSize": s.maxPayload},
		"filter":         map[string]any{"supported": true, "maxResults": s.maxResults},
		"changePassword": supported(false),
		"sort":           supported(true),
		"etag":           supported(true),
		"pagination": map[string]any{ // RFC 9865 section 4
			"cursor": true, "index": true, "defaultPaginationMethod": "index",
			"defaultPageSize": min(defaultCount, s.maxResults), "maxPageSize": s.maxResults,
			"cursorTimeout": int(s.cursorTimeout / time.Second),
		},
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "OAuth Bearer Token", "primary": true,
			"description": "A bearer token in the Authorization header. It is issued with the tenant's SCIM connection.",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
		}},
		"meta": s.meta("ServiceProviderConfig", "/ServiceProviderConfig"),
	}
}

func (s *server) meta(resourceType, path string) map[string]any {
	return map[string]any{"resourceType": resourceType, "location": s.base + path}
}

func (s *server) resourceType(k *kind) map[string]any {
	doc := map[string]any{
		"schemas": []string{resourceTypeURN}, "id": k.Name, "name": k.Name, "endpoint": k.Endpoint,
		"description": k.Core.Description, "schema": k.Core.URN,
		"meta": s.meta("ResourceType", "/ResourceTypes/"+k.Name),
	}
	var extensions []any
	for i := range k.Extensions {
		extensions = append(extensions, map[string]any{"schema": k.Extensions[i].URN, "required": k.Extensions[i].Required})
	}
	if extensions != nil {
		doc["schemaExtensions"] = extensions
	}
	return doc
}

func (s *server) schemaDocument(d schema.Schema) map[string]any {
	return map[string]any{
		"schemas": []string{schemaURN}, "id": d.URN, "name": d.Name, "description": d.Description,
		"attributes": attributeDocuments(d.Attributes), "meta": s.meta("Schema", "/Schemas/"+d.URN),
	}
}

func attributeDocuments(attributes []schema.Attribute) []any {
	docs := make([]any, len(attributes))
	for i := range attributes {
		docs[i] = attributeDocument(&attributes[i])
	}
	return docs
}

// attributeDocument shows the characteristics of an attribute (RFC 7643 section 7); caseExact where
// there is a case.
func attributeDocument(a *schema.Attribute) map[string]any {
	doc := map[string]any{
		"name": a.Name, "type": a.Type, "multiValued": a.MultiValued, "description": a.Description, "required": a.Required,
		"mutability": a.Mutability, "returned": a.Returned, "uniqueness": a.Uniqueness,
	}
	if a.Type != schema.Complex && a.Type != schema.Boolean {
		doc["caseExact"] = a.CaseExact
	}
	if len(a.Canonical) > 0 {
		doc["canonicalValues"] = a.Canonical
	}
	if len(a.References) > 0 {
		doc["referenceTypes"] = a.References
	}
	if len(a.Sub) > 0 {
		doc["subAttributes"] = attributeDocuments(a.Sub)
	}
	return doc
}
