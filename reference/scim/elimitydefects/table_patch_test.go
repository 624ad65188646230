package elimitydefects

const (
	emails   = `"emails":[{"value":"a@x","type":"work"},{"value":"b@x","type":"home"}]`
	readOnly = `a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable"`
)

// patchDefects are those of the validation of PATCH. The bare server answers with what it lets through to the
// handler, as "handed".
func patchDefects() []defect {
	ada := []request{makeUser(emails)}
	return []defect{
		{
			title: "A path that is the URN of an extension is refused", says: rfc7643("3.3", `the schema extension URI SHALL be used as a JSON container`),
			before: ada, request: patchUser(`{"op":"add","path":"` + enterpriseURN + `","value":{"department":"D"}}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(200, enterpriseURN+`/department is "D"`),
			expected: "The RFC has no example of it, and its grammar can be read against it. But the container is a member of the resource like any other, the same URN is taken as a key of a value without path, and identity providers send it.",
			where:    "filter/path.go validatePath, internal/patch/patch.go getRefAttribute",
			fronted:  "`reference/scim/filter` (ParsePath) reads the URN as the container, `reference/scim/patch` (applyExtension) applies it",
			shown:    []string{"scim.patch.path-is-extension"},
		},
		{
			title: "An URN in another case is refused in a path", says: rfc7643("2.1", `all attribute names defined by the above rule are case insensitive`),
			before: ada, request: patchUser(`{"op":"add","path":"URN:ietf:params:scim:schemas:core:2.0:USER:title","value":"T"}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(200, `title is "T"`),
			expected: "The operation is done: names are compared without regard to case, and the URN is part of the name.",
			where:    "filter/filter.go validateAttributePath, internal/patch/patch.go getRefAttribute",
			fronted:  "`reference/scim/schema` (Resolve) folds URNs",
			shown:    []string{"scim.patch.extension-urn-any-case", "reference/scim/schema TestResolve"},
		},
		{
			title: "A value filter with three terms is refused", says: rfc7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`),
			before: ada, request: patchUser(`{"op":"remove","path":"emails[type eq \"work\" and value co \"a\" and value co \"x\"]"}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(200, `emails/0/value is "b@x"`, "emails/1 is absent"),
			expected: "The value that matches is removed. logExp is recursive, so that any number of terms is allowed.",
			where:    "filter-parser/internal/grammar/valuepath.go ValueLogExpAnd", fronted: "`reference/scim/filter`, a parser of our own",
			shown: []string{"scim.patch.select-by-three-terms"},
		},
		{
			title: "A value filter with parentheses is refused", says: rfc7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`),
			before: ada, request: patchUser(`{"op":"remove","path":"emails[(type eq \"work\")]"}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(200, `emails/0/value is "b@x"`, "emails/1 is absent"),
			expected: "The value that matches is removed.",
			where:    "filter-parser/internal/grammar/valuepath.go ValueFilterAll", fronted: "`reference/scim/filter`, a parser of our own",
			shown: []string{"scim.patch.select-grouped"},
		},
		{
			title:  "A value filter on an attribute without sub-attributes can be removed by, but not replaced by",
			says:   rfc7644("3.5.2.3", `If the target location is a multi-valued attribute and a value selection ("valuePath") filter is specified that matches one or more values of the multi-valued attribute, then all matching record values SHALL be replaced.`),
			before: []request{makeThing(`"tags":["red"]`)}, request: patchOf("/Things/{id}", `{"op":"replace","path":"tags[value eq \"red\"]","value":"blue"}`),
			library: is(400), expected: "What `remove` takes, `replace` takes too: the value becomes blue.",
			where: "internal/patch/update.go validateUpdate", fronted: "`reference/scim/patch` takes both", own: replacesTag,
		},
		{
			title: "An operation on a read-only attribute is let through", says: rfc7644("3.5.2", readOnly),
			before: ada, request: patchUser(`{"op":"replace","path":"groups","value":[{"value":"admins"}]}`),
			library: is(200, `handed/0/path is "groups"`, `handed/0/value is [{}]`), ours: is(400, `scimType is "mutability"`),
			expected: "400 `mutability`. The handler gets `[{}]`, from which it cannot tell what was asked.",
			where:    "internal/patch/patch.go Validate, internal/patch/update.go validateUpdate", fronted: "`reference/scim/patch` (readOnly)",
			shown: []string{"scim.patch.user-groups-refused", "scim.patch.read-only-is-mutability"},
		},
		{
			title: "An operation on an immutable sub-attribute is let through", says: rfc7644("3.5.2", readOnly),
			before:  []request{makeUser(""), {method: "POST", path: "/Groups", body: `{"schemas":["` + groupURN + `"],"displayName":"G","members":[{"value":"{id}"}]}`}},
			request: patchOf("/Groups/{id}", `{"op":"replace","path":"members[type eq \"User\"].value","value":"x"}`),
			library: is(200, `handed/0/value is "x"`), ours: is(400, `scimType is "mutability"`),
			expected: "400 `mutability`.",
			where:    "internal/patch/update.go validateUpdate", fronted: "`reference/scim/patch` (Members) refuses what would change a member in place",
			shown: []string{"scim.patch.member-value-immutable", "reference/scim/patch TestMembersRefuses"},
		},
		{
			title:  "Removing a required attribute is let through",
			says:   rfc7644("3.5.2.2", `If an attribute is removed or becomes unassigned and is defined as a required attribute or a read-only attribute, the server SHALL return`),
			before: ada, request: patchUser(`{"op":"remove","path":"userName"}`),
			library: is(200, `handed/0/op is "remove"`), ours: is(400, `scimType is "mutability"`),
			expected: "400 `mutability`.",
			where:    "internal/patch/remove.go validateRemove", fronted: "`reference/scim/patch`", shown: []string{"scim.patch.required-not-removed", "scim.patch.required-is-mutability"},
		},
		{
			title:  "A value filter on a singular attribute is let through",
			says:   rfc7644("3.5.2", `The "valuePath" rule allows specific values of a complex multi-valued attribute to be selected.`),
			before: ada, request: patchUser(`{"op":"replace","path":"name[givenName eq \"A\"].givenName","value":"B"}`),
			library: is(200, `handed/0/value is "B"`), ours: is(400, `scimType is "invalidPath"`),
			expected: "400 `invalidPath`: a singular attribute has no values to select from.",
			where:    "filter/path.go validatePath", fronted: "`reference/scim/filter` (ParsePath)", shown: []string{"reference/scim/filter TestParsePathRefuses"},
		},
		{
			title: "A value filter whose value has the wrong type is let through", says: rfc7643("2.3.2", `The literal "true" or "false".`),
			before: ada, request: patchUser(`{"op":"replace","path":"roles[primary eq \"True\"].value","value":"admin"}`),
			library: is(200, `handed/0/value is "admin"`), ours: is(400, `scimType is "invalidFilter"`),
			expected: "400 `invalidFilter`. Entra ID sends it and means the boolean; evaluated as it is, it matches nothing.",
			where:    "filter/filter.go validateExpression", fronted: "`reference/scim/filter` refuses it, `reference/scim/leniency` makes it a boolean where the tenant is lenient", shown: []string{"reference/scim/leniency TestFilter"},
		},
		{
			title:  "An unknown operation is refused with invalidValue",
			says:   rfc7644("3.5.2", `Each PATCH operation object MUST have exactly one "op" member, whose value indicates the operation to perform and MAY be one of "add", "remove", or "replace".`),
			before: ada, request: patchUser(`{"op":"copy","path":"title","value":"x"}`),
			library: is(400, `scimType is "invalidValue"`), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "400 `invalidSyntax`: the message, not a value of the resource, is wrong.",
			where:    "internal/patch/patch.go Validate, resource_type.go validatePatch", fronted: "`reference/scim/patch` (Decode)", shown: []string{"scim.patch.unknown-operation-refused"},
		},
		{
			title:  "An operation whose op is no string is refused with invalidPath",
			says:   rfc7644("3.5.2", `Each PATCH operation object MUST have exactly one "op" member, whose value indicates the operation to perform and MAY be one of "add", "remove", or "replace".`),
			before: ada, request: patchUser(`{"op":1,"path":"title","value":"x"}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(400, `scimType is "invalidSyntax"`),
			expected: "400 `invalidSyntax`. Whatever is wrong with the shape of an operation becomes `invalidPath`, although the path is right.",
			where:    "resource_type.go validatePatch", fronted: "`reference/scim/patch` (Decode)", shown: []string{"reference/scim/patch TestDecodeRefuses"},
		},
		{
			title:  "The URN of a PATCH request is compared byte by byte",
			says:   rfc7643("2.1", `all ABNF strings are case insensitive`),
			before: ada, request: request{method: "PATCH", path: "/Users/{id}", body: `{"schemas":["URN:IETF:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"T"}]}`},
			library: is(400, `scimType is "invalidValue"`), ours: is(200, `title is "T"`),
			expected: "The operation is done: the scheme and the namespace of an URN have no case (RFC 8141 section 3.1).",
			where:    "resource_type.go validatePatch", fronted: "`reference/scim/patch` (Decode)", shown: []string{"reference/scim/patch TestDecode"},
		},
		{
			title: "A read-only path is refused with invalidPath", says: rfc7644("3.5.2", readOnly),
			before: ada, request: patchUser(`{"op":"replace","path":"id","value":"x"}`),
			library: is(400, `scimType is "invalidPath"`), ours: is(400, `scimType is "mutability"`),
			expected: "400 `mutability`: id is an attribute of every resource (RFC 7643 section 3.1), the path is right. The same holds for meta and schemas.",
			where:    "resource_type.go schemaWithCommon", fronted: "`reference/scim/schema` gives every type its common attributes", shown: []string{"scim.patch.read-only-is-mutability"},
		},
		{
			title:  "The key id is taken out of every complex value",
			says:   rfc7643("2.3.8", `A singular or multi-valued attribute whose value is a composition of one or more simple attributes.`),
			before: []request{makeThing(`"level":1`)}, request: patchOf("/Things/{id}", `{"op":"add","path":"badge","value":{"id":"7","kind":"k"}}`),
			library: is(200, `handed/0/value is {"kind":"k"}`), expected: "Only the id of the resource, in a value without path, may be passed over. Here id is a sub-attribute of badge, and is lost without a word.",
			where: "internal/patch/patch.go NewValidator", fronted: "`reference/scim/patch`: paths decide, not names", own: keepsSubAttributeID,
		},
	}
}
