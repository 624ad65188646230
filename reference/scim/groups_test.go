package scim_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"assay/reference/scim"
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

// TestGroupCreates shows what a group can be made of.
func TestGroupCreates(t *testing.T) {
	c := newClient(t)
	ada, inner := c.user("ada"), c.group("inner")
	for name, try := range map[string]struct {
		body  string
		pairs []any
	}{
		"no members":             {`{"schemas":["` + groupURN + `"],"displayName":"a"}`, []any{"members", nil}},
		"an empty list":          {groupBody("b"), []any{"members", nil}},
		"null":                   {`{"schemas":["` + groupURN + `"],"displayName":"c","members":null}`, []any{"members", nil}},
		"a user":                 {groupBody("d", ada), []any{"members/0/value", ada, "members/0/type", "User", "members/1", nil}},
		"a group":                {groupBody("e", inner), []any{"members/0/value", inner, "members/0/type", "Group", "members/1", nil}},
		"both":                   {groupBody("f", ada, inner), []any{"members/0/type", "User", "members/1/type", "Group", "members/2", nil}},
		"somebody twice":         {groupBody("g", ada, ada), []any{"members/0/value", ada, "members/1", nil}},
		"externalId":             {`{"schemas":["` + groupURN + `"],"displayName":"h","externalId":"x"}`, []any{"externalId", "x"}},
		"a taken externalId":     {`{"schemas":["` + groupURN + `"],"displayName":"i","externalId":"x"}`, []any{"externalId", "x"}},
		"a taken displayName":    {groupBody("Inner"), []any{"displayName", "Inner"}}, // RFC 7643 section 8.7.1: uniqueness none
		"$ref without version":   {`{"schemas":["` + groupURN + `"],"displayName":"j","members":[{"value":"` + ada + `","$ref":"https://scim.test/scim/Users/` + ada + `"}]}`, []any{"members/0/$ref", base + "/Users/" + ada, "members/1", nil}},
		"$ref of somewhere else": {`{"schemas":["` + groupURN + `"],"displayName":"k","members":[{"value":"` + ada + `","$ref":"../Groups/nobody","type":"Group"}]}`, []any{"members/0/$ref", base + "/Users/" + ada, "members/0/type", "User"}},
	} {
		made := c.want(201, "POST", "/Groups", try.body)
		id := made.id()
		location := base + "/Groups/" + id
		if made.header.Get("Location") != location {
			t.Errorf("%s: Location %q", name, made.header.Get("Location"))
		}
		pairs := append(try.pairs, "id", id, "meta/resourceType", "Group", "meta/location", location)
		c.expect(made, pairs...)
		c.expect(c.want(200, "GET", "/Groups/"+id, ""), pairs...)
		c.expect(c.want(200, "GET", "/Groups?filter=id+eq+%22"+id+"%22", ""), "totalResults", 1, "Resources/0/id", id)
	}
	c.expect(c.want(200, "GET", "/Groups", ""), "totalResults", 13)
}

// TestLargeGroup shows a group that is made with 500 members.
func TestLargeGroup(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxBody = 1 << 20 })
	ids := make([]string, 500)
	for i := range ids {
		ids[i] = c.user(fmt.Sprint("user", i))
	}
	group := c.group("all", ids...)
	members, _ := c.want(200, "GET", "/Groups/"+group, "").at("members").([]any)
	if len(members) != len(ids) {
		t.Fatalf("%d members", len(members))
	}
	for i, id := range ids {
		if at(members[i], "value") != id {
			t.Fatalf("member %d is %v, wanted %s", i, members[i], id)
		}
	}
}

// TestReplaceGroup shows what PUT does to a group, and that PUT and DELETE want one that exists.
func TestReplaceGroup(t *testing.T) {
	c := newClient(t)
	ada, bob := c.user("ada"), c.user("bob")
	id := c.group("all", ada)
	c.group("taken")
	c.expect(c.want(200, "PUT", "/Groups/"+id, groupBody("staff", bob)), "displayName", "staff", "members/0/value", bob, "members/1", nil)
	c.expect(c.want(200, "PUT", "/Groups/"+id, `{"schemas":["`+groupURN+`"],"id":"forged","displayName":"staff"}`), "id", id, "members", nil)
	c.expect(c.want(200, "PUT", "/Groups/"+id, groupBody("Taken")), "displayName", "Taken") // RFC 7643 section 8.7.1: uniqueness none
	c.expect(c.want(200, "PATCH", "/Groups/"+id, patchBody(`{"op":"replace","path":"displayName","value":"taken"}`)), "displayName", "taken")
	c.refused(400, "invalidSyntax", "PUT", "/Groups/"+id, `{"schemas":["`+userURN+`"],"displayName":"lost"}`)
	c.refused(400, "invalidSyntax", "PUT", "/Groups/"+id, `{"displayName":"lost"}`)
	c.refused(400, "invalidValue", "PUT", "/Groups/"+id, `{"schemas":["`+groupURN+`"]}`)
	c.expect(c.want(200, "GET", "/Groups/"+id, ""), "displayName", "taken")

	c.want(204, "DELETE", "/Groups/"+id, "")
	for _, gone := range []string{id, "nobody", ada} {
		for method, body := range map[string]string{"GET": "", "PUT": groupBody("x"), "DELETE": "", "PATCH": patchBody(`{"op":"replace","path":"displayName","value":"x"}`)} {
			c.refused(404, "", method, "/Groups/"+gone, body)
		}
	}
	c.expect(c.want(200, "GET", "/Groups", ""), "totalResults", 1)
}

// TestDisplayFollows shows that what a membership says of the other side is what that says of itself.
func TestDisplayFollows(t *testing.T) {
	c := newClient(t)
	ada := c.user("ada")
	inner := c.group("inner", ada)
	outer := c.group("outer", ada, inner)
	c.group("far", outer) // a group of which ada is no member herself
	c.want(200, "PATCH", "/Users/"+ada, patchBody(`{"op":"add","path":"displayName","value":"Ada Byron"}`))
	c.want(200, "PATCH", "/Groups/"+inner, patchBody(`{"op":"replace","path":"displayName","value":"core"}`))
	c.expect(c.want(200, "GET", "/Groups/"+outer, ""), "members/0/display", "Ada Byron", "members/1/display", "core")
	c.want(200, "PUT", "/Users/"+ada, userBody("ada", `,"displayName":"Countess"`))
	c.expect(c.want(200, "GET", "/Groups/"+outer, ""), "members/0/display", "Countess")
	user := c.want(200, "GET", "/Users/"+ada, "")
	for i := range 2 {
		entry := user.at(fmt.Sprint("groups/", i))
		group := c.want(200, "GET", strings.TrimPrefix(fmt.Sprint(at(entry, "$ref")), base), "")
		c.expect(group, "id", at(entry, "value"), "displayName", at(entry, "display"))
	}
	c.expect(user, "groups/2", nil)
}
