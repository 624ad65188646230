package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
)

const quoteDecline = `Providers MUST decline to filter results if the specified filter operation is not recognized and return an HTTP 400 error with a "scimType" error of "invalidFilter" and an appropriate human-readable response as per Section 3.12.`

func filterErrors(s *check.Suite) {
	s.Describe("filter: errors", func() {
		needs := check.Needs(target.Filter)
		s.It(check.Spec{
			ID: "scim.filter.unknown-operator", Level: check.Must,
			Title: "an operator that does not exist is refused with invalidFilter",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteDecline)),
			Needs: needs,
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			t.Expect(findPlain(t, "/Users", compare("userName", "resembles", userName(user)))).To(check.BeSCIMError(400, "invalidFilter"))
		})
		s.It(check.Spec{
			ID: "scim.filter.malformed-not-passed-over", Level: check.Must,
			Title: "a filter that does not follow the grammar is not passed over",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteGrammar), check.RFC7644("3.4.2.2", quoteOnlyMatching)),
			Needs: needs, Hurts: check.Hurts("okta"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.CreateUser()
			t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			for _, malformed := range malformedFilters(user) {
				res := findPlain(t, "/Users", malformed)
				t.ExpectThat("the filter "+malformed, res).To(beAnswered())
				if res.OK() {
					t.ExpectThat("the filter "+malformed, res).To(holdNobodyBut(user))
				}
			}
		})
		s.It(check.Spec{
			ID: "scim.filter.malformed-is-invalid-filter", Level: check.Should,
			Title: "a filter that does not follow the grammar is refused with 400 and invalidFilter",
			Refs:  check.Refs(check.RFC7644("3.12", "For HTTP status code 400 (Bad Request) responses, the following detail error types are defined:")),
			Needs: needs,
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			for _, malformed := range malformedFilters(user) {
				t.ExpectThat("the filter "+malformed, findPlain(t, "/Users", malformed)).To(check.BeSCIMError(400, "invalidFilter"))
			}
		})
		s.It(check.Spec{
			ID: "scim.filter.nested-brackets-refused", Level: check.Should,
			Title: "brackets inside brackets, which no sub-attribute can have, are refused with invalidFilter",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)),
			Needs: needs,
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			t.Expect(findPlain(t, "/Users", named(user)+` and emails[type[value eq "work"]]`)).To(check.BeSCIMError(400, "invalidFilter"))
		})
		s.It(check.Spec{
			ID: "scim.filter.deep-answered", Level: check.Must,
			Title: "a filter with very many parentheses is answered, with a list or a refusal",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", "Boolean expressions MAY be grouped using"), check.RFC7644("3.4.2.2", quoteDecline)),
			Needs: needs,
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			t.Expect(t.Find("/Users", strings.Repeat("(", 500)+named(user)+strings.Repeat(")", 500))).To(beAnswered())
		})
		s.It(check.Spec{
			ID: "scim.filter.unknown-attribute-matches-nothing", Level: check.Must,
			Title: "a filter on an attribute that does not exist finds nobody",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
			Needs: needs, Hurts: check.Hurts("entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			res := t.Find("/Users", named(user)+" and "+compare("assayNoSuchAttribute", "eq", "x"))
			t.Expect(res).To(beAnswered())
			if res.OK() {
				t.Expect(res).To(check.LackResource(user.ID))
			}
		})
		s.It(check.Spec{
			ID: "scim.filter.password-not-probed", Level: check.Should,
			Title: "a filter cannot find out a password bit by bit",
			Refs:  check.Refs(check.RFC7643("4.1.1", "This attribute is intended to be used as a means to set, replace, or compare (i.e., filter for equality) a password.")),
			Needs: needs,
		}, func(t *check.T) {
			user := withPassword(t)
			t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			res := t.Find("/Users", named(user)+" and "+compare("password", "sw", secret[:3]))
			t.Expect(res).To(beAnswered())
			if res.OK() {
				t.Expect(res).To(check.LackResource(user.ID))
			}
		})
	})
}

// malformedFilters are near a filter that finds the user, but outside the grammar.
func malformedFilters(user check.Resource) []string {
	return []string{
		"userName eq",
		"(" + named(user),
		named(user) + " and",
		"userName " + literal(userName(user)),
		"eq " + literal(userName(user)) + " userName",
	}
}
