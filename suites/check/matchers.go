package check

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/wire"
)

// Schema URNs of the messages of RFC 7644.
const (
	ErrorURN = "urn:ietf:params:scim:api:messages:2.0:Error"
	ListURN  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	PatchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	UserURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// matcher is a Gomega matcher made of a function that returns nil when the value is as wanted.
type matcher struct {
	find    func(actual any) *Finding
	rejects bool
}

var _ explained = (*matcher)(nil)

func (m *matcher) Match(actual any) (bool, error) { return m.find(actual) == nil, nil }
func (m *matcher) Rejects() bool                  { return m.rejects }
func (m *matcher) FailureMessage(actual any) string {
	return m.Finding(actual).String()
}
func (m *matcher) NegatedFailureMessage(actual any) string {
	return "unwanted: " + Show(actual)
}

// Finding implements explained.
func (m *matcher) Finding(actual any) Finding {
	if f := m.find(actual); f != nil {
		return *f
	}
	return Finding{}
}

// response makes a matcher on a *wire.Response. No answer at all never matches.
func response(find func(*wire.Response) *Finding) *matcher {
	return &matcher{find: func(actual any) *Finding {
		res, ok := actual.(*wire.Response)
		if !ok {
			return &Finding{Wanted: []string{"an HTTP answer"}, Got: fmt.Sprintf("%T", actual)}
		}
		if res.Err != nil {
			return &Finding{Wanted: []string{"a complete HTTP answer"}, Got: res.Summary()}
		}
		return find(res)
	}}
}

// BeOK matches an answer with a 2xx status.
func BeOK() types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if r.OK() {
			return nil
		}
		return &Finding{Where: "status", Wanted: []string{"a success (2xx)"}, Got: r.Summary()}
	})
}

// HaveStatus matches an answer with one of the statuses. Statuses of 400 and more make it a rejection.
func HaveStatus(statuses ...int) types.GomegaMatcher {
	m := response(func(r *wire.Response) *Finding {
		if slices.Contains(statuses, r.Status) {
			return nil
		}
		return &Finding{Where: "status", Wanted: statusNames(statuses), Got: r.Summary()}
	})
	m.rejects = slices.Min(statuses) >= 400
	return m
}

func statusNames(statuses []int) []string {
	names := make([]string, len(statuses))
	for i, status := range statuses {
		names[i] = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, http.StatusText(status)))
	}
	return names
}

// BeSCIMError matches a refusal with the status, the Error schema in the body (RFC 7644 section 3.12)
// and, when given, one of the scimTypes.
func BeSCIMError(status int, scimTypes ...string) types.GomegaMatcher {
	m := response(func(r *wire.Response) *Finding {
		wanted := statusNames([]int{status})
		if r.Status != status {
			return &Finding{Where: "status", Wanted: wanted, Got: r.Summary()}
		}
		if f := hasSchema(r, ErrorURN); f != nil {
			return f
		}
		if len(scimTypes) > 0 && !slices.Contains(scimTypes, r.String("/scimType")) {
			return &Finding{Where: "scimType of the error", Wanted: quoted(scimTypes), Got: absentOr(r, "/scimType")}
		}
		return nil
	})
	m.rejects = true
	return m
}

// BeRefused matches any client error (4xx), the least that a rejection can be.
func BeRefused() types.GomegaMatcher {
	m := response(func(r *wire.Response) *Finding {
		if r.Status >= 400 && r.Status < 500 {
			return nil
		}
		return &Finding{Where: "status", Wanted: []string{"a client error (4xx)"}, Got: r.Summary()}
	})
	m.rejects = true
	return m
}

// HaveSchema matches a body whose schemas contain the URN, compared without regard to case.
func HaveSchema(urn string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding { return hasSchema(r, urn) })
}

func hasSchema(r *wire.Response, urn string) *Finding {
	if _, err := r.JSON(); err != nil {
		return &Finding{Where: "body", Wanted: []string{"a JSON document"}, Got: err.Error()}
	}
	value, _ := r.At("/schemas")
	list, _ := value.([]any)
	for _, item := range list {
		if text, ok := item.(string); ok && strings.EqualFold(text, urn) {
			return nil
		}
	}
	return &Finding{Where: "schemas in the body", Wanted: []string{strconv.Quote(urn)}, Got: absentOr(r, "/schemas")}
}

// BeListResponse matches a successful answer with the ListResponse envelope of RFC 7644 section 3.4.2.
func BeListResponse() types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if r.Status != http.StatusOK {
			return &Finding{Where: "status", Wanted: statusNames([]int{200}), Got: r.Summary()}
		}
		if f := hasSchema(r, ListURN); f != nil {
			return f
		}
		if _, ok := Integer(r, "/totalResults"); !ok {
			return &Finding{Where: "totalResults", Wanted: []string{"an integer"}, Got: absentOr(r, "/totalResults")}
		}
		return nil
	})
}

// HaveJSON matches a body in which the JSON Pointer leads to the value. Numbers compare by value;
// want may also be a Gomega matcher on the decoded value.
func HaveJSON(pointer string, want any) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if _, err := r.JSON(); err != nil {
			return &Finding{Where: "body", Wanted: []string{"a JSON document"}, Got: err.Error()}
		}
		value, ok := r.At(pointer)
		if m, isMatcher := want.(types.GomegaMatcher); isMatcher {
			finding, matched := judge(value, m)
			if matched {
				return nil
			}
			finding.Where = strings.TrimSuffix(pointer+", "+finding.Where, ", ")
			return &finding
		}
		if ok && Same(value, want) {
			return nil
		}
		return &Finding{Where: pointer, Wanted: []string{Show(want)}, Got: absentOr(r, pointer)}
	})
}

// LackJSON matches a JSON object in which the JSON Pointer leads to nothing, to null, or to an empty
// array: the three ways to say "unassigned" (RFC 7643 section 2.5).
func LackJSON(pointer string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if r.Object() == nil {
			return &Finding{Where: "body", Wanted: []string{"a JSON object"}, Got: r.Summary()}
		}
		value, ok := r.At(pointer)
		if list, isList := value.([]any); !ok || value == nil || isList && len(list) == 0 {
			return nil
		}
		got := Show(value)
		if strings.HasSuffix(strings.ToLower(pointer), "/password") {
			got = "a value, which is left out here" // it may be somebody's
		}
		return &Finding{Where: pointer, Wanted: []string{"nothing"}, Got: got}
	})
}

// HaveHeader matches an answer with the header, whatever its value when want is "".
func HaveHeader(name, want string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		got := r.Header.Get(name)
		if got != "" && (want == "" || got == want) {
			return nil
		}
		wanted, shown := want, strconv.Quote(got)
		if want == "" {
			wanted = "a value"
		}
		if got == "" {
			shown = "no such header"
		}
		return &Finding{Where: "header " + name, Wanted: []string{wanted}, Got: shown}
	})
}

// HaveMediaType matches an answer whose Content-Type, parameters aside, is one of the media types.
func HaveMediaType(mediaTypes ...string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if slices.Contains(mediaTypes, r.MediaType()) {
			return nil
		}
		return &Finding{Where: "header Content-Type", Wanted: mediaTypes, Got: strconv.Quote(r.Header.Get("Content-Type"))}
	})
}

// Be matches a decoded JSON value that is the same as want.
func Be(want any) types.GomegaMatcher {
	return &matcher{find: func(actual any) *Finding {
		if Same(actual, want) {
			return nil
		}
		return &Finding{Wanted: []string{Show(want)}, Got: Show(actual)}
	}}
}

// BeNonEmptyString matches a string with at least one character.
func BeNonEmptyString() types.GomegaMatcher {
	return Satisfy("a non-empty string", func(actual any) bool {
		text, ok := actual.(string)
		return ok && text != ""
	})
}

// Satisfy matches a value for which ok is true; wanted says in words what that means.
func Satisfy(wanted string, ok func(actual any) bool) types.GomegaMatcher {
	return &matcher{find: func(actual any) *Finding {
		if ok(actual) {
			return nil
		}
		return &Finding{Wanted: []string{wanted}, Got: Show(actual)}
	}}
}

// Judge matches a value that judge has nothing to say about; otherwise judge says what it is instead
// of wanted.
func Judge(wanted string, judge func(actual any) (got string)) types.GomegaMatcher {
	return &matcher{find: func(actual any) *Finding {
		if got := judge(actual); got != "" {
			return &Finding{Wanted: []string{wanted}, Got: got}
		}
		return nil
	}}
}

// AnswerSatisfies matches an answer for which ok is true.
func AnswerSatisfies(where, wanted string, ok func(*wire.Response) bool) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if ok(r) {
			return nil
		}
		return &Finding{Where: where, Wanted: []string{wanted}, Got: r.Summary()}
	})
}

// Same reports whether two JSON values are equal, whatever Go types stand for them.
func Same(a, b any) bool {
	return canonical(a) == canonical(b)
}

// canonical prints a JSON value in full with sorted members, for comparison.
func canonical(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}

// Integer returns the integer at a JSON Pointer in an answer; ok is false when there is none.
func Integer(r *wire.Response, pointer string) (n int, ok bool) {
	value, _ := r.At(pointer)
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number.String())
	return n, err == nil
}

func quoted(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strconv.Quote(text)
	}
	return out
}

func absentOr(r *wire.Response, pointer string) string {
	value, ok := r.At(pointer)
	if !ok {
		return "nothing"
	}
	return Show(value)
}
