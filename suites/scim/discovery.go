package scim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

const (
	configURN      = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	messagePrefix  = "urn:ietf:params:scim:api:"
	quoteSupported = "A Boolean value specifying whether or not the operation is supported. REQUIRED."
	quoteListForm  = `When returning multiple ResourceTypes or Schemas, the message form described by the "urn:ietf:params:scim:api:messages:2.0:ListResponse" (ListResponse) form SHALL be used`
)

func discovery(s *check.Suite) {
	s.Describe("discovery", func() {
		serviceProviderConfig(s)
		configValues(s)
		resourceTypes(s)
		schemaEndpoint(s)
		discoveryRequests(s)
	})
}

func serviceProviderConfig(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.discovery.service-provider-config", Level: check.Must,
		Title: "GET /ServiceProviderConfig answers with the service provider's configuration",
		Refs:  check.Refs(check.RFC7644("4", `This endpoint SHALL return responses with a JSON object using a "schemas" attribute of "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig".`)),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		t.Expect(res).To(check.HaveStatus(200))
		t.Expect(res).To(check.HaveSchema(configURN))
	})
	s.It(check.Spec{
		ID: "scim.discovery.config-declares-features", Level: check.Must,
		Title: "the configuration says of patch, bulk, filter, changePassword, sort and etag whether they are supported",
		Refs:  check.Refs(check.RFC7643("5", quoteSupported)),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
			t.Expect(res).To(check.HaveJSON("/"+feature+"/supported", beBoolean()))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.bulk-limits", Level: check.Must,
		Title: "the configuration gives the limits of bulk requests as integers",
		Refs:  check.Refs(check.RFC7643("5", "maxOperations An integer value specifying the maximum number of operations. REQUIRED.")),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		t.Expect(res).To(check.HaveJSON("/bulk/maxOperations", beInteger()))
		t.Expect(res).To(check.HaveJSON("/bulk/maxPayloadSize", beInteger()))
	})
	s.It(check.Spec{
		ID: "scim.discovery.filter-limit", Level: check.Must,
		Title: "the configuration gives the largest number of results of a query as an integer",
		Refs:  check.Refs(check.RFC7643("5", "maxResults An integer value specifying the maximum number of resources returned in a response. REQUIRED.")),
	}, func(t *check.T) {
		t.Expect(t.Get("/ServiceProviderConfig")).To(check.HaveJSON("/filter/maxResults", beInteger()))
	})
	s.It(check.Spec{
		ID: "scim.discovery.authentication-schemes", Level: check.Must,
		Title: "the configuration describes at least one authentication scheme by type, name and description",
		Refs:  check.Refs(check.RFC7643("5", "A multi-valued complex type that specifies supported authentication scheme properties.")),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		t.Expect(res).To(check.HaveJSON("/authenticationSchemes", beFilledList()))
		for _, scheme := range check.Elements(res, "/authenticationSchemes") {
			for _, name := range []string{"type", "name", "description"} {
				value, _ := wire.At(scheme, "/"+name)
				t.ExpectThat(name+" of an authentication scheme", value).To(check.BeNonEmptyString())
			}
		}
	})
}

func resourceTypes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.discovery.resource-types-listed", Level: check.Must,
		Title: "GET /ResourceTypes answers with a list of resource types",
		Refs:  check.Refs(check.RFC7644("4", quoteListForm)),
	}, func(t *check.T) {
		res := t.Get("/ResourceTypes")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/Resources/0/endpoint", check.BeNonEmptyString()))
	})
	s.It(check.Spec{
		ID: "scim.discovery.resource-types-complete", Level: check.Must,
		Title: "every resource type has a name, an endpoint and a schema",
		Refs:  check.Refs(check.RFC7643("6", "Unlike other core resources, all attributes are REQUIRED unless otherwise specified.")),
	}, func(t *check.T) {
		for _, resourceType := range resourceTypesOf(t) {
			for _, name := range []string{"name", "endpoint", "schema"} {
				value, _ := wire.At(resourceType, "/"+name)
				t.ExpectThat(name+" of a resource type", value).To(check.BeNonEmptyString())
			}
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.resource-type-alone", Level: check.Must,
		Title: "a resource type can be read by its id",
		Refs:  check.Refs(check.RFC7644("4", `In cases where a request is for a specific "ResourceType" or "Schema", the single JSON object is returned in the same way that a single User or Group is retrieved, as per Section 3.4.1.`)),
	}, func(t *check.T) {
		for _, resourceType := range resourceTypesOf(t) {
			id, name := textAt(resourceType, "/id"), textAt(resourceType, "/name")
			if id == "" {
				id = name
			}
			res := t.Get("/ResourceTypes/" + url.PathEscape(id))
			t.Expect(res).To(check.HaveStatus(200))
			t.Expect(res).To(check.HaveJSON("/name", name))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.endpoints-exist", Level: check.Must,
		Title: "the endpoint of every resource type exists",
		Refs:  check.Refs(check.RFC7643("6", `The resource type's HTTP-addressable endpoint relative to the Base URL of the service provider, e.g., "Users".`)),
	}, func(t *check.T) {
		for _, resourceType := range resourceTypesOf(t) {
			endpoint := "/" + strings.TrimPrefix(textAt(resourceType, "/endpoint"), "/")
			t.Require("the endpoint of a resource type", endpoint, beDifferentFrom("/"))
			res := t.Get(endpoint, wire.Query("count", "1"))
			t.Expect(res).To(check.AnswerSatisfies("status of "+endpoint, "an answer of an endpoint that exists", func(r *wire.Response) bool {
				return r.Status < 500 && r.Status != 404
			}))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.user-type-listed", Level: check.Should,
		Title: "the resource types include the one of /Users with the core User schema",
		Refs:  check.Refs(check.RFC7644("4", "An HTTP GET to this endpoint is used to discover the types of resources available on a SCIM service provider (e.g., Users and Groups).")),
	}, func(t *check.T) {
		listed := slices.ContainsFunc(resourceTypesOf(t), func(resourceType any) bool {
			return strings.EqualFold(textAt(resourceType, "/schema"), check.UserURN) &&
				strings.Trim(textAt(resourceType, "/endpoint"), "/") == "Users"
		})
		t.ExpectThat("a resource type with the endpoint /Users and the core User schema", listed).To(check.Be(true))
	})
}

func schemaEndpoint(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.discovery.schemas-listed", Level: check.Must,
		Title: "GET /Schemas answers with a list of schemas",
		Refs:  check.Refs(check.RFC7644("4", `An HTTP GET to the endpoint "/Schemas" SHALL return all supported schemas in ListResponse format (see Figure 3).`)),
	}, func(t *check.T) {
		res := t.Get("/Schemas")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/Resources/0/attributes", beFilledList()))
	})
	s.It(check.Spec{
		ID: "scim.discovery.base-schemas-published", Level: check.Must,
		Title: "the schema of every resource type is among the published schemas",
		Refs:  check.Refs(check.RFC7643("6", `This MUST be equal to the "id" attribute of the associated "Schema" resource.`)),
	}, func(t *check.T) {
		ids := check.IDs(schemaList(t))
		for _, resourceType := range resourceTypesOf(t) {
			t.ExpectThat("published schemas", ids).To(includeFolded(textAt(resourceType, "/schema")))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.extensions-published", Level: check.Must,
		Title: "the schema of every extension of a resource type is among the published schemas",
		Refs:  check.Refs(check.RFC7643("6", `This MUST be equal to the "id" attribute of a "Schema" resource.`)),
	}, func(t *check.T) {
		ids, extensions := check.IDs(schemaList(t)), 0
		for _, resourceType := range resourceTypesOf(t) {
			for _, extension := range listAt(resourceType, "/schemaExtensions") {
				extensions++
				t.ExpectThat("published schemas", ids).To(includeFolded(textAt(extension, "/schema")))
			}
		}
		if extensions == 0 {
			t.NotApplicable("no resource type has an extension")
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.schema-by-urn", Level: check.Must,
		Title: "every published schema can be read by its URN",
		Refs:  check.Refs(check.RFC7644("4", "Individual schema definitions can be returned by appending the schema URI to the /Schemas endpoint.")),
	}, func(t *check.T) {
		for _, urn := range check.IDs(schemaList(t)) {
			t.Expect(t.Get("/Schemas/" + urn)).To(check.BeResource(urn))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.message-schemas-hidden", Level: check.Must,
		Title: "the schemas of protocol messages are not published",
		Refs:  check.Refs(check.RFC7644("3.1", `SCIM message schemas using the above prefix URN SHALL NOT be discoverable using the "/Schemas" endpoint.`)),
	}, func(t *check.T) {
		messages := slices.DeleteFunc(check.IDs(schemaList(t)), func(id string) bool { return !strings.HasPrefix(id, messagePrefix) })
		t.ExpectThat("published schemas of messages", len(messages)).To(check.Be(0))
	})
	s.It(check.Spec{
		ID: "scim.discovery.unknown-schema", Level: check.Should,
		Title: "a schema that does not exist is answered with 404",
		Refs:  check.Refs(check.RFC7644("3.12", "Specified resource (e.g., User)")),
	}, func(t *check.T) {
		t.Control(t.Get("/Schemas/"+check.UserURN), check.BeOK())
		t.Expect(t.Get("/Schemas/urn:assay:params:scim:schemas:absent:2.0:Thing")).To(check.BeSCIMError(404))
	})
}

func discoveryRequests(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.discovery.unknown-resource-type", Level: check.Should,
		Title: "a resource type that does not exist is answered with 404",
		Refs:  check.Refs(check.RFC7644("3.12", "Specified resource (e.g., User)")),
	}, func(t *check.T) {
		known := textAt(resourceTypesOf(t)[0], "/name")
		t.Control(t.Get("/ResourceTypes/"+url.PathEscape(known)), check.BeOK())
		t.Expect(t.Get("/ResourceTypes/AssayNoSuchType")).To(check.BeSCIMError(404))
	})
	s.It(check.Spec{
		ID: "scim.discovery.paging-ignored", Level: check.Must,
		Title: "paging parameters do not change the list of schemas",
		Refs:  check.Refs(check.RFC7644("4", "Query parameters described in Section 3.4.2, such as filtering, sorting, and pagination, SHALL be ignored.")),
	}, func(t *check.T) {
		all := schemaList(t)
		if len(check.IDs(all)) < 2 {
			t.NotApplicable("the target publishes fewer than two schemas")
		}
		t.Expect(t.Get("/Schemas", wire.Query("startIndex", "2"), wire.Query("count", "1"))).To(check.HoldExactly(check.IDs(all)...))
	})
	s.It(check.Spec{
		ID: "scim.discovery.filter-forbidden", Level: check.Should,
		Title: "a filter on the schemas or the resource types is refused with 403",
		Refs:  check.Refs(check.RFC7644("4", `If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403 (Forbidden)`)),
	}, func(t *check.T) {
		for _, endpoint := range []string{"/Schemas", "/ResourceTypes"} {
			t.Control(t.Get(endpoint), check.BeListResponse())
			t.Expect(t.Find(endpoint, compare("name", "eq", "User"))).To(check.BeSCIMError(403))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.config-read-only", Level: check.Should,
		Title: "a POST to the service provider's configuration is refused",
		Refs:  check.Refs(check.RFC7643("5", `All attributes have a mutability of "readOnly".`)),
	}, func(t *check.T) {
		t.Control(t.Get("/ServiceProviderConfig"), check.BeOK())
		attempt := t.Send("POST", "/ServiceProviderConfig", map[string]any{"schemas": []any{configURN}})
		t.Expect(attempt).To(check.BeDeclined())
	})
	s.It(check.Spec{
		ID: "scim.discovery.config-public", Level: check.Should,
		Title: "the configuration can be read before authentication",
		Refs:  check.Refs(check.RFC7643("5", "the service provider SHOULD, with the appropriate security considerations, make the authenticationSchemes attribute publicly accessible without prior authentication.")),
	}, func(t *check.T) {
		t.Require("the configuration with credentials", t.Get("/ServiceProviderConfig"), check.BeOK())
		res := t.Get("/ServiceProviderConfig", wire.NoAuth())
		t.Expect(res).To(check.HaveStatus(200))
		t.Expect(res).To(check.HaveJSON("/authenticationSchemes", beFilledList()))
	})
}

// resourceTypesOf reads the resource types; without any, nothing about them can be tried.
func resourceTypesOf(t *check.T) []any {
	res := t.Get("/ResourceTypes")
	t.Require("the list of resource types", res, check.HaveJSON("/Resources", beFilledList()))
	return check.Elements(res, "/Resources")
}

// schemaList reads the published schemas; without any, nothing about them can be tried.
func schemaList(t *check.T) *wire.Response {
	res := t.Get("/Schemas")
	t.Require("the list of schemas", res, check.BeListResponse())
	t.Require("the list of schemas", res, check.HaveJSON("/Resources/0/attributes", beFilledList()))
	return res
}

func textAt(doc any, pointer string) string {
	value, _ := wire.At(doc, pointer)
	text, _ := value.(string)
	return text
}

func listAt(doc any, pointer string) []any {
	value, _ := wire.At(doc, pointer)
	list, _ := value.([]any)
	return list
}

func isInteger(value any) bool {
	number, ok := value.(json.Number)
	return ok && !strings.ContainsAny(number.String(), ".eE")
}
