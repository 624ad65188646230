package scim

import "assay/reference/scim/schema"

// configSchema describes the ServiceProviderConfig: RFC 7643 section 8.7.2 with "etag", "type" and "primary",
// which section 5 has and that listing forgets, and the pagination of RFC 9865 section 4.
func configSchema() schema.Schema {
	supported := configured(schema.Boolean, "supported", "Whether the operation is supported.")
	feature := func(name, description string, more ...schema.Attribute) schema.Attribute {
		return configured(schema.Complex, name, description, append([]schema.Attribute{supported}, more...)...)
	}
	schemes := configured(schema.Complex, "authenticationSchemes", "How clients authenticate.",
		configured(schema.String, "type", "The authentication scheme."),
		configured(schema.String, "name", "The common name of the scheme."),
		configured(schema.String, "description", "A description of the scheme."),
		maybe(configured(schema.Reference, "specUri", "The specification of the scheme.")),
		maybe(configured(schema.Reference, "documentationUri", "How the scheme is used here.")),
		maybe(configured(schema.Boolean, "primary", "Whether the scheme is the preferred one.")),
	)
	schemes.MultiValued = true
	schemes.Sub[0].Canonical = []string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}
	return schema.Schema{
		URN: configURN, Name: "Service Provider Configuration", Description: "What the service provider supports.",
		Attributes: []schema.Attribute{
			maybe(configured(schema.Reference, "documentationUri", "Documentation for people.")),
			feature("patch", "PATCH."),
			feature("bulk", "Bulk operations.",
				configured(schema.Integer, "maxOperations", "The greatest number of operations in a request."),
				configured(schema.Integer, "maxPayloadSize", "The greatest size of a request in bytes.")),
			feature("filter", "Filters.", configured(schema.Integer, "maxResults", "The greatest number of resources in a response.")),
			feature("changePassword", "Changing a password."),
			feature("sort", "Sorting."),
			feature("etag", "Entity tags."),
			schemes,
			maybe(paginationSchema()),
		},
	}
}

// paginationSchema is RFC 9865 section 4.
func paginationSchema() schema.Attribute {
	method := maybe(configured(schema.String, "defaultPaginationMethod", "The method of paging when a request names none."))
	method.Canonical = []string{"cursor", "index"}
	return configured(schema.Complex, "pagination", "Paging.",
		configured(schema.Boolean, "cursor", "Whether paging by cursor is supported."),
		configured(schema.Boolean, "index", "Whether paging by index is supported."),
		method,
		maybe(configured(schema.Integer, "defaultPageSize", "The number of resources in a page when a request gives no count.")),
		maybe(configured(schema.Integer, "maxPageSize", "The greatest number of resources in a page.")),
		maybe(configured(schema.Integer, "cursorTimeout", "For how many seconds a cursor is valid at least.")),
	)
}

// configured is a required attribute of the configuration, which clients only read.
func configured(kind, name, description string, sub ...schema.Attribute) schema.Attribute {
	a := schema.Attribute{
		Name: name, Type: kind, Required: true, Description: description, Sub: sub,
		Mutability: schema.ReadOnly, Returned: schema.Default, Uniqueness: "none",
	}
	if kind == schema.Reference {
		a.References = []string{"external"}
	}
	return a
}

func maybe(a schema.Attribute) schema.Attribute {
	a.Required = false
	return a
}
