package sso

import "assay/suites/check"

// lifecycle checks what provisioning means for signing on. No RFC prescribes it; every buyer does.
func lifecycle(s *check.Suite) {
	active := check.RFC7643("4.1.1", `As a typical example, a value of true implies that the user is able to log in, while a value of false implies that the user's account has been suspended.`)
	s.Scenario("lifecycle", func() {
		c := &connection{}
		var session *attempt
		s.It(check.Spec{
			ID:    "lifecycle.leaver.session-ends",
			Title: "deactivating a user by SCIM ends the session that the user has",
			Level: check.Should, Needs: needs(), Hurts: check.Hurts("okta", "entra"), Refs: check.Refs(active),
		}, func(t *check.T) {
			session = c.begin(t)
			c.consent(t, session)
			deliver(t, session.browser, session.callback)
			t.Control(whoAmI(t, session.browser), c.bePerson())
			c.user.Sent["active"] = false
			t.Require("the user could not be deactivated", t.Put(c.user.Path, c.user.Sent), check.BeOK())
			t.Expect(whoAmI(t, session.browser)).To(check.BeNobody())
		})
		s.It(check.Spec{
			ID:    "lifecycle.leaver.cannot-sign-on",
			Title: "a user whom SCIM deactivated cannot sign on, and can again once reactivated",
			Level: check.Should, Needs: needs(), Hurts: check.Hurts("okta", "entra"), Refs: check.Refs(active),
		}, func(t *check.T) {
			c.open(t)
			c.setActive(t, true)
			c.control(t)
			c.setActive(t, false)
			t.ExpectThat("after a login of the deactivated user", c.signOn(t)).To(check.BeNobody())
			c.setActive(t, true)
			t.ExpectThat("after a login of the reactivated user", c.signOn(t)).To(c.bePerson())
		})
	})
}

func (c *connection) setActive(t *check.T, active bool) {
	c.user.Sent["active"] = active
	t.Require("the user's active attribute could not be set", t.Put(c.user.Path, c.user.Sent), check.BeOK())
}
