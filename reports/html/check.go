package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/reports"
)

// bodyLimit is how many bytes of one body the page shows; report.json has what was kept of it.
const bodyLimit = 32 << 10

// check is one check as the page shows it.
type check struct {
	ID, Title   string
	Outcome     sign
	Level       sign
	Profiles    string
	Known       bool
	KnownReason string
	Reason      string
	Where       string
	Wanted      []string
	Got         string
	Needs       string
	Refs        []ref
	Hurts       []string
	Repeat      string
	Curl        string
	CurlOf      string // the decisive exchange in a few words
	Exchanges   []exchange

	rank int
}

// Broke reports whether the check was tried and went wrong.
func (c check) Broke() bool { return c.Outcome.Class == "fail" || c.Outcome.Class == "warn" }

// Asked reports whether there is anything to say about what was wanted and what came.
func (c check) Asked() bool { return len(c.Wanted) > 0 || c.Got != "" || c.Where != "" }

type ref struct{ Source, Quote, Link string }

type exchange struct {
	Label           string
	Method, Path    string
	URL             string
	Status          string
	Class           string // of the status: fail or none
	Took            string
	Error           string
	Request         message
	Response        message
	Decisive        bool
	NothingReturned bool
}

// message is the headers and body of a request or response.
type message struct {
	Headers []fact
	Body    string
	Note    string // why the body is not whole
}

func newCheck(c *reports.Check) check {
	v := check{
		ID: c.ID, Title: c.Title, Outcome: outcomeSign(c.Outcome), Level: levelSign(c.Level),
		Profiles: strings.Join(c.Profiles, ", "), Known: c.Known, KnownReason: c.KnownReason,
		Reason: c.Reason, Where: c.Where, Wanted: c.Wanted, Got: c.Got,
		Needs: strings.Join(c.Needs, ", "), Repeat: c.Repeat,
		rank: slices.Index([]reports.Level{reports.Must, reports.Should, reports.May}, c.Level),
	}
	if v.Title == "" {
		v.Title = c.ID
	}
	for _, x := range c.Refs {
		v.Refs = append(v.Refs, newRef(x))
	}
	for _, name := range c.Hurts {
		v.Hurts = append(v.Hurts, productName(name))
	}
	if c.Outcome == reports.Pass && !c.Known {
		return v // the page lists passes by title only; their exchanges would be most of its weight
	}
	decisive := reports.Decisive(c.Exchanges)
	for i := range c.Exchanges {
		x := newExchange(&c.Exchanges[i])
		x.Decisive = &c.Exchanges[i] == decisive && len(c.Exchanges) > 1
		v.Exchanges = append(v.Exchanges, x)
		if &c.Exchanges[i] == decisive {
			v.Curl, v.CurlOf = c.Exchanges[i].Curl, x.Method+" "+x.Path
		}
	}
	return v
}

func newRef(r reports.Ref) ref {
	v := ref{Source: r.Doc, Quote: r.Quote, Link: webLink(r.URL)}
	if r.Section != "" {
		v.Source += ", section " + r.Section
	}
	return v
}

func newExchange(e *reports.Exchange) exchange {
	v := exchange{
		Label: e.Label, Method: e.Request.Method, Path: path(e.Request.URL), URL: e.Request.URL,
		Took: fmt.Sprintf("%.1f ms", e.DurationMS), Error: e.Error,
		Request:  newMessage(e.Request.Header, e.Request.Body, false),
		Response: newMessage(e.Response.Header, e.Response.Body, e.Response.Truncated),
	}
	v.Status, v.Class = statusLine(e.Response.Status)
	v.NothingReturned = e.Response.Status == 0
	return v
}

func statusLine(status int) (line, class string) {
	line = strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	switch {
	case status == 0:
		return "no response", "fail"
	case status >= 500:
		return line, "fail"
	default: // whether a 200 or a 400 is good depends on what was asked
		return line, "none"
	}
}

func newMessage(header map[string][]string, body string, truncated bool) message {
	var m message
	for name, values := range header {
		for _, value := range values {
			m.Headers = append(m.Headers, fact{name, value})
		}
	}
	slices.SortFunc(m.Headers, func(a, b fact) int { return strings.Compare(a.Label+"\x00"+a.Value, b.Label+"\x00"+b.Value) })
	m.Body = pretty(body)
	if truncated {
		m.Note = "The body was longer; the recorder kept only this much."
	}
	if len(m.Body) > bodyLimit {
		m.Body = strings.ToValidUTF8(m.Body[:bodyLimit], "")
		m.Note = fmt.Sprintf("Only the first %d KiB are shown here; report.json has more.", bodyLimit>>10)
	}
	return m
}

// pretty indents a JSON body, keeping its keys in order and its numbers as sent, and returns any other
// body as it is. A body that is no text is described instead.
func pretty(body string) string {
	if !utf8.ValidString(body) {
		return fmt.Sprintf("[%d bytes that are not text]", len(body))
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(body), "", "  "); err != nil {
		return body
	}
	return out.String()
}

// path is the part of a URL that tells exchanges apart.
func path(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	short := u.EscapedPath()
	if short == "" {
		short = "/"
	}
	if u.RawQuery != "" {
		short += "?" + u.RawQuery
	}
	return short
}

// webLink returns raw when it is an http or https address, and nothing otherwise.
func webLink(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return raw
}
