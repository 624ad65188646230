// Package har writes provisioning steps as an HTTP Archive, which browsers' developer tools and HTTP debuggers
// open: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/. Members that begin with an underscore are ours,
// as the specification provides.
package har

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
)

// File is an archive.
type File struct {
	Log Log `json:"log"`
}

// Log is the root of an archive.
type Log struct {
	Version string  `json:"version"`
	Creator Creator `json:"creator"`
	Entries []Entry `json:"entries"`
}

// Creator is the program that wrote the archive.
type Creator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Entry is one exchange.
type Entry struct {
	Started  time.Time `json:"startedDateTime"`
	Time     float64   `json:"time"` // milliseconds
	Request  Request   `json:"request"`
	Response Response  `json:"response"`
	Cache    struct{}  `json:"cache"`
	Timings  Timings   `json:"timings"`

	App     string `json:"_app"`
	Task    string `json:"_task"`
	Subject string `json:"_subject"`
	Why     string `json:"_why"`
	Verdict string `json:"_verdict"`
	Failed  bool   `json:"_failed"`
}

// Request is what was sent. Sizes are -1, which means unknown: what is kept was redacted.
type Request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []Pair    `json:"cookies"`
	Headers     []Pair    `json:"headers"`
	QueryString []Pair    `json:"queryString"`
	PostData    *PostData `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

// Response is what came back; without an answer its status is 0 and its error says why.
type Response struct {
	Status      int     `json:"status"`
	StatusText  string  `json:"statusText"`
	HTTPVersion string  `json:"httpVersion"`
	Cookies     []Pair  `json:"cookies"`
	Headers     []Pair  `json:"headers"`
	Content     Content `json:"content"`
	RedirectURL string  `json:"redirectURL"`
	HeadersSize int     `json:"headersSize"`
	BodySize    int     `json:"bodySize"`
	Error       string  `json:"_error,omitempty"`
}

// Pair is a header or a query parameter.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PostData is the body of a request.
type PostData struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
}

// Content is the body of a response.
type Content struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
}

// Timings are in milliseconds. Only the whole time is known; the specification wants three numbers that add up to it.
type Timings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// From makes an archive of steps.
func From(steps []control.Step) File {
	log := Log{Version: "1.2", Creator: Creator{Name: "assay", Version: "1"}, Entries: make([]Entry, len(steps))}
	for i, s := range steps {
		x := s.Exchange
		log.Entries[i] = Entry{
			Started: x.Time, Time: x.DurationMS, Request: request(x), Response: response(x), Timings: Timings{Wait: x.DurationMS},
			App: s.App, Task: s.Task, Subject: s.Subject, Why: s.Why, Verdict: s.Verdict, Failed: s.Failed,
		}
	}
	return File{log}
}

func request(x control.Exchange) Request {
	r := Request{
		Method: x.Method, URL: x.URL, HTTPVersion: "HTTP/1.1", Cookies: []Pair{}, Headers: headers(x.RequestHeader),
		QueryString: query(x.URL), HeadersSize: -1, BodySize: -1,
	}
	if x.RequestBody != "" {
		r.PostData = &PostData{MimeType: http.Header(x.RequestHeader).Get("Content-Type"), Text: x.RequestBody}
	}
	return r
}

func response(x control.Exchange) Response {
	header := http.Header(x.ResponseHeader)
	return Response{
		Status: x.Status, StatusText: http.StatusText(x.Status), HTTPVersion: "HTTP/1.1", Cookies: []Pair{}, Headers: headers(x.ResponseHeader),
		Content:     Content{Size: len(x.ResponseBody), MimeType: header.Get("Content-Type"), Text: x.ResponseBody},
		RedirectURL: header.Get("Location"), HeadersSize: -1, BodySize: -1, Error: x.Error,
	}
}

func headers(header map[string][]string) []Pair {
	out := []Pair{}
	for name, values := range header {
		for _, value := range values {
			out = append(out, Pair{name, value})
		}
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// query lists the parameters of a URL as they stand in it.
func query(raw string) []Pair {
	out := []Pair{}
	_, text, _ := strings.Cut(raw, "?")
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, Pair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}
