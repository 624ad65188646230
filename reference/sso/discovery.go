package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	wellKnown     = "/.well-known/openid-configuration"
	discoveryLife = 10 * time.Minute
	maxCacheLife  = time.Hour
	maxIssuer     = 1024
	authBasic     = "client_secret_basic"
	authPost      = "client_secret_post"
)

// algorithms are the signatures that are ever accepted. None of them is symmetric: a token "signed"
// with a public key as HMAC secret cannot pass (RFC 8725 section 2.1).
func algorithms() []string { return []string{"RS256", "PS256", "ES256"} }

// metadata is what the discovery document of an issuer says, checked (OpenID Connect Discovery section 3).
type metadata struct {
	issuer        string
	authorization string
	token         string
	userinfo      string // may be empty
	algorithms    []string
	tokenAuth     string
	answersIssuer bool // the authorization response carries iss (RFC 9207 section 3)
}

// provider is an identity provider as one tenant uses it: its metadata and its keys. Nothing of it is
// shared between tenants, so that two issuers that publish the same key id are never mixed up.
type provider struct {
	metadata
	keys    *keySet
	expires time.Time
}

// providers finds the identity provider of a tenant, and keeps what it found for ten minutes.
type providers struct {
	out *outgoing
	now func() time.Time

	flights singleflight.Group
	mu      sync.Mutex
	known   map[string]*provider // by tenant; a tenant has one issuer at a time
}

func newProviders(out *outgoing, now func() time.Time) *providers {
	return &providers{out: out, now: now, known: make(map[string]*provider)}
}

// get returns the provider of a tenant. A failure is not kept: the next login tries again.
func (p *providers) get(ctx context.Context, tenant, issuer string) (*provider, error) {
	old := p.lookup(tenant, issuer)
	if old != nil && p.now().Before(old.expires) {
		return old, nil
	}
	// The fetch outlives a caller that goes away, because others may wait for it; do bounds its time.
	shared := context.WithoutCancel(ctx)
	result := p.flights.DoChan(tenant+" "+issuer, func() (any, error) {
		return p.refresh(shared, tenant, issuer, old)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*provider), nil
	}
}

func (p *providers) lookup(tenant, issuer string) *provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.known[tenant]
	if known == nil || known.issuer != issuer {
		return nil
	}
	return known
}

// forget drops what is known about the provider of a tenant.
func (p *providers) forget(tenant string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, tenant)
}

func (p *providers) refresh(ctx context.Context, tenant, issuer string, old *provider) (*provider, error) {
	meta, jwks, err := p.discover(ctx, issuer)
	if err != nil {
		return nil, err
	}
	fresh := &provider{metadata: meta, expires: p.now().Add(discoveryLife)}
	if old != nil && old.keys.address == jwks {
		fresh.keys = old.keys // keeps the keys and, above all, the spent budget
	} else {
		fresh.keys = newKeySet(jwks, p.out, p.now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[tenant] = fresh
	return fresh, nil
}

// discover fetches and checks the discovery document of an issuer. The document must name exactly the
// issuer that was asked (Discovery section 4.3).
func (p *providers) discover(ctx context.Context, issuer string) (metadata, string, error) {
	if len(issuer) > maxIssuer {
		return metadata{}, "", errors.New("issuer: too long")
	}
	u, err := checkAddress(issuer, true)
	if err != nil {
		return metadata{}, "", fmt.Errorf("issuer: %w", err)
	}
	if u.RawQuery != "" {
		return metadata{}, "", errors.New("issuer: a URL with a query")
	}
	doc, _, err := p.out.getJSON(ctx, strings.TrimSuffix(issuer, "/")+wellKnown, "")
	if err != nil {
		return metadata{}, "", fmt.Errorf("discovery: %w", err)
	}
	if named, _ := doc.text("issuer"); named != issuer {
		return metadata{}, "", errors.New("discovery: the document names another issuer than the one configured")
	}
	return readMetadata(doc, issuer, u.Scheme == "http")
}

func readMetadata(doc object, issuer string, plain bool) (metadata, string, error) {
	meta := metadata{issuer: issuer, answersIssuer: doc.yes("authorization_response_iss_parameter_supported")}
	var jwks string
	for _, endpoint := range []struct {
		name     string
		into     *string
		optional bool
	}{
		{"authorization_endpoint", &meta.authorization, false},
		{"token_endpoint", &meta.token, false},
		{"jwks_uri", &jwks, false},
		{"userinfo_endpoint", &meta.userinfo, true},
	} {
		address, ok := doc.text(endpoint.name)
		if !ok && endpoint.optional {
			continue
		}
		if _, err := checkAddress(address, plain); err != nil {
			return metadata{}, "", fmt.Errorf("discovery: %s: %w", endpoint.name, err)
		}
		*endpoint.into = address
	}
	var err error
	if meta.algorithms, err = chooseAlgorithms(doc); err != nil {
		return metadata{}, "", err
	}
	if meta.tokenAuth, err = chooseTokenAuth(doc); err != nil {
		return metadata{}, "", err
	}
	return meta, jwks, nil
}

// chooseAlgorithms narrows our algorithms to those that the issuer advertises; metadata can never widen them.
func chooseAlgorithms(doc object) ([]string, error) {
	advertised, ok := doc.texts("id_token_signing_alg_values_supported")
	if !ok || len(advertised) == 0 {
		return algorithms(), nil
	}
	both := slices.DeleteFunc(algorithms(), func(alg string) bool { return !slices.Contains(advertised, alg) })
	if len(both) == 0 {
		return nil, errors.New("discovery: no ID token signing algorithm in common (we accept RS256, PS256, ES256)")
	}
	return both, nil
}

// chooseTokenAuth picks client_secret_basic, which is also what an absent list means (Discovery section 3),
// and client_secret_post only where the issuer does not offer it.
func chooseTokenAuth(doc object) (string, error) {
	offered, ok := doc.texts("token_endpoint_auth_methods_supported")
	if !ok || slices.Contains(offered, authBasic) {
		return authBasic, nil
	}
	if slices.Contains(offered, authPost) {
		return authPost, nil
	}
	return "", errors.New("discovery: the token endpoint takes no client secret (client_secret_basic, client_secret_post)")
}

// cacheLife reads how long an answer may be kept (RFC 9111 section 5.2.2), at most an hour.
func cacheLife(header http.Header, otherwise time.Duration) time.Duration {
	for _, directive := range strings.Split(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return otherwise
			}
			return min(time.Duration(seconds)*time.Second, maxCacheLife)
		}
	}
	return otherwise
}
