package scim

import (
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteSingleReplaced = "If the target location is a single-value attribute, the attributes value is replaced."
	quoteInOrder        = "Operations are applied sequentially in the order they appear in the array."
)

func patch(s *check.Suite) {
	s.Describe("patch", func() {
		patchBasics(s)
		patchWithoutPath(s)
		patchNotation(s)
		patchSequence(s)
	})
}

// before makes a user with a displayName that the target keeps, to be changed.
func before(t *check.T) check.Resource {
	return t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
}

func patchBasics(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.answer", Level: check.Must,
		Title: "PATCH is answered with 200 and the user, or with 204",
		Refs:  check.Refs(check.RFC7644("3.5.2", "On successful completion, the server either MUST return a 200 OK response code and the entire resource within the response body")),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		user := before(t)
		t.Expect(t.Patch(user.Path, opReplace("displayName", "After "+t.Name()))).To(check.AnswerSatisfies("the answer", "200 with the user, or 204", func(r *wire.Response) bool {
			return r.Status == 204 || r.Status == 200 && r.String("/id") == user.ID
		}))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-single", Level: check.Must,
		Title: "replace gives an attribute a new value",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteSingleReplaced)),
		Needs: needs, Hurts: check.Hurts("entra", "jumpcloud"),
	}, func(t *check.T) {
		user, after := before(t), "After "+t.Name()
		patchAccepted(t, user, opReplace("displayName", after))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-absent-adds", Level: check.Must,
		Title: "replace of an attribute without a value adds the value",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", `If the target location path specifies an attribute that does not exist, the service provider SHALL treat the operation as an "add".`)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"nickName": "Addie"})
		user := t.CreateUser()
		t.Require("a user without a nickName", t.Reread(user), check.LackJSON("/nickName"))
		patchAccepted(t, user, opReplace("nickName", "Addie"))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/nickName", "Addie"))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-single", Level: check.Must,
		Title: "add gives an attribute that has a value the new one",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the target location specifies a single-valued attribute, the existing value is replaced.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user, after := before(t), "After "+t.Name()
		patchAccepted(t, user, opAdd("displayName", after))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-absent", Level: check.Must,
		Title: "add gives an attribute without a value one",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "If the target location specifies an attribute that does not exist (has no value), the attribute is added with the new value.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		user := t.CreateUser()
		t.Require("a user without a title", t.Reread(user), check.LackJSON("/title"))
		patchAccepted(t, user, opAdd("title", "Analyst"))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/title", "Analyst"))
	})
	s.It(check.Spec{
		ID: "scim.patch.remove-single", Level: check.Must,
		Title: "remove takes the value of an attribute away",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", "If the target location is a single-value attribute, the attribute and its associated value is removed, and the attribute SHALL be considered unassigned.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		patchAccepted(t, user, opRemove("title"))
		t.Expect(t.Reread(user)).To(check.LackJSON("/title"))
	})
	s.It(check.Spec{
		ID: "scim.patch.deactivate", Level: check.Must,
		Title: "replace of active with false deactivates a user, and with true activates it again",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteSingleReplaced)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		user := activeUser(t)
		patchAccepted(t, user, opReplace("active", false))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/active", false))
		patchAccepted(t, user, opReplace("active", true))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/active", true))
	})
}

func patchWithoutPath(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.replace-without-path", Level: check.Must,
		Title: "replace without a path gives the attributes of its value new values and leaves the others",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", `If the "path" parameter is omitted, the target is assumed to be the resource itself.`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name(), "title": "Analyst"})
		after := "After " + t.Name()
		patchAccepted(t, user, opReplace("", map[string]any{"displayName": after}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/displayName", after))
		t.Expect(stored).To(check.HaveJSON("/title", "Analyst"))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-without-path", Level: check.Must,
		Title: "add without a path adds the attributes of its value",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", `The "value" parameter contains a set of attributes to be added to the resource.`)),
		Needs: needs,
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		user := before(t)
		patchAccepted(t, user, opAdd("", map[string]any{"title": "Analyst"}))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/title", "Analyst"))
		t.Expect(stored).To(check.HaveJSON("/displayName", user.Sent["displayName"]))
	})
	s.It(check.Spec{
		ID: "scim.patch.deactivate-without-path", Level: check.Must,
		Title: "replace without a path deactivates a user",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", `In this case, the "value" attribute SHALL contain a list of one or more attributes that are to be replaced.`)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		user := activeUser(t)
		patchAccepted(t, user, opReplace("", map[string]any{"active": false}))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/active", false))
	})
	s.It(check.Spec{
		ID: "scim.patch.value-names-any-case", Level: check.Must,
		Title: "attribute names in the value of an operation are recognised in any case",
		Refs:  check.Refs(check.RFC7643("2.1", `Attribute names are case insensitive and are often "camel-cased"`)),
		Needs: needs,
	}, func(t *check.T) {
		user, after := before(t), "After "+t.Name()
		patchAccepted(t, user, opReplace("", map[string]any{"DISPLAYNAME": after}))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
}

func patchNotation(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.path-any-case", Level: check.Must,
		Title: "a path is recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.5.2", "The attribute notation rules described in Section 3.10 apply for describing attribute paths."), check.RFC7644("3.10", quoteAllFacets)),
		Needs: needs,
	}, func(t *check.T) {
		user, after := before(t), "After "+t.Name()
		patchAccepted(t, user, opReplace("DisplayNAME", after))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.patch.path-with-urn", Level: check.Must,
		Title: "a path may carry the URN of the core schema",
		Refs:  check.Refs(check.RFC7644("3.5.2", "The attribute notation rules described in Section 3.10 apply for describing attribute paths."), check.RFC7644("3.10", "attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon")),
		Needs: needs,
	}, func(t *check.T) {
		user, after := before(t), "After "+t.Name()
		patchAccepted(t, user, opReplace(check.UserURN+":displayName", after))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.patch.extension", Level: check.Must,
		Title: "a path with the URN of an extension changes the attribute of the extension",
		Refs:  check.Refs(check.RFC7644("3.5.2", `Clients MAY implicitly modify the "schemas" attribute by adding (or replacing) an attribute with its fully qualified name, including schema URN.`)),
		Needs: check.Needs(target.Patch, target.Enterprise), Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := inDepartment(t, "Engines")
		patchAccepted(t, user, opReplace(target.EnterpriseURN+":department", "Tides"))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Tides"))
	})
	s.It(check.Spec{
		ID: "scim.patch.extension-joins-schemas", Level: check.Must,
		Title: "adding the first attribute of an extension adds the URN of the extension to schemas",
		Refs:  check.Refs(check.RFC7644("3.5.2", `automatically adds the value "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" to the resource's "schemas" attribute.`)),
		Needs: check.Needs(target.Patch, target.Enterprise),
	}, func(t *check.T) {
		inDepartment(t, "Engines")
		user := t.CreateUser()
		patchAccepted(t, user, opAdd(target.EnterpriseURN+":department", "Tides"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Tides"))
		t.Expect(stored).To(check.HaveSchema(target.EnterpriseURN))
	})
	s.It(check.Spec{
		ID: "scim.patch.extension-urn-any-case", Level: check.Must,
		Title: "the URN of an extension in a path is recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.10", quoteAllFacets)),
		Needs: check.Needs(target.Patch, target.Enterprise),
	}, func(t *check.T) {
		user := inDepartment(t, "Engines")
		patchAccepted(t, user, opReplace(upperURN(target.EnterpriseURN)+":department", "Tides"))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Tides"))
	})
	s.It(check.Spec{
		ID: "scim.patch.path-is-extension", Level: check.May,
		Title: "a path may be the URN of an extension, for all of its attributes",
		Refs:  check.Refs(check.RFC7643("3.3", "Except for the base object schema, the schema extension URI SHALL be used as a JSON container to distinguish attributes belonging to the extension namespace from base schema attributes.")),
		Needs: check.Needs(target.Patch, target.Enterprise),
	}, func(t *check.T) {
		user := inDepartment(t, "Engines")
		patchAccepted(t, user, opReplace(target.EnterpriseURN, map[string]any{"department": "Tides"}))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Tides"))
	})
}

func patchSequence(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.in-order", Level: check.Must,
		Title: "operations are applied in their order",
		Refs:  check.Refs(check.RFC7644("3.5.2", quoteInOrder)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user, last := before(t), "Last "+t.Name()
		patchAccepted(t, user, opReplace("displayName", "First "+t.Name()), opReplace("displayName", last))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", last))
	})
	s.It(check.Spec{
		ID: "scim.patch.all-operations", Level: check.Must,
		Title: "every operation of a request is applied",
		Refs:  check.Refs(check.RFC7644("3.5.2", "Evaluation continues until all operations are successfully applied or until an error condition is encountered.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name(), "title": "Analyst"})
		after := "After " + t.Name()
		patchAccepted(t, user, opReplace("displayName", after), opReplace("title", "Countess"))
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/displayName", after))
		t.Expect(stored).To(check.HaveJSON("/title", "Countess"))
	})
	s.It(check.Spec{
		ID: "scim.patch.all-or-nothing", Level: check.Must,
		Title: "a request with one operation that fails changes nothing",
		Refs:  check.Refs(check.RFC7644("3.5.2", "If a single operation encounters an error condition, the original SCIM resource MUST be restored, and a failure status SHALL be returned.")),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", user.Sent["displayName"])), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("displayName", "After "+t.Name()), opRemove(""))).To(check.BeRefused())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", user.Sent["displayName"]))
	})
	s.It(check.Spec{
		ID: "scim.patch.last-modified-moves", Level: check.Must,
		Title: "meta.lastModified moves when a PATCH changes a user",
		Refs:  check.Refs(check.RFC7643("3.1", "The most recent DateTime that the details of this resource were updated at the service provider.")),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		user := before(t)
		stamp := t.Reread(user).String("/meta/lastModified")
		t.Require("meta.lastModified", stamp, check.BeNonEmptyString())
		tick(t, stamp)
		patchAccepted(t, user, opReplace("displayName", "After "+t.Name()))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/meta/lastModified", beAfter(stamp)))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-existing-is-no-change", Level: check.Must,
		Title: "adding a value that is there already leaves meta.lastModified alone",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", "Unless other operations change the resource, this operation SHALL NOT change the modify timestamp of the resource.")),
		Needs: needs,
	}, func(t *check.T) {
		address := email(t.Email(), "work")
		user := t.CreateUserKeeping(map[string]any{"emails": []any{address}})
		t.Require("adding a value that is not there", t.Patch(user.Path, opAdd("emails", []any{email(t.Email(), "home")})), check.BeOK())
		t.Require("the first value", t.Reread(user), check.HaveElement("/emails", address))
		stamp := t.Reread(user).String("/meta/lastModified")
		t.Require("meta.lastModified", stamp, check.BeNonEmptyString())
		tick(t, stamp)
		t.Patch(user.Path, opAdd("emails", []any{address}))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/meta/lastModified", stamp))
	})
}
