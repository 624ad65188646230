// Package wire is the raw HTTP client of the suites. It sends exactly the bytes that a check gives it,
// follows no redirect, decodes nothing on its own, bounds time and size, and records every exchange
// with its secrets redacted before anything is kept.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"assay/reports"
)

// Limits of a client. A target that exceeds them gets a failed exchange, never a hanging run.
const (
	MaxBody        = 8 << 20          // bytes read of one answer
	DefaultTimeout = 10 * time.Second // for one exchange
	maxGone        = 4                // answers in a row that did not come, or were too large, after which the target counts as gone
)

// ErrGone is returned without trying once the target has failed to give a usable answer several times in a
// row: waiting for each of some hundred checks would take for ever and tell nothing new.
var ErrGone = errors.New("not tried: the target gave no usable answer several times in a row")

// Client sends requests to one base URL. It is safe for concurrent use.
type Client struct {
	base     string
	header   http.Header
	redact   *Redactor
	http     *http.Client
	failures atomic.Int32
}

// New returns a client for the base URL, which sends the given header with every request (credentials,
// usually) and records exchanges through redact. A timeout of zero means DefaultTimeout.
func New(base string, header http.Header, redact *Redactor, timeout time.Duration) *Client {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = 16
	return &Client{
		base:   strings.TrimRight(base, "/"),
		header: header.Clone(),
		redact: redact,
		http: &http.Client{
			Transport: transport,
			Timeout:   timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
}

// WithJar returns a client that shares everything with c but keeps cookies in jar.
func (c *Client) WithJar(jar http.CookieJar) *Client {
	copied := *c.http
	copied.Jar = jar
	return &Client{base: c.base, header: c.header, redact: c.redact, http: &copied}
}

// Base is the URL that relative paths are appended to.
func (c *Client) Base() string { return c.base }

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Option changes one request.
type Option func(*http.Request)

// Header sets a header of the request; an empty value removes it.
func Header(name, value string) Option {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
			return
		}
		r.Header.Set(name, value)
	}
}

// NoAuth sends the request without credentials.
func NoAuth() Option { return Header("Authorization", "") }

// Query adds a query parameter, percent-encoded with %20 for a space.
func Query(name, value string) Option {
	return func(r *http.Request) {
		pair := url.QueryEscape(name) + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		if r.URL.RawQuery != "" {
			pair = r.URL.RawQuery + "&" + pair
		}
		r.URL.RawQuery = pair
	}
}

// Body encodes what a check hands over as a body: bytes and strings as they are, nil as no body, and
// anything else as JSON.
func Body(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	case string:
		return []byte(b), nil
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request body: %w", err)
		}
		return data, nil
	}
}

// Do sends one request and reads the whole answer. It always returns a Response; what went wrong on
// the way is in its Err. path is relative to the base URL, or absolute.
func (c *Client) Do(ctx context.Context, method, path string, body any, options ...Option) *Response {
	data, err := Body(body)
	if err != nil {
		return &Response{Err: err}
	}
	req, err := c.request(ctx, method, path, data, options)
	if err != nil {
		return &Response{Err: err}
	}
	started := time.Now()
	res := c.roundTrip(req)
	res.exchange(c.redact, req, data, time.Since(started))
	return res
}

func (c *Client) request(ctx context.Context, method, path string, data []byte, options []Option) (*http.Request, error) {
	target := path
	if !strings.Contains(path, "://") {
		target = c.base + path
	}
	var body io.Reader = http.NoBody
	if data != nil {
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("build request %s %s: %w", method, path, err)
	}
	req.Header = c.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "assay")
	}
	for _, option := range options {
		option(req)
	}
	return req, nil
}

func (c *Client) roundTrip(req *http.Request) *Response {
	if c.failures.Load() >= maxGone {
		return &Response{Err: ErrGone}
	}
	res, err := c.send(req)
	if err != nil {
		if !errors.Is(req.Context().Err(), context.Canceled) {
			c.failures.Add(1)
		}
		return &Response{Err: plainError(err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	response := &Response{Status: res.StatusCode, Header: res.Header, Body: body}
	switch {
	case err != nil:
		c.failures.Add(1)
		response.Err = fmt.Errorf("the answer broke off: %w", plainError(err))
	case len(body) > MaxBody:
		c.failures.Add(1)
		response.Body = body[:MaxBody]
		response.Err = fmt.Errorf("the answer is larger than %d MiB", MaxBody>>20)
	default:
		c.failures.Store(0)
	}
	return response
}

// send makes one round trip. A kept-alive connection may be closed by the target just as a request is
// written to it (RFC 9112 section 9.3.1): such a request was not answered, and is sent once more on a new
// connection. net/http does that by itself only for idempotent methods.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	var reused bool
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
	res, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil || !reused || !closedEarly(err) {
		return res, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, bodyErr := req.GetBody()
		if bodyErr != nil {
			return nil, err
		}
		again.Body = body
	}
	c.http.CloseIdleConnections()
	return c.http.Do(again)
}

func closedEarly(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// plainError drops the method and URL that net/http puts in front, which the exchange shows already
// and which may hold a secret.
func plainError(err error) error {
	var wrapped *url.Error
	if !errors.As(err, &wrapped) {
		return err
	}
	if wrapped.Timeout() {
		return errors.New("no answer in time")
	}
	return wrapped.Err
}

// exchange fills in the record of what was sent and what came.
func (r *Response) exchange(redact *Redactor, req *http.Request, body []byte, took time.Duration) {
	r.Exchange = reports.Exchange{
		Request: reports.Request{
			Method: req.Method,
			URL:    redact.URL(req.URL.String()),
			Header: redact.Header(req.Header),
			Body:   redact.Body(body),
		},
		Response: reports.Response{
			Status:    r.Status,
			Header:    redact.Header(r.Header),
			Body:      redact.Body(r.Body),
			Truncated: len(r.Body) > keepBody,
		},
		DurationMS: float64(took.Microseconds()) / 1000,
	}
	if r.Err != nil {
		r.Exchange.Error = redact.Text(r.Err.Error())
	}
	r.Exchange.Curl = curl(r.Exchange.Request)
}
