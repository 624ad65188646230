package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const quoteNoOrder = "Boolean and Binary attributes SHALL"

func filterValues(s *check.Suite) {
	s.Describe("filter: values", func() {
		needs := check.Needs(target.Filter)
		s.It(check.Spec{
			ID: "scim.filter.time-window", Level: check.Must,
			Title: "ge and le joined with and select a window of time",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", "DateTime types, it is a chronological"), check.RFC7644("3.4.2.2", quoteOnlyMatching)),
			Needs: needs, Hurts: check.Hurts("okta"),
		}, func(t *check.T) {
			user := t.CreateUser()
			window := func(from, to string) string {
				return named(user) + ` and meta.lastModified ge "` + from + `" and meta.lastModified le "` + to + `"`
			}
			t.Expect(find(t, "/Users", window("2011-05-13T04:42:34Z", "2999-05-13T04:42:34Z"))).To(check.HoldExactly(user.ID))
			t.Expect(find(t, "/Users", window("2011-05-13T04:42:34Z", "2012-05-13T04:42:34Z"))).To(check.HoldExactly())
			t.Expect(find(t, "/Users", window("2998-05-13T04:42:34Z", "2999-05-13T04:42:34Z"))).To(check.HoldExactly())
		})
		s.It(check.Spec{
			ID: "scim.filter.binary-has-no-order", Level: check.Must,
			Title: "gt, ge, lt and le on a binary attribute are refused with invalidFilter",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteNoOrder)),
			Needs: needs,
		}, func(t *check.T) {
			if !isBinary(t, "x509Certificates") {
				t.NotApplicable("the target's schema has no x509Certificates with a binary value")
			}
			user := t.CreateUser()
			certificate := named(user) + " and x509Certificates.value "
			t.Control(find(t, "/Users", certificate+`eq "aGk="`), check.BeOK())
			for _, operator := range []string{"gt", "ge", "lt", "le"} {
				t.ExpectThat(operator+" on a binary attribute", findPlain(t, "/Users", certificate+operator+` "aGk="`)).To(check.BeSCIMError(400, "invalidFilter"))
			}
		})
		s.It(check.Spec{
			ID: "scim.filter.schemas", Level: check.May,
			Title: "schemas eq the URN of an extension finds the users who have the extension",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", `Clients MAY query by schema or schema extensions by using a filter expression including the "schemas" attribute (as shown in Figure 2).`)),
			Needs: check.Needs(target.Filter, target.Enterprise),
		}, func(t *check.T) {
			user := inDepartment(t, "Engines")
			extended := " and " + compare("schemas", "eq", target.EnterpriseURN)
			t.Expect(find(t, "/Users", named(user)+extended)).To(check.HoldExactly(user.ID))
			t.Expect(find(t, "/Users", named(user)+" and "+compare("schemas", "eq", "urn:example:assay:nobody"))).To(check.HoldExactly())
		})
		s.It(check.Spec{
			ID: "scim.filter.default-value", Level: check.Must,
			Title: "a filter on an attribute that has a default uses the value that the answer to the create had",
			Refs:  check.Refs(check.RFC7644("3.4.2.2", `the service provider SHALL use the value that was returned to the client that last created or modified the attribute.`)),
			Needs: needs,
		}, func(t *check.T) {
			user := t.CreateUser(map[string]any{"active": nil})
			value, _ := user.Created.At("/active")
			active, shown := value.(bool)
			if !shown {
				t.NotApplicable("the target gives active no default in the answer to a create")
			}
			is := map[bool]string{true: " and active eq true", false: " and active eq false"}
			t.Expect(find(t, "/Users", named(user)+is[active])).To(check.HoldExactly(user.ID))
			t.Expect(find(t, "/Users", named(user)+is[!active])).To(check.HoldExactly())
		})
	})
}

// isBinary tells whether the target's own User schema gives the attribute a value of type binary.
func isBinary(t *check.T, attribute string) bool {
	definition, _ := published(t, check.UserURN, attribute)
	list, _ := wire.At(definition, "/subAttributes")
	parts, _ := list.([]any)
	for _, part := range parts {
		if strings.EqualFold(textAt(part, "/name"), "value") {
			return strings.EqualFold(textAt(part, "/type"), "binary")
		}
	}
	return false
}
