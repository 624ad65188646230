package faults

import (
	"net/http"
	"net/url"
	"strings"
)

// scimCursor are defects of paging by cursor (RFC 9865).
func scimCursor() []Fault {
	walking := Every(users(http.MethodGet), WithQuery("cursor"))
	counting := func(from, to string) wrapper {
		return onQuery(walking, func(query url.Values) {
			if query.Get("count") == from {
				query.Set("count", to)
			}
		})
	}
	model := "implementations of a young specification; no product is known by name"
	return []Fault{
		onHTTP("cursor-page-too-long", "a page by cursor holds one resource more than count", "servers that read one more to know whether there is a next page, and show it",
			counting("2", "3"), "scim.cursor.count-bounds"),
		onHTTP("cursor-zero-count-shows-one", "a count of 0 gives a page by cursor with a resource in it", model, counting("0", "1"), "scim.cursor.zero-count"),
		onHTTP("cursor-walk-ends-early", "the second page of a walk has no nextCursor", model,
			RewriteJSON(walking, http.StatusOK, func(doc map[string]any) {
				if doc["previousCursor"] != nil {
					delete(doc, "nextCursor")
				}
			}), "scim.cursor.walk-complete"),
		onHTTP("cursor-previous-on-first", "the first page has a previousCursor", model,
			RewriteJSON(walking, http.StatusOK, func(doc map[string]any) {
				if doc["previousCursor"] == nil {
					doc["previousCursor"] = "first"
				}
			}), "scim.cursor.first-page"),
		onHTTP("cursor-padded", "cursors are base64 with its padding", "servers that encode cursors with the standard alphabet",
			Both(
				RewriteJSON(walking, http.StatusOK, func(doc map[string]any) {
					if next, ok := doc["nextCursor"].(string); ok {
						doc["nextCursor"] = next + "=="
					}
				}),
				onQuery(walking, func(query url.Values) { query.Set("cursor", strings.TrimRight(query.Get("cursor"), "=")) }),
			), "scim.cursor.unreserved"),
		onHTTP("cursor-error-without-keyword", "a cursor that was never given is refused with invalidValue", "servers that know the keywords of RFC 7644 only",
			eachError(walking, http.StatusBadRequest, func(doc map[string]any) {
				if doc["scimType"] == "invalidCursor" {
					doc["scimType"] = "invalidValue"
				}
			}), "scim.cursor.garbage", "scim.cursor.other-query"),
		onHTTP("cursor-count-unbound", "a count that changes during a walk is refused with invalidValue", "servers that know the keywords of RFC 7644 only",
			eachError(walking, http.StatusBadRequest, func(doc map[string]any) {
				if doc["scimType"] == "invalidCount" {
					doc["scimType"] = "invalidValue"
				}
			}), "scim.cursor.count-changed"),
		onHTTP("cursor-order-ignored", "sortBy is ignored in a walk by cursor", "servers whose cursor is an id", onQuery(walking, func(query url.Values) { query.Del("sortBy") }), "scim.cursor.sorted"),
		onHTTP("cursor-total-is-the-rest", "totalResults of a later page counts what is left", "servers that count behind the cursor",
			RewriteJSON(walking, http.StatusOK, func(doc map[string]any) {
				if doc["previousCursor"] != nil {
					doc["totalResults"] = len(listOf(doc, "Resources"))
				}
			}), "scim.cursor.total-constant"),
		onHTTP("cursor-not-in-search", "cursor in a search request is ignored", "servers that read it from the URL",
			onBody(On(http.MethodPost, "/Users/.search"), func(doc map[string]any) { delete(doc, "cursor") }), "scim.cursor.search"),
	}
}
