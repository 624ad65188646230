package scim

import (
	"assay/suites/check"
	"assay/suites/target"
)

const (
	quoteNoTarget       = `If "path" is unspecified, the operation fails with HTTP status code 400 and a "scimType" error code of "noTarget".`
	quoteIncompatible   = "An operation that is not compatible with an attribute's mutability or schema SHALL return the appropriate HTTP response status code and a JSON detail error response as defined in Section 3.12."
	quoteRequiredGone   = `If an attribute is removed or becomes unassigned and is defined as a required attribute or a read-only attribute, the server SHALL return an HTTP response status code and a JSON detail error response as defined in Section 3.12, with a "scimType" error code of "mutability".`
	quoteRecordNotFound = `no record match was made, the service provider SHALL indicate failure by returning HTTP status code 400 and a "scimType" error code of "noTarget".`
)

func patchRefused(s *check.Suite) {
	s.Describe("patch: refusals", func() {
		patchMutability(s)
		patchTargets(s)
		patchForm(s)
	})
}

func patchMutability(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.id-refused", Level: check.Must,
		Title: "an operation that gives a user another id is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", `For example, a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable".`), check.RFC7644("3.5.2", quoteIncompatible)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("id", t.Name()))).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.patch.user-groups-refused", Level: check.Must,
		Title: "an operation on groups of a user, which are readOnly, is refused",
		Refs:  check.Refs(check.RFC7643("4.1.2", `This attribute has a mutability of "readOnly".`), check.RFC7644("3.5.2", quoteIncompatible)),
		Needs: check.Needs(target.Patch, target.Groups),
	}, func(t *check.T) {
		user, group := before(t), t.CreateGroup()
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, opAdd("groups", []any{map[string]any{"value": group.ID}}))).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.patch.read-only-is-mutability", Level: check.Should,
		Title: "the refusal to change a readOnly attribute has status 400 and the scimType mutability",
		Refs:  check.Refs(check.RFC7644("3.12", "The attempted modification is")),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("id", t.Name()))).To(check.BeSCIMError(400, "mutability"))
	})
	s.It(check.Spec{
		ID: "scim.patch.required-not-removed", Level: check.Must,
		Title: "removing userName, which is required, is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", quoteRequiredGone)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		t.Control(t.Patch(user.Path, opRemove("title")), check.BeOK())
		t.Expect(t.Patch(user.Path, opRemove("userName"))).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.patch.required-is-mutability", Level: check.Must,
		Title: "the refusal to remove userName has the scimType mutability",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", quoteRequiredGone)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		t.Control(t.Patch(user.Path, opRemove("title")), check.BeOK())
		res := t.Patch(user.Path, opRemove("userName"))
		t.Require("removing userName is refused", res, check.BeRefused())
		t.Expect(res).To(check.HaveJSON("/scimType", "mutability"))
	})
	s.It(check.Spec{
		ID: "scim.patch.takes-no-taken-username", Level: check.Must,
		Title: "PATCH cannot give a user the userName of another",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteUnique)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		owner, other := t.CreateUser(), before(t)
		t.Require("a PATCH", t.Patch(other.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Patch(other.Path, opReplace("userName", userName(owner)))
		t.Expect(t.Reread(other)).To(check.HaveJSON("/userName", beOtherName(userName(owner))))
	})
}

func patchTargets(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.remove-without-path", Level: check.Must,
		Title: "remove without a path is refused with noTarget",
		Refs:  check.Refs(check.RFC7644("3.5.2.2", quoteNoTarget)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"title": "Analyst"})
		t.Control(t.Patch(user.Path, opRemove("title")), check.BeOK())
		t.Expect(t.Patch(user.Path, opRemove(""))).To(check.BeSCIMError(400, "noTarget"))
	})
	s.It(check.Spec{
		ID: "scim.patch.replace-without-match", Level: check.Must,
		Title: "replace of selected values of which there are none is refused with noTarget",
		Refs:  check.Refs(check.RFC7644("3.5.2.3", quoteRecordNotFound)),
		Needs: needs,
	}, func(t *check.T) {
		user, _, _ := twoAddresses(t)
		t.Control(t.Patch(user.Path, opReplace("emails["+compare("type", "eq", "home")+"].value", t.Email())), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("emails["+compare("type", "eq", "other")+"].value", t.Email()))).To(check.BeSCIMError(400, "noTarget"))
	})
	s.It(check.Spec{
		ID: "scim.patch.unknown-attribute-refused", Level: check.Must,
		Title: "an operation on an attribute that does not exist is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", quoteIncompatible)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("assayNoSuchAttribute", "x"))).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.patch.malformed-path-refused", Level: check.Must,
		Title: "a path that does not follow the grammar is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", `The "path" attribute is described by the following ABNF syntax rule:`), check.RFC7644("3.5.2", quotePathGrammar)),
		Needs: needs,
	}, func(t *check.T) {
		user, _, _ := twoAddresses(t)
		t.Control(t.Patch(user.Path, opReplace("emails["+compare("type", "eq", "home")+"].value", t.Email())), check.BeOK())
		for _, path := range []string{`emails[type eq "home"`, `emails[type eq].value`, `emails[0].value`} {
			t.ExpectThat("the path "+path, t.Patch(user.Path, opReplace(path, t.Email()))).To(check.BeRefused())
		}
	})
	s.It(check.Spec{
		ID: "scim.patch.malformed-path-is-400", Level: check.Should,
		Title: "a path that does not follow the grammar is refused with 400 and invalidPath or invalidFilter",
		Refs:  check.Refs(check.RFC7644("3.12", `The "path" attribute was`)),
		Needs: needs,
	}, func(t *check.T) {
		user, _, _ := twoAddresses(t)
		t.Control(t.Patch(user.Path, opReplace("emails["+compare("type", "eq", "home")+"].value", t.Email())), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace(`emails[type eq "home"`, t.Email()))).To(check.BeSCIMError(400, "invalidPath", "invalidFilter"))
	})
	s.It(check.Spec{
		ID: "scim.patch.wrong-type-refused", Level: check.Must,
		Title: "an operation with a value of the wrong JSON type is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", quoteIncompatible)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"name": map[string]any{"givenName": "Ada", "familyName": "Byron"}})
		t.Control(t.Patch(user.Path, opReplace("name.familyName", "King")), check.BeOK())
		t.Expect(t.Patch(user.Path, opReplace("name.familyName", map[string]any{"value": "King"}))).To(check.BeRefused())
	})
}

func patchForm(s *check.Suite) {
	needs := check.Needs(target.Patch)
	s.It(check.Spec{
		ID: "scim.patch.unsupported-is-501", Level: check.Should,
		Title: "a target that does not support PATCH answers 501",
		Refs:  check.Refs(check.RFC7644("3.12", "support the request operation,")),
	}, func(t *check.T) {
		supported, said := t.Get("/ServiceProviderConfig").At("/patch/supported")
		if !said || supported != false {
			t.NotApplicable("the target does not say that it lacks PATCH")
		}
		user := t.CreateUser()
		t.Control(t.Get(user.Path), check.BeResource(user.ID))
		t.Expect(t.Patch(user.Path, opReplace("displayName", "After "+t.Name()))).To(check.BeSCIMError(501))
	})
	s.It(check.Spec{
		ID: "scim.patch.unknown-operation-refused", Level: check.Must,
		Title: "an operation other than add, remove and replace is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", `whose value indicates the operation to perform and MAY be one of "add", "remove", or "replace".`), check.RFC7644("3.5.2", `SCIM servers do not support array indexing and do not support [RFC6902] operation types relating to array element manipulation, such as "move".`)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, check.Op{Op: "move", Path: "displayName", Value: "x"})).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.patch.no-operations-refused", Level: check.Should,
		Title: "a PATCH without operations is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.5.2", `The body of an HTTP PATCH request MUST contain the attribute "Operations", whose value is an array of one or more PATCH operations.`)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opReplace("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.PatchBody(user.Path, map[string]any{"schemas": []any{check.PatchURN}})).To(check.BeSCIMError(400))
		t.Expect(t.PatchBody(user.Path, map[string]any{"schemas": []any{check.PatchURN}, "Operations": []any{}})).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.patch.no-schemas-refused", Level: check.Should,
		Title: "a PATCH without the PatchOp schema is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.5.2", `The body of each request MUST contain the "schemas" attribute with the URI value of "urn:ietf:params:scim:api:messages:2.0:PatchOp".`)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		ops := []any{opReplace("displayName", "After "+t.Name())}
		t.Control(t.PatchBody(user.Path, map[string]any{"schemas": []any{check.PatchURN}, "Operations": ops}), check.BeOK())
		t.Expect(t.PatchBody(user.Path, map[string]any{"Operations": ops})).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.patch.add-without-value-refused", Level: check.Should,
		Title: "add without a value is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.5.2.1", `The operation MUST contain a "value" member whose content specifies the value to be added.`)),
		Needs: needs,
	}, func(t *check.T) {
		user := before(t)
		t.Control(t.Patch(user.Path, opAdd("displayName", "After "+t.Name())), check.BeOK())
		t.Expect(t.Patch(user.Path, opAdd("displayName", nil))).To(check.BeSCIMError(400))
	})
}
