package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The paths below the issuer, as at Okta; login, denied and callback are between the provider and the browser.
const (
	discoveryPath  = "/.well-known/openid-configuration"
	metadataPath   = "/.well-known/oauth-authorization-server" // Okta serves the same document here
	authorizePath  = "/v1/authorize"
	callbackPath   = "/v1/authorize/callback"
	deniedPath     = "/v1/authorize/denied"
	loginPath      = "/login"
	tokenPath      = "/v1/token"
	userInfoPath   = "/v1/userinfo"
	keysPath       = "/v1/keys"
	introspectPath = "/v1/introspect"
	revokePath     = "/v1/revoke"
	logoutPath     = "/v1/logout"
)

const maxBody = 64 << 10 // bytes of a form

// endpoint is how one path is served.
type endpoint struct {
	name      string // of its visits; empty: none are kept
	methods   []string
	handler   http.Handler
	challenge string // WWW-Authenticate of a 401
	cacheable bool
	form      bool // takes its parameters from the body only
}

func (p *Provider) buildRoutes() map[string]endpoint {
	const basic, bearer = `Basic realm="assay"`, `Bearer realm="assay", error="invalid_token"`
	get := []string{http.MethodGet, http.MethodHead}
	post := []string{http.MethodPost}
	both := []string{http.MethodGet, http.MethodPost}
	metadata := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = discoveryPath
		p.library.ServeHTTP(w, r)
	})
	return map[string]endpoint{
		discoveryPath:  {name: "discovery", methods: get, handler: p.library, cacheable: true},
		metadataPath:   {name: "discovery", methods: get, handler: metadata, cacheable: true},
		keysPath:       {name: "keys", methods: get, handler: p.library, cacheable: true},
		authorizePath:  {name: "authorize", methods: both, handler: http.HandlerFunc(p.authorize)},
		callbackPath:   {methods: get, handler: p.library},
		deniedPath:     {methods: get, handler: http.HandlerFunc(p.denied)},
		loginPath:      {methods: both, handler: http.HandlerFunc(p.login)},
		tokenPath:      {name: "token", methods: post, handler: p.library, challenge: basic, form: true},
		userInfoPath:   {name: "userinfo", methods: both, handler: http.HandlerFunc(p.userInfo), challenge: bearer},
		introspectPath: {name: "introspect", methods: post, handler: p.library, challenge: basic, form: true},
		revokePath:     {name: "revoke", methods: post, handler: p.library, challenge: basic, form: true},
		logoutPath:     {name: "logout", methods: both, handler: http.HandlerFunc(p.logout)},
	}
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.Path, p.path)
	e, ok := p.routes[path]
	if !below || !ok {
		fail(w, http.StatusNotFound, "not_found", "There is no such endpoint.")
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if !e.cacheable {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Pragma", "no-cache")
	}
	r = r.Clone(context.WithValue(r.Context(), loggerKey{}, p.logger))
	r.URL.Path, r.URL.RawPath = path, ""
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	parsed := r.ParseForm()
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, parsed) })
	if e.name == "" {
		serve(w, r)
		return
	}
	p.record(e, w, r, serve)
}

func (e endpoint) serve(w http.ResponseWriter, r *http.Request, malformed error) {
	switch {
	case !slices.Contains(e.methods, r.Method):
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		fail(w, http.StatusMethodNotAllowed, "invalid_request", "The endpoint does not support this method.")
	case malformed != nil:
		fail(w, http.StatusBadRequest, "invalid_request", "The form cannot be read, or is too large.")
	case e.form && r.URL.RawQuery != "":
		// RFC 6749 section 2.3.1: credentials must not be in the request URI.
		fail(w, http.StatusBadRequest, "invalid_request", "Parameters belong into the body, not into the URL.")
	case e.form && repeated(r.PostForm):
		fail(w, http.StatusBadRequest, "invalid_request", "A parameter is included more than once.") // RFC 6749 section 3.2
	default:
		e.handler.ServeHTTP(w, r)
	}
}

func repeated(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// userInfo takes the token from the Authorization header or from the body (RFC 6750 sections 2.1 and
// 2.2). In the URL, which ends up in logs, it is refused (RFC 9700 section 4.3.2).
func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("access_token") {
		fail(w, http.StatusBadRequest, "invalid_request", "The access token must not be in the URL.")
		return
	}
	p.library.ServeHTTP(w, r)
}

func fail(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error here means that the client is gone.
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
}
