package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"assay/reference/directory"
)

// fixtureURN is the extension of fixtures/schemas/fixture-user.json, whose attributes these faults treat badly.
const fixtureURN = "urn:assay:params:scim:schemas:extension:fixture:1.0:User"

func scimCharacteristics() []Fault {
	return append(characteristicFaults(), typeFaults()...)
}

// onFixture changes what the selected requests send of the fixture extension.
func onFixture(when When, change func(fixture map[string]any)) wrapper {
	return onBody(when, func(doc map[string]any) {
		if fixture := objectOf(doc, fixtureURN); fixture != nil {
			change(fixture)
		}
	})
}

func characteristicFaults() []Fault {
	put := On(http.MethodPut, "/Users/*")
	return []Fault{
		onHTTP("extension-required-ignored", "an office without its required building is dropped instead of refused", "servers that check required attributes of the core schema only",
			onFixture(users(http.MethodPost, http.MethodPut), func(fixture map[string]any) {
				if office := objectOf(fixture, "office"); office != nil && office["building"] == nil {
					delete(fixture, "office")
				}
			}), "scim.characteristics.required-on-create", "scim.characteristics.required-on-replace"),
		onHTTP("extension-required-only-claimed", "a resource type claims an extension as required, and takes users without", "servers whose resource types are written by hand",
			eachResource(Below("/ResourceTypes"), func(resourceType map[string]any) {
				for _, item := range listOf(resourceType, "schemaExtensions") {
					if extension, _ := item.(map[string]any); extension["schema"] == fixtureURN {
						extension["required"] = true
					}
				}
			}), "scim.characteristics.required-extension"),
		{Name: "unique-only-claimed", Text: "unique attributes of a create are not checked", Model: "servers that check userName and nothing else",
			Store:   func(next directory.Store) directory.Store { return &carelessStore{next} },
			Reddens: []string{"scim.characteristics.uniqueness", "scim.characteristics.uniqueness-case"}},
		onHTTP("case-exact-folded", "a filter finds a case-exact attribute in any case", "servers whose database folds case everywhere",
			onFilter(func(filter string) string {
				if strings.HasPrefix(filter, fixtureURN+":code ") {
					return strings.Replace(strings.ToLower(filter), strings.ToLower(fixtureURN), fixtureURN, 1)
				}
				return filter
			}), "scim.characteristics.case-exact-filter"),
		onHTTP("case-told-apart", "a filter on an attribute of an extension tells case apart", "servers that keep extensions as JSON and compare bytes",
			onFilter(func(filter string) string {
				if value, is := strings.CutPrefix(filter, fixtureURN+":note eq "); is && value != strings.ToLower(value) {
					return `id eq "none"`
				}
				return filter
			}), "scim.characteristics.any-case-filter"),
		onHTTP("immutable-replaced", "PUT changes an immutable attribute", "servers that know no mutability in extensions",
			fixtureAsSent("hired", func(any) bool { return true }, nil), "scim.characteristics.immutable-kept", "scim.characteristics.immutable-refused"),
		onHTTP("immutable-first-value-dropped", "an immutable attribute can be set by POST only", "servers that take immutable for set at creation",
			keepingFrom(put, func(sent, before map[string]any) {
				if objectOf(before, fixtureURN)["hired"] == nil {
					delete(objectOf(sent, fixtureURN), "hired")
				}
			}), "scim.characteristics.immutable-first-value"),
		onHTTP("immutable-patch-ignored", "a PATCH of an immutable attribute is ignored", "servers that drop what they do not let change",
			func(next http.Handler) http.Handler {
				return RewriteRequestOr(users(http.MethodPatch), func(r *http.Request, body []byte) *Response {
					for _, item := range listOf(decodeObject(body), "Operations") {
						if o, _ := item.(map[string]any); textOf(o, "path") == fixtureURN+":hired" {
							return inner(next, r, http.MethodGet, r.URL.Path, nil)
						}
					}
					return nil
				})(next)
			}, "scim.characteristics.immutable-patch-refused"),
		onHTTP("request-returned-unasked", "what is returned on request is returned in every read", "servers that know returned never and default", unasked, "scim.characteristics.returned-request"),
		onHTTP("always-returned-dropped", "what is always returned is left out when others are asked for", "servers that project by name alone",
			eachResource(Every(users(http.MethodGet), WithQuery("attributes")), func(user map[string]any) {
				delete(objectOf(user, fixtureURN), "label")
			}), "scim.characteristics.returned-always"),
		onHTTP("never-returned-echoed", "the answer to a POST has a value that is never returned", "servers that echo the request",
			func(next http.Handler) http.Handler {
				return RewriteRequestOr(On(http.MethodPost, "/Users"), func(r *http.Request, body []byte) *Response {
					answer := served(next, r, body)
					pin, made := objectOf(decodeObject(body), fixtureURN)["pin"], answer.Document()
					if pin != nil && answer.Status == http.StatusCreated {
						made[fixtureURN] = map[string]any{"pin": pin}
						answer.SetDocument(made)
					}
					return answer
				})(next)
			}, "scim.characteristics.returned-never"),
	}
}

// carelessStore creates whatever values are taken.
type carelessStore struct{ directory.Store }

// Create implements directory.Resources, wrongly.
func (s *carelessStore) Create(ctx context.Context, tenant string, r directory.Resource, members []directory.Member) (directory.Resource, error) {
	r.Unique = nil
	return s.Store.Create(ctx, tenant, r, members)
}

// unasked adds the dossier to every read of a user.
func unasked(next http.Handler) http.Handler {
	return Rewrite(Every(On(http.MethodGet, "/Users/*"), Not(WithQuery("attributes"))), func(r *Response) {
		doc := r.Document()
		fixture := objectOf(doc, fixtureURN)
		if fixture == nil {
			return
		}
		asked := resourceAt(next, r.Request, r.Request.URL.Path+"?"+queryOf("attributes", fixtureURN+":dossier"))
		if dossier := objectOf(asked, fixtureURN)["dossier"]; dossier != nil {
			fixture["dossier"] = dossier
			r.SetDocument(doc)
		}
	})(next)
}

// fixtureAsSent keeps an attribute of the fixture extension as a PUT sent it, when picked says so, and
// shows it in every later answer about the user. What was served in its place is repair, nil for nothing.
func fixtureAsSent(name string, picked func(value any) bool, repair any) wrapper {
	return func(next http.Handler) http.Handler {
		var kept memory[string, any] // by id
		show := eachResource(users(), func(user map[string]any) {
			value, ok := kept.recall(textOf(user, "id"))
			if ok && objectOf(user, fixtureURN) == nil {
				user[fixtureURN] = map[string]any{}
			}
			if ok {
				objectOf(user, fixtureURN)[name] = value
			}
		})
		return RewriteRequest(On(http.MethodPut, "/Users/*"), func(r *http.Request, body []byte) []byte {
			doc := decodeObject(body)
			fixture := objectOf(doc, fixtureURN)
			value, sent := fixture[name]
			if !sent || !picked(value) {
				return body
			}
			kept.keep(strings.TrimPrefix(r.URL.Path, "/Users/"), value)
			delete(fixture, name)
			if repair != nil {
				fixture[name] = repair
			}
			return encodeObject(doc, body)
		})(show(next))
	}
}

func typeFaults() []Fault {
	put := On(http.MethodPut, "/Users/*")
	text := func(name string, change func(text string) string) wrapper {
		return onFixture(put, func(fixture map[string]any) {
			if value, ok := fixture[name].(string); ok {
				fixture[name] = change(value)
			}
		})
	}
	return []Fault{
		onHTTP("decimal-compared-as-text", "a filter compares decimals as they are written", "servers that keep numbers as text",
			onFilter(func(filter string) string { return strings.Replace(filter, ":ratio eq 1e0", ":ratio eq 1e5", 1) }), "scim.characteristics.decimal-by-value"),
		onHTTP("integer-with-fraction", "an integer is kept with the fraction that it was sent with", "servers that take every JSON number",
			fixtureAsSent("floor", func(value any) bool {
				number, _ := value.(json.Number)
				return strings.Contains(number.String(), ".")
			}, 42), "scim.characteristics.integer-form"),
		onHTTP("datetime-offset-dropped", "a dateTime loses its offset", "servers that keep local times",
			text("since", func(t string) string { return strings.Replace(t, "+02:00", "Z", 1) }), "scim.characteristics.datetime-forms"),
		onHTTP("datetime-completed", "a dateTime without seconds is completed instead of refused", "servers with a lenient parser of dates",
			text("since", func(t string) string {
				if t == "2011-05-13T04:42Z" {
					return "2011-05-13T04:42:00Z"
				}
				return t
			}), "scim.characteristics.datetime-whole"),
		onHTTP("binary-needs-padding", "a binary without padding is refused", "elimity-com/scim, whose pattern wants it (measured)",
			refusing(put, http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				return len(textOf(objectOf(body, fixtureURN), "key"))%4 != 0
			}), "scim.characteristics.binary-unpadded"),
		onHTTP("binary-not-checked", "a binary may be any text", "servers that keep binaries as strings",
			text("key", func(t string) string {
				if strings.ContainsAny(t, "! ") || strings.HasSuffix(t, "===") {
					return "AAAA"
				}
				return t
			}), "scim.characteristics.binary-base64"),
	}
}
