package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteRequested = `When specified, the default list of attributes SHALL be overridden, and each resource returned MUST contain the minimum set of resource attributes and any attributes or sub-attributes explicitly requested by the "attributes" parameter.`
	quoteExcluded  = `Additionally, the default set of attributes minus those attributes listed in "excludedAttributes" is returned.`
	quoteMinimum   = `This parameter SHALL have no effect on attributes whose schema "returned" setting is "always"`
	quoteAnyOp     = `Clients MAY request a partial resource representation on any operation that returns a resource within the response`
	quoteAllFacets = "All facets (URN, attribute, and sub-attribute name) of the fully encoded attribute name are case insensitive."
)

func projection(s *check.Suite) {
	s.Describe("projection", func() {
		projectionOfOne(s)
		projectionNotation(s)
		projectionElsewhere(s)
	})
}

// projected makes a user with a displayName and a name that the target returns by default.
func projected(t *check.T) check.Resource {
	returnedByDefault(t, check.UserURN, "displayName")
	returnedByDefault(t, check.UserURN, "name")
	return t.CreateUserKeeping(map[string]any{
		"displayName": "Ada " + t.Name(),
		"name":        map[string]any{"givenName": "Ada", "familyName": "Byron"},
	})
}

func only(names ...string) wire.Option { return wire.Query("attributes", strings.Join(names, ",")) }

func without(names ...string) wire.Option {
	return wire.Query("excludedAttributes", strings.Join(names, ","))
}

func projectionOfOne(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.projection.attributes", Level: check.Must,
		Title: "attributes selects what is returned of a user",
		Refs:  check.Refs(check.RFC7644("3.9", quoteRequested)),
		Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, only("userName"))
		t.Expect(res).To(check.HaveJSON("/userName", userName(user)))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.id-always", Level: check.Must,
		Title: "the id is returned whatever attributes asks for",
		Refs:  check.Refs(check.RFC7644("3.9", quoteRequested), check.RFC7643("7", `For example, "id" is always returned to identify a SCIM resource.`)),
		Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Get(user.Path, only("userName"))).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.projection.excluded", Level: check.Must,
		Title: "excludedAttributes leaves an attribute out and keeps the others",
		Refs:  check.Refs(check.RFC7644("3.9", quoteExcluded)),
		Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, without("displayName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/name/givenName", "Ada"))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.id-not-excludable", Level: check.Must,
		Title: "excludedAttributes cannot leave out the id",
		Refs:  check.Refs(check.RFC7644("3.4.2.5", quoteMinimum)),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Get(user.Path, without("id"))).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.projection.sub-attribute", Level: check.Must,
		Title: "attributes can ask for one sub-attribute",
		Refs:  check.Refs(check.RFC7644("3.9", quoteRequested)),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, only("name.givenName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/name/givenName", "Ada"))
		t.Expect(res).To(check.LackJSON("/name/familyName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.excluded-sub-attribute", Level: check.Must,
		Title: "excludedAttributes can leave out one sub-attribute",
		Refs:  check.Refs(check.RFC7644("3.9", quoteExcluded)),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, without("name.familyName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/name/givenName", "Ada"))
		t.Expect(res).To(check.LackJSON("/name/familyName"))
	})
}

func projectionNotation(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.projection.several", Level: check.Must,
		Title: "attributes can ask for several attributes",
		Refs:  check.Refs(check.RFC7644("3.9", "The query parameter attributes value is a comma-separated list of resource attribute names in standard attribute notation (Section 3.10) form (e.g., userName, name, emails).")),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, only("userName", "name"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/userName", userName(user)))
		t.Expect(res).To(check.HaveJSON("/name/familyName", "Byron"))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.names-any-case", Level: check.Must,
		Title: "names in attributes are recognised in any case",
		Refs:  check.Refs(check.RFC7644("3.10", quoteAllFacets)),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, only("DISPLAYNAME"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/displayName", user.Sent["displayName"]))
		t.Expect(res).To(check.LackJSON("/name"))
	})
	s.It(check.Spec{
		ID: "scim.projection.urn-prefix", Level: check.Must,
		Title: "names in attributes may carry the URN of the schema",
		Refs:  check.Refs(check.RFC7644("3.10", "attributes are uniquely identified by prefixing the attribute name with its schema URN separated by a colon")),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Get(user.Path, only(check.UserURN+":displayName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/displayName", user.Sent["displayName"]))
		t.Expect(res).To(check.LackJSON("/name"))
	})
	s.It(check.Spec{
		ID: "scim.projection.extension", Level: check.Must,
		Title: "attributes can ask for an attribute of an extension",
		Refs:  check.Refs(check.RFC7644("3.9", quoteRequested)),
		Needs: check.Needs(target.Enterprise),
	}, func(t *check.T) {
		returnedByDefault(t, check.UserURN, "displayName")
		user := inDepartment(t, "Engines")
		res := t.Get(user.Path, only(target.EnterpriseURN+":department"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Engines"))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
}

func projectionElsewhere(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.projection.excluded-extension", Level: check.Must,
		Title: "excludedAttributes can leave out an attribute of an extension",
		Refs:  check.Refs(check.RFC7644("3.9", quoteExcluded)),
		Needs: check.Needs(target.Enterprise),
	}, func(t *check.T) {
		returnedByDefault(t, target.EnterpriseURN, "department")
		user := inDepartment(t, "Engines")
		res := t.Get(user.Path, without(target.EnterpriseURN+":department"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.LackJSON("/" + target.EnterpriseURN + "/department"))
	})
	s.It(check.Spec{
		ID: "scim.projection.list-attributes", Level: check.Must,
		Title: "attributes selects what is returned of the users in a list",
		Refs:  check.Refs(check.RFC7644("3.9", quoteRequested), check.RFC7644("3.4.2.5", "which MUST be supported by SCIM service providers")),
		Needs: check.Needs(target.Filter), Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := projected(t)
		res := findPlain(t, "/Users", named(user), only("userName"))
		t.Expect(res).To(check.HoldExactly(user.ID))
		t.Expect(res).To(check.HaveJSON("/Resources/0/userName", userName(user)))
		t.Expect(res).To(check.LackJSON("/Resources/0/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.list-excluded", Level: check.Must,
		Title: "excludedAttributes leaves an attribute out of the users in a list",
		Refs:  check.Refs(check.RFC7644("3.9", quoteExcluded), check.RFC7644("3.4.2.5", "which MUST be supported by SCIM service providers")),
		Needs: check.Needs(target.Filter), Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		user := projected(t)
		res := findPlain(t, "/Users", named(user), without("displayName"))
		t.Expect(res).To(check.HoldExactly(user.ID))
		t.Expect(res).To(check.HaveJSON("/Resources/0/name/givenName", "Ada"))
		t.Expect(res).To(check.LackJSON("/Resources/0/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.create", Level: check.Must,
		Title: "attributes selects what the answer to a create holds",
		Refs:  check.Refs(check.RFC7644("3.9", quoteAnyOp), check.RFC7644("3.9", quoteRequested)),
	}, func(t *check.T) {
		projected(t)
		res := t.Post("/Users", t.User(map[string]any{"displayName": "Ada " + t.Name()}), only("userName"))
		t.Expect(res).To(check.BeOK())
		if len(res.Body) == 0 {
			t.NotApplicable("the target answers a create without the user")
		}
		t.Expect(res).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(res).To(check.HaveJSON("/userName", check.BeNonEmptyString()))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.replace", Level: check.Must,
		Title: "attributes selects what the answer to a PUT holds",
		Refs:  check.Refs(check.RFC7644("3.9", quoteAnyOp), check.RFC7644("3.9", quoteRequested)),
	}, func(t *check.T) {
		user := projected(t)
		res := t.Put(user.Path, body(user, nil), only("userName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/userName", userName(user)))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.patch", Level: check.Must,
		Title: "a PATCH with attributes is answered with 200 and what was asked for",
		Refs:  check.Refs(check.RFC7644("3.5.2", `The server MUST return a 200 OK if the "attributes" parameter is specified in the request.`)),
		Needs: check.Needs(target.Patch),
	}, func(t *check.T) {
		user := projected(t)
		res := t.PatchBody(user.Path, map[string]any{
			"schemas": []any{check.PatchURN}, "Operations": []any{opReplace("displayName", "After "+t.Name())},
		}, only("userName"))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveJSON("/userName", userName(user)))
		t.Expect(res).To(check.LackJSON("/displayName"))
	})
	s.It(check.Spec{
		ID: "scim.projection.group-members", Level: check.Must,
		Title: "excludedAttributes leaves out the members of a group",
		Refs:  check.Refs(check.RFC7644("3.9", quoteExcluded)),
		Needs: check.Needs(target.Groups), Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		returnedByDefault(t, check.GroupURN, "members")
		group := withMembers(t, t.CreateUser())
		res := t.Get(group.Path, without("members"))
		t.Expect(res).To(check.BeResource(group.ID))
		t.Expect(res).To(check.LackJSON("/members"))
	})
}
