package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"

	elimity "github.com/elimity-com/scim"
	elimityerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"

	"assay/reference/directory"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// newLibrary assembles the elimity server that the requests for single resources go through.
func (s *server) newLibrary() (elimity.Server, error) {
	args := elimity.ServerArgs{ServiceProviderConfig: &elimity.ServiceProviderConfig{
		MaxResults: s.maxResults, SupportFiltering: true, SupportPatch: true,
	}}
	for _, k := range s.kinds() {
		t := elimity.ResourceType{ID: optional.NewString(k.Name), Name: k.Name, Endpoint: k.Endpoint, Handler: &library{s, k}}
		var err error
		if t.Schema, err = schema.Elimity(k.Core); err != nil {
			return elimity.Server{}, err
		}
		for _, e := range k.Extensions {
			extension := elimity.SchemaExtension{Required: e.Required}
			if extension.Schema, err = schema.Elimity(e); err != nil {
				return elimity.Server{}, err
			}
			t.SchemaExtensions = append(t.SchemaExtensions, extension)
		}
		args.ResourceTypes = append(args.ResourceTypes, t)
	}
	return elimity.NewServer(&args)
}

type exchangeKey struct{}

// through sends a request for a single resource through the library: it routes it, validates what
// POST and PUT send, and calls one of our handlers, which leaves the stored resource in x.result.
// The library's rendering of it is not used: it cannot say which schemas are present, cuts times to
// seconds and knows no projection. So our handlers return an empty resource, which costs it nothing.
func (s *server) through(x *exchange, body []byte) error {
	r := x.request.WithContext(context.WithValue(x.request.Context(), exchangeKey{}, x))
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	r.URL = &url.URL{Path: x.kind.Endpoint}
	if x.target != "" {
		r.URL.Path += "/" + url.PathEscape(x.target) // the library unescapes the path once more
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.library.ServeHTTP(rec, r)
	if x.err != nil {
		return x.err
	}
	if rec.status >= http.StatusBadRequest {
		return rec.refusal()
	}
	return nil
}

// recorder is the http.ResponseWriter that the library writes to.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// refusal reads the library's error body.
func (r *recorder) refusal() error {
	var e struct {
		Status   string `json:"status"`
		ScimType string `json:"scimType"`
		Detail   string `json:"detail"`
	}
	if err := json.Unmarshal(r.body.Bytes(), &e); err != nil {
		return err
	}
	status, err := strconv.Atoi(e.Status)
	if err != nil {
		return err
	}
	return scimerr.New(status, e.ScimType, "%s", e.Detail)
}

// library is the handler that elimity calls for one resource type.
type library struct {
	s *server
	k *kind
}

var _ elimity.ResourceHandler = (*library)(nil)

// handle runs the work of a handler. The library knows few statuses and would show the text of any
// error, so it is told of a failure only that there was one; through returns the error itself.
func handle(r *http.Request, work func(*exchange) (directory.Resource, error)) (elimity.Resource, error) {
	x, ok := r.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return elimity.Resource{}, elimityerrors.ScimErrorInternal
	}
	if x.result, x.err = work(x); x.err != nil {
		return elimity.Resource{}, elimityerrors.ScimErrorInternal
	}
	return elimity.Resource{ID: x.result.ID}, nil
}

// Create implements elimity.ResourceHandler.
func (l *library) Create(r *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return handle(r, func(x *exchange) (directory.Resource, error) { return l.s.storeNew(x, attributes) })
}

// Get implements elimity.ResourceHandler.
func (l *library) Get(r *http.Request, id string) (elimity.Resource, error) {
	return handle(r, func(x *exchange) (directory.Resource, error) {
		return l.s.store.Get(r.Context(), x.token.Tenant, l.k.Kind, id)
	})
}

// Replace implements elimity.ResourceHandler.
func (l *library) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return handle(r, func(x *exchange) (directory.Resource, error) { return l.s.storeReplaced(x, id, attributes) })
}

// Patch implements elimity.ResourceHandler. The operations are those that package patch has decoded;
// the library was given a harmless one in their place.
func (l *library) Patch(r *http.Request, id string, _ []elimity.PatchOperation) (elimity.Resource, error) {
	return handle(r, func(x *exchange) (directory.Resource, error) { return l.s.storePatched(x, id) })
}

// Delete implements elimity.ResourceHandler.
func (l *library) Delete(r *http.Request, id string) error {
	_, err := handle(r, func(x *exchange) (directory.Resource, error) {
		return directory.Resource{}, l.s.storeDeleted(x, id)
	})
	return err
}

// GetAll implements elimity.ResourceHandler. Lists never come here: list.go answers them.
func (l *library) GetAll(*http.Request, elimity.ListRequestParams) (elimity.Page, error) {
	return elimity.Page{}, elimityerrors.ScimErrorInternal
}
