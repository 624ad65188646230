package server

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// route is one call of the control API. The router and the OpenAPI description are made of the same routes.
type route struct {
	pattern string       // of http.ServeMux: "PUT /people/{id}"
	about   string       // a short sentence without a full stop, unlike that of any other route
	more    string       // what else there is to say
	query   []parameter  // it takes no others
	in, out reflect.Type // JSON bodies of the request and the answer; nil for none
	status  int          // of a success
	serve   func(*http.Request) (any, error)
}

// parameter is a query parameter, always optional.
type parameter struct{ name, about string }

// answer is a route with an answer and without a body.
func answer[Out any](pattern, about string, fn func(*http.Request) (Out, error)) route {
	return route{pattern: pattern, about: about, out: reflect.TypeFor[Out](), status: http.StatusOK,
		serve: func(r *http.Request) (any, error) { return fn(r) }}
}

// exchange is a route with an answer and a body, which it decodes strictly.
func exchange[In, Out any](pattern, about string, fn func(*http.Request, In) (Out, error)) route {
	return route{pattern: pattern, about: about, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](), status: http.StatusOK,
		serve: func(r *http.Request) (any, error) {
			in, err := decode[In](r)
			if err != nil {
				return nil, err
			}
			return fn(r, in)
		}}
}

// act is a route with neither a body nor an answer.
func act(pattern, about string, fn func(*http.Request) error) route {
	return route{pattern: pattern, about: about, status: http.StatusNoContent,
		serve: func(r *http.Request) (any, error) { return nil, fn(r) }}
}

// accept is a route with a body and no answer.
func accept[In any](pattern, about string, fn func(*http.Request, In) error) route {
	r := exchange(pattern, about, func(r *http.Request, in In) (any, error) { return nil, fn(r, in) })
	r.out, r.status = nil, http.StatusNoContent
	return r
}

// creates makes the answer 201 Created.
func (r route) creates() route {
	r.status = http.StatusCreated
	return r
}

// says adds to the description.
func (r route) says(more string) route {
	r.more = more
	return r
}

// with adds query parameters.
func (r route) with(query ...parameter) route {
	r.query = append(r.query, query...)
	return r
}

// method and path are the two parts of the pattern.
func (r route) method() string { method, _, _ := strings.Cut(r.pattern, " "); return method }
func (r route) path() string   { _, path, _ := strings.Cut(r.pattern, " "); return path }

// segments lists the names of the path parameters.
func (r route) segments() []string {
	var names []string
	for _, part := range strings.Split(r.path(), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// checkQuery refuses what the route does not take: a filter with a typing error must not match everything.
func (r route) checkQuery(req *http.Request) error {
	for name := range req.URL.Query() {
		if slices.ContainsFunc(r.query, func(p parameter) bool { return p.name == name }) {
			continue
		}
		if len(r.query) == 0 {
			return fmt.Errorf("%w: %s %s takes no query parameters, so no %q", errRequest, r.method(), r.path(), name)
		}
		names := make([]string, len(r.query))
		for i, p := range r.query {
			names[i] = p.name
		}
		return fmt.Errorf("%w: query parameter %q is none of %s", errRequest, name, strings.Join(names, ", "))
	}
	return nil
}

// handle puts a route into the router.
func (s *server) handle(r route) {
	s.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) {
		err := r.checkQuery(req)
		var out any
		if err == nil {
			out, err = r.serve(req)
		}
		if err != nil {
			s.fail(w, req, err)
			return
		}
		if r.out == nil {
			w.WriteHeader(r.status)
			return
		}
		respond(w, r.status, out)
	})
}
