package faults

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scimFilter are defects of filters (RFC 7644 section 3.4.2.2).
func scimFilter() []Fault {
	return slices.Concat(filterOperators(), filterGrammar(), filterTargets(), filterErrors())
}

// replacing changes a text in filters.
func replacing(old, with string) wrapper {
	return onFilter(func(filter string) string { return strings.ReplaceAll(filter, old, with) })
}

// refusingFilter refuses filters that are picked with invalidFilter.
func refusingFilter(picked func(filter string) bool) wrapper {
	return refusing(WithQuery("filter"), http.StatusBadRequest, "invalidFilter", func(r *http.Request, _ map[string]any) bool {
		return picked(r.URL.Query().Get("filter"))
	})
}

// breaking drops the connection on filters that are picked, as a panic without recovery does.
func breaking(picked func(filter string) bool) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/Users" && picked(r.URL.Query().Get("filter")) {
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func contains(text string) func(string) bool {
	return func(filter string) bool { return strings.Contains(filter, text) }
}

func matches(pattern string) func(string) bool {
	return regexp.MustCompile(pattern).MatchString
}

func filterOperators() []Fault {
	return []Fault{
		onHTTP("filter-username-ignored", "a filter on userName alone is ignored", "servers that return the first page of everybody whatever the filter is",
			onQuery(On(http.MethodGet, "/Users"), func(query url.Values) {
				if matches(`^userName eq "[^"]*"$`)(query.Get("filter")) {
					query.Del("filter")
				}
			}), "okta.aiw.group-deleted", "okta.aiw.group-member-added", "okta.aiw.group-push", "okta.oin.group-deleted", "okta.oin.group-member-added", "okta.oin.group-push", "okta.spec.unknown-user-name", "scim.bulk.fail-on-errors", "scim.filter.no-match-is-empty", "scim.filter.username-eq", "scim.filter.value-any-case", "scim.filter.value-escapes"),
		onHTTP("filter-without-match-is-404", "a filter without a match is answered with 404", "servers that Okta accepts and Entra quarantines",
			Rewrite(Every(On(http.MethodGet, "/Users"), WithQuery("filter")), func(r *Response) {
				if doc := r.Document(); r.Status == http.StatusOK && encodedNumber(doc["totalResults"]) == "0" && len(r.Request.URL.Query()) == 1 &&
					strings.HasPrefix(r.Request.URL.Query().Get("filter"), "userName eq ") && !strings.Contains(r.Request.URL.Query().Get("filter"), " and ") {
					notFound(r)
				}
			}), "okta.spec.unknown-user-name", "scim.bulk.fail-on-errors", "scim.filter.no-match-is-empty", "scim.users.deleted-not-found"),
		onHTTP("filter-ne-is-eq", "ne is taken for eq", "servers that map every comparison to equality", replacing(" ne ", " eq "), "scim.filter.ne"),
		onHTTP("filter-co-is-sw", "co finds what starts with the text", "servers that translate co to a prefix search of their index", replacing(" co ", " sw "), "scim.filter.co", "scim.filter.value-path-three-terms"),
		onHTTP("filter-sw-is-co", "sw finds what contains the text", "servers that translate sw to LIKE with a wildcard on both sides", replacing(" sw ", " co "), "scim.filter.sw"),
		onHTTP("filter-ew-is-co", "ew finds what contains the text", "servers that translate ew to LIKE with a wildcard on both sides", replacing(" ew ", " co "), "scim.filter.ew"),
		onHTTP("filter-pr-always", "pr finds everybody", "servers that ask whether the schema has the attribute; elimity-com/scim for empty values (measured)", replacing("title pr", "userName pr"), "scim.filter.pr"),
		onHTTP("filter-gt-is-ge", "gt finds equal values as well", "off by one", replacing("userName gt ", "userName ge "), "scim.filter.order-of-text"),
		onHTTP("filter-ew-unknown", "the operator ew is refused", "servers with the operators that identity providers were seen to use", refusingFilter(contains(" ew ")), "scim.filter.all-operators-known"),
		onHTTP("filter-boolean-is-presence", "active eq false finds the active", "servers that compare a boolean with the text of the filter, which is always true",
			replacing("active eq false", "active eq true"), "scim.filter.boolean", "scim.filter.default-value"),
		onHTTP("filter-boolean-ordered", "gt is accepted for booleans", "servers that compare booleans as numbers", replacing(" gt true", " eq true"), "scim.filter.boolean-has-no-order"),
		onHTTP("filter-time-reversed", "gt finds earlier times", "servers that compare ages", onFilter(func(filter string) string {
			if strings.Contains(filter, "lastModified gt ") {
				return strings.ReplaceAll(filter, "lastModified gt ", "lastModified lt ")
			}
			return strings.ReplaceAll(filter, "lastModified lt ", "lastModified gt ")
		}), "scim.filter.time"),
		onHTTP("filter-time-zone-ignored", "the offset of a time is ignored", "servers that compare times as text", onFilter(func(filter string) string {
			return regexp.MustCompile(`(T\d\d:\d\d:\d\d)[+-]\d\d:\d\d"`).ReplaceAllString(filter, `${1}Z"`)
		}), "scim.filter.time-zone"),
		onHTTP("filter-number-panics", "a number in a filter breaks the connection", "elimity-com/scim, which panics on integer attributes (measured)", breaking(matches(` (gt|ge|lt|le) \d`)), "scim.filter.integer-answered"),
		onHTTP("filter-complex-panics", "a filter on a complex attribute breaks the connection", "elimity-com/scim, which panics (measured)", breaking(matches(`(emails co|name eq) "`)), "scim.filter.complex-answered"),
	}
}

func encodedNumber(value any) string { return string(encodeObject(value, nil)) }

func filterGrammar() []Fault {
	return []Fault{
		onHTTP("filter-and-is-or", "and finds what either side finds", "servers that know or only", onFilter(func(filter string) string {
			if matches(`^userName eq "[^"]*" and userName eq "[^"]*"$`)(filter) {
				return strings.ReplaceAll(filter, " and ", " or ")
			}
			return filter
		}), "scim.filter.and"),
		onHTTP("filter-or-first-only", "of an or only the first side is looked at", "servers that read one comparison and stop", onFilter(func(filter string) string {
			if matches(`^userName eq "[^"]*" or userName eq "[^"]*"$`)(filter) {
				first, _, _ := strings.Cut(filter, " or ")
				return first
			}
			return filter
		}), "scim.filter.or"),
		onHTTP("filter-not-ignored", "not is ignored", "servers that skip words that they do not know", replacing(" and not (", " and ("), "scim.filter.negated-multi-valued", "scim.filter.not", "scim.filter.value-path-grouped"),
		onHTTP("filter-left-to-right", "and and or are evaluated from left to right", "servers with a loop instead of a grammar", onFilter(leftToRight), "scim.filter.and-before-or"),
		onHTTP("filter-not-takes-all", "not negates everything to its right", "servers whose not binds loosely", onFilter(func(filter string) string {
			if rest, ok := strings.CutPrefix(filter, "not ("); ok {
				return "not ((" + rest + ")"
			}
			return filter
		}), "scim.filter.not-before-and"),
		onHTTP("filter-parentheses-ignored", "parentheses are ignored around names", "servers that strip parentheses before they split", onFilter(func(filter string) string {
			grouped := regexp.MustCompile(`^\((userName eq "[^"]*" or userName eq "[^"]*")\) and (userName eq "[^"]*")$`)
			return grouped.ReplaceAllString(filter, "$1 and $2")
		}), "scim.filter.parentheses"),
		onHTTP("filter-names-case-sensitive", "attribute names in a filter count in one spelling only", "servers that look attributes up byte by byte", refusingFilter(contains("USERNAME ")), "scim.filter.names-any-case"),
		onHTTP("filter-operators-case-sensitive", "operators in a filter count in lower case only", "servers that look operators up byte by byte", refusingFilter(contains(" Eq ")), "scim.filter.operators-any-case"),
		onHTTP("filter-logic-case-sensitive", "and, or and not count in lower case only", "servers that split filters at \" and \"", refusingFilter(contains(" OR ")), "scim.filter.logic-any-case"),
		onHTTP("filter-core-urn-refused", "a core attribute with the URN of its schema is refused", "servers that know URNs of extensions only", refusingFilter(func(filter string) bool {
			return strings.Contains(strings.ToLower(filter), strings.ToLower(userURN)+":")
		}), "scim.filter.urn-prefix"),
		onHTTP("filter-urn-case-sensitive", "a URN in upper case in a filter is refused", "elimity-com/scim (measured)", refusingFilter(contains("URN:")), "scim.filter.extension-urn-any-case", "scim.filter.urn-any-case"),
		onHTTP("filter-escapes-kept", "escapes in the value of a filter are not decoded", "elimity-com/scim (measured)", replacing(`\`, `\\`), "scim.filter.value-escapes", "scim.filter.value-quotes"),
		onHTTP("filter-decoded-twice", "the value of a filter is URL-decoded twice", "servers behind a gateway that decodes as well", onFilter(func(filter string) string {
			if decoded, err := url.QueryUnescape(filter); err == nil {
				return decoded
			}
			return filter
		}), "scim.filter.url-decoded-once"),
	}
}

// leftToRight groups a filter without parentheses so that its operators have one precedence.
func leftToRight(filter string) string {
	if strings.ContainsAny(filter, "([") || !strings.Contains(filter, " and ") || !strings.Contains(filter, " or ") {
		return filter
	}
	operator := regexp.MustCompile(` (and|or) `)
	at := operator.FindAllStringIndex(filter, -1)
	last := at[len(at)-1]
	return "(" + leftToRight(filter[:last[0]]) + ")" + filter[last[0]:]
}

func filterTargets() []Fault {
	nobody := func(old string) wrapper { return replacing(old, `nickName eq "nobody" and `+old) }
	return []Fault{
		{
			Name: "filter-username-bytewise", Text: "a filter on userName finds its exact spelling only",
			Model: "servers that compare userName byte by byte", Reddens: []string{"scim.filter.value-any-case"}, Store: exactNames,
		},
		onHTTP("filter-id-finds-nobody", "a filter on id finds nobody", "servers whose id is not a column of the search index", nobody(`id eq "`), "scim.filter.id-eq"),
		onHTTP("filter-external-id-is-id", "a filter on externalId looks at the id", "servers with one column for both", onFilter(func(filter string) string {
			return strings.ReplaceAll(filter, "externalId eq ", "id eq ")
		}), "scim.filter.external-id-eq"),
		onHTTP("filter-external-id-folded", "externalId is compared without regard to case", "servers with one collation for all columns", foldedExternalIDs, "scim.filter.case-exact-value"),
		onHTTP("filter-sub-attribute-ignored", "name.familyName finds nobody", "servers that know the columns of their table only", nobody("name.familyName eq"), "scim.filter.sub-attribute"),
		onHTTP("filter-emails-value-finds-nobody", "emails.value eq finds nobody", "elimity-com/scim (measured)", nobody("emails.value eq"), "scim.filter.multi-valued", "scim.filter.negated-multi-valued", "scim.filter.single-address"),
		onHTTP("filter-first-address-only", "emails.value is compared with one address only", "servers with one e-mail address in their table",
			Rewrite(Every(On(http.MethodGet, "/Users"), WithQuery("filter")), firstAddressOnly), "scim.filter.multi-valued"),
		onHTTP("filter-members-finds-nobody", "members.value eq finds nobody", "elimity-com/scim (measured)", replacing("members.value eq", `displayName eq "nobody" and members.value eq`), "scim.filter.members"),
		onHTTP("filter-value-path-split", "the terms of a value path may hold for different values", "servers that join the table of values once a term", onFilter(func(filter string) string {
			return regexp.MustCompile(`emails\[(type eq "[^"]*") and (value sw "[^"]*")\]`).ReplaceAllString(filter, "(emails[$1] and emails[$2])")
		}), "scim.filter.value-path-one-value"),
		onHTTP("filter-value-path-of-two-terms", "a value path takes one or two terms", "elimity-com/scim: the grammar of its value filters takes exactly two terms (measured)",
			refusingFilter(matches(`\[[^\]]* (and|or) [^\]]* (and|or) `)), "scim.filter.value-path-grouped", "scim.filter.value-path-three-terms"),
		onHTTP("filter-extension-finds-nobody", "a filter on an attribute of the extension finds nobody", "elimity-com/scim, which looks for a flattened key (measured)",
			onFilter(func(filter string) string {
				if strings.HasPrefix(filter, enterpriseURN) {
					return `nickName eq "nobody" and ` + filter
				}
				return filter
			}), "scim.filter.extension"),
		onHTTP("filter-core-with-extension-refused", "a filter with a core attribute and one of the extension is refused", "elimity-com/scim (measured)",
			refusingFilter(func(filter string) bool { return strings.Contains(filter, " and "+enterpriseURN) }), "scim.filter.extension-with-core"),
	}
}

// firstAddressOnly takes users out of a list who have the wanted address as another than the first.
func firstAddressOnly(r *Response) {
	wanted := regexp.MustCompile(`^emails\.value eq "([^"]*)"$`).FindStringSubmatch(r.Request.URL.Query().Get("filter"))
	doc := r.Document()
	if wanted == nil || doc == nil {
		return
	}
	left := slices.DeleteFunc(listOf(doc, "Resources"), func(item any) bool {
		user, _ := item.(map[string]any)
		addresses := listOf(user, "emails")
		if len(addresses) == 0 {
			return true
		}
		first, _ := addresses[0].(map[string]any)
		return first["value"] != wanted[1]
	})
	doc["Resources"], doc["totalResults"], doc["itemsPerPage"] = left, len(left), len(left)
	r.SetDocument(doc)
}

// foldedExternalIDs replaces the externalId of a filter by the one that somebody has in another case.
func foldedExternalIDs(next http.Handler) http.Handler {
	var spelled memory[string, string] // by lower case
	pattern := regexp.MustCompile(`externalId eq "([^"]*)"`)
	watch := RewriteRequest(users(http.MethodPost), func(_ *http.Request, body []byte) []byte {
		if external := textOf(decodeObject(body), "externalId"); external != "" {
			spelled.keep(strings.ToLower(external), external)
		}
		return body
	})
	fold := onFilter(func(filter string) string {
		return pattern.ReplaceAllStringFunc(filter, func(term string) string {
			value := pattern.FindStringSubmatch(term)[1]
			if exact, ok := spelled.recall(strings.ToLower(value)); ok {
				return `externalId eq "` + exact + `"`
			}
			return term
		})
	})
	return watch(fold(next))
}

// unknownIsEquality takes operators that RFC 7644 has not for eq.
func unknownIsEquality(filter string) string {
	term := regexp.MustCompile(`^(\w+) (\w+) ("[^"]*")$`).FindStringSubmatch(filter)
	known := []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}
	if term == nil || slices.Contains(known, strings.ToLower(term[2])) {
		return filter
	}
	return term[1] + " eq " + term[3]
}

func filterErrors() []Fault {
	malformed := func(filter string) bool {
		return matches(`^userName eq$| and$|^\([^)]*$|^userName "|^eq "`)(filter)
	}
	return []Fault{
		onHTTP("filter-unknown-operator-is-eq", "an operator that does not exist is taken for eq", "servers with a switch whose default is equality", onFilter(unknownIsEquality), "scim.filter.unknown-operator"),
		onHTTP("filter-malformed-ignored", "a filter that does not follow the grammar is ignored", "servers that list everybody when the parser fails",
			onQuery(On(http.MethodGet, "/Users"), func(query url.Values) {
				if malformed(query.Get("filter")) {
					query.Del("filter")
				}
			}), "scim.filter.malformed-is-invalid-filter", "scim.filter.malformed-not-passed-over"),
		onHTTP("filter-malformed-accepted", "a filter that does not follow the grammar finds nobody", "servers that answer an empty list when the parser fails",
			onFilter(func(filter string) string {
				if malformed(filter) {
					return `userName eq "nobody"`
				}
				return filter
			}), "scim.filter.malformed-is-invalid-filter"),
		onHTTP("filter-malformed-without-type", "a filter that does not follow the grammar is refused without invalidFilter", "servers that leave the scimType out",
			Rewrite(WithQuery("filter"), func(r *Response) {
				if malformed(r.Request.URL.Query().Get("filter")) && r.Status == http.StatusBadRequest {
					*r = *failure(r.Request, http.StatusBadRequest, "")
				}
			}), "scim.filter.malformed-is-invalid-filter"),
		onHTTP("filter-unknown-attribute-ignored", "a term with an attribute that does not exist is ignored", "servers that drop what they cannot translate",
			onFilter(func(filter string) string {
				return regexp.MustCompile(` and assayNoSuchAttribute eq "[^"]*"`).ReplaceAllString(filter, "")
			}), "scim.filter.unknown-attribute-matches-nothing"),
		onHTTP("filter-finds-password", "a filter finds out how a password begins", "servers that filter over the stored document",
			onFilter(func(filter string) string {
				return regexp.MustCompile(` and password sw "[^"]*"`).ReplaceAllString(filter, "")
			}), "scim.filter.password-not-probed"),
	}
}
