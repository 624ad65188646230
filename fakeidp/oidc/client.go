package oidc

import (
	"net/url"
	"slices"
	"time"

	"assay/fakeidp/control"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	idTokenLifetime     = time.Hour // Okta: fixed
	accessTokenLifetime = time.Hour // Okta: default of an access policy
)

// client is an app as the library sees it: a confidential web client of the code flow.
type client struct {
	app   control.App
	login string // URL of the login page
	fat   bool
}

func (c client) GetID() string                       { return c.app.ClientID }
func (c client) PostLogoutRedirectURIs() []string    { return nil }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType          { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) AccessTokenType() op.AccessTokenType   { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration        { return idTokenLifetime }
func (c client) DevMode() bool                         { return true } // plain http redirect URIs for loopback tests
func (c client) IsScopeAllowed(string) bool            { return true } // authorize has refused the unknown ones
func (c client) IDTokenUserinfoClaimsAssertion() bool  { return c.fat }
func (c client) ClockSkew() time.Duration              { return 0 }
func (c client) LoginURL(id string) string             { return c.login + "?id=" + url.QueryEscape(id) }
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
