package sso

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const (
	skew       = time.Minute      // difference of clocks that is forgiven
	maxAge     = 10 * time.Minute // of an ID token: it was made for the login that is going on
	maxIDToken = 64 << 10
	maxSubject = 255 // OpenID Connect Core section 2
)

// compact is a JWS in compact serialization, and nothing around it (RFC 7515 section 3.1).
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)

// tokenChecker is the Checker of the relying party. It reports every rule that a token breaks, not
// only the first, so that an administrator sees at once what is wrong with an identity provider.
type tokenChecker struct {
	providers *providers
	now       func() time.Time
}

// idToken is an ID token taken apart, before anything in it is believed.
type idToken struct {
	raw     string
	header  object
	payload []byte
	claims  object
}

// Check implements Checker.
func (c *tokenChecker) Check(ctx context.Context, login Login, raw string) (Claims, error) {
	idp, err := c.providers.get(ctx, login.Tenant, login.Issuer)
	if err != nil {
		return Claims{}, err
	}
	token, err := takeApart(raw)
	if err != nil {
		return Claims{}, &InvalidTokenError{Violations: []Violation{{RuleForm, err.Error()}}}
	}
	broken := c.judge(login, token)
	signature, err := checkSignature(ctx, idp, token)
	if err != nil {
		return Claims{}, err
	}
	broken = append(broken, signature...)
	claims := readClaims(token)
	if len(broken) > 0 {
		return Claims{}, &InvalidTokenError{Violations: broken, Claims: claims}
	}
	return claims, nil
}

func takeApart(raw string) (idToken, error) {
	if len(raw) > maxIDToken {
		return idToken{}, errors.New("too long")
	}
	if !compact.MatchString(raw) {
		return idToken{}, errors.New("not a signed token in compact form")
	}
	parts := strings.Split(raw, ".")
	header, err := segment(parts[0])
	if err != nil {
		return idToken{}, fmt.Errorf("header: %w", err)
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return idToken{}, errors.New("payload: not base64url")
	}
	claims, err := parseObject(payload)
	if err != nil {
		return idToken{}, fmt.Errorf("payload: %w", err)
	}
	return idToken{raw: raw, header: header, payload: payload, claims: claims}, nil
}

func segment(text string) (object, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("not base64url")
	}
	return parseObject(data)
}

// judge applies the rules that need no key.
func (c *tokenChecker) judge(login Login, token idToken) []Violation {
	now := c.now()
	checks := []struct {
		rule  Rule
		check func() error
	}{
		{RuleType, func() error { return checkType(token) }},
		{RuleIssuer, func() error { return checkIssuer(token.claims, login.Issuer) }},
		{RuleAudience, func() error { return checkAudience(token.claims, login.ClientID) }},
		{RuleAuthorized, func() error { return checkAuthorized(token.claims, login.ClientID) }},
		{RuleExpiry, func() error { return checkExpiry(token.claims, now) }},
		{RuleIssuedAt, func() error { return checkIssuedAt(token.claims, now) }},
		{RuleNotBefore, func() error { return checkNotBefore(token.claims, now) }},
		{RuleNonce, func() error { return checkNonce(token.claims, login.Nonce) }},
		{RuleSubject, func() error { return checkSubject(token.claims) }},
		{RuleAccessToken, func() error { return checkHashForm(token.claims) }},
	}
	var broken []Violation
	for _, one := range checks {
		if err := one.check(); err != nil {
			broken = append(broken, Violation{one.rule, err.Error()})
		}
	}
	return broken
}

// checkSignature judges algorithm and signature. Its error is not about the token: the keys of the
// issuer could not be read.
func checkSignature(ctx context.Context, idp *provider, token idToken) ([]Violation, error) {
	alg, _ := token.header.text("alg")
	if !slices.Contains(idp.algorithms, alg) {
		return []Violation{{RuleAlgorithm, "not one of " + strings.Join(idp.algorithms, ", ")}}, nil
	}
	var claims oidc.IDTokenClaims // only takes the name of the algorithm
	err := oidc.CheckSignature(ctx, token.raw, token.payload, &claims, idp.algorithms, idp.keys)
	if err == nil {
		return nil, nil
	}
	if errors.Is(err, errKeysRead) || ctx.Err() != nil {
		return nil, err
	}
	text := errBadSig.Error()
	if errors.Is(err, errNoKey) {
		text = errNoKey.Error()
	}
	return []Violation{{RuleSignature, text}}, nil
}

// checkType keeps other kinds of JWT out: access tokens (RFC 9068), logout tokens, and tokens with
// critical extensions, of which we understand none (RFC 7515 section 4.1.11).
func checkType(token idToken) error {
	if token.header.has("crit") {
		return errors.New("a critical header extension that is not understood")
	}
	if token.header.has("typ") {
		if typ, ok := token.header.text("typ"); !ok || !strings.EqualFold(typ, "JWT") {
			return errors.New("typ is not JWT")
		}
	}
	if token.header.has("kid") {
		if _, ok := token.header.text("kid"); !ok {
			return errors.New("kid is not a string")
		}
	}
	if token.claims.has("events") {
		return errors.New("a security event token")
	}
	return nil
}

func checkIssuer(claims object, issuer string) error {
	iss, ok := claims.text("iss")
	if !ok {
		return errors.New("missing, or not a string")
	}
	if iss != issuer {
		return errors.New("another issuer")
	}
	return nil
}

func checkAudience(claims object, clientID string) error {
	audience, ok := claims.texts("aud")
	if !ok || len(audience) == 0 {
		return errors.New("missing, or not strings")
	}
	if !slices.Contains(audience, clientID) {
		return errors.New("not for this application")
	}
	if len(audience) > 1 {
		return errors.New("also for others, whom we do not trust")
	}
	return nil
}

func checkAuthorized(claims object, clientID string) error {
	if !claims.has("azp") {
		return nil
	}
	if azp, ok := claims.text("azp"); !ok || azp != clientID {
		return errors.New("issued to another application")
	}
	return nil
}

func checkExpiry(claims object, now time.Time) error {
	exp, err := claims.date("exp")
	if err != nil {
		return err
	}
	if !now.Before(exp.Add(skew)) {
		return errors.New("expired")
	}
	return nil
}

func checkIssuedAt(claims object, now time.Time) error {
	iat, err := claims.date("iat")
	if err != nil {
		return err
	}
	if iat.After(now.Add(skew)) {
		return errors.New("in the future")
	}
	if iat.Before(now.Add(-maxAge)) {
		return errors.New("too long ago")
	}
	return nil
}

func checkNotBefore(claims object, now time.Time) error {
	if !claims.has("nbf") {
		return nil
	}
	nbf, err := claims.date("nbf")
	if err != nil {
		return err
	}
	if nbf.After(now.Add(skew)) {
		return errors.New("in the future")
	}
	return nil
}

func checkNonce(claims object, nonce string) error {
	got, ok := claims.text("nonce")
	if !ok {
		return errors.New("missing, or not a string")
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(nonce)) != 1 {
		return errors.New("not the nonce of this login")
	}
	return nil
}

func checkSubject(claims object) error {
	sub, ok := claims.text("sub")
	if !ok || sub == "" {
		return errors.New("missing, empty, or not a string")
	}
	if utf8.RuneCountInString(sub) > maxSubject {
		return errors.New("longer than 255 characters")
	}
	return nil
}

// checkHashForm only sees to it that an at_hash which is present can be compared later.
func checkHashForm(claims object) error {
	if !claims.has("at_hash") {
		return nil
	}
	if hash, ok := claims.text("at_hash"); !ok || hash == "" {
		return errors.New("at_hash is not a string")
	}
	return nil
}

// checkAccessToken compares at_hash with the access token that came along (Core section 3.1.3.8).
func checkAccessToken(claims Claims, accessToken string) error {
	if claims.AccessTokenHash == "" {
		return nil
	}
	want, err := oidc.ClaimHash(accessToken, jose.SignatureAlgorithm(claims.Algorithm))
	if err != nil {
		return fmt.Errorf("at_hash: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(claims.AccessTokenHash)) != 1 {
		return errors.New("at_hash: not the hash of the access token")
	}
	return nil
}

func readClaims(token idToken) Claims {
	var claims Claims
	claims.Issuer, _ = token.claims.text("iss")
	claims.Subject, _ = token.claims.text("sub")
	claims.Email, _ = token.claims.text("email")
	claims.EmailVerified = token.claims.yes("email_verified")
	claims.Name, _ = token.claims.text("name")
	claims.All, claims.Absent = token.claims.scalars(), token.claims.absent()
	claims.AccessTokenHash, _ = token.claims.text("at_hash")
	claims.Algorithm, _ = token.header.text("alg")
	return claims
}
