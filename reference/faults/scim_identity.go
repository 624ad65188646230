package faults

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// scimIdentity are defects of which resource an address or a filter leads to.
func scimIdentity() []Fault {
	suffix := func(pattern, with string) wrapper {
		term := regexp.MustCompile(pattern)
		return onFilter(func(filter string) string { return term.ReplaceAllString(filter, with) })
	}
	return []Fault{
		onHTTP("client-id-taken", "the id that the client sends with a create becomes the user's id", "servers that store what they get", clientIDs, "scim.users.create-id-is-the-servers"),
		onHTTP("ids-made-of-attributes", "two users who have userType and displayName in common get one id", "servers whose key is made of attributes that are not unique", sharedIDs, "scim.users.ids-differ"),
		onHTTP("unchanged-put-recreates", "a PUT that changes nothing gives the user another id",
			"servers that take no changed row for no such row, and insert", recreated, "scim.users.id-stable", "scim.users.replace-id-ignored"),
		onHTTP("reads-lag-for-users", "a user is not found at first when another was made since", "servers that read from a replica behind the one they write to",
			lagging("/Users"), "okta.aiw.group-push", "okta.oin.group-push", "scim.users.read"),
		onHTTP("reads-lag-for-groups", "a group is not found at first when another was made since", "servers that read from a replica behind the one they write to",
			lagging("/Groups"), "scim.groups.read"),
		onHTTP("patch-display-name-ignored", "replace of displayName by its path does nothing", "products that compose the displayName themselves",
			turning(users(), pathIs("replace", "displayName"), func(operation) []operation { return nil }), "scim.etag.stale-patch-refused", "scim.patch.all-operations", "scim.patch.in-order", "scim.patch.last-modified-moves", "scim.patch.replace-single"),
		onHTTP("filter-pr-of-empty-list", "pr finds users with an empty list", "elimity-com/scim (measured)", replacing("phoneNumbers pr", "userName pr"), "scim.filter.pr-of-list"),
		onHTTP("filter-value-path-dropped", "a value path behind another expression is ignored", "servers that read a value path only when it is the whole filter",
			suffix(` and emails\[type eq "work"\]$`, ""), "scim.filter.value-path-combined"),
		onHTTP("filter-value-path-finds-the-empty", "a value path finds users who have no value at all", "servers whose outer join has no condition on the right side",
			suffix(` and (phoneNumbers\[[^\]]*\])$`, ` and ($1 or not (phoneNumbers pr))`), "scim.filter.value-path-without-values"),
		onHTTP("max-results-0", "the configuration says that a query gives no results at most", "elimity-com/scim, which says 0 and enforces 100 (measured)",
			RewriteJSON(On(http.MethodGet, "/ServiceProviderConfig"), http.StatusOK, func(doc map[string]any) {
				if filter := objectOf(doc, "filter"); filter != nil {
					filter["maxResults"] = 0
				}
			}), "scim.paging.max-results-kept"),
	}
}

// aliases are the ids that the outside knows in place of those of the store.
type aliases struct {
	shown  memory[string, string] // by the store's id
	stored memory[string, string] // by the id that is shown
}

func (a *aliases) add(stored, shown string) {
	a.shown.keep(stored, shown)
	a.stored.keep(shown, stored)
}

// translate wraps a handler so that requests for shown ids reach the stored ones.
func (a *aliases) translate(next http.Handler) http.Handler {
	in := RewriteRequest(users(), func(r *http.Request, body []byte) []byte {
		if stored, ok := a.stored.recall(strings.TrimPrefix(r.URL.Path, "/Users/")); ok {
			r.URL.Path = "/Users/" + stored
		}
		return body
	})
	return in(eachResource(users(), a.show)(next))
}

func (a *aliases) show(doc map[string]any) {
	if shown, ok := a.shown.recall(textOf(doc, "id")); ok {
		doc["id"] = shown
	}
}

// sharedIDs answers a create with the id of the user who looked the same.
func sharedIDs(next http.Handler) http.Handler {
	var ids memory[string, string]
	return RewriteJSON(On(http.MethodPost, "/Users"), http.StatusCreated, func(doc map[string]any) {
		if textOf(doc, "userType") == "" {
			return
		}
		looks := textOf(doc, "userType") + "\n" + textOf(doc, "displayName")
		if id, ok := ids.recall(looks); ok {
			doc["id"] = id
			return
		}
		ids.keep(looks, textOf(doc, "id"))
	})(next)
}

func clientIDs(next http.Handler) http.Handler {
	var ids aliases
	return RewriteRequestOr(On(http.MethodPost, "/Users"), func(r *http.Request, body []byte) *Response {
		wanted := textOf(decodeObject(body), "id")
		if wanted == "" {
			return nil
		}
		answer := served(next, r, body)
		if doc := answer.Document(); answer.Status == http.StatusCreated && doc != nil {
			ids.add(textOf(doc, "id"), wanted)
			ids.show(doc)
			answer.SetDocument(doc)
		}
		return answer
	})(ids.translate(next))
}

// recreated gives a user another id after a PUT that left its version alone.
func recreated(next http.Handler) http.Handler {
	var shown memory[string, bool] // by id
	watch := RewriteRequestOr(On(http.MethodPut, "/Users/*"), func(r *http.Request, body []byte) *Response {
		before := resourceAt(next, r, r.URL.Path)
		answer := served(next, r, body)
		after := answer.Document()
		if before != nil && answer.Status == http.StatusOK && objectOf(before, "meta")["version"] == objectOf(after, "meta")["version"] {
			shown.keep(textOf(before, "id"), true)
		}
		return answer
	})
	return eachResource(Every(On(http.MethodGet, "/Users/*"), Not(WithQuery("attributes"))), func(doc map[string]any) {
		if _, is := shown.recall(textOf(doc, "id")); is {
			doc["id"] = "again-" + textOf(doc, "id")
		}
	})(watch(next))
}

// lagging answers 404 to the first GET of a resource that nobody has used yet, when another one was made
// after it.
func lagging(endpoint string) wrapper {
	return func(next http.Handler) http.Handler {
		var mu sync.Mutex
		newest, fresh := "", map[string]bool{} // paths
		made := Rewrite(On(http.MethodPost, endpoint), func(r *Response) {
			id := textOf(r.Document(), "id")
			if id == "" || r.Status != http.StatusCreated {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			newest = endpoint + "/" + id
			fresh[newest] = true
		})
		return RewriteRequestOr(On("", endpoint+"/*"), func(r *http.Request, _ []byte) *Response {
			mu.Lock()
			defer mu.Unlock()
			first := fresh[r.URL.Path]
			delete(fresh, r.URL.Path)
			if first && r.Method == http.MethodGet && r.URL.Path != newest {
				return failure(r, http.StatusNotFound, "")
			}
			return nil
		})(made(next))
	}
}
