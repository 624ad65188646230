package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay/reference/directory"
	"assay/reference/scim"
)

// scimHTTP are defects of projection, entity-tags, media types, methods and authentication.
func scimHTTP() []Fault {
	return slices.Concat(projectionFaults(), etagFaults(), mediaFaults(), methodFaults(), authFaults())
}

func projectionFaults() []Fault {
	one := On(http.MethodGet, "/Users/*")
	without := func(when When, name string) wrapper {
		return onQuery(Every(when, WithQuery(name)), func(query url.Values) { query.Del(name) })
	}
	changing := func(name string, change func(names string) string) wrapper {
		return onQuery(Every(one, WithQuery(name)), func(query url.Values) { query.Set(name, change(query.Get(name))) })
	}
	withoutID := func(when When) wrapper {
		return eachResource(when, func(doc map[string]any) { delete(doc, "id") })
	}
	asks := func(name, value string) When {
		return func(r *http.Request) bool { return r.URL.Query().Get(name) == value }
	}
	spelled := func(picked func(name string) bool) wrapper {
		return changing("attributes", func(names string) string {
			if picked(names) {
				return "id"
			}
			return names
		})
	}
	const listModel = "elimity-com/scim, which ignores attributes in lists (measured)"
	return []Fault{
		onHTTP("attributes-ignored", "attributes is ignored when one user is read", "servers that project in lists only", without(Every(one, asks("attributes", "userName")), "attributes"), "scim.projection.attributes"),
		onHTTP("attributes-ignored-in-lists", "attributes is ignored in lists", listModel, without(On(http.MethodGet, "/Users"), "attributes"), "scim.projection.list-attributes"),
		onHTTP("excluded-ignored", "excludedAttributes is ignored when one user is read", "servers that project in lists only", without(one, "excludedAttributes"), "scim.projection.excluded", "scim.projection.excluded-extension", "scim.projection.excluded-sub-attribute"),
		onHTTP("excluded-ignored-in-lists", "excludedAttributes is ignored in lists", listModel, without(On(http.MethodGet, "/Users"), "excludedAttributes"), "scim.projection.list-excluded"),
		onHTTP("attributes-ignored-by-create", "attributes is ignored by a create", "elimity-com/scim (measured)", without(users(http.MethodPost), "attributes"), "scim.projection.create"),
		onHTTP("attributes-ignored-by-put", "attributes is ignored by a PUT", "servers that project what they read only", without(users(http.MethodPut), "attributes"), "scim.projection.replace"),
		onHTTP("attributes-ignored-by-patch", "attributes is ignored by a PATCH", "servers that project what they read only", without(users(http.MethodPatch), "attributes"), "scim.projection.patch"),
		onHTTP("members-not-excludable", "excludedAttributes does not leave members out", "servers that project users only; Entra asks for groups without members", without(groups(), "excludedAttributes"), "scim.projection.group-members"),
		onHTTP("id-only-on-request", "the id is left out when attributes does not ask for it", "servers that take attributes literally", withoutID(Every(one, asks("attributes", "userName"))), "scim.projection.id-always"),
		onHTTP("id-excludable", "excludedAttributes can leave out the id", "servers that take excludedAttributes literally", withoutID(Every(one, asks("excludedAttributes", "id"))), "scim.projection.id-not-excludable"),
		onHTTP("sub-attribute-not-selectable", "a sub-attribute in attributes selects the whole attribute", "servers that look at the first segment of a path only",
			changing("attributes", func(names string) string { return strings.ReplaceAll(names, "name.givenName", "name") }), "scim.projection.sub-attribute"),
		onHTTP("sub-attribute-excludes-whole", "a sub-attribute in excludedAttributes leaves out the whole attribute", "servers that look at the first segment of a path only",
			changing("excludedAttributes", func(names string) string { return strings.ReplaceAll(names, "name.familyName", "name") }), "scim.projection.excluded-sub-attribute"),
		onHTTP("first-attribute-only", "only the first name in attributes counts", "servers that do not split the list",
			changing("attributes", func(names string) string { return strings.Split(names, ",")[0] }), "scim.projection.several"),
		onHTTP("attributes-case-sensitive", "names in attributes count in one spelling only", "servers that compare names byte by byte",
			spelled(func(name string) bool { return name == "DISPLAYNAME" }), "scim.projection.names-any-case"),
		onHTTP("attributes-core-urn-unknown", "names in attributes with the URN of the core schema are not known", "servers that know URNs of extensions only",
			spelled(func(name string) bool { return strings.HasPrefix(name, userURN) }), "scim.projection.urn-prefix"),
		onHTTP("attributes-extension-unknown", "names in attributes with the URN of an extension are not known", "servers that split paths at the first dot, which the 2.0 of a URN has",
			spelled(func(name string) bool { return strings.HasPrefix(name, enterpriseURN) }), "scim.projection.extension"),
	}
}

func etagFaults() []Fault {
	unconditional := func(method, header string) wrapper {
		return RewriteRequest(users(method), func(r *http.Request, body []byte) []byte {
			r.Header.Del(header)
			return body
		})
	}
	return []Fault{
		onHTTP("etag-header-missing", "there is no ETag header", "servers that put the version into meta only",
			Rewrite(users(), func(r *Response) { r.Header.Del("ETag") }), "scim.etag.header"),
		onHTTP("etag-strong-in-header", "the ETag header is strong and meta.version is weak", "proxies that rewrite entity-tags",
			Both(
				Rewrite(users(), func(r *Response) {
					if tag := r.Header.Get("ETag"); tag != "" {
						r.Header.Set("ETag", strings.TrimPrefix(tag, "W/"))
					}
				}),
				RewriteRequest(users(), func(r *http.Request, body []byte) []byte {
					for _, name := range []string{"If-Match", "If-None-Match"} {
						if tag := r.Header.Get(name); strings.HasPrefix(tag, `"`) {
							r.Header.Set(name, "W/"+tag)
						}
					}
					return body
				}),
			), "scim.etag.listed-version", "scim.etag.version-agrees"),
		onHTTP("etag-lower-case-w", "weak entity-tags begin with w/", "servers that write headers in lower case", lowerCaseTag, "scim.etag.form"),
		onHTTP("listed-version-stale", "meta.version of a user in a list is that of the create", "servers whose list comes from a cache",
			RewriteJSON(On(http.MethodGet, "/Users"), http.StatusOK, func(doc map[string]any) {
				for _, item := range listOf(doc, "Resources") {
					user, _ := item.(map[string]any)
					if meta := objectOf(user, "meta"); meta["version"] != nil {
						meta["version"] = `W/"0"`
					}
				}
			}), "scim.etag.listed-version"),
		onHTTP("etag-constant", "the ETag of a user never changes", "servers that make it of the id", constantTag, "scim.etag.changes", "scim.etag.stale-delete-refused", "scim.etag.stale-patch-refused", "scim.etag.stale-put-refused"),
		onHTTP("if-none-match-ignored", "If-None-Match is ignored", "elimity-com/scim (measured)", unconditional(http.MethodGet, "If-None-Match"), "scim.etag.not-modified"),
		onHTTP("if-match-ignored-by-put", "If-Match is ignored by PUT", "elimity-com/scim (measured)", unconditional(http.MethodPut, "If-Match"), "scim.etag.stale-put-refused"),
		onHTTP("if-match-ignored-by-patch", "If-Match is ignored by PATCH", "elimity-com/scim (measured)", unconditional(http.MethodPatch, "If-Match"), "scim.etag.stale-patch-refused"),
		onHTTP("if-match-ignored-by-delete", "If-Match is ignored by DELETE", "elimity-com/scim (measured)", unconditional(http.MethodDelete, "If-Match"), "scim.etag.stale-delete-refused"),
	}
}

// constantTag makes the version of every user W/"1", in and out.
func constantTag(next http.Handler) http.Handler {
	const tag = `W/"1"`
	show := eachResource(users(), func(doc map[string]any) {
		if meta := objectOf(doc, "meta"); meta["version"] != nil {
			meta["version"] = tag
		}
	})
	return Rewrite(users(), func(r *Response) {
		if r.Header.Get("ETag") != "" {
			r.Header.Set("ETag", tag)
		}
	})(RewriteRequest(users(), func(r *http.Request, body []byte) []byte {
		if r.Header.Get("If-Match") == tag {
			r.Header.Del("If-Match")
		}
		if r.Header.Get("If-None-Match") == tag {
			r.Header.Set("If-None-Match", "*")
		}
		return body
	})(show(next)))
}

// lowerCaseTag writes W/ in lower case, out and in.
func lowerCaseTag(next http.Handler) http.Handler {
	lower := func(tag string) string {
		if opaque, weak := strings.CutPrefix(tag, "W/"); weak {
			return "w/" + opaque
		}
		return tag
	}
	show := eachResource(users(), func(doc map[string]any) {
		if meta := objectOf(doc, "meta"); meta["version"] != nil {
			meta["version"] = lower(textOf(meta, "version"))
		}
	})
	header := Rewrite(users(), func(r *Response) {
		if tag := r.Header.Get("ETag"); tag != "" {
			r.Header.Set("ETag", lower(tag))
		}
	})
	return header(RewriteRequest(users(), func(r *http.Request, body []byte) []byte {
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if opaque, weak := strings.CutPrefix(r.Header.Get(name), "w/"); weak {
				r.Header.Set(name, "W/"+opaque)
			}
		}
		return body
	})(show(next)))
}

func mediaFaults() []Fault {
	answering := func(when When, mediaType string) wrapper {
		return Rewrite(when, func(r *Response) {
			if r.Status == http.StatusOK && r.Header.Get("Content-Type") != "" {
				r.Header.Set("Content-Type", mediaType)
			}
		})
	}
	accept := func(value string) When {
		return func(r *http.Request) bool { return r.Header.Get("Accept") == value }
	}
	type415 := func(picked func(contentType string) bool) wrapper {
		return refusing(users(http.MethodPost), http.StatusUnsupportedMediaType, "", func(r *http.Request, _ map[string]any) bool {
			return picked(r.Header.Get("Content-Type"))
		})
	}
	any := func(*http.Request, map[string]any) bool { return true }
	return []Fault{
		onHTTP("json-instead-of-scim-json", "an answer to a client that accepts only application/scim+json is application/json", "servers whose framework knows one JSON",
			answering(Every(users(http.MethodGet), accept(mediaType)), "application/json"), "scim.http.scim-json-accepted"),
		onHTTP("json-by-default", "an answer to a client that names no format is application/json", "servers that answer application/scim+json on request only",
			answering(Every(users(http.MethodGet), accept("")), "application/json"), "scim.http.scim-json-default"),
		onHTTP("discovery-is-json", "discovery documents are application/json", "servers that serve them as files",
			answering(Any(Below("/Schemas"), Below("/ResourceTypes"), Below("/ServiceProviderConfig")), "application/json"), "scim.http.discovery-is-scim-json"),
		onHTTP("accept-json-refused", "a client that accepts only application/json is refused with 406", "servers that compare Accept with application/scim+json",
			refusing(Every(users(http.MethodGet), accept("application/json")), http.StatusNotAcceptable, "", any), "scim.http.json-accepted"),
		onHTTP("json-not-taken", "a body sent as application/json is refused with 415", "servers that compare Content-Type with application/scim+json",
			type415(func(contentType string) bool { return contentType == "application/json" }), "okta.spec.realistic-user", "scim.http.json-taken"),
		onHTTP("charset-not-taken", "a body whose Content-Type has a charset is refused with 415", "servers that compare Content-Type as a whole; Okta sends a charset",
			type415(func(contentType string) bool { return strings.Contains(contentType, "charset") }), "okta.aiw.group-deleted", "okta.aiw.group-push", "okta.aiw.joiner", "okta.aiw.match", "okta.oin.group-deleted", "okta.oin.group-push", "okta.oin.joiner", "okta.oin.match", "scim.http.scim-json-taken"),
		onHTTP("any-type-taken", "a body sent as text/plain is taken", "elimity-com/scim (measured)",
			RewriteRequest(users(http.MethodPost), func(r *http.Request, body []byte) []byte {
				r.Header.Set("Content-Type", mediaType)
				return body
			}), "scim.http.other-type-refused"),
	}
}

func methodFaults() []Fault {
	post := On(http.MethodPost, "/Users/*")
	return []Fault{
		onHTTP("post-replaces", "POST to a single user replaces it", "servers that accept PUT in the dress of POST",
			RewriteRequest(Every(post, Not(On("", "/Users/.search"))), func(r *http.Request, body []byte) []byte {
				r.Method = http.MethodPut
				return body
			}), "scim.http.405-names-methods", "scim.http.post-to-item-refused"),
		onHTTP("wrong-method-is-404", "a method that an address does not have is answered with 404 and no Allow", "elimity-com/scim (measured)",
			Rewrite(Any(users(), groups()), func(r *Response) {
				if r.Status == http.StatusMethodNotAllowed {
					notFound(r)
				}
			}), "scim.http.405-names-methods"),
		onHTTP("head-is-404", "HEAD is answered with 404", "elimity-com/scim (measured)", Rewrite(On(http.MethodHead, "/Users/*"), func(r *Response) { notFound(r) }), "scim.http.head-as-get"),
		onHTTP("options-is-404", "OPTIONS is answered with 404", "elimity-com/scim (measured)", Rewrite(On(http.MethodOptions, "/Users"), func(r *Response) { notFound(r) }), "scim.http.options-not-404"),
		onHTTP("me-is-404", "/Me is answered with 404", "servers that never heard of /Me", Rewrite(Below("/Me"), func(r *Response) { notFound(r) }), "scim.http.me-answered"),
	}
}

func authFaults() []Fault {
	return []Fault{
		{
			Name: "any-token-accepted", Text: "every bearer token is accepted",
			Model:   "servers that look whether there is an Authorization header",
			Reddens: []string{"okta.spec.bad-token", "scim.auth.wrong-token-is-401", "scim.auth.wrong-token-refused", "scim.auth.wrong-token-writes-nothing"}, Verifier: func(next scim.Verifier) scim.Verifier { return &credulous{next: next} },
		},
		anonymous("reads-unprotected", "reading needs no valid token", http.MethodGet, "okta.spec.bad-token", "scim.auth.wrong-token-is-401", "scim.auth.wrong-token-refused"),
		anonymous("writes-unprotected", "creating needs no valid token", http.MethodPost, "scim.auth.wrong-token-writes-nothing"),
		onHTTP("wrong-token-is-403", "a wrong token is answered with 403", "servers that do not tell who from what",
			Rewrite(func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }, func(r *Response) {
				if r.Status == http.StatusUnauthorized {
					*r = *failure(r.Request, http.StatusForbidden, "")
				}
			}), "okta.spec.bad-token", "scim.auth.wrong-token-is-401"),
		onHTTP("no-token-is-403", "a request without credentials is answered with 403", "gateways that refuse before the server is asked",
			Rewrite(func(r *http.Request) bool { return r.Header.Get("Authorization") == "" }, func(r *Response) {
				if r.Status == http.StatusUnauthorized {
					*r = *failure(r.Request, http.StatusForbidden, "")
				}
			}), "scim.auth.no-credentials-is-401"),
		onHTTP("challenge-missing", "a 401 does not name authentication schemes", "servers that set the status and nothing else",
			Rewrite(Always, func(r *Response) { r.Header.Del("WWW-Authenticate") }), "scim.auth.schemes-named"),
	}
}

// credulous believes every token to be the last good one.
type credulous struct {
	next scim.Verifier
	last memory[string, directory.Token]
}

// Verify implements scim.Verifier, wrongly.
func (c *credulous) Verify(ctx context.Context, bearer string) (directory.Token, error) {
	token, err := c.next.Verify(ctx, bearer)
	if err == nil {
		c.last.keep("", token)
		return token, nil
	}
	if known, ok := c.last.recall(""); ok {
		return known, nil
	}
	return token, fmt.Errorf("verify token: %w", err)
}

// anonymous serves requests of one method whatever their token is.
func anonymous(name, text, method string, reddens ...string) Fault {
	wrap := func(next http.Handler) http.Handler {
		var good memory[string, string] // the last header that was accepted
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := r.Header.Get("Authorization")
			caught := &catcher{header: make(http.Header)}
			if r.Method != method || header == "" {
				next.ServeHTTP(w, r)
				return
			}
			known, ok := good.recall("")
			if ok && header != known {
				r = r.Clone(r.Context())
				r.Header.Set("Authorization", known)
			}
			next.ServeHTTP(caught, r)
			if caught.code() != http.StatusUnauthorized {
				good.keep("", r.Header.Get("Authorization"))
			}
			(&Response{Request: r, Status: caught.code(), Header: caught.header, Body: caught.body.Bytes()}).send(w)
		})
	}
	return onHTTP(name, text, "servers whose routes are protected one by one", wrap, reddens...)
}
