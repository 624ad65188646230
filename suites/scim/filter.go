package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
)

const quoteOnlyMatching = "When specified, only those resources matching the filter expression SHALL be returned."

func filter(s *check.Suite) {
	s.Describe("filter", func() {
		filterEquality(s)
		filterStrings(s)
		filterTypes(s)
	})
}

func filterEquality(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.username-eq", Level: check.Must,
		Title: "userName eq finds the user and nobody else",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
	}, func(t *check.T) {
		user, other := t.CreateUser(), t.CreateUser()
		t.Expect(findPlain(t, "/Users", named(user))).To(check.HoldExactly(user.ID))
		t.Expect(findPlain(t, "/Users", named(other))).To(check.HoldExactly(other.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.no-match-is-empty", Level: check.Must,
		Title: "a filter without a match is answered with 200 and an empty list",
		Refs:  check.Refs(check.RFC7644("3.4.2", `A query that does not return any matches SHALL return success (HTTP status code 200) with "totalResults" set to a value of 0.`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Require("a filter with a match", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
		res := findPlain(t, "/Users", compare("userName", "eq", t.Email()))
		t.Expect(res).To(check.HoldExactly())
		t.Expect(res).To(check.HaveJSON("/totalResults", 0))
	})
	s.It(check.Spec{
		ID: "scim.filter.value-any-case", Level: check.Must,
		Title: "userName is compared without regard to case",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", `the case sensitivity for String type attributes SHALL be determined by the attribute's "caseExact" characteristic (see Section 2.2 of [RFC7643]).`), check.RFC7643("4.1.1", quoteFoldNames)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		t.Expect(findPlain(t, "/Users", compare("userName", "eq", strings.ToUpper(userName(user))))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.id-eq", Level: check.Must,
		Title: "id eq finds the user and nobody else",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.CreateUser()
		t.Expect(find(t, "/Users", compare("id", "eq", user.ID))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.external-id-eq", Level: check.Must,
		Title: "externalId eq finds the users with that externalId",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("entra", "okta"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"externalId": "Ext-" + t.Name()})
		t.CreateUserKeeping(map[string]any{"externalId": "Ext-" + t.Name()})
		t.Expect(find(t, "/Users", compare("externalId", "eq", user.Sent["externalId"].(string)))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.case-exact-value", Level: check.Must,
		Title: "externalId, which is case-exact, is compared with regard to case",
		Refs:  check.Refs(check.RFC7643("3.1", `This attribute has "caseExact" as "true" and a mutability of "readWrite".`), check.RFC7643("7", "The server SHALL use case sensitivity when evaluating filters.")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"externalId": "Ext-" + t.Name()})
		external := user.Sent["externalId"].(string)
		t.Require("the filter in the right case", find(t, "/Users", compare("externalId", "eq", external)), check.ContainResource(user.ID))
		t.Expect(find(t, "/Users", compare("externalId", "eq", strings.ToUpper(external)))).To(check.LackResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.ne", Level: check.Must,
		Title: "ne leaves out the users with the value and keeps the others",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs,
	}, func(t *check.T) {
		user, other := t.CreateUser(), t.CreateUser()
		expression := "(" + named(user, other) + ") and " + compare("userName", "ne", userName(user))
		t.Expect(find(t, "/Users", expression)).To(check.HoldExactly(other.ID))
	})
}

func filterStrings(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.co", Level: check.Must,
		Title: "co finds the users whose value contains the text",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs,
	}, func(t *check.T) {
		user, _ := t.CreateUser(), t.CreateUser()
		name := longName(t, user)
		t.Expect(find(t, "/Users", compare("userName", "co", name[2:len(name)-1]))).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.sw", Level: check.Must,
		Title: "sw finds the users whose value starts with the text",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs,
	}, func(t *check.T) {
		user, _ := t.CreateUser(), t.CreateUser()
		name := longName(t, user)
		t.Expect(find(t, "/Users", compare("userName", "sw", name[:len(name)-1]))).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", compare("userName", "sw", name[1:]))).To(check.LackResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.ew", Level: check.Must,
		Title: "ew finds the users whose value ends with the text",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs,
	}, func(t *check.T) {
		user, _ := t.CreateUser(), t.CreateUser()
		name := longName(t, user)
		t.Expect(find(t, "/Users", compare("userName", "ew", name[1:]))).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", compare("userName", "ew", name[:len(name)-1]))).To(check.LackResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.pr", Level: check.Must,
		Title: "pr finds the users who have a value and not those who have none",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching), check.RFC7644("3.4.2.2", "If the attribute has a non-empty or")),
		Needs: needs,
	}, func(t *check.T) {
		titled, plain := t.CreateUserKeeping(map[string]any{"title": "Analyst"}), t.CreateUser()
		t.Require("a user without a title", t.Reread(plain), check.LackJSON("/title"))
		t.Expect(find(t, "/Users", "("+named(titled, plain)+") and title pr")).To(check.HoldExactly(titled.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.pr-of-list", Level: check.Must,
		Title: "pr finds the users who have a value of a multi-valued attribute and not those with an empty array",
		Refs: check.Refs(check.RFC7644("3.4.2.2", "If the attribute has a non-empty or"),
			check.RFC7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`)),
		Needs: needs,
	}, func(t *check.T) {
		number := map[string]any{"value": "tel:+1-201-555-0123", "type": "work"}
		reachable := t.CreateUserKeeping(map[string]any{"phoneNumbers": []any{number}})
		empty := t.CreateUser(map[string]any{"phoneNumbers": []any{}})
		t.Require("a user without telephone numbers", t.Reread(empty), check.LackJSON("/phoneNumbers"))
		t.Expect(find(t, "/Users", named(reachable)+" and phoneNumbers pr")).To(check.HoldExactly(reachable.ID))
		t.Expect(find(t, "/Users", named(empty)+" and phoneNumbers pr")).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.order-of-text", Level: check.Must,
		Title: "gt, ge, lt and le compare text in lexicographical order",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "If the attribute value is greater than")),
		Needs: needs,
	}, func(t *check.T) {
		stem := t.Name()
		low := t.CreateUser(map[string]any{"userName": stem + "-a@" + t.Target().EmailDomain()})
		high := t.CreateUser(map[string]any{"userName": stem + "-b@" + t.Target().EmailDomain()})
		both := "(" + named(low, high) + ") and "
		t.Expect(find(t, "/Users", both+compare("userName", "gt", userName(low)))).To(check.HoldExactly(high.ID))
		t.Expect(find(t, "/Users", both+compare("userName", "ge", userName(low)))).To(check.HoldExactly(low.ID, high.ID))
		t.Expect(find(t, "/Users", both+compare("userName", "lt", userName(high)))).To(check.HoldExactly(low.ID))
		t.Expect(find(t, "/Users", both+compare("userName", "le", userName(high)))).To(check.HoldExactly(low.ID, high.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.all-operators-known", Level: check.Should,
		Title: "every operator of RFC 7644 is accepted for userName",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "The operators supported in the expression are listed in Table 3.")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		for _, operator := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"} {
			expression := named(user) + " and " + compare("userName", operator, userName(user))
			t.Expect(findPlain(t, "/Users", expression)).To(check.BeListResponse())
		}
		t.Expect(findPlain(t, "/Users", named(user)+" and userName pr")).To(check.BeListResponse())
	})
}

func filterTypes(s *check.Suite) {
	needs := check.Needs(target.Filter)
	s.It(check.Spec{
		ID: "scim.filter.boolean", Level: check.Must,
		Title: "a boolean attribute is compared with true and false",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		on, off := t.CreateUserKeeping(map[string]any{"active": true}), t.CreateUserKeeping(map[string]any{"active": false})
		both := "(" + named(on, off) + ") and "
		t.Expect(find(t, "/Users", both+"active eq true")).To(check.HoldExactly(on.ID))
		t.Expect(find(t, "/Users", both+"active eq false")).To(check.HoldExactly(off.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.boolean-has-no-order", Level: check.Must,
		Title: "gt, ge, lt and le on a boolean attribute are refused with invalidFilter",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteNoOrder)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"active": true})
		t.Control(find(t, "/Users", named(user)+" and active eq true"), check.BeOK())
		for _, operator := range []string{"gt", "ge", "lt", "le"} {
			t.Expect(findPlain(t, "/Users", named(user)+" and active "+operator+" true")).To(check.BeSCIMError(400, "invalidFilter"))
		}
	})
	s.It(check.Spec{
		ID: "scim.filter.time", Level: check.Must,
		Title: "timestamps are compared in chronological order",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "DateTime types, it is a chronological"), check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		user := t.CreateUser()
		and := named(user) + " and meta.lastModified "
		t.Expect(find(t, "/Users", and+`gt "2011-05-13T04:42:34Z"`)).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", and+`lt "2011-05-13T04:42:34Z"`)).To(check.HoldExactly())
		t.Expect(find(t, "/Users", and+`lt "2999-05-13T04:42:34Z"`)).To(check.HoldExactly(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.filter.time-zone", Level: check.Must,
		Title: "timestamps of different offsets are compared as moments",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "DateTime types, it is a chronological")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		created, err := instant(t.Reread(user).String("/meta/created"))
		t.Require("meta.created is a DateTime", err, check.Be(nil))
		later, earlier := offset(created, 1, 11), offset(created, -1, -11)
		and := named(user) + " and meta.created "
		t.Expect(find(t, "/Users", and+"lt "+literal(later))).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", and+"gt "+literal(earlier))).To(check.HoldExactly(user.ID))
		t.Expect(find(t, "/Users", and+"gt "+literal(later))).To(check.HoldExactly())
	})
	s.It(check.Spec{
		ID: "scim.filter.integer-answered", Level: check.Must,
		Title: "a number compared with an attribute is answered, with a list or a refusal",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", "Providers MUST decline to filter results if the specified filter operation is not recognized")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Require("a plain filter", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
		name := integerAttribute(t)
		t.Expect(t.Find("/Users", named(user)+" and "+name+" gt 5")).To(beAnswered())
	})
}

// integerAttribute is an attribute of the target's User schemas that holds an integer, else userName:
// comparing text with a number must not hurt either.
func integerAttribute(t *check.T) string {
	for _, definition := range check.Elements(t.Get("/Schemas/"+check.UserURN), "/attributes") {
		if strings.EqualFold(textAt(definition, "/type"), "integer") {
			return textAt(definition, "/name")
		}
	}
	return "userName"
}
