package faults

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// scimLists are defects of paging, sorting and searching (RFC 7644 sections 3.4.2.3, 3.4.2.4, 3.4.3).
func scimLists() []Fault {
	return slices.Concat(pagingFaults(), sortFaults(), searchFaults())
}

// onList changes the lists of users.
func onList(when When, change func(query url.Values, doc map[string]any)) wrapper {
	return Rewrite(Every(On(http.MethodGet, "/Users"), when), func(r *Response) {
		if doc := r.Document(); doc != nil && r.Status == http.StatusOK {
			change(r.Request.URL.Query(), doc)
			r.SetDocument(doc)
		}
	})
}

func pagingFaults() []Fault {
	paged := WithQuery("count")
	filtered := WithQuery("filter")
	dropping := func(when When, name string) wrapper {
		return onQuery(Every(On(http.MethodGet, "/Users"), when), func(query url.Values) { query.Del(name) })
	}
	startIs := func(picked func(n int) bool) When {
		return func(r *http.Request) bool {
			n, err := strconv.Atoi(r.URL.Query().Get("startIndex"))
			return err == nil && picked(n)
		}
	}
	huge := func(r *http.Request) bool {
		query := r.URL.Query()
		return len(query.Get("count")) > 18 || len(query.Get("startIndex")) > 18
	}
	noNumber := func(r *http.Request) bool {
		query := r.URL.Query()
		_, start := strconv.ParseFloat(query.Get("startIndex"), 64)
		_, count := strconv.ParseFloat(query.Get("count"), 64)
		return query.Has("startIndex") && start != nil || query.Has("count") && count != nil
	}
	return []Fault{
		onHTTP("count-ignored-with-filter", "count is ignored when there is a filter", "servers that page in the code of unfiltered lists only", dropping(Every(filtered, countAbove(0)), "count"), "scim.cursor.count-bounds", "scim.paging.count-bounds", "scim.paging.walk", "scim.sort.pages"),
		onHTTP("count-ignored-without-filter", "count is ignored when there is no filter", "servers that stream everybody", dropping(Not(filtered), "count"), "scim.paging.count-bounds-unfiltered", "scim.paging.no-number-refused"),
		onHTTP("items-per-page-as-asked", "itemsPerPage is the count of the request", "elimity-com/scim (measured)",
			onList(paged, func(query url.Values, doc map[string]any) {
				if n, err := strconv.Atoi(query.Get("count")); err == nil {
					doc["itemsPerPage"] = n
				}
			}), "scim.paging.items-per-page"),
		onHTTP("total-of-the-page", "totalResults counts the resources of the page", "servers that count what they return",
			onList(filtered, func(_ url.Values, doc map[string]any) {
				if len(listOf(doc, "Resources")) > 0 {
					doc["totalResults"] = len(listOf(doc, "Resources"))
				}
			}), "scim.cursor.total-constant", "scim.paging.count-bounds", "scim.paging.start-index-skips", "scim.paging.total-results", "scim.sort.pages"),
		onHTTP("count-zero-is-default", "count 0 gives the default page", "servers that cannot tell 0 from absence", dropping(func(r *http.Request) bool { return r.URL.Query().Get("count") == "0" }, "count"), "scim.cursor.zero-count", "scim.paging.count-zero"),
		onHTTP("count-negative-refused", "a negative count is refused", "servers that validate count as a natural number",
			refusing(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Query().Get("count"), "-") }, http.StatusBadRequest, "invalidValue", func(*http.Request, map[string]any) bool { return true }), "scim.cursor.negative-count", "scim.paging.count-negative"),
		onHTTP("start-index-always-1", "a list always says that it starts at 1", "servers whose startIndex is a constant",
			onList(Always, func(_ url.Values, doc map[string]any) { doc["startIndex"] = 1 }), "okta.import.counters", "scim.paging.start-index-said"),
		onHTTP("start-index-ignored", "startIndex is ignored when there is no count", "servers that page only when both parameters are there",
			dropping(Every(filtered, Not(paged), startIs(func(n int) bool { return n > 1 })), "startIndex"), "scim.paging.start-index-skips"),
		onHTTP("start-index-from-0", "startIndex counts from 0", "servers that hand it to the database as an offset",
			onQuery(Every(On(http.MethodGet, "/Users"), filtered, startIs(func(n int) bool { return n > 1 })), func(query url.Values) {
				n, _ := strconv.Atoi(query.Get("startIndex"))
				query.Set("startIndex", strconv.Itoa(n+1))
			}), "scim.paging.start-index-said", "scim.paging.walk", "scim.sort.pages"),
		onHTTP("start-index-below-1-refused", "a startIndex below 1 is refused", "servers that validate startIndex as a positive number",
			refusing(Every(users(), startIs(func(n int) bool { return n < 1 })), http.StatusBadRequest, "invalidValue", func(*http.Request, map[string]any) bool { return true }), "scim.paging.start-index-below-one"),
		onHTTP("page-beyond-the-end-is-404", "a startIndex beyond the last result is answered with 404", "servers that treat an empty page as not found",
			Rewrite(Every(On(http.MethodGet, "/Users"), startIs(func(n int) bool { return n == 4 })), func(r *Response) {
				if len(listOf(r.Document(), "Resources")) == 0 {
					notFound(r)
				}
			}), "scim.paging.beyond-the-end"),
		onHTTP("pages-overlap", "a page begins with the last resource of the page before", "off by one",
			startingAt(2, 1), "scim.paging.walk", "scim.sort.pages"),
		onHTTP("no-number-ignored", "a count that is no number is ignored", "servers that parse numbers without looking at the error",
			onQuery(Every(users(), noNumber), func(query url.Values) { query.Del("count"); query.Del("startIndex") }), "scim.paging.no-number-refused"),
		onHTTP("huge-number-is-500", "a very large startIndex is answered with 500", "servers whose database refuses the number",
			Rewrite(huge, func(r *Response) { *r = *failure(r.Request, http.StatusInternalServerError, "") }), "scim.paging.large-values-answered"),
		onHTTP("pages-of-50", "a page never holds more than 50 resources", "servers that cap count below 100, by which Okta's import advances",
			onQuery(Every(On(http.MethodGet, "/Users"), Not(filtered), countAbove(50)), func(query url.Values) { query.Set("count", "50") }), "okta.import.users"),
		onHTTP("import-pages-overlap", "the second page of a long list begins with the last user of the first", "lists without a stable order",
			startingAt(101, 100), "okta.import.each-user-once"),
		onHTTP("start-index-as-text", "startIndex of a later page is a string", "servers that echo the parameter",
			onList(startIs(func(n int) bool { return n > 100 }), func(query url.Values, doc map[string]any) { doc["startIndex"] = query.Get("startIndex") }), "okta.import.counters", "okta.import.groups", "okta.import.users"),
		onHTTP("import-misses-groups", "a list of all groups leaves the newest out", "servers whose list comes from a cache",
			RewriteJSON(Every(On(http.MethodGet, "/Groups"), Not(filtered), paged), http.StatusOK, func(doc map[string]any) {
				if list := listOf(doc, "Resources"); len(list) > 0 {
					doc["Resources"] = list[:len(list)-1]
				}
			}), "okta.import.groups"),
		onHTTP("counters-as-text", "the counters of a page of one user are strings", "servers that write all values as strings; Okta wants integers",
			onList(func(r *http.Request) bool { return r.URL.RawQuery == "startIndex=1&count=1" }, func(_ url.Values, doc map[string]any) { doc["itemsPerPage"] = "1" }), "okta.spec.list-one"),
		onHTTP("groups-not-listed", "the list of groups has no ListResponse schema", "servers that return groups in a format of their own",
			RewriteJSON(Every(On(http.MethodGet, "/Groups"), func(r *http.Request) bool { return r.URL.Query().Get("count") == "100" }), http.StatusOK, func(doc map[string]any) { delete(doc, "schemas") }), "okta.spec.groups-readable"),
	}
}

// startingAt lists from another index than was asked for, and says that it is the one that was.
func startingAt(asked, real int) wrapper {
	picked := Every(On(http.MethodGet, "/Users"), func(r *http.Request) bool { return r.URL.Query().Get("startIndex") == strconv.Itoa(asked) })
	return func(next http.Handler) http.Handler {
		shifted := onQuery(picked, func(query url.Values) { query.Set("startIndex", strconv.Itoa(real)) })(next)
		return RewriteJSON(picked, http.StatusOK, func(doc map[string]any) { doc["startIndex"] = asked })(shifted)
	}
}

func countAbove(least int) When {
	return func(r *http.Request) bool {
		n, err := strconv.Atoi(r.URL.Query().Get("count"))
		return err == nil && n > least
	}
}

func sortFaults() []Fault {
	sorted := WithQuery("sortBy")
	byTitle := func(r *http.Request) bool { return r.URL.Query().Get("sortBy") == "title" }
	return []Fault{
		onHTTP("sort-ignored", "sortBy is ignored", "elimity-com/scim (measured), on a server that claims to sort",
			onQuery(Every(users(), sorted), func(query url.Values) { query.Del("sortBy") }), "scim.sort.ascending", "scim.sort.case-exact", "scim.sort.descending", "scim.sort.folds-case", "scim.sort.missing-last", "scim.sort.names-any-case", "scim.sort.pages", "scim.sort.primary-value", "scim.sort.sub-attribute", "scim.sort.urn-prefix"),
		onHTTP("sort-order-ignored", "sortOrder is ignored", "servers that sort in one direction",
			onQuery(Every(users(), sorted), func(query url.Values) { query.Del("sortOrder") }), "scim.sort.case-exact", "scim.sort.descending", "scim.sort.missing-last", "scim.sort.primary-value", "scim.sort.sub-attribute"),
		onHTTP("sort-descending-by-default", "without sortOrder the largest comes first", "servers whose default is newest first",
			onQuery(Every(users(), sorted, Not(WithQuery("sortOrder"))), func(query url.Values) { query.Set("sortOrder", "descending") }), "scim.sort.ascending", "scim.sort.pages"),
		onHTTP("sort-sub-attribute-ignored", "sortBy with the path of a sub-attribute is ignored", "servers that sort by columns of their table",
			onQuery(Every(users(), sorted), func(query url.Values) {
				if strings.Contains(query.Get("sortBy"), ".") {
					query.Del("sortBy")
				}
			}), "scim.sort.primary-value", "scim.sort.sub-attribute", "scim.sort.urn-prefix"),
		onHTTP("sort-bytewise", "text is ordered by its bytes: capitals first", "databases with a binary collation",
			onList(byTitle, func(query url.Values, doc map[string]any) {
				if query.Get("sortOrder") == "ascending" {
					slices.SortStableFunc(listOf(doc, "Resources"), byText("title", "~"))
				}
			}), "scim.sort.folds-case"),
		onHTTP("sort-missing-first", "results without a value come first in ascending order", "databases that sort NULL first",
			onList(byTitle, func(query url.Values, doc map[string]any) {
				if query.Get("sortOrder") == "ascending" {
					slices.SortStableFunc(listOf(doc, "Resources"), func(a, b any) int { return missing(a, "title") - missing(b, "title") })
				}
			}), "scim.sort.missing-last"),
	}
}

func byText(name, otherwise string) func(a, b any) int {
	key := func(item any) []byte {
		doc, _ := item.(map[string]any)
		if text := textOf(doc, name); text != "" {
			return []byte(text)
		}
		return []byte(otherwise)
	}
	return func(a, b any) int { return bytes.Compare(key(a), key(b)) }
}

// missing is 0 for a resource without the attribute, else 1.
func missing(item any, name string) int {
	doc, _ := item.(map[string]any)
	if doc[name] == nil {
		return 0
	}
	return 1
}

func searchFaults() []Fault {
	search, root := On(http.MethodPost, "/Users/.search"), On(http.MethodGet, "/")
	without := func(name string) wrapper { return onBody(search, func(doc map[string]any) { delete(doc, name) }) }
	return []Fault{
		onHTTP("search-missing", "POST /Users/.search is answered with 404", "servers that nobody has searched by POST yet", Rewrite(search, notFound), "scim.search.available"),
		onHTTP("search-filter-ignored", "the filter of a search request is ignored", "servers that read the query of the URL", without("filter"), "scim.search.filters", "scim.search.filters-id", "scim.search.malformed-filter-refused"),
		onHTTP("search-count-ignored", "count of a search request is ignored", "servers that read the query of the URL", without("count"), "scim.cursor.search", "scim.search.pages"),
		onHTTP("search-attributes-ignored", "attributes of a search request is ignored", "servers that read the query of the URL", without("attributes"), "scim.search.projects"),
		onHTTP("search-refuses-common-attributes", "a search request cannot filter on id", "elimity-com/scim (measured)",
			refusing(search, http.StatusBadRequest, "invalidFilter", func(_ *http.Request, body map[string]any) bool {
				return strings.HasPrefix(textOf(body, "filter"), "id ")
			}), "scim.search.filters-id"),
		onHTTP("search-groups-missing", "POST /Groups/.search is answered with 404", "servers that search users only", Rewrite(On(http.MethodPost, "/Groups/.search"), notFound), "scim.search.groups"),
		onHTTP("search-malformed-filter-passed-over", "the end of a filter in a search request is passed over when it is malformed", "servers that parse as far as they can",
			onBody(search, func(doc map[string]any) {
				if whole, cut := strings.CutSuffix(textOf(doc, "filter"), " and userName eq"); cut {
					doc["filter"] = whole
				}
			}), "scim.search.malformed-filter-refused"),
		onHTTP("root-users-only", "a query at the root finds users only", "servers whose root is an alias of /Users",
			RewriteJSON(root, http.StatusOK, func(doc map[string]any) {
				doc["Resources"] = slices.DeleteFunc(listOf(doc, "Resources"), func(item any) bool {
					resource, _ := item.(map[string]any)
					return slices.Contains(listOf(resource, "schemas"), any(groupURN))
				})
			}), "scim.root.restricted", "scim.root.types"),
		onHTTP("root-condition-passed-over", "in a query at the root what is asked beyond the id is passed over", "servers that look a root query up in an index of ids",
			onQuery(root, func(query url.Values) {
				if _, ids, more := strings.Cut(query.Get("filter"), " and "); more {
					query.Set("filter", ids)
				}
			}), "scim.root.restricted", "scim.root.undefined-attribute"),
	}
}
