package scim_test

import (
	"reflect"
	"testing"
)

func TestGroupLifecycle(t *testing.T) {
	c := newClient(t)
	ada := c.want(201, "POST", "/Users", userBody("ada", `,"displayName":"Ada Byron"`)).id()
	bob := c.user("bob")
	inner := c.group("inner")
	made := c.want(201, "POST", "/Groups", groupBody("all", bob, inner, bob))
	id := made.id()
	c.expect(made, "schemas", []string{groupURN}, "displayName", "all", "meta/resourceType", "Group", "active", nil, "members/2", nil,
		"members/0", map[string]string{"value": bob, "display": "bob", "type": "User", "$ref": base + "/Users/" + bob},
		"members/1", map[string]string{"value": inner, "display": "inner", "type": "Group", "$ref": base + "/Groups/" + inner})
	c.expect(c.want(200, "GET", "/Users/"+bob, ""), "groups",
		[]any{map[string]string{"value": id, "display": "all", "type": "direct", "$ref": base + "/Groups/" + id}})

	added := c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"add","path":"members","value":[{"value":"`+ada+`","display":"forged","type":"Group"}]}`))
	c.expect(added, "members/2/display", "Ada Byron", "members/2/type", "User", "meta/version", `W/"2"`)
	again := c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`))
	c.expect(again, "meta", added.at("meta"), "members/3", nil)
	c.refused(400, "invalidValue", "PATCH", "/Groups/"+id, patchBody(`{"op":"replace","path":"displayName","value":"lost"}`, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`))
	c.expect(c.want(200, "GET", "/Groups/"+id, ""), "displayName", "all", "meta/version", `W/"2"`)

	c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"remove","path":"members[value eq \"`+bob+`\"]"}`))
	c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"remove","path":"members[type eq \"Group\"]"}`))
	left := c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"replace","path":"displayName","value":"everyone"}`))
	c.expect(left, "members/0/value", ada, "members/1", nil, "displayName", "everyone")
	set := c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"replace","path":"members","value":[{"value":"`+bob+`"},{"value":"`+ada+`"}]}`))
	c.expect(set, "members/0/value", ada, "members/1/value", bob, "members/2", nil)
	same := c.want(200, "PUT", "/Groups/"+id, groupBody("everyone", ada, bob))
	c.expect(same, "meta", set.at("meta"))
	none := c.want(200, "PUT", "/Groups/"+id, groupBody("everyone"))
	c.expect(none, "members", nil, "meta/version", `W/"7"`)
	c.want(200, "PUT", "/Groups/"+id, groupBody("everyone", ada, bob))
	c.expect(c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"remove","path":"members"}`)), "members", nil)
	c.want(200, "PUT", "/Groups/"+id, groupBody("everyone", ada))
	c.want(204, "DELETE", "/Users/"+ada, "")
	c.expect(c.want(200, "GET", "/Groups/"+id, ""), "members", nil)
	c.want(204, "DELETE", "/Groups/"+id, "")
	c.refused(404, "", "GET", "/Groups/"+id, "")
	c.want(200, "GET", "/Users/"+bob, "")

	events := c.events()[4:]
	want := []string{"scim.group.updated members", "scim.group.updated members", "scim.group.updated members", "scim.group.updated displayName"}
	if !reflect.DeepEqual(events[:4], want) || events[len(events)-1] != "scim.group.deleted" {
		t.Errorf("events %q", events)
	}
}

func TestGroupRefusals(t *testing.T) {
	c := newClient(t)
	id := c.group("all")
	for _, body := range []string{
		`{"schemas":["` + groupURN + `"]}`,
		groupBody(""),
		groupBody("x", "nobody"),
		`{"schemas":["` + groupURN + `"],"displayName":"x","members":[{"display":"y"}]}`,
		`{"schemas":["` + groupURN + `"],"displayName":"x","members":[{"value":""}]}`,
		`{"schemas":["` + groupURN + `"],"displayName":"x","members":{"value":"y"}}`,
		`{"schemas":["` + groupURN + `"],"displayName":7}`,
	} {
		c.refused(400, "invalidValue", "POST", "/Groups", body)
		c.refused(400, "invalidValue", "PUT", "/Groups/"+id, body)
	}
	c.expect(c.want(200, "GET", "/Groups", ""), "totalResults", 1)
	c.want(201, "POST", "/Groups", groupBody("ALL")) // names of groups need not be unique
}

func TestMembersAreNotLoadedInVain(t *testing.T) {
	c := newClient(t)
	id := c.group("all", c.user("ada"))
	for _, query := range []string{"?excludedAttributes=members", "?attributes=displayName"} {
		c.expect(c.want(200, "GET", "/Groups/"+id+query, ""), "members", nil, "displayName", "all")
		c.expect(c.want(200, "GET", "/Groups"+query, ""), "Resources/0/members", nil, "Resources/0/displayName", "all")
	}
	c.expect(c.want(200, "GET", "/Groups?attributes=members.value", ""), "Resources/0/displayName", nil, "Resources/0/members/0/display", nil)
}
