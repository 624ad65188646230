package faults

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// scimDiscovery are defects of the discovery documents (RFC 7644 section 4, RFC 7643 sections 5 to 7).
func scimDiscovery() []Fault {
	return slices.Concat(configFaults(), resourceTypeFaults(), schemaListFaults(), definitionFaults())
}

func configFaults() []Fault {
	config := On(http.MethodGet, "/ServiceProviderConfig")
	change := func(change func(doc map[string]any)) wrapper { return RewriteJSON(config, http.StatusOK, change) }
	return []Fault{
		onHTTP("config-without-schemas", "the configuration has no schemas", "servers whose configuration is a file written by hand",
			change(func(doc map[string]any) { delete(doc, "schemas") }), "scim.discovery.service-provider-config"),
		onHTTP("config-lists-only-what-it-has", "the configuration leaves out the features that are not supported",
			"servers that take an absent feature for one that is not supported",
			change(func(doc map[string]any) { delete(doc, "changePassword") }), "scim.discovery.config-declares-features"),
		onHTTP("bulk-limits-as-text", "the limits of bulk requests are strings", "servers whose configuration comes from environment variables",
			change(func(doc map[string]any) {
				if bulk := objectOf(doc, "bulk"); bulk != nil {
					bulk["maxOperations"] = "0"
				}
			}), "scim.discovery.bulk-limits"),
		onHTTP("filter-limit-missing", "the configuration does not say how many results a query gives at most",
			"servers that have no such limit and say nothing",
			change(func(doc map[string]any) { delete(objectOf(doc, "filter"), "maxResults") }), "scim.discovery.filter-limit"),
		onHTTP("authentication-schemes-empty", "the configuration names no authentication scheme", "servers whose authentication is done by a gateway",
			change(func(doc map[string]any) { doc["authenticationSchemes"] = []any{} }), "scim.discovery.authentication-schemes", "scim.discovery.config-public"),
		onHTTP("authentication-schemes-careless", "the authentication schemes have a type of their own, two are primary, and a specUri is prose",
			"servers whose configuration is a file written by hand",
			change(func(doc map[string]any) {
				for _, item := range listOf(doc, "authenticationSchemes") {
					scheme, _ := item.(map[string]any)
					second := maps.Clone(scheme)
					second["type"], second["specUri"] = "apikey", "see our help pages"
					doc["authenticationSchemes"] = []any{scheme, second}
				}
			}), "scim.discovery.authentication-types", "scim.discovery.documentation-urls", "scim.discovery.one-primary-scheme"),
		onHTTP("config-writable", "POST to the configuration is answered with 200", "elimity-com/scim (measured)",
			func(next http.Handler) http.Handler {
				return RewriteRequestOr(On(http.MethodPost, "/ServiceProviderConfig"), func(r *http.Request, _ []byte) *Response {
					return inner(next, r, http.MethodGet, r.URL.Path, nil)
				})(next)
			}, "scim.discovery.config-read-only"),
		onHTTP("config-private", "the configuration is shown with credentials only", "servers that protect everything below the base URL",
			refusing(func(r *http.Request) bool {
				return r.URL.Path == "/ServiceProviderConfig" && r.Header.Get("Authorization") == ""
			}, http.StatusUnauthorized, "", func(*http.Request, map[string]any) bool { return true }), "scim.discovery.config-public"),
	}
}

func resourceTypeFaults() []Fault {
	list := On(http.MethodGet, "/ResourceTypes")
	eachType := func(name string, change func(doc map[string]any)) wrapper {
		return eachResource(list, func(doc map[string]any) {
			if doc["name"] == name {
				change(doc)
			}
		})
	}
	return []Fault{
		onHTTP("resource-types-as-array", "GET /ResourceTypes answers with a bare array",
			"servers that return their resource types without the ListResponse around them",
			Rewrite(list, func(r *Response) {
				if doc := r.Document(); doc != nil {
					r.SetDocument(doc["Resources"])
				}
			}), "scim.discovery.resource-types-listed"),
		onHTTP("resource-type-without-schema", "a resource type does not name its schema", "servers that list endpoints only",
			eachType("Group", func(doc map[string]any) { delete(doc, "schema") }), "scim.discovery.base-schemas-published", "scim.discovery.resource-types-complete"),
		onHTTP("resource-type-alone-missing", "GET /ResourceTypes/User is answered with 404", "servers that have the list only",
			Rewrite(On(http.MethodGet, "/ResourceTypes/*"), notFound), "scim.discovery.resource-type-alone"),
		onHTTP("unknown-resource-type-empty", "a resource type that does not exist is an empty object", "servers that show what they did not find",
			Rewrite(On(http.MethodGet, "/ResourceTypes/*"), found), "scim.discovery.unknown-resource-type"),
		onHTTP("resource-type-without-endpoint", "a resource type is listed whose endpoint does not exist",
			"servers that list what is planned",
			RewriteJSON(list, http.StatusOK, func(doc map[string]any) {
				doc["Resources"] = append(listOf(doc, "Resources"), map[string]any{
					"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
					"id":      "User", "name": "User", "endpoint": "/People", "schema": userURN,
				})
			}), "scim.discovery.endpoints-exist"),
		onHTTP("user-type-not-listed", "the resource type of /Users is called /users", "servers with routes in lower case",
			eachType("User", func(doc map[string]any) { doc["endpoint"] = "/users" }), "scim.discovery.endpoints-exist", "scim.discovery.user-type-listed"),
	}
}

// notFound turns an answer into a 404.
func notFound(r *Response) { *r = *failure(r.Request, http.StatusNotFound, "") }

// found turns a 404 into an empty object.
func found(r *Response) {
	if r.Status == http.StatusNotFound {
		r.Status, r.Body = http.StatusOK, []byte("{}")
	}
}

func schemaListFaults() []Fault {
	list := On(http.MethodGet, "/Schemas")
	hiding := func(urn string) wrapper {
		return RewriteJSON(list, http.StatusOK, func(doc map[string]any) {
			left := slices.DeleteFunc(listOf(doc, "Resources"), func(item any) bool {
				schema, _ := item.(map[string]any)
				return schema["id"] == urn
			})
			doc["Resources"], doc["totalResults"], doc["itemsPerPage"] = left, len(left), len(left)
		})
	}
	const message = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	published := map[string]any{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": message, "name": "PatchOp",
		"attributes": []any{map[string]any{"name": "Operations", "type": "string", "multiValued": true}},
	}
	return []Fault{
		onHTTP("schemas-as-array", "GET /Schemas answers with a bare array",
			"servers that return their schemas without the ListResponse around them",
			Rewrite(list, func(r *Response) {
				if doc := r.Document(); doc != nil && r.Status == http.StatusOK {
					r.SetDocument(doc["Resources"])
				}
			}), "scim.discovery.schemas-listed"),
		onHTTP("group-schema-not-published", "the schema of groups is not among the published ones", "servers that got groups later than schemas", hiding(groupURN), "scim.discovery.base-schemas-published"),
		onHTTP("extension-not-published", "the schema of the enterprise extension is not among the published ones",
			"servers that publish core schemas only", hiding(enterpriseURN), "scim.discovery.extensions-published"),
		onHTTP("schema-by-urn-missing", "GET of one schema is answered with 404", "servers whose router stops at the colons of a URN",
			Rewrite(On(http.MethodGet, "/Schemas/"+groupURN), notFound), "scim.discovery.schema-by-urn"),
		onHTTP("message-schema-published", "the schema of PATCH messages is published", "servers that publish every schema that they have in a folder",
			Both(
				RewriteJSON(list, http.StatusOK, func(doc map[string]any) {
					all := append(listOf(doc, "Resources"), published)
					doc["Resources"], doc["totalResults"], doc["itemsPerPage"] = all, len(all), len(all)
				}),
				Answer(On(http.MethodGet, "/Schemas/"+message), http.StatusOK, mediaType, string(encodeObject(published, nil))),
			), "scim.discovery.message-schemas-hidden"),
		onHTTP("schemas-paged", "count bounds the list of schemas", "elimity-com/scim (measured)",
			Rewrite(Every(list, WithQuery("count")), func(r *Response) {
				if doc := r.Document(); len(listOf(doc, "Resources")) > 1 {
					doc["Resources"] = listOf(doc, "Resources")[:1]
					r.SetDocument(doc)
				}
			}), "scim.discovery.paging-ignored"),
		onHTTP("discovery-filter-ignored", "a filter on the resource types is ignored", "elimity-com/scim, which validates it and lists them all (measured)",
			onQuery(On(http.MethodGet, "/ResourceTypes"), func(query url.Values) { query.Del("filter") }), "scim.discovery.filter-forbidden"),
		onHTTP("unknown-schema-empty", "a schema that does not exist is an empty object",
			"elimity-com/scim, which answers /Schemas/ so (measured)",
			Rewrite(On(http.MethodGet, "/Schemas/*"), found), "scim.discovery.unknown-schema"),
	}
}

func definitionFaults() []Fault {
	user := func(name string, change func(definition map[string]any)) wrapper {
		return eachResource(Below("/Schemas"), func(schema map[string]any) {
			if schema["id"] != userURN {
				return
			}
			for _, item := range listOf(schema, "attributes") {
				if definition, _ := item.(map[string]any); definition["name"] == name {
					change(definition)
				}
			}
		})
	}
	with := func(name, characteristic string, value any) wrapper {
		return user(name, func(definition map[string]any) { definition[characteristic] = value })
	}
	model := "servers whose schemas are written by hand and read by nobody"
	return []Fault{
		onHTTP("schema-without-attributes", "a published schema has no attributes", model,
			eachResource(Below("/Schemas"), func(schema map[string]any) {
				if schema["id"] == groupURN {
					schema["attributes"] = []any{}
				}
			}), "scim.schemas.definitions-complete"),
		onHTTP("schema-attribute-name-with-blank", "the name of a published attribute has a blank in it", model, with("nickName", "name", "nick name"), "scim.schemas.attribute-names"),
		onHTTP("schema-type-invented", "the type of a published attribute is url", model, with("profileUrl", "type", "url"), "scim.schemas.attribute-types", "scim.schemas.core-types"),
		onHTTP("schema-mutability-invented", "the mutability of a published attribute is writable", model, with("profileUrl", "mutability", "writable"), "scim.schemas.mutability-keywords"),
		onHTTP("schema-returned-invented", "the returned characteristic of a published attribute is sometimes", model, with("profileUrl", "returned", "sometimes"), "scim.schemas.returned-keywords"),
		onHTTP("schema-uniqueness-as-boolean", "the uniqueness of a published attribute is a boolean", "servers that take uniqueness for a flag",
			with("profileUrl", "uniqueness", false), "scim.schemas.uniqueness-keywords"),
		onHTTP("schema-nested-complex", "a published sub-attribute is complex itself", "servers that derive their schemas from nested types",
			user("name", func(definition map[string]any) {
				if parts := listOf(definition, "subAttributes"); len(parts) > 0 {
					part := parts[0].(map[string]any)
					part["type"], part["subAttributes"] = "complex", []any{map[string]any{"name": "part", "type": "string"}}
				}
			}), "scim.schemas.core-types", "scim.schemas.no-nested-complex"),
		onHTTP("schema-complex-without-parts", "a published complex attribute lists no sub-attributes", model,
			user("addresses", func(definition map[string]any) { delete(definition, "subAttributes") }), "scim.schemas.complex-parts-listed"),
		onHTTP("schema-simple-with-parts", "a published string has sub-attributes", "servers that derive their schemas from nested types",
			with("nickName", "subAttributes", []any{map[string]any{"name": "value", "type": "string"}}), "scim.schemas.simple-without-parts"),
		onHTTP("schema-emails-singular", "the published User schema gives a user one address", "products with one address for each person", with("emails", "multiValued", false), "scim.schemas.core-types"),
		onHTTP("schema-redefines-id", "the published User schema has an id that clients may write", "servers that publish every column of their table",
			eachResource(Below("/Schemas"), func(schema map[string]any) {
				if schema["id"] == userURN {
					schema["attributes"] = append(listOf(schema, "attributes"), map[string]any{"name": "id", "type": "string", "mutability": "readWrite"})
				}
			}), "scim.schemas.common-attributes-agree"),
		onHTTP("user-with-private-attribute", "users have an attribute that no schema defines", "servers that show every column of their table",
			eachResource(users(), func(doc map[string]any) { doc["rowVersion"] = "1" }), "scim.schemas.resources-described"),
		onHTTP("schema-username-optional", "the published User schema does not require userName", model, with("userName", "required", false), "scim.schemas.username-required"),
		onHTTP("schema-username-case-exact", "the published User schema makes userName case-exact", "servers whose database compares byte by byte",
			with("userName", "caseExact", true), "scim.schemas.username-case-insensitive"),
		onHTTP("schema-password-readable", "the published User schema lets a password be read", model, with("password", "returned", "default"), "scim.schemas.password-write-only"),
		onHTTP("schema-groups-writable", "the published User schema lets groups of a user be written", model, with("groups", "mutability", "readWrite"), "scim.schemas.user-groups-read-only"),
	}
}
