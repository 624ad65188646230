package scim_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/leniency"
)

// step is one request of an identity provider. USER, MANAGER and GROUP stand for ids, "" as status is 200.
type step struct {
	request string // method and target
	body    string
	status  int
	pairs   []any // what the answer must hold, see client.expect
}

// vendorRow is what an identity provider sends in one situation. Its name is that of the row of the
// collected facts from which the body is taken: section and title. The people are made up.
type vendorRow struct {
	name   string
	steps  []step
	used   []string // the leniencies that it takes
	strict []int    // the statuses for a strict tenant, where they differ
}

const (
	msGroupURL = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
	entraUser  = `{"schemas":["` + userURN + `","` + workURN + `"],"externalId":"ada","userName":"ada@example.test","active":true,
		"displayName":"Ada Byron","emails":[{"primary":true,"type":"work","value":"ada@example.test"}],"meta":{"resourceType":"User"},
		"name":{"formatted":"Ada Byron","familyName":"Byron","givenName":"Ada"},"roles":[]}`
	oneLoginURNs = `["urn:scim:schemas:core:2.0","urn:scim:schemas:extension:enterprise:2.0"]`
)

// TestVendorRequests sends what the vendors send, to a lenient tenant and to a strict one.
func TestVendorRequests(t *testing.T) {
	for _, rows := range [][]vendorRow{okta(), entraUsers(), entraPatches(), entraGroups(), entra062020(), oneLogin(), jumpCloud()} {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				playLenient(t, row)
				playStrict(t, row)
			})
		}
	}
}

func playLenient(t *testing.T, row vendorRow) {
	c := newClient(t)
	ids := c.cast()
	for _, s := range row.steps {
		c.expect(c.play(ids, s, max(s.status, http.StatusOK)), named(ids, s.pairs)...)
	}
	used := c.leniencies()
	want := slices.Sorted(slices.Values(row.used))
	if !slices.Equal(used, want) {
		t.Errorf("used %q, wanted %q", used, want)
	}
}

func playStrict(t *testing.T, row vendorRow) {
	c := newClient(t)
	ids := c.cast()
	c.setStrict(true)
	for i, s := range row.steps {
		status := max(s.status, http.StatusOK)
		if row.strict != nil {
			status = row.strict[i]
		}
		r := c.play(ids, s, status)
		if row.strict == nil {
			c.expect(r, named(ids, s.pairs)...)
		}
	}
	if used := c.leniencies(); len(used) > 0 {
		t.Errorf("a strict tenant forgave %q", used)
	}
}

// cast makes the resources that the rows are about: a user with a work address, another as manager, and
// a group of both.
func (c *client) cast() *strings.Replacer {
	c.Helper()
	manager := c.user("manager")
	user := c.want(201, "POST", "/Users", userBody("cast", `,"name":{"givenName":"A","familyName":"B"},"emails":[{"value":"c@x.test","type":"work"}]`)).id()
	group := c.group("Cast", user, manager)
	return strings.NewReplacer("USER", user, "MANAGER", manager, "GROUP", group)
}

func (c *client) play(ids *strings.Replacer, s step, status int) response {
	c.Helper()
	method, target, _ := strings.Cut(s.request, " ")
	return c.want(status, method, ids.Replace(target), ids.Replace(s.body))
}

// named gives the pairs with the ids in place of the names.
func named(ids *strings.Replacer, pairs []any) []any {
	pairs = slices.Clone(pairs)
	for i, want := range pairs {
		if text, ok := want.(string); ok {
			pairs[i] = ids.Replace(text)
		}
	}
	return pairs
}

func (c *client) setStrict(strict bool) {
	c.Helper()
	if err := c.store.SetStrict(context.Background(), "acme", strict); err != nil {
		c.Fatal(err)
	}
}

// leniencies names what was forgiven according to the audit log.
func (c *client) leniencies() []string {
	c.Helper()
	events, err := c.store.Events(context.Background(), "acme", 100)
	if err != nil {
		c.Fatal(err)
	}
	names := map[string]bool{}
	for _, e := range events {
		if e.Action != "scim.leniency.used" {
			continue
		}
		if e.Actor != "scim:t1" || e.Detail["names"] == "" || e.Detail["status"] == "" || e.Detail["request"] == "" {
			c.Errorf("event %+v", e)
		}
		for _, name := range strings.Split(e.Detail["names"], ",") {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func okta() []vendorRow {
	return []vendorRow{
		{name: "1.4 Okta match before create", steps: []step{
			{request: "GET /Users?filter=userName%20eq%20%22ada%40example.test%22&startIndex=1&count=100", pairs: []any{"totalResults", 0, "Resources", []any{}}}}},
		{name: "1.5 Okta create", steps: []step{
			{"POST /Users", oktaUser, 201, []any{"active", true, "password", nil, "groups", nil, "userName", "ada@example.test"}},
			{"POST /Users", oktaUser, 409, []any{"scimType", "uniqueness"}}}},
		{name: "1.6 Okta update", steps: []step{
			{"PUT /Users/USER", `{"schemas":["` + userURN + `"],"id":"USER","userName":"ada@example.test","name":{"givenName":"Ada","middleName":"K","familyName":"Byron"},
				"emails":[{"primary":true,"value":"ada@example.test","type":"work","display":"ada@example.test"}],"active":true,"groups":[],"meta":{"resourceType":"User"}}`,
				200, []any{"name/middleName", "K", "id", "USER", "groups/0/value", "GROUP"}}}},
		{name: "1.7 Okta deactivate and reactivate", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","value":{"active":false}}`), 200, []any{"active", false}},
			{request: "GET /Users/USER", pairs: []any{"active", false}},
			{"PATCH /Users/USER", patchBody(`{"op":"replace","value":{"active":true}}`), 200, []any{"active", true, "id", "USER"}}}},
		{name: "1.7 Okta deactivate, repeating the id", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","value":{"id":"USER","active":false}}`), 200, []any{"active", false}}}},
		{name: "1.7 Okta password sync", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","value":{"password":"x7Kp02qz"}}`), 200, []any{"password", nil, "meta/version", `W/"1"`}}}},
		{name: "1.8 Okta group create", steps: []step{
			{"POST /Groups", `{"schemas":["` + groupURN + `"],"displayName":"Eng Team","members":[]}`, 201, []any{"displayName", "Eng Team", "externalId", nil}}}},
		{name: "1.8 Okta group rename", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"replace","value":{"id":"GROUP","displayName":"Eng Team"}}`), 200, []any{"displayName", "Eng Team", "id", "GROUP", "members/1/value", "MANAGER"}}}},
		{name: "1.8 Okta group members", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"remove","path":"members[value eq \"USER\"]"}`, `{"op":"add","path":"members","value":[{"value":"MANAGER","display":"ada@example.test"}]}`),
				200, []any{"members/0/value", "MANAGER", "members/1", nil}}}},
		{name: "1.8 Okta full push", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"replace","path":"members","value":[{"value":"USER","display":"c@x.test"}]}`), 200, []any{"members/0/value", "USER", "members/1", nil}}}},
		{name: "1.8 Okta AIW members", steps: []step{
			{"PUT /Groups/GROUP", `{"schemas":["` + groupURN + `"],"displayName":"Eng Team","members":[{"value":"USER","display":"c@x.test"}]}`, 200, []any{"members/0/value", "USER", "members/1", nil}}}},
		{name: "1.9 Okta import", steps: []step{
			{request: "GET /Users?startIndex=1&count=100", pairs: []any{"totalResults", 2, "startIndex", 1, "itemsPerPage", 2}},
			{request: "GET /Users?startIndex=101&count=100", pairs: []any{"totalResults", 2, "itemsPerPage", 0}}}},
	}
}

func entraUsers() []vendorRow {
	return []vendorRow{
		{name: "2.3 Entra test connection", steps: []step{
			{request: "GET /Users?filter=userName+eq+%227d420df3-0000-4000-8000-1e2f3a4b5c6d%22", pairs: []any{"totalResults", 0}},
			{request: "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Cast%22", pairs: []any{"totalResults", 1, "Resources/0/members", nil}}}},
		{name: "2.4 Entra match by work address", steps: []step{
			{request: "GET /Users?filter=emails[type+eq+%22work%22].value+eq+%22C@x.test%22", pairs: []any{"Resources/0/id", "USER"}}}},
		{name: "2.6 Entra create", steps: []step{
			{"POST /Users", entraUser, 201, []any{"externalId", "ada", "roles", nil, "schemas", []any{userURN}, "meta/resourceType", "User"}}}},
		{name: "2.6 Entra create, Example 2", used: []string{leniency.ForeignSchema}, strict: []int{400}, steps: []step{
			{"POST /Users", `{"schemas":["` + userURN + `","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"userName":"ada@example.test",
				"addresses":null,"phoneNumbers":null,"preferredLanguage":null,"title":null,"department":null,"manager":null}`,
				201, []any{"schemas", []any{userURN}, "title", nil, "manager", nil}}}},
		{name: "2.6 Entra create with the manager as text", used: []string{leniency.ReferenceForm}, strict: []int{400}, steps: []step{
			{"POST /Users", `{"schemas":["` + userURN + `","` + workURN + `"],"userName":"ada@example.test","` + workURN + `":{"manager":"MANAGER"}}`,
				201, []any{workURN + "/manager/value", "MANAGER"}}}},
		{name: "2.6 Entra SingleAppRoleAssignment", used: []string{leniency.TextBoolean}, strict: []int{400}, steps: []step{
			{"POST /Users", userBody("ada", `,"roles":[{"primary":"True","type":"WindowsAzureActiveDirectoryRole","value":"Admin"}]`), 201, []any{"roles/0/primary", true, "roles/0/value", "Admin"}}}},
		{name: "2.6 Entra AppRoleAssignments", steps: []step{
			{"POST /Users", userBody("ada", `,"roles":[{"value":"{\"id\":\"r-1\",\"value\":\"Admin\",\"displayName\":\"Admin\"}"}]`), 201,
				[]any{"roles/0/value", `{"id":"r-1","value":"Admin","displayName":"Admin"}`}}}},
	}
}

func entraPatches() []vendorRow {
	capital := []string{leniency.CapitalOperation}
	return []vendorRow{
		{name: "2.7 Entra default PATCH", used: []string{leniency.CapitalOperation, leniency.TextBoolean}, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"displayName","value":"Ada L"}`,
				`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ada.l@example.test"}`,
				`{"op":"Replace","path":"name.familyName","value":"Lovelace"}`,
				`{"op":"Add","path":"addresses[type eq \"work\"].country","value":"GB"}`,
				`{"op":"Replace","path":"`+workURN+`:employeeNumber","value":"17"}`,
				`{"op":"Replace","path":"active","value":"False"}`), 200,
				[]any{"displayName", "Ada L", "emails/0/value", "ada.l@example.test", "name/familyName", "Lovelace", "addresses/0/country", "GB",
					"addresses/0/type", "work", workURN + "/employeeNumber", "17", "active", false}}}},
		{name: "2.7 Entra replace that matches nothing", used: []string{leniency.CapitalOperation, leniency.CreatingReplace}, strict: []int{400, 400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 555"}`, `{"op":"Replace","path":"title","value":"Dr."}`), 200,
				[]any{"phoneNumbers/0/value", "+1 555", "phoneNumbers/0/type", "mobile", "title", "Dr."}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"phoneNumbers[type ne \"mobile\"].value","value":"+1 555"}`), 400, []any{"scimType", "noTarget"}}}},
		{name: "2.7 Entra lower-case false as text", used: []string{leniency.CapitalOperation, leniency.TextBoolean}, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"active","value":"false"}`), 200, []any{"active", false}}}},
		{name: "2.1 Entra capital with a real boolean", used: capital, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"active","value":false}`), 200, []any{"active", false}}}},
		{name: "2.7 Entra role by primary as text", used: []string{leniency.CapitalOperation, leniency.TextBoolean, leniency.TextBooleanFilter, leniency.CreatingReplace},
			strict: []int{400, 400, 400}, steps: []step{
				{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Reader"}`), 200, []any{"roles/0/value", "Reader", "roles/0/primary", true}},
				{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Admin"}`), 200, []any{"roles/0/value", "Admin", "roles/1", nil}},
				{"PATCH /Users/USER", patchBody(`{"op":"Add","path":"roles","value":[{"primary":"True","value":"Owner"}]}`), 200, []any{"roles/1/primary", true, "roles/0/primary", false}}}},
		{name: "2.7 Entra manager added, replaced, cleared", used: []string{leniency.CapitalOperation, leniency.ReferenceForm, leniency.EmptyText}, strict: []int{400, 400, 400, 400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Add","path":"` + workURN + `:manager","value":"MANAGER"}`), 200, []any{workURN + "/manager/value", "MANAGER"}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"` + workURN + `:manager","value":"USER"}`), 200, []any{workURN + "/manager/value", "USER"}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"` + workURN + `:manager","value":""}`), 200, []any{workURN, nil}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"` + workURN + `:manager","value":{"value":""}}`), 200, []any{workURN, nil}}}},
		{name: "2.7 Entra manager, Example 5", used: []string{leniency.CapitalOperation, leniency.BareExtension, leniency.ReferenceForm}, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Add","path":"manager","value":[{"$ref":"http://acme.test/Users/m-1","value":"MANAGER"}]}`), 200, []any{workURN + "/manager/value", "MANAGER"}}}},
		{name: "2.7 Entra reference probe", steps: []step{
			{request: "GET /Users?filter=id+eq+%22USER%22+and+manager+eq+%22MANAGER%22&attributes=id", pairs: []any{"totalResults", 0}}}},
		{name: "2.12 Entra clears with empty text, then null", used: []string{leniency.CapitalOperation, leniency.EmptyText}, strict: []int{400, 400}, steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"name.givenName","value":""}`), 200, []any{"name/givenName", nil, "name/familyName", "B"}},
			{"PATCH /Users/USER", patchBody(`{"op":"Replace","path":"name.familyName","value":null}`), 200, []any{"name", nil}}}},
	}
}

func entraGroups() []vendorRow {
	capital := []string{leniency.CapitalOperation}
	return []vendorRow{
		{name: "2.9 Entra group create", used: []string{leniency.ForeignSchema}, strict: []int{400}, steps: []step{
			{"POST /Groups", `{"schemas":["` + groupURN + `","` + msGroupURL + `"],"externalId":"8c2e","displayName":"Eng Team","meta":{"resourceType":"Group"}}`, 201,
				[]any{"externalId", "8c2e", "schemas", []any{groupURN}, "members", nil}}}},
		{name: "2.9 Entra add a member, twice", used: capital, strict: []int{400, 400}, steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"USER"}]}`), 200, []any{"members/0/value", "USER", "members/2", nil, "meta/version", `W/"1"`}},
			{"PATCH /Groups/GROUP", patchBody(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"USER"}]}`), 200, []any{"members/2", nil}}}},
		{name: "2.9 Entra remove a member by value", used: []string{leniency.CapitalOperation, leniency.ListedRemove}, strict: []int{400, 400}, steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"USER"}]}`), 200, []any{"members/0/value", "MANAGER", "members/1", nil}},
			{"PATCH /Groups/GROUP", patchBody(`{"op":"Remove","path":"members","value":[{"value":"USER"}]}`), 200, []any{"members/0/value", "MANAGER"}}}},
		{name: "2.9 Entra rename", used: capital, strict: []int{400}, steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"Replace","path":"displayName","value":"Eng"}`), 200, []any{"displayName", "Eng"}}}},
		{name: "2.9 Entra membership probe", steps: []step{
			{request: "GET /Groups?filter=id+eq+%22GROUP%22+and+members+eq+%22USER%22&excludedAttributes=members", pairs: []any{"totalResults", 1, "Resources/0/members", nil}}}},
	}
}

func entra062020() []vendorRow {
	return []vendorRow{
		{name: "2.7 Entra 062020 PATCH", used: []string{leniency.PathKeys}, strict: []int{400}, steps: []step{
			{"PATCH /Users/USER?aadOptscim062020", patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"ada.l@example.test"}`,
				`{"op":"replace","value":{"displayName":"Ada L","name.givenName":"Ada","name.familyName":"Lovelace","`+workURN+`:employeeNumber":"17"}}`), 200,
				[]any{"displayName", "Ada L", "name/givenName", "Ada", "name/familyName", "Lovelace", workURN + "/employeeNumber", "17", "emails/0/value", "ada.l@example.test"}}}},
		{name: "2.7 Entra 062020 replace that matches nothing", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 555"}`), 400, []any{"scimType", "noTarget"}}}},
		{name: "2.8 Entra 062020 disable", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"active","value":false}`), 200, []any{"active", false}}}},
		{name: "2.9 Entra 062020 remove a member", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"remove","path":"members[value eq \"USER\"]"}`), 200, []any{"members/0/value", "MANAGER", "members/1", nil}}}},
	}
}

func oneLogin() []vendorRow {
	return []vendorRow{
		{name: "3.1 OneLogin lookup", steps: []step{
			{request: "GET /Users?filter=userName+eq+%22cast%22&", pairs: []any{"Resources/0/id", "USER"}},
			{request: "GET /Users?", pairs: []any{"totalResults", 2}},
			{request: "GET /Users?filter=&count=&startIndex=", pairs: []any{"totalResults", 2}}}},
		{name: "3.1 OneLogin PUT with its own schemas", used: []string{leniency.ForeignSchema, leniency.LegacyCoreSchema}, strict: []int{400}, steps: []step{
			{"PUT /Users/USER?", `{"schemas":` + oneLoginURNs + `,"id":null,"userName":"cast","active":true,"displayName":"Ada"}`, 200, []any{"displayName", "Ada", "schemas", []any{userURN}}}}},
		{name: "3.1 OneLogin PUT without active", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"active","value":false}`), 200, nil},
			{"PUT /Users/USER?", userBody("cast", ""), 200, []any{"active", false}}}},
		{name: "3.1 OneLogin emails as an object", used: []string{leniency.ObjectForList}, strict: []int{400, 400}, steps: []step{
			{"POST /Users", userBody("ada", `,"emails":{"value":"ada@example.test"}`), 201, []any{"emails", []any{map[string]any{"value": "ada@example.test"}}}},
			{"PUT /Users/USER?", userBody("cast", `,"emails":{"value":"ada@example.test","primary":true}`), 200, []any{"emails/0/primary", true, "emails/1", nil}}}},
		{name: "3.2 OneLogin create from the template", used: []string{leniency.TextBoolean, leniency.EmptyText}, strict: []int{400}, steps: []step{
			{"POST /Users", `{"schemas":["` + userURN + `","` + workURN + `"],"userName":"ada@example.test","displayName":"Ada Byron",
				"name":{"givenName":"Ada","familyName":"Byron","formatted":"Ada Byron"},"emails":[{"value":"ada@example.test","type":"work","primary":true}],
				"active":"true","` + workURN + `":{"department":"","manager":{"managerId":null,"displayName":""}}}`, 201,
				[]any{"active", true, workURN, nil, "schemas", []any{userURN}}}}},
		{name: "3.3 OneLogin add a member", steps: []step{
			{"PATCH /Groups/GROUP?", patchBody(`{"op":"add","path":"members","value":[{"value":"USER"}]}`), 200, []any{"members/2", nil}}}},
	}
}

func jumpCloud() []vendorRow {
	const user = `{"schemas":["` + userURN + `","` + workURN + `"],"userName":"ada","externalId":"5f1e0c2b9d3a4e6f7a8b9c0d","active":true,"displayName":"Ada Byron",
		"name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"primary":true,"type":"work","value":"ada@example.test"}],
		"addresses":[{"country":"GB","locality":"London","postalCode":"1","primary":true,"region":"L","streetAddress":"St","type":"work"}],
		"phoneNumbers":[{"primary":true,"type":"work","value":"tel:+1-555"}],"locale":"en-GB","preferredLanguage":"en"}`
	return []vendorRow{
		{name: "5 JumpCloud create", steps: []step{
			{"POST /Users", user, 201, []any{"externalId", "5f1e0c2b9d3a4e6f7a8b9c0d", "phoneNumbers/0/value", "tel:+1-555", "addresses/0/country", "GB"}}}},
		{name: "5 JumpCloud PUT with empty arrays", steps: []step{
			{"PUT /Users/USER", `{"schemas":["` + userURN + `","` + workURN + `"],"id":"USER","userName":"cast","active":true,"title":"T","photos":[],"addresses":[],
				"emails":[{"primary":true,"type":"work","value":"ada@example.test"}],"` + workURN + `":{"department":"D"}}`, 200, []any{"photos", nil, "title", "T", workURN + "/department", "D"}}}},
		{name: "5 JumpCloud PATCH", steps: []step{
			{"PATCH /Users/USER", patchBody(`{"op":"replace","path":"name.givenName","value":"Ada"}`, `{"op":"replace","path":"active","value":false}`), 200, []any{"name/givenName", "Ada", "active", false}}}},
		{name: "5 JumpCloud group rename", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"replace","value":{"displayName":"Eng"}}`), 200, []any{"displayName", "Eng", "members/1/value", "MANAGER"}}}},
		{name: "5 JumpCloud add a member again", steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"add","path":"members","value":[{"value":"USER"}]}`), 200, []any{"members/2", nil, "meta/version", `W/"1"`}}}},
		{name: "5 JumpCloud remove a member by value", used: []string{leniency.ListedRemove}, strict: []int{400}, steps: []step{
			{"PATCH /Groups/GROUP", patchBody(`{"op":"remove","path":"members","value":[{"value":"USER"}]}`), 200, []any{"members/0/value", "MANAGER", "members/1", nil}}}},
	}
}
