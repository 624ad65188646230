package scim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"assay/reference/scim"
)

// selected are the names that a filter selects at an endpoint.
func (c *client) selected(endpoint, filter string) string {
	c.Helper()
	return shown(c.want(200, "GET", endpoint+"?filter="+url.QueryEscape(filter), ""))
}

func TestFiltersOnGroups(t *testing.T) {
	c := newClient(t)
	ada := c.user("ada")
	for name, external := range map[string]string{"Engines": "E-1"} {
		c.want(201, "POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"externalId":%q,"members":[{"value":%q}]}`, groupURN, name, external, ada))
	}
	c.want(201, "POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"Looms","externalId":"e-1"}`, groupURN))
	for filter, want := range map[string]string{
		`displayName eq "ENGINES"`: "Engines", `displayName ne "engines"`: "Looms", `displayName co "GIN"`: "Engines", `displayName sw "lo"`: "Looms", // FLT-33
		`displayName ew "MS"`: "Looms", `displayName pr`: "Engines Looms", `displayName gt "f"`: "Looms", `displayName eq "Eng"`: "",
		`externalId eq "E-1"`: "Engines", `externalId eq "e-1"`: "Looms", `externalId eq "x"`: "", // FLT-34
		`members.value eq "` + ada + `"`: "Engines", `members[value eq "` + ada + `" and type eq "User"]`: "Engines", `not (members pr)`: "Looms",
	} {
		if got := c.selected("/Groups", filter); got != want {
			t.Errorf("%s: %q, wanted %q", filter, got, want)
		}
	}
}

func TestFiltersOnUsers(t *testing.T) {
	c := newClient(t)
	odd := `*\(a)/"'%_;é😀 <b>`
	quoted, err := json.Marshal(odd)
	if err != nil {
		t.Fatal(err)
	}
	c.want(201, "POST", "/Users", userBody("ada", `,"title":`+string(quoted)+`,"roles":[{"value":"Admin"},{"value":"Owner","type":"x"}],"emails":[{"value":"a@x.test","type":"work"},{"value":"b@y.test","type":"home"}],"`+workURN+`":{"employeeNumber":"E17","department":"Engines"}`))
	c.want(201, "POST", "/Users", userBody("bob", `,"name":{"familyName":"O'Malley"},"addresses":[{"country":"GB","type":"work"}],"emails":[{"value":"a@y.test","type":"home"}],"`+workURN+`":{"employeeNumber":"e18"}`))
	c.user("eve")
	number := workURN + ":employeeNumber "
	for filter, want := range map[string]string{
		`id eq "no such id"`: "", `id eq ""`: "", `id eq "` + strings.Repeat("9", 500) + `"`: "", // FLT-31
		`emails.type eq "work" and userName eq "ada"`: "ada", `emails.type eq "work" and userName eq "bob"`: "", // FLT-21
		`emails eq "A@X.test"`: "ada", `emails sw "a@"`: "ada bob", // FLT-22
		number + `eq "e17"`: "ada", number + `ne "e17"`: "bob eve", number + `co "1"`: "ada bob", number + `sw "E1"`: "ada bob", number + `ew "8"`: "bob", number + "pr": "ada bob", // FLT-24
		`roles.value eq "owner"`: "ada", `roles eq "Admin"`: "ada", `roles[type eq "x" and value eq "Admin"]`: "", `roles pr`: "ada", // FLT-35
		`title eq ` + string(quoted): "ada", `title co "\\("`: "ada", `title co "*"`: "ada", `title co "%_"`: "ada", `title co "é"`: "ada", `title co "\ud83d\ude00"`: "ada", `title co "%%"`: "", // FLT-42
		`name.familyName co "O'Malley"`: "bob", `addresses.country eq "gb"`: "bob", // FLT-19
		`emails[type eq "home" and value sw "a"]`: "bob", `emails.type eq "home" and emails.value sw "a"`: "ada bob", // GAP-068
		`schemas eq "` + workURN + `"`: "ada bob", `not (schemas eq "` + strings.ToUpper(workURN) + `")`: "eve", // GAP-078
		`active eq true`: "ada bob eve", `active pr`: "ada bob eve", `active eq false`: "", // GAP-080: nobody has said so, and everybody was told true
		`userName eq "ada" or userName eq "bob" and title pr or not (userName pr) and active eq true`:  "ada", // FLT-18
		`userName eq "eve" or userName sw "a" and (title pr or userName eq "bob") and not (emails pr)`: "eve",
	} {
		if got := c.selected("/Users", filter); got != want {
			t.Errorf("%s: %q, wanted %q", filter, got, want)
		}
	}
	for _, filter := range []string{`nope eq "x"`, `userName eq "ada" and nope pr`, `userName eq "ada" or emails[nope pr]`, `title regex "x"`, `active sw true`, `emails[type[value pr]]`} { // FLT-39, FLT-40
		c.refused(400, "invalidFilter", "GET", "/Users?filter="+url.QueryEscape(filter), "")
	}
}

// FLT-10: a window of time, as a client has it that asks for what has changed since its last visit.
func TestTimeWindow(t *testing.T) {
	c := newClient(t)
	var stamps []string
	for _, name := range []string{"u1", "u2", "u3"} {
		stamps = append(stamps, fmt.Sprint(c.want(201, "POST", "/Users", userBody(name, "")).at("meta/lastModified")))
	}
	window := fmt.Sprintf(`meta.lastModified ge %q and meta.lastModified le %q`, stamps[1], stamps[1])
	if stamps[0] < stamps[1] && stamps[1] < stamps[2] { // else the clock is coarser than three requests
		if got := c.selected("/Users", window); got != "u2" {
			t.Errorf("%s: %q", window, got)
		}
	}
	for filter, want := range map[string]string{
		fmt.Sprintf(`meta.lastModified ge %q and meta.lastModified le %q`, stamps[0], stamps[2]): "u1 u2 u3",
		fmt.Sprintf(`meta.created gt %q`, stamps[2]):                                             "",
		fmt.Sprintf(`meta.created lt %q`, stamps[0]):                                             "",
	} {
		if got := c.selected("/Users", filter); got != want {
			t.Errorf("%s: %q, wanted %q", filter, got, want)
		}
	}
}

// FLT-41, GAP-081: what is too long or nested too deeply is refused in good order, and so is what is much
// longer than anybody would send.
func TestFiltersBeyondTheLimits(t *testing.T) {
	c := newClient(t, func(o *scim.Options) { o.MaxBody = 4 << 20 })
	c.user("ada")
	for name, filter := range map[string]string{
		"a long literal":   `userName eq "` + strings.Repeat("x", 10_000) + `"`,
		"a long chain":     `userName eq "a"` + strings.Repeat(` or userName eq "a"`, 50_000),
		"deep parentheses": strings.Repeat("(", 100) + "userName pr" + strings.Repeat(")", 100),
		"endless opening":  strings.Repeat("(", 1_000_000),
		"endless not":      strings.Repeat("not (", 200_000),
		"endless brackets": strings.Repeat("emails[", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			c.TB = t
			body, err := json.Marshal(map[string]any{"schemas": []string{findURN}, "filter": filter})
			if err != nil {
				t.Fatal(err)
			}
			c.refused(400, "invalidFilter", "POST", "/Users/.search", string(body))
			c.refused(400, "invalidFilter", "GET", "/Users?filter="+url.QueryEscape(filter), "")
		})
	}
	c.TB = t
	if got := c.selected("/Users", strings.Repeat("(", 30)+"userName pr"+strings.Repeat(")", 30)); got != "ada" {
		t.Errorf("within the limits: %q", got)
	}
}

// FLT-43, SRT-06, GAP-088: pages of a sorted and filtered list hold each resource once, in one order, also
// where the values that it is sorted by are equal, and count the same total.
func TestSortedPages(t *testing.T) {
	c := newClient(t)
	users(c, 12) // whose titles are three
	for _, query := range []string{"sortBy=title", "sortBy=title&sortOrder=descending", "sortBy=active", "sortBy=nickName", "sortBy=userName&sortOrder=descending"} {
		query += "&filter=" + url.QueryEscape(`not (userName eq "user03")`)
		whole := c.want(200, "GET", "/Users?"+query, "")
		c.expect(whole, "totalResults", 11)
		for _, count := range []int{1, 2, 5} {
			var pages []string
			for start := 1; start <= 11; start += count {
				r := c.want(200, "GET", fmt.Sprintf("/Users?%s&startIndex=%d&count=%d", query, start, count), "")
				c.expect(r, "totalResults", 11, "startIndex", start)
				pages = append(pages, names(r))
			}
			if got := strings.Join(pages, " "); got != names(whole) {
				t.Errorf("%s by %d: %q, wanted %q", query, count, got, names(whole))
			}
		}
	}
}

// SRT-04, GAP-083, GAP-086, GAP-087: the order follows the type of the attribute: text in any case or
// exactly, references exactly, times as moments, false before true, and of several values the primary one.
func TestSortFollowsTheType(t *testing.T) {
	c := newClient(t)
	c.want(201, "POST", "/Users", userBody("u1", `,"title":"b","externalId":"b","profileUrl":"https://x.test/b","active":true,"emails":[{"value":"c@x"},{"value":"a@x","primary":true}]`))
	c.want(201, "POST", "/Users", userBody("u2", `,"title":"A","externalId":"A","profileUrl":"https://x.test/A","active":false,"emails":[{"value":"b@x"},{"value":"0@x"}]`))
	c.want(201, "POST", "/Users", userBody("u3", `,"title":"É","externalId":"a","profileUrl":"https://x.test/a","active":true`))
	c.want(201, "POST", "/Users", userBody("u4", `,"title":"é2","externalId":"B","profileUrl":"https://x.test/B","active":false,"emails":[{"value":"D@x"}]`))
	c.want(200, "PATCH", "/Users/"+fmt.Sprint(c.want(200, "GET", "/Users?filter="+url.QueryEscape(`userName eq "u2"`), "").at("Resources/0/id")), patchBody(`{"op":"add","path":"nickName","value":"N"}`))
	for by, want := range map[string]string{
		"title": "u2 u1 u3 u4", "externalId": "u2 u4 u3 u1", "profileUrl": "u2 u4 u3 u1", "active": "u2 u4 u1 u3", "meta.created": "u1 u2 u3 u4", "meta.lastModified": "u1 u3 u4 u2", "emails.value": "u1 u2 u4 u3", "EMAILS.VALUE": "u1 u2 u4 u3",
		userURN + ":title": "u2 u1 u3 u4", strings.ToUpper(userURN) + ":emails.value": "u1 u2 u4 u3", // GAP-089
	} {
		if got := names(c.want(200, "GET", "/Users?sortBy="+url.QueryEscape(by), "")); got != want {
			t.Errorf("%s: %q, wanted %q", by, got, want)
		}
	}
	for _, query := range []string{"sortBy=name", "sortBy=addresses", "sortBy=nope", "sortBy=name.nope", "sortBy=title&sortOrder=sideways"} { // GAP-084, SRT-09
		c.refused(400, "invalidValue", "GET", "/Users?"+query, "")
	}
	c.want(200, "GET", "/Users?sortOrder=descending", "") // of nothing
}

// SRT-05.
func TestGroupsAreSorted(t *testing.T) {
	c := newClient(t)
	for _, name := range []string{"b", "C", "a"} {
		c.group(name)
	}
	for query, want := range map[string]string{"": "b C a", "?sortBy=displayName": "a b C", "?sortBy=displayName&sortOrder=descending": "C b a", "?sortBy=DISPLAYNAME&count=1&startIndex=2": "b"} {
		if got := shown(c.want(200, "GET", "/Groups"+query, "")); got != want {
			t.Errorf("%s: %q, wanted %q", query, got, want)
		}
	}
}

// PAG-15: what pages by SAP's startId is not understood, and a parameter that is not understood changes
// nothing.
func TestForeignPaging(t *testing.T) {
	c := newClient(t)
	users(c, 3)
	plain := c.want(200, "GET", "/Users?count=2", "")
	c.expect(plain, "itemsPerPage", 2, "totalResults", 3, "nextId", nil)
	if foreign := c.want(200, "GET", "/Users?count=2&startId=initial", ""); foreign.raw != plain.raw {
		t.Errorf("%s\n%s", plain.raw, foreign.raw)
	}
}

// PRJ-06, PRJ-13, PRJ-15, GAP-095.
func TestProjectionOfLists(t *testing.T) {
	c := newClient(t)
	id := c.want(201, "POST", "/Users", userBody("ada", `,"title":"T","emails":[{"value":"a@x","type":"work"}]`)).id()
	for _, endpoint := range []string{"/Users", ""} {
		search := func(members string) response {
			return c.want(200, "POST", endpoint+"/.search", `{"schemas":["`+findURN+`"],`+members+`}`)
		}
		c.expect(search(`"excludedAttributes":["TITLE","emails.type"]`), "Resources/0/title", nil, "Resources/0/emails/0", map[string]any{"value": "a@x"}, "Resources/0/userName", "ada", "Resources/0/id", id)
		c.expect(search(`"attributes":["title"],"excludedAttributes":["title"]`), "Resources/0/title", "T", "Resources/0/userName", nil) // attributes wins
		c.expect(search(`"attributes":["meta.location"]`), "Resources/0/meta", map[string]any{"location": base + "/Users/" + id}, "Resources/0/userName", nil)
	}
	path := "/Users/" + id
	c.expect(c.want(200, "GET", path+"?attributes=title&excludedAttributes=title", ""), "title", "T", "userName", nil, "id", id)
	// A value filter is no attribute name (RFC 7644 section 3.10): as any unknown name it asks for nothing.
	if r := c.want(200, "GET", path+"?attributes="+url.QueryEscape(`emails[type eq "work"]`), ""); len(r.doc) != 2 || r.id() != id {
		t.Errorf("a value filter: %s", r.raw)
	}
}

// PRJ-14, GAP-096: both parameters on every write and on /Me, and on errors, which they leave whole.
func TestProjectionOfWrites(t *testing.T) {
	c, id := newPerson(t)
	const more = `,"title":"T","nickName":"N"`
	type write struct {
		name string
		send func(query string) response
	}
	for _, path := range []string{"/Users/" + id, "/Me"} {
		for _, w := range []write{
			{"PUT", func(query string) response { return c.want(200, "PUT", path+query, userBody("ada", more)) }},
			{"PATCH", func(query string) response {
				return c.want(200, "PATCH", path+query, patchBody(`{"op":"add","path":"title","value":"T"}`))
			}},
			{"GET", func(query string) response { return c.want(200, "GET", path+query, "") }},
		} {
			if r := w.send("?attributes=title"); len(r.doc) != 3 || r.at("title") != "T" || r.id() != id {
				t.Errorf("%s %s: %s", w.name, path, r.raw)
			}
			c.expect(w.send("?excludedAttributes=title,id"), "title", nil, "nickName", "N", "userName", "ada", "id", id)
		}
		for _, query := range []string{"?attributes=detail", "?excludedAttributes=detail,status,schemas"} {
			r := c.refused(400, "invalidPath", "PATCH", path+query, patchBody(`{"op":"add","path":"nope","value":"T"}`))
			c.expect(r, "schemas", []string{errorURN}, "status", "400")
			if r.at("detail") == nil {
				t.Errorf("%s: %s", query, r.raw)
			}
		}
	}
	c.expect(c.want(201, "POST", "/Users?excludedAttributes=title", userBody("eve", more)), "title", nil, "nickName", "N")
	c.expect(c.want(201, "POST", "/Users?attributes=title", userBody("eva", more)), "title", "T", "nickName", nil)
}
