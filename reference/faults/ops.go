package faults

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// operation is one operation of a PATCH request.
type operation map[string]any

func (o operation) op() string   { return strings.ToLower(textOf(o, "op")) }
func (o operation) path() string { return textOf(o, "path") }

// attribute is the top-level attribute that a path begins with.
func (o operation) attribute() string {
	end := strings.IndexAny(o.path(), ".[")
	if end < 0 {
		return o.path()
	}
	return o.path()[:end]
}

// replaced is a copy of the operation with other members; nil takes a member away.
func (o operation) replaced(members map[string]any) operation {
	changed := operation{}
	for name, value := range o {
		changed[name] = value
	}
	for name, value := range members {
		if value == nil {
			delete(changed, name)
			continue
		}
		changed[name] = value
	}
	return changed
}

func removal(path string) operation { return operation{"op": "remove", "path": path} }

// onOperations changes the operations of PATCH requests. before is the resource as it is, or nil. A
// request that has no operation left is answered as if it had changed nothing.
func onOperations(when When, change func(before map[string]any, o operation) []operation) wrapper {
	return onAllOperations(when, func(before map[string]any, all []operation) []operation {
		var left []operation
		for _, o := range all {
			left = append(left, change(before, o)...)
		}
		return left
	})
}

func onAllOperations(when When, change func(before map[string]any, all []operation) []operation) wrapper {
	return func(next http.Handler) http.Handler {
		return RewriteRequest(Every(when, Method(http.MethodPatch)), func(r *http.Request, body []byte) []byte {
			doc := decodeObject(body)
			sent, ok := doc["Operations"].([]any)
			if !ok || len(sent) == 0 || doc["schemas"] == nil { // not a PATCH request; the handler says so
				return body
			}
			left := change(resourceAt(next, r, r.URL.Path), operations(sent))
			if len(left) == 0 {
				r.Method = http.MethodGet
				return nil
			}
			doc["Operations"] = left
			return encodeObject(doc, body)
		})(next)
	}
}

func operations(sent []any) []operation {
	var all []operation
	for _, item := range sent {
		if o, ok := item.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// dropping leaves out the operations that are picked.
func dropping(when When, picked func(before map[string]any, o operation) bool) wrapper {
	return onOperations(when, func(before map[string]any, o operation) []operation {
		if picked(before, o) {
			return nil
		}
		return []operation{o}
	})
}

// turning changes the operations that are picked into others.
func turning(when When, picked func(o operation) bool, into func(o operation) []operation) wrapper {
	return onOperations(when, func(_ map[string]any, o operation) []operation {
		if picked(o) {
			return into(o)
		}
		return []operation{o}
	})
}

// refusingOperation refuses a PATCH with an operation that is picked.
func refusingOperation(when When, status int, scimType string, picked func(before map[string]any, o operation) bool) wrapper {
	return func(next http.Handler) http.Handler {
		return refusing(Every(when, Method(http.MethodPatch)), status, scimType, func(r *http.Request, body map[string]any) bool {
			before := resourceAt(next, r, r.URL.Path)
			for _, o := range operations(listOf(body, "Operations")) {
				if picked(before, o) {
					return true
				}
			}
			return false
		})(next)
	}
}

// RewriteRequestOr lets answer look at the selected requests: they are served unless it answers.
func RewriteRequestOr(when When, answer func(r *http.Request, body []byte) *Response) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !when(r) {
				next.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(io.LimitReader(r.Body, maxBuffered))
			if err != nil { // the client broke off; the handler will find out as well
				next.ServeHTTP(w, r)
				return
			}
			if own := answer(r, body); own != nil {
				own.send(w)
				return
			}
			served := r.Clone(r.Context())
			setBody(served, body)
			next.ServeHTTP(w, served)
		})
	}
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}
