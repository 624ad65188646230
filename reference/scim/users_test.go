package scim_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// oktaUser is what Okta sends for a new user: a placeholder password and an empty groups come always.
const oktaUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.test",
	"name":{"givenName":"Ada","familyName":"Byron"},
	"emails":[{"primary":true,"value":"ada@example.test","type":"work"}],
	"displayName":"Ada Byron","locale":"en-US","externalId":"00uexample0001AbCd5d7",
	"groups":[],"password":"x7Kp02qz","active":true}`

func TestUserLifecycle(t *testing.T) {
	c := newClient(t)
	made := c.want(201, "POST", "/Users", oktaUser, "Content-Type", "application/scim+json; charset=utf-8", "Accept-Charset", "utf-8")
	id := made.id()
	c.expect(made, "schemas", []string{userURN}, "userName", "ada@example.test", "active", true, "groups", nil, "password", nil,
		"externalId", "00uexample0001AbCd5d7", "name/givenName", "Ada", "emails/0/primary", true,
		"meta/resourceType", "User", "meta/location", base+"/Users/"+id, "meta/version", `W/"1"`)
	for _, name := range []string{"Location", "Content-Location"} {
		if got := made.header.Get(name); got != base+"/Users/"+id {
			t.Errorf("%s %q", name, got)
		}
	}
	created := fmt.Sprint(made.at("meta/created"))
	if _, err := time.Parse("2006-01-02T15:04:05.000000Z", created); err != nil || made.at("meta/lastModified") != created {
		t.Errorf("times: %v in %s", err, made.raw)
	}
	got := c.want(200, "GET", "/Users/"+id, "")
	if !reflect.DeepEqual(got.doc, made.doc) || got.header.Get("ETag") != `W/"1"` || got.header.Get("Content-Location") != base+"/Users/"+id {
		t.Errorf("read back differently: %v\n%s", got.header, got.raw)
	}
	// Okta writes back what it has read, read-only members and all.
	echo := c.want(200, "PUT", "/Users/"+id, got.raw)
	if !reflect.DeepEqual(echo.doc, made.doc) {
		t.Errorf("a PUT of what was read changed it: %s", echo.raw)
	}
	off := c.want(200, "PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{"id":"`+id+`","active":false}}`))
	c.expect(off, "active", false, "userName", "ada@example.test", "meta/version", `W/"2"`, "meta/created", created)
	if off.at("meta/lastModified") == created {
		t.Error("a change left lastModified alone")
	}
	c.want(200, "PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"active","value":true}`, `{"op":"add","path":"title","value":"Countess"}`))
	c.want(200, "PATCH", "/Users/"+id, patchBody(`{"op":"replace","value":{"password":"new-Secret1"}}`))
	gone := c.want(204, "DELETE", "/Users/"+id, "")
	if gone.raw != "" || gone.header.Get("Content-Type") != "" {
		t.Errorf("204 with %q", gone.raw)
	}
	for _, method := range []string{"GET", "DELETE"} {
		c.refused(404, "", method, "/Users/"+id, "")
	}
	c.refused(404, "", "PUT", "/Users/"+id, oktaUser)
	c.refused(404, "", "PATCH", "/Users/"+id, patchBody(`{"op":"remove","path":"title"}`))
	c.want(201, "POST", "/Users", oktaUser)
	want := []string{"scim.user.created", "scim.user.deactivated", "scim.user.reactivated", "scim.user.updated active,title", "scim.user.deleted", "scim.user.created"}
	if got := c.events(); !reflect.DeepEqual(got, want) {
		t.Errorf("events %q", got)
	}
}

func TestReplaceUser(t *testing.T) {
	c := newClient(t)
	id := c.want(201, "POST", "/Users", userBody("ada", `,"nickName":"Countess","active":false,"externalId":"x","`+workURN+`":{"department":"Engines"}`)).id()
	for _, active := range []string{"", `,"active":null`} {
		put := c.want(200, "PUT", "/Users/"+id, userBody("ada", `,"id":"forged","meta":{"version":"forged"},"title":"Dr."`+active))
		c.expect(put, "id", id, "nickName", nil, "externalId", nil, workURN, nil, "schemas", []string{userURN}, "title", "Dr.", "active", false, "meta/version", `W/"2"`)
	}
	c.expect(c.want(200, "PUT", "/Users/"+id, userBody("ada", `,"active":true`)), "active", true)
	c.user("bob")
	c.refused(409, "uniqueness", "PUT", "/Users/"+id, userBody("BOB", ""))
	c.expect(c.want(200, "PUT", "/Users/"+id, userBody("ADA", "")), "userName", "ADA")
}

func TestCreateUser(t *testing.T) {
	c := newClient(t)
	c.user("taken")
	for name, try := range map[string]struct {
		body     string
		status   int
		scimType string
		pairs    []any
	}{
		"minimal":                {userBody("a1", ""), 201, "", []any{"active", true, "schemas", []string{userURN}}},
		"inactive":               {userBody("a2", `,"active":false`), 201, "", []any{"active", false}},
		"enterprise":             {userBody("a3", `,"`+workURN+`":{"department":"X","manager":{"value":"m","displayName":"forged"}}`), 201, "", []any{workURN + "/department", "X", workURN + "/manager/displayName", nil, "schemas/1", workURN}},
		"URN without extension":  {strings.Replace(userBody("a4", ""), `"],`, `","`+workURN+`"],`, 1), 201, "", []any{"schemas", []string{userURN}}},
		"foreign URN":            {strings.Replace(userBody("a5", `,"urn:x:y":{"a":1}`), `"],`, `","urn:x:y"],`, 1), 201, "", []any{"schemas", []string{userURN}, "urn:x:y", nil}},
		"names in other case":    {strings.NewReplacer("userName", "USERNAME", "schemas\"", "Schemas\"", "scim:schemas:core", "SCIM:schemas:CORE").Replace(userBody("a6", `,"`+strings.ToUpper(workURN)+`":{"DEPARTMENT":"X"}`)), 201, "", []any{"userName", "a6", workURN + "/department", "X"}},
		"unassigned":             {userBody("a7", `,"title":null,"emails":[],"name":{}`), 201, "", []any{"title", nil, "emails", nil, "name", nil}},
		"unknown attribute":      {userBody("a8", `,"shoeSize":43`), 201, "", []any{"shoeSize", nil}},
		"unicode":                {userBody("ÅdÅ 😀 \\u0000", ``), 201, "", nil},
		"same value twice":       {userBody("a9", `,"emails":[{"value":"x","type":"work"},{"value":"x","type":"work","primary":true},{"value":"x","type":"home"}]`), 201, "", []any{"emails/0/primary", true, "emails/1/type", "home", "emails/2", nil}},
		"forged read-only":       {userBody("b1", `,"id":"forged","meta":{"location":"x"},"groups":[{"value":"g"}]`), 201, "", []any{"groups", nil}},
		"markup stays":           {userBody("b2", `,"title":"<b>&"`), 201, "", []any{"title", "<b>&"}},
		"taken":                  {userBody("taken", ""), 409, "uniqueness", nil},
		"taken in other case":    {userBody("TAKEN", ""), 409, "uniqueness", nil},
		"no userName":            {`{"schemas":["` + userURN + `"]}`, 400, "invalidValue", nil},
		"empty userName":         {userBody("", ""), 400, "invalidValue", nil},
		"null userName":          {`{"schemas":["` + userURN + `"],"userName":null}`, 400, "invalidValue", nil},
		"no schemas":             {`{"userName":"x"}`, 400, "invalidSyntax", nil},
		"empty schemas":          {`{"schemas":[],"userName":"x"}`, 400, "invalidSyntax", nil},
		"schemas of wrong type":  {`{"schemas":"x","userName":"x"}`, 400, "invalidSyntax", nil},
		"schemas with a number":  {`{"schemas":[1],"userName":"x"}`, 400, "invalidSyntax", nil},
		"schemas of a group":     {`{"schemas":["` + groupURN + `"],"userName":"x"}`, 400, "invalidSyntax", nil},
		"number for string":      {userBody("x", `,"title":5`), 400, "invalidValue", nil},
		"string for boolean":     {userBody("x", `,"active":"yes"`), 400, "invalidValue", nil},
		"string for object":      {userBody("x", `,"name":"Ada"`), 400, "invalidValue", nil},
		"string for list":        {userBody("x", `,"emails":"a"`), 400, "invalidValue", nil},
		"two primaries":          {userBody("x", `,"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`), 400, "invalidValue", nil},
		"extension not object":   {userBody("x", `,"`+workURN+`":"X"`), 400, "invalidValue", nil},
		"wrong password type":    {userBody("x", `,"password":5`), 400, "invalidValue", nil},
		"duplicate key":          {userBody("x", `,"title":"a","title":"b"`), 400, "invalidSyntax", nil},
		"duplicate in two cases": {userBody("x", `,"title":"a","TITLE":"b"`), 400, "invalidSyntax", nil},
		"schemas twice":          {userBody("x", `,"Schemas":[]`), 400, "invalidSyntax", nil},
		"trailing data":          {userBody("x", "") + "{}", 400, "invalidSyntax", nil},
		"cut short":              {`{"schemas":["` + userURN, 400, "invalidSyntax", nil},
		"not UTF-8":              {userBody("x", ",\"title\":\"\\xff\""), 400, "invalidSyntax", nil},
		"raw bad bytes":          {`{"schemas":["` + userURN + "\"],\"userName\":\"\xff\"}", 400, "invalidSyntax", nil},
		"a list":                 {`[]`, 400, "invalidSyntax", nil},
		"null":                   {`null`, 400, "invalidSyntax", nil},
		"nothing":                {``, 400, "invalidSyntax", nil},
		"byte order mark":        {"\ufeff" + userBody("x", ""), 400, "invalidSyntax", nil},
		"deep":                   {userBody("x", `,"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), 400, "invalidSyntax", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.TB = t
			if try.status >= 400 {
				c.refused(try.status, try.scimType, "POST", "/Users", try.body)
				return
			}
			made := c.want(try.status, "POST", "/Users", try.body)
			c.expect(made, try.pairs...)
			c.expect(c.want(200, "GET", "/Users/"+made.id(), ""), append(try.pairs, "id", made.id())...)
		})
	}
}

func TestDetailsHelp(t *testing.T) {
	c := newClient(t)
	for body, word := range map[string]string{
		userBody("x", `,"active":"yes"`):                 "active",
		userBody("x", `,"emails":[{"value":5}]`):         "emails[0].value",
		`{"schemas":["` + userURN + `"],"title":"x"}`:    "userName",
		userBody("x", `,"`+workURN+`":{"department":5}`): "department",
		userBody("x", `,"password":["geheim1"]`):         "password",
	} {
		detail := fmt.Sprint(c.refused(400, "invalidValue", "POST", "/Users", body).doc["detail"])
		if !strings.Contains(detail, word) || strings.Contains(detail, "geheim1") {
			t.Errorf("%s: %s", body, detail)
		}
	}
}

func TestProjectionOnEveryResponse(t *testing.T) {
	c := newClient(t)
	const full = `,"title":"Dr.","nickName":"A","name":{"givenName":"Ada","familyName":"B"}`
	made := c.want(201, "POST", "/Users?attributes=userName", userBody("ada", full))
	path := "/Users/" + made.id()
	for name, r := range map[string]response{
		"POST":  made,
		"GET":   c.want(200, "GET", path+"?attributes=userName", ""),
		"PUT":   c.want(200, "PUT", path+"?attributes=userName", userBody("ada", full)),
		"PATCH": c.want(200, "PATCH", path+"?attributes=USERNAME", patchBody(`{"op":"replace","path":"title","value":"Prof."}`)),
	} {
		if len(r.doc) != 3 || r.doc["userName"] != "ada" || r.doc["id"] != made.id() || r.doc["schemas"] == nil {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	r := c.want(200, "GET", path+"?excludedAttributes=title,id,%20name.givenName", "")
	c.expect(r, "title", nil, "id", made.id(), "nickName", "A", "name", map[string]string{"familyName": "B"})
	r = c.want(200, "GET", "/Users?attributes=password,title", "")
	c.expect(r, "Resources/0/password", nil, "Resources/0/title", "Prof.", "Resources/0/userName", nil)
	c.refused(400, "invalidValue", "GET", path+"?attributes=%zz", "")
}

func TestTenantsAreApart(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	foreign := *c
	foreign.bearer = other
	foreign.refused(404, "", "GET", "/Users/"+id, "")
	foreign.refused(404, "", "PUT", "/Users/"+id, userBody("ada", ""))
	foreign.refused(404, "", "DELETE", "/Users/"+id, "")
	foreign.refused(400, "invalidValue", "POST", "/Groups", groupBody("all", id))
	foreign.expect(foreign.want(200, "GET", "/Users?filter=id%20eq%20%22"+id+"%22", ""), "totalResults", 0)
	foreign.user("ada")
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 1)

	// What one client calls a user says nothing to another (RFC 7643 section 3.1).
	c.want(200, "PUT", "/Users/"+id, userBody("ada", `,"externalId":"x1"`))
	twin := foreign.want(201, "POST", "/Users", userBody("bob", `,"externalId":"x1"`)).id()
	for client, own := range map[*client]string{c: id, &foreign: twin} {
		client.expect(client.want(200, "GET", "/Users?filter=externalId+eq+%22x1%22", ""), "totalResults", 1, "Resources/0/id", own)
	}
}

// TestUserNamesAfterPRECIS writes one name in the forms that RFC 7644 section 5 makes the same (GAP-065): it is taken
// in all of them, filters find it in all of them, and it is shown as it was sent.
func TestUserNamesAfterPRECIS(t *testing.T) {
	c := newClient(t)
	const composed, decomposed, wide = "zo\u00eb@x.test", "ZOE\u0308@x.test", "ｚｏë＠ｘ.test"
	id := c.user(decomposed)
	c.expect(c.want(200, "GET", "/Users/"+id, ""), "userName", decomposed)
	other := c.user("zoe@x.test")
	for _, name := range []string{composed, decomposed, wide, strings.ToUpper(composed)} {
		c.refused(409, "uniqueness", "POST", "/Users", userBody(name, ""))
		c.refused(409, "uniqueness", "PUT", "/Users/"+other, userBody(name, ""))
		c.refused(409, "uniqueness", "PATCH", "/Users/"+other, patchBody(`{"op":"replace","path":"userName","value":`+quote(name)+`}`))
		for _, filter := range []string{"userName eq " + quote(name), "userName sw " + quote(name), `userName co "＠" and not (userName ne ` + quote(name) + ")"} {
			for _, path := range []string{"/Users", "/"} {
				found := c.want(200, "GET", path+"?filter="+url.QueryEscape(filter), "")
				c.expect(found, "totalResults", 1, "Resources/0/id", id)
			}
		}
	}
	// No other attribute is compared so.
	c.want(200, "PATCH", "/Users/"+id, patchBody(`{"op":"replace","path":"title","value":"ａ"}`))
	c.expect(c.want(200, "GET", "/Users?filter="+url.QueryEscape(`title eq "a"`), ""), "totalResults", 0)
	c.group("ａ")
	c.expect(c.want(200, "GET", "/Groups?filter="+url.QueryEscape(`displayName eq "a"`), ""), "totalResults", 0)
	c.expect(c.want(200, "GET", "/Users?sortBy=userName", ""), "Resources/0/id", other)
}
