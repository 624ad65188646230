package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"assay/reference/scim"
)

// TestErrorKeywords goes through table 9 of RFC 7644, case by case (ERR-05, GAP-059, GAP-060). "sensitive" is for
// a server that wants no personal data in URLs; this one takes filters there, which section 7.5.2 allows.
func TestErrorKeywords(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxResults = 2 })
	ada, grp := "/Users/"+c.user("ada"), "/Groups/"+c.group("g")
	c.user("bob")
	filter := func(text string) string { return "/Users?filter=" + url.QueryEscape(text) }
	find := func(more string) string { return `{"schemas":["` + findURN + `"],` + more + `}` }
	for name, try := range map[string]struct {
		request, body, scimType string
		status                  int
	}{
		"a filter against the grammar":            {"GET " + filter(`userName eq`), "", "invalidFilter", 400},
		"a comparison that is not supported":      {"GET " + filter(`active gt true`), "", "invalidFilter", 400},
		"a filter in a search":                    {"POST /Users/.search", find(`"filter":"userName eq"`), "invalidFilter", 400},
		"a filter in a search over all types":     {"POST /.search", find(`"filter":"(id pr"`), "invalidFilter", 400},
		"a filter in a path":                      {"PATCH " + ada, patchBody(`{"op":"remove","path":"emails[type gt]"}`), "invalidFilter", 400},
		"more results than the server gives":      {"GET /", "", "tooMany", 400},
		"more results than a search gives":        {"POST /.search", find(`"filter":"id pr"`), "tooMany", 400},
		"a create with a taken name":              {"POST /Users", userBody("ADA", ""), "uniqueness", 409},
		"a PUT with a taken name":                 {"PUT " + ada, userBody("bob", ""), "uniqueness", 409},
		"a PATCH to a taken name":                 {"PATCH " + ada, patchBody(`{"op":"replace","path":"userName","value":"bob"}`), "uniqueness", 409},
		"a PATCH of what is readOnly":             {"PATCH " + ada, patchBody(`{"op":"add","path":"groups","value":[{"value":"x"}]}`), "mutability", 400},
		"a PATCH of what is immutable":            {"PATCH " + grp, patchBody(`{"op":"replace","path":"members[value pr].value","value":"x"}`), "mutability", 400},
		"a PATCH that removes what is required":   {"PATCH " + ada, patchBody(`{"op":"remove","path":"userName"}`), "mutability", 400},
		"a create that is no object":              {"POST /Users", `[]`, "invalidSyntax", 400},
		"a create without schemas":                {"POST /Users", `{"userName":"x"}`, "invalidSyntax", 400},
		"a PUT that breaks off":                   {"PUT " + ada, `{"schemas":[`, "invalidSyntax", 400},
		"a PATCH without PatchOp":                 {"PATCH " + ada, `{"Operations":[{"op":"remove","path":"title"}]}`, "invalidSyntax", 400},
		"an operation that does not exist":        {"PATCH " + ada, patchBody(`{"op":"move","path":"title"}`), "invalidSyntax", 400},
		"a search without its schema":             {"POST /Users/.search", `{"filter":"id pr"}`, "invalidSyntax", 400},
		"a bulk request without its schema":       {"POST /Bulk", `{"Operations":[]}`, "invalidSyntax", 400},
		"a path filter that breaks off":           {"PATCH " + ada, patchBody(`{"op":"replace","path":"emails[","value":"x"}`), "invalidFilter", 400},
		"a path that is none":                     {"PATCH " + ada, patchBody(`{"op":"replace","path":"name..givenName","value":"x"}`), "invalidPath", 400},
		"a path to an attribute that is not":      {"PATCH " + ada, patchBody(`{"op":"replace","path":"nope","value":"x"}`), "invalidPath", 400},
		"a remove without path":                   {"PATCH " + ada, patchBody(`{"op":"remove"}`), "noTarget", 400},
		"a path that selects nothing":             {"PATCH " + ada, patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`), "noTarget", 400},
		"a value of the wrong type":               {"POST /Users", userBody("x", `,"active":"perhaps"`), "invalidValue", 400},
		"a create without what is required":       {"POST /Users", `{"schemas":["` + userURN + `"]}`, "invalidValue", 400},
		"a PATCH with a value of the wrong type":  {"PATCH " + ada, patchBody(`{"op":"replace","path":"name.givenName","value":7}`), "invalidValue", 400},
		"a count that is no number":               {"GET /Users?count=many", "", "invalidValue", 400},
		"another version of SCIM":                 {"GET /v1/Users", "", "invalidVers", 400},
		"a create in another version of SCIM":     {"POST /v3/Users", userBody("x", ""), "invalidVers", 400},
		"a version that is ours, where none goes": {"GET /v2/Users", "", "", 404},
		"what only looks like a version":          {"GET /vUsers", "", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.TB = t
			method, path, _ := strings.Cut(try.request, " ")
			c.refused(try.status, try.scimType, method, path, try.body)
		})
	}
}

// TestAnswersAreTheStoredState compares what a write answers with what a GET then says, member by member (GAP-047).
func TestAnswersAreTheStoredState(t *testing.T) {
	c := newClient(t)
	member := c.user("member")
	for _, kind := range []struct{ endpoint, body, replacement, patch string }{
		{"/Users", userBody("ada", `,"title":"T","emails":[{"value":"a@x.test","type":"work","primary":true}],"`+workURN+`":{"department":"D"}`),
			userBody("Ada", `,"nickName":"N","unknown":1,"id":"forged"`),
			patchBody(`{"op":"add","path":"emails","value":[{"value":"b@x.test"}]}`, `{"op":"replace","path":"`+workURN+`:department","value":"E"}`)},
		{"/Groups", groupBody("g", member), groupBody("h"), patchBody(`{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`)},
	} {
		made := c.want(201, "POST", kind.endpoint, kind.body)
		path := kind.endpoint + "/" + made.id()
		same := func(what string, answer response) {
			t.Helper()
			if got := c.want(200, "GET", path, ""); got.raw != answer.raw {
				t.Errorf("%s %s answered\n%s, and GET\n%s", what, path, answer.raw, got.raw)
			}
		}
		same("POST", made)
		same("PUT", c.want(200, "PUT", path, kind.replacement))
		same("PATCH", c.want(200, "PATCH", path, kind.patch))
	}
}

// TestIDsAndValuesAreDecodedOnce writes ids and values in URLs with percent-encoding, where it is needed and where
// it is not (GAP-046).
func TestIDsAndValuesAreDecodedOnce(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	encoded := ""
	for _, b := range []byte(id) {
		encoded += fmt.Sprintf("%%%02x", b)
	}
	c.expect(c.want(200, "GET", "/Users/"+encoded, ""), "id", id)
	c.refused(404, "", "GET", "/Users/"+url.PathEscape(encoded), "")
	for _, name := range []string{"a+b@x.test", "100%25", "%41", "a b", `q"uote`, "a&b=c;d", "/slash?#", "é😀"} {
		c.user(name)
		literal := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)
		r := c.want(200, "GET", "/Users?filter="+url.QueryEscape(`userName eq "`+literal+`"`), "")
		c.expect(r, "totalResults", 1, "Resources/0/userName", name)
	}
}
