package oidc

import (
	"context"
	"fmt"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// server answers what the library's server has read and checked for form.
type server struct {
	op.UnimplementedServer
	p *Provider
}

// Discovery says what this provider does, in the shape of its persona.
func (s *server) Discovery(ctx context.Context, _ *op.Request[struct{}]) (*op.Response, error) {
	response := op.NewResponse(s.p.discovery(aliasOf(ctx)))
	response.Header.Set("Cache-Control", "max-age=86400, must-revalidate")
	return response, nil
}

// Keys publishes the keys that ID tokens are, were or will be signed with.
func (s *server) Keys(context.Context, *op.Request[struct{}]) (*op.Response, error) {
	set, err := s.p.keys.published()
	if err != nil {
		return nil, err
	}
	response := op.NewResponse(set)
	response.Header.Set("Cache-Control", fmt.Sprintf("max-age=%d, must-revalidate", int(s.p.face.KeyLifetime.Value.Seconds())))
	return response, nil
}

// VerifyAuthRequest finds the client of an authorization request, which Provider.authorize has judged.
func (s *server) VerifyAuthRequest(_ context.Context, r *op.Request[oidc.AuthRequest]) (*op.ClientRequest[oidc.AuthRequest], error) {
	app, ok := s.p.app(r.Data.ClientID)
	if !ok {
		return nil, oidc.ErrInvalidClient().WithDescription("Invalid value for 'client_id' parameter.")
	}
	return &op.ClientRequest[oidc.AuthRequest]{Request: r, Client: client{app}}, nil
}

// VerifyClient authenticates the client of a token or revocation request. Failure is a 401 (RFC 6749 section 5.2).
func (s *server) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	app, err := s.p.authenticate(ctx, r.Header, r.Data)
	if err != nil {
		return nil, err
	}
	return client{app}, nil
}

// Introspect answers the client that a token was issued to (RFC 7662 section 2.2, with Okta's uid). To others, and for
// whatever is no good token, it says no more than that the token is not active.
func (s *server) Introspect(ctx context.Context, r *op.Request[op.IntrospectionRequest]) (*op.Response, error) {
	app, err := s.p.authenticate(ctx, r.Header, r.Data.ClientCredentials)
	if err != nil {
		return nil, err
	}
	if t, ok := s.p.liveToken(r.Data.Token); ok && t.login.request.ClientID == app.ClientID {
		return op.NewResponse(s.p.describe(t.login, t.scopes, map[string]any{
			"token_type": oidc.BearerToken, "iat": t.issued.Unix(), "exp": t.expires.Unix(),
		})), nil
	}
	if t, ok := s.p.refreshes.Get(r.Data.Token); ok && !t.spent && t.login.request.ClientID == app.ClientID && s.p.mayStay(t.login) {
		return op.NewResponse(s.p.describe(t.login, t.login.request.Scopes, nil)), nil
	}
	return op.NewResponse(map[string]any{"active": false}), nil
}

// UserInfo answers with the claims of the token's scopes.
func (s *server) UserInfo(ctx context.Context, r *op.Request[oidc.UserInfoRequest]) (*op.Response, error) {
	t, ok := s.p.liveToken(r.Data.AccessToken)
	if !ok {
		refusal := oidc.ErrAccessDenied().WithDescription("The access token is invalid, expired or revoked.")
		refusal.ErrorType = "invalid_token" // RFC 6750 section 3.1
		return nil, op.NewStatusError(refusal, http.StatusUnauthorized)
	}
	visit := visitOf(ctx)
	visit.Client, visit.State = t.login.request.ClientID, t.login.request.State
	liesOf(ctx).about(s.p.plan(t.login), s.p.facts(t.login))
	return op.NewResponse(s.p.userInfoClaims(t.login, t.scopes)), nil
}

// Revocation ends a token, and with a refresh token all that came from the same login. A token that is good for nothing
// is no error (RFC 7009 section 2.2); one that another client has is refused (section 2.1).
func (s *server) Revocation(_ context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	access, isAccess := s.p.tokens.Get(r.Data.Token)
	long, isRefresh := s.p.refreshes.Get(r.Data.Token)
	owner := access.login.request.ClientID + long.login.request.ClientID // a token is of one kind
	switch {
	case !isAccess && !isRefresh:
	case owner != r.Client.GetID():
		return nil, oidc.ErrUnauthorizedClient().WithDescription("The token was not issued to this client.")
	case isAccess:
		s.p.tokens.Take(r.Data.Token)
	default:
		s.p.revokeFamily(long.login.id)
	}
	return op.NewResponse(nil), nil
}
