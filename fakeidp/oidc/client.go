package oidc

import (
	"net/url"
	"slices"
	"time"

	"assay/fakeidp/control"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is an app as the library sees it: a client of the code flow. What the library asks of tokens is not used:
// they are made here.
type client struct{ app control.App }

func (c client) GetID() string                       { return c.app.ClientID }
func (c client) PostLogoutRedirectURIs() []string    { return nil }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethod(c.app.AuthMethod) }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}
func (c client) AccessTokenType() op.AccessTokenType   { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration        { return 0 }
func (c client) DevMode() bool                         { return true } // plain http redirect URIs for loopback tests
func (c client) IsScopeAllowed(string) bool            { return true } // authorize has refused the unknown ones
func (c client) IDTokenUserinfoClaimsAssertion() bool  { return false }
func (c client) ClockSkew() time.Duration              { return 0 }
func (c client) LoginURL(string) string                { return "" }
func (c client) RestrictAdditionalIdTokenScopes() keep { return keepScopes }

// RestrictAdditionalAccessTokenScopes keeps all scopes.
func (c client) RestrictAdditionalAccessTokenScopes() keep { return keepScopes }

type keep = func(scopes []string) []string

func keepScopes(scopes []string) []string { return scopes }

// RedirectURIs lists what is registered, and each also as the library will look for it: it unescapes
// the request's redirect_uri once more before it compares. The exact comparison has been made before.
func (c client) RedirectURIs() []string {
	uris := slices.Clone(c.app.RedirectURIs)
	for _, uri := range c.app.RedirectURIs {
		if unescaped, err := url.QueryUnescape(uri); err == nil {
			uris = append(uris, unescaped)
		}
	}
	return uris
}
