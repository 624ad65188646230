package scim_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"assay/reference/scim"
)

const (
	bulkURN     = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkDoneURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

func bulkBody(operations ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, bulkURN, strings.Join(operations, ","))
}

func operation(method, path, more string) string {
	return fmt.Sprintf(`{"method":%q,"path":%q%s}`, method, path, more)
}

func data(bulkID, body string) string {
	if bulkID != "" {
		bulkID = fmt.Sprintf(`,"bulkId":%q`, bulkID)
	}
	return bulkID + `,"data":` + body
}

// bulk sends a bulk request, wants these statuses in this order, and holds every entry against RFC 7644
// section 3.7.3.
func (c *client) bulk(body string, statuses ...int) response {
	c.Helper()
	r := c.want(200, "POST", "/Bulk", body) // BLK-01
	c.checkBulk(r)
	entries, _ := r.at("Operations").([]any)
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprint(at(e, "status")))
	}
	if want := strings.Trim(fmt.Sprint(statuses), "[]"); strings.Join(got, " ") != want {
		c.Fatalf("statuses %v, wanted %s\nsent %s\ngot  %s", got, want, body, r.raw)
	}
	return r
}

// checkBulk is BLK-03, BLK-04, BLK-17, GAP-114, GAP-115 and GAP-116.
func (c *client) checkBulk(r response) {
	c.Helper()
	c.expect(r, "schemas", []string{bulkDoneURN})
	entries, _ := r.at("Operations").([]any)
	for i, e := range entries {
		status, isText := at(e, "status").(string)
		code, err := strconv.Atoi(status)
		if !isText || err != nil || code >= 500 && code != http.StatusNotImplemented {
			c.Errorf("Operations[%d]: status %v: %s", i, at(e, "status"), r.raw)
		}
		method, _ := at(e, "method").(string)
		location, _ := at(e, "location").(string)
		failed := code < 200 || code > 299
		if method == "" || (location == "") != (failed && method == "POST") || location != "" && !strings.HasPrefix(location, base+"/") {
			c.Errorf("Operations[%d]: method %q, location %q: %s", i, method, location, r.raw)
		}
		if !failed {
			continue
		}
		if at(e, "response/schemas/0") != errorURN || at(e, "response/status") != status || at(e, "response/detail") == nil {
			c.Errorf("Operations[%d]: response %v", i, at(e, "response"))
		}
	}
}

// created is the id in the location of an entry.
func (r response) created(i int) string {
	location, _ := r.at(fmt.Sprintf("Operations/%d/location", i)).(string)
	return location[strings.LastIndexByte(location, '/')+1:]
}

// The figures of RFC 7644 sections 3.7.1 and 3.7.2.
const (
	figureCircle = `{"schemas":["` + bulkURN + `"],"Operations":[
		{"method":"POST","path":"/Groups","bulkId":"qwerty","data":{"schemas":["` + groupURN + `"],"displayName":"Group A","members":[{"type":"Group","value":"bulkId:ytrewq"}]}},
		{"method":"POST","path":"/Groups","bulkId":"ytrewq","data":{"schemas":["` + groupURN + `"],"displayName":"Group B","members":[{"type":"Group","value":"bulkId:qwerty"}]}}]}`
	figureGuides = `{"schemas":["` + bulkURN + `"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"qwerty","data":{"schemas":["` + userURN + `"],"userName":"Alice"}},
		{"method":"POST","path":"/Groups","bulkId":"ytrewq","data":{"schemas":["` + groupURN + `"],"displayName":"Tour Guides","members":[{"type":"User","value":"bulkId:qwerty"}]}}]}`
	figureManager = `{"schemas":["` + bulkURN + `"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"qwerty","data":{"schemas":["` + userURN + `"],"userName":"Alice"}},
		{"method":"POST","path":"/Users","bulkId":"ytrewq","data":{"schemas":["` + userURN + `","` + workURN + `"],"userName":"Bob",
			"` + workURN + `":{"employeeNumber":"11250","manager":{"value":"bulkId:qwerty"}}}}]}`
)

func TestBulkCircle(t *testing.T) { // BLK-13, GAP-113
	c := newClient(t)
	r := c.bulk(figureCircle, 201, 201)
	a, b := r.created(0), r.created(1)
	for i, pair := range [][2]string{{a, b}, {b, a}} {
		got := c.want(200, "GET", "/Groups/"+pair[0], "")
		c.expect(got, "members/0/value", pair[1], "members/0/type", "Group", "members/0/$ref", base+"/Groups/"+pair[1], "members/1", nil,
			"meta/version", r.at(fmt.Sprintf("Operations/%d/version", i))) // BLK-05
	}
	list := c.want(200, "GET", "/Groups?filter=displayName%20sw%20%22Group%22", "")
	c.expect(list, "totalResults", 2, "Resources/0/displayName", "Group A", "Resources/1/displayName", "Group B")
	if got := strings.Join(c.events(), "; "); got != "scim.group.created; scim.group.created; scim.group.updated members" {
		t.Errorf("events: %s", got)
	}
}

func TestBulkReferences(t *testing.T) {
	c := newClient(t)
	r := c.bulk(figureGuides, 201, 201) // BLK-06, BLK-10
	c.expect(r, "Operations/0/bulkId", "qwerty", "Operations/1/bulkId", "ytrewq", "Operations/0/method", "POST")
	guides := c.want(200, "GET", "/Groups/"+r.created(1), "")
	c.expect(guides, "members/0/value", r.created(0), "members/0/type", "User", "meta/version", r.at("Operations/1/version"))
	c.want(204, "DELETE", "/Users/"+r.created(0), "")

	r = c.bulk(figureManager, 201, 201) // GAP-112
	bob := c.want(200, "GET", "/Users/"+r.created(1), "")
	c.expect(bob, workURN+"/manager/value", r.created(0), workURN+"/employeeNumber", "11250")

	// A circle through the extension: each is the other's manager.
	r = c.bulk(bulkBody(
		operation("POST", "/Users", data("x", `{"schemas":["`+userURN+`","`+workURN+`"],"userName":"x","`+workURN+`":{"manager":{"value":"bulkId:y"},"division":"d"}}`)),
		operation("POST", "/Users", data("y", `{"schemas":["`+userURN+`","`+workURN+`"],"userName":"y","`+workURN+`":{"manager":{"value":"bulkId:x"}}}`)),
	), 201, 201)
	c.expect(c.want(200, "GET", "/Users/"+r.created(0), ""), workURN+"/manager/value", r.created(1), workURN+"/division", "d")
	c.expect(c.want(200, "GET", "/Users/"+r.created(1), ""), workURN+"/manager/value", r.created(0))
}

// References forwards, in paths and in the filter of a PATCH path, over all methods.
func TestBulkForwards(t *testing.T) { // BLK-07 to BLK-11, GAP-113
	c := newClient(t)
	old, grp := c.user("old"), c.group("team")
	c.want(200, "PATCH", "/Groups/"+grp, patchBody(`{"op":"add","path":"members","value":[{"value":"`+old+`"}]}`))
	r := c.bulk(bulkBody(
		operation("PATCH", "/Groups/"+grp, data("", patchBody(`{"op":"add","path":"members","value":[{"value":"bulkId:u"},{"value":"bulkId:v"}]}`))),
		operation("PATCH", "/Groups/"+grp, data("", patchBody(`{"op":"remove","path":"members[value eq \"bulkId:v\"]"}`))),
		operation("PUT", "/Users/bulkId:u", data("", userBody("second", `,"title":"t"`))),
		operation("POST", "/Users", data("u", userBody("first", ""))),
		operation("POST", "/Users", data("v", userBody("v", ""))),
		operation("DELETE", "/Users/"+old, ""),
		operation("PUT", "/Groups/bulkId:g", data("", groupBody("renamed", "bulkId:u"))),
		operation("POST", "/Groups", data("g", groupBody("new"))),
		operation("DELETE", "/Users/bulkId:v", ""),
	), 200, 200, 200, 201, 201, 204, 200, 201, 204)
	u := r.created(3)
	c.expect(r, "Operations/0/location", base+"/Groups/"+grp, "Operations/2/location", base+"/Users/"+u, "Operations/5/location", base+"/Users/"+old)
	c.expect(c.want(200, "GET", "/Groups/"+grp, ""), "members/0/value", u, "members/1", nil)
	c.expect(c.want(200, "GET", "/Groups/"+r.created(7), ""), "displayName", "renamed", "members/0/value", u)
	c.expect(c.want(200, "GET", "/Users/"+u, ""), "userName", "second", "title", "t")
	c.refused(404, "", "GET", "/Users/"+r.created(4), "")
}

// All methods on groups (BLK-06 to BLK-09).
func TestBulkOfGroups(t *testing.T) {
	c := newClient(t)
	ada, old, gone := c.user("ada"), c.group("old"), c.group("gone")
	r := c.bulk(bulkBody(
		operation("POST", "/Groups", data("g", groupBody("new", ada))),
		operation("PUT", "/Groups/"+old, data("", groupBody("renamed", ada))),
		operation("PATCH", "/Groups/bulkId:g", data("", patchBody(`{"op":"remove","path":"members"}`))),
		operation("DELETE", "/Groups/"+gone, ""),
	), 201, 200, 200, 204)
	c.expect(c.want(200, "GET", "/Groups/"+r.created(0), ""), "displayName", "new", "members", nil)
	c.expect(c.want(200, "GET", "/Groups/"+old, ""), "displayName", "renamed", "members/0/value", ada)
	c.refused(404, "", "GET", "/Groups/"+gone, "")
}

// The figures of section 3.7.3. Its PATCH data is no JSON there; it has got the PatchOp around it.
func TestBulkFigures(t *testing.T) {
	c := newClient(t)
	bob, dave, gone := c.user("bob"), c.user("dave"), c.user("gone")
	figure := func(failOnErrors, schema, bobTag, daveTag string) string {
		return `{"schemas":["` + bulkURN + `"],` + failOnErrors + `"Operations":[
		{"method":"POST","path":"/Users","bulkId":"qwerty","data":{"schemas":["` + schema + `"],"userName":"Alice"}},
		{"method":"PUT","path":"/Users/` + bob + `","version":` + bobTag + `,"data":{"schemas":["` + userURN + `"],"id":"` + bob + `","userName":"Bob"}},
		{"method":"PATCH","path":"/Users/` + dave + `","version":` + daveTag + `,"data":` +
			patchBody(`{"op":"remove","path":"nickName"}`, `{"op":"add","path":"userName","value":"Dave"}`) + `},
		{"method":"DELETE","path":"/Users/` + gone + `","version":"W\/\"1\""}]}`
	}
	const stale, current, wrong = `"W\/\"3694e05e9dff591\""`, `"W\/\"1\""`, "urn:ietf:params:scim:api:messages:2.0:User"

	// "stops processing the bulk operation and immediately returns": BLK-15, GAP-119
	r := c.bulk(figure(`"failOnErrors":1,`, wrong, stale, stale), 400)
	c.expect(r, "Operations/0/bulkId", "qwerty", "Operations/0/response/scimType", "invalidSyntax", "Operations/0/location", nil, "Operations/1", nil)
	c.want(200, "GET", "/Users/"+gone, "")
	// failOnErrors=0 and two errors of three: BLK-16
	r = c.bulk(figure(`"failOnErrors":3,`, wrong, stale, current), 400, 412, 200, 204)
	c.expect(r, "Operations/1/location", base+"/Users/"+bob, "Operations/1/version", nil, "Operations/3/version", nil) // GAP-117
	// "all operations failed": BLK-14
	r = c.bulk(figure("", wrong, stale, stale), 400, 412, 412, 404)
	c.expect(r, "Operations/3/location", base+"/Users/"+gone, "Operations/3/method", "DELETE")
	// "add, update, and remove a user"
	gone = c.user("gone")
	tag := fmt.Sprintf("%q", c.want(200, "GET", "/Users/"+dave, "").at("meta/version"))
	r = c.bulk(figure(`"failOnErrors":1,`, userURN, current, tag), 201, 200, 200, 204)
	c.expect(r, "Operations/1/version", c.want(200, "GET", "/Users/"+bob, "").at("meta/version"), "Operations/1/response", nil)
	c.expect(c.want(200, "GET", "/Users/"+dave, ""), "userName", "Dave")
}

// Every rule for single requests holds, and what is refused alone is refused.
func TestBulkRules(t *testing.T) { // GAP-122
	c := newClient(t, func(o *scim.Options) { o.MaxBody = 2000 })
	ada, grp := c.user("ada"), c.group("g")
	for name, test := range map[string]struct {
		operation string
		status    int
		scimType  any
	}{
		"BLK-24 uniqueness":                   {operation("POST", "/Users", data("q", userBody("ADA", ""))), 409, "uniqueness"},
		"schema":                              {operation("POST", "/Users", data("q", userBody("x", `,"active":7`))), 400, "invalidValue"},
		"required":                            {operation("PUT", "/Users/"+ada, data("", `{"schemas":["`+userURN+`"]}`)), 400, "invalidValue"},
		"mutability":                          {operation("PATCH", "/Users/"+ada, data("", patchBody(`{"op":"replace","path":"id","value":"x"}`))), 400, "mutability"},
		"path of a PATCH":                     {operation("PATCH", "/Groups/"+grp, data("", patchBody(`{"op":"add","path":"nope","value":"x"}`))), 400, "invalidPath"},
		"unknown member":                      {operation("POST", "/Groups", data("q", groupBody("x", "nobody"))), 400, "invalidValue"},
		"GAP-117 version":                     {operation("DELETE", "/Users/"+ada, `,"version":"W/\"9\""`), 412, nil},
		"body limit of one":                   {operation("POST", "/Users", data("q", userBody("x", `,"title":"`+strings.Repeat("x", 2000)+`"`))), 413, nil},
		"data of another type":                {operation("POST", "/Users", data("q", `["x"]`)), 400, "invalidSyntax"},
		"BLK-12 unknown bulkId":               {operation("PATCH", "/Groups/"+grp, data("", patchBody(`{"op":"add","path":"members","value":[{"value":"bulkId:x"}]}`))), 400, "invalidValue"},
		"BLK-12 unknown bulkId in a path":     {operation("DELETE", "/Users/bulkId:x", ""), 400, "invalidValue"},
		"BLK-12 unknown bulkId of a manager":  {operation("POST", "/Users", data("q", userBody("x", `,"`+workURN+`":{"manager":{"value":"bulkId:x"}}`))), 400, "invalidValue"},
		"BLK-18 no bulkId":                    {operation("POST", "/Users", data("", userBody("x", ""))), 400, "invalidSyntax"},
		"BLK-19 no data":                      {operation("PUT", "/Users/"+ada, ""), 400, "invalidSyntax"},
		"BLK-21 unknown resource type":        {operation("POST", "/Devices", data("q", `{}`)), 404, nil},
		"BLK-22 POST with an id":              {operation("POST", "/Users/"+ada, data("q", userBody("x", ""))), 405, nil},
		"BLK-22 DELETE without id":            {operation("DELETE", "/Users", ""), 405, nil},
		"PUT of a discovery document":         {operation("PUT", "/ServiceProviderConfig", data("", `{}`)), 405, nil},
		"GAP-120 GET":                         {operation("GET", "/Users/"+ada, ""), 400, "invalidSyntax"},
		"bulk in bulk":                        {operation("POST", "/Bulk", data("q", bulkBody(operation("DELETE", "/Users/"+ada, "")))), 400, "invalidSyntax"},
		"search in bulk":                      {operation("POST", "/Users/.search", data("q", `{"schemas":["`+findURN+`"]}`)), 400, "invalidSyntax"},
		"a URL":                               {operation("DELETE", "//elsewhere.test/Users/"+ada, ""), 400, "invalidSyntax"},
		"an escape that is none":              {operation("DELETE", "/Users/%zz", ""), 400, "invalidSyntax"},
		"me, which this token has not":        {operation("DELETE", "/Me", ""), 501, nil},
		"the header of the bulk is not its":   {operation("DELETE", "/Users/nobody", ""), 404, nil},
		"a member that a failed POST has not": {operation("PATCH", "/Users/bulkId:q", data("", patchBody(`{"op":"remove","path":"title"}`))), 400, "invalidValue"},
	} {
		t.Run(name, func(t *testing.T) {
			c.TB = t
			r := c.bulk(bulkBody(test.operation), test.status)
			c.expect(r, "Operations/0/response/scimType", test.scimType)
		})
	}
	c.TB = t
	c.want(200, "GET", "/Users/"+ada, "")
	r := c.want(200, "POST", "/Bulk", bulkBody(operation("DELETE", "/Users/"+ada, "")), "If-Match", `W/"9"`)
	c.expect(r, "Operations/0/status", "204")
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 0)
}

func TestBulkLimits(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxOperations, o.MaxPayload = 3, 1000 })
	c.expect(c.want(200, "GET", "/ServiceProviderConfig", ""), "bulk", map[string]any{"supported": true, "maxOperations": 3, "maxPayloadSize": 1000})
	var operations []string
	for i := range 4 {
		operations = append(operations, operation("POST", "/Users", data(fmt.Sprint("q", i), userBody(fmt.Sprint("u", i), ""))))
	}
	r := c.refused(413, "", "POST", "/Bulk", bulkBody(operations...)) // BLK-23
	if !strings.Contains(fmt.Sprint(r.doc["detail"]), "maxOperations (3)") {
		t.Errorf("%s", r.raw)
	}
	large := bulkBody(operations[0])
	large += strings.Repeat(" ", 1001-len(large))
	r = c.refused(413, "", "POST", "/Bulk", large) // GAP-118
	if !strings.Contains(fmt.Sprint(r.doc["detail"]), "maxPayloadSize (1000)") {
		t.Errorf("%s", r.raw)
	}
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 0) // nothing was done
	c.bulk(large[:1000], 201)
	c.bulk(bulkBody(operations[1:]...), 201, 201, 201) // GAP-121
	for _, body := range []string{`{}`, `[]`, `{"schemas":["` + patchURN + `"],"Operations":[` + operations[0] + `]}`,
		bulkBody(operation("POST", "/Users", data("q", userBody("x", ""))), operation("POST", "/Users", data("q", userBody("y", "")))), // GAP-120
		strings.Replace(bulkBody(operations[0]), `"userName"`, `"userName":"z","userName"`, 1)} {
		r := c.want(400, "POST", "/Bulk", body) // BLK-20
		c.expect(r, "schemas", []string{errorURN}, "status", "400")
	}
	c.refused(415, "", "POST", "/Bulk", bulkBody(operations[0]), "Content-Type", "text/plain")
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 4)
}

// A thousand operations, the limit of the configuration, in one request (GAP-121).
func TestBulkOfThousand(t *testing.T) {
	c := newClient(t)
	members := make([]string, 999)
	operations := make([]string, 0, 1000)
	for i := range members {
		id := fmt.Sprint("u", i)
		members[i] = "bulkId:" + id
		operations = append(operations, operation("POST", "/Users", data(id, userBody(id, ""))))
	}
	operations = append([]string{operation("POST", "/Groups", data("g", groupBody("all", members...)))}, operations...)
	r := c.want(200, "POST", "/Bulk", bulkBody(operations...))
	c.checkBulk(r)
	c.expect(r, "Operations/0/status", "201", "Operations/999/status", "201")
	got, _ := c.want(200, "GET", "/Groups/"+r.created(0), "").at("members").([]any)
	if len(got) != 999 {
		t.Errorf("%d members", len(got))
	}
}

// The token of the bulk request is that of its operations, and tenants stay apart.
func TestBulkTenants(t *testing.T) {
	c := newClient(t)
	ada := c.user("ada")
	c.bearer = other
	c.bulk(bulkBody(operation("DELETE", "/Users/"+ada, ""), operation("POST", "/Groups", data("g", groupBody("g", ada)))), 404, 400)
	c.bearer = secret
	c.want(200, "GET", "/Users/"+ada, "")
	c.refused(401, "", "POST", "/Bulk", bulkBody(operation("DELETE", "/Users/"+ada, "")), "Authorization", "Bearer wrong")
	if log := c.log.String(); strings.Contains(log, secret) {
		t.Errorf("a token is in the log:\n%s", log)
	}
}
