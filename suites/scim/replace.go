package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

const (
	quoteReplaced = "readWrite, writeOnly Any values provided SHALL replace the existing attribute values."
	quotePut      = "a successful PUT operation returns a 200 OK response code and the entire resource within the response body"
)

func replace(s *check.Suite) {
	s.Describe("users: replace", func() {
		replaceWrites(s)
		replaceKeeps(s)
	})
}

func replaceWrites(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.replace", Level: check.Must,
		Title: "PUT is answered with 200 and the user",
		Refs:  check.Refs(check.RFC7644("3.5", "Implementers MUST support HTTP PUT as specified in Section 4.3 of [RFC7231]."), check.RFC7644("3.5.1", quotePut)),
		Hurts: check.Hurts("okta", "onelogin"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Put(user.Path, body(user, nil))).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-is-kept", Level: check.Must,
		Title: "PUT replaces the value of an attribute",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteReplaced)),
		Hurts: check.Hurts("okta", "onelogin"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
		after := "After " + t.Name()
		t.Expect(t.Put(user.Path, body(user, map[string]any{"displayName": after}))).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-list", Level: check.Must,
		Title: "PUT replaces all values of a multi-valued attribute",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteReplaced)),
		Hurts: check.Hurts("okta", "onelogin"),
	}, func(t *check.T) {
		first, second := email(t.Email(), "work"), email(t.Email(), "work")
		user := t.CreateUserKeeping(map[string]any{"emails": []any{first}})
		t.Expect(t.Put(user.Path, body(user, map[string]any{"emails": []any{second}}))).To(check.BeOK())
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveElement("/emails", second))
		t.Expect(stored).To(check.LackElement("/emails", first))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-null-clears", Level: check.Must,
		Title: "null for an attribute in a PUT takes its old value away",
		Refs:  check.Refs(check.RFC7644("3.5.1", `Clients that want to override a server's defaults MAY specify "null" for a single-valued attribute, or an empty array "[]" for a multi-valued attribute, to clear all values.`)),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"nickName": "Addie"})
		sent := body(user, nil)
		sent["nickName"] = nil
		t.Expect(t.Put(user.Path, sent)).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/nickName", beDifferentFrom("Addie")))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-deactivates", Level: check.Must,
		Title: "PUT with active false deactivates a user",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteReplaced)),
		Hurts: check.Hurts("okta", "onelogin"),
	}, func(t *check.T) {
		user := activeUser(t)
		t.Expect(t.Put(user.Path, body(user, map[string]any{"active": false}))).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/active", false))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-answer-agrees", Level: check.Must,
		Title: "what the answer to a PUT says of a user is what reading the user says",
		Refs:  check.Refs(check.RFC7644("3.1", "SCIM responses SHALL reflect resource state as interpreted by the SCIM service provider.")),
	}, func(t *check.T) {
		user := t.CreateUser()
		res := t.Put(user.Path, body(user, map[string]any{
			"displayName": "After " + t.Name(), "name": map[string]any{"givenName": "Augusta", "familyName": "King"},
		}))
		t.Require("the PUT", res, check.BeResource(user.ID))
		expectSameState(t, res, t.Reread(user))
	})
}

func replaceKeeps(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.replace-read-only-ignored", Level: check.Must,
		Title: "readOnly attributes in a PUT are ignored",
		Refs:  check.Refs(check.RFC7644("3.5.1", "readOnly Any values provided SHALL be ignored.")),
		Hurts: check.Hurts("okta", "onelogin"),
	}, func(t *check.T) {
		user, claimed := t.CreateUser(), t.Name()
		const stamp = "2001-02-03T04:05:06Z"
		t.Expect(t.Put(user.Path, body(user, map[string]any{
			"meta":   map[string]any{"created": stamp, "lastModified": stamp, "resourceType": "User"},
			"groups": []any{map[string]any{"value": claimed}},
		}))).To(check.BeOK())
		stored := t.Reread(user)
		t.Expect(stored).To(check.HaveJSON("/meta/created", beDifferentFrom(stamp)))
		t.Expect(stored).To(check.LackElement("/groups", map[string]any{"value": claimed}))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-id-ignored", Level: check.Must,
		Title: "another id in the body of a PUT does not change the user's id",
		Refs:  check.Refs(check.RFC7644("3.5.1", "readOnly Any values provided SHALL be ignored."), check.RFC7643("3.1", "does not change when the same resource is returned in subsequent requests.")),
	}, func(t *check.T) {
		user, other := t.CreateUser(), t.CreateUser()
		t.Require("a PUT with the user's own id", t.Put(user.Path, body(user, nil)), check.BeOK())
		t.Put(user.Path, body(user, map[string]any{"id": other.ID, "userName": t.Email()}))
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
		t.Expect(t.Get(other.Path)).To(check.HaveJSON("/userName", userName(other)))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-without-id", Level: check.Should,
		Title: "PUT needs no id in its body",
		Refs:  check.Refs(check.RFC7644("3.5.1", "SCIM clients MAY send all attributes, regardless of each attribute's mutability.")),
		Hurts: check.Hurts("onelogin"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Put(user.Path, body(user, map[string]any{"id": nil}))).To(check.BeOK())
	})
	s.It(check.Spec{
		ID: "scim.users.replace-creates-nothing", Level: check.Must,
		Title: "PUT to an id that no user has creates none",
		Refs:  check.Refs(check.RFC7644("3.5.1", "HTTP PUT MUST NOT be used to create new resources.")),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Control(t.Put(user.Path, body(user, nil)), check.BeOK())
		t.Require("the deletion, which leaves an id without a user", deleted(t, user), check.BeOK())
		t.Expect(t.Put(user.Path, t.User(map[string]any{"id": user.ID}))).To(check.BeRefused())
		t.Expect(t.Get(user.Path)).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.users.replace-any-case", Level: check.Must,
		Title: "attribute names in a PUT are recognised in any case",
		Refs:  check.Refs(check.RFC7643("2.1", `Attribute names are case insensitive and are often "camel-cased"`)),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
		after := "After " + t.Name()
		t.Expect(t.Put(user.Path, body(user, map[string]any{"displayName": nil, "DISPLAYNAME": after}))).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-whole-representation", Level: check.Must,
		Title: "PUT takes back the whole representation that GET gave",
		Refs:  check.Refs(check.RFC7644("3.5.1", "clients that have previously retrieved the entire resource in advance and revised it MAY replace the resource using an HTTP PUT.")),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
		whole := wholeOf(t.Reread(user))
		after := "After " + t.Name()
		whole["displayName"] = after
		t.Expect(t.Put(user.Path, whole)).To(check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", after))
	})
}

// wholeOf is a representation as GET gave it, without the one member that a check replaces.
func wholeOf(res *wire.Response) map[string]any {
	whole := map[string]any{}
	for name, value := range res.Object() {
		if !strings.EqualFold(name, "displayName") {
			whole[name] = value
		}
	}
	return whole
}

// activeUser makes a user who is active, on a target that keeps both values of active.
func activeUser(t *check.T) check.Resource {
	t.CreateUserKeeping(map[string]any{"active": false})
	return t.CreateUserKeeping(map[string]any{"active": true})
}
