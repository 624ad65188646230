package faults

import (
	"net/http"
	"slices"
	"strings"

	"assay/reference/scim"
)

const bulkURN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

// scimBulk are defects of bulk requests (RFC 7644 section 3.7).
func scimBulk() []Fault {
	return append(bulkAnswers(), bulkRequests()...)
}

// onEntries changes the entries of bulk responses.
func onEntries(change func(entries []any) []any) wrapper {
	return RewriteJSON(On(http.MethodPost, "/Bulk"), http.StatusOK, func(doc map[string]any) {
		doc["Operations"] = change(listOf(doc, "Operations"))
	})
}

func eachEntry(change func(entry map[string]any)) wrapper {
	return onEntries(func(entries []any) []any {
		for _, item := range entries {
			if entry, ok := item.(map[string]any); ok {
				change(entry)
			}
		}
		return entries
	})
}

func failed(entry map[string]any) bool { return !strings.HasPrefix(textOf(entry, "status"), "2") }

// second is the second of two entries when neither operation failed.
func second(entries []any) (entry map[string]any, both bool) {
	if len(entries) != 2 {
		return nil, false
	}
	first, ok := entries[0].(map[string]any)
	entry, isObject := entries[1].(map[string]any)
	return entry, ok && isObject && !failed(first) && !failed(entry)
}

func bulkAnswers() []Fault {
	without := func(name string, failing bool) wrapper {
		return eachEntry(func(entry map[string]any) {
			if failed(entry) == failing {
				delete(entry, name)
			}
		})
	}
	coded := func(from, to string) wrapper {
		return eachEntry(func(entry map[string]any) {
			if textOf(entry, "status") == from {
				entry["status"] = to
			}
		})
	}
	generic := "servers whose bulk endpoint was added for one client"
	return []Fault{
		onHTTP("bulk-multi-status", "a bulk request is answered with 207", "servers that took the status from WebDAV",
			Rewrite(On(http.MethodPost, "/Bulk"), func(r *Response) {
				if r.Status == http.StatusOK {
					r.Status = http.StatusMultiStatus
				}
			}), "scim.bulk.answered"),
		onHTTP("bulk-last-entry-missing", "of two operations that succeeded the second has no entry", generic,
			onEntries(func(entries []any) []any {
				if _, both := second(entries); both {
					return entries[:1]
				}
				return entries
			}), "scim.bulk.bulkid-returned", "scim.bulk.circular-reference", "scim.bulk.every-result", "scim.bulk.extension-reference", "scim.bulk.member-reference"),
		onHTTP("bulk-without-bulkid", "of two operations that succeeded the second entry has no bulkId", generic,
			onEntries(func(entries []any) []any {
				if entry, both := second(entries); both {
					delete(entry, "bulkId")
				}
				return entries
			}), "scim.bulk.bulkid-returned", "scim.bulk.circular-reference", "scim.bulk.extension-reference", "scim.bulk.member-reference"),
		onHTTP("bulk-created-without-location", "the entry of a POST that succeeded has no location", generic, without("location", false), "scim.bulk.created-location"),
		onHTTP("bulk-failed-without-location", "the entry of an operation that failed has no location", "servers that take the location from the answer of the single request",
			without("location", true), "scim.bulk.failed-location"),
		onHTTP("bulk-failed-without-response", "the entry of an operation that failed does not say why", generic, without("response", true), "scim.bulk.failed-response"),
		onHTTP("bulk-created-is-200", "the status of a POST in a bulk request is 200", generic, coded("201", "200"), "scim.bulk.created-code"),
		onHTTP("bulk-taken-is-400", "a taken name in a bulk request has the status 400", "servers with one status for all that fails in bulk",
			coded("409", "400"), "scim.bulk.taken-code"),
		onHTTP("bulk-limit-is-400", "a bulk request beyond a limit is answered with 400", generic,
			Rewrite(On(http.MethodPost, "/Bulk"), func(r *Response) {
				if r.Status == http.StatusRequestEntityTooLarge {
					*r = *failure(r.Request, http.StatusBadRequest, "tooMany")
				}
			}), "scim.bulk.max-operations", "scim.bulk.max-payload-size"),
		onHTTP("bulk-entry-without-method", "entries do not name the method", generic,
			eachEntry(func(entry map[string]any) { delete(entry, "method") }), "scim.bulk.entry-method"),
		onHTTP("bulk-limit-unnamed", "a bulk request that is too large is refused without a word on the limit", "servers whose proxy refuses it",
			eachError(On(http.MethodPost, "/Bulk"), http.StatusRequestEntityTooLarge, func(doc map[string]any) { doc["detail"] = "too large" }), "scim.bulk.limit-named"),
	}
}

func bulkRequests() []Fault {
	request := func(change func(doc map[string]any)) wrapper { return onBody(On(http.MethodPost, "/Bulk"), change) }
	each := func(change func(o map[string]any)) wrapper {
		return request(func(doc map[string]any) {
			for _, item := range listOf(doc, "Operations") {
				if o, ok := item.(map[string]any); ok {
					change(o)
				}
			}
		})
	}
	unsupported := func(method string) wrapper {
		return each(func(o map[string]any) {
			if o["method"] == method {
				o["method"] = http.MethodGet
			}
		})
	}
	// forgetful drops an attribute of what is posted to an endpoint.
	forgetful := func(endpoint, name string) wrapper {
		return each(func(o map[string]any) {
			data := objectOf(o, "data")
			if o["path"] == endpoint && data != nil && data[name] != nil {
				delete(data, name)
			}
		})
	}
	const model = "servers that support bulk for creating users only"
	return []Fault{
		onHTTP("bulk-without-put", "PUT in a bulk request is not supported", model, unsupported(http.MethodPut), "scim.bulk.replaces"),
		onHTTP("bulk-without-patch", "PATCH in a bulk request is not supported", model, unsupported(http.MethodPatch), "scim.bulk.patches"),
		onHTTP("bulk-without-delete", "DELETE in a bulk request does nothing", model,
			each(func(o map[string]any) {
				if o["method"] == http.MethodDelete {
					o["path"] = "/Users/nobody"
				}
			}), "scim.bulk.deletes"),
		onHTTP("bulk-stops-at-error", "a bulk request ends with the first operation that fails", "servers that run it as one transaction",
			request(func(doc map[string]any) { doc["failOnErrors"] = 1 }), "scim.bulk.continues"),
		onHTTP("bulk-fail-on-errors-ignored", "failOnErrors is ignored", model,
			request(func(doc map[string]any) { delete(doc, "failOnErrors") }), "scim.bulk.fail-on-errors"),
		onHTTP("bulk-members-dropped", "members of a group in a bulk request are ignored", "servers that do not resolve a bulkId",
			forgetful("/Groups", "members"), "scim.bulk.circular-reference", "scim.bulk.member-reference"),
		onHTTP("bulk-extension-dropped", "extensions in a bulk request are ignored", "servers that resolve a bulkId in members only",
			forgetful("/Users", enterpriseURN), "scim.bulk.extension-reference"),
		onHTTP("bulk-references-backwards-only", "a member that is the bulkId of a later or of no operation is ignored", "servers that replace a bulkId by what they have made so far",
			request(backwardsOnly), "scim.bulk.circular-reference", "scim.bulk.forward-reference", "scim.bulk.unknown-reference"),
		onHTTP("bulk-schema-not-checked", "a bulk request with the schema of another message is taken", "servers that look at Operations only",
			request(func(doc map[string]any) { doc["schemas"] = []any{bulkURN} }), "scim.bulk.wrong-schema-refused"),
		onHTTP("bulk-limit-off-by-one", "a bulk request with exactly maxOperations operations is refused", "off by one",
			refusing(On(http.MethodPost, "/Bulk"), http.StatusRequestEntityTooLarge, "", func(_ *http.Request, body map[string]any) bool {
				return len(listOf(body, "Operations")) == scim.DefaultMaxOperations
			}), "scim.bulk.max-operations-taken"),
		onHTTP("bulk-answers-get", "GET and PUT at the bulk endpoint are answered with 200", "servers whose framework maps an address and not its methods",
			Answer(Every(Below("/Bulk"), Method(http.MethodGet, http.MethodPut)), http.StatusOK, mediaType, "{}"), "scim.http.bulk-is-post-only"),
	}
}

// backwardsOnly takes away the members whose bulkId no earlier operation has.
func backwardsOnly(doc map[string]any) {
	made := map[string]bool{}
	for _, item := range listOf(doc, "Operations") {
		o, _ := item.(map[string]any)
		if data := objectOf(o, "data"); data["members"] != nil {
			data["members"] = slices.DeleteFunc(listOf(data, "members"), func(item any) bool {
				member, _ := item.(map[string]any)
				bulkID, isReference := strings.CutPrefix(textOf(member, "value"), "bulkId:")
				return isReference && !made[bulkID]
			})
		}
		made[textOf(o, "bulkId")] = true
	}
}
