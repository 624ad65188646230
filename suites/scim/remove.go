package scim

import (
	"assay/suites/check"
	"assay/suites/target"
)

const quoteGone = "MUST return a 404 (Not Found) error code for all operations associated with the previously deleted resource."

func remove(s *check.Suite) {
	s.Describe("users: delete", func() {
		s.It(check.Spec{
			ID: "scim.users.delete", Level: check.Must,
			Title: "deleting a user is answered with 204",
			Refs:  check.Refs(check.RFC7644("3.6", "In response to a successful DELETE, the server SHALL return a successful HTTP status code 204 (No Content).")),
			Hurts: check.Hurts("entra", "google", "jumpcloud"),
		}, func(t *check.T) {
			t.Expect(deleted(t, t.CreateUser())).To(check.HaveStatus(204))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-read", Level: check.Must,
			Title: "a deleted user is answered with 404 when read",
			Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
			Hurts: check.Hurts("entra"),
		}, func(t *check.T) {
			user := goneUser(t)
			t.Expect(t.Get(user.Path)).To(check.BeSCIMError(404))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-replace", Level: check.Must,
			Title: "a deleted user is answered with 404 when replaced",
			Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(t.Put(user.Path, body(user, nil)), check.BeOK())
			t.Require("the deletion", deleted(t, user), check.BeOK())
			t.Expect(t.Put(user.Path, body(user, nil))).To(check.BeSCIMError(404))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-patch", Level: check.Must,
			Title: "a deleted user is answered with 404 when patched",
			Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
			Needs: check.Needs(target.Patch),
		}, func(t *check.T) {
			user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
			op := opReplace("displayName", "After "+t.Name())
			t.Control(t.Patch(user.Path, op), check.BeOK())
			t.Require("the deletion", deleted(t, user), check.BeOK())
			t.Expect(t.Patch(user.Path, op)).To(check.BeSCIMError(404))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-delete", Level: check.Must,
			Title: "a deleted user is answered with 404 when deleted again",
			Refs:  check.Refs(check.RFC7644("3.6", quoteGone)),
			Hurts: check.Hurts("entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(deleted(t, user), check.BeOK())
			t.Expect(t.Delete(user.Path)).To(check.BeSCIMError(404))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-not-found", Level: check.Must,
			Title: "a deleted user is left out of query results",
			Refs:  check.Refs(check.RFC7644("3.6", "Service providers MUST omit the resource from future query results.")),
			Needs: check.Needs(target.Filter),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Require("the user is found", findPlain(t, "/Users", named(user)), check.ContainResource(user.ID))
			t.Require("the deletion", deleted(t, user), check.BeOK())
			t.Expect(findPlain(t, "/Users", named(user))).To(check.LackResource(user.ID))
		})
		s.It(check.Spec{
			ID: "scim.users.deleted-name-is-free", Level: check.Should,
			Title: "the userName of a deleted user can be given to a new one",
			Refs:  check.Refs(check.RFC7644("3.6", "the service provider SHOULD NOT consider the deleted resource in conflict calculation.")),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			user := goneUser(t)
			res := t.Post("/Users", user.Sent)
			t.Expect(res).To(check.HaveStatus(201))
			t.Expect(settled(t, res)).To(check.HaveJSON("/id", beDifferentFrom(user.ID)))
		})
	})
}

// goneUser makes a user, sees it, and deletes it.
func goneUser(t *check.T) check.Resource {
	user := t.CreateUser()
	t.Control(t.Get(user.Path), check.BeResource(user.ID))
	t.Require("the deletion", deleted(t, user), check.BeOK())
	return user
}
