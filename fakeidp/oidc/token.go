package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"assay/fakeidp/mutation"
	"assay/fakeidp/signin"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// accessTokenAudience is the audience of Okta's default custom authorization server.
const accessTokenAudience = "api://default"

// CodeExchange redeems an authorization code. The library makes the tokens; their claims are then put
// into Okta's shape, changed by the login's mutations, and signed again.
func (s *server) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	l, err := s.p.redeem(ctx, r.Client.GetID(), r.Data)
	if err != nil {
		return nil, err
	}
	response, err := s.LegacyServer.CodeExchange(ctx, r)
	if err != nil {
		return nil, err
	}
	made, ok := response.Data.(*oidc.AccessTokenResponse)
	if !ok {
		return nil, fmt.Errorf("token response is a %T", response.Data)
	}
	access, err := s.accessToken(made.AccessToken, r.Data.Code)
	if err != nil {
		return nil, err
	}
	facts := s.p.facts(l)
	facts.ClientSecret = presentedSecret(r.Header, r.Form)
	id, err := s.idToken(made.IDToken, access, l, facts)
	if err != nil {
		return nil, err
	}
	members := map[string]any{
		"token_type":   oidc.BearerToken,
		"expires_in":   int(accessTokenLifetime.Seconds()),
		"access_token": access,
		"scope":        strings.Join(l.request.Scopes, " "),
		"id_token":     id,
	}
	l.plan.Tokens(facts, members)
	return op.NewResponse(members), nil
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
	if replayed && c.token != "" {
		p.tokens.Take(c.token)
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

// provesPossession compares a verifier with its challenge (RFC 7636 section 4.6). The library lets a
// confidential client leave the verifier out, which makes PKCE void. A verifier without a challenge is
// refused too: someone may have stripped the challenge (RFC 9700 section 4.8.2).
func provesPossession(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	computed := oidc.NewSHACodeChallenge(verifier)
	return verifierForm.MatchString(verifier) && subtle.ConstantTimeCompare([]byte(computed), []byte(challenge)) == 1
}

// accessToken turns the library's opaque token into a JWT as Okta's custom authorization servers make
// them: sub is the login, uid the user id.
func (s *server) accessToken(opaque, codeValue string) (string, error) {
	plain, err := s.Provider().Crypto().Decrypt(opaque)
	if err != nil {
		return "", fmt.Errorf("read opaque access token: %w", err)
	}
	id, _, _ := strings.Cut(plain, ":")
	t, ok := s.p.tokens.Get(id)
	if !ok {
		return "", fmt.Errorf("access token: %w", errGone)
	}
	s.p.codes.Update(codeValue, func(c *code) { c.token = id })
	payload, err := json.Marshal(map[string]any{
		"ver": 1, "jti": id, "iss": s.p.issuer, "aud": accessTokenAudience,
		"iat": t.issued.Unix(), "exp": t.expires.Unix(), "auth_time": t.login.authTime.Unix(),
		"cid": t.client, "uid": t.login.subject, "scp": t.login.request.Scopes, "sub": t.login.person.Login,
	})
	if err != nil {
		return "", fmt.Errorf("encode access token: %w", err)
	}
	return mutation.Sign(s.p.key.private, s.p.key.id, payload)
}

// idToken puts the library's ID token into Okta's shape and signs it as the login's plan says.
func (s *server) idToken(made, access string, l login, facts mutation.Login) (string, error) {
	claims, err := payloadOf(made)
	if err != nil {
		return "", fmt.Errorf("read ID token: %w", err)
	}
	hash, err := oidc.ClaimHash(access, jose.RS256)
	if err != nil {
		return "", fmt.Errorf("hash access token: %w", err)
	}
	for _, foreign := range []string{"azp", "client_id", "c_hash"} { // Okta's token endpoint does not send these
		delete(claims, foreign)
	}
	now := s.p.now()
	claims["ver"] = 1
	claims["jti"] = "ID." + signin.Random(32)
	claims["idp"] = s.p.idp
	claims["aud"] = l.request.ClientID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(idTokenLifetime).Unix()
	claims["auth_time"] = l.authTime.Unix()
	claims["at_hash"] = hash
	l.plan.Claims(facts, claims)
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode ID token: %w", err)
	}
	return l.plan.Seal(facts, payload)
}

// facts are what the mutations of a login may know.
func (p *Provider) facts(l login) mutation.Login {
	return mutation.Login{
		Issuer:   p.issuer,
		ClientID: l.request.ClientID,
		Stranger: func() string { return p.strangerTo(l) },
		Now:      p.now(),
		Key:      p.key.private,
		KeyID:    p.key.id,
		Foreign:  p.key.foreign,
	}
}

// strangerTo is the subject of the first person in the directory who is not the one who logs in.
func (p *Provider) strangerTo(l login) string {
	for _, person := range p.directory.People() {
		if person.ID != l.person.ID {
			_, subject := p.claimsOf(person)
			return subject
		}
	}
	return "00uNobodyAtAll000000"
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

// tokenID is the jti of one of our access tokens; empty if it is none.
func tokenID(access string) string {
	claims, err := payloadOf(access)
	if err != nil {
		return ""
	}
	id, _ := claims["jti"].(string)
	return id
}

func payloadOf(compact string) (map[string]any, error) {
	jws, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return nil, err
	}
	return claims, nil
}

func asMap(value any) (map[string]any, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", value, err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("decode %T: %w", value, err)
	}
	return members, nil
}
