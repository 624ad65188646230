package saml

import (
	"time"

	"github.com/beevik/etree"
)

const (
	statusPartialLogout = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
	otherSession        = "session-of-another-login"
)

// logoutMutations are about the LogoutRequest that the IdP sends, and the LogoutResponse that it answers with.
func logoutMutations() []Mutation {
	// request and response are what has no effect on the other one.
	request := func(name, row, about string, change func(forgery, *etree.Element)) Mutation {
		return onRoot("saml-logout-"+name, rows(row), "LogoutRequest: "+about, func(f forgery, root *etree.Element) {
			if root.Tag == "LogoutRequest" {
				change(f, root)
			}
		})
	}
	response := func(name, about string, change func(forgery, *etree.Element)) Mutation {
		return onRoot("saml-logout-"+name, rows("SAML-SLO-02"), "LogoutResponse: "+about, func(f forgery, root *etree.Element) {
			if root.Tag == "LogoutResponse" {
				change(f, root)
			}
		})
	}
	both := rows("SAML-SLO-02", "SAML-SLO-04")
	return []Mutation{
		{Name: "saml-logout-unsigned", Rows: both, Text: "the logout message is not signed (Profiles 4.4.3.2: must be with the POST and redirect bindings)",
			before: func(_ forgery, m *message) { m.signs = "" }},
		{Name: "saml-logout-foreign-key", Rows: both, Text: "the logout message is signed by another key (Profiles 4.4.3.2)",
			before: func(f forgery, m *message) { m.seal = m.seal.by(f.foreign) }},
		{Name: "saml-logout-tampered", Rows: both, Text: "the logout message is changed after signing: whom it names, or its status (Profiles 4.4.3.2)",
			after: func(f forgery, m *message) {
				if id := m.response.SelectElement("NameID"); id != nil {
					id.SetText(f.stranger)
					return
				}
				m.response.FindElement("./Status/StatusCode").CreateAttr("Value", statusResponder)
			}},
		onRoot("saml-logout-wrong-issuer", both, "the logout message's Issuer is another (Profiles 4.4.4.1)", func(_ forgery, e *etree.Element) { e.SelectElement("Issuer").SetText(otherIdP) }),
		onRoot("saml-logout-wrong-destination", both, "the logout message's Destination is another URL (Bindings 3.4.5.2, 3.5.5.2)", attr("Destination", otherURL)),
		request("expired", "SAML-SLO-04", "it was issued two hours ago and expired an hour ago (Core 3.7.1)", func(f forgery, e *etree.Element) {
			at("IssueInstant", -2*time.Hour)(f, e)
			at("NotOnOrAfter", -time.Hour)(f, e)
		}),
		request("replayed", "SAML-SLO-04", "it has the ID of the one before (Core 1.3.4)", func(f forgery, e *etree.Element) { e.CreateAttr("ID", f.logout) }),
		request("stranger", "SAML-SLO-05", "it names somebody else, who has no session from here (Core 3.7.3.1)", func(f forgery, e *etree.Element) { e.SelectElement("NameID").SetText(f.stranger) }),
		request("other-session", "SAML-SLO-03", "its SessionIndex is that of another session, so that this one goes on (Core 3.7.1)", func(_ forgery, e *etree.Element) {
			for _, index := range e.SelectElements("SessionIndex") {
				index.SetText(otherSession)
			}
		}),
		response("partial", "accept: PartialLogout: others are still signed in (Core 3.7.3.2)", func(_ forgery, e *etree.Element) {
			child(e.FindElement("./Status/StatusCode"), "StatusCode", "").CreateAttr("Value", statusPartialLogout)
		}),
		response("failed", "the status is Responder (Core 3.7.2)", func(_ forgery, e *etree.Element) {
			e.FindElement("./Status/StatusCode").CreateAttr("Value", statusResponder)
		}),
		response("wrong-in-response-to", "it answers a request that nobody sent (Core 3.2.2)", attr("InResponseTo", otherRequest)),
		{Name: "saml-logout-silent", Rows: rows("SAML-SLO-01"), Text: "LogoutResponse: there is none, the browser stays at the identity provider (Profiles 4.4.3.5)",
			deliver: func(_ forgery, d *delivery) { d.silent = true }},
	}
}
