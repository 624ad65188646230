package leniency

// All is the list of what is forgiven. The senders and their marks are those of reference/docs/leniency.md.
func All() []Leniency {
	return append(inMessages(), append(inValues(), inHeaders()...)...)
}

// inMessages is what is forgiven in the form of a PATCH request and of filters.
func inMessages() []Leniency {
	return []Leniency{
		{
			Name:   CapitalOperation,
			Does:   `"op" is read in any case: "Add", "Replace", "Remove".`,
			Strict: "400 invalidSyntax: RFC 7644 section 3.5.2 names add, remove and replace.",
			Senders: []Sender{
				{"Entra ID without the aadOptscim062020 flag", "E1, E2", "D"},
			},
		},
		{
			Name: CreatingReplace,
			Does: `An operation spelled exactly "Replace" whose path has a value filter that no value matches creates the value, ` +
				`when the filter is a conjunction of eq comparisons: emails[type eq "work"].value makes a work address. ` +
				`Any other spelling, "replace" above all, is answered as RFC 7644 section 3.5.2.3 asks, with 400 noTarget.`,
			Strict: "400 invalidSyntax, because of the capital letter.",
			Senders: []Sender{
				{"Entra ID without the aadOptscim062020 flag", "E15", "O"},
			},
		},
		{
			Name: ListedRemove,
			Does: `"remove" with a value removes the listed values only, whether they come with "$ref": null or not. ` +
				`The path alone would empty the attribute.`,
			Strict: "400 invalidValue: RFC 7644 section 3.5.2.2 gives the value no meaning, and guessing may empty a group.",
			Senders: []Sender{
				{"Entra ID without the aadOptscim062020 flag", "E1, E2", "D"},
				{"JumpCloud", "J2", "O"},
			},
		},
		{
			Name: PathKeys,
			Does: `The keys of a value without path are paths: "name.givenName", "urn:…:User:employeeNumber", ` +
				`emails[type eq "work"].value.`,
			Strict: "400 invalidPath: such a value holds attributes, and an extension's in its own object (RFC 7643 section 3.3).",
			Senders: []Sender{
				{"Entra ID with the aadOptscim062020 flag", "E2", "D"},
				{"Microsoft's customappsso jobs of before December 2018", "E2", "D"},
			},
		},
		{
			Name:   BareExtension,
			Does:   `A path may leave out the URN of the extension ("manager") when no other attribute has the name.`,
			Strict: "400 invalidPath: RFC 7644 section 3.10 has the URN before an extension's attribute.",
			Senders: []Sender{
				{"Entra ID, in one vendor example", "E1", "D"},
			},
		},
		{
			Name:   ReadOnlyInPatch,
			Does:   `Read-only attributes in a value without path ("meta", "groups", another "id") are ignored.`,
			Strict: "400 mutability (RFC 7644 section 3.5.2).",
			Senders: []Sender{
				{"Clients that merge a change into what they have read, as Okta does before it writes", "O1", "I"},
			},
		},
		{
			Name:   TextBooleanFilter,
			Does:   `"True" and "False" as text, in any case, are booleans beside a boolean attribute: roles[primary eq "True"].value.`,
			Strict: "400 invalidFilter: the types differ.",
			Senders: []Sender{
				{"Entra ID, with app role mappings", "E5", "D"},
				{"Microsoft's SCIM Validator", "E14", "O"},
			},
		},
	}
}

// inValues is what is forgiven in the values of attributes, in POST, PUT and PATCH.
func inValues() []Leniency {
	return []Leniency{
		{
			Name:   TextBoolean,
			Does:   `"True" and "False" as text, in any case, are booleans where the attribute is one.`,
			Strict: "400 invalidValue (RFC 7643 section 2.3.2).",
			Senders: []Sender{
				{"Entra ID without the aadOptscim062020 flag", "E2", "D"},
				{"Microsoft's SCIM Validator", "E14", "O"},
				{"OneLogin, from a JSON template", "L4", "I"},
			},
		},
		{
			Name: ReferenceForm,
			Does: `A complex attribute with a "value", the manager, may come as that value alone ("m-1") or inside an array of one ` +
				`([{"value": "m-1"}]).`,
			Strict: "400 invalidValue (RFC 7643 section 4.3).",
			Senders: []Sender{
				{"Entra ID, text", "E12, E14, E15", "D"},
				{"Entra ID, array", "E1", "D"},
			},
		},
		{
			Name: EmptyText,
			Does: `"" unassigns an attribute or sub-attribute that is not required, whatever its type, as null does; a value of a list ` +
				`whose "value" is "" is left out. It clears a manager as "" and as {"value": ""}.`,
			Strict: `"" is the text of length zero, a value like others (RFC 7643 section 2.5 does not name it); where text is not ` +
				"wanted it is 400 invalidValue.",
			Senders: []Sender{
				{"Entra ID, to clear a manager", "E12, E14, E15", "D"},
				{"Microsoft's Logic App suite, to clear an attribute", "E12", "D"},
				{"OneLogin, from a JSON template", "L4", "I"},
			},
		},
		{
			Name:   ObjectForList,
			Does:   "A single object in POST and PUT stands for a list of one: \"emails\": {…}.",
			Strict: "400 invalidValue (RFC 7643 section 2.4).",
			Senders: []Sender{
				{"OneLogin", "L5", "S"},
			},
		},
		{
			Name:   ForeignSchema,
			Does:   `URNs and URLs in "schemas" that the resource type does not have are left out.`,
			Strict: "400 invalidValue: a request names a schema that the server does not have.",
			Senders: []Sender{
				{"Entra ID, in every group", "E1", "D"},
				{"Entra ID, mistyped in one vendor example", "E1", "D"},
				{"OneLogin, from a JSON template", "L1", "O"},
			},
		},
		{
			Name: LegacyCoreSchema,
			Does: `"schemas" without the core schema is accepted when it has that of a SCIM 1.1 or draft template ` +
				`(urn:scim:schemas:core:1.0, urn:scim:schemas:core:2.0) in its place.`,
			Strict: "400 invalidSyntax (RFC 7643 section 3).",
			Senders: []Sender{
				{"OneLogin, from a JSON template", "L1", "O"},
			},
		},
	}
}

// inHeaders is what is forgiven in the headers of a request.
func inHeaders() []Leniency {
	return []Leniency{
		{
			Name:   NoContentType,
			Does:   "A body without Content-Type is taken for JSON.",
			Strict: "415.",
			Senders: []Sender{
				{"Entra ID, on one capture of requests without SCIM headers", "E13", "O"},
			},
		},
		{
			Name:   AnyAccept,
			Does:   "A client whose Accept names neither SCIM nor JSON (text/xml) is answered in application/scim+json all the same.",
			Strict: "406. RFC 9110 section 12.4.1 allows both.",
			Senders: []Sender{
				{"Entra ID, on one capture of requests without SCIM headers", "E13", "O"},
			},
		},
	}
}

// accepted is what needs no leniency although it looks like one: the RFCs ask for it or leave it open,
// and it is accepted in strict mode too.
func accepted() [][2]string {
	return [][2]string{
		{"No Accept header", "RFC 7644 section 3.8: the format defaults to application/scim+json."},
		{"application/json, with any charset parameter", "RFC 7644 section 8.1 knows that clients send it; JSON is UTF-8."},
		{"`operations`, `OP`, `schemas` in any case", "RFC 7643 section 2.1: attribute names are case insensitive."},
		{"`startindex`, `Filter` in any case", "RFC 7644 is silent on the case of parameters."},
		{"A trailing `?` or `&`, and parameters without a value", "RFC 3986 allows them; an empty parameter says nothing."},
		{"`+` as well as `%20` for a space in a query", "Form encoding, which HTML and most clients use. A plus sign in an e-mail address must come as `%2B`."},
		{"Read-only attributes in POST and PUT (`id`, `meta`, `groups`)", "RFC 7644 sections 3.3 and 3.5.1: they SHALL be ignored."},
		{"The resource's own `id` in a PATCH value without path (Okta: O1, O11)", "RFC 7644 section 3.5.2 forbids to modify what is read-only; that is no modification."},
		{"PUT without `active`", "RFC 7644 section 3.5.1 lets the server choose a value: the present one stays, so that nobody gets back in, or is locked out, by an omission."},
		{"`null` and `[]` unassign", "RFC 7643 section 2.5."},
		{"`\"$ref\": null` in a member", "RFC 7643 section 2.5: it is the same as leaving it out."},
		{"Adding a value that is there, removing a member that is not", "RFC 7644 section 3.5.2.1: no change SHOULD be made."},
		{"An extension's URN in `schemas` without its attributes", "RFC 7643 section 3: `schemas` may name what is not used."},
		{"Unknown attributes in POST and PUT", "RFC 7644 is silent; they are not kept."},
		{"One value where PATCH adds to or replaces a list", "RFC 7644 section 3.5.2.1: \"a new value is added to the attribute\"."},
		{"\"add\" with a value filter that nothing matches", "RFC 7644 section 3.5.2.1: what does not exist is added."},
		{"A filter on `manager` without the extension's URN", "RFC 7644 section 3.10: clients SHOULD qualify it."},
		{"`Eq`, `AND` in filters", "RFC 7644 section 3.4.2.2: operators are case insensitive."},
	}
}

// refused is what some client is said to send and what is not forgiven.
func refused() [][2]string {
	return [][2]string{
		{"`filter=externalId eq jyoung`, without quotes (E1, an old sample)", "It is malformed by RFC 7644 figure 1, and nothing shows that a client of today sends it."},
		{"SCIM 1.1 group changes (`{\"value\": \"u-2\", \"operation\": \"delete\"}`, L3)", "SCIM 1.1 is another protocol."},
		{"Numbers as text", "No source shows a client that sends them."},
		{"\"replace\" in lower case with a value filter that nothing matches", "RFC 7644 section 3.5.2.3 asks for noTarget, and such a request does not tell who sent it."},
	}
}
