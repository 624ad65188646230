package scim_test

import (
	"context"
	"errors"
	"testing"

	"assay/reference/directory"
)

// TestDeactivation shows what reference/docs/lifecycle.md says of a deactivated user: everything stays but "active",
// and everybody still finds the user.
func TestDeactivation(t *testing.T) {
	c := newClient(t)
	id := c.want(201, "POST", "/Users", userBody("ada", `,"externalId":"x1","title":"Countess","emails":[{"value":"a@x.test","type":"work"}]`)).id()
	path, group := "/Users/"+id, c.group("staff")
	c.want(200, "PATCH", "/Groups/"+group, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
	c.link(id)
	stays := []any{"id", id, "externalId", "x1", "title", "Countess", "groups/0/value", group}

	c.expect(c.want(200, "PATCH", path, patchBody(`{"op":"replace","path":"active","value":false}`)), append(stays, "active", false)...)
	c.expect(c.want(200, "GET", path, ""), append(stays, "active", false)...)
	for _, filter := range []string{`userName+eq+%22ADA%22`, `externalId+eq+%22x1%22`, `emails.value+eq+%22a@x.test%22`, `active+eq+false`, `groups.value+eq+%22` + group + `%22`} {
		c.expect(c.want(200, "GET", "/Users?filter="+filter, ""), "totalResults", 1, "Resources/0/id", id)
	}
	c.expect(c.want(200, "GET", "/Groups/"+group, ""), "members/0/value", id)
	c.refused(409, "uniqueness", "POST", "/Users", userBody("ada", "")) // the name stays taken
	if !c.linked() {
		t.Error("deactivation has cut the link to the identity provider")
	}
	c.want(200, "PATCH", path, patchBody(`{"op":"replace","path":"title","value":"Lady"}`)) // changes go on
	c.expect(c.want(200, "PATCH", "/Groups/"+group, patchBody(`{"op":"remove","path":"members"}`)), "members", nil)
	c.expect(c.want(200, "PATCH", "/Groups/"+group, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)), "members/0/value", id)

	back := c.want(200, "PATCH", path, patchBody(`{"op":"replace","path":"active","value":true}`))
	c.expect(back, "id", id, "active", true, "title", "Lady", "groups/0/value", group)
	c.expect(c.want(200, "GET", "/Users?filter=active+eq+true", ""), "totalResults", 1)
}

// TestDeactivationByOmission shows that only saying so changes "active".
func TestDeactivationByOmission(t *testing.T) {
	c := newClient(t)
	path := "/Users/" + c.user("ada")
	for _, active := range []bool{false, true} {
		body := `{"op":"replace","path":"active","value":false}`
		if active {
			body = `{"op":"replace","path":"active","value":true}`
		}
		c.want(200, "PATCH", path, patchBody(body))
		c.expect(c.want(200, "PUT", path, userBody("ada", "")), "active", active)
		c.expect(c.want(200, "PUT", path, userBody("ada", `,"active":null`)), "active", active)
		c.expect(c.want(200, "PATCH", path, patchBody(`{"op":"remove","path":"active"}`)), "active", active)
	}
	c.expect(c.want(201, "POST", "/Users", userBody("off", `,"active":false`)), "active", false)
}

// TestHardDelete shows that a deleted user is gone from everywhere, and comes back as somebody else.
func TestHardDelete(t *testing.T) {
	c := newClient(t)
	id := c.want(201, "POST", "/Users", userBody("ada", `,"externalId":"x1"`)).id()
	group := c.group("staff", id, c.user("eve"))
	c.link(id)
	before := c.want(200, "GET", "/Groups/"+group, "")
	c.want(204, "DELETE", "/Users/"+id, "")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		body := ""
		switch method {
		case "PUT":
			body = userBody("ada", "")
		case "PATCH":
			body = patchBody(`{"op":"replace","path":"active","value":true}`)
		}
		c.refused(404, "", method, "/Users/"+id, body)
	}
	for _, filter := range []string{`userName+eq+%22ada%22`, `externalId+eq+%22x1%22`, `id+eq+%22` + id + `%22`} {
		c.expect(c.want(200, "GET", "/Users?filter="+filter, ""), "totalResults", 0)
	}
	after := c.want(200, "GET", "/Groups/"+group, "")
	if members, _ := after.at("members").([]any); len(members) != 1 {
		t.Errorf("the group has %v", after.raw)
	}
	if after.at("displayName") != before.at("displayName") || c.linked() {
		t.Errorf("something is wrong about what is left: %s", after.raw)
	}
	c.refused(400, "invalidValue", "PATCH", "/Groups/"+group, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
	again := c.want(201, "POST", "/Users", userBody("ada", `,"externalId":"x1"`))
	if again.id() == id || again.at("groups") != nil || c.linked() {
		t.Errorf("the new user has something of the old one: %s", again.raw)
	}
}

// TestDeletedGroup shows that a group takes nobody with it, and that a group in a group is a member like others.
func TestDeletedGroup(t *testing.T) {
	c := newClient(t)
	id := c.user("ada")
	inner := c.group("inner", id)
	outer := c.group("outer", inner, id)
	c.want(204, "DELETE", "/Groups/"+inner, "")
	c.expect(c.want(200, "GET", "/Groups/"+outer, ""), "members/0/value", id, "members/1", nil)
	c.expect(c.want(200, "GET", "/Users/"+id, ""), "groups/0/value", outer, "groups/1", nil, "active", true)
	c.expect(c.want(200, "GET", "/Groups?filter=displayName+eq+%22inner%22", ""), "totalResults", 0)
}

const issuer = "https://idp.test"

func (c *client) link(user string) {
	c.Helper()
	if err := c.store.Link(context.Background(), "acme", directory.Identity{Issuer: issuer, Subject: "s1", UserID: user}); err != nil {
		c.Fatal(err)
	}
}

func (c *client) linked() bool {
	c.Helper()
	_, err := c.store.Identity(context.Background(), "acme", issuer, "s1")
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		c.Fatal(err)
	}
	return err == nil
}
