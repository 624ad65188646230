package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The methods of client authentication (Core 9).
const (
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodKey   = "private_key_jwt"
	methodNone  = "none"
)

// maxAssertionAge is how far ahead a client assertion may expire. Its jti is remembered for as long.
const maxAssertionAge = time.Hour

// ErrBadApp says why an app cannot be a client; wrapped.
var ErrBadApp = errors.New("bad app")

func assertionAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
}

// Check tells whether an app's registration as an OpenID Connect client can be used with its persona. Errors wrap
// ErrBadApp and say what there is.
func Check(app control.App, face persona.OIDC) error {
	methods := face.ClientAuth.Value
	if app.AuthMethod != "" && app.AuthMethod != methodNone && !slices.Contains(methods, app.AuthMethod) {
		return fmt.Errorf("%w: token_endpoint_auth_method %q is none of %s", ErrBadApp, app.AuthMethod, strings.Join(methods, ", "))
	}
	if app.BackchannelLogoutURI != "" && !face.BackChannelLogout.Value {
		return fmt.Errorf("%w: backchannel_logout_uri: persona %s has no back-channel logout; generic has", ErrBadApp, app.Persona)
	}
	if app.FrontchannelLogoutURI != "" && !face.FrontChannelLogout.Value {
		return fmt.Errorf("%w: frontchannel_logout_uri: persona %s has no front-channel logout; generic has", ErrBadApp, app.Persona)
	}
	if app.AuthMethod != methodKey {
		if len(app.JWKS) > 0 {
			return fmt.Errorf("%w: jwks is for token_endpoint_auth_method %s only", ErrBadApp, methodKey)
		}
		return nil
	}
	keys, err := publicKeys(app)
	if err != nil {
		return fmt.Errorf("%w: jwks: %w", ErrBadApp, err)
	}
	if len(keys) == 0 {
		return fmt.Errorf("%w: %s needs at least one key in jwks", ErrBadApp, methodKey)
	}
	return nil
}

func publicKeys(app control.App) ([]jose.JSONWebKey, error) {
	if len(app.JWKS) == 0 {
		return nil, nil
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(app.JWKS, &set); err != nil {
		return nil, err
	}
	for _, key := range set.Keys {
		if !key.IsPublic() {
			return nil, errors.New("a key is private, or none: register public keys only")
		}
	}
	return set.Keys, nil
}

// authenticate finds and authenticates the client of a request, by a method that it may use. Failure is a 401.
func (p *Provider) authenticate(ctx context.Context, header http.Header, c *op.ClientCredentials) (control.App, error) {
	app, ok := p.app(clientIDOf(c))
	if ok {
		visitOf(ctx).Client = app.ClientID
	}
	method := methodOf(header, c)
	allowed := []string{app.AuthMethod}
	if app.AuthMethod == "" {
		allowed = p.face.UsualAuth.Value
	}
	switch {
	case !ok:
		return control.App{}, refuseClient("Invalid value for 'client_id' parameter.")
	case !slices.Contains(allowed, method):
		return control.App{}, refuseClient(fmt.Sprintf("The client authenticates by %s, which was not done.", strings.Join(allowed, " or ")))
	case method == methodKey:
		if err := p.checkAssertion(app, c); err != nil {
			return control.App{}, refuseClient("The client assertion is invalid: " + err.Error())
		}
	case method != methodNone && !p.directory.CheckSecret(app.ClientID, c.ClientSecret):
		return control.App{}, refuseClient("The client secret supplied for a confidential client is invalid.")
	}
	return app, nil
}

func methodOf(header http.Header, c *op.ClientCredentials) string {
	_, _, basic := (&http.Request{Header: header}).BasicAuth()
	switch {
	case c.ClientAssertion != "":
		return methodKey
	case basic:
		return methodBasic
	case c.ClientSecret != "":
		return methodPost
	default:
		return methodNone
	}
}

// clientIDOf is who the client says that it is; an assertion says so without a client_id too (RFC 7521 section 4.2).
func clientIDOf(c *op.ClientCredentials) string {
	if c.ClientID != "" || c.ClientAssertion == "" {
		return c.ClientID
	}
	assertion, err := jwt.ParseSigned(c.ClientAssertion, assertionSignatures())
	if err != nil {
		return ""
	}
	var claims jwt.Claims
	if err := assertion.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return ""
	}
	return claims.Subject
}

func assertionSignatures() []jose.SignatureAlgorithm {
	var algorithms []jose.SignatureAlgorithm
	for _, name := range assertionAlgorithms() {
		algorithms = append(algorithms, jose.SignatureAlgorithm(name))
	}
	return algorithms
}

// checkAssertion judges a client assertion after RFC 7523 section 3: issuer and subject are the client, the audience
// is this provider, it is in time, and it is used once.
func (p *Provider) checkAssertion(app control.App, c *op.ClientCredentials) error {
	assertion, err := jwt.ParseSigned(c.ClientAssertion, assertionSignatures())
	if err != nil {
		return errors.New("it is no JWT that is signed with an algorithm of those that are offered")
	}
	claims, err := verified(assertion, app)
	if err != nil {
		return err
	}
	now := p.now()
	switch {
	case claims.Issuer != app.ClientID || claims.Subject != app.ClientID:
		return errors.New("iss and sub must be the client_id")
	case !claims.Audience.Contains(p.issuer) && !claims.Audience.Contains(p.tokenURL()):
		return errors.New("aud must be the issuer or the token endpoint")
	case claims.Expiry == nil || !now.Before(claims.Expiry.Time()):
		return errors.New("exp is missing or past")
	case claims.Expiry.Time().Sub(now) > maxAssertionAge:
		return fmt.Errorf("exp must be within %s", maxAssertionAge)
	case claims.NotBefore != nil && now.Before(claims.NotBefore.Time()):
		return errors.New("nbf is ahead")
	case claims.ID == "":
		return errors.New("jti is missing")
	}
	if !p.assertions.Add(app.ClientID+" "+claims.ID, struct{}{}) {
		return errors.New("its jti was used before")
	}
	return nil
}

func (p *Provider) tokenURL() string { return p.base + p.face.Path(p.face.Endpoints.Value.Token) }

// verified are the claims of an assertion that one of the client's keys has signed.
func verified(assertion *jwt.JSONWebToken, app control.App) (jwt.Claims, error) {
	keys, err := publicKeys(app)
	if err != nil {
		return jwt.Claims{}, err
	}
	kid := assertion.Headers[0].KeyID
	for _, key := range keys {
		var claims jwt.Claims
		if (kid == "" || key.KeyID == "" || kid == key.KeyID) && assertion.Claims(key.Key, &claims) == nil {
			return claims, nil
		}
	}
	return jwt.Claims{}, errors.New("none of the client's keys has signed it")
}

func refuseClient(description string) error {
	return op.NewStatusError(oidc.ErrInvalidClient().WithDescription("%s", description), http.StatusUnauthorized)
}
