package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"assay/reference/scim/leniency"
)

// TestEntraRows plays what Microsoft's SCIM Validator and reference Postman collections ask, to a lenient tenant and
// to a strict one. The names begin with the rows of the catalogue of checks.
func TestEntraRows(t *testing.T) {
	for _, rows := range [][]vendorRow{entraRowsOfUsers(), entraRowsOfPatches(), entraRowsOfGroups(), entraRowsOfQueries()} {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				playLenient(t, row)
				playStrict(t, row)
			})
		}
	}
}

const entraFull = `{"schemas":["` + userURN + `","` + workURN + `"],"externalId":"e-1","userName":"ada@example.test","active":true,"displayName":"Ada Byron",
	"nickName":"Addie","title":"Countess","userType":"Employee","locale":"en-GB","timezone":"Europe/London","preferredLanguage":"en","profileUrl":"https://x.test/ada",
	"name":{"formatted":"Ada Byron","familyName":"Byron","givenName":"Ada","middleName":"K","honorificPrefix":"Lady","honorificSuffix":"I"},
	"emails":[{"type":"work","primary":true,"value":"ada@example.test"},{"type":"home","value":"ada@home.test"},{"type":"other","value":"ada@other.test"}],
	"phoneNumbers":[{"type":"work","value":"1"},{"type":"mobile","value":"2"},{"type":"fax","value":"3"}],"ims":[{"type":"xmpp","value":"ada"}],
	"addresses":[{"type":"work","formatted":"F","streetAddress":"S","locality":"L","region":"R","postalCode":"P","country":"GB"}],
	"roles":[{"primary":ROLE,"type":"WindowsAzureActiveDirectoryRole","value":"Admin","display":"Admin"}],"entitlements":[{"value":"e"}],
	"` + workURN + `":{"employeeNumber":"7","costCenter":"C","organization":"O","division":"D","department":"Dep","manager":{"value":"MANAGER"}}}`

func entraRowsOfUsers() []vendorRow {
	full := []any{"externalId", "e-1", "userType", "Employee", "timezone", "Europe/London", "profileUrl", "https://x.test/ada", "name/honorificSuffix", "I",
		"emails/2/value", "ada@other.test", "phoneNumbers/2/value", "3", "ims/0/value", "ada", "addresses/0/postalCode", "P", "roles/0/primary", true, "entitlements/0/value", "e",
		workURN + "/costCenter", "C", workURN + "/organization", "O", workURN + "/division", "D", workURN + "/manager/value", "MANAGER"}
	body := func(role string) string { return strings.Replace(entraFull, "ROLE", role, 1) }
	find := "GET /Users?filter=userName+eq+%22ada@example.test%22"
	return []vendorRow{
		{name: "ENT-01 every mapped attribute", steps: []step{
			{"POST /Users", body("true"), 201, full}, {request: find, pairs: prefixed("Resources/0/", full)}}},
		{name: "ENT-01 primary as text", used: []string{leniency.TextBoolean}, strict: []int{400}, steps: []step{
			{"POST /Users", body(`"True"`), 201, full}}},
		{name: "ENT-02 a duplicate", steps: []step{
			{"POST /Users", body("true"), 201, nil}, {"POST /Users", body("true"), 409, []any{"scimType", "uniqueness"}}}},
		{name: "ENT-03 matching", steps: []step{
			{request: "GET /Users?filter=userName+eq+%22cast%22", pairs: []any{"totalResults", 1, "Resources/0/id", "USER"}},
			{request: "GET /Users?filter=userName+eq+%22CAST%22", pairs: []any{"totalResults", 1, "Resources/0/id", "USER"}},
			{request: "GET /Users?filter=userName+eq+%22nobody%22", pairs: []any{"totalResults", 0}}}},
		{name: "ENT-06 ENT-13 delete, twice, and of nobody", steps: []step{
			{request: "DELETE /Users/USER", status: 204}, {request: "GET /Users/USER", status: 404}, {request: "DELETE /Users/USER", status: 404},
			{request: "DELETE /Users/nobody", status: 404}}},
		{name: "ENT-18 null for parts of an address", steps: []step{
			{"POST /Users", userBody("ada", `,"addresses":[{"type":"work","streetAddress":null,"locality":"L","region":null,"country":null}]`), 201,
				[]any{"addresses", []any{map[string]any{"type": "work", "locality": "L"}}}}}},
	}
}

func entraRowsOfPatches() []vendorRow {
	capital := []string{leniency.CapitalOperation}
	creating := []string{leniency.CapitalOperation, leniency.CreatingReplace}
	create := func(path, at string) vendorRow {
		return vendorRow{name: "ENT-16 a missing value at " + path, used: creating, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":` + quote(path) + `,"value":"new"}`), 200, []any{at, "new"}}}}
	}
	manager := func(op, value string, kept any) step {
		return step{"PATCH /Users/USER", patchBody(`{"op":"` + op + `","path":"` + workURN + `:manager"` + value + `}`), 200, []any{workURN + "/manager/value", kept}}
	}
	return []vendorRow{
		{name: "ENT-04 one operation an attribute", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"add","path":"displayName","value":"D"}`, `{"op":"add","path":"title","value":"T"}`, `{"op":"add","path":"name.middleName","value":"M"}`,
				`{"op":"replace","path":"emails[type eq \"work\"].value","value":"w@x.test"}`, `{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"2"}`,
				`{"op":"add","path":"`+workURN+`:department","value":"Dep"}`, `{"op":"replace","path":"userName","value":"cast2"}`), 200,
				[]any{"displayName", "D", "title", "T", "name/middleName", "M", "name/givenName", "A", "emails/0/value", "w@x.test", "emails/1", nil,
					"phoneNumbers/0/value", "2", workURN + "/department", "Dep", "userName", "cast2"}}}},
		{name: "ENT-05 userName and active", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"userName","value":"renamed"}`), 200, []any{"userName", "renamed"}},
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"active","value":false}`), 200, []any{"active", false}},
			{request: "GET /Users?filter=userName+eq+%22renamed%22", pairs: []any{"totalResults", 1, "Resources/0/active", false}}}},
		{name: "ENT-05 the manager added, replaced, removed", steps: []step{
			manager("add", `,"value":{"value":"MANAGER"}`, "MANAGER"), manager("replace", `,"value":{"value":"USER"}`, "USER"), manager("remove", "", nil)}},
		{name: "ENT-12 several operations on one attribute", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"title","value":"1"}`, `{"op":"remove","path":"title"}`, `{"op":"add","path":"title","value":"2"}`,
				`{"op":"add","path":"emails","value":[{"type":"home","value":"h@x.test"}]}`, `{"op":"remove","path":"emails[type eq \"work\"]"}`), 200,
				[]any{"title", "2", "emails/0/value", "h@x.test", "emails/1", nil}}}},
		{name: "ENT-15 capitals, and values as objects in an array", used: capital, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Add","path":"emails","value":[{"value":"h@x.test","type":"home"}]}`, `{"op":"Replace","path":"title","value":"T"}`,
				`{"op":"Remove","path":"name.givenName"}`), 200, []any{"emails/1/value", "h@x.test", "title", "T", "name/givenName", nil, "name/familyName", "B"}}}},
		create(`phoneNumbers[type eq "mobile"].value`, "phoneNumbers/0/value"), create(`addresses[type eq "work"].streetAddress`, "addresses/0/streetAddress"),
		create(`roles[type eq "r"].value`, "roles/0/value"), create(`entitlements[type eq "e"].value`, "entitlements/0/value"), create(`emails[type eq "other"].value`, "emails/1/value"),
		{name: "ENT-17 a boolean in quotation marks", used: []string{leniency.CapitalOperation, leniency.CreatingReplace, leniency.TextBooleanFilter}, strict: []int{400, 400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"roles[primary eq \"true\"].value","value":"Reader"}`), 200, []any{"roles/0/value", "Reader", "roles/0/primary", true}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"roles[primary eq \"true\"].value","value":"Admin"}`), 200, []any{"roles/0/value", "Admin", "roles/1", nil}}}},
		{name: "ENT-19 a remove without path", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"remove"}`), 400, []any{"scimType", "noTarget"}}}},
		{name: "ENT-20 a PATCH is answered with the user", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"title","value":"T"}`), 200, []any{"id", "USER", "title", "T"}}}},
	}
}

func entraRowsOfGroups() []vendorRow {
	const body = `{"schemas":["` + groupURN + `"],"externalId":"g-1","displayName":"Team"}`
	return []vendorRow{
		{name: "ENT-07 create, and a second one of the name", steps: []step{
			{"POST /Groups", body, 201, []any{"displayName", "Team", "externalId", "g-1"}}, {"POST /Groups", body, 201, nil}}},
		{name: "ENT-08 without members", steps: []step{
			{request: "GET /Groups/GROUP?excludedAttributes=members", pairs: []any{"displayName", "Cast", "members", nil}},
			{request: "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Cast%22", pairs: []any{"totalResults", 1, "Resources/0/members", nil}}}},
		{name: "ENT-09 matching", steps: []step{
			{"POST /Groups", body, 201, nil},
			{request: "GET /Groups?filter=displayName+eq+%22team%22", pairs: []any{"totalResults", 1, "Resources/0/externalId", "g-1"}},
			{request: "GET /Groups?filter=externalId+eq+%22g-1%22", pairs: []any{"totalResults", 1}},
			{request: "GET /Groups?filter=externalId+eq+%22G-1%22", pairs: []any{"totalResults", 0}}, // externalId is case-exact
			{request: "GET /Groups?filter=displayName+eq+%22nobody%22", pairs: []any{"totalResults", 0}}}},
		{name: "ENT-10 ENT-12 attributes and members", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"replace","path":"displayName","value":"Crew"}`, `{"op":"add","path":"externalId","value":"g-2"}`), 200, []any{"displayName", "Crew", "externalId", "g-2", "members/1/value", "MANAGER"}},
			{"PATCH /Groups/GROUP", patchBody(`{"op":"remove","path":"members[value eq \"USER\"]"}`), 200, []any{"members/0/value", "MANAGER", "members/1", nil}},
			{"PATCH /Groups/GROUP", patchBody(`{"op":"add","path":"members","value":[{"value":"USER"}]}`, `{"op":"remove","path":"members[value eq \"MANAGER\"]"}`), 200, []any{"members/0/value", "USER", "members/1", nil}}}},
		{name: "ENT-11 ENT-13 delete, twice, and of nobody", steps: []step{
			{request: "DELETE /Groups/GROUP", status: 204}, {request: "GET /Groups/GROUP", status: 404}, {request: "DELETE /Groups/GROUP", status: 404},
			{request: "DELETE /Groups/nobody", status: 404}}},
	}
}

func entraRowsOfQueries() []vendorRow {
	return []vendorRow{
		{name: "ENT-21 changes in a window, by page", steps: []step{
			{request: "GET /Users?filter=meta.lastModified+ge+%222020-01-01T00:00:00Z%22+and+meta.lastModified+le+%222120-01-01T00:00:00Z%22&startindex=0&count=1",
				pairs: []any{"totalResults", 2, "itemsPerPage", 1, "startIndex", 1, "Resources/0/id", "MANAGER"}},
			{request: "GET /Users?filter=meta.lastModified+ge+%222020-01-01T00:00:00Z%22+and+meta.lastModified+le+%222120-01-01T00:00:00Z%22&startindex=2&count=1",
				pairs: []any{"totalResults", 2, "startIndex", 2, "Resources/0/id", "USER"}},
			{request: "GET /Users?filter=meta.lastModified+lt+%222020-01-01T00:00:00Z%22", pairs: []any{"totalResults", 0}}}},
		{name: "ENT-22 mixed case and parentheses", steps: []step{
			{request: "GET /Users?filter=((UserName+eq+%22cast%22)+and+((EMAILS.Value+co+%22c%22)))", pairs: []any{"totalResults", 1, "Resources/0/id", "USER"}},
			{request: "GET /Groups?filter=(DISPLAYNAME+eq+%22cast%22)", pairs: []any{"Resources/0/id", "GROUP"}}}},
		{name: "ENT-23 test connection", steps: []step{
			{request: "GET /Users?count=1", pairs: []any{"totalResults", 2, "itemsPerPage", 1}}}},
		{name: "OTH-02 Google suspends, then deletes", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"active","value":false}`), 200, []any{"active", false}},
			{request: "GET /Users/USER", pairs: []any{"active", false}},
			{request: "DELETE /Users/USER", status: 204}, {request: "GET /Users/USER", status: 404}}},
	}
}

// prefixed gives the pairs with their paths below another one.
func prefixed(prefix string, pairs []any) []any {
	pairs = append([]any{}, pairs...)
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = prefix + fmt.Sprint(pairs[i])
	}
	return pairs
}
