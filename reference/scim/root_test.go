package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"assay/reference/scim"
)

// shown are the userName or displayName of the resources of a list, in their order.
func shown(r response) string {
	resources, _ := r.at("Resources").([]any)
	var list []string
	for _, item := range resources {
		name := at(item, "userName")
		if name == nil {
			name = at(item, "displayName")
		}
		list = append(list, fmt.Sprint(name))
	}
	return strings.Join(list, " ")
}

func TestRootQuery(t *testing.T) {
	c := newClient(t)
	ada := c.want(201, "POST", "/Users", userBody("ada", `,"displayName":"M","externalId":"x1","`+workURN+`":{"department":"d"}`)).id()
	c.group("b-group", ada)
	c.want(201, "POST", "/Users", userBody("bob", `,"title":"t"`))
	c.want(201, "POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"Z","externalId":"x1"}`, groupURN))
	c.bearer = other
	c.user("foreign")
	c.bearer = secret
	for name, test := range map[string]struct {
		query, names string
		total        int
	}{
		"GAP-054 everything":                  {"", "ada bob b-group Z", 4},
		"FLT-45 id pr":                        {"filter=id pr", "ada bob b-group Z", 4},
		"GAP-054 one type":                    {`filter=meta.resourceType eq "User"`, "ada bob", 2},
		"FLT-45 the other type":               {`filter=meta.resourceType eq "Group"`, "b-group Z", 2},
		"GAP-054 both types":                  {`filter=(meta.resourceType eq "User") or (meta.resourceType eq "Group")`, "ada bob b-group Z", 4},
		"a type that is none":                 {`filter=meta.resourceType eq "Device"`, "", 0},
		"not a type":                          {`filter=not (meta.resourceType eq "Group")`, "ada bob", 2},
		"a common attribute":                  {`filter=externalId eq "x1"`, "ada Z", 2},
		"the same attribute in both":          {`filter=displayName pr`, "ada b-group Z", 3},
		"GAP-055 presence":                    {"filter=userName pr", "ada bob", 2},
		"GAP-055 equality":                    {`filter=title eq "t"`, "bob", 1},
		"GAP-055 a value path":                {fmt.Sprintf(`filter=members[value eq %q and type eq "User"]`, ada), "b-group", 1},
		"GAP-055 a value path and a part":     {fmt.Sprintf(`filter=members[type eq "User"].value eq %q`, ada), "b-group", 1},
		"GAP-055 an extension":                {"filter=" + workURN + `:department eq "D"`, "ada", 1},
		"GAP-055 undefined is not equal":      {`filter=title ne "t"`, "ada b-group Z", 3},
		"GAP-055 undefined is null":           {`filter=title eq null`, "ada b-group Z", 3},
		"GAP-055 undefined and negated":       {`filter=not (members pr)`, "ada bob Z", 3},
		"GAP-055 no type defines it":          {`filter=wibble.wobble gt 7`, "", 0},
		"GAP-055 no type defines it, or else": {`filter=wibble[a eq true].b co "x" or userName eq "bob"`, "bob", 1},
		"the second page":                     {"startIndex=3&count=1", "b-group", 4},
		"a page across the types":             {"startIndex=2&count=2", "bob b-group", 4},
		"a page of a filter":                  {"startIndex=2&count=2&filter=id pr", "bob b-group", 4},
		"beyond the end":                      {"startIndex=9", "", 4},
		"no resources":                        {"count=0", "", 4},
		"sorted over the types":               {"sortBy=displayName", "b-group ada Z bob", 4},
		"sorted the other way, with a page":   {"sortBy=displayName&sortOrder=descending&startIndex=2&count=2", "Z ada", 4},
		"sorted by what one type has":         {"sortBy=userName", "ada bob b-group Z", 4},
		"sorted by memberships":               {"sortBy=members", "b-group ada bob Z", 4},
	} {
		t.Run(name, func(t *testing.T) {
			c.TB = t
			values, err := url.ParseQuery(strings.ReplaceAll(test.query, "+", "%2B"))
			if err != nil {
				t.Fatal(err)
			}
			r := c.want(200, "GET", "/?"+values.Encode(), "")
			body := searchBody(values)
			found := c.want(200, "POST", "/.search", body) // SEA-03
			if shown(r) != test.names || shown(found) != test.names {
				t.Errorf("%q and %q, wanted %q", shown(r), shown(found), test.names)
			}
			for _, list := range []response{r, found} {
				resources, _ := list.at("Resources").([]any)
				c.expect(list, "totalResults", test.total, "itemsPerPage", len(resources), "schemas/0", "urn:ietf:params:scim:api:messages:2.0:ListResponse")
				for _, item := range resources {
					checkType(t, item)
				}
			}
		})
	}
	c.TB = t
	c.expect(c.want(200, "GET", "/?attributes=userName,displayName", ""), "Resources/0/userName", "ada", "Resources/2/displayName", "b-group",
		"Resources/0/groups", nil, "Resources/2/members", nil, "Resources/0/displayName", "M")
	c.expect(c.want(200, "GET", "/?excludedAttributes=members", ""), "Resources/2/members", nil, "Resources/0/groups/0/display", "b-group")
	if head := c.want(200, "HEAD", "/", ""); head.raw != "" {
		t.Errorf("HEAD: %s", head.raw)
	}
	for query, scimType := range map[string]string{
		`filter=userName eq`:            "invalidFilter",
		`filter=wibble gt`:              "invalidFilter",
		`filter=wibble ~ 1`:             "invalidFilter",
		`filter=wibble lt null`:         "invalidFilter",
		`filter=active gt true`:         "invalidFilter", // undefined for a group, ill-typed for a user
		`filter=password eq "x"`:        "invalidFilter",
		`filter=a[b[c pr]]`:             "invalidFilter",
		`sortBy=wibble`:                 "invalidValue",
		`sortBy=password`:               "invalidValue",
		`sortBy=userName&sortOrder=any`: "invalidValue",
		`count=x`:                       "invalidValue",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		c.refused(400, scimType, "GET", "/?"+values.Encode(), "")
	}
	c.refused(400, "invalidSyntax", "POST", "/.search", `{"filter":"id pr"}`)
	c.refused(401, "", "GET", "/", "", "Authorization", "")
}

// searchBody is the SearchRequest of the same query.
func searchBody(values url.Values) string {
	body := fmt.Sprintf(`{"schemas":[%q]`, findURN)
	for name := range values {
		value := fmt.Sprintf("%q", values.Get(name))
		if name == "startIndex" || name == "count" {
			value = values.Get(name)
		}
		body += fmt.Sprintf(`,%q:%s`, name, value)
	}
	return body + "}"
}

// checkType is GAP-054: each resource has its own schemas, meta and location.
func checkType(t *testing.T, item any) {
	t.Helper()
	urn, kind, endpoint := userURN, "User", "/Users/"
	if at(item, "userName") == nil {
		urn, kind, endpoint = groupURN, "Group", "/Groups/"
	}
	if at(item, "schemas/0") != urn || at(item, "meta/resourceType") != kind || at(item, "meta/location") != fmt.Sprint(base, endpoint, at(item, "id")) {
		t.Errorf("%v", item)
	}
}

// More than a response may hold is refused, unless the client reads it page by page.
func TestRootTooMany(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxResults = 3 })
	for i := range 2 {
		c.user(fmt.Sprint("u", i))
		c.group(fmt.Sprint("g", i))
	}
	for _, query := range []string{"", "?filter=id%20pr", "?startIndex=2", "?sortBy=id"} {
		c.refused(400, "tooMany", "GET", "/"+query, "")
	}
	c.refused(400, "tooMany", "POST", "/.search", fmt.Sprintf(`{"schemas":[%q]}`, findURN))
	c.expect(c.want(200, "GET", "/?count=9", ""), "totalResults", 4, "itemsPerPage", 3)
	c.expect(c.want(200, "GET", "/?count=3&startIndex=4&filter=id%20pr", ""), "totalResults", 4, "itemsPerPage", 1)
	c.expect(c.want(200, "GET", "/?filter=userName%20pr", ""), "totalResults", 2)
	c.expect(c.want(200, "GET", "/?filter=meta.resourceType%20eq%20%22User%22", ""), "totalResults", 2)
}
