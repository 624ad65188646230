package scim

import (
	"assay/suites/check"
	"assay/suites/wire"
)

const quoteWWW = `a SCIM service provider SHALL indicate supported HTTP authentication schemes via the "WWW-Authenticate" header.`

func authentication(s *check.Suite) {
	s.Describe("authentication", func() {
		s.It(check.Spec{
			ID: "scim.auth.wrong-token-refused", Level: check.Must,
			Title: "a request with a token that the target did not give out is refused",
			Refs:  check.Refs(check.RFC7644("2", "the SCIM service provider MUST be able to map the authenticated client to an access control policy in order to determine the client's authorization to retrieve and update SCIM resources.")),
			Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
		}, func(t *check.T) {
			user := authenticated(t)
			t.Expect(t.Get(user.Path, wire.Header("Authorization", wrongToken))).To(check.BeRefused())
		})
		s.It(check.Spec{
			ID: "scim.auth.wrong-token-writes-nothing", Level: check.Must,
			Title: "a create with a token that the target did not give out is refused",
			Refs:  check.Refs(check.RFC7644("2", "the SCIM service provider MUST be able to map the authenticated client to an access control policy in order to determine the client's authorization to retrieve and update SCIM resources.")),
		}, func(t *check.T) {
			authenticated(t)
			t.Expect(t.Post("/Users", t.User(), wire.Header("Authorization", wrongToken))).To(check.BeRefused())
		})
		s.It(check.Spec{
			ID: "scim.auth.wrong-token-is-401", Level: check.Should,
			Title: "a request with a token that the target did not give out is answered with 401 and a SCIM error",
			Refs:  check.Refs(check.RFC7644("3.12", "Authorization failure. The")),
			Hurts: check.Hurts("okta"),
		}, func(t *check.T) {
			user := authenticated(t)
			t.Expect(t.Get(user.Path, wire.Header("Authorization", wrongToken))).To(check.BeSCIMError(401))
		})
		s.It(check.Spec{
			ID: "scim.auth.no-credentials-is-401", Level: check.Should,
			Title: "a request without credentials is answered with 401",
			Refs:  check.Refs(check.RFC7644("3.12", "Authorization failure. The")),
			Hurts: check.Hurts("okta", "google"),
		}, func(t *check.T) {
			user := authenticated(t)
			t.Expect(t.Get(user.Path, wire.NoAuth())).To(check.HaveStatus(401))
		})
		s.It(check.Spec{
			ID: "scim.auth.schemes-named", Level: check.Must,
			Title: "a 401 names the authentication schemes in WWW-Authenticate",
			Refs:  check.Refs(check.RFC7644("2", quoteWWW)),
		}, func(t *check.T) {
			user := authenticated(t)
			res := t.Get(user.Path, wire.NoAuth())
			if res.Err == nil && res.Status != 401 {
				t.NotApplicable("the target does not answer 401 to a request without credentials: %s", res.Summary())
			}
			t.Expect(res).To(check.HaveHeader("WWW-Authenticate", ""))
		})
	})
}

const wrongToken = "Bearer assay-no-such-token"

// authenticated makes a user, and sees it with the credentials of the target file. Without any, nothing
// about them can be tried.
func authenticated(t *check.T) check.Resource {
	if t.Target().File.SCIM.Token == "" {
		t.NotApplicable("the target file has no token")
	}
	user := t.CreateUser()
	t.Control(t.Get(user.Path), check.BeResource(user.ID))
	return user
}
