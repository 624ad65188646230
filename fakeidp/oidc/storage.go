package oidc

import (
	"assay/fakeidp/signin"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var (
	errGone        = errors.New("not found or expired")
	errNotOffered  = errors.New("not offered by this provider")
	errWrongSecret = errors.New("unknown client or wrong secret")
)

// storage is the library's view of the provider's state (op.Storage).
type storage struct{ p *Provider }

// CreateAuthRequest implements op.AuthStorage.
func (s storage) CreateAuthRequest(_ context.Context, request *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	l := login{id: signin.Random(24), request: *request}
	l.request.Scopes = slices.DeleteFunc(slices.Clone(request.Scopes), func(scope string) bool {
		return !slices.Contains(supportedScopes(), scope)
	})
	s.p.logins.Put(l.id, l)
	return l, nil
}

// AuthRequestByID implements op.AuthStorage.
func (s storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	l, ok := s.p.logins.Get(id)
	if !ok {
		return nil, errGone
	}
	return l, nil
}

// AuthRequestByCode implements op.AuthStorage. Whether the code is still good is not its question:
// Provider.redeem has answered it.
func (s storage) AuthRequestByCode(ctx context.Context, value string) (op.AuthRequest, error) {
	c, ok := s.p.codes.Get(value)
	if !ok {
		return nil, errGone
	}
	return s.AuthRequestByID(ctx, c.login)
}

// SaveAuthCode implements op.AuthStorage.
func (s storage) SaveAuthCode(_ context.Context, id, value string) error {
	l, ok := s.p.logins.Get(id)
	if !ok {
		return errGone
	}
	s.p.codes.Put(value, code{login: id, client: l.request.ClientID, issued: s.p.now()})
	return nil
}

// DeleteAuthRequest implements op.AuthStorage. The library calls it when tokens are made. The login is
// kept until it expires by itself: a replay of its code must still be recognised as one.
func (s storage) DeleteAuthRequest(context.Context, string) error { return nil }

// CreateAccessToken implements op.AuthStorage.
func (s storage) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	l, ok := request.(login)
	if !ok {
		return "", time.Time{}, errNotOffered
	}
	now := s.p.now()
	id := "AT." + signin.Random(24)
	t := token{login: l, client: l.request.ClientID, issued: now, expires: now.Add(accessTokenLifetime)}
	s.p.tokens.Put(id, t)
	return id, t.expires, nil
}

// CreateAccessAndRefreshTokens implements op.AuthStorage. There are no refresh tokens.
func (s storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

// TokenRequestByRefreshToken implements op.AuthStorage. There are no refresh tokens.
func (s storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, op.ErrInvalidRefreshToken
}

// GetRefreshTokenInfo implements op.AuthStorage. There are no refresh tokens.
func (s storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

// TerminateSession implements op.AuthStorage: the access tokens that the person has at the client end.
func (s storage) TerminateSession(_ context.Context, subject, clientID string) error {
	s.p.tokens.DeleteWhere(func(t token) bool { return t.login.subject == subject && t.client == clientID })
	return nil
}

// RevokeToken implements op.AuthStorage. A client cannot revoke the token of another (RFC 7009 section 2.1).
func (s storage) RevokeToken(_ context.Context, id, _, clientID string) *oidc.Error {
	t, ok := s.p.tokens.Get(id)
	if !ok {
		return nil // RFC 7009 section 2.2: an invalid token is no error
	}
	if t.client != clientID {
		return oidc.ErrInvalidClient().WithDescription("The token was not issued to this client.")
	}
	s.p.tokens.Take(id)
	return nil
}

// SigningKey implements op.AuthStorage.
func (s storage) SigningKey(context.Context) (op.SigningKey, error) { return s.p.key, nil }

// SignatureAlgorithms implements op.AuthStorage.
func (s storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// KeySet implements op.AuthStorage.
func (s storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.p.key}}, nil
}

// GetClientByClientID implements op.OPStorage.
func (s storage) GetClientByClientID(_ context.Context, clientID string) (op.Client, error) {
	app, ok := s.p.directory.AppByClient(clientID)
	if !ok {
		return nil, oidc.ErrInvalidClient().WithDescription("Invalid value for 'client_id' parameter.")
	}
	return client{app: app, login: s.p.issuer + loginPath, fat: s.p.fat}, nil
}

// AuthorizeClientIDSecret implements op.OPStorage.
func (s storage) AuthorizeClientIDSecret(_ context.Context, clientID, clientSecret string) error {
	if clientID == "" || clientSecret == "" || !s.p.directory.CheckSecret(clientID, clientSecret) {
		return errWrongSecret
	}
	return nil
}

// SetUserinfoFromScopes implements op.OPStorage. It is deprecated for, and replaced by, SetUserinfoFromRequest.
func (s storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest implements op.CanSetUserinfoFromRequest: the claims of an ID token. The scopes
// come without profile and email where the token is to be thin.
func (s storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	l, ok := request.(login)
	if !ok {
		return errNotOffered
	}
	s.p.fillUserInfo(info, l, scopes)
	return nil
}

// SetUserinfoFromToken implements op.OPStorage: the claims of a userinfo response.
func (s storage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, id, _, _ string) error {
	t, ok := s.p.liveToken(id)
	if !ok {
		return errGone
	}
	visit := visitOf(ctx)
	visit.Client, visit.State = t.client, t.login.request.State
	s.p.fillUserInfo(info, t.login, t.login.request.Scopes)
	return nil
}

// SetIntrospectionFromToken implements op.OPStorage (RFC 7662 section 2.2, with Okta's uid). An error
// makes the token inactive.
func (s storage) SetIntrospectionFromToken(_ context.Context, answer *oidc.IntrospectionResponse, id, _, clientID string) error {
	t, ok := s.p.liveToken(id)
	if !ok || t.client != clientID {
		return errGone
	}
	answer.Active = true
	answer.Scope = t.login.request.Scopes
	answer.ClientID = t.client
	answer.TokenType = oidc.BearerToken
	answer.Username = t.login.person.Login
	answer.Subject = t.login.person.Login
	answer.Issuer = s.p.issuer
	answer.Audience = oidc.Audience{accessTokenAudience}
	answer.IssuedAt = oidc.FromTime(t.issued)
	answer.Expiration = oidc.FromTime(t.expires)
	answer.JWTID = id
	answer.Claims = map[string]any{"uid": t.login.subject}
	return nil
}

// GetPrivateClaimsFromScopes implements op.OPStorage. The library makes opaque access tokens only;
// Okta's JWT is made from them in server.accessToken.
func (s storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

// GetKeyByIDAndClientID implements op.OPStorage. No client has registered a key.
func (s storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

// ValidateJWTProfileScopes implements op.OPStorage. The JWT profile grant is not offered.
func (s storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}

// Health implements op.Storage.
func (s storage) Health(context.Context) error { return nil }

// liveToken finds an access token that is good: not expired, not revoked, and its person may still come in.
func (p *Provider) liveToken(id string) (token, bool) {
	t, ok := p.tokens.Get(id)
	if !ok {
		return token{}, false
	}
	person, ok := p.directory.Person(t.login.person.ID)
	if !ok || person.Suspended {
		return token{}, false
	}
	return t, true
}

// fillUserInfo says what the directory knows now of the person who logged in.
func (p *Provider) fillUserInfo(info *oidc.UserInfo, l login, scopes []string) {
	person, ok := p.directory.Person(l.person.ID)
	if !ok {
		person = l.person
	}
	claims, subject := p.claimsOf(person)
	info.Subject = subject
	for name, value := range selectClaims(claims, scopes) {
		if name != "sub" {
			info.AppendClaims(name, value)
		}
	}
}
