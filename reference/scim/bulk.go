package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"assay/reference/scim/bulk"
	"assay/reference/scim/scimerr"
)

const bulkPath = "/Bulk"

// bulkResponse is the message of RFC 7644 section 3.7.
type bulkResponse struct {
	Schemas    []string     `json:"schemas"`
	Operations []bulk.Entry `json:"Operations"`
}

// bulk answers POST /Bulk (RFC 7644 section 3.7). Every operation goes through the handler as a
// request of its own, so that everything which holds for a single request holds for it, with the token of
// the bulk request. Each is atomic, the bulk request is not.
func (s *server) bulk(x *exchange) (answer, error) {
	request, err := bulk.Decode(x.body, s.maxOperations)
	if err != nil {
		return answer{}, err
	}
	count := 0
	entries := bulk.Run(x.request.Context(), request, s.base, func(ctx context.Context, o bulk.Operation) bulk.Result {
		count++
		return s.perform(ctx, x, fmt.Sprint(x.id, "/", count), o)
	})
	body, err := encode(bulkResponse{[]string{bulk.ResponseURN}, entries})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// perform sends one operation through the handler.
func (s *server) perform(ctx context.Context, outer *exchange, id string, o bulk.Operation) bulk.Result {
	r, err := operationRequest(o)
	if err != nil {
		a := s.refuse(outer, err)
		return bulk.Result{Status: a.status, Body: a.body}
	}
	x := &exchange{id: id, request: r.WithContext(ctx), bulk: outer}
	a := s.guarded(x)
	result := bulk.Result{Status: a.status, ID: x.result.ID, Body: a.body, Version: a.header["ETag"]}
	for _, name := range []string{"Location", "Content-Location"} {
		if result.Location == "" {
			result.Location = a.header[name]
		}
	}
	return result
}

// operationRequest makes the request that an operation stands for. Of the bulk request's own header
// nothing passes on: an If-Match there is not about the resource of an operation.
func operationRequest(o bulk.Operation) (*http.Request, error) {
	u, err := url.Parse(o.Path)
	if err != nil || u.IsAbs() || u.Host != "" || u.Fragment != "" {
		return nil, scimerr.InvalidSyntax("path: a path relative to the SCIM base URL is wanted")
	}
	if u.Path == bulkPath || u.Path == "/.search" || strings.HasSuffix(u.Path, "/.search") {
		return nil, scimerr.InvalidSyntax("path: POST wants the endpoint of a resource type, the other methods want a resource")
	}
	r := &http.Request{
		Method: o.Method, URL: &url.URL{Path: u.Path, RawQuery: u.RawQuery}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {mediaType}},
	}
	if o.Version != "" && o.Method != http.MethodPost {
		r.Header.Set("If-Match", o.Version)
	}
	if o.Method == http.MethodDelete {
		return r, nil
	}
	body, err := json.Marshal(o.Data)
	if err != nil {
		return nil, fmt.Errorf("encode operation: %w", err)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r, nil
}
