package elimitydefects

// filterDefects are those of filters. The handler of the bare server passes every resource to
// Validator.PassesFilter, as the library's example does.
func filterDefects() []defect {
	const nothing, one = "totalResults is 0", "totalResults is 1"
	ada := []request{makeUser(emails + `,"title":"a\"b"`)}
	extended := []request{makeUser(`"` + enterpriseURN + `":{"department":"D"}`)}
	example := rfc7644("3.4.2.2", `filter=userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`)
	invalid := rfc7644("3.4.2.2", `Providers MUST decline to filter results if the specified filter operation is not recognized and return an HTTP 400 error with a "scimType" error of "invalidFilter"`)
	grammar := rfc7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)
	return []defect{
		{
			title: "A filter on a sub-attribute of a multi-valued attribute finds nothing", says: example,
			before: ada, request: find(`emails.value eq "a@x"`),
			library: is(200, nothing), ours: is(200, one),
			expected: "The user. Identity providers look people up with this filter, and make them a second time when it finds nobody.",
			where:    "filter/filter.go PassesFilter", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.multi-valued", "scim.filter.single-address", "scim.filter.members"},
		},
		{
			title: "The negation of such a filter finds everybody", says: rfc7644("3.4.2.2", `Logical operators - where "not" takes precedence over "and", which takes precedence over "or"`),
			before: ada, request: find(`not (emails.value eq "a@x")`),
			library: is(200, one), ours: is(200, nothing),
			expected: "Nobody.", where: "filter/filter.go PassesFilter", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.negated-multi-valued"},
		},
		{
			title: "A filter on a multi-valued attribute without a sub-attribute panics", says: example,
			before: ada, request: find(`emails co "a@x"`),
			library: panics("unknown attribute type"), ours: is(200, one),
			expected: "The user: it is an example of the RFC, and means the value. A complex attribute without a value, such as name, is refused. net/http drops the connection without an answer.",
			where:    "filter/operators.go createCompareFunction", fronted: "`reference/scim/filter` (operand)", shown: []string{"scim.filter.complex-answered", "scim.filter.multi-valued"},
		},
		{
			title: "A filter on an integer panics", says: rfc7644("3.4.2.2", `compValue = false / null / true / number / string`),
			before: []request{makeThing(`"level":5`)}, request: thingsBy("level eq 5"),
			library:  panics("given value is not an integer: 5"),
			expected: "The thing. Integers arrive from JSON as int64, but are asked for as int.", where: "filter/op_integer.go cmpInt", fronted: "`reference/scim/filter`, where numbers compare exactly",
			own: comparesNumbers, shown: []string{"scim.filter.integer-answered"},
		},
		{
			title: "A filter on an attribute that holds an object in place of an array panics", says: rfc7643("2.4", `Multi-valued attributes contain a list of elements using the JSON array format`),
			before: []request{makeUser(`"phoneNumbers":{"value":"1"}`)}, request: find(`phoneNumbers eq "1"`),
			library: panics("unknown attribute type"), ours: is(200), lenient: true,
			expected: "An answer.", where: "filter/operators.go createCompareFunction", fronted: "`reference/scim/schema` (Canonicalise) lets no such value be stored, `reference/scim/filter` takes it as a list of one",
			shown: []string{"reference/scim/filter TestMatchAnyGoType"},
		},
		{
			title: "A decimal does not equal a whole number", says: rfc7644("3.4.2.2", `compValue = false / null / true / number / string`),
			before: []request{makeThing(`"ratio":5.0`)}, request: thingsBy("ratio eq 5"),
			library: is(200, nothing), expected: "The thing: 5 and 5.0 are one number.", where: "filter/operators.go createCompareFunction",
			fronted: "`reference/scim/filter`", own: comparesNumbers,
		},
		{
			title: "A fraction of a second is read wrongly", says: rfc7643("2.3.5", `The attribute value MUST be encoded as a valid xsd:dateTime as specified in Section 3.3.7 of [XML-Schema]`),
			before: []request{makeThing(`"since":"2024-01-01T00:00:00.05Z"`)}, request: thingsBy(`since eq "2024-01-01T00:00:00.5Z"`),
			library: is(200, one), expected: "Nothing: .05 is not .5. The parser drops the zero.", where: "filter/op_datetime.go cmpDateTime",
			fronted: "`reference/scim/schema` (ParseTime)", own: takesTimes, shown: []string{"scim.filter.time"},
		},
		{
			title: "null equals nothing", says: rfc7644("3.4.2.2", `compValue = false / null / true / number / string`),
			before: ada, request: find(`nickName eq null`),
			library: is(200, nothing), ours: is(200, one),
			expected: "The user, who has no nickName.", where: "filter/operators.go createCompareFunction", fronted: "`reference/scim/filter`", shown: []string{"reference/scim/filter TestMatch"},
		},
		{
			title: "An empty value is present", says: rfc7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`),
			before: []request{makeUser(`"title":""`)}, request: find(`title pr`),
			library: is(200, one), ours: is(200, nothing),
			expected: "Nobody: pr asks for \"a non-empty or non-null value\" (table 3). The same holds for an empty array and for null.", where: "filter/filter.go PassesFilter", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.pr-of-list", "scim.filter.pr"},
		},
		{
			title: "A filter on an attribute of an extension finds nothing", says: rfc7644("3.10", `attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon (":") character`),
			before: extended, request: find(enterpriseURN + `:department eq "D"`),
			library: is(200, nothing), ours: is(200, one),
			expected: "The user. PassesFilter looks for a member \"urn…:department\", but validation makes a container.",
			where:    "filter/filter.go PassesFilter", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.extension"},
		},
		{
			title: "One filter cannot have core and extension attributes", says: rfc7644("3.4.2.2", `logExp = FILTER SP ("and" / "or") SP FILTER`),
			before: extended, request: find(`userName eq "ada" and ` + enterpriseURN + `:department eq "D"`),
			library: is(400), ours: is(200, one),
			expected: "The user.", where: "filter/filter.go Validate", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.extension-with-core"},
		},
		{
			title: "An URN in another case is refused in a filter", says: rfc7643("2.1", `all attribute names defined by the above rule are case insensitive`),
			before: ada, request: find(`URN:IETF:params:scim:schemas:core:2.0:USER:userName eq "ada"`),
			library: is(400), ours: is(200, one),
			expected: "The user.", where: "filter/filter.go validateAttributePath, filter/filter.go referenceContains", fronted: "`reference/scim/schema` (Resolve)",
			shown: []string{"scim.filter.urn-any-case", "scim.filter.extension-urn-any-case"},
		},
		{
			title: "A value filter with three terms is refused in a filter", says: grammar,
			before: ada, request: find(`emails[type eq "work" and value co "a" and value co "x"]`),
			library: is(400), ours: is(200, one),
			expected: "The user.", where: "filter-parser/internal/grammar/valuepath.go ValueLogExpAnd", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.value-path-three-terms"},
		},
		{
			title: "A value filter with parentheses is refused in a filter", says: grammar,
			before: ada, request: find(`emails[(type eq "work") and value co "a"]`),
			library: is(400), ours: is(200, one),
			expected: "The user.", where: "filter-parser/internal/grammar/valuepath.go ValueFilterAll", fronted: "`reference/scim/filter`", shown: []string{"scim.filter.value-path-grouped"},
		},
		{
			title: "Escapes in a string are not undone", says: rfc7644("3.4.2.2", `built on JSON Data Interchange format ABNF rules as specified in [RFC7159]`),
			before: ada, request: find(`title eq "a\"b"`),
			library: is(200, nothing), ours: is(200, one),
			expected: "The user, whose title is a\"b.", where: "filter-parser/attrexp.go parseAttrExp", fronted: "`reference/scim/filter` (readLiteral)", shown: []string{"scim.filter.value-quotes", "scim.filter.value-escapes"},
		},
		{
			title: "An escape with small hexadecimal digits is refused", says: rfc7644("3.4.2.2", `built on JSON Data Interchange format ABNF rules as specified in [RFC7159]`),
			before: ada, request: find(`title eq "a\u005cb"`),
			library: is(400), ours: is(200, nothing),
			expected: "An answer: RFC 7159 section 7 allows letters of either case.", where: "filter-parser/internal/grammar/string.go Escaped", fronted: "`reference/scim/filter` (readLiteral)", shown: []string{"scim.filter.value-escapes"},
		},
		{
			title: "Names in front of and in brackets are not checked", says: invalid,
			before: ada, request: find(`emails[nope eq "x"]`),
			library: is(200, nothing), ours: is(400, `scimType is "invalidFilter"`),
			expected: "400 `invalidFilter`, as for `nope eq \"x\"`. A client that misspells a name hears that there is nobody, and creates the user.", where: "filter/filter.go validateExpression",
			fronted: "`reference/scim/filter`", shown: []string{"reference/scim/filter TestParseRefuses"},
		},
		{
			title: "A value of the wrong type is accepted", says: invalid,
			before: ada, request: find(`active eq "yes"`),
			library: is(200, nothing), ours: is(400, `scimType is "invalidFilter"`),
			expected: "400 `invalidFilter`. The same holds for `userName eq 5` and for texts that are no dates.", where: "filter/filter.go validateExpression", fronted: "`reference/scim/filter` (newCompare)",
			shown: []string{"reference/scim/filter TestParseRefuses"},
		},
		{
			title: "A filter may find out a password", says: rfc7643("4.1.1", `the attribute characteristic "returned" is "never"`),
			before: []request{makeUser(`"password":"t1meMa$heen"`)}, request: find(`password sw "t1"`),
			library: is(200, one), ours: is(400, `scimType is "invalidFilter"`),
			expected: "A refusal: with sw a client learns the password letter by letter.", where: "filter/filter.go Validate", fronted: "`reference/scim/filter`; and no password is stored",
			shown: []string{"scim.filter.password-not-probed"},
		},
		{
			title: "The filter of a search cannot name id, externalId or meta", says: rfc7644("3.4.3", `The body of the POST request MAY include any of the parameters defined in Section 3.4.2.`),
			before: ada, request: request{method: "POST", path: "/Users/.search", body: `{"schemas":["` + searchURN + `"],"filter":"externalId pr or userName eq \"ada\""}`},
			library: is(400, `scimType is "invalidFilter"`), ours: is(200, one),
			expected: "The user: GET takes the same filter.", where: "handlers.go resourceSearchHandler", fronted: "`reference/scim` (search)", shown: []string{"scim.search.filters-id"},
		},
	}
}
