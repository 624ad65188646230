package scim

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"assay/reference/scim/scimerr"
)

// minCompressed is the size in bytes from which a response body is worth compressing: what is smaller
// fits into one packet anyhow.
const minCompressed = 1400

// compressor makes gzip bodies. Its writers are used again: each holds some hundred kilobytes.
type compressor struct{ writers sync.Pool }

func newCompressor() *compressor {
	return &compressor{sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // it fails for unknown levels only
		return w
	}}}
}

func (c *compressor) compress(body []byte) ([]byte, error) {
	w := c.writers.Get().(*gzip.Writer)
	defer c.writers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// encodeBody gives the body in the coding that the client takes, with its headers. Every response varies
// with Accept-Encoding, also one that is not compressed. The entity tag stays: it is weak, and a weak tag
// is the same for all codings of a representation (RFC 9110 section 8.8.1).
func (s *server) encodeBody(r *http.Request, h http.Header, body []byte) []byte {
	h.Set("Vary", "Accept-Encoding")
	if len(body) < minCompressed || !takesGzip(r.Header.Values("Accept-Encoding")) {
		return body
	}
	compressed, err := s.compressor.compress(body)
	if err != nil {
		s.log.Error("scim response not compressed", "error", err)
		return body
	}
	h.Set("Content-Encoding", "gzip")
	return compressed
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3). Without it nothing is compressed, although
// that would be allowed: some clients cannot.
func takesGzip(header []string) bool {
	wildcard := false
	for _, p := range preferences(header) {
		switch p.name {
		case "gzip", "x-gzip":
			return p.acceptable
		case "*":
			wildcard = p.acceptable
		}
	}
	return wildcard
}

// inflated gives the reader of a body without its content coding. A coding other than gzip is refused
// with 415 and the header that RFC 7694 section 3 asks for.
func inflated(r *http.Request, body io.Reader) (io.Reader, error) {
	switch coding := strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ","))); coding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(body)
		if err == nil || tooLong(err) {
			return unzipped, err
		}
		return nil, scimerr.InvalidSyntax("the body is not gzip, although Content-Encoding says so")
	}
	return nil, &withHeader{"Accept-Encoding", "gzip, identity",
		scimerr.New(http.StatusUnsupportedMediaType, "", "a body may have the Content-Encoding gzip or none")}
}

func tooLong(err error) bool {
	_, over := errors.AsType[*http.MaxBytesError](err)
	return over
}

// readLimited reads a body to its end. Neither the bytes that arrive nor those that they stand for may be
// more than the limit; beyond it the error is tooLarge. As much again is then read and thrown away: a client
// that is still sending when the connection is closed sees a reset, and not the refusal. One that waits to
// be told to send (RFC 9110 section 10.1.1) is not told to.
func readLimited(r *http.Request, limit int64, tooLarge error) ([]byte, error) {
	body, err := readUpTo(r, limit, tooLarge)
	if errors.Is(err, tooLarge) && r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, 2*limit) // the answer is the same, however much there is
	}
	return body, err
}

func readUpTo(r *http.Request, limit int64, tooLarge error) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	reader, err := inflated(r, http.MaxBytesReader(nil, r.Body, limit))
	if tooLong(err) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if tooLong(err) || int64(len(body)) > limit {
		return nil, tooLarge
	}
	if err != nil {
		return nil, scimerr.InvalidSyntax("the body could not be read to its end")
	}
	return body, nil
}
