package provisioning

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// oktaSpec checks what Okta's own SCIM test suite asks of a server before an integration is accepted.
// The checks speak as Okta's client does, but need no IdP.
func oktaSpec(s *check.Suite) {
	s.Describe("okta spec", func() {
		oktaReads(s)
		oktaWrites(s)
	})
}

func specOf(behaviour, title string, needs ...target.Capability) check.Spec {
	return check.Spec{
		ID: "okta.spec." + behaviour, Title: title, Level: check.Must, Needs: needs,
		Hurts: check.Hurts("okta"), Refs: check.Refs(check.Okta("SCIM specification test")),
	}
}

func oktaReads(s *check.Suite) {
	s.It(specOf("list-one", "GET /Users?startIndex=1&count=1 lists a user with id, names, userName, active and e-mail"), func(t *check.T) {
		t.CreateUser()
		list := t.Get("/Users?startIndex=1&count=1")
		t.Expect(list).To(check.BeListResponse())
		for _, counter := range []string{"/itemsPerPage", "/startIndex", "/totalResults"} {
			t.Expect(list).To(check.HaveJSON(counter, aNumber()))
		}
		for _, member := range []string{"/id", "/userName", "/name/givenName", "/name/familyName", "/emails/0/value"} {
			t.Expect(list).To(check.HaveJSON("/Resources/0"+member, check.BeNonEmptyString()))
		}
		t.Expect(list).To(check.HaveJSON("/Resources/0/active", check.Satisfy("true or false", isBool)))
	})
	s.It(specOf("unknown-user-name", "a filter on a userName that nobody has gives an empty list with status 200", target.Filter), func(t *check.T) {
		user := t.CreateUser()
		known := t.Find("/Users", fmt.Sprintf("userName eq %q", user.Sent["userName"]))
		t.Require("the filter on a known userName", known, check.HoldExactly(user.ID))
		t.Expect(t.Find("/Users", fmt.Sprintf("userName eq %q", t.Email()))).To(check.HoldExactly())
	})
	s.It(specOf("unknown-id", "an unknown id gives a 404 with the Error schema, a detail and the status"), func(t *check.T) {
		user := t.CreateUser()
		t.Control(t.Get(user.Path), check.BeOK())
		answer := t.Get("/Users/00919288221112222")
		t.Expect(answer).To(check.BeSCIMError(404))
		t.Expect(answer).To(check.HaveJSON("/detail", check.BeNonEmptyString()))
		t.Expect(answer).To(check.HaveJSON("/status", statusLike("404")))
	})
	s.It(specOf("user-name-upper-case", "a filter on an upper-cased userName is answered with status 200", target.Filter), func(t *check.T) {
		user := t.CreateUser()
		name := strings.ToUpper(user.Sent["userName"].(string))
		t.Expect(t.Find("/Users", fmt.Sprintf("userName eq %q", name))).To(check.BeListResponse())
	})
	s.It(specOf("bad-token", "a bad token gives a 401 with the Error schema, a detail and the status"), func(t *check.T) {
		t.Control(t.Get("/Users?startIndex=1&count=1"), check.BeOK())
		answer := t.Get("/Users?startIndex=1&count=1", wire.Header("Authorization", "Bearer not-the-token"))
		t.Expect(answer).To(check.BeSCIMError(401))
		t.Expect(answer).To(check.HaveJSON("/detail", check.BeNonEmptyString()))
		t.Expect(answer).To(check.HaveJSON("/status", statusLike("401")))
	})
	groups := specOf("groups-readable", "GET /Groups is answered with a list", target.Groups)
	s.It(groups, func(t *check.T) {
		t.Expect(t.Get("/Groups?startIndex=1&count=100")).To(check.BeListResponse())
	})
}

func oktaWrites(s *check.Suite) {
	s.It(specOf("realistic-user", "a user as Okta's suite makes it is created, active, and echoed unchanged"), func(t *check.T) {
		user := t.User()
		created := t.Post("/Users", user, wire.Header("Content-Type", "application/json"))
		t.Expect(created).To(check.HaveStatus(201))
		t.Expect(created).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(created).To(check.HaveJSON("/active", true))
		t.Expect(created).To(check.HaveJSON("/userName", user["userName"]))
		t.Expect(created).To(check.HaveJSON("/name/givenName", "Ada"))
		t.Expect(created).To(check.HaveJSON("/name/familyName", "Byron"))
	})
	s.It(specOf("duplicate", "making the same user again gives a 409"), func(t *check.T) {
		user := t.User()
		t.Control(t.Post("/Users", user), check.BeOK())
		t.Expect(t.Post("/Users", user)).To(check.HaveStatus(409))
	})
	s.It(specOf("read-only-echo", "a PUT that echoes id, meta and groups: [] as the server returned them is accepted"), func(t *check.T) {
		user := t.CreateUser()
		read := t.Get(user.Path)
		t.Require("the user", read, check.HaveJSON("/id", user.ID))
		body := map[string]any{"groups": []any{}}
		maps.Copy(body, read.Object())
		body["displayName"] = "Ada Lovelace"
		t.Expect(t.Put(user.Path, body)).To(check.BeOK())
		t.Expect(t.Get(user.Path)).To(check.HaveJSON("/displayName", "Ada Lovelace"))
	})
	s.It(specOf("pathless-deactivation", "a replace without path and with the read-only id deactivates", target.Patch), func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Patch(user.Path, check.Op{Op: "replace", Value: map[string]any{"id": user.ID, "active": false}})).To(check.BeOK())
		t.Expect(t.Get(user.Path)).To(check.HaveJSON("/active", false))
	})
}

func aNumber() types.GomegaMatcher {
	return check.Judge("a number", func(actual any) string {
		if _, ok := actual.(json.Number); ok {
			return ""
		}
		return check.Show(actual)
	})
}

// statusLike compares as Okta's suite does: the string of the RFC, or the number.
func statusLike(status string) types.GomegaMatcher {
	return check.Judge("the status "+status, func(actual any) string {
		if fmt.Sprint(actual) == status {
			return ""
		}
		return check.Show(actual)
	})
}

func isBool(value any) bool { _, ok := value.(bool); return ok }
