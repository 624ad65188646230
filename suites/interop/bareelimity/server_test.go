package bareelimity

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// client speaks raw JSON to a server of this package.
type client struct {
	t    *testing.T
	base string
}

func start(t *testing.T) client {
	t.Helper()
	handler, err := New("planted")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the panics are expected
	server.Start()
	t.Cleanup(server.Close)
	return client{t: t, base: server.URL + "/scim/v2"}
}

func (c client) try(method, path, body string) (int, map[string]any, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer planted")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, nil, err
	}
	var doc map[string]any
	if len(bytes.TrimSpace(data)) > 0 {
		if err := json.Unmarshal(data, &doc); err != nil {
			c.t.Fatalf("%s %s answers %d with %.200q", method, path, res.StatusCode, data)
		}
	}
	return res.StatusCode, doc, nil
}

func (c client) do(want int, method, path, body string) map[string]any {
	c.t.Helper()
	status, doc, err := c.try(method, path, body)
	if err != nil || status != want {
		c.t.Fatalf("%s %s: status %d, want %d; %v %v", method, path, status, want, doc, err)
	}
	return doc
}

func (c client) user(extra string) string {
	c.t.Helper()
	doc := c.do(201, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"b@example.test"`+extra+`}`)
	return doc["id"].(string)
}

func (c client) patch(path, operation string) map[string]any {
	c.t.Helper()
	return c.do(200, "PATCH", path, `{"schemas":["`+patchURN+`"],"Operations":[`+operation+`]}`)
}

func (c client) matches(filter string) float64 {
	c.t.Helper()
	return c.do(200, "GET", "/Users?filter="+url.QueryEscape(filter), "")["totalResults"].(float64)
}

func TestLifeOfAUser(t *testing.T) {
	c := start(t)
	id := c.user(`,"active":true`)
	if got := c.do(200, "GET", "/Users/"+id, ""); got["userName"] != "b@example.test" {
		t.Errorf("GET answers %v", got)
	}
	if n := c.matches(`userName eq "B@example.test"`); n != 1 {
		t.Errorf("the filter on userName finds %v users, want 1", n)
	}
	if got := c.patch("/Users/"+id, `{"op":"replace","path":"active","value":false}`); got["active"] != false {
		t.Errorf("PATCH answers %v", got)
	}
	put := c.do(200, "PUT", "/Users/"+id, `{"schemas":["`+userURN+`"],"userName":"c@example.test"}`)
	if _, left := put["active"]; left || put["userName"] != "c@example.test" {
		t.Errorf("PUT answers %v", put)
	}
	c.user("")
	page := c.do(200, "GET", "/Users?startIndex=2&count=1", "")
	if page["totalResults"] != 2.0 || len(page["Resources"].([]any)) != 1 {
		t.Errorf("the second page is %v", page)
	}
	c.do(204, "DELETE", "/Users/"+id, "")
	for _, method := range []string{"GET", "DELETE"} {
		c.do(404, method, "/Users/"+id, "")
	}
}

func TestToken(t *testing.T) {
	if _, err := New(""); err == nil {
		t.Error("an empty token is accepted")
	}
	handler, err := New("planted")
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"", "Bearer ", "Bearer planted ", "planted", "Basic planted"} {
		req := httptest.NewRequest("GET", "/scim/v2/Users", nil)
		req.Header.Set("Authorization", header)
		res := httptest.NewRecorder()
		handler.ServeHTTP(res, req)
		if res.Code != 401 || strings.Contains(res.Body.String(), "planted") {
			t.Errorf("Authorization %q: %d %s", header, res.Code, res.Body)
		}
	}
}

// TestFiltersThatPanic holds the package comment to its word: the server is of no use as a target
// when the library has mended what the comment says is broken.
func TestFiltersThatPanic(t *testing.T) {
	c := start(t)
	id := c.user(`,"emails":[{"type":"work","value":"b@example.test"}],"nickName":"B"`)
	c.patch("/Users/"+id, `{"op":"remove","path":"nickName"}`)
	for _, filter := range []string{`emails co "b"`, `nickName eq "B"`} {
		status, doc, err := c.try("GET", "/Users?filter="+url.QueryEscape(filter), "")
		if err == nil {
			t.Errorf("%s is answered with %d %v, want the connection dropped", filter, status, doc)
		}
	}
	c.do(200, "GET", "/Users", "") // the process lives
}

func TestFiltersThatAreWrong(t *testing.T) {
	c := start(t)
	c.user(`,"nickName":"","emails":[{"type":"work","value":"b@example.test"}],"` + enterpriseURN + `":{"department":"Tours"}`)
	for filter, want := range map[string]float64{
		`emails[value eq "b@example.test"]`:      1, // right, so the others are not wrong for want of data
		`emails.value eq "b@example.test"`:       0,
		`not (emails.value eq "b@example.test")`: 1,
		enterpriseURN + `:department eq "Tours"`: 0,
		`nickName pr`:                            1,
		`id eq "00000001"`:                       0,
		`meta.resourceType eq "User"`:            0,
		`userName eq "\u0062@example.test"`:      0,
	} {
		if got := c.matches(filter); got != want {
			t.Errorf("%s finds %v, want %v", filter, got, want)
		}
	}
	for _, refused := range []string{
		`userName pr and ` + enterpriseURN + `:department pr`,
		`emails[type eq "work" and value pr and primary eq true]`,
	} {
		c.do(400, "GET", "/Users?filter="+url.QueryEscape(refused), "")
	}
}

func TestPatchThatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct{ operation, attribute, want string }{
		"sub-attribute":      {`{"op":"replace","path":"name.givenName","value":"B"}`, "name.givenName", `"B"`},
		"value path":         {`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`, `emails[type eq "work"].value`, `"x"`},
		"extension path":     {`{"op":"add","path":"` + enterpriseURN + `:department","value":"D"}`, enterpriseURN + ":department", `"D"`},
		"add with path":      {`{"op":"add","path":"emails","value":[{"value":"x"}]}`, "emails", `[{"value":"x"}]`},
		"add without path":   {`{"op":"add","value":{"emails":[{"value":"x"}]}}`, "emails", `[{"type":"work","value":"b"},[{"value":"x"}]]`},
		"remove":             {`{"op":"remove","path":"emails"}`, "emails", `null`},
		"remove of userName": {`{"op":"remove","path":"userName"}`, "userName", `null`},
		"read-only":          {`{"op":"replace","path":"groups","value":[{"value":"g"}]}`, "groups", `[{}]`},
	} {
		c := start(t)
		id := c.user(`,"emails":[{"type":"work","value":"b"}]`)
		value, stored := c.patch("/Users/"+id, tt.operation)[tt.attribute]
		got, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if !stored || string(got) != tt.want {
			t.Errorf("%s: %s is %s (stored: %t), want %s", name, tt.attribute, got, stored, tt.want)
		}
	}
	c := start(t)
	c.do(400, "PATCH", "/Users/"+c.user(""),
		`{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","path":"`+enterpriseURN+`","value":{"department":"D"}}]}`)
}

func TestResourcesThatAreWrong(t *testing.T) {
	c := start(t)
	id := c.user(`,"password":"planted-password"`)
	user := c.do(200, "GET", "/Users/"+id, "")
	if user["password"] != "planted-password" {
		t.Error("the password is not returned")
	}
	if schemas := user["schemas"].([]any); len(schemas) != 2 {
		t.Errorf("schemas is %v, want the unused extension in it", schemas)
	}
	if location := user["meta"].(map[string]any)["location"]; location != "Users/"+id {
		t.Errorf("meta.location is %v, want a relative one", location)
	}
	c.user("") // the same userName again
	group := c.do(201, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"G","members":[{"value":"`+id+`"}]}`)
	if group["id"] == id {
		t.Error("a group has the id of a user")
	}
	if _, ok := c.do(200, "GET", "/Users/"+id, "")["groups"]; ok {
		t.Error("the user shows its groups")
	}
	c.do(204, "DELETE", "/Users/"+id, "")
	if members := c.do(200, "GET", "/Groups/"+group["id"].(string), "")["members"].([]any); len(members) != 1 {
		t.Errorf("members is %v, want the deleted user in it", members)
	}
	one := c.do(201, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"u","emails":{"value":"x"},"phoneNumbers":[]}`)
	if _, ok := one["emails"].(map[string]any); !ok {
		t.Errorf("emails is %v, want the object that was sent", one["emails"])
	}
	if phones, ok := one["phoneNumbers"]; !ok || phones != nil {
		t.Errorf("phoneNumbers is %v, want null", phones)
	}
	lost := c.do(201, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"u","`+strings.ToUpper(enterpriseURN)+`":{"department":"D"}}`)
	if _, ok := lost[enterpriseURN]; ok {
		t.Error("the extension in capitals is kept")
	}
}

func TestProtocolThatIsWrong(t *testing.T) {
	c := start(t)
	c.user("")
	list := c.do(200, "GET", "/Users?count=7&sortBy=userName&attributes=userName", "")
	if list["itemsPerPage"] != 7.0 {
		t.Errorf("itemsPerPage is %v, want the count", list["itemsPerPage"])
	}
	if user := list["Resources"].([]any)[0].(map[string]any); user["schemas"] == nil {
		t.Errorf("attributes is honoured: %v", user)
	}
	config := c.do(200, "GET", "/ServiceProviderConfig", "")
	if config["filter"].(map[string]any)["maxResults"] != 0.0 || len(config["authenticationSchemes"].([]any)) != 0 {
		t.Errorf("ServiceProviderConfig is %v", config)
	}
	c.do(404, "POST", "/Bulk", "{}")
	c.do(501, "GET", "/Me", "")
	c.do(501, "POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`)
	for _, method := range []string{"HEAD", "OPTIONS", "PUT"} {
		c.do(404, method, "/Users", "")
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	c := start(t)
	id := c.user(`,"emails":[{"value":"b"}]`)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 10 {
				if _, _, err := c.try("PATCH", "/Users/"+id, `{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","value":{"emails":[{"value":"x"}]}}]}`); err != nil {
					t.Error(err)
				}
				if _, _, err := c.try("GET", "/Users", ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
