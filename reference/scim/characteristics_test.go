package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"assay/fixtures"
	"assay/reference/scim"
	"assay/reference/scim/schema"
)

const fixtureURN = "urn:assay:params:scim:schemas:extension:fixture:1.0:User"

// extended is a client of a server with the fixture extension and others from schema files.
func extended(tb testing.TB, files ...string) *client {
	tb.Helper()
	data, err := fixtures.UserSchema()
	if err != nil {
		tb.Fatal(err)
	}
	var extensions []schema.Extension
	for _, file := range append([]string{string(data)}, files...) {
		e, err := schema.ParseFile("test.json", []byte(file))
		if err != nil {
			tb.Fatal(err)
		}
		extensions = append(extensions, e)
	}
	return newClient(tb, func(o *scim.Options) { o.Schemas = extensions })
}

// fixtureUser is a user with attributes of the fixture extension.
func fixtureUser(name, attributes string) string {
	return fmt.Sprintf(`{"schemas":[%q,%q],"userName":%q,%q:{%s}}`, userURN, fixtureURN, name, fixtureURN, attributes)
}

func patchOf(operations string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, patchURN, strings.ReplaceAll(operations, "X:", fixtureURN+":"))
}

func (c *client) fixture(name, attributes string) string {
	c.Helper()
	return "/Users/" + c.want(201, "POST", "/Users", fixtureUser(name, attributes)).id()
}

func TestExtensionDiscovered(t *testing.T) {
	both := `{"extends":[{"resourceType":"User"},{"resourceType":"Group","required":true}],
		"schema":{"id":"urn:example:both:1.0","attributes":[{"name":"site"}]}}`
	c := extended(t, both)
	c.expect(c.want(200, "GET", "/ResourceTypes/User", ""), "schemaExtensions/1/schema", fixtureURN, "schemaExtensions/1/required", false)
	c.expect(c.want(200, "GET", "/ResourceTypes/Group", ""), "schemaExtensions/0/required", true)
	c.expect(c.want(200, "GET", "/Schemas/"+strings.ToUpper(fixtureURN), ""), "id", fixtureURN, "attributes/0/type", "string", "attributes/0/returned", "default")
	if n := strings.Count(c.want(200, "GET", "/Schemas", "").raw, `"id":"urn:example:both:1.0"`); n != 1 {
		t.Errorf("a schema of two types is listed %d times", n)
	}
}

func TestExtensionsThatClash(t *testing.T) {
	for file, want := range map[string]string{
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"` + strings.ToUpper(workURN) + `","attributes":[{"name":"a"}]}}`:                                                                            "choose another URN",
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"` + patchURN + `","attributes":[{"name":"a"}]}}`:                                                                                            "for messages",
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"` + workURN + `:department","attributes":[{"name":"a"}]}}`:                                                                                  "make a path that means",
		`{"extends":[{"resourceType":"Device"}],"schema":{"id":"urn:example:x","attributes":[{"name":"a"}]}}`:                                                                                             `extends[0].resourceType: there is no resource type "Device"`,
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:example:x","attributes":[{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"reference","referenceTypes":["Robot"]}]}]}}`: `schema.attributes[0].subAttributes[0].referenceTypes[0]: "Robot" is not`,
	} {
		e, err := schema.ParseFile("acme.json", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		_, err = scim.New(scim.Options{Store: newClient(t).store, Verify: tokens{}, BaseURL: base, Schemas: []schema.Extension{e}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "acme.json: ") {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
}

func TestRequiredAttributesAndExtensions(t *testing.T) {
	c := extended(t, `{"extends":[{"resourceType":"Group","required":true}],
		"schema":{"id":"urn:example:cost:1.0","attributes":[{"name":"centre","required":true},{"name":"note"}]}}`)
	group := func(extension string) string {
		return `{"schemas":["` + groupURN + `"],"displayName":"g"` + extension + `}`
	}
	for _, bad := range []string{"", `,"urn:example:cost:1.0":{}`, `,"urn:example:cost:1.0":null`, `,"urn:example:cost:1.0":{"note":"n"}`, `,"urn:example:cost:1.0":{"centre":""}`} {
		c.refused(400, "invalidValue", "POST", "/Groups", group(bad))
	}
	path := "/Groups/" + c.want(201, "POST", "/Groups", group(`,"urn:example:cost:1.0":{"centre":"c","note":"n"}`)).id()
	c.refused(400, "invalidValue", "PUT", path, group(""))
	c.refused(400, "mutability", "PATCH", path, patchOf(`{"op":"remove","path":"urn:example:cost:1.0:centre"}`))
	c.refused(400, "mutability", "PATCH", path, patchOf(`{"op":"remove","path":"urn:example:cost:1.0"}`))
	user := c.fixture("u", `"office":{"building":"A"},"devices":[{"value":"d1","type":"phone"}]`)
	c.refused(400, "invalidValue", "POST", "/Users", fixtureUser("v", `"office":{"room":"1"}`))
	c.refused(400, "invalidValue", "PUT", user, fixtureUser("u", `"devices":[{"type":"phone"}]`))
	c.refused(400, "mutability", "PATCH", user, patchOf(`{"op":"remove","path":"X:office.building"}`))
	c.refused(400, "mutability", "PATCH", user, patchOf(`{"op":"remove","path":"X:devices[type eq \"phone\"].value"}`))
	c.refused(400, "invalidValue", "PATCH", user, patchOf(`{"op":"add","value":{"`+fixtureURN+`":{"devices":[{"type":"laptop"}]}}}`))
}

func TestReadOnlyAttributes(t *testing.T) {
	c := extended(t)
	user := c.fixture("u", `"grade":"9","note":"n"`)
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"grade":"9","note":"m"`)), fixtureURN+"/grade", nil, fixtureURN+"/note", "m")
	c.refused(400, "mutability", "PATCH", user, patchOf(`{"op":"add","path":"X:grade","value":"9"}`))
	// Okta sends the id with every path-less replace: what is read-only is left out there, as in a PUT.
	c.expect(c.want(200, "PATCH", user, patchOf(`{"op":"add","value":{"`+fixtureURN+`":{"grade":"9","note":"k"}}}`)), fixtureURN+"/grade", nil, fixtureURN+"/note", "k")
}

func TestImmutableAttributes(t *testing.T) {
	c := extended(t)
	user := c.fixture("u", `"note":"n"`)
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"hired":"May","office":{"building":"A","lease":"L"}`)), fixtureURN+"/hired", "May")
	c.refused(400, "mutability", "PUT", user, fixtureUser("u", `"hired":"June"`))
	c.refused(400, "mutability", "PUT", user, fixtureUser("u", `"office":{"building":"A","lease":"M"}`))
	for _, operation := range []string{
		`{"op":"replace","path":"X:hired","value":"June"}`, `{"op":"add","path":"X:hired","value":"June"}`, `{"op":"remove","path":"X:hired"}`,
		`{"op":"replace","value":{"` + fixtureURN + `":{"hired":"June"}}}`, `{"op":"replace","path":"` + fixtureURN + `","value":{"hired":"June"}}`,
		`{"op":"replace","path":"X:office.lease","value":"M"}`, `{"op":"remove","path":"X:office.lease"}`,
	} {
		c.refused(400, "mutability", "PATCH", user, patchOf(operation))
	}
	same := c.want(200, "GET", user, "")
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"hired":"MAY","office":{"building":"A"}`)),
		"meta/version", same.at("meta/version"), fixtureURN+"/hired", "May", fixtureURN+"/office/lease", "L")
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"office":{"building":"A"}`)), fixtureURN+"/hired", "May")
	c.expect(c.want(200, "PATCH", user, patchOf(`{"op":"replace","path":"X:hired","value":"may"}`)), fixtureURN+"/hired", "May")
	late := c.fixture("v", `"note":"n"`)
	c.expect(c.want(200, "PATCH", late, patchOf(`{"op":"add","path":"X:hired","value":"June"}`)), fixtureURN+"/hired", "June")
}

func TestWriteOnlyAndNeverReturned(t *testing.T) {
	c := extended(t)
	created := c.want(201, "POST", "/Users", fixtureUser("u", `"pin":"s3cr3t","hidden":"s3cr3t","note":"n"`))
	user := "/Users/" + created.id()
	names := "?attributes=" + url.QueryEscape(fixtureURN+":pin,"+fixtureURN+":hidden")
	for _, answer := range []response{
		created, c.want(200, "GET", user, ""), c.want(200, "GET", user+names, ""), c.want(200, "GET", "/Users"+names, ""),
		c.want(200, "POST", "/Users/.search", `{"schemas":["`+findURN+`"],"attributes":["`+fixtureURN+`:pin"]}`),
		c.want(200, "PUT", user+names, fixtureUser("u", `"hidden":"s3cr3t"`)),
		c.want(200, "PATCH", user, patchOf(`{"op":"replace","path":"X:pin","value":"s3cr3t"}`)),
		c.bulk(bulkBody(operation("PATCH", user, data("", patchOf(`{"op":"replace","path":"X:hidden","value":"s3cr3t"}`)))), 200),
		c.refused(409, "uniqueness", "POST", "/Users", fixtureUser("u", `"pin":"s3cr3t"`)),
		c.refused(400, "invalidValue", "POST", "/Users", fixtureUser("w", `"pin":["s3cr3t"]`)),
	} {
		if strings.Contains(answer.raw, "s3cr3t") {
			t.Errorf("a value that is never returned: %s", answer.raw)
		}
	}
	for _, name := range []string{"pin", "hidden"} {
		c.refused(400, "invalidFilter", "GET", "/Users?filter="+url.QueryEscape(fixtureURN+":"+name+` eq "s3cr3t"`), "")
		c.refused(400, "invalidValue", "GET", "/Users?sortBy="+url.QueryEscape(fixtureURN+":"+name), "")
	}
	stored := func() any {
		r, err := c.store.Get(t.Context(), "acme", "User", created.id())
		if err != nil {
			t.Fatal(err)
		}
		return at(r.Attributes, fixtureURN+"/pin")
	}
	c.want(200, "PUT", user, fixtureUser("u", `"note":"n"`))
	if got := stored(); got != "s3cr3t" {
		t.Errorf("a PUT without the writeOnly attribute left %v", got)
	}
	c.want(200, "PATCH", user, patchOf(`{"op":"remove","path":"X:pin"}`))
	if got := stored(); got != nil {
		t.Errorf("a removed writeOnly attribute left %v", got)
	}
}

func TestReturnedOnRequestAndAlways(t *testing.T) {
	c := extended(t)
	created := c.want(201, "POST", "/Users", fixtureUser("u", `"dossier":"d","label":"l","note":"n","office":{"building":"A","plan":"p"}`))
	c.expect(created, fixtureURN+"/dossier", "d", fixtureURN+"/office/plan", "p") // "if the attribute was specified by the client"
	user := "/Users/" + created.id()
	c.expect(c.want(200, "GET", user, ""), fixtureURN+"/dossier", nil, fixtureURN+"/office/plan", nil, fixtureURN+"/label", "l")
	c.expect(c.want(200, "GET", "/Users", ""), "Resources/0/"+fixtureURN+"/dossier", nil)
	asked := "?attributes=" + url.QueryEscape(fixtureURN+":dossier")
	c.expect(c.want(200, "GET", user+asked, ""), fixtureURN+"/dossier", "d", fixtureURN+"/label", "l", fixtureURN+"/note", nil)
	c.expect(c.want(200, "GET", "/Users"+asked, ""), "Resources/0/"+fixtureURN+"/dossier", "d")
	c.expect(c.want(200, "GET", user+"?attributes=userName", ""), fixtureURN+"/label", "l", fixtureURN+"/dossier", nil)
	c.expect(c.want(200, "GET", user+"?excludedAttributes="+fixtureURN, ""), fixtureURN+"/label", "l", fixtureURN+"/note", nil)
	c.expect(c.want(200, "PATCH", user, patchOf(`{"op":"replace","path":"X:note","value":"m"}`)), fixtureURN+"/dossier", nil)
	c.expect(c.want(200, "PATCH", user, patchOf(`{"op":"replace","value":{"X:dossier":"e"}}`)), fixtureURN+"/dossier", "e")
	c.expect(c.want(200, "PATCH", user, patchOf(`{"op":"replace","path":"`+fixtureURN+`","value":{"dossier":"f"}}`)), fixtureURN+"/dossier", "f")
	c.expect(c.want(200, "PUT", user+"?attributes=userName", fixtureUser("u", `"dossier":"g"`)), fixtureURN+"/dossier", nil)
}

func TestUniqueValues(t *testing.T) {
	c := extended(t)
	user := c.fixture("u", `"badge":"B1","serial":"S1","seat":7,"devices":[{"value":"d1"},{"value":"D1","type":"phone"}]`)
	for _, taken := range []string{`"badge":"b1"`, `"serial":"S1"`, `"seat":7`, `"devices":[{"value":"x"},{"value":"D1"}]`} {
		c.refused(409, "uniqueness", "POST", "/Users", fixtureUser("v", taken))
	}
	second := c.fixture("v", `"badge":"B2","serial":"s1","seat":8`) // serial is case exact
	c.refused(409, "uniqueness", "PUT", second, fixtureUser("v", `"badge":"B1"`))
	for _, operation := range []string{
		`{"op":"replace","path":"X:badge","value":"b1"}`, `{"op":"add","value":{"` + fixtureURN + `":{"seat":7}}}`,
		`{"op":"add","path":"X:devices","value":[{"value":"d1"}]}`,
	} {
		c.refused(409, "uniqueness", "PATCH", second, patchOf(operation))
	}
	c.bulk(bulkBody(operation("POST", "/Users", data("1", fixtureUser("w", `"badge":"B1"`)))), 409)
	c.want(200, "PATCH", user, patchOf(`{"op":"replace","path":"X:badge","value":"B1"}`)) // its own
	c.want(200, "PATCH", user, patchOf(`{"op":"remove","path":"X:badge"}`))
	c.want(200, "PATCH", second, patchOf(`{"op":"replace","path":"X:badge","value":"B1"}`))
	c.want(204, "DELETE", user, "")
	c.fixture("x", `"seat":7`)
	c.bearer = other                        // its uniqueness is its own, but for what is global
	c.fixture("u", `"badge":"B1","seat":7`) // of another tenant
	c.refused(409, "uniqueness", "POST", "/Users", fixtureUser("v", `"serial":"s1"`))
}

func TestExtensionDataTypes(t *testing.T) {
	c := extended(t)
	user := c.fixture("u", `"ratio":1,"floor":42,"since":"2011-05-13T06:42:34+02:00","key":"-_-_","remote":true,"mentor":"../Users/1"`)
	c.expect(c.want(200, "GET", user, ""), fixtureURN+"/floor", 42, fixtureURN+"/since", "2011-05-13T06:42:34+02:00", fixtureURN+"/key", "-_-_")
	if raw := c.want(200, "GET", user, "").raw; !strings.Contains(raw, `"ratio":1.0`) {
		t.Errorf("a decimal has no digit to the right of the period: %s", raw)
	}
	for _, filter := range []string{
		"X:ratio eq 1", "X:ratio eq 1.0", "X:ratio eq 1e0", "X:ratio lt 1.5", "X:floor gt 41", "X:floor eq 42", `X:since eq "2011-05-13T04:42:34Z"`, `X:since ge "2011-05-13T04:42:34.000Z"`,
		`X:key eq "-_-_"`, "X:remote eq true", `X:mentor sw "../Users"`, "X:office pr or X:note pr or X:floor pr",
	} {
		r := c.want(200, "GET", "/Users?filter="+url.QueryEscape(strings.ReplaceAll(filter, "X:", fixtureURN+":")), "")
		if r.doc["totalResults"] != 1.0 {
			t.Errorf("%s finds %v", filter, r.doc["totalResults"])
		}
	}
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"since":"2011-05-13T04:42:34","key":"YXNzYXk"`)), fixtureURN+"/since", "2011-05-13T04:42:34Z", fixtureURN+"/key", "YXNzYXk")
	c.want(200, "PUT", user, userBody("u", `,"x509Certificates":[{"value":"YXNzYXk"}]`))
	for _, bad := range []string{
		`"floor":42.0`, `"floor":4.2e1`, `"floor":"42"`, `"floor":9223372036854775808`, `"ratio":"1.0"`, `"since":"2011-05-13"`, `"since":"2011-05-13T04:42Z"`, `"key":"a b"`,
		`"key":"YXNzYXk=="`, `"remote":"maybe"`, `"page":"a b"`, `"tags":"one"`, `"devices":[{"value":"1","primary":true},{"value":"2","primary":true}]`,
	} {
		c.refused(400, "invalidValue", "PUT", user, fixtureUser("u", bad))
		c.refused(400, "invalidValue", "PATCH", user, patchOf(`{"op":"add","path":"`+fixtureURN+`","value":{`+strings.Replace(bad, `"tags":"one"`, `"tags":[1]`, 1)+`}}`))
	}
	c.expect(c.want(200, "PUT", user, fixtureUser("u", `"kind":"robot"`)), fixtureURN+"/kind", "robot") // canonicalValues are suggestions
}

func TestCaseExactInFilterAndSort(t *testing.T) {
	c := extended(t)
	for i, value := range []string{"b", "A", "a", "B"} {
		c.fixture(fmt.Sprint("u", i), fmt.Sprintf(`"note":%q,"code":%q`, value, value))
	}
	order := func(query string) string {
		var names []string
		list, _ := c.want(200, "GET", "/Users?"+query, "").doc["Resources"].([]any)
		for _, r := range list {
			names = append(names, fmt.Sprint(at(r, "userName")))
		}
		return strings.Join(names, " ")
	}
	urn := url.QueryEscape(fixtureURN)
	for query, want := range map[string]string{
		"filter=" + urn + ":note+eq+%22a%22": "u1 u2", "filter=" + urn + ":code+eq+%22a%22": "u2",
		"sortBy=" + urn + ":note": "u1 u2 u0 u3", "sortBy=" + urn + ":code": "u1 u3 u2 u0",
	} {
		if got := order(query); got != want {
			t.Errorf("%s: %s, wanted %s", query, got, want)
		}
	}
}

func TestExtensionInBulkAndRootQuery(t *testing.T) {
	c := extended(t)
	c.bulk(bulkBody(operation("POST", "/Users", data("a", fixtureUser("a", `"mentor":"bulkId:b"`))),
		operation("POST", "/Users", data("b", fixtureUser("b", `"badge":"1"`)))), 201, 201)
	b := c.want(200, "GET", "/Users?filter="+url.QueryEscape(`userName eq "b"`), "").at("Resources/0/id")
	c.expect(c.want(200, "GET", "/Users?filter="+url.QueryEscape(`userName eq "a"`), ""), "Resources/0/"+fixtureURN+"/mentor", b)
	c.expect(c.want(200, "GET", "/?filter="+url.QueryEscape(fixtureURN+`:badge eq "1"`), ""), "totalResults", 1, "Resources/0/id", b)
}
