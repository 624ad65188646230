package faults

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"assay/reference/directory"
)

// scimUsers are defects of users as they are read, replaced and deleted.
func scimUsers() []Fault {
	return slices.Concat(metaFaults(), extensionFaults(), readFaults(), replaceFaults(), deleteFaults(), passwordFaults())
}

func metaFaults() []Fault {
	meta := func(change func(meta map[string]any)) wrapper {
		return eachResource(users(), func(doc map[string]any) {
			if of := objectOf(doc, "meta"); of != nil {
				change(of)
			}
		})
	}
	schemas := func(change func(schemas []any) []any) wrapper {
		return eachResource(users(), func(doc map[string]any) {
			if list := listOf(doc, "schemas"); len(list) > 0 && list[0] == userURN {
				doc["schemas"] = change(list)
			}
		})
	}
	elsewhere := func(location string) string { return strings.Replace(location, "/Users/", "/users/", 1) }
	return []Fault{
		onHTTP("id-with-reserved-word", "ids begin with bulkId", "servers that keep the bulkId of a bulk request as id", reservedIDs, "scim.bulk.circular-reference", "scim.bulk.deletes", "scim.bulk.extension-reference", "scim.bulk.member-reference", "scim.bulk.patches", "scim.bulk.replaces", "scim.root.restricted", "scim.root.types", "scim.root.undefined-attribute", "scim.users.content-location-agrees", "scim.users.id-without-reserved-word"),
		onHTTP("meta-incomplete", "meta has no resourceType", "servers that leave out what the endpoint says already",
			meta(func(meta map[string]any) { delete(meta, "resourceType") }), "scim.users.meta-assigned", "scim.users.meta-resource-type"),
		onHTTP("meta-type-plural", "meta.resourceType of a user is Users", "servers that derive it from the endpoint",
			meta(func(meta map[string]any) { meta["resourceType"] = "Users" }), "scim.users.meta-resource-type"),
		onHTTP("created-in-lower-case", "meta.created is written with a small t and z", "servers that lower-case their JSON values",
			meta(func(meta map[string]any) { meta["created"] = strings.ToLower(textOf(meta, "created")) }), "scim.users.meta-timestamps-valid"),
		onHTTP("created-and-modified-differ", "lastModified of a new user is not created", "servers that look at the clock twice",
			meta(func(meta map[string]any) {
				if meta["created"] == meta["lastModified"] {
					meta["lastModified"] = strings.Replace(textOf(meta, "lastModified"), "Z", "1Z", 1)
				}
			}), "scim.users.meta-timestamps-equal"),
		onHTTP("last-modified-frozen", "meta.lastModified never moves", "servers that show the time of the creation twice",
			meta(func(meta map[string]any) { meta["lastModified"] = meta["created"] }), "scim.patch.last-modified-moves", "scim.users.last-modified-moves"),
		onHTTP("created-moves", "meta.created is the time of the last PUT", "servers that replace the row of a user", createdMoves, "scim.users.created-stays"),
		onHTTP("location-leads-nowhere", "meta.location of a user does not lead to the user", "servers whose addresses were written before their routes",
			Both(meta(func(meta map[string]any) { meta["location"] = elsewhere(textOf(meta, "location")) }),
				Rewrite(users(http.MethodPost), func(r *Response) { r.Header.Set("Location", elsewhere(r.Header.Get("Location"))) })), "scim.users.content-location-agrees", "scim.users.location-resolves"),
		onHTTP("location-relative", "meta.location is relative", "elimity-com/scim without WithBaseURL (measured)",
			meta(func(meta map[string]any) {
				if u, err := url.Parse(textOf(meta, "location")); err == nil {
					meta["location"] = u.Path
				}
			}), "scim.users.location-absolute"),
		onHTTP("schemas-of-scim-1", "schemas of a user names the schema of SCIM 1.1", "servers that were upgraded from SCIM 1.1",
			Both(schemas(func(list []any) []any { return append([]any{"urn:scim:schemas:core:1.0"}, list[1:]...) }),
				onBody(users(http.MethodPut), func(doc map[string]any) {
					if list := listOf(doc, "schemas"); len(list) > 0 && list[0] == "urn:scim:schemas:core:1.0" {
						list[0] = userURN
					}
				})), "scim.users.schemas-are-of-the-type", "scim.users.schemas-in-use", "scim.users.schemas-name-the-base"),
		onHTTP("schemas-twice", "schemas of a user holds a value twice", "servers that append the base schema to what was sent",
			schemas(func(list []any) []any { return append(list, userURN) }), "scim.users.schemas-distinct"),
		onHTTP("schemas-with-all-extensions", "schemas of a user names every extension that there is", "elimity-com/scim (measured)",
			schemas(func(list []any) []any {
				if slices.Contains(list, any(enterpriseURN)) {
					return list
				}
				return append(list, enterpriseURN)
			}), "scim.users.schemas-in-use"),
		onHTTP("schemas-foreign", "schemas of a user names a schema that its resource type has not", "servers that add a schema of their own without publishing it",
			schemas(func(list []any) []any { return append(list, "urn:example:params:scim:schemas:private:User") }), "scim.users.schemas-are-of-the-type", "scim.users.schemas-in-use"),
		onHTTP("group-schemas-empty", "schemas of a group is empty", "servers that fill schemas for users only",
			eachResource(groups(), func(doc map[string]any) {
				if doc["displayName"] != nil {
					doc["schemas"] = []any{}
				}
			}), "scim.groups.schemas-name-the-base"),
		onHTTP("group-type-missing", "meta of a group has no resourceType", "servers that leave out what the endpoint says already",
			eachResource(groups(), func(doc map[string]any) { delete(objectOf(doc, "meta"), "resourceType") }), "scim.groups.meta-resource-type"),
	}
}

// createdMoves shows the time of the last PUT as the time of the creation.
func createdMoves(next http.Handler) http.Handler {
	var moved memory[string, string] // by id
	show := eachResource(users(), func(doc map[string]any) {
		if stamp, ok := moved.recall(textOf(doc, "id")); ok && objectOf(doc, "meta") != nil {
			objectOf(doc, "meta")["created"] = stamp
		}
	})
	watch := RewriteRequest(On(http.MethodPut, "/Users/*"), func(r *http.Request, body []byte) []byte {
		moved.keep(strings.TrimPrefix(r.URL.Path, "/Users/"), time.Now().UTC().Format(time.RFC3339Nano))
		return body
	})
	return show(watch(next))
}

// uuidPattern is the form of the reference's ids.
func uuidPattern() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
}

// reservedIDs puts a word before all ids.
func reservedIDs(next http.Handler) http.Handler {
	const word = "bulkId-"
	ids := uuidPattern()
	out := Rewrite(Any(users(), groups()), func(r *Response) {
		r.Body = ids.ReplaceAll(r.Body, []byte(word+"$0"))
		if location := r.Header.Get("Location"); location != "" {
			r.Header.Set("Location", ids.ReplaceAllString(location, word+"$0"))
		}
	})
	in := RewriteRequest(Any(users(), groups()), func(r *http.Request, body []byte) []byte {
		r.URL.Path = strings.ReplaceAll(r.URL.Path, word, "")
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, word, "")
		return []byte(strings.ReplaceAll(string(body), word, ""))
	})
	return in(out(next))
}

// spelled is the name of a member as it is written in doc; "" when there is none of the name in any case.
func spelled(doc map[string]any, name string) string {
	for key := range doc {
		if strings.EqualFold(key, name) {
			return key
		}
	}
	return ""
}

func extensionFaults() []Fault {
	return []Fault{
		onHTTP("extension-flattened", "attributes of the extension are returned at the top level", "servers with one table for all attributes",
			eachResource(users(), func(doc map[string]any) {
				for name, value := range objectOf(doc, enterpriseURN) {
					doc[name] = value
				}
				delete(doc, enterpriseURN)
			}), "scim.users.extension-in-its-container"),
		onHTTP("extension-not-in-schemas", "schemas of a user never names the extension", "servers whose schemas is a constant",
			eachResource(users(), func(doc map[string]any) {
				doc["schemas"] = slices.DeleteFunc(listOf(doc, "schemas"), func(urn any) bool { return urn == enterpriseURN })
			}), "scim.patch.extension-joins-schemas", "scim.users.extension-named-in-schemas"),
		onHTTP("extension-container-case-sensitive", "an extension under its URN in another case is dropped", "elimity-com/scim (measured)",
			RewriteRequest(users(http.MethodPost), func(_ *http.Request, body []byte) []byte {
				doc := decodeObject(body)
				if name := spelled(doc, enterpriseURN); name != "" && name != enterpriseURN {
					delete(doc, name)
					return encodeObject(doc, body)
				}
				return body
			}), "scim.users.extension-container-any-case"),
		onHTTP("schemas-order-matters", "the base schema must come first in schemas", "servers that read schemas[0]",
			refusing(users(http.MethodPost), http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				list := listOf(body, "schemas")
				return len(list) > 0 && list[0] != userURN && !strings.HasSuffix(encodedText(list[0]), "SearchRequest")
			}), "scim.users.schemas-in-any-order"),
		onHTTP("extension-listed-must-be-used", "a create that names an extension without attributes of it is refused", "servers that look for the container of every URN",
			refusing(users(http.MethodPost), http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				return slices.Contains(listOf(body, "schemas"), any(enterpriseURN)) && spelled(body, enterpriseURN) == ""
			}), "scim.users.extension-listed-but-unused"),
		onHTTP("put-keeps-extension", "PUT does not replace attributes of the extension", "servers that write the extension at the create only",
			func(next http.Handler) http.Handler {
				return RewriteRequest(users(http.MethodPut), func(r *http.Request, body []byte) []byte {
					doc := decodeObject(body)
					if doc[enterpriseURN] == nil {
						return body
					}
					doc[enterpriseURN] = resourceAt(next, r, r.URL.Path)[enterpriseURN]
					return encodeObject(doc, body)
				})(next)
			}, "scim.users.extension-replaced"),
	}
}

func readFaults() []Fault {
	return []Fault{
		onHTTP("unknown-id-is-empty-list", "reading a user that does not exist is answered with 200 and an empty list",
			"servers that read one user by a query", Rewrite(users(http.MethodGet), func(r *Response) {
				if r.Status == http.StatusNotFound {
					r.Status, r.Body = http.StatusOK, []byte(`{"schemas":["`+listURN+`"],"totalResults":0}`)
				}
			}), "okta.spec.unknown-id", "scim.bulk.deletes", "scim.users.deleted-read", "scim.users.replace-creates-nothing", "scim.users.unknown-id-404", "scim.users.unknown-id-refused"),
		onHTTP("unknown-id-is-403", "reading a user that does not exist is answered with 403", "servers that check rights before existence",
			Rewrite(users(http.MethodGet), func(r *Response) {
				if r.Status == http.StatusNotFound {
					*r = *failure(r.Request, http.StatusForbidden, "")
				}
			}), "okta.spec.unknown-id", "scim.bulk.deletes", "scim.users.deleted-read", "scim.users.unknown-id-404"),
		onHTTP("list-needs-a-page", "a list of all users without count has no resources", "servers whose page size is 0 unless the client gives one",
			RewriteJSON(Every(On(http.MethodGet, "/Users"), Not(WithQuery("count")), Not(WithQuery("filter"))), http.StatusOK,
				func(doc map[string]any) { delete(doc, "Resources") }), "scim.users.list"),
		onHTTP("group-list-needs-a-page", "a list of all groups without count has no resources", "servers whose page size is 0 unless the client gives one",
			RewriteJSON(Every(On(http.MethodGet, "/Groups"), Not(WithQuery("count")), Not(WithQuery("filter"))), http.StatusOK,
				func(doc map[string]any) { delete(doc, "Resources") }), "scim.groups.list"),
		onHTTP("unknown-parameter-refused", "a query parameter that the server does not know is refused", "servers with a generated request parser that is strict",
			refusing(Every(users(), WithQuery("assay")), http.StatusBadRequest, "invalidValue", func(*http.Request, map[string]any) bool { return true }), "scim.users.unknown-parameter-ignored"),
		onHTTP("username-only-in-lists", "reading a single user does not show its userName", "servers that take the name for part of the address",
			eachResource(On(http.MethodGet, "/Users/*"), func(doc map[string]any) { delete(doc, "userName") }), "okta.aiw.joiner", "okta.aiw.leaver", "okta.aiw.match", "okta.aiw.mover", "okta.oin.joiner", "okta.oin.match", "okta.oin.mover", "okta.oin.returner", "okta.spec.read-only-echo", "scim.bulk.created-location", "scim.patch.takes-no-taken-username", "scim.projection.attributes", "scim.projection.several", "scim.users.create-names-any-case", "scim.users.read-agrees-with-create", "scim.users.read-has-username", "scim.users.replace-answer-agrees", "scim.users.replace-id-ignored", "scim.users.replace-keeps-a-username", "scim.users.replace-takes-no-taken-username", "scim.users.replace-whole-representation", "scim.users.username-kept"),
	}
}

// deletedStore keeps what was deleted for those who look it up by name.
type deletedStore struct {
	directory.Store
	gone memory[string, directory.Resource] // by name
}

// Delete implements directory.Resources; it remembers.
func (s *deletedStore) Delete(ctx context.Context, tenant string, kind directory.Kind, id string, check func(directory.Resource) error) error {
	r, err := s.Get(ctx, tenant, kind, id)
	if err == nil && kind == directory.User {
		s.gone.keep(r.Name, r)
	}
	return s.Store.Delete(ctx, tenant, kind, id, check)
}

// Count implements directory.Resources, wrongly.
func (s *deletedStore) Count(ctx context.Context, tenant string, q directory.Query) (int, error) {
	name, _ := askedName(q)
	if _, ok := s.gone.recall(name); ok && q.Kind == directory.User {
		return 1, nil
	}
	return s.Store.Count(ctx, tenant, q)
}

// List implements directory.Resources, wrongly.
func (s *deletedStore) List(ctx context.Context, tenant string, q directory.Query) iter.Seq2[directory.Resource, error] {
	name, _ := askedName(q)
	gone, ok := s.gone.recall(name)
	if q.Kind != directory.User || !ok {
		return s.Store.List(ctx, tenant, q)
	}
	return func(yield func(directory.Resource, error) bool) { yield(gone, nil) }
}
