package saml

import (
	"time"

	"github.com/beevik/etree"
)

const (
	confirmationData = "./Subject/SubjectConfirmation/SubjectConfirmationData"
	confirmationPath = "./Subject/SubjectConfirmation"
	methodHolder     = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
	methodVouches    = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
)

// audienceMutations are about for whom the assertion is.
func audienceMutations() []Mutation {
	return []Mutation{
		on("saml-wrong-audience", rows("SAML-CND-01"), "the audience is another service provider (Core 2.5.1.4)", audiencePath, text(otherProvider)),
		drop("saml-no-audience", rows("SAML-CND-02"), "there is no AudienceRestriction (Profiles 4.1.4.2)", "./Conditions/AudienceRestriction"),
		on("saml-empty-audience", rows("SAML-CND-02"), "the audience is empty (Profiles 4.1.4.2)", audiencePath, text("")),
		drop("saml-no-conditions", rows("SAML-CND-14"), "there are no Conditions (Profiles 4.1.4.2)", "./Conditions"),
		on("saml-second-audience-restriction", rows("SAML-CND-03"), "a second AudienceRestriction names another service provider (Core 2.5.1.4: all must hold)", "./Conditions",
			func(_ forgery, e *etree.Element) {
				child(child(e, "AudienceRestriction", ""), "Audience", otherProvider)
			}),
		on("saml-several-audiences", rows("SAML-CND-04"), "accept: the AudienceRestriction names another service provider before ours (Core 2.5.1.4: one must match)", "./Conditions/AudienceRestriction",
			func(_ forgery, e *etree.Element) {
				other := e.SelectElement("Audience").Copy()
				other.SetText(otherProvider)
				e.InsertChildAt(0, other)
			}),
		on("saml-one-time-use", rows("SAML-CND-28"), "accept once: the conditions say OneTimeUse (Core 2.5.1.5)", "./Conditions",
			func(_ forgery, e *etree.Element) { child(e, "OneTimeUse", "") }),
		on("saml-proxy-restriction", rows("SAML-CND-28"), "accept: the conditions forbid to pass the assertion on (Core 2.5.1.6)", "./Conditions",
			func(_ forgery, e *etree.Element) { child(e, "ProxyRestriction", "").CreateAttr("Count", "0") }),
		on("saml-unknown-condition", rows("SAML-CND-28"), "there is a condition that nobody knows (Core 2.5.1: then the validity cannot be determined)", "./Conditions",
			func(_ forgery, e *etree.Element) {
				condition := child(e, "Condition", "")
				condition.CreateAttr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
				condition.CreateAttr("xmlns:assay", "https://assay.invalid/condition")
				condition.CreateAttr("xsi:type", "assay:UnknownType")
			}),
	}
}

// confirmationMutations are about to whom the assertion was given, and in answer to what.
func confirmationMutations() []Mutation {
	return []Mutation{
		on("saml-wrong-recipient", rows("SAML-CND-05"), "the Recipient is another URL (Profiles 4.1.4.3)", confirmationData, attr("Recipient", otherURL)),
		on("saml-no-recipient", rows("SAML-CND-05"), "there is no Recipient (Profiles 4.1.4.2)", confirmationData, noAttr("Recipient")),
		inResponseTo("saml-wrong-in-response-to", "SAML-CND-08", "the response answers a request that nobody sent (Profiles 4.1.4.3; unsolicited, Profiles 4.1.5: it must not answer any)",
			func(forgery) string { return otherRequest }, "SAML-CND-09"),
		inResponseTo("saml-earlier-in-response-to", "SAML-CND-08", "the response answers an earlier request, which has its answer (Profiles 4.1.4.3)",
			func(f forgery) string { return f.earlier }),
		{Name: "saml-no-in-response-to", Rows: rows("SAML-CND-09"), Text: "the response to a request does not say so, as if nobody had asked (Profiles 4.1.4.2: must be present)",
			before: func(_ forgery, m *message) {
				m.response.RemoveAttr("InResponseTo")
				m.assertion.FindElement(confirmationData).RemoveAttr("InResponseTo")
			}},
		on("saml-wrong-confirmation-in-response-to", rows("SAML-CND-08"), "the confirmation answers a request that nobody sent (Profiles 4.1.4.3)", confirmationData, attr("InResponseTo", otherRequest)),
		onRoot("saml-wrong-response-in-response-to", rows("SAML-CND-08"), "the response, not the confirmation, answers a request that nobody sent (Core 3.2.2)", attr("InResponseTo", otherRequest)),
		on("saml-confirmation-expired", rows("SAML-CND-11"), "the bearer confirmation ended an hour ago (Profiles 4.1.4.3)", confirmationData, at("NotOnOrAfter", -time.Hour)),
		on("saml-confirmation-without-end", rows("SAML-CND-11"), "the bearer confirmation has no NotOnOrAfter (Profiles 4.1.4.2)", confirmationData, noAttr("NotOnOrAfter")),
		on("saml-confirmation-malformed", rows("SAML-CND-11"), "the bearer confirmation's NotOnOrAfter is no time (Core 1.3.3)", confirmationData, attr("NotOnOrAfter", "tomorrow")),
		on("saml-confirmation-not-before", rows("SAML-CND-12"), "the bearer confirmation has a NotBefore (Profiles 4.1.4.2: must not)", confirmationData, at("NotBefore", -time.Minute)),
		drop("saml-no-confirmation", rows("SAML-CND-16"), "there is no SubjectConfirmation (Profiles 4.1.4.2)", confirmationPath),
		on("saml-holder-of-key", rows("SAML-CND-16"), "the only confirmation is holder-of-key (Profiles 4.1.4.2: bearer)", confirmationPath, attr("Method", methodHolder)),
		on("saml-sender-vouches", rows("SAML-CND-16"), "the only confirmation is sender-vouches (Profiles 4.1.4.2: bearer)", confirmationPath, attr("Method", methodVouches)),
		on("saml-second-confirmation", rows("SAML-CND-17"), "accept: a confirmation for another recipient stands before the good one (Core 2.4.1.1: one suffices)", confirmationPath,
			func(_ forgery, e *etree.Element) {
				bad := e.Copy()
				bad.SelectElement("SubjectConfirmationData").CreateAttr("Recipient", otherURL)
				e.Parent().InsertChildAt(e.Index(), bad)
			}),
	}
}

// inResponseTo makes the response and the confirmation answer another request.
func inResponseTo(name, row, about string, id func(forgery) string, more ...string) Mutation {
	return Mutation{Name: name, Rows: append(rows(row), more...), Text: about, before: func(f forgery, m *message) {
		m.response.CreateAttr("InResponseTo", id(f))
		m.assertion.FindElement(confirmationData).CreateAttr("InResponseTo", id(f))
	}}
}

// timeMutations are about when.
func timeMutations() []Mutation {
	conditions := func(name, about string, change func(forgery, *etree.Element)) Mutation {
		return on(name, rows("SAML-CND-13"), about, "./Conditions", change)
	}
	return []Mutation{
		conditions("saml-expired", "the conditions ended an hour ago (Core 2.5.1.2)", between(-2*time.Hour, -time.Hour)),
		conditions("saml-expired-now", "the conditions end at the instant of the response (Core 2.5.1.2; within a clock skew it may pass)", between(-time.Hour, 0)),
		conditions("saml-not-yet-valid", "the conditions begin in an hour (Core 2.5.1.2)", between(time.Hour, 2*time.Hour)),
		conditions("saml-conditions-malformed", "the conditions' NotOnOrAfter is no time (Core 1.3.3)", attr("NotOnOrAfter", "tomorrow")),
		conditions("saml-not-utc", "the conditions' NotOnOrAfter has an offset from UTC (Core 1.3.3: in UTC form)", func(f forgery, e *etree.Element) {
			e.CreateAttr("NotOnOrAfter", f.now.Add(5*time.Minute).In(time.FixedZone("", 2*60*60)).Format(time.RFC3339))
		}),
		on("saml-issued-in-future", rows("SAML-CND-23"), "the assertion was issued in an hour (Core 2.3.3)", ".", at("IssueInstant", time.Hour)),
		on("saml-issued-long-ago", rows("SAML-CND-23"), "the assertion was issued a day ago (Core 2.3.3)", ".", at("IssueInstant", -24*time.Hour)),
		on("saml-issued-malformed", rows("SAML-CND-23"), "the assertion's IssueInstant is no time (Core 1.3.3)", ".", attr("IssueInstant", "yesterday")),
		onRoot("saml-response-issued-long-ago", rows("SAML-CND-23"), "the response was issued a day ago (Core 3.2.2)", at("IssueInstant", -24*time.Hour)),
		on("saml-old-authentication", rows("SAML-CND-26", "SAML-REQ-07"), "the person authenticated a day ago, whatever ForceAuthn asked (Core 3.4.1)", "./AuthnStatement", at("AuthnInstant", -24*time.Hour)),
		on("saml-session-ends-soon", rows("SAML-CND-27"), "the session ends in ten seconds (Profiles 4.1.4.3)", "./AuthnStatement", at("SessionNotOnOrAfter", 10*time.Second)),
		on("saml-session-over", rows("SAML-CND-27"), "the session ended an hour ago (Profiles 4.1.4.3)", "./AuthnStatement", at("SessionNotOnOrAfter", -time.Hour)),
		instants("saml-seconds", "to the second", "2006-01-02T15:04:05Z"),
		instants("saml-microseconds", "to the microsecond", "2006-01-02T15:04:05.000000Z"),
	}
}

func between(from, until time.Duration) func(forgery, *etree.Element) {
	return func(f forgery, e *etree.Element) {
		at("NotBefore", from)(f, e)
		at("NotOnOrAfter", until)(f, e)
	}
}

// instants writes every time of a message in another way.
func instants(name, about, layout string) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-CND-31"), Text: "accept: times are written " + about + " (Core 1.3.3)", before: func(_ forgery, m *message) {
		for _, e := range append(m.response.FindElements(".//*"), m.response) {
			for i, a := range e.Attr {
				if t, err := time.Parse(time.RFC3339Nano, a.Value); err == nil {
					e.Attr[i].Value = t.UTC().Format(layout)
				}
			}
		}
	}}
}
