package check

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/wire"
)

// BeResource matches the answer 200 with the representation of the resource that has this id.
func BeResource(id string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if r.Status != http.StatusOK {
			return &Finding{Where: "status", Wanted: statusNames([]int{200}), Got: r.Summary()}
		}
		if _, err := r.JSON(); err != nil {
			return &Finding{Where: "body", Wanted: []string{"a JSON document"}, Got: err.Error()}
		}
		if id == "" || r.String("/id") != id {
			return &Finding{Where: "/id", Wanted: []string{strconv.Quote(id)}, Got: absentOr(r, "/id")}
		}
		return nil
	})
}

// BeDeclined matches a client error (4xx) or 501 Not Implemented: the ways to refuse a request whose
// kind a service provider need not support (RFC 7644 section 3.12).
func BeDeclined() types.GomegaMatcher {
	m := response(func(r *wire.Response) *Finding {
		if r.Status >= 400 && r.Status < 500 || r.Status == http.StatusNotImplemented {
			return nil
		}
		return &Finding{Where: "status", Wanted: []string{"a client error (4xx)", "HTTP 501 Not Implemented"}, Got: r.Summary()}
	})
	m.rejects = true
	return m
}

// HaveElement matches a body in which the JSON Pointer leads to an array with an element that holds
// everything that want holds; see Contains.
func HaveElement(pointer string, want any) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if has(r, pointer, want) {
			return nil
		}
		return &Finding{Where: pointer, Wanted: []string{"an element with " + Show(want)}, Got: absentOr(r, pointer)}
	})
}

// LackElement matches a JSON object in which the JSON Pointer leads to no array with such an element.
// Pair it with a step that saw the element, and with Reread.
func LackElement(pointer string, unwanted any) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if r.Object() == nil {
			return &Finding{Where: "body", Wanted: []string{"a JSON object"}, Got: r.Summary()}
		}
		if !has(r, pointer, unwanted) {
			return nil
		}
		return &Finding{Where: pointer, Wanted: []string{"no element with " + Show(unwanted)}, Got: absentOr(r, pointer)}
	})
}

func has(r *wire.Response, pointer string, want any) bool {
	value, _ := r.At(pointer)
	list, _ := value.([]any)
	return slices.ContainsFunc(list, func(element any) bool { return Contains(element, want) })
}

// Elements returns the array at a JSON Pointer in an answer, empty when there is none.
func Elements(r *wire.Response, pointer string) []any {
	value, _ := r.At(pointer)
	list, _ := value.([]any)
	return list
}

// BeFolded matches a string that equals want without regard to case.
func BeFolded(want string) types.GomegaMatcher {
	return Satisfy(strconv.Quote(want)+" in any case", func(actual any) bool {
		text, ok := actual.(string)
		return ok && strings.EqualFold(text, want)
	})
}
