package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay/reference/scim/schema"
)

// maxAnswer bounds what a wrapper reads of an identity provider's answer.
const maxAnswer = 1 << 20

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// RewriteAnswers changes the JSON objects that identity providers answer with. The request has been
// sent by then: its body is gone.
func RewriteAnswers(change func(req *http.Request, doc map[string]any)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			res, err := next.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			body, err := readAnswer(res)
			if err != nil {
				return nil, err
			}
			doc := decodeObject(body)
			if doc == nil {
				return res, nil
			}
			change(req, doc)
			if data, err := json.Marshal(doc); err == nil {
				setAnswer(res, data)
			}
			return res, nil
		})
	}
}

// readAnswer reads the body of an answer and leaves it readable.
func readAnswer(res *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	_ = res.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	setAnswer(res, body)
	return body, nil
}

func setAnswer(res *http.Response, body []byte) {
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Del("Content-Length")
}

// RewriteForm changes what is posted to the token endpoint.
func RewriteForm(change func(url.Values)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodPost {
				return next.RoundTrip(req)
			}
			body, err := readForm(req)
			if err != nil {
				return nil, err
			}
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return nil, fmt.Errorf("read form: %w", err)
			}
			change(form)
			return next.RoundTrip(withForm(req, form.Encode()))
		})
	}
}

func readForm(req *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(req.Body, maxAnswer))
	_ = req.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	return body, nil
}

func withForm(req *http.Request, form string) *http.Request {
	again := req.Clone(req.Context())
	again.Body = io.NopCloser(strings.NewReader(form))
	again.ContentLength = int64(len(form))
	return again
}

// answerOf is an answer of an identity provider that a faulty application kept, in full.
type answerOf struct {
	status int
	header http.Header
	body   []byte
}

func (a answerOf) response(req *http.Request) *http.Response {
	res := &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: maps.Clone(a.header), Request: req,
	}
	setAnswer(res, slices.Clone(a.body))
	return res
}

// decodeObject decodes a JSON object whose numbers keep their spelling; nil when it is none, or one that
// the reference would refuse: what a wrapper has decoded and encoded again would be accepted.
func decodeObject(data []byte) map[string]any {
	doc, err := schema.Decode(data)
	if err != nil {
		return nil
	}
	return doc
}

func bearerOf(req *http.Request) string {
	_, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return token
}

func textOf(doc map[string]any, name string) string {
	text, _ := doc[name].(string)
	return text
}
