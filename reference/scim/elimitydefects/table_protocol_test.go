package elimitydefects

const listing = `The number of resources returned in a list response page.`

// protocolDefects are those of lists, entity tags, methods, paths and discovery.
func protocolDefects() []defect {
	ada := []request{makeUser(`"title":"T"`)}
	methods := rfc7644("3.2", `The SCIM protocol specifies well-known endpoints and HTTP methods for managing resources`)
	ignored := rfc7644("4", `Query parameters described in Section 3.4.2, such as filtering, sorting, and pagination, SHALL be ignored.`)
	return []defect{
		{
			title: "itemsPerPage is the count that was asked for", says: rfc7644("3.4.2", listing),
			before: ada, request: get("/Users?count=50"),
			library: is(200, "itemsPerPage is 50", "Resources/0/id is \"1\"", "Resources/1 is absent"), ours: is(200, "itemsPerPage is 1"),
			expected: "1. Okta takes it for the number of resources and steps over some.", where: "handlers.go resourcesGetHandler", fronted: "`reference/scim` answers lists itself", shown: []string{"scim.paging.items-per-page"},
		},
		{
			title: "A count that is no number has no scimType", says: rfc7644("3.12", `For HTTP status code 400 (Bad Request) responses, the following detail error types are defined:`),
			request: get("/Users?count=abc"),
			library: is(400, "scimType is absent"), ours: is(400, `scimType is "invalidValue"`),
			expected: "`invalidValue`.", where: "server.go parsePaginationParams, errors/error.go ScimErrorBadRequest", fronted: "`reference/scim` (params.go)", shown: []string{"scim.paging.no-number-refused"},
		},
		{
			title: "An empty page is null", says: rfc7644("3.4.2", `A multi-valued list of complex objects containing the requested resources.`),
			request: get("/Users"),
			library: is(200, "Resources is null"), ours: is(200, "Resources is []"),
			expected: "[]. It is null when the handler returns a nil slice, as Go code does that appends what it finds.", where: "list_response.go resources", fronted: "`reference/scim` (listing.go)", shown: []string{"scim.filter.no-match-is-empty"},
		},
		{
			title: "sortBy is ignored", says: rfc7644("3.4.2.3", `The "sortBy" parameter specifies the attribute whose value SHALL be used to order the returned responses.`),
			before:  []request{makeUser(`"title":"Z"`), {method: "POST", path: "/Users", body: `{"schemas":["` + userURN + `"],"userName":"bob","title":"A"}`}},
			request: get("/Users?sortBy=title"),
			library: is(200, `Resources/0/title is "Z"`), ours: is(200, `Resources/0/title is "A"`),
			expected: "Sorting is optional; the handler of a list gets no sortBy, sortOrder or cursor but by reading the URL again.", where: "server.go parseRequestParams", fronted: "`reference/scim` (sort.go)", shown: []string{"scim.sort.ascending", "scim.sort.descending"},
		},
		{
			title: "The cursor of a search is dropped", says: []quote{{"RFC 9865", "3", `the client would pass the parameters defined in Section 2 in the body of the POST request`}},
			request: request{method: "POST", path: "/Users/.search", body: `{"schemas":["` + searchURN + `"],"cursor":"nonsense","count":1}`},
			library: is(200), ours: is(400, `scimType is "invalidCursor"`),
			expected: "Cursors are optional; but the handler cannot support them: SearchParams and Page have no field for one.", where: "handlers.go parseSearchRequest", fronted: "`reference/scim` (walk.go)", shown: []string{"scim.cursor.garbage", "scim.cursor.walk-complete"},
		},
		{
			title: "A query over all types is refused with tooMany", says: rfc7644("3.4.2.1", `A query against a server root indicates that all resources within the server SHALL be included, subject to filtering.`),
			before: ada, request: get("/?filter=userName eq \"ada\""),
			library: is(400, `scimType is "tooMany"`), ours: is(200, "totalResults is 1"),
			expected: "The user; or 501, where there is no RootQueryHandler. With one the filter is not parsed, and .search loses it unless the handler has Search.", where: "server.go ServeHTTP, handlers.go rootSearchHandler",
			fronted: "`reference/scim` (root.go)", shown: []string{"reference/scim TestRootQuery"},
		},
		{
			title: "Bulk is answered with 404", says: methods,
			request: request{method: "POST", path: "/Bulk", body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"q","data":{"schemas":["` + userURN + `"],"userName":"ada"}}]}`},
			library: is(404), ours: is(200, `Operations/0/status is "201"`),
			expected: "501, because the endpoint is one of SCIM; or the operations done.", where: "server.go ServeHTTP", fronted: "`reference/scim/bulk`", shown: []string{"scim.bulk.answered"},
		},
		{
			title: "/Me is refused without a detail, and not below it", says: rfc7644("3.11", `A service provider that does NOT support this feature SHOULD respond with HTTP status code 501 (Not Implemented).`),
			request: request{method: "POST", path: "/Me/.search", body: `{"schemas":["` + searchURN + `"]}`},
			library: is(404), ours: is(501, "detail holds person"),
			expected: "501 with a detail. /Me itself has the 501, but no detail.", where: "server.go ServeHTTP", fronted: "`reference/scim` (me.go)", shown: []string{"scim.http.me-answered", "reference/scim TestMe"},
		},
		{
			title: "If-None-Match is ignored", says: rfc7644("3.14", `If the resource has not changed, the service provider simply returns an empty body with a 304 (Not Modified) response code.`),
			before: ada, request: get("/Users/{id}").with(`If-None-Match: W/"1"`),
			library: is(200, `header Etag is W/"1"`), ours: is(304),
			expected: "304. A handler cannot return it: it becomes 500.", where: "handlers.go resourceGetHandler", fronted: "`reference/scim` (etag.go)", shown: []string{"scim.etag.not-modified"},
		},
		{
			title: "If-Match is ignored", says: rfc7644("3.14", `to ensure that the requested operation succeeds only if the supplied ETag matches the latest service provider resource`),
			before: ada, request: request{method: "PUT", path: "/Users/{id}", body: `{"schemas":["` + userURN + `"],"userName":"ada"}`, header: []string{`If-Match: W/"7"`}},
			library: is(200), ours: is(412),
			expected: "412. A handler may return it for PUT, PATCH and DELETE, not for GET.", where: "handlers.go resourcePutHandler, errors/error.go checkApplicability", fronted: "`reference/scim` (etag.go), inside the write transaction",
			shown: []string{"scim.etag.stale-put-refused", "scim.etag.stale-patch-refused", "reference/scim TestConcurrentPreconditions"},
		},
		{
			title: "HEAD is answered with 404", says: methods,
			request: request{method: "HEAD", path: "/Users"},
			library: is(404), ours: is(200),
			expected: "What GET answers, without the body: \"All general-purpose servers MUST support the methods GET and HEAD.\" (RFC 9110 section 9.1)", where: "server.go ServeHTTP", fronted: "`reference/scim` (route.go)", shown: []string{"scim.http.head-as-get", "reference/scim TestMethods"},
		},
		{
			title: "OPTIONS is answered with 404", says: methods,
			request: request{method: "OPTIONS", path: "/Users"},
			library: is(404, "header Allow is absent"), ours: is(204, "header Allow is GET, HEAD, OPTIONS, POST"),
			expected: "The methods, in Allow; or 405.", where: "server.go ServeHTTP", fronted: "`reference/scim` (route.go)", shown: []string{"scim.http.options-not-404", "reference/scim TestMethods"},
		},
		{
			title: "A method that the endpoint has not is answered with 404", says: methods,
			before: ada, request: request{method: "POST", path: "/Users/{id}", body: "{}"},
			library: is(404, `detail is "Specified endpoint does not exist."`), ours: is(405, "header Allow is DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
			expected: "405 with Allow: the endpoint exists.", where: "server.go ServeHTTP", fronted: "`reference/scim` (route.go)", shown: []string{"scim.http.405-names-methods"},
		},
		{
			title: "The configuration answers any method", says: rfc7644("4", `that MAY be retrieved using HTTP GET`),
			request: request{method: "DELETE", path: "/ServiceProviderConfig"},
			library: is(200, "patch/supported is true"), ours: is(405),
			expected: "405 with Allow.", where: "server.go ServeHTTP", fronted: "`reference/scim` (route.go)", shown: []string{"scim.discovery.config-read-only"},
		},
		{
			title: "A slash in the path becomes a part of the id", says: methods,
			request: get("/Users/a/b"),
			library: is(404, `detail is "Resource a/b not found."`), ours: is(404, `detail is "there is no such endpoint"`),
			expected: "404, because there is no such endpoint; the handler is asked for the id \"a/b\". /Users/ asks it for the id \"\".", where: "server.go ServeHTTP, server.go parseIdentifier", fronted: "`reference/scim` (routeKind)", shown: []string{"reference/scim TestPaths"},
		},
		{
			title: "The id is unescaped twice", says: rfc7644("3.2", `on a URL derived from the Base URL`),
			request: get("/Users/a%252Fb"),
			library: is(404, `detail is "Resource a/b not found."`), ours: is(404),
			expected: "The id \"a%2Fb\": net/http has unescaped the path before. An id with a percent sign cannot be asked for: /Users/100%25 is said to be no endpoint.", where: "server.go parseIdentifier", fronted: "`reference/scim` (through) escapes the id once more", shown: []string{"reference/scim TestPaths"},
		},
		{
			title: "The configuration does not tell the truth", says: rfc7643("5", `An integer value specifying the maximum number of resources returned in a response.  REQUIRED.`),
			request:  get("/ServiceProviderConfig"),
			library:  is(200, "filter/maxResults is 0", "etag/supported is false", "sort/supported is false", "bulk/supported is false", `documentationUri is ""`, "meta is absent"),
			ours:     is(200, "filter/maxResults is 200", "etag/supported is true", "sort/supported is true", "bulk/supported is true", `meta/resourceType is "ServiceProviderConfig"`, "pagination/cursor is true"),
			expected: "maxResults 100, which is enforced; etag, sort, bulk and changePassword as the application has them (they are false whatever it has); no documentationUri, which is no URI when empty.",
			where:    "service_provider_config.go getRaw", fronted: "`reference/scim` (discovery.go)", shown: []string{"reference/scim TestServiceProviderConfig", "scim.discovery.filter-limit", "scim.paging.max-results-kept"},
		},
		{
			title: "Discovery documents are paged", says: ignored,
			request: get("/Schemas?count=0"),
			library: is(200, "Resources is null"), ours: is(200, "itemsPerPage is 4"),
			expected: "All schemas.", where: "handlers.go schemasHandler, handlers.go resourceTypesHandler", fronted: "`reference/scim` (discovery.go)", shown: []string{"scim.discovery.paging-ignored"},
		},
		{
			title: "Discovery documents are filtered, and totalResults is not", says: rfc7644("4", `If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403 (Forbidden)`),
			request: get("/Schemas?filter=" + `id eq "` + groupURN + `"`),
			library: is(200, "totalResults is 7", "Resources/1 is absent"), ours: is(403),
			expected: "403. /ResourceTypes checks the filter and then ignores it, which is what the 403 is to prevent.", where: "handlers.go schemasHandler", fronted: "`reference/scim` (discovery.go)", shown: []string{"scim.discovery.filter-forbidden"},
		},
		{
			title: "A resource type has no meta", says: rfc7644("4", `the single JSON object is returned in the same way that a single User or Group is retrieved`),
			request: get("/ResourceTypes/User"),
			library: is(200, "meta is absent"), ours: is(200, `meta/resourceType is "ResourceType"`),
			expected: "meta with location and resourceType, as in figure 9 of RFC 7644. Schemas have none either.", where: "resource_type.go getRaw, schema/schema.go ToMap", fronted: "`reference/scim` (discovery.go)", shown: []string{"reference/scim TestSchemaDocuments", "reference/scim TestDiscoveryLists"},
		},
		{
			title: "A schema without a name is found", says: rfc7644("4", `the single JSON object is returned in the same way that a single User or Group is retrieved`),
			request: get("/Schemas/"),
			library: is(200, `id is ""`, "attributes is []"), ours: is(404),
			expected: "404. /ResourceTypes/ is the same.", where: "handlers.go schemaHandler, handlers.go resourceTypeHandler", fronted: "`reference/scim` (discovery.go)", shown: []string{"reference/scim TestPaths"},
		},
	}
}

// vendorRefusals are right by the RFCs. Identity providers send it all the same, so that the reference
// forgives it, unless the tenant is strict.
func vendorRefusals() []defect {
	ada := []request{makeUser(`"roles":[{"value":"r","primary":true}]`)}
	manager := enterpriseURN + ":manager"
	refused := is(400, `scimType is "invalidValue"`)
	entry := func(title, operation string, ours ...string) defect {
		return defect{title: title, before: ada, request: patchUser(operation), library: refused, ours: is(200, ours...), lenient: true,
			where: "schema/core.go ValidateSingular", fronted: "`reference/scim/leniency`", shown: []string{"reference/scim/leniency TestOperations"}}
	}
	return []defect{
		{
			title: "Entra's emails[…].value is refused in a filter", before: []request{makeUser(emails)}, request: find(`emails[type eq "work"].value eq "a@x"`),
			library: is(400), ours: is(200, "totalResults is 1"),
			expected: "Figure 1 of RFC 7644 does not have it, so that 400 is right; but FusionAuth #2456 and others show that identity providers send it.", where: "filter-parser/filter.go parseFilter", fronted: "`reference/scim/filter` (valuePath)",
			shown: []string{"reference/scim/filter TestMatch"},
		},
		entry("A boolean as a text", `{"op":"replace","path":"active","value":"False"}`, "active is false"),
		entry("A manager as a text", `{"op":"add","path":"`+manager+`","value":"m"}`, enterpriseURN+`/manager/value is "m"`),
		entry("A manager in an array", `{"op":"add","path":"`+manager+`","value":[{"value":"m"}]}`, enterpriseURN+`/manager/value is "m"`),
		entry("null for a value", `{"op":"replace","path":"title","value":null}`, "title is absent"),
	}
}
