package mutation

import (
	"net/url"
	"strings"
)

// callback is a mutation of the parameters that the browser brings back to the relying party.
func callback(rows, name, text string, change func(Login, url.Values)) Mutation {
	return Mutation{Name: name, Text: text, Stage: Authorization, Rows: strings.Fields(rows),
		answer: func(l Login, a *Answer) { change(l, a.Params) }}
}

func authorizationTable() []Mutation {
	const binding = "RFC 6749 section 10.12"
	table := []Mutation{
		callback("OIDC-FLOW-01", "wrong-state", "the callback carries the state of another login, or the one given ("+binding+")",
			func(l Login, v url.Values) { v.Set("state", l.or(otherState)) }).taking("state"),
		callback("OIDC-FLOW-02", "missing-state", "the callback carries no state ("+binding+")", func(_ Login, v url.Values) { v.Del("state") }),
		callback("OIDC-FLOW-02", "empty-state", "the callback carries an empty state ("+binding+")", func(_ Login, v url.Values) { v.Set("state", "") }),
		callback("OIDC-FLOW-01", "longer-state", "the state begins with that of the login and goes on ("+binding+")",
			func(_ Login, v url.Values) { v.Set("state", v.Get("state")+"x") }),
		callback("OIDC-FLOW-15", "duplicate-state", "the callback carries state twice, the second wrong (RFC 6749 section 3.1: not more than once)",
			func(_ Login, v url.Values) { v.Add("state", otherState) }),
		callback("OIDC-FLOW-15", "duplicate-code", "the callback carries code twice, the second wrong (RFC 6749 section 3.1)",
			func(_ Login, v url.Values) { v.Add("code", "code-of-another-login") }),
		callback("OIDC-FLOW-04", "wrong-code", "the code was never given out, or is the one given (RFC 9700 section 4.5)",
			func(l Login, v url.Values) { v.Set("code", l.or("code-of-another-login")) }).taking("code"),
		callback("OIDC-FLOW-13", "missing-code", "the callback carries neither code nor error (RFC 6749 section 4.1.2: REQUIRED)",
			func(_ Login, v url.Values) { v.Del("code") }),
		callback("SSO-ROB-01 OIDC-FLOW-13", "long-code", "the code has 100,000 characters (RFC 6749 section 4.1.2 names no limit)",
			func(_ Login, v url.Values) { v.Set("code", strings.Repeat("c", 100_000)) }),
		callback("OIDC-FLOW-14", "error-with-code", "the callback carries error=access_denied beside a valid code (RFC 6749 section 4.1.2.1)",
			func(_ Login, v url.Values) { v.Set("error", "access_denied") }),
		callback("OIDC-FLOW-07 OIDC-FLOW-09 OIDC-FLOW-10", "wrong-response-issuer",
			"the callback carries the iss parameter of another issuer, or the one given (RFC 9207 section 2.4)",
			func(l Login, v url.Values) { v.Set("iss", l.or(otherIssuer)) }).taking("issuer"),
		callback("OIDC-FLOW-07", "response-issuer-slash", "the iss parameter has a trailing slash more, or less (RFC 9207 section 2.4: simple string comparison)",
			func(l Login, v url.Values) { v.Set("iss", otherSlash(l.Issuer)) }),
		callback("OIDC-FLOW-07 OIDC-FLOW-15", "duplicate-response-issuer", "the callback carries iss twice, the first right (RFC 9207 section 2.4, RFC 6749 section 3.1)",
			func(l Login, v url.Values) { v["iss"] = []string{l.Issuer, otherIssuer} }),
		callback("OIDC-FLOW-08", "missing-response-issuer", "the callback carries no iss; go with discovery-promises-response-issuer (RFC 9207 section 2.4)",
			func(_ Login, v url.Values) { v.Del("iss") }),
		callback("OIDC-FLOW-07", "right-response-issuer", "the callback carries the iss of this issuer, whether the persona sends it or not (RFC 9207 section 2; to be accepted)",
			func(l Login, v url.Values) { v.Set("iss", l.Issuer) }),
		callback("OIDC-FLOW-13", "unknown-response-parameters", "the callback carries parameters that nobody knows (RFC 6749 section 4.1.2: MUST be ignored)",
			func(_ Login, v url.Values) { v.Set("assay_unknown", "<b>") }),
		{Name: "fragment-instead-of-query", Text: "the parameters come behind # though a query was asked for (RFC 9700 section 4.1)", Stage: Authorization,
			Rows: []string{"OIDC-FLOW-17"}, answer: func(_ Login, a *Answer) { a.Fragment = !a.Fragment }},
	}
	return append(table, deniedTable()...)
}

// deniedTable is the answers to a login that fails.
func deniedTable() []Mutation {
	const row = "OIDC-FLOW-13"
	var table []Mutation
	for _, code := range []string{"access_denied", "login_required", "temporarily_unavailable", "server_error", "assay_unknown"} {
		table = append(table, denied(row, "answers-"+strings.ReplaceAll(code, "_", "-"),
			"the answer is error="+code+" instead of a code (RFC 6749 section 4.1.2.1, Core 3.1.2.6)", code, "The person said no.", true))
	}
	return append(table,
		denied(row, "answers-html", "the answer is an error whose description is HTML with a script (RFC 6749 section 4.1.2.1; a page must escape it)",
			"access_denied", `<script>alert("assay")</script><b id="assay">assay</b>`, true),
		denied(row, "answers-error-without-state", "the answer is an error without state (RFC 6749 section 4.1.2.1: REQUIRED)", "access_denied", "The person said no.", false),
		callback(row, "answers-error-uri", "the answer is an error whose error_uri is a script (RFC 6749 section 4.1.2.1)", func(_ Login, v url.Values) {
			v.Del("code")
			v.Set("error", "access_denied")
			v.Set("error_uri", "javascript:alert(1)")
		}))
}

func denied(rows, name, text, code, description string, state bool) Mutation {
	return callback(rows, name, text, func(_ Login, v url.Values) {
		v.Del("code")
		v.Set("error", code)
		v.Set("error_description", description)
		if !state {
			v.Del("state")
		}
	})
}
