package scim

import (
	"fmt"
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const quoteBulkLimits = "If either limit is exceeded, the service provider MUST return HTTP response code 413 (Payload Too Large)."

// bulkForms are the checks of what a bulk request may look like, and what its answer says of it.
func bulkForms(s *check.Suite) {
	bulkEntries(s)
	bulkUncommonReferences(s)
	bulkWholeRequests(s)
}

func bulkEntries(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.bulk.entry-method", Level: check.Must,
		Title: "the entry of an operation names its method",
		Refs: check.Refs(check.RFC7644("3.7", `The HTTP method of the current operation. Possible values are "POST", "PUT", "PATCH", or "DELETE". REQUIRED.`),
			check.RFC7644("3.7", "Unless otherwise specified, each attribute below is present in both bulk requests and bulk responses.")),
		Needs: check.Needs(target.Bulk),
	}, func(t *check.T) {
		user := t.CreateUser()
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User()), bulkOperation("DELETE", user.Path, "", nil))
		t.Require("two entries", res, haveEntries(2))
		t.Expect(res).To(check.HaveElement("/Operations", map[string]any{"method": "POST"}))
		t.Expect(res).To(check.HaveElement("/Operations", map[string]any{"method": "DELETE"}))
	})
	s.It(check.Spec{
		ID: "scim.http.bulk-is-post-only", Level: check.Should,
		Title: "GET and PUT at the bulk endpoint are refused",
		Refs:  check.Refs(check.RFC7644("3.2", "The SCIM protocol specifies well-known endpoints and HTTP methods for managing resources defined in the SCIM Core Schema document ([RFC7643])")),
		Needs: check.Needs(target.Bulk),
	}, func(t *check.T) {
		t.Control(sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User())), haveEntries(1))
		t.Expect(t.Get("/Bulk")).To(check.BeDeclined())
		t.Expect(t.Send("PUT", "/Bulk", map[string]any{"schemas": []any{bulkURN}, "Operations": []any{}}, lastOnConnection)).To(check.BeDeclined())
	})
}

func bulkUncommonReferences(s *check.Suite) {
	needs := check.Needs(target.Bulk, target.Groups)
	grouped := func(t *check.T, bulkID string) map[string]any {
		return bulkOperation("POST", "/Groups", "ytrewq", t.Group(map[string]any{"members": bulkMembers(bulkID)}))
	}
	backwards := func(t *check.T) {
		withMembers(t, t.CreateUser())
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "qwerty", t.User()), grouped(t, "qwerty"))
		t.Control(bulkGroup(t, res, "ytrewq"), check.HaveMembers(madeInBulk(t, res, "qwerty")))
	}
	s.It(check.Spec{
		ID: "scim.bulk.forward-reference", Level: check.Should,
		Title: "a member that is the bulkId of a later operation becomes the id of what that creates",
		Refs:  check.Refs(check.RFC7644("3.7", "cross-reference new resources in and across operations within a bulk request")),
		Needs: needs,
	}, func(t *check.T) {
		backwards(t)
		res := sendBulk(t, nil, grouped(t, "qwerty"), bulkOperation("POST", "/Users", "qwerty", t.User()))
		user := madeInBulk(t, res, "qwerty")
		t.Expect(res).To(haveCode("ytrewq", "200", "201"))
		t.Expect(bulkGroup(t, res, "ytrewq")).To(check.HaveMembers(user))
	})
	s.It(check.Spec{
		ID: "scim.bulk.unknown-reference", Level: check.Should,
		Title: "a member that is the bulkId of no operation is refused in the entry",
		Refs:  check.Refs(check.RFC7644("3.12", quoteStatusTable)),
		Needs: needs,
	}, func(t *check.T) {
		backwards(t)
		t.Expect(sendBulk(t, nil, bulkOperation("POST", "/Users", "qwerty", t.User()), grouped(t, "assay-nobody"))).To(haveCode("ytrewq", "400", "404", "409"))
	})
}

func bulkWholeRequests(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.bulk.wrong-schema-refused", Level: check.Should,
		Title: "a bulk request with the schema of another message is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.7", "Bulk requests are identified using the following schema URI:")),
		Needs: check.Needs(target.Bulk),
	}, func(t *check.T) {
		t.Control(sendBulk(t, nil, bulkOperation("POST", "/Users", "one", t.User())), haveCode("one", "200", "201"))
		wrong := map[string]any{"schemas": []any{check.PatchURN}}
		t.Expect(sendBulk(t, wrong, bulkOperation("POST", "/Users", "one", t.User()))).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.bulk.max-operations-taken", Level: check.Must,
		Title: "as many operations as maxOperations says are taken",
		Refs:  check.Refs(check.RFC7644("3.7.4", quoteBulkLimits)),
		Needs: check.Needs(target.Bulk),
	}, func(t *check.T) {
		res := sendBulk(t, nil, removals(t, bulkLimit(t, "/bulk/maxOperations", mostOperations))...)
		t.Expect(res).To(check.BeOK())
	})
	s.It(check.Spec{
		ID: "scim.bulk.limit-named", Level: check.Should,
		Title: "the refusal of a bulk request that is too large says which limit it exceeds",
		Refs:  check.Refs(check.RFC7644("3.7.4", "The returned response MUST specify the limit exceeded in the body of the error response.")),
		Needs: check.Needs(target.Bulk),
	}, func(t *check.T) {
		limit := bulkLimit(t, "/bulk/maxOperations", mostOperations)
		res := sendBulk(t, nil, removals(t, limit+1)...)
		t.Require("a refusal", res, check.HaveStatus(413))
		t.Expect(res).To(check.AnswerSatisfies("the body", fmt.Sprintf("maxOperations, or its value %d", limit), func(r *wire.Response) bool {
			text := check.Show(r.Object())
			return strings.Contains(text, "maxOperations") || strings.Contains(text, fmt.Sprint(limit))
		}))
	})
}

// removals are so many operations that remove one user, of which all but the first find nobody. Together
// they are small enough for maxPayloadSize.
func removals(t *check.T, n int) []map[string]any {
	operations := make([]map[string]any, n)
	remove := bulkOperation("DELETE", t.CreateUser().Path, "", nil)
	for i := range operations {
		operations[i] = remove
	}
	request := encoded(t, map[string]any{"schemas": []any{bulkURN}, "Operations": operations})
	if most, ok := check.Integer(t.Get("/ServiceProviderConfig"), "/bulk/maxPayloadSize"); ok && len(request) > most {
		t.NotApplicable("%d operations are more than maxPayloadSize, %d bytes", n, most)
	}
	return operations
}
