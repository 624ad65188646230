package scim_test

import (
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim"
)

const personal = "s3cret-of-a-person"

// newPerson makes a server with a token that stands for a user. Its client uses that token.
func newPerson(t *testing.T) (c *client, id string) {
	known := tokens{secret: {ID: "t1", Tenant: "acme"}}
	c = newClient(t, func(o *scim.Options) { o.Verify = known })
	id = c.want(201, "POST", "/Users", userBody("ada", `,"nickName":"Addie","title":"Countess"`)).id()
	known[personal] = directory.Token{ID: "t1", Tenant: "acme", Subject: id}
	c.bearer = personal
	return c, id
}

func TestMe(t *testing.T) {
	c, id := newPerson(t)
	location := base + "/Users/" + id
	me := func(status int, method, query, body string, header ...string) response {
		t.Helper()
		r := c.want(status, method, "/Me"+query, body, header...)
		if got := r.header.Get("Location"); got != location { // ME-02, GAP-127
			t.Errorf("%s /Me%s: Location %q", method, query, got)
		}
		return r
	}
	got, own := me(200, "GET", "", ""), c.want(200, "GET", "/Users/"+id, "")
	if got.raw != own.raw || got.header.Get("ETag") != own.header.Get("ETag") || got.header.Get("Content-Location") != location {
		t.Errorf("ME-01 ME-08: %v %s", got.header, got.raw)
	}
	if head := me(200, "HEAD", "", ""); head.raw != "" {
		t.Errorf("HEAD: %s", head.raw)
	}
	me(304, "GET", "", "", "If-None-Match", got.header.Get("ETag"))
	c.expect(me(200, "GET", "?attributes=title", ""), "title", "Countess", "nickName", nil, "id", id) // ME-03
	c.expect(me(200, "GET", "?excludedAttributes=title", ""), "title", nil, "nickName", "Addie")

	c.expect(me(200, "PUT", "", userBody("ada", `,"title":"Lady"`)), "title", "Lady", "nickName", nil) // ME-05
	me(400, "PUT", "", userBody("ada", `,"active":"perhaps"`))
	me(412, "PUT", "", userBody("ada", ""), "If-Match", `W/"1"`)
	me(415, "PUT", "", "x", "Content-Type", "text/plain")
	c.expect(me(200, "PATCH", "", patchBody(`{"op":"add","path":"nickName","value":"A"}`, `{"op":"replace","path":"displayName","value":"Ada"}`,
		`{"op":"remove","path":"title"}`)), "nickName", "A", "displayName", "Ada", "title", nil) // ME-06
	c.expect(me(400, "PATCH", "", patchBody(`{"op":"add","path":"nope","value":"A"}`)), "scimType", "invalidPath")
	if r := me(405, "POST", "", userBody("eve", "")); !strings.Contains(r.header.Get("Allow"), "PATCH") { // ME-04
		t.Errorf("Allow: %v", r.header)
	}
	c.refused(404, "", "GET", "/Me/x", "")
	// The alias is good inside a bulk request too; the location of the entry is the permanent one.
	c.expect(c.bulk(bulkBody(operation("PATCH", "/Me", data("", patchBody(`{"op":"add","path":"title","value":"B"}`)))), 200), "Operations/0/location", location)

	me(204, "DELETE", "", "")                               // ME-07
	c.expect(me(404, "GET", "", ""), "schemas/0", errorURN) // ME-09
	c.refused(404, "", "GET", "/Users/"+id, "")
	if got := strings.Join(c.events(), "; "); got != "scim.user.created; scim.user.updated nickName,title; scim.user.updated displayName,nickName,title; scim.user.updated title; scim.user.deleted" {
		t.Errorf("events: %s", got)
	}
}
