package scim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/scim"
)

// TestHeadersOfAnswers looks for the headers that keep an answer private and unguessed (SEC-08), on successes,
// refusals and answers without a body.
func TestHeadersOfAnswers(t *testing.T) {
	c := newClient(t)
	path := "/Users/" + c.user("ada")
	for name, r := range map[string]response{
		"a list":     c.want(200, "GET", "/Users", ""),
		"a user":     c.want(200, "GET", path, ""),
		"a refusal":  c.want(404, "GET", "/Users/x", ""),
		"a 401":      c.want(401, "GET", path, "", "Authorization", "Bearer x"),
		"unmodified": c.want(304, "GET", path, "", "If-None-Match", "*"),
		"a removal":  c.want(204, "DELETE", path, ""),
	} {
		if r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Cache-Control") != "private, no-cache" || r.header.Get("Server") != "" {
			t.Errorf("%s: %v", name, r.header)
		}
	}
}

// TestCredentialsInURLs sends the token where it ends up in logs (GAP-063).
func TestCredentialsInURLs(t *testing.T) {
	c := newClient(t)
	c.want(200, "GET", "/Users", "")
	for _, target := range []string{"/Users?access_token=" + secret, "/Users?token=" + secret, "/Users?Authorization=Bearer%20" + secret, "https://bearer:" + secret + "@scim.test/Users"} {
		r := httptest.NewRequest("GET", target, nil)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code != 401 || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	r := httptest.NewRequest("POST", "/Users/.search", strings.NewReader("access_token="+secret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	if c.handler.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("in a form: %d %s", w.Code, w.Body)
	}
	if log := c.log.String(); strings.Contains(log, secret) {
		t.Errorf("the token is in the log:\n%s", log)
	}
}

// TestAuthorizationSchemes sends the right token under wrong schemes (AUT-03).
func TestAuthorizationSchemes(t *testing.T) {
	c := newClient(t)
	for _, header := range []string{secret, "Token " + secret, "Basic " + secret, "OAuth " + secret, "Bearer: " + secret, "Bearer" + secret, "Bearer " + secret + " " + secret,
		"Basic " + base64.StdEncoding.EncodeToString([]byte(secret+":")), "Digest username=\"" + secret + "\""} {
		if r := c.refused(401, "", "GET", "/Users", "", "Authorization", header); !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %v", header, r.header)
		}
	}
}

// TestNamesRoundTrip stores names in many scripts, with what other languages give a meaning, and finds them (SEC-03, SEC-07).
func TestNamesRoundTrip(t *testing.T) {
	c := newClient(t)
	names := []string{"Zoë Müller", "山田太郎", "مريم", "Ольга", "👩‍🚀", "O'Brien", `back\slash`, `"quoted"`, "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}",
		"' OR '1'='1", "'; DROP TABLE resources; --", "*)(uid=*", "*", "%", "_", `\u0041`, "a\tb", "line\nbreak", strings.Repeat("long", 500)}
	for i, name := range names {
		made := c.want(201, "POST", "/Users", userBody(name, fmt.Sprintf(`,"displayName":%s`, quote(name))))
		for _, r := range []response{made, c.want(200, "GET", "/Users/"+made.id(), "")} {
			if r.at("userName") != name || r.at("displayName") != name {
				t.Errorf("%q came back as %s", name, r.raw)
			}
		}
		for _, attribute := range []string{"userName", "displayName"} {
			found := c.want(200, "GET", "/Users?filter="+url.QueryEscape(attribute+" eq "+quote(name)), "")
			c.expect(found, "totalResults", 1, "Resources/0/id", made.id())
		}
		c.expect(c.want(200, "GET", "/Users?count=0", ""), "totalResults", i+1)
	}
}

// TestManyValues keeps every value of a user who has very many (SEC-05).
func TestManyValues(t *testing.T) {
	c := newClient(t)
	const n = 1000
	var emails []string
	for i := range n {
		emails = append(emails, fmt.Sprintf(`{"value":"a%d@x.test","type":"t%d"}`, i, i))
	}
	made := c.want(201, "POST", "/Users", userBody("ada", `,"emails":[`+strings.Join(emails, ",")+`]`))
	for _, r := range []response{made, c.want(200, "GET", "/Users/"+made.id(), "")} {
		c.expect(r, "emails/0/value", "a0@x.test", fmt.Sprintf("emails/%d/value", n-1), fmt.Sprintf("a%d@x.test", n-1), fmt.Sprintf("emails/%d", n), nil)
	}
	r := c.want(200, "PATCH", "/Users/"+made.id(), patchBody(`{"op":"remove","path":"emails[value ne \"a7@x.test\"]"}`))
	c.expect(r, "emails/0/value", "a7@x.test", "emails/1", nil)
}

// TestRapidChurn creates and deletes the same names again and again, from several clients at once (SEC-06).
func TestRapidChurn(t *testing.T) {
	c := newClient(t, onFile(t))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				made := c.do("POST", "/Users", userBody(fmt.Sprint("u", i), ""))
				gone := c.do("DELETE", "/Users/"+fmt.Sprint(made.doc["id"]), "")
				if made.status != 201 || gone.status != 204 {
					t.Errorf("u%d: created %d, deleted %d", i, made.status, gone.status)
				}
			}
		})
	}
	wg.Wait()
	c.expect(c.want(200, "GET", "/Users", ""), "totalResults", 0)
}

// TestGroupsInTime lists groups within the 600 ms that Okta's suite gives a server (HTP-09, OKT-09).
func TestGroupsInTime(t *testing.T) {
	c := newClient(t, onFile(t))
	member := c.user("ada")
	for i := range 100 {
		c.group(fmt.Sprint("g", i), member)
	}
	start := time.Now()
	c.expect(c.want(200, "GET", "/Groups?startIndex=1&count=100", ""), "totalResults", 100)
	if took := time.Since(start); took > 600*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

// TestPreferRespondAsync sends the preference of RFC 9967 to a server that does not advertise asyncRequest: the
// answer is the usual one, and nothing says that the preference was applied (GAP-147, GAP-155).
func TestPreferRespondAsync(t *testing.T) {
	c := newClient(t)
	prefer := []string{"Prefer", "respond-async, wait=0"}
	c.expect(c.want(200, "GET", "/ServiceProviderConfig", ""), "securityEvents", nil)
	made := c.want(201, "POST", "/Users", userBody("ada", ""), prefer...)
	path := "/Users/" + made.id()
	for name, r := range map[string]response{
		"POST":     made,
		"PUT":      c.want(200, "PUT", path, userBody("ada", `,"title":"T"`), prefer...),
		"PATCH":    c.want(200, "PATCH", path, patchBody(`{"op":"remove","path":"title"}`), prefer...),
		"GET":      c.want(200, "GET", path, "", prefer...),
		"a search": c.want(200, "POST", "/Users/.search", searchFor(""), prefer...),
		"a bulk":   c.want(200, "POST", "/Bulk", bulkBody(operation("DELETE", path, "")), prefer...),
	} {
		if r.header.Get("Preference-Applied") != "" || r.header.Get("Set-Txn") != "" || r.raw == "" {
			t.Errorf("%s: %v %s", name, r.header, r.raw)
		}
	}
	c.refused(404, "", "GET", path, "") // the bulk request was done at once
	c.want(204, "DELETE", "/Users/"+c.user("eve"), "", prefer...)
}

// TestCursorOfARevokedToken walks on with a cursor whose token has gone, and with another token of the same
// tenant, whose rights are the same (GAP-139).
func TestCursorOfARevokedToken(t *testing.T) {
	known := tokens{secret: {ID: "t1", Tenant: "acme"}, "second": {ID: "t3", Tenant: "acme"}}
	c := newClient(t, func(o *scim.Options) { o.Verify = known })
	users(c, 3)
	path := "/Users?count=1&cursor=" + next(pageOf(c, "count=1", ""))
	c.want(200, "GET", path, "")
	delete(known, secret)
	c.refused(401, "", "GET", path, "")
	c.bearer = "second"
	c.expect(c.want(200, "GET", path, ""), "Resources/0/userName", "user01")
	known["second"] = directory.Token{ID: "t3", Tenant: "other"}
	c.refused(400, "invalidCursor", "GET", path, "")
}

// quote writes a text as JSON, and so as a literal of a filter.
func quote(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(data)
}
