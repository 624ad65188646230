package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// wrapper puts something around a handler.
type wrapper = func(http.Handler) http.Handler

const (
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	mediaType     = "application/scim+json"
)

// onHTTP is a fault in front of the SCIM handler.
func onHTTP(name, text, model string, wrap wrapper, reddens ...string) Fault {
	return Fault{Name: name, Text: text, Model: model, HTTP: wrap, Reddens: reddens}
}

// Below selects requests to an endpoint and everything below it, such as "/Users".
func Below(endpoint string) When {
	return func(r *http.Request) bool {
		return r.URL.Path == endpoint || strings.HasPrefix(r.URL.Path, endpoint+"/")
	}
}

// Every selects what every one of the conditions selects.
func Every(conditions ...When) When {
	return func(r *http.Request) bool {
		return !slices.ContainsFunc(conditions, func(c When) bool { return !c(r) })
	}
}

// Method selects requests by method.
func Method(methods ...string) When {
	return func(r *http.Request) bool { return slices.Contains(methods, r.Method) }
}

// WithQuery selects requests that have a query parameter.
func WithQuery(name string) When {
	return func(r *http.Request) bool { return r.URL.Query().Has(name) }
}

// Not selects what the condition does not.
func Not(condition When) When {
	return func(r *http.Request) bool { return !condition(r) }
}

func users(methods ...string) When {
	if len(methods) == 0 {
		return Below("/Users")
	}
	return Every(Below("/Users"), Method(methods...))
}

func groups(methods ...string) When {
	if len(methods) == 0 {
		return Below("/Groups")
	}
	return Every(Below("/Groups"), Method(methods...))
}

// eachResource changes the resources in the answers to the selected requests: the one that an answer
// holds, or those of a list.
func eachResource(when When, change func(doc map[string]any)) wrapper {
	return RewriteJSON(when, 0, func(doc map[string]any) {
		if isError(doc) {
			return
		}
		list, ok := doc["Resources"].([]any)
		if !ok {
			change(doc)
			return
		}
		for _, item := range list {
			if resource, ok := item.(map[string]any); ok {
				change(resource)
			}
		}
	})
}

func isError(doc map[string]any) bool {
	schemas, _ := doc["schemas"].([]any)
	return len(schemas) == 1 && schemas[0] == errorURN
}

// eachError changes the error bodies of one status; 0 is any.
func eachError(when When, status int, change func(doc map[string]any)) wrapper {
	return RewriteJSON(when, status, func(doc map[string]any) {
		if isError(doc) {
			change(doc)
		}
	})
}

// onBody changes the JSON object that the selected requests send.
func onBody(when When, change func(doc map[string]any)) wrapper {
	return RewriteRequest(when, func(_ *http.Request, body []byte) []byte {
		doc := decodeObject(body)
		if doc == nil || !json.Valid(body) {
			return body
		}
		change(doc)
		return encodeObject(doc, body)
	})
}

// encodeObject encodes a document; what has no JSON form is a mistake in the fault and leaves otherwise.
func encodeObject(doc any, otherwise []byte) []byte {
	data, err := json.Marshal(doc)
	if err != nil {
		return otherwise
	}
	return data
}

// onQuery changes the query of the selected requests.
func onQuery(when When, change func(query url.Values)) wrapper {
	return RewriteRequest(when, func(r *http.Request, body []byte) []byte {
		query := r.URL.Query()
		change(query)
		r.URL.RawQuery = query.Encode()
		return body
	})
}

// onFilter changes the filter of lists.
func onFilter(change func(filter string) string) wrapper {
	return onQuery(Every(Method(http.MethodGet), WithQuery("filter")), func(query url.Values) {
		query.Set("filter", change(query.Get("filter")))
	})
}

// refusing answers requests itself for which reason gives a detail: with an error of this status.
func refusing(when When, status int, scimType string, reason func(r *http.Request, body map[string]any) bool) wrapper {
	return func(next http.Handler) http.Handler {
		return RewriteRequestOr(when, func(r *http.Request, body []byte) *Response {
			if !reason(r, decodeObject(body)) {
				return nil
			}
			return failure(r, status, scimType)
		})(next)
	}
}

// failure is a SCIM error.
func failure(r *http.Request, status int, scimType string) *Response {
	doc := map[string]any{"schemas": []any{errorURN}, "status": fmt.Sprint(status), "detail": "the request was refused"}
	if scimType != "" {
		doc["scimType"] = scimType
	}
	answer := &Response{Request: r, Status: status, Header: http.Header{"Content-Type": {mediaType}}}
	answer.SetDocument(doc)
	return answer
}

// served is what the handler answers to a request whose body was read.
func served(next http.Handler, r *http.Request, body []byte) *Response {
	same := r.Clone(r.Context())
	setBody(same, body)
	caught := &catcher{header: make(http.Header)}
	next.ServeHTTP(caught, same)
	return &Response{Request: same, Status: caught.code(), Header: caught.header, Body: caught.body.Bytes()}
}

// inner is what the handler answers to a request of the fault's own, with the credentials of r.
func inner(next http.Handler, r *http.Request, method, path string, body any) *Response {
	own := r.Clone(r.Context())
	own.Method = method
	target, err := url.Parse(path)
	if err != nil {
		return failure(r, http.StatusInternalServerError, "")
	}
	own.URL = target
	for _, name := range []string{"If-Match", "If-None-Match", "Content-Length"} {
		own.Header.Del(name)
	}
	setBody(own, nil)
	if body != nil {
		own.Header.Set("Content-Type", mediaType)
		setBody(own, encodeObject(body, nil))
	}
	caught := &catcher{header: make(http.Header)}
	next.ServeHTTP(caught, own)
	return &Response{Request: own, Status: caught.code(), Header: caught.header, Body: caught.body.Bytes()}
}

// resourceAt reads a resource; nil when there is none.
func resourceAt(next http.Handler, r *http.Request, path string) map[string]any {
	answer := inner(next, r, http.MethodGet, path, nil)
	if answer.Status != http.StatusOK {
		return nil
	}
	return answer.Document()
}

func listOf(doc map[string]any, name string) []any {
	list, _ := doc[name].([]any)
	return list
}

func objectOf(doc map[string]any, name string) map[string]any {
	object, _ := doc[name].(map[string]any)
	return object
}

func encodedText(value any) string {
	text, _ := value.(string)
	return text
}

// keepingFrom changes the selected replacements of a resource in view of what the resource was before.
func keepingFrom(when When, change func(sent, before map[string]any)) wrapper {
	return func(next http.Handler) http.Handler {
		return RewriteRequest(when, func(r *http.Request, body []byte) []byte {
			doc, before := decodeObject(body), resourceAt(next, r, r.URL.Path)
			if doc == nil || before == nil {
				return body
			}
			change(doc, before)
			return encodeObject(doc, body)
		})(next)
	}
}
