package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"assay/fakeidp/mutation"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// CodeExchange redeems an authorization code.
func (s *server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	l, err := s.p.redeem(ctx, r.Client.GetID(), r.Data)
	if err != nil {
		return nil, err
	}
	b := batch{login: s.p.refreshed(l), scopes: l.request.Scopes, first: true, secret: presentedSecret(r.Header, r.Form)}
	if l.offline {
		b.refresh = signin.Random(32)
		s.p.refreshes.Put(b.refresh, refresh{login: l})
	}
	return s.p.issue(ctx, b)
}

// RefreshToken gives new tokens for a refresh token. What becomes of that is the persona's rotation.
func (s *server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	const invalid = "The refresh token is invalid or expired."
	t, ok := s.p.refreshes.Get(r.Data.RefreshToken)
	if !ok || t.login.request.ClientID != r.Client.GetID() {
		return nil, oidc.ErrInvalidGrant().WithDescription(invalid)
	}
	visitOf(ctx).State = t.login.request.State
	if !s.p.mayStay(t.login) {
		return nil, oidc.ErrInvalidGrant().WithDescription("The user may not use the client application any more.")
	}
	scopes := []string(r.Data.Scopes)
	if len(scopes) == 0 {
		scopes = t.login.request.Scopes
	}
	// RFC 6749 section 6: the scopes must not include any that was not granted.
	if slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(t.login.request.Scopes, scope) }) {
		return nil, oidc.ErrInvalidScope().WithDescription("A scope was asked for that the refresh token does not have.")
	}
	next, ok := s.p.rotate(r.Data.RefreshToken, r.Client.AuthMethod() == methodNone)
	if !ok {
		return nil, oidc.ErrInvalidGrant().WithDescription(invalid)
	}
	return s.p.issue(ctx, batch{login: s.p.refreshed(t.login), scopes: scopes, refresh: next})
}

// rotate uses a refresh token: the one that is given for it, if any. A token that is used again after it was
// replaced strictly ends all that came from its login (RFC 9700 section 4.14.2).
func (p *Provider) rotate(value string, public bool) (next string, ok bool) {
	rotation := p.face.Rotation.Value
	if public {
		rotation = p.face.PublicRotation.Value
	}
	reused := false
	t, ok := p.refreshes.Update(value, func(t *refresh) {
		reused = t.spent
		t.spent = rotation == persona.RotateStrict
	})
	switch {
	case !ok:
		return "", false
	case reused:
		p.revokeFamily(t.login.id)
		return "", false
	case rotation == persona.RotateNever:
		return "", true
	}
	next = signin.Random(32)
	p.refreshes.Put(next, refresh{login: t.login})
	return next, true
}

// redeem spends a code, or says why not. Any failure after the code was recognised as the client's own
// spends it too; a second attempt revokes what the first one got (RFC 6749 section 4.1.2).
func (p *Provider) redeem(ctx context.Context, clientID string, request *oidc.AccessTokenRequest) (login, error) {
	const invalid = "The authorization code is invalid or has expired."
	replayed := false
	c, ok := p.codes.Update(request.Code, func(c *code) {
		if c.client == clientID {
			replayed, c.spent = c.spent, true
		}
	})
	if !ok {
		return login{}, oidc.ErrInvalidGrant().WithDescription(invalid)
	}
	l, ok := p.logins.Get(c.login)
	if !ok {
		return login{}, oidc.ErrInvalidGrant().WithDescription(invalid)
	}
	visitOf(ctx).State = l.request.State
	if replayed {
		p.revokeFamily(l.id)
	}
	if c.client != clientID || replayed || !p.now().Before(c.issued.Add(codeLifetime)) {
		return login{}, oidc.ErrInvalidGrant().WithDescription(invalid)
	}
	if request.RedirectURI != l.request.RedirectURI {
		return login{}, oidc.ErrInvalidGrant().WithDescription(
			"The 'redirect_uri' does not match the redirection URI used in the authorization request.")
	}
	if !provesPossession(l.request.CodeChallenge, request.CodeVerifier) {
		return login{}, oidc.ErrInvalidGrant().WithDescription("PKCE verification failed.")
	}
	return l, nil
}

var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636 section 4.1

// provesPossession compares a verifier with its challenge (RFC 7636 section 4.6). A verifier without a challenge
// is refused too: someone may have stripped the challenge (RFC 9700 section 4.8.2).
func provesPossession(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	computed := oidc.NewSHACodeChallenge(verifier)
	return verifierForm.MatchString(verifier) && subtle.ConstantTimeCompare([]byte(computed), []byte(challenge)) == 1
}

// batch is the tokens that come with one answer.
type batch struct {
	login   login
	scopes  []string
	refresh string // the refresh token that comes along, if any
	first   bool   // it is for a code, not for a refresh token
	secret  string // of the client, as it presented it
}

// issue makes the tokens of a batch. One key signs all of them.
func (p *Provider) issue(ctx context.Context, b batch) (*op.Response, error) {
	key, err := p.keys.forSigning()
	if err != nil {
		return nil, err
	}
	from := said{login: b.login, scopes: b.scopes, now: p.now(), refresh: b.refresh}
	if from.access, err = p.accessToken(from, key); err != nil {
		return nil, err
	}
	members := map[string]any{
		"token_type":   oidc.BearerToken,
		"expires_in":   int(p.face.AccessTokenLifetime.Value.Seconds()),
		"access_token": from.access,
		"scope":        strings.Join(b.scopes, " "),
	}
	if b.refresh != "" {
		members["refresh_token"] = b.refresh
	}
	if slices.Contains(b.scopes, scopeOpenID) {
		if members["id_token"], err = p.idToken(b, from, key); err != nil {
			return nil, err
		}
	}
	facts := p.facts(b.login)
	facts.Key, facts.KeyID, facts.ClientSecret = key.private, key.id, b.secret
	if b.first {
		p.sessions.Put(b.login.session, session{at: p, login: b.login, secret: b.secret, begun: from.now})
	}
	told := liesOf(ctx)
	told.about(p.plan(b.login), facts)
	told.refresh = !b.first
	return op.NewResponse(members), nil
}

// accessToken makes and remembers an access token of the persona's form.
func (p *Provider) accessToken(from said, key signingKey) (string, error) {
	t := token{login: from.login, scopes: from.scopes, issued: from.now, expires: from.now.Add(p.face.AccessTokenLifetime.Value)}
	value := signin.Random(32)
	if p.face.AccessToken.Value == persona.JWT {
		claims := p.loginClaims(p.face.AccessTokenClaims.Value, from)
		claims["iss"], claims["iat"], claims["exp"] = p.issuer, t.issued.Unix(), t.expires.Unix()
		payload, err := json.Marshal(claims)
		if err != nil {
			return "", fmt.Errorf("encode access token: %w", err)
		}
		if value, err = mutation.Sign(key.private, key.id, payload); err != nil {
			return "", err
		}
	}
	p.tokens.Put(value, t)
	return value, nil
}

// idToken makes an ID token. One that comes by refresh has no nonce (Core 12.2).
func (p *Provider) idToken(b batch, from said, key signingKey) (string, error) {
	claims := p.personClaims(b.login, b.scopes, persona.InIDToken)
	maps.Copy(claims, p.loginClaims(p.face.LoginClaims.Value, from))
	claims["iss"] = p.issuer
	claims["sub"] = p.subjectOf(b.login.person, b.login.request.ClientID)
	claims["aud"] = b.login.request.ClientID
	claims["iat"] = from.now.Unix()
	claims["exp"] = from.now.Add(p.face.TokenLifetime.Value).Unix()
	if b.first {
		setClaim(claims, "nonce", b.login.request.Nonce)
	}
	if p.toldOfLogouts(b.login.request.ClientID) {
		claims["sid"] = b.login.session // Front-Channel Logout 3: it names the session later
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode ID token: %w", err)
	}
	return mutation.Sign(key.private, key.id, payload)
}

// presentedSecret is the client secret of a request that has been authenticated with it.
func presentedSecret(header http.Header, form url.Values) string {
	request := http.Request{Header: header}
	if _, encoded, ok := request.BasicAuth(); ok {
		secret, err := url.QueryUnescape(encoded) // RFC 6749 section 2.3.1
		if err == nil {
			return secret
		}
	}
	return form.Get("client_secret")
}
