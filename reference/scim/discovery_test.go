package scim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestServiceProviderConfig(t *testing.T) {
	c := newClient(t)
	r := c.want(200, "GET", "/ServiceProviderConfig?attributes=patch&count=0", "")
	c.expect(r,
		"schemas", []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch/supported", true, "sort/supported", true, "etag/supported", true, "changePassword/supported", false,
		"bulk", map[string]any{"supported": true, "maxOperations": 1000, "maxPayloadSize": 1 << 20},
		"filter", map[string]any{"supported": true, "maxResults": 50},
		"authenticationSchemes/0/type", "oauthbearertoken", "authenticationSchemes/0/primary", true,
		"meta", map[string]any{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"})
}

func TestDiscoveryLists(t *testing.T) {
	c := newClient(t)
	for path, ids := range map[string][]string{
		"/ResourceTypes": {"User", "Group"},
		"/Schemas":       {userURN, workURN, groupURN, "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
	} {
		list := c.want(200, "GET", path+"?count=0&startIndex=7&sortBy=id", "")
		c.expect(list, "totalResults", len(ids), "itemsPerPage", len(ids), "startIndex", 1)
		for i, id := range ids {
			item := list.at(fmt.Sprintf("Resources/%d", i))
			if at(item, "id") != id || at(item, "meta/location") != base+path+"/"+id || at(item, "schemas/0") == nil {
				t.Errorf("%s: %v", path, item)
			}
			one := c.want(200, "GET", path+"/"+id, "")
			c.expect(one, "", nil)
			if fmt.Sprint(one.doc) != fmt.Sprint(item) {
				t.Errorf("%s/%s differs from the list", path, id)
			}
		}
		c.refused(http.StatusForbidden, "", "GET", path+"?filter=id%20pr", "")
		c.refused(http.StatusForbidden, "", "GET", path+"/"+ids[0]+"?filter=id%20pr", "")
	}
	c.refused(http.StatusForbidden, "", "GET", "/ServiceProviderConfig?filter=id%20pr", "")
	c.want(200, "GET", "/Schemas/"+strings.ToUpper(userURN), "")
	types := c.want(200, "GET", "/ResourceTypes", "")
	c.expect(types, "Resources/0/endpoint", "/Users", "Resources/0/schema", userURN,
		"Resources/0/schemaExtensions", []any{map[string]any{"schema": workURN, "required": false}},
		"Resources/1/endpoint", "/Groups", "Resources/1/schemaExtensions", nil)
}

// Every attribute shows all its characteristics, and those that clients rely on are right.
func TestSchemaDocuments(t *testing.T) {
	c := newClient(t)
	list := c.want(200, "GET", "/Schemas", "")
	attributes := map[string]map[string]any{}
	var walk func(prefix string, list any)
	walk = func(prefix string, list any) {
		items, _ := list.([]any)
		for _, item := range items {
			a, _ := item.(map[string]any)
			name := prefix + fmt.Sprint(a["name"])
			attributes[name] = a
			for _, key := range []string{"type", "description", "mutability", "returned", "uniqueness"} {
				if text, ok := a[key].(string); !ok || text == "" {
					t.Errorf("%s has no %s", name, key)
				}
			}
			for _, key := range []string{"multiValued", "required"} {
				if _, ok := a[key].(bool); !ok {
					t.Errorf("%s has no %s", name, key)
				}
			}
			if (a["type"] == "complex") != (a["subAttributes"] != nil) {
				t.Errorf("%s: type %v with sub-attributes %v", name, a["type"], a["subAttributes"])
			}
			if a["type"] == "reference" && a["referenceTypes"] == nil {
				t.Errorf("%s has no referenceTypes", name)
			}
			walk(name+".", a["subAttributes"])
		}
	}
	for i, prefix := range []string{"user.", "work.", "group.", "config."} {
		walk(prefix, list.at(fmt.Sprintf("Resources/%d/attributes", i)))
	}
	for name, want := range map[string]string{
		"user.userName":       "string false true false readWrite default server",
		"user.password":       "string false false false writeOnly never none",
		"user.active":         "boolean false false <nil> readWrite default none",
		"user.emails":         "complex true false <nil> readWrite default none",
		"user.groups":         "complex true false <nil> readOnly default none",
		"group.displayName":   "string false true false readWrite default none",
		"group.members.value": "string false false false immutable default none",
	} {
		a := attributes[name]
		got := fmt.Sprint(a["type"], " ", a["multiValued"], " ", a["required"], " ", a["caseExact"], " ", a["mutability"], " ", a["returned"], " ", a["uniqueness"])
		if got != want {
			t.Errorf("%s: %s, wanted %s", name, got, want)
		}
	}
	if len(attributes) < 80 {
		t.Errorf("only %d attributes", len(attributes))
	}
}
