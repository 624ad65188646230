package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

func groups(s *check.Suite) {
	s.Describe("groups", func() {
		groupLife(s)
		groupReads(s)
	})
}

func groupLife(s *check.Suite) {
	needs := check.Needs(target.Groups)
	s.It(check.Spec{
		ID: "scim.groups.create", Level: check.Must,
		Title: "a group can be created, which is answered with 201",
		Refs:  check.Refs(check.RFC7644("3.3", quoteCreated)),
		Needs: needs, Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		res := t.Post("/Groups", t.Group())
		t.Expect(res).To(check.HaveStatus(201))
		t.Require("another group has another id", res.String("/id"), beDifferentFrom(t.CreateGroup().ID))
	})
	s.It(check.Spec{
		ID: "scim.groups.create-location-header", Level: check.Must,
		Title: "the answer to the create of a group has a Location header",
		Refs:  check.Refs(check.RFC7644("3.3", quoteLocation)),
		Needs: needs,
	}, func(t *check.T) {
		t.Expect(t.CreateGroup().Created).To(check.HaveHeader("Location", ""))
	})
	s.It(check.Spec{
		ID: "scim.groups.read", Level: check.Must,
		Title: "a group can be read by its id",
		Refs:  check.Refs(check.RFC7644("3.4.1", quoteFound)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		first, second := t.CreateGroup(), t.CreateGroup()
		t.Expect(t.Get(first.Path)).To(check.BeResource(first.ID))
		t.Expect(t.Get(second.Path)).To(check.BeResource(second.ID))
	})
	s.It(check.Spec{
		ID: "scim.groups.meta-resource-type", Level: check.Must,
		Title: "meta.resourceType of a group is Group",
		Refs:  check.Refs(check.RFC7644("3.3.1", `For example, a POST to the endpoint "/Users" will set "resourceType" to "User", and "/Groups" will set "resourceType" to "Group".`)),
		Needs: needs,
	}, func(t *check.T) {
		t.Expect(t.Reread(t.CreateGroup())).To(check.HaveJSON("/meta/resourceType", "Group"))
	})
	s.It(check.Spec{
		ID: "scim.groups.schemas-name-the-base", Level: check.Must,
		Title: "schemas of a group holds the core Group schema",
		Refs:  check.Refs(check.RFC7643("3.3", `The "schemas" attribute MUST contain at least one value, which SHALL be the base schema for the resource.`)),
		Needs: needs,
	}, func(t *check.T) {
		t.Expect(t.Reread(t.CreateGroup())).To(check.HaveSchema(check.GroupURN))
	})
	s.It(check.Spec{
		ID: "scim.groups.replace-is-kept", Level: check.Must,
		Title: "PUT replaces the displayName of a group",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteReplaced)),
		Needs: needs, Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		group := t.CreateGroupKeeping(map[string]any{"displayName": t.Name()})
		after := t.Name()
		t.Expect(t.Put(group.Path, body(group, map[string]any{"displayName": after}))).To(check.BeOK())
		t.Expect(t.Reread(group)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.groups.delete", Level: check.Must,
		Title: "deleting a group is answered with 204",
		Refs:  check.Refs(check.RFC7644("3.6", "In response to a successful DELETE, the server SHALL return a successful HTTP status code 204 (No Content).")),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		t.Expect(deleted(t, t.CreateGroup())).To(check.HaveStatus(204))
	})
	s.It(check.Spec{
		ID: "scim.groups.deleted-read", Level: check.Must,
		Title: "a deleted group is answered with 404 when read",
		Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		group := t.CreateGroup()
		t.Control(t.Get(group.Path), check.BeResource(group.ID))
		t.Require("the deletion", deleted(t, group), check.BeOK())
		t.Expect(t.Get(group.Path)).To(check.BeSCIMError(404))
	})
	s.It(check.Spec{
		ID: "scim.groups.deleted-delete", Level: check.Must,
		Title: "a deleted group is answered with 404 when deleted again",
		Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
		Needs: needs, Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		group := t.CreateGroup()
		t.Control(deleted(t, group), check.BeOK())
		t.Expect(t.Delete(group.Path)).To(check.BeSCIMError(404))
	})
	s.It(check.Spec{
		ID: "scim.groups.deleted-replace", Level: check.Must,
		Title: "a deleted group is answered with 404 when replaced",
		Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
		Needs: needs,
	}, func(t *check.T) {
		group := t.CreateGroup()
		t.Control(t.Put(group.Path, body(group, nil)), check.BeOK())
		t.Require("the deletion", deleted(t, group), check.BeOK())
		t.Expect(t.Put(group.Path, body(group, nil))).To(check.BeSCIMError(404))
	})
}

func groupReads(s *check.Suite) {
	needs := check.Needs(target.Groups)
	s.It(check.Spec{
		ID: "scim.groups.ids-differ-from-users", Level: check.Must,
		Title: "a group and a user never have the same id",
		Refs:  check.Refs(check.RFC7643("3.1", "This identifier MUST be unique across the SCIM service provider's entire set of resources.")),
		Needs: needs,
	}, func(t *check.T) {
		user, group := t.CreateUser(), t.CreateGroup()
		t.ExpectThat("the id of a group", group.ID).To(beDifferentFrom(user.ID))
		t.Expect(t.Get("/Groups" + strings.TrimPrefix(user.Path, "/Users"))).To(check.AnswerSatisfies("GET of a user's id below /Groups", "anything but a resource with that id", func(r *wire.Response) bool {
			return !r.OK() || r.String("/id") != user.ID
		}))
	})
	s.It(check.Spec{
		ID: "scim.groups.missing-name-refused", Level: check.Should,
		Title: "a group without displayName is refused with 400",
		Refs:  check.Refs(check.RFC7643("4.2", "A human-readable name for the Group. REQUIRED.")),
		Needs: needs,
	}, func(t *check.T) {
		t.Control(t.Post("/Groups", t.Group()), check.BeOK())
		t.Expect(t.Post("/Groups", t.Group(map[string]any{"displayName": nil}))).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.groups.list", Level: check.Must,
		Title: "GET /Groups answers with a list that holds resources when there are any",
		Refs:  check.Refs(check.RFC7644("3.4.2", `Responses MUST be identified using the following URI: "urn:ietf:params:scim:api:messages:2.0:ListResponse".`), check.RFC7644("3.4.2", `REQUIRED if "totalResults" is non-zero.`)),
		Needs: needs, Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		t.CreateGroup()
		t.CreateGroup()
		res := list(t, "/Groups")
		t.Expect(res).To(check.BeListResponse())
		t.Expect(res).To(check.HaveJSON("/totalResults", beAtLeast(2)))
		t.Expect(res).To(check.HaveJSON("/Resources", beFilledList()))
	})
	s.It(check.Spec{
		ID: "scim.groups.filter-by-name", Level: check.Must,
		Title: "a filter on displayName finds the group and no other",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteOnlyMatching)),
		Needs: check.Needs(target.Groups, target.Filter), Hurts: check.Hurts("okta", "entra", "jumpcloud"),
	}, func(t *check.T) {
		group := t.CreateGroupKeeping(map[string]any{"displayName": t.Name()})
		t.CreateGroup()
		t.Expect(find(t, "/Groups", compare("displayName", "eq", group.String("/displayName")))).To(check.HoldExactly(group.ID))
	})
}
