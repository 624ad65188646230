package elimitydefects

import "strings"

// bodyDefects are those of reading and validating the bodies of POST and PUT, and of what is answered to them.
func bodyDefects() []defect {
	emptyList := rfc7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`)
	oneObject := rfc7643("2.1", `SCIM resources are represented in JSON [RFC7159] format`)
	names := rfc7643("2.1", `all attribute names defined by the above rule are case insensitive`)
	return []defect{
		{
			title: "The attribute schemas is found in one spelling only", says: names,
			request: request{method: "POST", path: "/Users", body: `{"Schemas":["` + userURN + `"],"userName":"ada"}`},
			library: is(400, `scimType is "invalidSyntax"`), ours: is(201, `userName is "ada"`),
			expected: "201: schemas is an attribute, and every other one is found in any case.",
			where:    "schema/schema.go validateSchemaID", fronted: "`reference/scim` (decodeResource) gives the name the spelling that the library wants",
			shown: []string{"reference/scim TestCreateUser"},
		},
		{
			title: "The URN of the schema is compared byte by byte", says: names,
			request: request{method: "POST", path: "/Users", body: `{"schemas":["URN:IETF:params:scim:schemas:core:2.0:User"],"userName":"ada"}`},
			library: is(400, `scimType is "invalidSyntax"`), ours: is(201, `schemas is ["`+userURN+`"]`),
			expected: "201: the scheme and the namespace of an URN have no case (RFC 8141 section 3.1), and URNs are compared so in paths and filters.",
			where:    "schema/schema.go validateSchemaID", fronted: "`reference/scim` (decodeResource)",
		},
		{
			title: "An extension under its URN in another case is dropped without a word", says: names,
			request: makeUser(`"URN:IETF:params:scim:schemas:extension:ENTERPRISE:2.0:User":{"department":"D"}`),
			library: is(201, enterpriseURN+" is absent"), ours: is(201, enterpriseURN+`/department is "D"`),
			expected: "The extension is stored, or the request refused. The client is told 201, and the department is gone.",
			where:    "resource_type.go validate", fronted: "`reference/scim` (decodeResource)",
			shown: []string{"scim.users.extension-container-any-case"},
		},
		{
			title: "An empty userName is accepted", says: rfc7643("4.1.1", `Each User MUST include a non-empty userName value.`),
			request: request{method: "POST", path: "/Users", body: `{"schemas":["` + userURN + `"],"userName":""}`},
			library: is(201, `userName is ""`), ours: is(400, `scimType is "invalidValue"`),
			expected: "400 `invalidValue`.", where: "schema/core.go validate", fronted: "`reference/scim/schema` (CheckRequired)",
			shown: []string{"scim.users.no-user-with-empty-username"},
		},
		{
			title: "A password is returned", says: rfc7643("4.1.1", `indicating that the value MUST NOT be returned by a service provider in any form`),
			request: makeUser(`"password":"t1meMa$heen"`),
			library: is(201, `password is "t1meMa$heen"`), ours: is(201, "password is absent"),
			expected: "The characteristic `returned` is in the schema; the library never looks at it.",
			where:    "resource_handler.go response", fronted: "`reference/scim` (fill) stores no password, `reference/scim/projection` returns none",
			shown: []string{"scim.users.password-not-in-create", "scim.users.password-not-in-read", "scim.users.password-not-in-replace"},
		},
		{
			title: "An object is stored where an array is wanted", says: rfc7643("2.4", `Multi-valued attributes contain a list of elements using the JSON array format`),
			request: makeUser(`"emails":{"value":"a@x","primary":true}`),
			library: is(201, `emails is {"primary":true,"value":"a@x"}`), ours: is(400, `scimType is "invalidValue"`),
			expected: "400 `invalidValue`, or an array of the one value. What is stored makes a later filter on emails panic.",
			where:    "schema/core.go validate", fronted: "`reference/scim/schema` (Canonicalise) refuses it, `reference/scim/leniency` makes it an array where the tenant is lenient",
			shown: []string{"scim.users.list-given-as-object"},
		},
		{
			title: "An empty array comes back as null", says: emptyList,
			request: makeUser(`"emails":[]`),
			library: is(201, "emails is null"), ours: is(201, "emails is absent"),
			expected: "null is allowed, but no array: clients that read a list fail on it. It MAY be left out, and should be.",
			where:    "schema/core.go validate", fronted: "`reference/scim/schema` (Canonicalise) drops what is unassigned",
			shown: []string{"scim.users.create-empty-list-is-unassigned"},
		},
		{
			title: "Unknown members are dropped before the handler sees them", says: rfc7644("3.3", `Since the server is free to alter and/or ignore POSTed content, returning the full representation can be useful to the client`),
			request: makeUser(`"nmae":{"givenName":"A"},"urn:example:none:2.0:User":{"a":1}`),
			library: is(201, "nmae is absent", "urn:example:none:2.0:User is absent"), ours: is(201, "nmae is absent", "urn:example:none:2.0:User is absent"),
			expected: "Allowed, and done by the reference too. But a handler that wants to refuse a misspelt attribute, or to keep an extension that it does not know, must read the body again.",
			where:    "schema/schema.go validate, resource_type.go validate", fronted: "`reference/scim` decodes the body itself", shown: []string{"reference/scim/schema TestCanonicalise"},
		},
		{
			title: "Two primary values are accepted", says: rfc7643("2.4", `The primary attribute value "true" MUST appear no more than once.`),
			request: makeUser(`"emails":[{"value":"a@x","primary":true},{"value":"b@x","primary":true}]`),
			library: is(201, "emails/0/primary is true", "emails/1/primary is true"), ours: is(400, `scimType is "invalidValue"`),
			expected: "400 `invalidValue`.", where: "schema/core.go validate", fronted: "`reference/scim/schema` (Canonicalise)",
			shown: []string{"scim.users.one-primary"},
		},
		{
			title: "The same type and value is returned twice", says: rfc7643("2.4", `SHOULD NOT return the same (type, value) combination more than once per attribute`),
			request: makeUser(`"emails":[{"value":"a@x","type":"work"},{"value":"a@x","type":"work"}]`),
			library: is(201, `emails/1/value is "a@x"`), ours: is(201, `emails/0/value is "a@x"`, "emails/1 is absent"),
			expected: "One of the two.", where: "schema/core.go validate", fronted: "`reference/scim` (distinct)",
			shown: []string{"scim.users.no-duplicate-values"},
		},
		{
			title: "A reference need not be a URI", says: rfc7643("2.3.7", `The value MUST be the absolute or relative URI of the target resource.`),
			request: makeUser(`"profileUrl":"not a uri %%"`),
			library: is(201, `profileUrl is "not a uri %%"`), ours: is(400, `scimType is "invalidValue"`),
			expected: "400 `invalidValue`.", where: "schema/core.go ValidateSingular", fronted: "`reference/scim/schema` (Canonicalise)",
			shown: []string{"reference/scim/schema TestScalars"},
		},
		{
			title: "The hour 24:00:00 is refused", says: rfc7643("2.3.5", `The attribute value MUST be encoded as a valid xsd:dateTime as specified in Section 3.3.7 of [XML-Schema]`),
			request:  makeThing(`"since":"2024-02-29T24:00:00Z"`),
			library:  is(400, `scimType is "invalidValue"`),
			expected: "201: XML Schema has 24:00:00 for the end of a day. More than nine digits of a second, which it also has, are refused alike.",
			where:    "schema/core.go ValidateSingular", fronted: "`reference/scim/schema` (ParseTime)", own: takesTimes,
		},
		{
			title: "A key that is given twice is accepted", says: oneObject,
			request: request{method: "POST", path: "/Users", body: `{"schemas":["` + userURN + `"],"userName":"ada","userName":"root"}`},
			library: is(201, `userName is "root"`), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "400 `invalidSyntax`. RFC 8259 section 4 calls the behaviour unpredictable: what a proxy in front has checked need not be what is stored. In different case the library refuses it.",
			where:    "resource_type.go unmarshal", fronted: "`reference/scim/schema` (Decode)",
			shown: []string{"scim.errors.duplicate-keys", "reference/scim/schema TestDecode"},
		},
		{
			title: "What follows the document is passed over", says: oneObject,
			request: request{method: "POST", path: "/Users", body: `{"schemas":["` + userURN + `"],"userName":"ada"} {"userName":"root"}`},
			library: is(201, `userName is "ada"`), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "400 `invalidSyntax`: the body is not one JSON document.", where: "resource_type.go unmarshal", fronted: "`reference/scim/schema` (Decode)",
			shown: []string{"scim.errors.trailing-garbage-refused"},
		},
		{
			title: "Invalid UTF-8 is changed and stored", says: rfc7643("2.3.1", `A sequence of zero or more Unicode characters encoded using UTF-8`),
			request: makeUser("\"title\":\"\xff\""),
			library: is(201, "title is \"\ufffd\""), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "400 `invalidSyntax`. The client is told 201, and another text is stored than it sent.", where: "resource_type.go unmarshal",
			fronted: "`reference/scim/schema` (Decode)", shown: []string{"scim.errors.invalid-utf8-refused", "reference/scim/schema TestDecode"},
		},
		{
			title: "A body may nest thousands of levels", says: oneObject,
			request: makeUser(`"x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000)),
			library: is(201), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "A refusal: a resource nests four levels. encoding/json sets the limit, 10,000.", where: "resource_type.go unmarshal",
			fronted: "`reference/scim/schema` (Decode, MaxDepth)", shown: []string{"reference/scim/schema TestDecode"},
		},
		{
			title: "A body of any size is read into memory", request: makeUser(`"title":"` + strings.Repeat("x", 4<<20) + `"`),
			library: is(201), ours: is(413),
			expected: "A limit, which answers 413. http.MaxBytesReader in front of the library does not help: its error is passed over, and the answer is 400.",
			where:    "utils.go readBody, handlers.go resourcePostHandler", fronted: "`reference/scim` (readBody)", shown: []string{"reference/scim TestBodyLimit"},
		},
		{
			title: "Any Content-Type is taken", says: rfc7644("3.8", `Clients using other encodings MUST specify the format in which the data is submitted via an HTTP "Content-Type" header`),
			request: makeUser("").with("Content-Type: text/plain"),
			library: is(201), ours: is(415),
			expected: "415. A browser sends text/plain across origins without asking first.", where: "server.go ServeHTTP", fronted: "`reference/scim` (readBody)",
			shown: []string{"scim.http.other-type-refused", "reference/scim TestContentTypes"},
		},
		{
			title: "Accept is not looked at", says: rfc7644("3.8", `MAY specify the desired response data format via an HTTP "Accept" header`),
			request: get("/Users").with("Accept: text/xml"),
			library: is(200, "header Content-Type is application/scim+json"), ours: is(406),
			expected: "406: there is no representation that the client takes.", where: "server.go ServeHTTP", fronted: "`reference/scim` (admit)",
			shown: []string{"reference/scim TestAccept"},
		},
		{
			title: "attributes is ignored by a create", says: rfc7644("3.9", `Clients MAY request a partial resource representation on any operation that returns a resource within the response by specifying either of the mutually exclusive URL query parameters "attributes" or "excludedAttributes"`),
			request: request{method: "POST", path: "/Users?attributes=userName", body: `{"schemas":["` + userURN + `"],"userName":"ada","title":"T"}`},
			library: is(201, `title is "T"`), ours: is(201, "title is absent", `userName is "ada"`),
			expected: "The title is left out. The same holds for GET, PUT, PATCH and lists, and for excludedAttributes.",
			where:    "resource_handler.go response", fronted: "`reference/scim/projection`",
			shown: []string{"scim.projection.create", "scim.projection.attributes", "scim.projection.list-attributes"},
		},
		{
			title: "Content-Type is sent where there is no content", says: rfc7644("3.6", `In response to a successful DELETE, the server SHALL return a successful HTTP status code 204 (No Content).`),
			before: []request{makeUser("")}, request: request{method: "DELETE", path: "/Users/{id}"},
			library: is(204, "header Content-Type is application/scim+json"), ours: is(204, "header Content-Type is absent"),
			expected: "No Content-Type.", where: "server.go ServeHTTP", fronted: "`reference/scim` (write)", shown: []string{"scim.users.delete"},
		},
		{
			title: "A response names every extension, used or not", says: rfc7643("3", `contain values defined as "schema" and "schemaExtensions"`),
			request: makeUser(""),
			library: is(201, `schemas is ["`+userURN+`","`+enterpriseURN+`"]`), ours: is(201, `schemas is ["`+userURN+`"]`),
			expected: "schemas \"indicate the namespaces of the SCIM schemas that define the attributes present in the current JSON structure\" (RFC 7643 section 3). The handler cannot set it.",
			where:    "resource_handler.go response", fronted: "`reference/scim` (schemasOf)", shown: []string{"scim.users.schemas-in-use"},
		},
		{
			title: "meta.location is relative", says: rfc7644("3.3", `body, a JSON representation [RFC7159] with the attribute "meta.location"`),
			request: makeUser(""),
			library: is(201, `meta/location is "Users/1"`, "header Location is Users/1"), ours: is(201, "meta/location holds https://scim.test/v2/Users/"),
			expected: "An absolute URI, as in all examples of the RFC. WithBaseURL gives one, but one for all tenants of the server.",
			where:    "server.go resourceLocation", fronted: "`reference/scim` (location)", shown: []string{"scim.users.location-absolute", "scim.users.location-resolves"},
		},
		{
			title: "Content-Location is never sent", says: rfc7643("3.1", `This value MUST be the same as the "Content-Location" HTTP response header`),
			before: []request{makeUser("")}, request: get("/Users/{id}"),
			library: is(200, "header Content-Location is absent"), ours: is(200, "meta/location holds https://scim.test/v2/Users/"),
			expected: "Content-Location, the same as meta.location.", where: "handlers.go resourceGetHandler", fronted: "`reference/scim` (single)", shown: []string{"scim.users.location-resolves"},
		},
	}
}
