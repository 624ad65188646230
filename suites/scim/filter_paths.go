package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteAnyValue  = "If the specified attribute in a filter expression is a multi-valued attribute, the filter matches if any of the values of the specified attribute match the specified criterion"
	quoteSubNeeded = "For complex attributes, a fully qualified sub-attribute MUST be specified using standard attribute notation (Section 3.10)."
	quoteExtended  = "SHOULD fully qualify extended attributes with the associated schema extension URN to avoid naming conflicts."
)

func filterPaths(s *check.Suite) {
	s.Describe("filter: paths", func() {
		filterSubAttributes(s)
		filterValuePaths(s)
		filterValuePathAbsent(s)
		filterExtensions(s)
	})
}

func filterSubAttributes(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.sub-attribute", Level: check.Must,
		Title: "a filter reaches a sub-attribute by its path",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteSubNeeded)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		family := t.Name()
		user := t.CreateUserKeeping(map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": family}})
		t.CreateUser()
		t.Expect(find(t, "/Users", compare("name.familyName", "eq", family))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.multi-valued", Level: check.Must,
		Title: "a filter on a multi-valued attribute finds the users of whom any value matches",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteAnyValue)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		first, second := t.Email(), t.Email()
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(first, "work"), email(second, "home")}})
		t.CreateUser()
		t.Expect(find(t, "/Users", compare("emails.value", "eq", first))).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", compare("emails.value", "eq", second))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.single-address", Level: check.Must,
		Title: "emails.value eq finds the user with the address and nobody else",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteAnyValue)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		address := t.Email()
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(address, "work")}})
		t.CreateUser()
		t.Expect(find(t, "/Users", compare("emails.value", "eq", address))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.negated-multi-valued", Level: check.Must,
		Title: "not of a filter on a multi-valued attribute leaves out the users of whom a value matches",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteAnyValue), check.RFC7644("3.4.2.2", "The filter is a match if the expression")),
		Needs: needs,
	}, func(t *check.T) {
		address := t.Email()
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(address, "work"), email(t.Email(), "home")}})
		other := t.CreateUserKeeping(map[string]any{"emails": []any{email(t.Email(), "work")}})
		without := " and not (" + compare("emails.value", "eq", address) + ")"
		t.Expect(find(t, "/Users", named(other)+without)).To(check.HoldExactly(other.ID))
		t.Expect(find(t, "/Users", named(user)+without)).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.complex-answered", Level: check.Must,
		Title: "a filter on a complex attribute without a sub-attribute is answered, with a list or a refusal",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteSubNeeded), check.RFC7644("3.4.2.2", `filter=userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
		t.Expect(t.Find("/Users", named(user)+" and "+compare("emails", "co", "example"))).To(beAnswered())
		t.Expect(t.Find("/Users", named(user)+" and "+compare("name", "eq", "Ada"))).To(beAnswered())
	})
	s.It(check.Spec{
		ID: "scim.filter.members", Level: check.Must,
		Title: "a filter on members.value finds the groups of a member",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteAnyValue)),
		Needs: check.Needs(target.Filter, target.Groups), Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		member, other := t.CreateUser(), t.CreateUser()
		group := withMembers(t, member, other)
		withMembers(t, other)
		t.Expect(find(t, "/Groups", compare("members.value", "eq", member.ID))).To(check.HoldExactly(group.ID))
	})
}

func filterValuePaths(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.value-path-one-value", Level: check.Must,
		Title: "the terms of a value path must hold for the same value",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "filters where expressions MUST be")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		straight, crossed, stem := crossedAddresses(t)
		sameValue := "emails[" + compare("type", "eq", "work") + " and " + compare("value", "sw", stem) + "]"
		t.Expect(find(t, "/Users", named(straight)+" and "+sameValue)).To(check.HoldExactly(straight.ID))
		t.Expect(find(t, "/Users", named(crossed)+" and "+sameValue)).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.value-path-three-terms", Level: check.Must,
		Title: "a value path that is supported takes three terms as well as two",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)),
		Needs: needs,
	}, func(t *check.T) {
		address := t.Email()
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(address, "work")}})
		t.CreateUser()
		two := compare("type", "eq", "work") + " and " + compare("value", "eq", address)
		t.Require("a value path with two terms", find(t, "/Users", "emails["+two+"]"), check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", "emails["+two+" and "+compare("value", "co", "@")+"]")).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.value-path-grouped", Level: check.Must,
		Title: "a value path that is supported takes parentheses and not",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)),
		Needs: needs,
	}, func(t *check.T) {
		address := t.Email()
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(address, "work")}})
		t.CreateUser()
		value := compare("value", "eq", address)
		t.Require("a value path with two terms", find(t, "/Users", "emails["+value+" and "+compare("type", "eq", "work")+"]"), check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", "emails["+value+" and ("+compare("type", "eq", "work")+" or "+compare("type", "eq", "home")+")]")).To(check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", "emails["+value+" and not ("+compare("type", "eq", "work")+")]")).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.value-path-combined", Level: check.Must,
		Title: "a value path that is supported can be joined with other expressions",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "FILTER    = attrExp / logExp / valuePath / *1\"not\" \"(\" FILTER \")\"")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"emails": []any{email(t.Email(), "work")}})
		other := t.CreateUserKeeping(map[string]any{"emails": []any{email(t.Email(), "home")}})
		work := "emails[" + compare("type", "eq", "work") + "]"
		t.Expect(find(t, "/Users", named(user)+" and "+work)).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", named(other)+" and "+work)).To(check.HoldExactly())
	})
}

func filterValuePathAbsent(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.filter.value-path-without-values", Level: check.Must,
		Title: "a value path that is supported leaves out the users who have no value at all",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: check.Needs(target.Filter),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"phoneNumbers": []any{map[string]any{"value": "tel:+1-201-555-0123", "type": "work"}}})
		other := t.CreateUser()
		t.Require("a user without a telephone number", t.Reread(other), check.LackJSON("/phoneNumbers"))
		work := "phoneNumbers[" + compare("type", "eq", "work") + "]"
		t.Require("the value path", find(t, "/Users", named(user)+" and "+work), check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", named(other)+" and "+work)).To(check.HoldExactly())
	})
}

// crossedAddresses makes two users with a work and a home address each. The address that begins with
// the stem is the first user's at work and the second's at home.
func crossedAddresses(t *check.T) (straight, crossed check.Resource, stem string) {
	domain := "@" + t.Target().EmailDomain()
	wanted, other := t.Name()+"-wanted", t.Name()+"-other"
	straight = t.CreateUserKeeping(map[string]any{"emails": []any{email(wanted+"-1"+domain, "work"), email(other+"-1"+domain, "home")}})
	crossed = t.CreateUserKeeping(map[string]any{"emails": []any{email(other+"-2"+domain, "work"), email(wanted+"-2"+domain, "home")}})
	return straight, crossed, wanted
}

func filterExtensions(s *check.Suite) {
	needs := check.Needs(target.Filter, target.Enterprise)
	s.It(check.Spec{
		ID: "scim.filter.extension", Level: check.Must,
		Title: "a filter reaches an attribute of an extension by its URN",
		Refs:  check.Refs(check.RFC7644("3.10", quoteExtended)),
		Needs: needs,
	}, func(t *check.T) {
		department := t.Name()
		user := inDepartment(t, department)
		t.CreateUser()
		t.Expect(find(t, "/Users", compare(target.EnterpriseURN+":department", "eq", department))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.extension-with-core", Level: check.Must,
		Title: "one filter can hold a core attribute and an attribute of an extension",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "Multiple expressions MAY be combined using logical operators (see Table 4)."), check.RFC7644("3.10", quoteExtended)),
		Needs: needs,
	}, func(t *check.T) {
		department := t.Name()
		user, colleague := inDepartment(t, department), inDepartment(t, department)
		inIt := compare(target.EnterpriseURN+":department", "eq", department)
		alone, joined := find(t, "/Users", inIt), findPlain(t, "/Users", named(user)+" and "+inIt)
		t.Require("the filter on the extension alone", alone, check.BeListResponse())
		t.Expect(joined).To(check.BeListResponse())
		t.Require("the filter on the extension alone", alone, check.HoldExactly(user.ID, colleague.ID))
		t.Expect(joined).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.extension-urn-any-case", Level: check.Must,
		Title: "the URN of an extension in a filter is recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.10", "All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive.")),
		Needs: needs,
	}, func(t *check.T) {
		department := t.Name()
		user := inDepartment(t, department)
		t.Require("the filter with the URN as it is", find(t, "/Users", compare(target.EnterpriseURN+":department", "eq", department)), check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", compare(upperURN(target.EnterpriseURN)+":department", "eq", department))).To(check.HoldExactly(user.ID))
	})
}

// inDepartment makes a user in a department, on a target that keeps it.
func inDepartment(t *check.T, department string) check.Resource {
	user := t.CreateUser(extension(map[string]any{"department": department}))
	if kept, _ := wire.At(user.Object(), "/"+target.EnterpriseURN+"/department"); kept != department {
		t.NotApplicable("the target does not keep the department")
	}
	return user
}
