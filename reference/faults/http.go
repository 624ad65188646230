package faults

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// maxBuffered bounds a request body that a wrapper reads; the rest stays unread in the request.
const maxBuffered = 16 << 20

// When says for which requests a wrapper is meant.
type When func(*http.Request) bool

// On selects requests by method and path. An empty method or "*" is any. The segments of the path are
// compared one by one; "*" stands for exactly one segment, as in "/Users/*".
func On(method, path string) When {
	want := strings.Split(path, "/")
	return func(r *http.Request) bool {
		if method != "" && method != "*" && method != r.Method {
			return false
		}
		got := strings.Split(r.URL.Path, "/")
		if len(got) != len(want) {
			return false
		}
		for i := range want {
			if want[i] != "*" && want[i] != got[i] {
				return false
			}
		}
		return true
	}
}

// Always selects every request.
func Always(*http.Request) bool { return true }

// Any selects what one of the conditions selects.
func Any(conditions ...When) When {
	return func(r *http.Request) bool {
		for _, condition := range conditions {
			if condition(r) {
				return true
			}
		}
		return false
	}
}

// Response is an answer that a wrapper may change before it is sent.
type Response struct {
	Request *http.Request
	Status  int
	Header  http.Header
	Body    []byte
}

// Document decodes the body as a JSON object whose numbers keep their spelling; nil when it is none.
func (r *Response) Document() map[string]any {
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil
	}
	return doc
}

// SetDocument replaces the body. A value that has no JSON form is a mistake in the fault and leaves
// the body as it was.
func (r *Response) SetDocument(doc any) {
	if data, err := json.Marshal(doc); err == nil {
		r.Body = data
	}
}

// Rewrite changes the answers to the selected requests.
func Rewrite(when When, change func(*Response)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !when(r) {
				next.ServeHTTP(w, r)
				return
			}
			caught := &catcher{header: make(http.Header)}
			next.ServeHTTP(caught, r)
			response := &Response{Request: r, Status: caught.code(), Header: caught.header, Body: caught.body.Bytes()}
			change(response)
			response.send(w)
		})
	}
}

// RewriteJSON changes the JSON object in the answers with one status to the selected requests. Status 0
// is any; an answer without a JSON object is left alone.
func RewriteJSON(when When, status int, change func(doc map[string]any)) func(http.Handler) http.Handler {
	return Rewrite(when, func(r *Response) {
		if status != 0 && r.Status != status {
			return
		}
		doc := r.Document()
		if doc == nil {
			return
		}
		change(doc)
		r.SetDocument(doc)
	})
}

// RewriteRequest changes the selected requests before they are served. change gets a copy of the
// request and its body, and returns the body to use.
func RewriteRequest(when When, change func(r *http.Request, body []byte) []byte) func(http.Handler) http.Handler {
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
			changed := r.Clone(r.Context())
			body = change(changed, body)
			changed.Body = io.NopCloser(bytes.NewReader(body))
			changed.ContentLength = int64(len(body))
			if changed.Header.Get("Content-Length") != "" {
				changed.Header.Set("Content-Length", strconv.Itoa(len(body)))
			}
			next.ServeHTTP(w, changed)
		})
	}
}

// Answer answers the selected requests itself.
func Answer(when When, status int, contentType, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !when(r) {
				next.ServeHTTP(w, r)
				return
			}
			answer := &Response{Request: r, Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
			answer.send(w)
		})
	}
}

func (r *Response) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.Header)
	if r.Header.Get("Content-Length") != "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(r.Status)
	if r.Request.Method != http.MethodHead && bodyAllowed(r.Status) {
		_, _ = w.Write(r.Body) // an error here means that the client has gone
	}
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// catcher keeps an answer in memory.
type catcher struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *catcher) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *catcher) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *catcher) Write(data []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(data)
}

func (c *catcher) code() int {
	if c.status == 0 {
		return http.StatusOK
	}
	return c.status
}
