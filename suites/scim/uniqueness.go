package scim

import (
	"net/url"
	"strings"
	"sync"

	"assay/suites/check"
	"assay/suites/wire"
)

const (
	quoteConflict  = `the service provider MUST return HTTP status code 409 (Conflict) with a "scimType" error code of "uniqueness", as per Section 3.12.`
	quoteUnique    = "This identifier MUST be unique across the service provider's entire set of Users."
	quoteNonEmpty  = "Each User MUST include a non-empty userName value."
	quoteFoldNames = "This attribute is REQUIRED and is case insensitive."
)

func uniqueness(s *check.Suite) {
	s.Describe("users: userName", func() {
		duplicates(s)
		missingNames(s)
	})
}

func duplicates(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.duplicate-username", Level: check.Must,
		Title: "a second user with the same userName is refused with 409",
		Refs:  check.Refs(check.RFC7644("3.3", quoteConflict)),
		Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud"),
	}, func(t *check.T) {
		user, twin := t.CreateUser(), t.User()
		t.Control(t.Post("/Users", twin), check.BeOK())
		t.Expect(t.Post("/Users", t.User(map[string]any{"userName": user.Sent["userName"]}))).To(check.BeSCIMError(409))
	})
	s.It(check.Spec{
		ID: "scim.users.duplicate-username-scimtype", Level: check.Must,
		Title: "the refusal of a second user with the same userName has the scimType uniqueness",
		Refs:  check.Refs(check.RFC7644("3.3", quoteConflict)),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		res := t.Post("/Users", t.User(map[string]any{"userName": user.Sent["userName"]}))
		t.Require("the second user is refused", res, check.BeRefused())
		t.Expect(res).To(check.HaveJSON("/scimType", "uniqueness"))
	})
	s.It(check.Spec{
		ID: "scim.users.duplicate-username-other-case", Level: check.Must,
		Title: "a second user whose userName differs only in case is refused with 409",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteFoldNames), check.RFC7644("3.3", quoteConflict)),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUser()
		name := user.Sent["userName"].(string)
		t.Control(t.Post("/Users", t.User(map[string]any{"userName": strings.ToUpper(t.Email())})), check.BeOK())
		t.Expect(t.Post("/Users", t.User(map[string]any{"userName": strings.ToUpper(name)}))).To(check.BeSCIMError(409))
	})
	s.It(check.Spec{
		ID: "scim.users.duplicate-username-at-once", Level: check.Must,
		Title: "of several simultaneous creates with one userName, exactly one succeeds",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteUnique)),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		t.CreateUser()
		made := 0
		for _, res := range createAtOnce(t, t.Email(), 5) {
			if res.Err == nil && res.OK() {
				made++
			}
		}
		t.ExpectThat("creates that succeeded", made).To(check.Be(1))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-takes-no-taken-username", Level: check.Must,
		Title: "PUT cannot give a user the userName of another",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteUnique)),
	}, func(t *check.T) {
		owner, other := t.CreateUser(), t.CreateUser()
		t.Require("PUT with the user's own name", t.Put(other.Path, body(other, nil)), check.BeOK())
		t.Put(other.Path, body(other, map[string]any{"userName": userName(owner)}))
		t.Expect(t.Reread(other)).To(check.HaveJSON("/userName", beOtherName(userName(owner))))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-conflict-answer", Level: check.Should,
		Title: "PUT with the userName of another user is refused with 409 and the scimType uniqueness",
		Refs:  check.Refs(check.RFC7644("3.12", "One or more of the attribute")),
	}, func(t *check.T) {
		owner, other := t.CreateUser(), t.CreateUser()
		t.Control(t.Put(other.Path, body(other, nil)), check.BeOK())
		t.Expect(t.Put(other.Path, body(other, map[string]any{"userName": userName(owner)}))).To(check.BeSCIMError(409, "uniqueness"))
	})
}

// createAtOnce sends the same create several times side by side.
func createAtOnce(t *check.T, name string, times int) []*wire.Response {
	answers := make([]*wire.Response, times)
	var group sync.WaitGroup
	for i := range answers {
		user := t.User(map[string]any{"userName": name})
		group.Go(func() {
			answers[i] = t.Target().SCIM.Do(t.Context(), "POST", "/Users", user, wire.Header("Content-Type", "application/scim+json"))
		})
	}
	group.Wait()
	for _, res := range answers {
		t.Record(res.Exchange)
		if id := res.String("/id"); res.OK() && id != "" {
			t.RemoveLater("/Users/" + url.PathEscape(id))
		}
	}
	return answers
}

func missingNames(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.no-user-without-username", Level: check.Must,
		Title: "a create without userName makes no user without one",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteNonEmpty)),
	}, func(t *check.T) {
		t.Control(t.CreateUser().Response, check.BeOK())
		t.Expect(settled(t, t.Post("/Users", t.User(map[string]any{"userName": nil})))).To(beRefusedOrNamed())
	})
	s.It(check.Spec{
		ID: "scim.users.no-user-with-empty-username", Level: check.Must,
		Title: "a create with an empty userName makes no user with an empty one",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteNonEmpty)),
	}, func(t *check.T) {
		t.Control(t.CreateUser().Response, check.BeOK())
		t.Expect(settled(t, t.Post("/Users", t.User(map[string]any{"userName": ""})))).To(beRefusedOrNamed())
	})
	s.It(check.Spec{
		ID: "scim.users.missing-username-refused", Level: check.Should,
		Title: "a create without userName is refused with 400",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteFoldNames), check.RFC7644("3.12", "syntactically incorrect, or")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		t.Expect(t.Post("/Users", t.User(map[string]any{"userName": nil}))).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-keeps-a-username", Level: check.Must,
		Title: "a user still has a userName after a PUT without one",
		Refs:  check.Refs(check.RFC7643("4.1.1", quoteNonEmpty)),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Require("a complete PUT", t.Put(user.Path, body(user, nil)), check.BeOK())
		t.Put(user.Path, body(user, map[string]any{"userName": nil}))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/userName", check.BeNonEmptyString()))
	})
	s.It(check.Spec{
		ID: "scim.users.replace-without-username-refused", Level: check.Should,
		Title: "PUT without userName is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.5.1", `If an attribute is "required", clients MUST specify the attribute in the PUT request.`)),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Control(t.Put(user.Path, body(user, nil)), check.BeOK())
		t.Expect(t.Put(user.Path, body(user, map[string]any{"userName": nil}))).To(check.BeSCIMError(400))
	})
}
