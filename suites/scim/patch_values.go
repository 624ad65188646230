package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteMatchingReplaced = `If the target location is a multi-valued attribute and a value selection ("valuePath") filter is specified that matches one or more values of the multi-valued attribute, then all matching record values SHALL be replaced.`
	quoteMatchingRemoved  = "If the target location is a complex multi-valued attribute and a complex filter is specified based on the attribute's sub-attributes, the matching records are removed."
	quoteMatchingPart     = `If the target location is a complex multi-valued attribute with a value selection filter ("valuePath") and a specific sub-attribute (e.g., "addresses[type eq "work"].streetAddress"), the matching sub-attribute of all matching records is replaced.`
	quotePrimary          = `a PATCH operation that sets a value's "primary" sub-attribute to "true" SHALL cause the server to automatically set "primary" to "false" for any other values in the array.`
	quotePathGrammar      = "PATH = attrPath / valuePath [subAttr]"
)

func patchValues(s *check.Suite) {
	s.Describe("patch: values", func() {
		patchComplex(s)
		patchLists(s)
		patchSelected(s)
		patchUnassigned(s)
		patchPrimary(s)
	})
}

// twoAddresses makes a user with a work and a home address that the target keeps.
func twoAddresses(t *check.T) (user check.Resource, work, home map[string]any) {
	work, home = email(t.Email(), "work"), email(t.Email(), "home")
	return t.CreateUserKeeping(map[string]any{"emails": []any{work, home}}), work, home
}

func patchComplex(s *check.Suite) {
	needs := check.Needs(target.Patch)
	named := map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": "Byron"}}
	s.It(check.Spec{
		ID: "scim.patch.replace-sub-attribute", Level: check.Must,
		Title: "replace of a sub-attribute leaves the other sub-attributes alone",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteSingleReplaced), check.RFC7644("3.5.2", quotePathGrammar)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(named)
		patchAccepted(t, user, opReplace("name.familyName", "King"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/name/familyName", "King"))
		t.Expect(stored).To(check.HaveJSON("/name/givenName", "Ada"))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-complex-merges", Level: check.Must,
		Title: "replace of a complex attribute leaves the sub-attributes alone that its value does not name",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", `Sub-attributes that are not specified in the "value" parameter are left unchanged.`)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(named)
		patchAccepted(t, user, opReplace("name", map[string]any{"familyName": "King"}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/name/familyName", "King"))
		t.Expect(stored).To(check.HaveJSON("/name/givenName", "Ada"))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-complex-merges", Level: check.Must,
		Title: "add to a complex attribute adds the sub-attributes of its value",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", `If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value" parameter.`)),
		Needs: needs,
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": "Byron", "middleName": "Augusta"}})
		user := t.CreateUserKeeping(named)
		patchAccepted(t, user, opAdd("name", map[string]any{"middleName": "Augusta"}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/name/middleName", "Augusta"))
		t.Expect(stored).To(check.HaveJSON("/name/givenName", "Ada"))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-sub-attribute", Level: check.Must,
		Title: "remove of a sub-attribute leaves the other sub-attributes alone",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If the target location is a single-value attribute, the attribute and its associated value is removed, and the attribute SHALL be considered unassigned.")),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": "Byron", "middleName": "Augusta"}})
		patchAccepted(t, user, opRemove("name.middleName"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.LackJSON("/name/middleName"))
		t.Expect(stored).To(check.HaveJSON("/name/givenName", "Ada"))
	})
}

func patchLists(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.add-value", Level: check.Must,
		Title: "add to a multi-valued attribute keeps the values that are there",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the target location specifies a multi-valued attribute, a new value is added to the attribute.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		twoAddresses(t)
		work, home := email(t.Email(), "work"), email(t.Email(), "home")
		user := t.CreateUserKeeping(map[string]any{"emails": []any{work}})
		patchAccepted(t, user, opAdd("emails", []any{home}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", home))
		t.Expect(stored).To(check.HaveElement("/emails", work))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-value-without-path", Level: check.Must,
		Title: "add without a path adds to a multi-valued attribute",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", `In the above example, an additional value is added to the multi-valued attribute "emails".`)),
		Needs: needs,
	}, func(t *check.T) {
		twoAddresses(t)
		work, home := email(t.Email(), "work"), email(t.Email(), "home")
		user := t.CreateUserKeeping(map[string]any{"emails": []any{work}})
		patchAccepted(t, user, opAdd("", map[string]any{"emails": []any{home}}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", home))
		t.Expect(stored).To(check.HaveElement("/emails", work))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-list", Level: check.Must,
		Title: "replace of a multi-valued attribute takes the old values away",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", "If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are replaced.")),
		Needs: needs,
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		other := email(t.Email(), "work")
		patchAccepted(t, user, opReplace("emails", []any{other}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", other))
		t.Expect(stored).To(check.LackElement("/emails", work))
		t.Expect(stored).To(check.LackElement("/emails", home))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-list", Level: check.Must,
		Title: "remove of a multi-valued attribute takes all values away",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If the target location is a multi-valued attribute and no filter is specified, the attribute and all values are removed, and the attribute SHALL be considered unassigned.")),
		Needs: needs,
	}, func(t *check.T) {
		phone := map[string]any{"value": "tel:+1-201-555-0123", "type": "work"}
		user := t.CreateUserKeeping(map[string]any{"phoneNumbers": []any{phone}})
		patchAccepted(t, user, opRemove("phoneNumbers"))
		t.Expect(t.Reread(user)).To(check.LackJSON("/phoneNumbers"))
	})
}

func patchSelected(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.replace-selected-part", Level: check.Must,
		Title: "replace of a sub-attribute of selected values changes these values only",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteMatchingPart)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		other := t.Email()
		patchAccepted(t, user, opReplace("emails["+compare("type", "eq", "work")+"].value", other))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", email(other, "work")))
		t.Expect(stored).To(check.HaveElement("/emails", home))
		t.Expect(stored).To(check.LackElement("/emails", work))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-selected", Level: check.Must,
		Title: "replace of selected values changes these values only",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteMatchingReplaced)),
		Needs: needs,
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		other := email(t.Email(), "work")
		patchAccepted(t, user, opReplace("emails["+compare("type", "eq", "work")+"]", other))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", other))
		t.Expect(stored).To(check.HaveElement("/emails", home))
		t.Expect(stored).To(check.LackElement("/emails", work))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-selected", Level: check.Must,
		Title: "remove of selected values leaves the others",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", quoteMatchingRemoved)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		patchAccepted(t, user, opRemove("emails["+compare("type", "eq", "home")+"]"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", work))
		t.Expect(stored).To(check.LackElement("/emails", home))
	})
	s.It(check.Spec{
		ID: "scim.patch.select-by-two-terms", Level: check.Must,
		Title: "a path selects values by two terms that hold for the same value",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", `"path":"emails[type eq \"work\" and value ew \"example.com\"]"`), check.RFC7644("3.5.2", quotePathGrammar)),
		Needs: needs,
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		path := "emails[" + compare("type", "eq", "home") + " and " + compare("value", "eq", home["value"].(string)) + "]"
		patchAccepted(t, user, opRemove(path))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", work))
		t.Expect(stored).To(check.LackElement("/emails", home))
	})
	s.It(check.Spec{
		ID: "scim.patch.select-by-three-terms", Level: check.Must,
		Title: "a path selects values by three terms",
		Refs:  check.Refs(check.RFC7644("3.5.2", quotePathGrammar), check.RFC7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)),
		Needs: needs,
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		path := "emails[" + compare("type", "eq", "home") + " and " + compare("value", "eq", home["value"].(string)) + " and " + compare("value", "co", "@") + "]"
		patchAccepted(t, user, opRemove(path))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", work))
		t.Expect(stored).To(check.LackElement("/emails", home))
	})
	s.It(check.Spec{
		ID: "scim.patch.select-grouped", Level: check.Must,
		Title: "a path selects values by an expression with parentheses and not",
		Refs:  check.Refs(check.RFC7644("3.5.2", quotePathGrammar), check.RFC7644("3.4.2.2", `valFilter = attrExp / logExp / *1"not" "(" valFilter ")"`)),
		Needs: needs,
	}, func(t *check.T) {
		user, work, home := twoAddresses(t)
		path := "emails[not (" + compare("type", "eq", "work") + ") and (" + compare("value", "eq", home["value"].(string)) + " or " + compare("type", "eq", "other") + ")]"
		patchAccepted(t, user, opRemove(path))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", work))
		t.Expect(stored).To(check.LackElement("/emails", home))
	})
}

func patchUnassigned(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.null-unassigns", Level: check.Must,
		Title: "replace with null takes the value of an attribute away",
		Refs: check.Refs(check.RFC7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`),
			check.RFC7644("3.5.2.3", quoteSingleReplaced)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		res := t.PatchBody(user.Path, map[string]any{
			"schemas": []any{check.PatchURN}, "Operations": []any{map[string]any{"op": "replace", "path": "title", "value": nil}},
		})
		t.ExpectThat("PATCH "+user.Path, res).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.LackJSON("/title"))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-selected-part", Level: check.Must,
		Title: "remove of a sub-attribute of selected values leaves the rest of them and the others alone",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "Sub-attributes whose values have been removed SHALL be considered unassigned."), check.RFC7644("3.5.2", quotePathGrammar)),
		Needs: needs,
	}, func(t *check.T) {
		home, labelled := email(t.Email(), "home"), email(t.Email(), "work")
		labelled["display"] = "Ada"
		user := t.CreateUserKeeping(map[string]any{"emails": []any{home, labelled}})
		patchAccepted(t, user, opRemove("emails["+compare("type", "eq", "work")+"].display"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", home))
		t.Expect(stored).To(check.HaveElement("/emails", email(labelled["value"].(string), "work")))
		t.Expect(stored).To(check.LackElement("/emails", labelled))
	})
}

func patchPrimary(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.one-primary", Level: check.Must,
		Title: "making one value the primary one ends that of the other values",
		Refs:  check.Refs(check.RFC7644("3.5.2", quotePrimary)),
		Needs: needs,
	}, func(t *check.T) {
		user, home := primaryAtWork(t)
		patchAccepted(t, user, opReplace("emails["+compare("type", "eq", "home")+"].primary", true))
		expectOnePrimary(t, t.Reread(user), home)
	})
	s.It(check.Spec{
		ID: "scim.patch.one-primary-after-add", Level: check.Must,
		Title: "adding a primary value ends that of the other values",
		Refs:  check.Refs(check.RFC7644("3.5.2", quotePrimary)),
		Needs: needs,
	}, func(t *check.T) {
		primaryAtWork(t)
		work, home := email(t.Email(), "work"), email(t.Email(), "home")
		user := t.CreateUserKeeping(map[string]any{"emails": []any{primary(work)}})
		patchAccepted(t, user, opAdd("emails", []any{primary(home)}))
		expectOnePrimary(t, t.Reread(user), home)
	})
}

// primaryAtWork makes a user whose work address is the primary one of two.
func primaryAtWork(t *check.T) (user check.Resource, home map[string]any) {
	home = email(t.Email(), "home")
	return t.CreateUserKeeping(map[string]any{"emails": []any{primary(email(t.Email(), "work")), home}}), home
}

func expectOnePrimary(t *check.T, stored *wire.Response, wanted map[string]any) {
	t.Expect(stored).To(check.HaveElement("/emails", primary(wanted)))
	t.ExpectThat("primary addresses", primaries(stored)).To(check.Be(1))
}
