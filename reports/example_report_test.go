package reports_test

import (
	"time"

	"assay/reports"
)

// richReport has every outcome, level and kind of evidence that a report can hold. The renderers'
// tests read it from testdata/rich.report.json, which TestRichReportIsCommitted keeps in step.
func richReport() *reports.Report {
	start := time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)
	yes, no := true, false
	r := &reports.Report{
		Schema: reports.Schema,
		Tool:   reports.Tool{Name: "assay", Version: "0.1.0", Commit: "4f1c2ab"},
		Run: reports.Run{
			ID: "k7m2qx", Started: start, Ended: start.Add(4230 * time.Millisecond), Complete: true,
		},
		Target: reports.Target{Name: "acme-staging", URL: "https://acme.example/scim/v2"},
		Capabilities: []reports.Capability{
			{Name: "patch", Claimed: true, Observed: &yes, Source: "ServiceProviderConfig"},
			{Name: "filter", Claimed: true, Observed: &no, Source: "ServiceProviderConfig"},
			{Name: "bulk", Claimed: false, Source: "ServiceProviderConfig"},
			{Name: "oidc", Claimed: true, Observed: &yes, Source: "target file"},
		},
	}
	r.Checks = append(r.Checks, failedChecks()...)
	r.Checks = append(r.Checks, openChecks()...)
	r.Checks = append(r.Checks, passedChecks()...)
	r.Fold([]reports.Check{{ID: "okta.push.group-rename", Level: reports.Must, Profiles: []string{"okta"}}})
	return r
}

func failedChecks() []reports.Check {
	return []reports.Check{{
		ID: "scim.patch.remove-without-path", Title: "a remove without a path is refused with noTarget",
		Level: reports.Must, Profiles: []string{"scim"}, Needs: []string{"patch"},
		Refs: []reports.Ref{{
			Doc: "RFC 7644", Section: "3.5.2.2", URL: "https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2.2",
			Quote: `If "path" is unspecified, the operation fails with HTTP status code 400 and a "scimType" error code of "noTarget".`,
		}},
		Outcome: reports.Fail, Where: "the response to the remove",
		Reason: "The server accepted a remove operation without a path, and the user lost every attribute.",
		Wanted: []string{"status 400", `scimType "noTarget"`}, Got: "status 200", DurationMS: 1.4,
		Exchanges: []reports.Exchange{createUser(), {
			Label:      "the same without a path",
			DurationMS: 0.6,
			Request: reports.Request{
				Method: "PATCH", URL: "https://acme.example/scim/v2/Users/2819c223-7f76-453a-919d-413861904646",
				Header: scimHeader("Authorization", "Bearer [redacted]"),
				Body:   `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove"}]}`,
			},
			Response: reports.Response{
				Status: 200, Header: scimHeader("Date", "Wed, 04 Mar 2026 09:30:01 GMT"),
				Body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223-7f76-453a-919d-413861904646","meta":{"resourceType":"User","location":"https://acme.example/scim/v2/Users/2819c223-7f76-453a-919d-413861904646","created":"2026-03-04T09:30:01Z"}}`,
			},
			Curl: `curl -sS -X PATCH 'https://acme.example/scim/v2/Users/2819c223-7f76-453a-919d-413861904646' -H "Authorization: Bearer $ASSAY_TOKEN" -H 'Content-Type: application/scim+json' --data '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove"}]}'`,
		}, {
			Label: "clean-up", DurationMS: 0.3,
			Request:  reports.Request{Method: "DELETE", URL: "https://acme.example/scim/v2/Users/2819c223-7f76-453a-919d-413861904646"},
			Response: reports.Response{Status: 204},
		}},
		Repeat: "assay run --only scim.patch.remove-without-path --target https://acme.example/scim/v2",
	}, {
		ID: "entra.deactivate.string-boolean", Title: `Entra's "False" for active deactivates the user`,
		Level: reports.Must, Profiles: []string{"entra", "lifecycle"}, Hurts: []string{"entra", "onelogin"},
		Refs: []reports.Ref{{
			Doc: "Microsoft Entra: known issues with SCIM compliance", Section: "Flags to alter the SCIM behavior",
			Quote: "Update the operation values to the correct types", URL: "https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility",
		}},
		Outcome: reports.Fail, Reason: "The user stayed active after Entra switched them off: somebody who left can still log in.",
		Wanted: []string{"active = false"}, Got: "active = true", Where: "/active of GET /Users/{id}, after the PATCH",
		DurationMS: 3.2,
		Exchanges: []reports.Exchange{{
			DurationMS: 0.8, Error: "read tcp: connection reset by peer",
			Request: reports.Request{Method: "GET", URL: "https://acme.example/scim/v2/Users?filter=userName%20eq%20%22an-unusually-long-user-name-that-has-to-wrap-somewhere@a-very-long-domain-name.example%22&startIndex=1&count=100"},
			Curl:    `curl -sS 'https://acme.example/scim/v2/Users?filter=userName%20eq%20%22an-unusually-long-user-name-that-has-to-wrap-somewhere@a-very-long-domain-name.example%22&startIndex=1&count=100'`,
		}},
		Repeat: "assay run --only entra.deactivate.string-boolean --target https://acme.example/scim/v2",
	}, {
		ID: "okta.import.paging", Title: "Okta's import sees every user once across pages",
		Level: reports.Must, Profiles: []string{"okta"}, Hurts: []string{"okta-oin"},
		Refs:    []reports.Ref{{Doc: "Okta SCIM 2.0 protocol reference", Section: "Retrieve Users", Quote: "startIndex", URL: ""}},
		Outcome: reports.Fail, Reason: "2 of 120 users came twice and 2 never: pages overlap because the order is not stable.",
		Wanted: []string{"120 distinct users"}, Got: "118 distinct users", DurationMS: 41,
		Repeat: "assay run --only okta.import.paging --target https://acme.example/scim/v2",
	}, {
		ID: "oidc.token.alg-none", Title: `an ID token with "alg": "none" is refused`,
		Level: reports.Must, Profiles: []string{"oidc"},
		Refs:    []reports.Ref{{Doc: "OpenID Connect Core 1.0", Section: "3.1.3.7", Quote: "The Client MUST validate the signature of all other ID Tokens", URL: "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation"}},
		Outcome: reports.Fail, Reason: "The target logged in ada@acme.example from a token that anybody can forge.",
		Wanted: []string{"nobody is logged in"}, Got: "ada@acme.example is logged in", Where: "/email of the session", DurationMS: 12.5,
		Repeat: "assay run --only oidc.token.alg-none --target-file acme.yaml",
	}, {
		ID: "scim.error.detail-present", Title: "an error explains itself in detail",
		Level: reports.Should, Profiles: []string{"scim"}, Outcome: reports.Warn,
		Refs:   []reports.Ref{{Doc: "RFC 7644", Section: "3.12", Quote: "A detailed human-readable message. OPTIONAL.", URL: "https://www.rfc-editor.org/rfc/rfc7644#section-3.12"}},
		Reason: "The error body has no detail.", Wanted: []string{"a detail"}, Got: `{"status":"400"}`, Where: "/detail", DurationMS: 0.9,
		Repeat: "assay run --only scim.error.detail-present --target https://acme.example/scim/v2",
	}, {
		ID: "scim.etag.if-match", Title: "a stale If-Match is refused", Level: reports.Must, Profiles: []string{"scim"},
		Outcome: reports.Fail, Known: true, KnownReason: "ETags arrive with release 4.2, see ticket ACME-991", Reason: "status 200, and the newer change was lost",
		Refs:   []reports.Ref{{Doc: "RFC 7644", Section: "3.14", Quote: "the service provider MUST", URL: "https://www.rfc-editor.org/rfc/rfc7644#section-3.14"}},
		Wanted: []string{"status 412"}, Got: "status 200", DurationMS: 1.1,
		Repeat: "assay run --only scim.etag.if-match --target https://acme.example/scim/v2",
	}}
}

func openChecks() []reports.Check {
	return []reports.Check{{
		ID: "scim.filter.eq-unknown-attribute", Title: "a filter on an unknown attribute is refused with invalidFilter",
		Level: reports.Must, Profiles: []string{"scim"}, Outcome: reports.NotRun,
		Reason:    "The control failed: a filter on userName was answered with 500, so a refusal would prove nothing.",
		Exchanges: []reports.Exchange{{DurationMS: 2, Request: reports.Request{Method: "GET", URL: "https://acme.example/scim/v2/Users?filter=userName+eq+%22x%22"}, Response: reports.Response{Status: 500, Header: map[string][]string{"Content-Type": {"text/html"}}, Body: "<html><h1>Internal Server Error</h1></html>", Truncated: true}}},
		Repeat:    "assay run --only scim.filter.eq-unknown-attribute --target https://acme.example/scim/v2",
	}, {
		ID: "oidc.discovery.issuer", Title: "the issuer of the discovery document is compared", Level: reports.Must,
		Profiles: []string{"oidc"}, Outcome: reports.Error, Reason: "harness: the fake IdP's control API did not answer within 5s",
	}, {
		ID: "scim.bulk.order", Title: "bulk operations are applied in order", Level: reports.Must, Profiles: []string{"scim"},
		Needs: []string{"bulk"}, Outcome: reports.NotApplicable, Reason: "ServiceProviderConfig says that bulk is not supported",
	}, {
		ID: "saml.response.xsw1", Title: "signature wrapping, form 1, is refused", Level: reports.Must, Profiles: []string{"saml"},
		Needs: []string{"saml"}, Outcome: reports.NotApplicable,
	}}
}

func passedChecks() []reports.Check {
	pass := func(id, title string, level reports.Level, profiles ...string) reports.Check {
		return reports.Check{ID: id, Title: title, Level: level, Profiles: profiles, Outcome: reports.Pass, DurationMS: 0.8, Exchanges: []reports.Exchange{createUser()}}
	}
	return []reports.Check{
		pass("scim.discovery.service-provider-config", "ServiceProviderConfig is served", reports.Must, "scim", "okta"),
		pass("scim.discovery.schemas", "Schemas lists the User schema", reports.Must, "scim"),
		pass("scim.users.create", "a user is created with 201 and a Location", reports.Must, "scim", "okta", "entra"),
		pass("scim.users.unique-user-name", "a second user of the same name is refused with 409", reports.Must, "scim", "okta"),
		pass("scim.users.delete", "a deleted user is gone", reports.Must, "scim"),
		pass("scim.patch.add", "a PATCH adds a value", reports.Must, "scim", "entra"),
		pass("scim.filter.case", "attribute names in a filter are case-insensitive", reports.Should, "scim"),
		pass("google.users.create", "Google's create is accepted", reports.Must, "google"),
		pass("google.users.suspend", "a suspension deactivates the user", reports.May, "google"),
	}
}

func createUser() reports.Exchange {
	return reports.Exchange{
		Label: "control", DurationMS: 0.7,
		Request: reports.Request{
			Method: "POST", URL: "https://acme.example/scim/v2/Users", Header: scimHeader("Authorization", "Bearer [redacted]"),
			Body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"assay-k7m2qx-1@acme.example","active":true}`,
		},
		Response: reports.Response{Status: 201, Header: scimHeader("Etag", `W/"1"`), Body: `{"id":"2819c223-7f76-453a-919d-413861904646","userName":"assay-k7m2qx-1@acme.example","active":true}`},
	}
}

func scimHeader(name, value string) map[string][]string {
	return map[string][]string{"Content-Type": {"application/scim+json"}, name: {value}}
}
