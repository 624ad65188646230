package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay/fakeidp/persona"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Below the issuer; metadataPath holds the same document. Login is between the provider and the browser, like
// callback and denied below the authorization endpoint.
const (
	discoveryPath = oidc.DiscoveryEndpoint
	metadataPath  = "/.well-known/oauth-authorization-server"
	loginPath     = "/login"
	callbackPath  = "/callback"
	deniedPath    = "/denied"
)

// How the library knows the endpoints. A request comes to it under these paths, wherever the persona has them.
const (
	authorizePath  = "/authorize"
	tokenPath      = "/token"
	userInfoPath   = "/userinfo"
	keysPath       = "/keys"
	introspectPath = "/introspect"
	revokePath     = "/revoke"
)

const maxBody = 64 << 10 // bytes of a form

func libraryEndpoints() op.Endpoints {
	return op.Endpoints{
		Authorization: op.NewEndpoint(authorizePath),
		Token:         op.NewEndpoint(tokenPath),
		Introspection: op.NewEndpoint(introspectPath),
		Userinfo:      op.NewEndpoint(userInfoPath),
		Revocation:    op.NewEndpoint(revokePath),
		JwksURI:       op.NewEndpoint(keysPath),
	}
}

// endpoint is how one path is served.
type endpoint struct {
	name      string // of its visits; empty: none are kept
	methods   []string
	handler   http.Handler
	library   string // the path under which the library knows it
	alias     string // of the tenant, that the path has
	challenge string // WWW-Authenticate of a 401
	cacheable bool
	form      bool // takes its parameters from the body only
	lies      liar // what mutations do to its answers; nil: nothing
}

// pathsOf lists the paths that a persona of this shape is served at, below its prefix.
func pathsOf(face persona.OIDC) []string {
	issuer, e := strings.TrimSuffix(face.IssuerPath.Value, "/"), face.Endpoints.Value
	templates := []string{
		issuer + discoveryPath, issuer + metadataPath, issuer + loginPath, e.Authorization, e.Authorization + callbackPath, e.Authorization + deniedPath,
		e.Token, e.UserInfo, e.Keys, e.Introspection, e.Revocation, e.EndSession,
	}
	if face.GroupOverage.Value == persona.OverageLink {
		templates = append(templates, face.GroupsPath.Value)
	}
	var paths []string
	for _, template := range templates {
		if template == "" {
			continue
		}
		paths = append(paths, face.Path(template))
		for _, alias := range face.TenantAliases.Value {
			if path := strings.ReplaceAll(template, "{tenant}", alias); path != template {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

func (p *Provider) buildRoutes() map[string]endpoint {
	const basic, bearer = `Basic realm="assay"`, `Bearer realm="assay", error="invalid_token"`
	get := []string{http.MethodGet, http.MethodHead}
	post := []string{http.MethodPost}
	both := []string{http.MethodGet, http.MethodPost}
	e, issuer := p.face.Endpoints.Value, strings.TrimSuffix(p.face.IssuerPath.Value, "/")
	routes := map[string]endpoint{}
	add := func(template string, e endpoint) {
		if template == "" {
			return
		}
		if e.handler == nil {
			e.handler = p.library
		}
		routes[p.prefix+p.face.Path(template)] = e
		for _, alias := range p.face.TenantAliases.Value {
			if path := strings.ReplaceAll(template, "{tenant}", alias); path != template {
				e.alias = alias
				routes[p.prefix+path] = e
			}
		}
	}
	add(issuer+discoveryPath, endpoint{name: "discovery", methods: get, library: discoveryPath, cacheable: true, lies: p.lieDiscovery})
	if p.face.ServerMetadata.Value {
		add(issuer+metadataPath, endpoint{name: "discovery", methods: get, library: discoveryPath, cacheable: true, lies: p.lieDiscovery})
	}
	add(e.Keys, endpoint{name: "keys", methods: get, library: keysPath, cacheable: true, lies: p.lieKeys})
	add(e.Authorization, endpoint{name: "authorize", methods: both, library: authorizePath, handler: http.HandlerFunc(p.authorize)})
	add(e.Token, endpoint{name: "token", methods: post, library: tokenPath, challenge: basic, form: true, lies: p.lieTokens})
	add(e.UserInfo, endpoint{name: "userinfo", methods: both, library: userInfoPath, challenge: bearer, handler: http.HandlerFunc(p.userInfo), lies: p.lieUserInfo})
	add(e.Introspection, endpoint{name: "introspect", methods: post, library: introspectPath, challenge: basic, form: true})
	add(e.Revocation, endpoint{name: "revoke", methods: post, library: revokePath, challenge: basic, form: true})
	add(e.EndSession, endpoint{name: "logout", methods: both, handler: http.HandlerFunc(p.logout)})
	if p.face.GroupOverage.Value == persona.OverageLink {
		add(p.face.GroupsPath.Value, endpoint{name: "groups", methods: both, challenge: bearer, handler: http.HandlerFunc(p.memberObjects)})
	}
	add(issuer+loginPath, endpoint{methods: both, handler: http.HandlerFunc(p.login)})
	add(e.Authorization+callbackPath, endpoint{methods: get, handler: http.HandlerFunc(p.callback)})
	add(e.Authorization+deniedPath, endpoint{methods: get, handler: http.HandlerFunc(p.denied)})
	return routes
}

type aliasKey struct{}

// aliasOf is the alias of the tenant that the request's path has, "" when it has the tenant itself.
func aliasOf(ctx context.Context) string {
	alias, _ := ctx.Value(aliasKey{}).(string)
	return alias
}

// ServeHTTP implements http.Handler. It serves what Issuers.Register has registered.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, ok := p.routes[r.Pattern]
	if !ok {
		fail(w, http.StatusNotFound, "not_found", "There is no such endpoint.")
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if !e.cacheable {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Pragma", "no-cache")
	}
	ctx := context.WithValue(r.Context(), loggerKey{}, p.logger)
	r = r.Clone(context.WithValue(ctx, aliasKey{}, e.alias))
	r.URL.Path, r.URL.RawPath = e.library, ""
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	parsed := r.ParseForm()
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, parsed) })
	if e.name == "" {
		serve(w, r)
		return
	}
	p.record(e, w, r, p.outOfOrder(e, serve))
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
		e.lies.wrap(e.handler).ServeHTTP(w, r)
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
