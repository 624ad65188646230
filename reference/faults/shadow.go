package faults

import (
	"net/http"
	"regexp"
	"strings"
)

// asSent keeps an attribute of users as it was sent, when picked says so, and shows it in every later
// answer about the user: as a server would that stores what it gets. What was served in its place is
// what repair makes of it; nil leaves the attribute out.
func asSent(name string, methods []string, picked func(value any) bool, repair func(value any) any) wrapper {
	return func(next http.Handler) http.Handler {
		var kept memory[string, any] // by id
		show := eachResource(users(), func(doc map[string]any) {
			if value, ok := kept.recall(textOf(doc, "id")); ok {
				doc[name] = value
			}
		})
		return RewriteRequestOr(users(methods...), func(r *http.Request, body []byte) *Response {
			doc := decodeObject(body)
			value, sent := doc[name]
			if !sent || !picked(value) {
				return nil
			}
			delete(doc, name)
			if repair != nil {
				doc[name] = repair(value)
			}
			answer := inner(next, r, r.Method, r.URL.RequestURI(), doc)
			made := answer.Document()
			if id := textOf(made, "id"); id != "" && answer.Status < http.StatusMultipleChoices {
				kept.keep(id, value)
				made[name] = value
				answer.SetDocument(made)
			}
			return answer
		})(show(next))
	}
}

// twins makes users with a name that is taken already: they get a name of their own, which is hidden
// from everybody. picked says of which refused requests that is to happen; existing is the user who
// has the name.
func twins(methods []string, picked func(r *http.Request, sent map[string]any, existing map[string]any) bool) wrapper {
	return func(next http.Handler) http.Handler {
		hidden := withoutMark(next)
		return RewriteRequestOr(users(methods...), func(r *http.Request, body []byte) *Response {
			answer := served(hidden, r, body)
			if answer.Status != http.StatusConflict {
				return answer
			}
			sent := decodeObject(body)
			filter := `userName eq "` + nameIn(sent) + `"`
			found := inner(next, r, http.MethodGet, "/Users?"+queryOf("filter", filter), nil).Document()
			var existing map[string]any
			if list := listOf(found, "Resources"); len(list) > 0 {
				existing, _ = list[0].(map[string]any)
			}
			if !picked(r, sent, existing) {
				return answer
			}
			return inner(hidden, r, r.Method, r.URL.RequestURI(), marked(sent))
		})(hidden)
	}
}

const mark = "~twin~"

var markPattern = regexp.MustCompile(mark + `[A-Z0-9]+`)

// withoutMark hides the marks in answers.
func withoutMark(next http.Handler) http.Handler {
	return Rewrite(users(), func(r *Response) {
		if strings.Contains(string(r.Body), mark) {
			r.Body = markPattern.ReplaceAll(r.Body, nil)
		}
	})(next)
}
