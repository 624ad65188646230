package elimitydefects

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
)

// trap is a piece of Go that does not do what one expects.
type trap struct {
	title, expected, where, fronted string
	snippet                         string // the name of the function run
	run                             func() string
	prints                          string
	shown                           []string
	asked                           request // of the reference, with its answer; where shown is not enough
	ours                            want
}

func traps() []trap {
	limited := is(400, `scimType is "invalidFilter"`)
	return []trap{
		{
			title: "Nested parentheses end the process", snippet: "nested", run: inProcess, prints: "fatal error: stack overflow",
			expected: "400. The parser calls itself once a level, and a stack overflow cannot be recovered. Here the stack is limited to 16 MB, so that 10,000 levels do; with Go's limit of 1 GB it takes 100,000, which are a URL of 200 kB and pass net/http (measured; 60,000 are answered after 2 seconds).",
			where:    "filter-parser/internal/grammar/filter.go FilterParentheses", fronted: "`reference/scim/filter` (MaxLength, MaxDepth)", shown: []string{"reference/scim/filter TestLimits"},
			asked: find(nest(100_000)), ours: limited,
		},
		{
			title: "A filter may be of any length", snippet: "longFilter", run: longFilter, prints: "200, more than 100 MiB allocated for 64 kB",
			expected: "A limit. Time grows faster than length: 10,000 terms take 1.7 seconds, 100,000 take 55 (measured).",
			where:    "server.go getFilterValidator", fronted: "`reference/scim/filter` (MaxLength); its time and memory are linear", shown: []string{"reference/scim/filter TestLimits"},
			asked: find(chain(4000)), ours: limited,
		},
		{
			title: "A pointer to a ScimError becomes 500", snippet: "pointerError", run: pointerError, prints: "500 404 - Resource 7 not found.",
			expected: "404. The variables of package errors are values, but the library itself passes pointers, `errors.ScimError` implements error with both, and the compiler cannot tell.",
			where:    "errors/error.go CheckScimError", fronted: "`reference/scim` (handle) tells the library only that something failed; `through` returns the error itself", shown: []string{"scim.users.unknown-id-404"},
		},
		{
			title: "Statuses become 500", snippet: "statuses", run: statuses,
			prints: "304: 500, 405: 500, 406: 500, 409: 500, 410: 500, 412: 500, 413: 500, 415: 500, 428: 500, 429: 500, 503: 500",
			expected: "The statuses that the handler chose. 409 and 412 survive PUT, PATCH and DELETE, 409 and 413 POST; the others nothing. " +
				"A client that is throttled or retries on 503 sees an internal error.",
			where: "errors/error.go checkApplicability", fronted: "`reference/scim` (through, refuse)", shown: []string{"reference/scim TestThrottling", "reference/scim TestCancelledRequest"},
		},
		{
			title: "The text of any error goes to the client", snippet: "leak", run: leak, prints: `dial tcp 10.0.0.7:5432: password "hunter2" refused`,
			expected: "500 without the text, which is for the log.", where: "errors/error.go CheckScimError", fronted: "`reference/scim` (refuse)", shown: []string{"reference/scim TestInternalsStayInside"},
		},
		{
			title: "SetAllowStringValues is for the whole process, and for more than booleans", snippet: "stringValues", run: stringValues, prints: `"T" is true, "1" is true, "maybe" is refused`,
			expected: "A setting of a server, or of a request; and \"True\" and \"False\" only. The variable is written and read without synchronisation.",
			where:    "schema/core.go SetAllowStringValues", fronted: "it is never called: `reference/scim/leniency` rewrites text booleans, per tenant", shown: []string{"reference/scim TestStrictness", "reference/scim/leniency TestResource"},
		},
		{
			title: "A request without a body panics", snippet: "nilBody", run: nilBody, prints: "runtime error: invalid memory address or nil pointer dereference",
			expected: "400. It comes from calls within a process only; use http.NoBody.", where: "utils.go readBody", fronted: "`reference/scim` (through) always sets a body", shown: []string{"scim.errors.empty-body-refused"},
		},
		{
			title: "An endpoint is not checked until it is too late", snippet: "endpoints", run: endpoints, prints: `"Users": sers/1, "": runtime error: slice bounds out of range [1:0]`,
			expected: "NewServer returns an error.", where: "server.go NewServer, server.go resourceLocation", fronted: "`reference/scim` (newLibrary) has constant endpoints",
		},
		{
			title: "A body that is too large for MaxBytesReader is a syntax error, or an internal one", snippet: "limitedBody", run: limitedBody, prints: "POST 400, search 500",
			expected: "413: the error of reading the body says what happened, and is passed over.", where: "handlers.go resourcePostHandler, handlers.go parseSearchRequest", fronted: "`reference/scim` (readLimited) reads the body before", shown: []string{"reference/scim TestBodyLimit"},
		},
		{
			title: "A filter on a value that is null panics", snippet: "nullValue", run: nullValue, prints: "given value is not a string: <nil>",
			expected: "Nothing is found: null is unassigned (RFC 7643 section 2.5). A handler has nulls when it takes over what a PATCH hands to it.", where: "filter/op_string.go cmpStr", fronted: "`reference/scim/filter` takes a value that is not of the type for none",
			shown: []string{"reference/scim/filter TestMatchAnyGoType"},
		},
		{
			title: "A PATCH that is answered with 204 has no ETag", snippet: "noContent", run: noContent, prints: `204 ETag ""`,
			expected: "\"the appropriate response headers for a successful PATCH request\" (RFC 7644 section 3.5.2).", where: "handlers.go resourcePatchHandler", fronted: "`reference/scim` (patch) answers with the resource", shown: []string{"reference/scim TestETags"},
		},
		{
			title: "The keys of a value without path are handed over as they were sent", snippet: "keysAsSent", run: keysAsSent,
			prints:   `[{"op":"add","path":"","value":{"DISPLAYNAME":"B","name.givenName":"G"}}]`,
			expected: "Operations with paths; every handler must parse the keys and fold their case. A patch of `[]` likewise arrives as a nil slice.", where: "internal/patch/patch.go validateEmptyPath", fronted: "`reference/scim/patch` (applyObject)", shown: []string{"scim.patch.value-names-any-case"},
		},
		{
			title: "Times lose their fraction and keep their zone", snippet: "times", run: times, prints: "2024-01-01T12:00:00+02:00",
			expected: "A filter on meta.lastModified sees more than the client was shown: the moment was 12:00:00.9.", where: "resource_handler.go response", fronted: "`reference/scim` (showTime): microseconds, UTC", shown: []string{"scim.filter.time"},
		},
	}
}

func nest(levels int) string {
	return strings.Repeat("(", levels) + `title eq "x"` + strings.Repeat(")", levels)
}

func chain(terms int) string { return strings.Repeat(`title eq "x" or `, terms-1) + `title eq "x"` }

func nested() {
	debug.SetMaxStack(16 << 20)
	do(bare(), find(nest(10_000)), "", nil)
}

// child is set in the environment of the process that nested is to end.
const child = "ELIMITY_NESTED"

// TestNestedChild is the body of that process.
func TestNestedChild(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("TestLibrary runs it in a process of its own")
	}
	nested()
}

// inProcess runs nested in a process of its own and gives its last words.
func inProcess() string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestNestedChild$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if err != nil && strings.HasPrefix(line, "fatal error") {
			return strings.TrimSpace(line)
		}
	}
	return fmt.Sprintf("%.300s %v", out, err)
}

func longFilter() string {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := do(bare(), find(chain(4000)), "", nil)
	runtime.ReadMemStats(&after)
	if after.TotalAlloc-before.TotalAlloc < 100<<20 {
		return "less than 100 MiB allocated"
	}
	return fmt.Sprint(a.status, ", more than 100 MiB allocated for 64 kB")
}

// failing is a handler that fails to find a resource.
type failing struct {
	memory
	err error
}

func (f failing) Get(*http.Request, string) (scim.Resource, error) { return scim.Resource{}, f.err }

func serving(h scim.ResourceHandler, endpoint string) http.Handler {
	return servingSchema(schema.CoreUserSchema(), h, endpoint)
}

func servingSchema(s schema.Schema, h scim.ResourceHandler, endpoint string) http.Handler {
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{},
		ResourceTypes:         []scim.ResourceType{{Name: "User", Endpoint: endpoint, Schema: s, Handler: h}},
	})
	if err != nil {
		panic(err)
	}
	return server
}

func pointerError() string {
	notFound := scimerrors.ScimErrorResourceNotFound("7")
	err := error(&notFound) // a value, ScimErrorResourceNotFound("7"), would do
	a := do(serving(failing{err: err}, "/Users"), get("/Users/7"), "", nil)
	detail, _ := lookUp(a.doc, "detail")
	return fmt.Sprint(a.status, " ", detail)
}

func statuses() string {
	var out []string
	for _, status := range []int{304, 405, 406, 409, 410, 412, 413, 415, 428, 429, 503} {
		err := scimerrors.ScimError{Status: status}
		a := do(serving(failing{err: err}, "/Users"), get("/Users/7"), "", nil)
		out = append(out, fmt.Sprint(status, ": ", a.status))
	}
	return strings.Join(out, ", ")
}

func leak() string {
	err := errors.New(`dial tcp 10.0.0.7:5432: password "hunter2" refused`)
	a := do(serving(failing{err: err}, "/Users"), get("/Users/7"), "", nil)
	detail, _ := lookUp(a.doc, "detail")
	return fmt.Sprint(detail)
}

func stringValues() string {
	schema.SetAllowStringValues(true)
	defer schema.SetAllowStringValues(false)
	var out []string
	for _, text := range []string{"T", "1", "maybe"} {
		a := do(serving(memory{}, "/Users"), makeUser(`"active":"`+text+`"`), "", nil)
		active, there := lookUp(a.doc, "active")
		if !there {
			active = "refused"
		}
		out = append(out, fmt.Sprintf("%q is %v", text, active))
	}
	return strings.Join(out, ", ")
}

func nilBody() string {
	r := httptest.NewRequest("POST", "/Users", nil)
	r.Body = nil
	return panicOf(func() { serving(memory{}, "/Users").ServeHTTP(httptest.NewRecorder(), r) })
}

func endpoints() string {
	var out []string
	for _, endpoint := range []string{"Users", ""} {
		server := serving(memory{}, endpoint)
		r := httptest.NewRequest("POST", "/", strings.NewReader(makeUser("").body))
		r.URL.Path = endpoint
		w := httptest.NewRecorder()
		failed := panicOf(func() { server.ServeHTTP(w, r) })
		out = append(out, fmt.Sprintf("%q: %s%s", endpoint, w.Header().Get("Location"), failed))
	}
	return strings.Join(out, ", ")
}

func limitedBody() string {
	limit := func(r request) int {
		hr := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
		w := httptest.NewRecorder()
		hr.Body = http.MaxBytesReader(w, hr.Body, 10)
		serving(memory{}, "/Users").ServeHTTP(w, hr)
		return w.Code
	}
	search := request{method: "POST", path: "/Users/.search", body: `{"schemas":["` + searchURN + `"]}`}
	return fmt.Sprintf("POST %d, search %d", limit(makeUser("")), limit(search))
}

func nullValue() string {
	users := memory{"1": {"userName": "ada", "title": nil}}
	return do(serving(users, "/Users"), find(`title eq "T"`), "", nil).panic
}

// unchanged is a handler whose PATCH has changed nothing, which it says by giving no attributes.
type unchanged struct{ memory }

func (unchanged) Patch(*http.Request, string, []scim.PatchOperation) (scim.Resource, error) {
	return scim.Resource{ID: "1", Meta: scim.Meta{Version: `W/"1"`}}, nil
}

func noContent() string {
	a := do(serving(unchanged{}, "/Users"), patchUser(`{"op":"add","path":"title","value":"T"}`), "1", nil)
	return fmt.Sprintf("%d ETag %q", a.status, a.header.Get("Etag"))
}

func keysAsSent() string {
	a := do(serving(memory{}, "/Users"), patchUser(`{"op":"add","value":{"name.givenName":"G","DISPLAYNAME":"B"}}`), "1", nil)
	handed, _ := lookUp(a.doc, "handed")
	text, _ := json.Marshal(handed)
	return string(text)
}

// dated is a handler whose resource was made at a moment.
type dated struct {
	memory
	created time.Time
}

func (d dated) Get(*http.Request, string) (scim.Resource, error) {
	return scim.Resource{ID: "1", Meta: scim.Meta{Created: &d.created}}, nil
}

func times() string {
	created := time.Date(2024, 1, 1, 12, 0, 0, 9e8, time.FixedZone("", 2*60*60))
	a := do(serving(dated{created: created}, "/Users"), get("/Users/1"), "", nil)
	shown, _ := lookUp(a.doc, "meta/created")
	return fmt.Sprint(shown)
}

// panicOf gives the text of the panic, "" when there is none.
func panicOf(run func()) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			text = fmt.Sprint(cause)
		}
	}()
	run()
	return ""
}
