package push

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// maxBody is how much of an answer is read, before and after decompression.
const maxBody = 8 << 20

// expectedBody is how much room is made for an answer before it is read.
const expectedBody = 64 << 10

// answer is what came back: a status with a body, or the reason why there is none.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
	redact redactor // for quoting it
}

// idleConns is how many idle connections to a target are kept: enough for any sensible concurrency.
const idleConns = 64

// newTransport speaks HTTP/1.1 only and adds nothing to what the persona sends.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		Protocols:              protocols,
		DisableCompression:     true, // the persona's own Accept-Encoding goes out, and is decoded here
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// connection is what all requests of a run have in common. Its headers are shared by them and by the log: nobody
// writes to them.
type connection struct {
	base         string // without a slash at the end
	get, write   http.Header
	getLog, wlog map[string][]string
}

func newConnection(c control.SCIM, knobs *persona.SCIM, redact redactor) connection {
	header := http.Header{}
	for _, h := range knobs.Headers.Value {
		header.Set(h.Name, h.Value)
	}
	if c.Token != "" {
		header.Set("Authorization", "Bearer "+c.Token)
	}
	withBody := header.Clone()
	withBody.Set("Content-Type", knobs.ContentType.Value)
	return connection{base: strings.TrimRight(c.URL, "/"), get: header, write: withBody, getLog: redact.header(header), wlog: redact.header(withBody)}
}

// header is what a request is sent with, and what the log says of it.
func (c connection) header(body []byte) (sent http.Header, logged map[string][]string) {
	if body == nil {
		return c.get, c.getLog
	}
	return c.write, c.wlog
}

// exchange sends one request and reads the answer within the timeout. A redirect is an answer, not
// followed: the token must not travel on.
func (r *run) exchange(ctx context.Context, c call) (answer, control.Exchange) {
	target := r.url(c)
	record := control.Exchange{Time: r.engine.Now(), Method: c.method, URL: r.redact.text(target), RequestBody: r.redact.body(c.body)}
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	req, err := r.request(ctx, c, target)
	if err != nil {
		record.Error = r.redact.text(err.Error())
		return answer{err: errors.New(record.Error)}, record
	}
	req.Header, record.RequestHeader = r.conn.header(c.body)
	clock := time.Now()
	a := r.send(req)
	a.redact = r.redact
	record.DurationMS = float64(time.Since(clock).Microseconds()) / 1000
	record.Status = a.status
	record.ResponseHeader = r.redact.header(a.header)
	record.ResponseBody = r.redact.body(a.body)
	if a.err != nil {
		a.err = r.explain(a.err)
		record.Error = a.err.Error()
	}
	return a, record
}

func (r *run) url(c call) string {
	target := r.conn.base + c.path
	query := c.query
	if extra := r.knobs.ExtraQuery.Value; extra != "" {
		query = strings.TrimRight(extra+"&"+query, "&")
	}
	if query != "" {
		return target + "?" + query
	}
	if c.method == http.MethodPut || c.method == http.MethodPatch {
		target += r.knobs.WriteSuffix.Value
	}
	return target
}

func (r *run) request(ctx context.Context, c call, target string) (*http.Request, error) {
	var body io.Reader
	if c.body != nil {
		body = bytes.NewReader(c.body)
	}
	return http.NewRequestWithContext(ctx, c.method, target, body)
}

func (r *run) send(req *http.Request) answer {
	res, err := r.engine.transport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	body, err := readBody(res)
	return answer{status: res.StatusCode, header: res.Header, body: body, err: err}
}

// explain makes a transport error a sentence without the URL and without secrets.
func (r *run) explain(err error) error {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		return fmt.Errorf("%w within %s", errTimeout, r.timeout())
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("the push was interrupted")
	}
	return errors.New(r.redact.text(err.Error()))
}

var (
	errTimeout  = errors.New("no complete answer")
	errTooLong  = fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)
	errEncoding = errors.New("the answer has a Content-Encoding that was not asked for")
)

// readBody reads and decodes a body. It bounds both sides of the decompression.
func readBody(res *http.Response) ([]byte, error) {
	raw, err := readAtMost(res.Body, res.ContentLength)
	if err != nil || len(raw) == 0 {
		return raw, err
	}
	switch strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("body is not gzip although its header says so: %w", err)
		}
		return readAtMost(zr, -1)
	case "deflate": // RFC 9110 section 8.4.1.2: the zlib format
		zr, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("body is not deflate although its header says so: %w", err)
		}
		return readAtMost(zr, -1)
	default:
		return raw, errEncoding
	}
}

// readAtMost reads a body whose length is told; -1 is unknown. A long one is believed only as it comes.
func readAtMost(r io.Reader, length int64) ([]byte, error) {
	var b bytes.Buffer
	if length = min(length, expectedBody); length > 0 {
		b.Grow(int(length) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(r, maxBody+1)); err != nil {
		return b.Bytes(), fmt.Errorf("read the answer: %w", err)
	}
	if b.Len() > maxBody {
		return b.Bytes()[:maxBody], errTooLong
	}
	return b.Bytes(), nil
}

// lookupQuery writes a look-up as the persona does: in the filter everything but unreserved characters is
// escaped.
func (r *run) lookupQuery(template, attribute, value string) string {
	return r.filterQuery(template, r.comparison(attribute, value))
}

func (r *run) comparison(attribute, value string) string {
	return attribute + " " + r.knobs.FilterOperator.Value + " " + quote(value)
}

func (r *run) filterQuery(template, expression string) string {
	escaped := strings.ReplaceAll(url.QueryEscape(expression), "+", r.knobs.FilterSpace.Value)
	return strings.ReplaceAll(template, "{filter}", escaped)
}

// resourcePath is the path of one resource. The id is the target's word and is escaped.
func resourcePath(endpoint, id string) string { return endpoint + "/" + url.PathEscape(id) }
