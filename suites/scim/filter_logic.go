package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
)

const (
	quotePrecedence = "Filters MUST be evaluated using the following order of operations, in order of precedence:"
	quoteFoldFilter = "Attribute names and attribute operators used in filters are case insensitive."
	quoteGrammar    = "SCIM filters MUST conform to the following ABNF [RFC5234] rules as specified below:"
)

func filterLogic(s *check.Suite) {
	s.Describe("filter: logic", func() {
		logicalOperators(s)
		filterNotation(s)
	})
}

func logicalOperators(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.and", Level: check.Must,
		Title: "and finds only what both sides find",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "The filter is only a match if both"), check.RFC7644("3.4.2.2", quoteGrammar)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		user, other := t.CreateUser(), t.CreateUser()
		t.Expect(findPlain(t, "/Users", named(user)+" and "+named(other))).To(check.HoldExactly())
		t.Expect(findPlain(t, "/Users", named(user)+" and "+named(user))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.or", Level: check.Must,
		Title: "or finds what either side finds",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "The filter is a match if either"), check.RFC7644("3.4.2.2", quoteGrammar)),
		Needs: needs,
	}, func(t *check.T) {
		first, second := t.CreateUser(), t.CreateUser()
		t.CreateUser()
		t.Expect(findPlain(t, "/Users", named(first, second))).To(check.HoldExactly(first.ID, second.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.not", Level: check.Must,
		Title: "not finds what the expression in its parentheses does not",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "The filter is a match if the expression"), check.RFC7644("3.4.2.2", quoteGrammar)),
		Needs: needs,
	}, func(t *check.T) {
		first, second := t.CreateUser(), t.CreateUser()
		t.Expect(findPlain(t, "/Users", named(second)+" and not ("+named(first)+")")).To(check.HoldExactly(second.ID))
		t.Expect(findPlain(t, "/Users", named(first)+" and not ("+named(first)+")")).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.and-before-or", Level: check.Must,
		Title: "and binds tighter than or",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quotePrecedence), check.RFC7644("3.4.2.2", `where "not" takes precedence over "and", which takes precedence over "or"`)),
		Needs: needs,
	}, func(t *check.T) {
		a, b := t.CreateUser(), t.CreateUser()
		// a or (a and b) is a; (a or a) and b is nobody. a and b or b is b; a and (b or b) is nobody.
		t.Expect(findPlain(t, "/Users", named(a)+" or "+named(a)+" and "+named(b))).To(check.HoldExactly(a.ID))
		t.Expect(findPlain(t, "/Users", named(a)+" and "+named(b)+" or "+named(b))).To(check.HoldExactly(b.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.not-before-and", Level: check.Must,
		Title: "not binds tighter than and",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quotePrecedence), check.RFC7644("3.4.2.2", `where "not" takes precedence over "and", which takes precedence over "or"`)),
		Needs: needs,
	}, func(t *check.T) {
		a, b := t.CreateUser(), t.CreateUser()
		// (not a) and b is b; not (a and b) would hold others, among them neither a nor b alone.
		t.Expect(findPlain(t, "/Users", "not ("+named(a)+") and "+named(b))).To(check.HoldExactly(b.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.parentheses", Level: check.Must,
		Title: "parentheses come before and",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "Boolean expressions MAY be grouped using"), check.RFC7644("3.4.2.2", quotePrecedence)),
		Needs: needs,
	}, func(t *check.T) {
		a, b := t.CreateUser(), t.CreateUser()
		t.Expect(findPlain(t, "/Users", "("+named(a)+" or "+named(a)+") and "+named(b))).To(check.HoldExactly())
		t.Expect(findPlain(t, "/Users", "("+named(a)+" or "+named(b)+") and "+named(b))).To(check.HoldExactly(b.ID))
		t.Expect(findPlain(t, "/Users", "("+named(a)+" or "+named(b)+") and ("+named(b)+")")).To(check.HoldExactly(b.ID))
	})
}

func filterNotation(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.names-any-case", Level: check.Must,
		Title: "attribute names in a filter are recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteFoldFilter)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		t.Expect(findPlain(t, "/Users", compare("USERNAME", "eq", userName(user)))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.operators-any-case", Level: check.Must,
		Title: "operators in a filter are recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteFoldFilter)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		t.Expect(findPlain(t, "/Users", compare("userName", "Eq", userName(user)))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.logic-any-case", Level: check.Must,
		Title: "and, or and not are recognised in any case",
		Refs: check.Refs(check.RFC7644("3.4.2.2", quoteGrammar),
			check.RFC7643("2.1", "Unless otherwise specified in this document, all ABNF strings are case insensitive and the character set for these strings is US-ASCII.")),
		Needs: needs,
	}, func(t *check.T) {
		a, b := t.CreateUser(), t.CreateUser()
		t.Expect(findPlain(t, "/Users", named(a)+" OR "+named(b))).To(check.HoldExactly(a.ID, b.ID))
		t.Expect(findPlain(t, "/Users", named(b)+" And NOT ("+named(a)+")")).To(check.HoldExactly(b.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.urn-prefix", Level: check.Must,
		Title: "a core attribute may be named with the URN of its schema",
		Refs:  check.Refs(check.RFC7644("3.10", "attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		t.Expect(findPlain(t, "/Users", compare(check.UserURN+":userName", "eq", userName(user)))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.urn-any-case", Level: check.Must,
		Title: "the URN of a schema in a filter is recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.10", "All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive.")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		plain := compare(check.UserURN+":userName", "eq", userName(user))
		t.Require("the filter with the URN as it is", findPlain(t, "/Users", plain), check.HoldExactly(user.ID))
		expression := compare(upperURN(check.UserURN)+":userName", "eq", userName(user))
		t.Expect(findPlain(t, "/Users", expression)).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.value-escapes", Level: check.Must,
		Title: "escapes in the value of a filter are decoded",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", `the "compValue" (comparison value) rule is built on JSON Data Interchange format ABNF rules as specified in [RFC7159]`)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		name := longName(t, user)
		escaped := `"\u0061` + strings.TrimPrefix(literal(name[1:]), `"`)
		t.Require("the name begins with an a", strings.ToLower(name[:1]), check.Be("a"))
		t.Expect(findPlain(t, "/Users", "userName eq "+escaped)).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.value-quotes", Level: check.Must,
		Title: "quotation marks and backslashes in the value of a filter are escaped as in JSON",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", `the "compValue" (comparison value) rule is built on JSON Data Interchange format ABNF rules as specified in [RFC7159]`)),
		Needs: needs,
	}, func(t *check.T) {
		plain := t.CreateUserKeeping(map[string]any{"displayName": "Ada " + t.Name()})
		odd := t.CreateUserKeeping(map[string]any{"displayName": `Ada "C" \ O'B ` + t.Name()})
		t.Require("a filter on displayName", find(t, "/Users", compare("displayName", "eq", plain.Sent["displayName"].(string))), check.HoldExactly(plain.ID))
		t.Expect(findPlain(t, "/Users", compare("displayName", "eq", odd.Sent["displayName"].(string)))).To(check.HoldExactly(odd.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.url-decoded-once", Level: check.Must,
		Title: "a percent sign or a plus sign in the value of a filter is taken as it is",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		plain := t.CreateUserKeeping(map[string]any{"displayName": "Ada " + t.Name()})
		odd := t.CreateUserKeeping(map[string]any{"displayName": `100%25 + ` + t.Name()})
		t.Require("a filter on displayName", find(t, "/Users", compare("displayName", "eq", plain.Sent["displayName"].(string))), check.HoldExactly(plain.ID))
		t.Expect(findPlain(t, "/Users", compare("displayName", "eq", odd.Sent["displayName"].(string)))).To(check.HoldExactly(odd.ID))
	})
}
