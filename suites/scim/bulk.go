package scim

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	bulkURN         = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

	quoteBulkMethods  = "The body of a bulk operation contains a set of HTTP resource operations using one of the HTTP methods supported by the API, i.e., POST, PUT, PATCH, or DELETE."
	quoteBulkLocation = `A "location" attribute that includes the resource's endpoint MUST be returned for all operations except for failed POST operations (which have no location).`
	quoteBulkCode     = "The status attribute MUST include the code attribute that holds the HTTP response code that would have been returned if a single HTTP request would have been used."
)

func bulk(s *check.Suite) {
	s.Describe("bulk", func() {
		bulkAnswers(s)
		bulkMethods(s)
		bulkErrors(s)
		bulkReferences(s)
		bulkForms(s)
		bulkLimits(s)
	})
}

// bulkOperation is an operation of a bulk request; a bulkID of "" and nil data are left out.
func bulkOperation(method, path, bulkID string, data any) map[string]any {
	o := map[string]any{"method": method, "path": path}
	if bulkID != "" {
		o["bulkId"] = bulkID
	}
	if data != nil {
		o["data"] = data
	}
	return o
}

// sendBulk sends a bulk request, with more members beside its operations, and removes what its POSTs
// have made after the check.
func sendBulk(t *check.T, more map[string]any, operations ...map[string]any) *wire.Response {
	request := map[string]any{"schemas": []any{bulkURN}, "Operations": operations}
	maps.Copy(request, more)
	res := t.Send("POST", "/Bulk", request)
	for _, o := range operations {
		bulkID, _ := o["bulkId"].(string)
		if id := bulkCreated(res, bulkID); id != "" && o["method"] == "POST" {
			t.RemoveLater(o["path"].(string) + "/" + url.PathEscape(id))
		}
	}
	return res
}

// bulkEntry finds the entry of a POST by its bulkId. The RFC does not say in which order entries come.
func bulkEntry(res *wire.Response, bulkID string) any {
	entries := check.Elements(res, "/Operations")
	at := slices.IndexFunc(entries, func(entry any) bool { return textAt(entry, "/bulkId") == bulkID })
	if at < 0 {
		return nil
	}
	return entries[at]
}

// bulkCode is the status of an entry: "201", or {"code": "201"} as in an example of section 3.7.2.
func bulkCode(entry any) string {
	if code := textAt(entry, "/status/code"); code != "" {
		return code
	}
	if status, ok := wire.At(entry, "/status"); ok {
		return strings.Trim(check.Show(status), `"`)
	}
	return ""
}

// bulkCreated is the id of what a POST has made, as its location tells; "" when there is none.
func bulkCreated(res *wire.Response, bulkID string) string {
	entry := bulkEntry(res, bulkID)
	location := textAt(entry, "/location")
	if !strings.HasPrefix(bulkCode(entry), "2") || location == "" {
		return ""
	}
	id, err := url.PathUnescape(location[strings.LastIndex(location, "/")+1:])
	if err != nil {
		return ""
	}
	return id
}

// madeInBulk makes sure that the POST has made a resource, and gives its id.
func madeInBulk(t *check.T, res *wire.Response, bulkID string) string {
	id := bulkCreated(res, bulkID)
	if id == "" {
		t.NotRun("the set-up failed: the bulk request has not created %q: %s", bulkID, res.Summary())
	}
	return id
}

// haveCode matches a bulk response with an entry for a POST that has one of the statuses.
func haveCode(bulkID string, codes ...string) types.GomegaMatcher {
	return check.AnswerSatisfies("the entry of "+bulkID, "the status "+strings.Join(codes, " or "), func(r *wire.Response) bool {
		return slices.Contains(codes, bulkCode(bulkEntry(r, bulkID)))
	})
}

// haveEntries matches a bulk response with so many entries.
func haveEntries(n int) types.GomegaMatcher {
	return check.AnswerSatisfies("Operations", check.Show(n)+" entries", func(r *wire.Response) bool {
		return r.OK() && len(check.Elements(r, "/Operations")) == n
	})
}

// onlyEntry is the entry of a request with one operation.
func onlyEntry(t *check.T, res *wire.Response) any {
	t.Require("a bulk response with one entry", res, haveEntries(1))
	return check.Elements(res, "/Operations")[0]
}

func bulkAnswers(s *check.Suite) {
	needs := check.Needs(target.Bulk)
	s.It(check.Spec{
		ID: "scim.bulk.answered", Level: check.Must,
		Title: "a bulk request is answered with 200 and a BulkResponse",
		Refs: check.Refs(check.RFC7644("3.7", "If a bulk job is processed successfully, HTTP response code 200 OK MUST be returned; otherwise, an appropriate HTTP error code MUST be returned."),
			check.RFC7644("3.7", `Bulk responses are identified using the following URI: "urn:ietf:params:scim:api:messages:2.0:BulkResponse".`)),
		Needs: needs,
	}, func(t *check.T) {
		t.CreateUser()
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User()))
		t.Expect(res).To(check.HaveStatus(200))
		t.Expect(res).To(check.HaveSchema(bulkResponseURN))
	})
	s.It(check.Spec{
		ID: "scim.bulk.every-result", Level: check.Must,
		Title: "a bulk response has an entry for every operation that was processed",
		Refs:  check.Refs(check.RFC7644("3.7.3", "The service provider response MUST include the result of all processed operations.")),
		Needs: needs,
	}, func(t *check.T) {
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User()), bulkOperation("POST", "/Users", "two", t.User()))
		t.Expect(res).To(haveEntries(2))
	})
	s.It(check.Spec{
		ID: "scim.bulk.bulkid-returned", Level: check.Must,
		Title: "the entry of a POST has its bulkId",
		Refs:  check.Refs(check.RFC7644("3.7", `The service provider MUST return the same "bulkId" together with the newly created resource.`)),
		Needs: needs,
	}, func(t *check.T) {
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User()), bulkOperation("POST", "/Users", "two", t.User()))
		t.Expect(res).To(check.HaveElement("/Operations", map[string]any{"bulkId": "one"}))
		t.Expect(res).To(check.HaveElement("/Operations", map[string]any{"bulkId": "two"}))
	})
	s.It(check.Spec{
		ID: "scim.bulk.created-location", Level: check.Must,
		Title: "the entry of a successful POST has a location that leads to the new user",
		Refs:  check.Refs(check.RFC7644("3.7.3", quoteBulkLocation)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.User()
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "one", user))
		t.Require("the POST", res, haveCode("one", "200", "201"))
		location := textAt(bulkEntry(res, "one"), "/location")
		t.ExpectThat("location", location).To(check.BeNonEmptyString())
		t.Expect(follow(t, location)).To(check.HaveJSON("/userName", user["userName"]))
	})
	s.It(check.Spec{
		ID: "scim.bulk.created-code", Level: check.Must,
		Title: "the status of a POST that has created a user is 201",
		Refs:  check.Refs(check.RFC7644("3.7.3", quoteBulkCode)),
		Needs: needs,
	}, func(t *check.T) {
		t.Require("POST of its own", t.Post("/Users", t.User()), check.HaveStatus(201))
		t.Expect(sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User()))).To(haveCode("one", "201"))
	})
}

func bulkMethods(s *check.Suite) {
	method := func(id, title string, needs []target.Capability, run func(t *check.T, user check.Resource)) {
		s.It(check.Spec{
			ID: id, Level: check.Must, Title: title, Refs: check.Refs(check.RFC7644("3.7", quoteBulkMethods)), Needs: needs,
		}, func(t *check.T) { run(t, t.CreateUser()) })
	}
	method("scim.bulk.replaces", "PUT in a bulk request replaces a user", check.Needs(target.Bulk), func(t *check.T, user check.Resource) {
		t.Control(t.Put(user.Path, body(user, map[string]any{"displayName": "Before " + t.Name()})), check.BeOK())
		name := "After " + t.Name()
		sendBulk(t, nil, bulkOperation("PUT", user.Path, "", body(user, map[string]any{"displayName": name})))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", name))
	})
	method("scim.bulk.patches", "PATCH in a bulk request changes a user", check.Needs(target.Bulk, target.Patch), func(t *check.T, user check.Resource) {
		change := func(name string) map[string]any {
			return map[string]any{"schemas": []any{check.PatchURN}, "Operations": []any{opReplace("displayName", name)}}
		}
		t.Control(t.PatchBody(user.Path, change("Before "+t.Name())), check.BeOK())
		name := "After " + t.Name()
		sendBulk(t, nil, bulkOperation("PATCH", user.Path, "", change(name)))
		t.Expect(t.Reread(user)).To(check.HaveJSON("/displayName", name))
	})
	method("scim.bulk.deletes", "DELETE in a bulk request removes a user", check.Needs(target.Bulk), func(t *check.T, user check.Resource) {
		t.Control(t.Get(user.Path), check.BeResource(user.ID))
		sendBulk(t, nil, bulkOperation("DELETE", user.Path, "", nil))
		t.Expect(t.Get(user.Path)).To(check.HaveStatus(404))
	})
}

func bulkErrors(s *check.Suite) {
	needs := check.Needs(target.Bulk)
	gone := func(t *check.T) map[string]any {
		user := t.CreateUser()
		t.Require("the removal of the user", t.Delete(user.Path), check.BeOK())
		t.Require("DELETE of a user who is gone", t.Delete(user.Path), check.BeDeclined())
		return bulkOperation("DELETE", user.Path, "", nil)
	}
	s.It(check.Spec{
		ID: "scim.bulk.continues", Level: check.Must,
		Title: "an operation that fails does not keep the next from being done",
		Refs:  check.Refs(check.RFC7644("3.7", "The service provider MUST continue performing as many changes as possible and disregard partial failures.")),
		Needs: needs,
	}, func(t *check.T) {
		t.Control(sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User())), haveCode("one", "200", "201"))
		t.Expect(sendBulk(t, nil, gone(t), bulkOperation("POST", "/Users", "two", t.User()))).To(haveCode("two", "200", "201"))
	})
	s.It(check.Spec{
		ID: "scim.bulk.fail-on-errors", Level: check.Should,
		Title: "with failOnErrors 1 nothing is done after an operation that failed",
		Refs:  check.Refs(check.RFC7644("3.7", `The "failOnErrors" attribute defines the number of errors that the service provider should accept before failing the remaining operations returning the response.`)),
		Needs: check.Needs(target.Bulk, target.Filter),
	}, func(t *check.T) {
		stop, first, second := map[string]any{"failOnErrors": 1}, t.User(), t.User()
		t.Control(sendBulk(t, stop, bulkOperation("POST", "/Users", "one", first)), haveCode("one", "200", "201"))
		t.Require("the search for the first user", find(t, "/Users", compare("userName", "eq", first["userName"].(string))), check.HaveJSON("/totalResults", 1))
		sendBulk(t, stop, gone(t), bulkOperation("POST", "/Users", "two", second))
		t.Expect(find(t, "/Users", compare("userName", "eq", second["userName"].(string)))).To(check.HaveJSON("/totalResults", 0))
	})
	s.It(check.Spec{
		ID: "scim.bulk.failed-response", Level: check.Must,
		Title: "the entry of an operation that failed has the response body",
		Refs:  check.Refs(check.RFC7644("3.7", "When indicating a response with an HTTP status other than a 200-series response, the response body MUST be included.")),
		Needs: needs,
	}, func(t *check.T) {
		entry := onlyEntry(t, sendBulk(t, nil, gone(t)))
		t.ExpectThat("response", entry).To(check.Satisfy("an entry with the error as its response", func(any) bool {
			_, ok := wire.At(entry, "/response/status")
			return ok
		}))
	})
	s.It(check.Spec{
		ID: "scim.bulk.failed-location", Level: check.Must,
		Title: "the entry of a DELETE that failed has a location",
		Refs:  check.Refs(check.RFC7644("3.7.3", quoteBulkLocation)),
		Needs: needs,
	}, func(t *check.T) {
		t.ExpectThat("location", textAt(onlyEntry(t, sendBulk(t, nil, gone(t))), "/location")).To(check.BeNonEmptyString())
	})
	s.It(check.Spec{
		ID: "scim.bulk.taken-code", Level: check.Must,
		Title: "a userName that is taken is refused with the status that a single POST gets",
		Refs:  check.Refs(check.RFC7644("3.7.3", quoteBulkCode)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		alone := t.Post("/Users", t.User(map[string]any{"userName": userName(user)}))
		t.Require("a single POST with the taken name", alone, check.HaveStatus(409))
		t.Expect(sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User(map[string]any{"userName": userName(user)})))).To(haveCode("one", "409"))
	})
}
