package faults

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

func patchSequences() []Fault {
	return []Fault{
		onHTTP("patch-order-reversed", "operations are applied from the last to the first", "servers that keep them in a stack",
			onAllOperations(users(), func(_ map[string]any, all []operation) []operation {
				slices.Reverse(all)
				return all
			}), "scim.patch.in-order"),
		onHTTP("patch-first-operation-only", "only the first operation of a request is applied",
			"servers that read Operations[0], which was all that they were tested with",
			onAllOperations(Always, func(_ map[string]any, all []operation) []operation { return all[:1] }), "scim.patch.all-operations", "scim.patch.all-or-nothing", "scim.patch.in-order", "scim.patch.member-exchanged"),
		onHTTP("patch-not-atomic", "operations before one that fails stay applied", "servers that save after each operation", oneByOne, "scim.patch.all-or-nothing"),
		onHTTP("patch-keeps-last-modified", "PATCH leaves meta.lastModified at the time of the creation", "servers that set the time in the code of PUT only",
			patchTimes(func(before map[string]any) string { return textOf(objectOf(before, "meta"), "created") }), "scim.patch.last-modified-moves"),
		onHTTP("patch-always-touches", "PATCH moves meta.lastModified even when it changes nothing", "servers that save without comparing",
			patchTimes(func(map[string]any) string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }), "scim.patch.add-existing-is-no-change"),
	}
}

// oneByOne sends every operation of a PATCH as a request of its own and answers as the last one.
func oneByOne(next http.Handler) http.Handler {
	return RewriteRequestOr(Every(users(), Method(http.MethodPatch)), func(r *http.Request, body []byte) *Response {
		doc := decodeObject(body)
		all := listOf(doc, "Operations")
		if len(all) < 2 {
			return nil
		}
		var last *Response
		for _, one := range all {
			last = inner(next, r, r.Method, r.URL.Path, map[string]any{"schemas": doc["schemas"], "Operations": []any{one}})
			if last.Status >= http.StatusBadRequest {
				break
			}
		}
		return last
	})(next)
}

// patchTimes shows another lastModified of users that were patched.
func patchTimes(shown func(before map[string]any) string) wrapper {
	return func(next http.Handler) http.Handler {
		var stamps memory[string, string] // by id
		show := eachResource(users(), func(doc map[string]any) {
			if stamp, ok := stamps.recall(textOf(doc, "id")); ok && objectOf(doc, "meta") != nil {
				objectOf(doc, "meta")["lastModified"] = stamp
			}
		})
		watch := onAllOperations(users(), func(before map[string]any, all []operation) []operation {
			id := textOf(before, "id")
			if stamp := shown(before); stamp != "" {
				stamps.keep(id, stamp)
			}
			return all
		})
		return show(watch(next))
	}
}

// patchLeniency are changes that must be refused and are not.
func patchLeniency() []Fault {
	ignored := func(name, text, model string, picked func(o operation) bool, reddens ...string) Fault {
		return onHTTP(name, text, model, turning(users(), picked, func(operation) []operation { return nil }), reddens...)
	}
	grammar := regexp.MustCompile(`^[A-Za-z:0-9._-]*(\[\w[^\[\]]* \w\w .+\](\.\w+)?)?$`)
	return []Fault{
		ignored("patch-id-ignored", "an operation on id is ignored", "servers that skip readOnly attributes in PATCH as they do in PUT",
			pathIs("replace", "id"), "scim.patch.id-refused", "scim.patch.read-only-is-mutability"),
		ignored("patch-user-groups-ignored", "an operation on groups of a user is accepted and ignored",
			"elimity-com/scim, which accepts operations on readOnly attributes (measured)",
			func(o operation) bool { return o.attribute() == "groups" }, "scim.patch.user-groups-refused"),
		ignored("patch-required-removal-ignored", "the removal of userName is accepted and ignored",
			"elimity-com/scim, which accepts the removal of required attributes (measured)", pathIs("remove", "userName"), "scim.patch.required-not-removed"),
		ignored("patch-unknown-attribute-ignored", "an operation on an attribute that does not exist is ignored",
			"servers that write into a document without a schema",
			func(o operation) bool { return strings.HasPrefix(o.path(), "assayNo") }, "scim.patch.unknown-attribute-refused"),
		ignored("patch-malformed-path-ignored", "a path that does not follow the grammar is ignored",
			"servers that skip what they cannot parse", func(o operation) bool { return !grammar.MatchString(o.path()) }, "scim.patch.malformed-path-is-400", "scim.patch.malformed-path-refused"),
		ignored("patch-unknown-operation-ignored", "an operation other than add, remove and replace is ignored",
			"servers with a switch without a default",
			func(o operation) bool { return !slices.Contains([]string{"add", "remove", "replace"}, o.op()) }, "scim.patch.unknown-operation-refused"),
		ignored("patch-add-without-value-ignored", "add without a value is ignored", "servers that write null",
			func(o operation) bool { _, has := o["value"]; return o.op() == "add" && !has }, "scim.patch.add-without-value-refused"),
		ignored("patch-wrong-type-ignored", "an object for a simple attribute is ignored", "servers that convert values and drop what does not convert",
			func(o operation) bool {
				_, object := o["value"].(map[string]any)
				return object && o.path() == "name.familyName"
			}, "scim.patch.wrong-type-refused"),
		onHTTP("patch-mutability-called-invalid-value", "changes of what must not change are refused with invalidValue",
			"elimity-com/scim, which never answers mutability by itself (measured)", renamedScimType(users(), "mutability", "invalidValue"), "scim.characteristics.immutable-refused", "scim.patch.read-only-is-mutability", "scim.patch.required-is-mutability"),
		onHTTP("patch-no-target-called-invalid-path", "the scimType noTarget is never used", "servers that know invalidPath only",
			renamedScimType(users(), "noTarget", "invalidPath"), "scim.patch.remove-without-path", "scim.patch.replace-without-match"),
		onHTTP("patch-without-operations-accepted", "a PATCH without operations is accepted", "servers with a loop over nothing",
			func(next http.Handler) http.Handler {
				return RewriteRequestOr(users(http.MethodPatch), func(r *http.Request, body []byte) *Response {
					if len(listOf(decodeObject(body), "Operations")) > 0 {
						return nil
					}
					return inner(next, r, http.MethodGet, r.URL.Path, nil)
				})(next)
			}, "scim.patch.no-operations-refused"),
		onHTTP("patch-schemas-not-needed", "a PATCH without schemas is accepted", "servers that decode Operations and nothing else",
			onBody(users(http.MethodPatch), func(doc map[string]any) {
				doc["schemas"] = []any{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}
			}), "scim.patch.no-schemas-refused"),
	}
}

func renamedScimType(when When, from, to string) wrapper {
	return eachError(when, http.StatusBadRequest, func(doc map[string]any) {
		if doc["scimType"] == from {
			doc["scimType"] = to
		}
	})
}
