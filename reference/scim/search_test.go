package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func searchFor(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"schemas":["` + findURN + `"]` + more + `}`
}

// TestSearchIsGetByPost holds every parameter of a search against the same query in a URL, at the endpoints of both
// types and over all types (SEA-01 to SEA-05, SEA-07, SEA-08).
func TestSearchIsGetByPost(t *testing.T) {
	c := newClient(t)
	people(c)
	for name, try := range map[string]struct{ query, body string }{
		"nothing":            {"", ""},
		"startIndex":         {"startIndex=2", `"startIndex":2`},
		"count":              {"count=2", `"count":2`},
		"no resources":       {"count=0", `"count":0`},
		"both":               {"startIndex=2&count=1", `"startIndex":2,"count":1`},
		"below the limits":   {"startIndex=-1&count=-1", `"startIndex":-1,"count":-1`},
		"filter":             {"filter=" + url.QueryEscape(`id pr and not (externalId pr)`), `"filter":"id pr and not (externalId pr)"`},
		"sorted":             {"sortBy=displayName", `"sortBy":"displayName"`},
		"sorted backwards":   {"sortBy=id&sortOrder=descending", `"sortBy":"id","sortOrder":"descending"`},
		"attributes":         {"attributes=displayName,meta.location", `"attributes":["displayName","meta.location"]`},
		"excludedAttributes": {"excludedAttributes=meta,members,groups", `"excludedAttributes":["meta","members","groups"]`},
		"all of it": {"sortBy=id&startIndex=2&count=1&attributes=meta&filter=" + url.QueryEscape(`id pr`),
			`"sortBy":"id","startIndex":2,"count":1,"attributes":["meta"],"filter":"id pr"`},
	} {
		for _, endpoint := range []string{"/Users", "/Groups", "/"} {
			got := c.want(200, "GET", endpoint+"?"+try.query, "")
			found := c.want(200, "POST", strings.TrimSuffix(endpoint, "/")+"/.search", searchFor(try.body))
			if got.raw != found.raw {
				t.Errorf("%s at %s: GET\n%s\nsearch\n%s", name, endpoint, got.raw, found.raw)
			}
		}
	}
}

// TestSearchShowsNoMoreThanGet asks for what is never returned and leaves out what always is (SEA-09).
func TestSearchShowsNoMoreThanGet(t *testing.T) {
	c := newClient(t)
	made := c.want(201, "POST", "/Users", oktaUser)
	for _, more := range []string{"", `"attributes":["password"]`, `"attributes":["userName","PASSWORD"]`, `"excludedAttributes":["id","schemas","userName"]`} {
		for _, path := range []string{"/Users/.search", "/.search"} {
			r := c.want(200, "POST", path, searchFor(more))
			c.expect(r, "Resources/0/password", nil, "Resources/0/id", made.id(), "Resources/0/schemas", []string{userURN})
			if strings.Contains(r.raw, "x7Kp02qz") {
				t.Errorf("%s %s: %s", path, more, r.raw)
			}
		}
	}
	for _, path := range []string{"/Users/.search", "/.search"} {
		c.refused(400, "invalidFilter", "POST", path, searchFor(`"filter":"password eq \"x7Kp02qz\""`)) // SEA-06
		c.refused(400, "invalidFilter", "POST", path, searchFor(`"filter":"userName eq"`))
		c.refused(400, "invalidValue", "POST", path, searchFor(`"sortBy":"password"`))
		c.refused(400, "invalidSyntax", "POST", path, `{"filter":"id pr"}`) // SEA-10
	}
}

// TestUnknownParameters sends parameters that nobody knows, at every endpoint (GAP-045).
func TestUnknownParameters(t *testing.T) {
	c := newClient(t)
	user, group := "/Users/"+c.user("ada"), "/Groups/"+c.group("g")
	for _, path := range []string{"/Users", "/Groups", user, group, "/", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		for _, query := range []string{"nope=1", "aadOptscim062020", "%5B%5D=x&nope=%22", "filters=x&sort=y&page=7"} {
			if got, plain := c.want(200, "GET", path+"?"+query, ""), c.want(200, "GET", path, ""); got.raw != plain.raw {
				t.Errorf("%s?%s: %s", path, query, got.raw)
			}
		}
	}
	c.want(201, "POST", "/Users?nope=1", userBody("eve", ""))
	c.want(200, "PUT", user+"?nope=1", userBody("ada", ""))
	c.want(200, "PATCH", user+"?nope=1", patchBody(`{"op":"replace","path":"title","value":"T"}`))
	c.want(204, "DELETE", user+"?nope=1", "")
}

// TestListsSayTheVersion compares meta.version in lists with the entity tag of the resource (GAP-123).
func TestListsSayTheVersion(t *testing.T) {
	c := newClient(t)
	for _, path := range []string{"/Users/" + c.user("ada"), "/Groups/" + c.group("g")} {
		endpoint := path[:strings.LastIndexByte(path, '/')]
		for i := range 3 {
			tag := c.want(200, "GET", path, "").header.Get("ETag")
			if want := fmt.Sprintf(`W/"%d"`, i+1); tag != want {
				t.Errorf("%s: ETag %s, wanted %s", path, tag, want)
			}
			c.expect(c.want(200, "GET", endpoint, ""), "Resources/0/meta/version", tag)
			c.expect(c.want(200, "POST", endpoint+"/.search", searchFor("")), "Resources/0/meta/version", tag)
			c.want(200, "PATCH", path, patchBody(fmt.Sprintf(`{"op":"replace","path":"externalId","value":"%d"}`, i)))
		}
	}
}

// TestTagsOfWrites compares the ETag header of the answer to a write with meta.version in its body (ETG-02, ETG-03).
func TestTagsOfWrites(t *testing.T) {
	c := newClient(t)
	for _, kind := range []struct{ endpoint, body, other string }{
		{"/Users", userBody("ada", ""), userBody("ada", `,"title":"T"`)}, {"/Groups", groupBody("g"), groupBody("h")},
	} {
		made := c.want(201, "POST", kind.endpoint, kind.body)
		path := kind.endpoint + "/" + made.id()
		for i, r := range []response{made, c.want(200, "PUT", path, kind.other), c.want(200, "PATCH", path, patchBody(`{"op":"add","path":"externalId","value":"x"}`))} {
			if want := fmt.Sprintf(`W/"%d"`, i+1); r.header.Get("ETag") != want || r.at("meta/version") != want {
				t.Errorf("%s: ETag %q, wanted %s: %s", path, r.header.Get("ETag"), want, r.raw)
			}
		}
	}
}
