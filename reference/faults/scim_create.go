package faults

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// scimCreate are defects of creating users (RFC 7644 section 3.3).
func scimCreate() []Fault {
	return slices.Concat(createAnswers(), createValues(), createNames())
}

func createAnswers() []Fault {
	created := func(change func(r *Response)) wrapper {
		return Rewrite(On(http.MethodPost, "/Users"), func(r *Response) {
			if r.Status == http.StatusCreated {
				change(r)
			}
		})
	}
	return []Fault{
		onHTTP("create-answers-200", "a create is answered with 200", "servers whose framework answers 200 unless told otherwise",
			created(func(r *Response) { r.Status = http.StatusOK }), "okta.spec.realistic-user", "scim.http.json-taken", "scim.http.scim-json-taken", "scim.users.create", "scim.users.deleted-name-is-free", "scim.users.extension-listed-but-unused"),
		onHTTP("create-without-location", "the answer to a create has no Location header", "servers that put the URI into meta only; Microsoft's validator lets it pass",
			created(func(r *Response) { r.Header.Del("Location") }), "scim.users.create-location-header"),
		onHTTP("create-location-differs", "the Location header of a create is not meta.location", "servers behind a proxy that know their address in one place only",
			created(func(r *Response) { r.Header.Set("Location", r.Header.Get("Location")+"/") }), "scim.users.create-location-agrees"),
		onHTTP("content-location-differs", "the Content-Location header of a user is not meta.location", "servers behind a proxy that know their address in one place only",
			Rewrite(users(), func(r *Response) {
				if location := r.Header.Get("Content-Location"); location != "" {
					r.Header.Set("Content-Location", location+"/")
				}
			}), "scim.users.content-location-agrees"),
		onHTTP("create-echoes-request", "the answer to a create is what was sent rather than what was stored",
			"servers that echo the request",
			RewriteJSON(On(http.MethodPost, "/Users"), http.StatusCreated, func(doc map[string]any) {
				if doc["displayName"] != nil {
					doc["displayName"] = textOf(doc, "displayName") + " "
				}
			}), "scim.users.read-agrees-with-create"),
		onHTTP("group-create-answers-200", "the create of a group is answered with 200", "servers whose framework answers 200 unless told otherwise",
			Rewrite(On(http.MethodPost, "/Groups"), func(r *Response) {
				if r.Status == http.StatusCreated {
					r.Status = http.StatusOK
				}
			}), "scim.groups.create"),
		onHTTP("group-create-without-location", "the answer to the create of a group has no Location header", "servers that put the URI into meta only",
			Rewrite(On(http.MethodPost, "/Groups"), func(r *Response) { r.Header.Del("Location") }), "scim.groups.create-location-header"),
	}
}

func createValues() []Fault {
	post, put := []string{http.MethodPost}, []string{http.MethodPut}
	always := func(any) bool { return true }
	isText := func(value any) bool { _, ok := value.(string); return ok }
	return []Fault{
		onHTTP("client-meta-kept", "meta that the client sends with a create is kept", "servers that store what they get",
			asSent("meta", post, always, nil), "scim.users.create-meta-ignored"),
		onHTTP("client-meta-kept-by-put", "meta that the client sends with a PUT is kept", "servers that store what they get",
			asSent("meta", put, func(value any) bool {
				meta, _ := value.(map[string]any)
				return meta["created"] == "2001-02-03T04:05:06Z"
			}, nil), "scim.users.replace-read-only-ignored"),
		onHTTP("client-groups-kept", "groups that the client sends with a create are kept", "servers that store what they get; Okta sends groups: []",
			asSent("groups", post, func(value any) bool { list, _ := value.([]any); return len(list) > 0 }, nil), "scim.users.create-groups-ignored"),
		onHTTP("two-primaries-kept", "a user can have two primary addresses", "elimity-com/scim (measured)",
			asSent("emails", post, func(value any) bool { return primaryCount(value) > 1 }, onePrimary), "scim.users.one-primary"),
		onHTTP("duplicate-values-kept", "the same address with the same type is kept twice", "elimity-com/scim (measured)",
			asSent("emails", post, func(value any) bool {
				list, _ := value.([]any)
				return len(list) == 2 && primaryCount(value) == 0 && sameJSON(list[0], list[1])
			}, nil), "scim.users.no-duplicate-values"),
		onHTTP("object-for-list-kept", "an object for a multi-valued attribute is stored as an object", "elimity-com/scim (measured)",
			asSent("emails", post, func(value any) bool { _, ok := value.(map[string]any); return ok }, nil), "scim.users.list-given-as-object"),
		onHTTP("string-for-complex-kept", "a string for a complex attribute is stored as a string", "servers that store documents without a schema",
			asSent("name", post, isText, nil), "scim.users.complex-given-as-string", "scim.users.wrong-type-refused"),
		onHTTP("number-for-string-kept", "a number for a string is stored as a number", "servers that store documents without a schema",
			asSent("displayName", post, func(value any) bool { return !isText(value) }, nil), "scim.users.string-given-as-number"),
		onHTTP("word-for-boolean-kept", "a word for a boolean is stored as a string", "servers that store documents without a schema, so that active is \"False\" and true",
			asSent("active", post, isText, nil), "scim.users.boolean-given-as-word"),
		onHTTP("wrong-type-dropped", "an attribute with a value of the wrong type is dropped", "servers that read what they understand",
			onBody(users(http.MethodPost), func(doc map[string]any) {
				if isText(doc["name"]) {
					delete(doc, "name")
				}
				if _, object := doc["emails"].(map[string]any); object {
					delete(doc, "emails")
				}
			}), "scim.users.wrong-type-refused"),
		onHTTP("null-refused", "null for an attribute is refused", "servers that validate types before they look for null",
			refusing(users(http.MethodPost), http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				value, sent := body["nickName"]
				return sent && value == nil
			}), "scim.users.create-null-is-unassigned"),
		onHTTP("empty-list-refused", "an empty list of phone numbers is refused", "servers that want at least one element in a list that is sent",
			refusing(users(http.MethodPost), http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				list, sent := body["phoneNumbers"].([]any)
				return sent && len(list) == 0
			}), "scim.users.create-empty-list-is-unassigned"),
		onHTTP("text-in-latin-1", "characters outside ASCII become question marks", "databases whose tables are not UTF-8",
			onBody(users(http.MethodPost), func(doc map[string]any) { doc["displayName"] = ascii(doc["displayName"]) }), "scim.users.text-is-utf-8"),
		onHTTP("text-escaped-for-html", "quotation marks in names are stored as entities", "applications that escape on the way in",
			onBody(users(http.MethodPost), func(doc map[string]any) {
				if text, ok := doc["displayName"].(string); ok {
					doc["displayName"] = strings.ReplaceAll(text, `"`, "&quot;")
				}
			}), "scim.users.json-escapes-decoded"),
		onHTTP("attributes-dropped", "title and userType are accepted and dropped", "products that have no place for them and publish the whole core schema all the same",
			onBody(users(http.MethodPost), func(doc map[string]any) {
				if doc["userType"] != nil {
					delete(doc, "userType")
					delete(doc, "title")
				}
			}), "scim.users.published-attributes-kept"),
		onHTTP("external-id-invented", "a user without an externalId shows its id as one", "servers that have one column for both",
			eachResource(users(), func(doc map[string]any) {
				if doc["externalId"] == nil && doc["userName"] != nil {
					doc["externalId"] = doc["id"]
				}
			}), "scim.users.external-id-not-invented"),
		onHTTP("external-id-lower-cased", "externalId is kept in lower case", "servers that normalise all identifiers",
			onBody(users(http.MethodPost), func(doc map[string]any) {
				if external := textOf(doc, "externalId"); strings.HasPrefix(external, "Ext-") {
					doc["externalId"] = strings.ToLower(external)
				}
			}), "scim.users.external-id-kept"),
	}
}

func primaryCount(value any) int {
	list, _ := value.([]any)
	count := 0
	for _, item := range list {
		if one, _ := item.(map[string]any); one["primary"] == true {
			count++
		}
	}
	return count
}

func onePrimary(value any) any {
	list, _ := value.([]any)
	return list[:1]
}

func sameJSON(a, b any) bool { return bytes.Equal(encodeObject(a, nil), encodeObject(b, nil)) }

func ascii(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return '?'
		}
		return r
	}, text)
}

// createNames are defects of userName and of the spelling of attribute names.
func createNames() []Fault {
	post, put, patch := []string{http.MethodPost}, []string{http.MethodPut}, []string{http.MethodPatch}
	return []Fault{
		onHTTP("create-names-case-sensitive", "attribute names in a create count in one spelling only", "servers that look the members of a decoded JSON object up",
			onBody(users(http.MethodPost), func(doc map[string]any) { delete(doc, "USERNAME") }), "scim.users.create-names-any-case"),
		onHTTP("put-names-case-sensitive", "attribute names in a PUT count in one spelling only", "servers that look the members of a decoded JSON object up",
			onBody(users(http.MethodPut), func(doc map[string]any) { delete(doc, "DISPLAYNAME") }), "scim.users.replace-any-case"),
		onHTTP("username-compared-bytewise", "userNames that differ in case only are different names", "servers that compare userName byte by byte",
			twins(post, func(_ *http.Request, sent, existing map[string]any) bool {
				return textOf(existing, "userName") != textOf(sent, "userName")
			}), "scim.users.duplicate-username-other-case"),
		onHTTP("username-race", "of two creates at the same time both succeed", "servers that look for the name, and then insert, without a unique index", racing, "scim.users.duplicate-username-at-once"),
		onHTTP("username-taken-by-put", "PUT gives a user the userName of another", "servers that check uniqueness at the create only",
			twins(put, func(*http.Request, map[string]any, map[string]any) bool { return true }), "scim.users.replace-conflict-answer", "scim.users.replace-takes-no-taken-username"),
		onHTTP("username-taken-by-patch", "PATCH gives a user the userName of another", "servers that check uniqueness at the create only",
			twins(patch, func(*http.Request, map[string]any, map[string]any) bool { return true }), "scim.patch.takes-no-taken-username"),
		onHTTP("conflict-is-400", "a second user with the same userName is refused with 400", "servers that treat every refusal as a bad request",
			Rewrite(users(http.MethodPost), func(r *Response) {
				if r.Status == http.StatusConflict {
					*r = *failure(r.Request, http.StatusBadRequest, "uniqueness")
				}
			}), "okta.spec.duplicate", "scim.characteristics.uniqueness", "scim.characteristics.uniqueness-case", "scim.users.duplicate-username", "scim.users.duplicate-username-other-case"),
		onHTTP("conflict-without-type", "a conflict has no scimType", "elimity-com/scim, which never answers uniqueness by itself (measured)",
			eachError(users(), http.StatusConflict, func(doc map[string]any) { delete(doc, "scimType") }), "scim.characteristics.uniqueness", "scim.characteristics.uniqueness-case", "scim.users.duplicate-username-scimtype", "scim.users.replace-conflict-answer"),
		nameless("username-missing-accepted", "a create without userName makes a user without one", "servers that know people by externalId", http.MethodPost, "", "scim.users.missing-username-refused", "scim.users.no-user-without-username"),
		nameless("username-empty-accepted", "a create with an empty userName makes a user with an empty one", "elimity-com/scim (measured)", http.MethodPost, "empty", "scim.users.no-user-with-empty-username"),
		nameless("put-takes-username-away", "a PUT without userName takes the name away", "servers that replace the document and check required attributes at the create only", http.MethodPut, "", "scim.users.replace-keeps-a-username", "scim.users.replace-without-username-refused"),
	}
}

// racing lets a create succeed with a taken name when another one with the same name came within the
// time between check and insert.
func racing(next http.Handler) http.Handler {
	const window = 4 * time.Millisecond
	var mu sync.Mutex
	waiting := map[string]int{} // creates under way by name
	var twin memory[string, bool]
	names := RewriteRequestOr(On(http.MethodPost, "/Users"), func(_ *http.Request, body []byte) *Response {
		name := textOf(decodeObject(body), "userName")
		mu.Lock()
		waiting[name]++
		if waiting[name] > 1 {
			twin.keep(name, true)
		}
		mu.Unlock()
		time.Sleep(window)
		mu.Lock()
		waiting[name]--
		mu.Unlock()
		return nil
	})
	return names(twins([]string{http.MethodPost}, func(_ *http.Request, sent, _ map[string]any) bool {
		_, raced := twin.recall(textOf(sent, "userName"))
		return raced
	})(next))
}

// nameless serves requests whose userName is missing, or empty, with a name that is hidden afterwards.
func nameless(name, text, model, method, kind string, reddens ...string) Fault {
	wrap := func(next http.Handler) http.Handler {
		var unnamed memory[string, bool] // by id
		show := eachResource(users(), func(doc map[string]any) {
			if _, is := unnamed.recall(textOf(doc, "id")); !is {
				return
			}
			delete(doc, "userName")
			if kind == "empty" {
				doc["userName"] = ""
			}
		})
		return RewriteRequestOr(users(method), func(r *http.Request, body []byte) *Response {
			doc := decodeObject(body)
			sent, has := doc["userName"]
			if doc == nil || doc["emails"] == nil || doc["USERNAME"] != nil || has != (kind == "empty") || has && sent != "" {
				return nil
			}
			answer := inner(next, r, r.Method, r.URL.RequestURI(), marked(withName(doc)))
			made := answer.Document()
			if id := textOf(made, "id"); answer.Status < http.StatusMultipleChoices {
				unnamed.keep(id, true)
				made["userName"] = sent
				answer.SetDocument(made)
			}
			return answer
		})(show(next))
	}
	return onHTTP(name, text, model, wrap, reddens...)
}

func withName(doc map[string]any) map[string]any {
	doc["userName"] = "nobody"
	return doc
}
