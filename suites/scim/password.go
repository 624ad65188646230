package scim

import (
	"net/url"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quotePassword = "The cleartext value or the hashed value of a password SHALL NOT be returnable by a service provider."
	secret        = "Ada+Lovelace-1815-London!"
)

func password(s *check.Suite) {
	s.Describe("users: password", func() {
		s.It(check.Spec{
			ID: "scim.users.password-not-in-create", Level: check.Must,
			Title: "the answer to a create does not hold the password",
			Refs:  check.Refs(check.RFC7643("4.1.1", quotePassword)),
			Hurts: check.Hurts("okta"),
		}, func(t *check.T) {
			user := withPassword(t)
			t.Expect(user.Response).To(check.LackJSON("/password"))
		})
		s.It(check.Spec{
			ID: "scim.users.password-not-in-read", Level: check.Must,
			Title: "reading a user does not show the password, even when it is asked for",
			Refs:  check.Refs(check.RFC7643("4.1.1", quotePassword)),
		}, func(t *check.T) {
			user := withPassword(t)
			t.Expect(t.Reread(user)).To(check.LackJSON("/password"))
			if asked := t.Get(user.Path, wire.Query("attributes", "userName,password")); asked.OK() {
				t.Expect(asked).To(check.LackJSON("/password"))
			}
		})
		s.It(check.Spec{
			ID: "scim.users.password-not-in-replace", Level: check.Must,
			Title: "the answer to a PUT does not hold the password",
			Refs:  check.Refs(check.RFC7643("4.1.1", quotePassword)),
		}, func(t *check.T) {
			user := withPassword(t)
			res := t.Put(user.Path, body(user, map[string]any{"password": secret + "2"}))
			t.Require("the PUT", res, check.BeResource(user.ID))
			t.Expect(res).To(check.LackJSON("/password"))
		})
		s.It(check.Spec{
			ID: "scim.users.password-not-in-list", Level: check.Must,
			Title: "a list of users does not show the password, even when it is asked for",
			Refs:  check.Refs(check.RFC7643("4.1.1", quotePassword)),
			Needs: check.Needs(target.Filter),
		}, func(t *check.T) {
			user := withPassword(t)
			for _, options := range [][]wire.Option{nil, {wire.Query("attributes", "userName,password")}} {
				res := findPlain(t, "/Users", compare("userName", "eq", user.Sent["userName"].(string)), options...)
				t.Require("the list", res, check.ContainResource(user.ID))
				t.Expect(res).To(check.LackJSON("/Resources/0/password"))
			}
		})
		s.It(check.Spec{
			ID: "scim.users.password-not-in-patch", Level: check.Must,
			Title: "the answer to a PATCH does not hold the password",
			Refs:  check.Refs(check.RFC7643("4.1.1", quotePassword)),
			Needs: check.Needs(target.Patch),
		}, func(t *check.T) {
			user := withPassword(t)
			res := t.Patch(user.Path, opReplace("displayName", "After "+t.Name()))
			t.Require("the PATCH", res, check.BeOK())
			if res.Object() == nil {
				t.NotApplicable("the target answers a PATCH without the user: %s", res.Summary())
			}
			t.Expect(res).To(check.LackJSON("/password"))
		})
	})
}

// withPassword makes a user with a password, which a target with single sign-on only may refuse.
func withPassword(t *check.T) check.Resource {
	t.Target().Redact.Add(secret+"2", secret)
	t.CreateUser()
	sent := t.User(map[string]any{"password": secret})
	res := t.Post("/Users", sent)
	if res.Err == nil && res.Status >= 400 && res.Status < 500 {
		t.NotApplicable("the target refuses a user with a password: %s", res.Summary())
	}
	t.Require("a user with a password", res, check.BeOK())
	t.Require("a user with a password", res, check.HaveJSON("/id", check.BeNonEmptyString()))
	return check.Resource{ID: res.String("/id"), Path: "/Users/" + url.PathEscape(res.String("/id")), Sent: sent, Response: res}
}
