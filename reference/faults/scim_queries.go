package faults

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scimQueries are more defects of queries and of PATCH: of what a client says only now and then.
func scimQueries() []Fault {
	return slices.Concat(filterValueFaults(), sortValueFaults(), partFaults())
}

func filterValueFaults() []Fault {
	return []Fault{
		onHTTP("filter-window-half", "of a window of time only the beginning is looked at", "servers that read one bound as \"changed since\"",
			onFilter(func(filter string) string {
				return regexp.MustCompile(` and meta\.lastModified le "[^"]*"`).ReplaceAllString(filter, "")
			}), "scim.filter.time-window"),
		onHTTP("filter-binary-ordered", "gt is accepted for binaries", "servers that keep them as text", replacing("x509Certificates.value gt ", "x509Certificates.value eq "), "scim.filter.binary-has-no-order"),
		onHTTP("filter-boolean-partly-ordered", "le is accepted for booleans", "servers that refuse the operators that a test had", replacing("active le true", "active eq true"), "scim.filter.boolean-has-no-order"),
		onHTTP("filter-schemas-finds-nobody", "schemas eq finds nobody", "servers that compute schemas when they render", replacing("schemas eq ", `nickName eq "nobody" and schemas eq `), "scim.filter.schemas"),
		onHTTP("filter-default-unknown", "active eq true finds only whom a client has called so", "servers that filter on what was sent and fill in defaults when they render", activeAsSent, "scim.filter.default-value"),
		onHTTP("filter-brackets-nested", "brackets inside brackets are taken for a sub-attribute", "servers with a recursive rule for value filters", onFilter(func(filter string) string {
			return regexp.MustCompile(`emails\[type\[value (eq "[^"]*")\]\]`).ReplaceAllString(filter, "emails[type $1]")
		}), "scim.filter.nested-brackets-refused"),
		onHTTP("filter-depth-panics", "very many parentheses break the connection", "servers whose parser recurses without a limit", breaking(contains(strings.Repeat("(", 100))), "scim.filter.deep-answered"),
	}
}

// activeAsSent leaves users out of what "active eq true" finds who were created without a word of it.
func activeAsSent(next http.Handler) http.Handler {
	var silent memory[string, bool] // by userName
	watch := RewriteRequest(On(http.MethodPost, "/Users"), func(_ *http.Request, body []byte) []byte {
		if doc := decodeObject(body); doc["userName"] != nil && doc["active"] == nil {
			silent.keep(textOf(doc, "userName"), true)
		}
		return body
	})
	asked := func(r *http.Request) bool { return strings.Contains(r.URL.Query().Get("filter"), "active eq true") }
	return onList(asked, func(_ url.Values, doc map[string]any) {
		left := slices.DeleteFunc(listOf(doc, "Resources"), func(item any) bool {
			user, _ := item.(map[string]any)
			_, unsaid := silent.recall(textOf(user, "userName"))
			return unsaid
		})
		doc["Resources"], doc["totalResults"], doc["itemsPerPage"] = left, len(left), len(left)
	})(watch(next))
}

func sortValueFaults() []Fault {
	by := func(name string) When {
		return func(r *http.Request) bool { return r.URL.Query().Get("sortBy") == name }
	}
	unsorted := func(when When) wrapper { return onQuery(when, func(query url.Values) { query.Del("sortBy") }) }
	refused := func(when When) wrapper {
		return refusing(when, http.StatusBadRequest, "invalidValue", func(*http.Request, map[string]any) bool { return true })
	}
	return []Fault{
		onHTTP("sort-names-case-sensitive", "the attribute in sortBy counts in one spelling only", "servers that look attributes up byte by byte", refused(by("USERNAME")), "scim.sort.names-any-case"),
		onHTTP("sort-urn-refused", "a URN in sortBy is refused", "servers that sort by columns of their table", refused(by(userURN+":userName")), "scim.sort.urn-prefix"),
		onHTTP("sort-within-the-page", "each page is sorted for itself", "servers that sort what the database has paged", unsorted(Every(users(), by("userName"), WithQuery("count"))), "scim.cursor.sorted", "scim.sort.pages"),
		onHTTP("sort-users-only", "groups are not sorted", "servers whose groups come from elsewhere", unsorted(groups()), "scim.sort.groups"),
		onHTTP("sort-all-folded", "text that is case-exact is sorted without regard to case", "servers with one collation for all columns",
			rearranged(by("externalId"), func(query url.Values, list []any) { slices.SortStableFunc(list, folded("externalId", query)) }), "scim.sort.case-exact"),
		onHTTP("sort-first-value", "a multi-valued attribute sorts by its first value, whichever is primary", "servers that sort by the first row of the table of values",
			rearranged(by("emails.value"), func(query url.Values, list []any) {
				slices.SortStableFunc(list, func(a, b any) int {
					c := strings.Compare(firstAddress(a), firstAddress(b))
					if query.Get("sortOrder") == "descending" {
						return -c
					}
					return c
				})
			}), "scim.sort.primary-value"),
		onHTTP("search-sort-ignored", "sortBy of a search request is ignored", "servers that read the query of the URL",
			onBody(On(http.MethodPost, "/Users/.search"), func(doc map[string]any) { delete(doc, "sortBy") }), "scim.search.sorts"),
	}
}

// rearranged puts the resources of lists into another order. They come in the order of their creation.
func rearranged(when When, arrange func(query url.Values, list []any)) wrapper {
	created := func(item any) string {
		doc, _ := item.(map[string]any)
		return textOf(objectOf(doc, "meta"), "created")
	}
	return onList(when, func(query url.Values, doc map[string]any) {
		list := listOf(doc, "Resources")
		slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(created(a), created(b)) })
		arrange(query, list)
	})
}

// folded compares by an attribute without regard to case.
func folded(name string, query url.Values) func(a, b any) int {
	key := func(item any) string {
		doc, _ := item.(map[string]any)
		return strings.ToLower(textOf(doc, name))
	}
	return func(a, b any) int {
		if query.Get("sortOrder") == "descending" {
			a, b = b, a
		}
		return strings.Compare(key(a), key(b))
	}
}

func firstAddress(item any) string {
	doc, _ := item.(map[string]any)
	for _, address := range listOf(doc, "emails") {
		value, _ := address.(map[string]any)
		return textOf(value, "value")
	}
	return ""
}

func partFaults() []Fault {
	return []Fault{
		onHTTP("excluded-extension-ignored", "excludedAttributes with the URN of an extension is ignored", "servers that look at the top-level names of a document",
			onQuery(users(), func(query url.Values) {
				if strings.HasPrefix(query.Get("excludedAttributes"), enterpriseURN) {
					query.Del("excludedAttributes")
				}
			}), "scim.projection.excluded-extension"),
		onHTTP("patch-null-ignored", "replace with null does nothing", "servers that decode into a struct and cannot tell null from absence",
			dropping(users(), func(_ map[string]any, o operation) bool {
				value, has := o["value"]
				return o.op() == "replace" && has && value == nil
			}), "scim.patch.null-unassigns"),
		onHTTP("patch-selected-part-takes-value", "remove of a sub-attribute of selected values takes the values away", "servers that do not look behind the bracket",
			turning(users(), func(o operation) bool { return o.op() == "remove" && strings.HasSuffix(o.path(), "].display") }, func(o operation) []operation {
				return []operation{removal(strings.TrimSuffix(o.path(), ".display"))}
			}), "scim.patch.remove-selected-part"),
		onHTTP("patch-missing-is-404", "there is no PATCH, and a request for it is answered with 404", "servers whose router knows no such route", withoutPatch, "scim.patch.unsupported-is-501"),
		onHTTP("pagination-as-text", "the configuration says \"true\" as text whether there are indexes", "servers that write all values as strings",
			RewriteJSON(On(http.MethodGet, "/ServiceProviderConfig"), http.StatusOK, func(doc map[string]any) {
				if pagination := objectOf(doc, "pagination"); pagination != nil {
					pagination["index"] = "true"
				}
			}), "scim.cursor.advertised"),
	}
}

// withoutPatch says that it does not support PATCH, as is true.
func withoutPatch(next http.Handler) http.Handler {
	unclaimed := RewriteJSON(On(http.MethodGet, "/ServiceProviderConfig"), http.StatusOK, func(doc map[string]any) {
		if patch := objectOf(doc, "patch"); patch != nil {
			patch["supported"] = false
		}
	})
	missing := refusing(Method(http.MethodPatch), http.StatusNotFound, "", func(*http.Request, map[string]any) bool { return true })
	return unclaimed(missing(next))
}
