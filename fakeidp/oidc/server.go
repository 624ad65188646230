package oidc

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// server is the library's server with the endpoints that differ: where Okta does, where the library is
// too lenient, and where the provider must be able to lie.
type server struct {
	*op.LegacyServer
	p *Provider
}

func endpoints() op.Endpoints {
	return op.Endpoints{
		Authorization: op.NewEndpoint(authorizePath),
		Token:         op.NewEndpoint(tokenPath),
		Introspection: op.NewEndpoint(introspectPath),
		Userinfo:      op.NewEndpoint(userInfoPath),
		Revocation:    op.NewEndpoint(revokePath),
		EndSession:    op.NewEndpoint(logoutPath),
		JwksURI:       op.NewEndpoint(keysPath),
	}
}

// Discovery advertises what this provider does, which is less than the library could.
func (s *server) Discovery(ctx context.Context, r *op.Request[struct{}]) (*op.Response, error) {
	response, err := s.LegacyServer.Discovery(ctx, r)
	if err != nil {
		return nil, err
	}
	if d, ok := response.Data.(*oidc.DiscoveryConfiguration); ok {
		methods := []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost}
		d.ScopesSupported = supportedScopes()
		d.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode)}
		d.ResponseModesSupported = []string{"query", "fragment", "form_post"}
		d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode}
		d.SubjectTypesSupported = []string{"public"}
		d.TokenEndpointAuthMethodsSupported = methods
		d.RevocationEndpointAuthMethodsSupported = methods
		d.RevocationEndpointAuthSigningAlgValuesSupported = nil
		d.IntrospectionEndpointAuthMethodsSupported = methods
		d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil
		d.CodeChallengeMethodsSupported = []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodS256}
		d.ClaimsSupported = []string{
			"iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "at_hash", "name", "given_name",
			"middle_name", "family_name", "preferred_username", "email", "email_verified", "locale", "groups",
		}
	}
	response.Header.Set("Cache-Control", "max-age=86400, must-revalidate")
	return response, nil
}

// Keys publishes the signing key; relying parties may keep it for an hour.
func (s *server) Keys(ctx context.Context, r *op.Request[struct{}]) (*op.Response, error) {
	response, err := s.LegacyServer.Keys(ctx, r)
	if err != nil {
		return nil, err
	}
	response.Header.Set("Cache-Control", "max-age=3600, must-revalidate")
	return response, nil
}

// VerifyClient authenticates the client of a token or revocation request by its secret, whichever way
// it was presented. Failure is a 401 (RFC 6749 section 5.2), where the library answers 400.
func (s *server) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	visit := visitOf(ctx)
	if _, known := s.p.directory.AppByClient(r.Data.ClientID); known {
		visit.Client = r.Data.ClientID
	}
	if err := s.Provider().Storage().AuthorizeClientIDSecret(ctx, r.Data.ClientID, r.Data.ClientSecret); err != nil {
		return nil, refuseClient()
	}
	return s.Provider().Storage().GetClientByClientID(ctx, r.Data.ClientID)
}

func refuseClient() error {
	err := oidc.ErrInvalidClient().WithDescription("The client secret supplied for a confidential client is invalid.")
	return op.NewStatusError(err, http.StatusUnauthorized)
}

// JWTProfile is not offered.
func (s *server) JWTProfile(context.Context, *op.Request[oidc.JWTProfileGrantRequest]) (*op.Response, error) {
	return nil, oidc.ErrUnsupportedGrantType().WithDescription("The authorization grant type is not supported by the authorization server.")
}

// Introspect answers the client that a token was issued to.
func (s *server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	credentials := r.Data.ClientCredentials
	if err := s.Provider().Storage().AuthorizeClientIDSecret(ctx, credentials.ClientID, credentials.ClientSecret); err != nil {
		return nil, refuseClient()
	}
	visitOf(ctx).Client = credentials.ClientID
	return s.LegacyServer.Introspect(ctx, r)
}

// UserInfo answers with the claims of the token's scopes, or with what the login's mutations make of them.
func (s *server) UserInfo(ctx context.Context, r *op.Request[oidc.UserInfoRequest]) (*op.Response, error) {
	response, err := s.LegacyServer.UserInfo(ctx, r)
	if err != nil {
		refusal := oidc.ErrAccessDenied().WithDescription("The access token is invalid, expired or revoked.")
		refusal.ErrorType = "invalid_token" // RFC 6750 section 3.1
		return nil, op.NewStatusError(refusal, http.StatusUnauthorized)
	}
	members, err := asMap(response.Data)
	if err != nil {
		return nil, err
	}
	if t, ok := s.p.tokens.Get(tokenID(r.Data.AccessToken)); ok {
		t.login.plan.UserInfo(s.p.facts(t.login), members)
	}
	response.Data = members
	return response, nil
}
