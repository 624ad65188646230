package faults

import (
	"net/http"
	"slices"
	"strings"
)

// scimPatch are defects of PATCH on users (RFC 7644 section 3.5.2).
func scimPatch() []Fault {
	return slices.Concat(patchSimple(), patchNames(), patchLists(), patchSequences(), patchLeniency())
}

func pathIs(name string, paths ...string) func(operation) bool {
	return func(o operation) bool { return o.op() == name && slices.Contains(paths, o.path()) }
}

func single(o operation) bool {
	_, text := o["value"].(string)
	return text && o.path() != "" && !strings.ContainsAny(o.path(), ".[:")
}

func patchSimple() []Fault {
	nothing := func(operation) []operation { return nil }
	return []Fault{
		onHTTP("patch-answered-202", "PATCH is answered with 202", "servers that queue the change",
			Rewrite(Every(users(http.MethodPatch), Not(WithQuery("attributes"))), func(r *Response) {
				if r.Status == http.StatusOK {
					r.Status = http.StatusAccepted
				}
			}), "scim.patch.answer"),
		onHTTP("patch-replace-needs-a-value", "replace of an attribute without a value does nothing",
			"servers that take replace as an update of what is there",
			dropping(users(), func(before map[string]any, o operation) bool {
				return o.op() == "replace" && single(o) && before[o.path()] == nil && strings.EqualFold(o.path(), "nickName")
			}), "scim.patch.replace-absent-adds"),
		onHTTP("patch-add-keeps-old-value", "add does nothing to an attribute that has a value",
			"servers that take add as insert-if-absent",
			dropping(users(), func(before map[string]any, o operation) bool {
				return o.op() == "add" && single(o) && before[o.path()] != nil
			}), "scim.patch.add-single"),
		onHTTP("patch-add-is-for-lists", "add of a single value does nothing", "servers that know add for multi-valued attributes only",
			turning(users(), func(o operation) bool { return o.op() == "add" && single(o) }, nothing), "scim.patch.add-absent", "scim.patch.add-single"),
		onHTTP("patch-remove-ignored", "remove of a single value does nothing", "servers that know remove for multi-valued attributes only",
			turning(users(), pathIs("remove", "title"), nothing), "scim.patch.remove-single"),
		onHTTP("patch-active-ignored", "replace of active by its path does nothing",
			"servers that deactivate on DELETE only",
			turning(users(), pathIs("replace", "active"), nothing), "scim.patch.deactivate"),
		onHTTP("patch-without-path-ignored", "replace without a path does nothing",
			"servers that look operations up by their path and skip what has none, as Okta's deactivation has none",
			turning(users(), func(o operation) bool { return o.op() == "replace" && o.path() == "" }, nothing), "okta.oin.leaver", "okta.spec.pathless-deactivation", "scim.patch.deactivate-without-path", "scim.patch.replace-without-path", "scim.patch.value-names-any-case"),
		onHTTP("patch-without-path-replaces-all", "replace without a path takes away what its value does not name",
			"servers that treat a replace without a path as a PUT",
			turning(users(), func(o operation) bool { return o.op() == "replace" && o.path() == "" }, func(o operation) []operation {
				return []operation{removal("title"), removal("nickName"), o}
			}), "scim.patch.replace-without-path"),
		onHTTP("patch-add-needs-a-path", "add without a path is refused", "servers that demand a path in every operation",
			refusingOperation(users(), http.StatusBadRequest, "noTarget", func(_ map[string]any, o operation) bool {
				return o.op() == "add" && o.path() == ""
			}), "scim.patch.add-value-without-path", "scim.patch.add-without-path"),
		onHTTP("patch-sub-attribute-replaces-whole", "replace of a sub-attribute takes its siblings away",
			"servers that write name.familyName by building a new name",
			turning(users(), pathIs("replace", "name.familyName"), func(o operation) []operation { return []operation{removal("name"), o} }), "scim.patch.replace-sub-attribute"),
		onHTTP("patch-complex-replaced-whole", "replace of a complex attribute takes the sub-attributes away that its value does not name",
			"servers that assign the value to the attribute",
			turning(users(), pathIs("replace", "name"), func(o operation) []operation { return []operation{removal("name"), o} }), "scim.patch.replace-complex-merges"),
		onHTTP("patch-complex-add-replaces", "add to a complex attribute takes its other sub-attributes away",
			"servers that assign the value to the attribute",
			turning(users(), pathIs("add", "name"), func(o operation) []operation { return []operation{removal("name"), o} }), "scim.patch.add-complex-merges"),
		onHTTP("patch-sub-attribute-removes-whole", "remove of a sub-attribute takes the whole attribute away",
			"servers that look at the first segment of a path only",
			turning(users(), pathIs("remove", "name.middleName"), func(o operation) []operation { return []operation{removal("name")} }), "scim.patch.remove-sub-attribute"),
	}
}

func patchNames() []Fault {
	refusedPath := func(picked func(path string) bool) wrapper {
		return refusingOperation(users(), http.StatusBadRequest, "invalidPath", func(_ map[string]any, o operation) bool {
			return picked(o.path())
		})
	}
	return []Fault{
		onHTTP("patch-value-names-case-sensitive", "attribute names in the value of an operation count in one spelling only",
			"servers that look the members of a decoded JSON object up",
			onOperations(users(), func(_ map[string]any, o operation) []operation {
				value, ok := o["value"].(map[string]any)
				if _, shouted := value["DISPLAYNAME"]; ok && shouted {
					return nil
				}
				return []operation{o}
			}), "scim.patch.value-names-any-case"),
		onHTTP("patch-path-case-sensitive", "a path counts in one spelling only", "servers that compare paths byte by byte",
			refusedPath(func(path string) bool { return strings.EqualFold(path, "displayName") && path != "displayName" }), "scim.patch.path-any-case"),
		onHTTP("patch-core-urn-refused", "a path with the URN of the core schema is refused",
			"servers that know URNs of extensions only",
			refusedPath(func(path string) bool { return strings.HasPrefix(path, userURN+":") }), "scim.patch.path-with-urn"),
		onHTTP("patch-extension-ignored", "a path with the URN of an extension does nothing",
			"servers that split paths at the first dot, which the 2.0 of a URN has",
			dropping(users(), func(_ map[string]any, o operation) bool { return strings.HasPrefix(o.path(), enterpriseURN) }), "scim.patch.extension", "scim.patch.extension-joins-schemas", "scim.patch.path-is-extension"),
		onHTTP("patch-extension-whole-refused", "a path that is the URN of an extension is refused with invalidPath", "elimity-com/scim (measured)",
			refusedPath(func(path string) bool { return path == enterpriseURN }), "scim.patch.path-is-extension"),
		onHTTP("patch-urn-case-sensitive", "a URN in upper case in a path is refused with invalidPath",
			"elimity-com/scim (measured)",
			refusedPath(func(path string) bool {
				return len(path) > len(enterpriseURN) && strings.EqualFold(path[:len(enterpriseURN)], enterpriseURN) && path[:len(enterpriseURN)] != enterpriseURN
			}), "scim.patch.extension-urn-any-case"),
	}
}

func patchLists() []Fault {
	emails := func(op string) func(operation) bool {
		return func(o operation) bool { return o.op() == op && o.path() == "emails" }
	}
	selected := func(op, suffix string) func(operation) bool {
		return func(o operation) bool {
			return o.op() == op && strings.HasPrefix(o.path(), "emails[") && strings.Contains(o.path(), ` eq "`) && strings.HasSuffix(o.path(), suffix)
		}
	}
	appended := func(o operation) []operation {
		value, ok := o["value"].(map[string]any)
		if !ok {
			value = map[string]any{"value": o["value"], "type": "work"}
		}
		return []operation{{"op": "add", "path": "emails", "value": []any{value}}}
	}
	return []Fault{
		onHTTP("patch-add-replaces-list", "add to a multi-valued attribute takes the values away that are there",
			"servers that assign the value to the attribute",
			turning(users(), emails("add"), func(o operation) []operation { return []operation{o.replaced(map[string]any{"op": "replace"})} }), "scim.patch.add-value"),
		onHTTP("patch-add-without-path-replaces-list", "add without a path takes the values of a multi-valued attribute away",
			"servers that merge the value over the resource",
			turning(users(), func(o operation) bool { return o.op() == "add" && o.path() == "" }, func(o operation) []operation {
				return []operation{o.replaced(map[string]any{"op": "replace"})}
			}), "scim.patch.add-value-without-path"),
		onHTTP("patch-replace-adds-to-list", "replace of a multi-valued attribute keeps the old values",
			"servers that insert the rows of the new values and leave the old rows",
			turning(users(), emails("replace"), func(o operation) []operation { return []operation{o.replaced(map[string]any{"op": "add"})} }), "scim.patch.replace-list"),
		onHTTP("patch-list-not-removed", "remove of a whole multi-valued attribute does nothing",
			"servers that want a filter with every remove of values",
			turning(users(), pathIs("remove", "emails", "phoneNumbers"), func(operation) []operation { return nil }), "scim.patch.remove-list"),
		onHTTP("patch-selected-part-appended", "replace of a sub-attribute of selected values adds a value",
			"servers that parse the filter of a path and then append",
			turning(users(), selected("replace", "].value"), appended), "scim.patch.replace-selected-part", "scim.patch.replace-without-match"),
		onHTTP("patch-selected-appended", "replace of selected values adds a value",
			"servers that parse the filter of a path and then append",
			turning(users(), selected("replace", "]"), appended), "scim.patch.replace-selected"),
		onHTTP("patch-selection-ignored", "remove of selected values takes all values away",
			"servers that cut the path at the bracket",
			turning(users(), selected("remove", "]"), func(operation) []operation { return []operation{removal("emails")} }), "scim.patch.remove-selected", "scim.patch.select-by-three-terms", "scim.patch.select-by-two-terms", "scim.patch.select-grouped"),
		onHTTP("patch-selection-of-one-term", "a path selects by one term only",
			"servers that read the filter of a path with a regular expression",
			refusingOperation(users(), http.StatusBadRequest, "invalidPath", func(_ map[string]any, o operation) bool {
				return strings.Contains(o.path(), "[") && strings.Contains(o.path(), " and ")
			}), "scim.patch.select-by-three-terms", "scim.patch.select-by-two-terms", "scim.patch.select-grouped"),
		onHTTP("patch-selection-of-two-terms", "a path selects by one or two terms and takes no parentheses",
			"elimity-com/scim: the grammar of its value filters takes exactly two terms (measured)",
			refusingOperation(users(), http.StatusBadRequest, "invalidPath", func(_ map[string]any, o operation) bool {
				return strings.Contains(o.path(), "[") && (strings.Count(o.path(), " and ") > 1 || strings.Contains(o.path(), "("))
			}), "scim.patch.select-by-three-terms", "scim.patch.select-grouped"),
		{
			Name: "patch-keeps-old-primary", Text: "after a PATCH the old primary value is primary as well as the new one",
			Model:   "elimity-com/scim, which leaves the uniqueness of primary to the application (measured for POST)",
			Reddens: []string{"scim.patch.one-primary", "scim.patch.one-primary-after-add"}, HTTP: oldPrimaryStays,
		},
	}
}

// oldPrimaryStays remembers which values were primary before a PATCH, and shows them so for good.
func oldPrimaryStays(next http.Handler) http.Handler {
	var primary memory[string, bool] // by id and address
	show := eachResource(users(), func(doc map[string]any) {
		for _, item := range listOf(doc, "emails") {
			value, _ := item.(map[string]any)
			if _, was := primary.recall(textOf(doc, "id") + textOf(value, "value")); was {
				value["primary"] = true
			}
		}
	})
	watch := onOperations(users(), func(before map[string]any, o operation) []operation {
		for _, item := range listOf(before, "emails") {
			value, _ := item.(map[string]any)
			if value["primary"] == true && strings.HasPrefix(o.path(), "emails") {
				primary.keep(textOf(before, "id")+textOf(value, "value"), true)
			}
		}
		return []operation{o}
	})
	return show(watch(next))
}
