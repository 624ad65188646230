package scim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"assay/reference/scim/scimerr"
)

// serveFunc answers a request whose token, route and body are in order.
type serveFunc func(*exchange) (answer, error)

// methodNotAllowed is a 405 with the methods that the endpoint has (RFC 9110 section 15.5.6).
type methodNotAllowed struct{ allow string }

func (m *methodNotAllowed) Error() string { return m.cause().Error() }

func (m *methodNotAllowed) cause() *scimerr.Error {
	return scimerr.New(http.StatusMethodNotAllowed, "", "this endpoint does not have the method, it has %s", m.allow)
}

// endpoint maps the methods of a path to what serves them. HEAD goes with GET.
type endpoint map[string]serveFunc

func (e endpoint) choose(method string) (serveFunc, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if serve, ok := e[method]; ok {
		return serve, nil
	}
	if method == http.MethodOptions {
		return func(*exchange) (answer, error) {
			return answer{status: http.StatusNoContent, header: map[string]string{"Allow": e.allow()}}, nil
		}, nil
	}
	return nil, &methodNotAllowed{allow: e.allow()}
}

// allow lists the methods, for the header of that name. OPTIONS is answered everywhere.
func (e endpoint) allow() string {
	allow := []string{http.MethodOptions}
	for m := range e {
		allow = append(allow, m)
		if m == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	return strings.Join(allow, ", ")
}

func (s *server) route(x *exchange) (serveFunc, error) {
	path := x.request.URL.Path
	switch {
	case path == mePath || strings.HasPrefix(path, mePath+"/"):
		return s.routeMe(x, strings.TrimPrefix(path, mePath))
	case path == bulkPath:
		return endpoint{http.MethodPost: s.bulk}.choose(x.request.Method)
	case path == "" || path == "/":
		return endpoint{http.MethodGet: s.listAll}.choose(x.request.Method)
	case path == "/.search":
		return endpoint{http.MethodPost: s.searchAll}.choose(x.request.Method)
	}
	if e, ok := s.discoveryEndpoint(path); ok {
		return e.choose(x.request.Method)
	}
	for _, k := range s.kinds() {
		if rest, ok := strings.CutPrefix(path, k.Endpoint); ok && (rest == "" || rest[0] == '/') {
			return s.routeKind(x, k, rest)
		}
	}
	if otherVersion(path) {
		return nil, scimerr.InvalidVers("this server speaks version 2 of SCIM: the base URL is %s", s.base)
	}
	return nil, scimerr.NotFound("there is no such endpoint")
}

// otherVersion tells whether a path asks for a version of SCIM that is not ours: "the character 'v' followed by
// the desired SCIM version number". "When specified, service providers MUST perform the operation using
// the desired version or reject the request" (RFC 7644 section 3.13).
func otherVersion(path string) bool {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	number, is := strings.CutPrefix(segment, "v")
	return is && number != "" && number != "2" && strings.Trim(number, "0123456789.") == ""
}

func (s *server) routeKind(x *exchange, k *kind, rest string) (serveFunc, error) {
	x.kind = k
	if rest == "" {
		return endpoint{http.MethodGet: s.list, http.MethodPost: s.create}.choose(x.request.Method)
	}
	x.target = rest[1:]
	if x.target == ".search" {
		return endpoint{http.MethodPost: s.search}.choose(x.request.Method)
	}
	if x.target == "" || strings.Contains(x.target, "/") {
		return nil, scimerr.NotFound("there is no such endpoint")
	}
	return endpoint{
		http.MethodGet: s.get, http.MethodPut: s.replace, http.MethodPatch: s.patch, http.MethodDelete: s.delete,
	}.choose(x.request.Method)
}

func (s *server) location(k *kind, id string) string {
	return fmt.Sprint(s.base, k.Endpoint, "/", id)
}
