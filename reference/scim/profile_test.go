package scim_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// fullProfile has a value for every attribute of the User schema that a client may write and read.
const fullProfile = `,"externalId":"701984","name":{"formatted":"Ms. Ada M Byron, III","familyName":"Byron","givenName":"Ada","middleName":"Mary",
	"honorificPrefix":"Ms.","honorificSuffix":"III"},"displayName":"Ada Byron","nickName":"Addie","profileUrl":"https://login.example.test/ada",
	"title":"Tour Guide","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","active":true,
	"emails":[{"value":"ada@example.test","display":"Ada","type":"work","primary":true},{"value":"ada@home.test","type":"home"}],
	"phoneNumbers":[{"value":"tel:+1-201-555-0123","display":"0123","type":"work","primary":true},{"value":"555-555-4444","type":"mobile"}],
	"ims":[{"value":"someaimhandle","display":"A","type":"aim","primary":true}],
	"photos":[{"value":"https://photos.example.test/profilephoto/72930000000Ccne/F","display":"P","type":"photo","primary":true}],
	"addresses":[{"formatted":"100 Universal City Plaza\nHollywood, CA 91608 USA","streetAddress":"100 Universal City Plaza","locality":"Hollywood",
		"region":"CA","postalCode":"91608","country":"US","type":"work","primary":true}],
	"entitlements":[{"value":"e1","display":"E","type":"app","primary":true}],"roles":[{"value":"r1","display":"R","type":"app","primary":true}],
	"x509Certificates":[{"value":"MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw","display":"C","type":"signing","primary":true}],
	"` + workURN + `":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios","division":"Theme Park","department":"Tour Operations",
		"manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d","$ref":"../Users/26118915-6090-4610-87e4-49d8ca9f808d"}}`

// TestFullProfile shows that every attribute of the core schema and of the enterprise extension is kept as it was
// sent, by POST and by PUT, in whatever order its members come.
func TestFullProfile(t *testing.T) {
	c := newClient(t)
	var sent map[string]any
	if err := json.Unmarshal([]byte(userBody("ada", fullProfile)), &sent); err != nil {
		t.Fatal(err)
	}
	sent["schemas"] = []any{userURN, workURN}
	for name := range c.published() {
		schema, attribute, _ := strings.Cut(name, " ")
		object, top, _ := any(sent), "", 0
		if schema == "EnterpriseUser" {
			object = sent[workURN]
		}
		if top, _, _ = strings.Cut(attribute, "."); schema == "Group" || top == "password" || top == "groups" || attribute == "manager.displayName" {
			continue
		}
		path := strings.ReplaceAll(attribute, ".", "/")
		if _, isList := at(object, top).([]any); isList && path != top {
			path = strings.Replace(path, "/", "/0/", 1)
		}
		if value := at(object, path); value == nil && !strings.HasSuffix(attribute, ".$ref") {
			t.Errorf("the profile has no %s", name)
		}
	}
	ordered, err := json.Marshal(sent) // in alphabetical order
	if err != nil {
		t.Fatal(err)
	}
	made := c.want(201, "POST", "/Users", userBody("ada", fullProfile))
	id := made.id()
	for when, r := range map[string]response{
		"POST": made, "GET": c.want(200, "GET", "/Users/"+id, ""), "PUT": c.want(200, "PUT", "/Users/"+id, string(ordered)),
		"GET after PUT": c.want(200, "GET", "/Users/"+id, ""),
	} {
		if r.at("meta/version") != `W/"1"` {
			t.Errorf("%s: the same attributes in another order are a change: %s", when, r.raw)
		}
		delete(r.doc, "id")
		delete(r.doc, "meta")
		if !reflect.DeepEqual(r.doc, sent) {
			t.Errorf("%s: %v\nwanted %v", when, r.doc, sent)
		}
	}
}

// TestValuesKept shows values of which RFC 7643 says in which form a client SHOULD or MUST give them, but not that a
// service provider refuses or changes them: they are kept.
func TestValuesKept(t *testing.T) {
	c := newClient(t)
	for value, pointer := range map[string]string{
		`"emails":[{"value":"no address","type":"other"}]`:       "emails/0/value", // section 4.1.2: SHOULD
		`"addresses":[{"country":"United Kingdom"}]`:             "addresses/0/country",
		`"x509Certificates":[{"value":"bm8gY2VydGlmaWNhdGU="}]`:  "x509Certificates/0/value",
		`"phoneNumbers":[{"value":"0201 55 / 12","type":"car"}]`: "phoneNumbers/0/value",
		`"phoneNumbers":[{"value":"1","type":"satellite"}]`:      "phoneNumbers/0/type", // none of the canonicalValues
		`"locale":"english"`:                                       "locale",
		`"timezone":"Pacific Standard Time"`:                       "timezone",
		`"preferredLanguage":"da, en-gb;q=0.8, en;q=0.7"`:          "preferredLanguage",
		`"name":{"formatted":"Dr. A","givenName":"Ada"}`:           "name/formatted",
		`"name":{"givenName":"Ada","familyName":"B"}`:              "name/familyName",
		`"` + workURN + `":{"manager":{"value":"nobody-we-know"}}`: workURN + "/manager/value",
	} {
		var sent map[string]any
		if err := json.Unmarshal([]byte("{"+value+"}"), &sent); err != nil {
			t.Fatal(err)
		}
		made := c.want(201, "POST", "/Users", userBody("u"+fmt.Sprint(len(value), pointer), ","+value))
		c.expect(c.want(200, "GET", "/Users/"+made.id(), ""), pointer, at(sent, pointer))
	}
	parts := c.want(201, "POST", "/Users", userBody("parts", `,"name":{"formatted":"Ada Byron","givenName":"Ada","familyName":"Byron"}`)).id()
	c.expect(c.want(200, "PATCH", "/Users/"+parts, patchBody(`{"op":"replace","path":"name.familyName","value":"King"}`)),
		"name", map[string]string{"formatted": "Ada Byron", "givenName": "Ada", "familyName": "King"})
}

// TestCanonicalAddresses shows the form in which addresses are kept (RFC 7643 section 4.1.2), whoever writes them.
func TestCanonicalAddresses(t *testing.T) {
	c := newClient(t)
	const sent = `"emails":[{"value":"Ada.Byron@EXAMPLE.Test","type":"work"},{"value":"\"a@B\"@EXAMPLE.TEST"},{"value":"Nobody"}],
		"ims":[{"value":" Some AIM\tHandle ","type":"aim"}],"phoneNumbers":[{"value":"+1 (201) 555-0123 EXT 4"}]`
	kept := []any{"emails/0/value", "Ada.Byron@example.test", "emails/0/type", "work", "emails/1/value", `"a@B"@example.test`, "emails/1/type", nil,
		"emails/2/value", "Nobody", "ims/0/value", "someaimhandle", "phoneNumbers/0/value", "+1 (201) 555-0123 EXT 4"}
	made := c.want(201, "POST", "/Users", userBody("ada", ","+sent))
	c.expect(made, kept...)
	path := "/Users/" + made.id()
	c.expect(c.want(200, "PUT", path, userBody("ada", ","+sent)), append(kept, "meta/version", `W/"1"`)...)
	c.expect(c.want(200, "PATCH", path, patchBody(`{"op":"replace","value":{`+sent+`}}`)), append(kept, "meta/version", `W/"1"`)...)
	c.expect(c.want(200, "PATCH", path, patchBody(`{"op":"add","path":"emails","value":[{"value":"Nobody@Home.TEST"}]}`)), "emails/3/value", "Nobody@home.test")
}

// TestValuesRefused shows values that have not the form of their type.
func TestValuesRefused(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	for _, value := range []string{
		`"profileUrl":"no URL"`, `"photos":[{"value":"<photo>"}]`, `"x509Certificates":[{"value":"no base64!"}]`,
		`"title":5`, `"title":{}`, `"name":"Ada"`, `"name":["Ada"]`, `"emails":"a"`, `"emails":["a"]`, `"active":1`, `"roles":[{"primary":"perhaps"}]`,
	} {
		c.refused(400, "invalidValue", "POST", "/Users", userBody("x", ","+value))
		c.refused(400, "invalidValue", "PUT", "/Users/"+id, userBody("ada", ","+value))
		c.refused(400, "invalidValue", "PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{`+value+`}}`))
	}
	c.expect(c.want(200, "GET", "/Users/"+id, ""), "meta/version", `W/"1"`)
}

// TestSchemasOfRequests shows what "schemas" in a request does: its order and repetition nothing, and that the core
// schema is missing is refused.
func TestSchemasOfRequests(t *testing.T) {
	c := newClient(t)
	body := func(name, department string, urns ...string) string {
		list, err := json.Marshal(urns)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"schemas":%s,"userName":%q,%q:{"department":%q}}`, list, name, workURN, department)
	}
	id := c.want(201, "POST", "/Users", body("ada", "A", workURN, userURN)).id()
	for i, urns := range [][]string{{userURN, workURN}, {workURN, userURN}, {userURN, userURN, workURN, workURN}} {
		department := fmt.Sprint("B", i)
		c.expect(c.want(200, "PUT", "/Users/"+id, body("ada", department, urns...)), workURN+"/department", department, "schemas", []string{userURN, workURN})
		c.expect(c.want(201, "POST", "/Users", body(department, department, urns...)), workURN+"/department", department, "schemas", []string{userURN, workURN})
	}
	c.refused(400, "invalidSyntax", "PUT", "/Users/"+id, body("ada", "lost", groupURN))
	c.refused(400, "invalidSyntax", "PUT", "/Users/"+id, body("ada", "lost", workURN))
	c.refused(400, "invalidSyntax", "PUT", "/Users/"+id, `{"userName":"ada"}`)
	for name, flat := range map[string]string{
		"flat at the root": `,"department":"Tours"`, "mistyped": `,"displayNames":"Ada"`, "in the container of the core": fmt.Sprintf(`,%q:{"title":"T"}`, userURN),
	} {
		r := c.want(200, "PUT", "/Users/"+id, userBody("ada", flat))
		if len(r.doc) != 5 { // schemas, id, userName, active, meta
			t.Errorf("%s: %s", name, r.raw)
		}
		c.expect(c.want(200, "GET", "/Users/"+id, ""), "schemas", []string{userURN}, workURN, nil)
	}
}

// TestCommonAttributesAreTheServers shows that PATCH cannot write id, meta and its parts.
func TestCommonAttributesAreTheServers(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	for _, path := range []string{"id", "meta", "meta.created", "meta.lastModified", "meta.location", "meta.resourceType", "meta.version"} {
		value := `"2001-02-03T04:05:06Z"`
		if path == "meta" {
			value = `{"created":"2001-02-03T04:05:06Z"}`
		}
		for _, op := range []string{"add", "replace"} {
			c.refused(400, "mutability", "PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`{"op":%q,"path":%q,"value":%s}`, op, path, value)))
		}
		c.refused(400, "mutability", "PATCH", "/Users/"+id, patchBody(fmt.Sprintf(`{"op":"remove","path":%q}`, path)))
	}
}

// TestPasswordIsNeverShown shows that no answer holds a password, whatever wrote it and whatever is asked for.
func TestPasswordIsNeverShown(t *testing.T) {
	c := newClient(t)
	const password = `,"password":"geheim-17"`
	made := c.want(201, "POST", "/Users?attributes=password,userName", userBody("ada", password))
	path := "/Users/" + made.id()
	for name, r := range map[string]response{
		"POST":           made,
		"POST in full":   c.want(201, "POST", "/Users", userBody("bob", password)),
		"GET":            c.want(200, "GET", path+"?attributes=password,userName", ""),
		"GET in full":    c.want(200, "GET", path, ""),
		"list":           c.want(200, "GET", "/Users?attributes=password", ""),
		"list in full":   c.want(200, "GET", "/Users", ""),
		"search":         c.want(200, "POST", "/Users/.search", `{"schemas":["`+findURN+`"],"attributes":["password"]}`),
		"search of all":  c.want(200, "POST", "/.search", `{"schemas":["`+findURN+`"],"filter":"userName pr"}`),
		"PUT":            c.want(200, "PUT", path+"?attributes=password", userBody("ada", password)),
		"PATCH":          c.want(200, "PATCH", path+"?attributes=password", patchBody(`{"op":"replace","path":"password","value":"geheim-17"}`)),
		"PATCH in full":  c.want(200, "PATCH", path, patchBody(`{"op":"add","value":{"password":"geheim-17"}}`)),
		"refused POST":   c.refused(400, "invalidValue", "POST", "/Users", userBody("eve", `,"password":["geheim-17"]`)),
		"a taken name":   c.refused(409, "uniqueness", "POST", "/Users", userBody("ada", password)),
		"refused filter": c.refused(400, "invalidFilter", "GET", "/Users?filter=password+eq+%22geheim-17%22", ""),
	} {
		if strings.Contains(r.raw, "geheim") || strings.Contains(r.raw, `"password":`) {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
}

// TestReadingUsers shows GET of one user and of all.
func TestReadingUsers(t *testing.T) {
	c := newClient(t)
	empty := c.want(200, "GET", "/Users", "")
	c.expect(empty, "totalResults", 0, "Resources/0", nil)
	id := c.want(201, "POST", "/Users", userBody("ada", `,"externalId":"x1"`)).id()
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 1, "Resources/0/id", id, "Resources/1", nil)
	first, second := c.want(200, "GET", "/Users/"+id, ""), c.want(200, "GET", "/Users/"+id, "")
	if first.raw != second.raw {
		t.Errorf("reading has changed something:\n%s\n%s", first.raw, second.raw)
	}
	if first.header.Get("Content-Location") != base+"/Users/"+id || first.header.Get("Location") != "" {
		t.Errorf("headers %v", first.header)
	}
	for _, path := range []string{"/Users/%23", "/Users/%22", "/Users/%3Cx%3E", "/Users/%5B0%5D", "/Users/1", "/Users/not-a-uuid", "/Users/" + strings.Repeat("9", 300)} {
		c.refused(404, "", "GET", path, "")
		c.refused(404, "", "PUT", path, userBody("bob", ""))
		c.refused(404, "", "PATCH", path, patchBody(`{"op":"replace","path":"title","value":"x"}`))
		c.refused(404, "", "DELETE", path, "")
	}
	twin := c.want(201, "POST", "/Users", userBody("bob", `,"externalId":"x1"`)) // RFC 7643 section 3.1: no uniqueness
	c.expect(c.want(200, "GET", "/Users?filter=externalId+eq+%22x1%22", ""), "totalResults", 2)
	for _, r := range []response{twin, c.want(200, "PUT", "/Users/"+id, userBody("ada", `,"title":"T"`)), c.want(200, "PATCH", "/Users/"+id, patchBody(`{"op":"remove","path":"title"}`))} {
		if got := r.header.Get("Content-Location"); got == "" || got != r.at("meta/location") {
			t.Errorf("Content-Location %q, meta.location %v", got, r.at("meta/location"))
		}
	}
}
