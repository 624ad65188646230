package sso

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// tokens is the answer of a token endpoint, as far as we use it.
type tokens struct {
	access string
	id     string
}

// credentials are how this application presents itself at a token endpoint.
type credentials struct {
	clientID string
	secret   string
}

// errorCode is what an error code of an identity provider looks like when it may be repeated in a log.
var errorCode = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// redeem exchanges an authorization code for tokens (RFC 6749 section 4.1.3), once: a code that may
// have been used is never sent again. Errors quote nothing of the answer but its error code.
func (o *outgoing) redeem(ctx context.Context, idp *provider, as credentials, code, verifier, callback string) (tokens, error) {
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {callback},
		"code_verifier": {verifier},
	}
	if idp.tokenAuth == authPost {
		form.Set("client_id", as.clientID)
		form.Set("client_secret", as.secret)
	}
	req, err := http.NewRequest(http.MethodPost, idp.token, strings.NewReader(form.Encode()))
	if err != nil {
		return tokens{}, errors.New("token endpoint: not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if idp.tokenAuth == authBasic {
		// Both parts are form-encoded before they are joined (RFC 6749 section 2.3.1).
		req.SetBasicAuth(url.QueryEscape(as.clientID), url.QueryEscape(as.secret))
	}
	got, err := o.do(ctx, req)
	if err != nil {
		return tokens{}, err
	}
	doc, err := parseObject(got.body)
	if err != nil {
		return tokens{}, fmt.Errorf("token endpoint: status %d: %w", got.status, err)
	}
	if got.status != http.StatusOK {
		code, _ := doc.text("error")
		if !errorCode.MatchString(code) {
			code = "no error code"
		}
		return tokens{}, fmt.Errorf("token endpoint: status %d: %s", got.status, code)
	}
	return readTokens(doc)
}

func readTokens(doc object) (tokens, error) {
	var t tokens
	var ok bool
	if kind, _ := doc.text("token_type"); !strings.EqualFold(kind, "Bearer") {
		return tokens{}, errors.New("token endpoint: the token type is not Bearer")
	}
	if t.access, ok = doc.text("access_token"); !ok || t.access == "" {
		return tokens{}, errors.New("token endpoint: no access token")
	}
	if t.id, ok = doc.text("id_token"); !ok || t.id == "" {
		return tokens{}, errors.New("token endpoint: no ID token")
	}
	return t, nil
}

var errOtherSubject = errors.New("userinfo speaks about somebody else than the ID token")

// complete adds e-mail, name and what the ID token has left out from the userinfo endpoint. Its answer counts only when it is about the
// subject of the ID token (OpenID Connect Core section 5.3.2).
func (o *outgoing) complete(ctx context.Context, idp *provider, claims Claims, accessToken string) (Claims, error) {
	doc, _, err := o.getJSON(ctx, idp.userinfo, accessToken)
	if err != nil {
		return Claims{}, err
	}
	if sub, ok := doc.text("sub"); !ok || sub != claims.Subject {
		return Claims{}, errOtherSubject
	}
	claims.Email, _ = doc.text("email")
	claims.EmailVerified = doc.yes("email_verified")
	if name, ok := doc.text("name"); ok {
		claims.Name = name
	}
	all := doc.scalars()
	maps.Copy(all, claims.All)
	claims.All = all
	if claims.Email != "" {
		claims.All["email"] = []string{claims.Email}
	}
	claims.Absent = append(slices.Clone(claims.Absent), doc.absent()...)
	return claims, nil
}
