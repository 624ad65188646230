package scim

import (
	"net/url"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

const quoteFound = "If the resource exists, the server responds with HTTP status code 200 (OK) and includes the result in the body of the response."

func read(s *check.Suite) {
	s.Describe("users: read", func() {
		s.It(check.Spec{
			ID: "scim.users.read", Level: check.Must,
			Title: "a user can be read by its id",
			Refs:  check.Refs(check.RFC7644("3.4.1", quoteFound)),
			Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
		}, func(t *check.T) {
			user, other := t.CreateUser(), t.CreateUser()
			t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
			t.Expect(t.Get(other.Path)).To(check.BeResource(other.ID))
		})
		s.It(check.Spec{
			ID: "scim.users.read-has-username", Level: check.Must,
			Title: "a user that is read has a userName",
			Refs:  check.Refs(check.RFC7643("4.1.1", quoteNonEmpty)),
		}, func(t *check.T) {
			t.Expect(t.Reread(t.CreateUser())).To(check.HaveJSON("/userName", check.BeNonEmptyString()))
		})
		s.It(check.Spec{
			ID: "scim.users.read-agrees-with-create", Level: check.Must,
			Title: "what the answer to a create says of a user is what reading the user says",
			Refs:  check.Refs(check.RFC7644("3.1", "SCIM responses SHALL reflect resource state as interpreted by the SCIM service provider.")),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			expectSameState(t, user.Response, t.Reread(user))
		})
		s.It(check.Spec{
			ID: "scim.users.unknown-id-refused", Level: check.Must,
			Title: "reading a user that does not exist is refused",
			Refs:  check.Refs(check.RFC7644("3.4.1", quoteFound)),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(t.Get(user.Path), check.BeResource(user.ID))
			t.Expect(readUnknown(t, user)).To(check.BeRefused())
		})
		s.It(check.Spec{
			ID: "scim.users.unknown-id-404", Level: check.Should,
			Title: "reading a user that does not exist is answered with 404 and a SCIM error",
			Refs:  check.Refs(check.RFC7644("3.12", "Implementers SHOULD handle the identified HTTP status codes as described below.")),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(t.Get(user.Path), check.BeResource(user.ID))
			t.Expect(readUnknown(t, user)).To(check.BeSCIMError(404))
		})
		s.It(check.Spec{
			ID: "scim.users.list", Level: check.Must,
			Title: "GET /Users answers with a list that holds resources when there are any",
			Refs:  check.Refs(check.RFC7644("3.4.2", `Responses MUST be identified using the following URI: "urn:ietf:params:scim:api:messages:2.0:ListResponse".`), check.RFC7644("3.4.2", `REQUIRED if "totalResults" is non-zero.`)),
			Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			t.CreateUser()
			t.CreateUser()
			res := list(t, "/Users")
			t.Expect(res).To(check.BeListResponse())
			t.Expect(res).To(check.HaveJSON("/totalResults", beAtLeast(2)))
			t.Expect(res).To(check.HaveJSON("/Resources", beFilledList()))
		})
		s.It(check.Spec{
			ID: "scim.users.unknown-parameter-ignored", Level: check.Should,
			Title: "a query parameter that the target does not know is ignored",
			Refs:  check.Refs(check.RFC7644("3.4.2", "SHOULD ignore any query parameters they do not recognize instead of rejecting the query for versioning compatibility reasons.")),
		}, func(t *check.T) {
			t.CreateUser()
			t.Require("a list", list(t, "/Users", wire.Query("count", "1")), check.HaveJSON("/Resources", beFilledList()))
			res := t.Get("/Users", wire.Query("count", "1"), wire.Query("assay", "yes"))
			t.Expect(res).To(check.BeListResponse())
			t.Expect(res).To(check.HaveJSON("/Resources", beFilledList()))
		})
	})
}

// expectSameState compares what two answers say of one user: the attributes that every check sends, as
// far as the first answer has them.
func expectSameState(t *check.T, first, second *wire.Response) {
	for _, name := range []string{"id", "userName", "name", "displayName", "emails", "active"} {
		value, ok := first.At("/" + name)
		if !ok || value == nil {
			continue
		}
		got, _ := second.At("/" + name)
		t.ExpectThat(name, got).To(check.Satisfy(check.Show(value), func(got any) bool {
			return check.Contains(got, value) && check.Contains(value, got)
		}))
	}
}

// readUnknown reads an id of the same form as the user's that, but for an accident, no resource has: a
// target may tell from the form alone that an id is not one of its own. Such ids are only ever read.
func readUnknown(t *check.T, user check.Resource) *wire.Response {
	id := similar(user.ID)
	res := t.Get("/Users/" + url.PathEscape(id))
	if id == user.ID || res.OK() && res.String("/id") == id {
		t.NotRun("no id could be made up that nobody has: %s", id)
	}
	return res
}

// similar changes the last letters and digits of an id within their kind.
func similar(id string) string {
	changed, left := []byte(id), 6
	for i := len(changed) - 1; i >= 0 && left > 0; i-- {
		c := changed[i]
		for _, kind := range []string{"0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ"} {
			if at := strings.IndexByte(kind, c); at >= 0 {
				changed[i] = kind[(at+3)%len(kind)]
				left--
			}
		}
	}
	return string(changed)
}
