package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// Beyond these, a request that exceeds a limit would take too long to be a fair question.
const (
	mostOperations = 5000
	mostPayload    = 8 << 20
)

func bulkReferences(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.bulk.member-reference", Level: check.Must,
		Title: "a member that is the bulkId of a new user becomes the id of the user",
		Refs:  check.Refs(check.RFC7644("3.7.2", `The service provider MUST replace the string "bulkId:qwerty" with the permanent resource id once created.`)),
		Needs: check.Needs(target.Bulk, target.Groups),
	}, func(t *check.T) {
		withMembers(t, t.CreateUser())
		res := sendBulk(t, nil,
			bulkOperation("POST", "/Users", "qwerty", t.User()),
			bulkOperation("POST", "/Groups", "ytrewq", t.Group(map[string]any{"members": bulkMembers("qwerty")})))
		user := madeInBulk(t, res, "qwerty")
		t.Expect(res).To(haveCode("ytrewq", "200", "201"))
		t.Expect(bulkGroup(t, res, "ytrewq")).To(check.HaveMembers(user))
	})
	s.It(check.Spec{
		ID: "scim.bulk.extension-reference", Level: check.Must,
		Title: "a manager who is the bulkId of a new user becomes the id of the user",
		Refs:  check.Refs(check.RFC7644("3.7.2", "Extensions that include references to other resources MUST be handled in the same way by the service provider.")),
		Needs: check.Needs(target.Bulk, target.Enterprise),
	}, func(t *check.T) {
		managed := func(manager string) map[string]any {
			return map[string]any{
				"schemas":            []any{check.UserURN, target.EnterpriseURN},
				target.EnterpriseURN: map[string]any{"manager": map[string]any{"value": manager}},
			}
		}
		at := "/" + target.EnterpriseURN + "/manager/value"
		boss := t.CreateUser()
		kept := t.Reread(t.CreateUser(managed(boss.ID)))
		if kept.String(at) != boss.ID {
			t.NotApplicable("the target does not keep the manager of a user")
		}
		res := sendBulk(t, nil, bulkOperation("POST", "/Users", "qwerty", t.User()), bulkOperation("POST", "/Users", "ytrewq", t.User(managed("bulkId:qwerty"))))
		manager := madeInBulk(t, res, "qwerty")
		t.Expect(res).To(haveCode("ytrewq", "200", "201"))
		t.Expect(t.Get("/Users/" + madeInBulk(t, res, "ytrewq"))).To(check.HaveJSON(at, manager))
	})
	s.It(check.Spec{
		ID: "scim.bulk.circular-reference", Level: check.Must,
		Title: "groups that refer to each other become members of each other, or are refused with 409",
		Refs:  check.Refs(check.RFC7644("3.7.1", "The service provider MUST try to resolve circular cross-references between resources in a single bulk job but MAY stop after a failed attempt and instead return HTTP status code 409 (Conflict).")),
		Needs: check.Needs(target.Bulk, target.Groups),
	}, func(t *check.T) {
		withMembers(t, t.CreateGroup())
		res := sendBulk(t, nil,
			bulkOperation("POST", "/Groups", "qwerty", t.Group(map[string]any{"members": bulkMembers("ytrewq")})),
			bulkOperation("POST", "/Groups", "ytrewq", t.Group(map[string]any{"members": bulkMembers("qwerty")})))
		if res.Status == 409 || bulkCode(bulkEntry(res, "qwerty")) == "409" || bulkCode(bulkEntry(res, "ytrewq")) == "409" {
			return
		}
		t.Expect(res).To(haveCode("qwerty", "200", "201"))
		t.Expect(res).To(haveCode("ytrewq", "200", "201"))
		first, second := madeInBulk(t, res, "qwerty"), madeInBulk(t, res, "ytrewq")
		t.Expect(bulkGroup(t, res, "qwerty")).To(check.HaveMembers(second))
		t.Expect(bulkGroup(t, res, "ytrewq")).To(check.HaveMembers(first))
	})
}

func bulkMembers(bulkID string) []any {
	return []any{map[string]any{"value": "bulkId:" + bulkID}}
}

// bulkGroup reads a group that was made in bulk, with its members.
func bulkGroup(t *check.T, res *wire.Response, bulkID string) *wire.Response {
	id := madeInBulk(t, res, bulkID)
	read := t.Get("/Groups/" + id)
	if len(check.Elements(read, "/members")) > 0 {
		return read
	}
	return t.Get("/Groups/"+id, wire.Query("attributes", "displayName,members"))
}

func bulkLimits(s *check.Suite) {
	needs := check.Needs(target.Bulk)
	s.It(check.Spec{
		ID: "scim.bulk.max-operations", Level: check.Must,
		Title: "more operations than maxOperations are refused with 413",
		Refs:  check.Refs(check.RFC7644("3.7.4", quoteBulkLimits)),
		Needs: needs,
	}, func(t *check.T) {
		limit := bulkLimit(t, "/bulk/maxOperations", mostOperations)
		t.Control(sendBulk(t, nil, removals(t, 1)...), haveEntries(1))
		t.Expect(sendBulk(t, nil, removals(t, limit+1)...)).To(check.HaveStatus(413))
	})
	s.It(check.Spec{
		ID: "scim.bulk.max-payload-size", Level: check.Must,
		Title: "a body larger than maxPayloadSize is refused with 413",
		Refs:  check.Refs(check.RFC7644("3.7.4", quoteBulkLimits)),
		Needs: needs,
	}, func(t *check.T) {
		limit := bulkLimit(t, "/bulk/maxPayloadSize", mostPayload)
		remove := bulkOperation("DELETE", t.CreateUser().Path, "", nil)
		t.Control(sendBulk(t, nil, remove), haveEntries(1))
		large := map[string]any{"schemas": []any{bulkURN}, "Operations": []any{remove}, "comment": strings.Repeat("x", limit)}
		t.Expect(t.Send("POST", "/Bulk", large, lastOnConnection)).To(check.HaveStatus(413))
	})
}

// bulkLimit reads a limit of bulk requests that is small enough to be exceeded.
func bulkLimit(t *check.T, pointer string, most int) int {
	config := t.Get("/ServiceProviderConfig")
	limit, ok := check.Integer(config, pointer)
	if !ok || limit < 1 {
		t.NotRun("the configuration has no %s: %s", pointer, config.Summary())
	}
	if limit > most {
		t.NotApplicable("%s is %d: to exceed it would take too long", pointer, limit)
	}
	return limit
}
