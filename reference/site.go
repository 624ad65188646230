package reference

import (
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"assay/reference/page"
)

// scimPath is where SCIM lives below the base URL. The same is served without the version: "When omitted, service
// providers SHOULD perform the operation using the most recent SCIM protocol version" (RFC 7644 section 3.13).
const (
	scimPath    = unversioned + "/v2"
	unversioned = "/scim"
)

func isHTTPS(base string) bool { return strings.HasPrefix(base, "https:") }

// route sends SCIM requests to provisioning and everything else to mux. It comes before the mux because
// http.ServeMux redirects paths that it finds unclean, which is for SCIM to judge.
func route(provisioning http.Handler, mux *http.ServeMux) http.Handler {
	stripped, latest := http.StripPrefix(scimPath, provisioning), http.StripPrefix(unversioned, provisioning)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, scimPath+"/"):
			stripped.ServeHTTP(w, r)
		case r.URL.Path == scimPath:
			root := new(http.Request)
			*root = *r
			root.URL = &url.URL{Path: "/", RawQuery: r.URL.RawQuery}
			provisioning.ServeHTTP(w, root)
		case strings.HasPrefix(r.URL.Path, unversioned+"/"):
			latest.ServeHTTP(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// health answers whether the application can work: whether it can read its store.
func (p *parts) health(w http.ResponseWriter, r *http.Request) {
	page.Guard(w.Header())
	w.Header().Set("Content-Type", "application/json")
	if _, err := p.store.Tenants(r.Context()); err != nil {
		p.Logger.ErrorContext(r.Context(), "not healthy", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":"unavailable"}` + "\n"))
		return
	}
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// survive answers 500 where a handler panics, and logs where it did. Without it the connection would
// just break.
func (p *parts) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			p.Logger.ErrorContext(r.Context(), "panic", "method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
			http.Error(w, "internal server error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
