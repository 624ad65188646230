package sso

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"assay/reference/directory"
	"assay/reference/page"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// scopes are what we ask for: who it is, and the address that finds the account the first time.
const scopes = "openid email profile"

// begin remembers a new login and returns the authorization request and the cookie that binds the
// login to this browser.
func (p *RelyingParty) begin(ctx context.Context, tenant, hint string) (string, *http.Cookie, error) {
	connection, err := p.store.Connection(ctx, tenant)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil, refuse(reasonNoConnection)
	}
	if err != nil {
		return "", nil, fmt.Errorf("read connection: %w", err)
	}
	if !connection.Active || connection.Protocol != directory.OIDC {
		return "", nil, refuse(reasonNoConnection)
	}
	idp, err := p.providers.get(ctx, tenant, connection.Issuer)
	if err != nil {
		return "", nil, refuseWith(reasonProviderDown, err)
	}
	binding := random()
	login := Login{
		State: random(), Tenant: tenant, Issuer: connection.Issuer, ClientID: connection.ClientID,
		Nonce: random(), Verifier: random(), Binding: bindingHash(binding), Expires: p.now().Add(LoginLife),
	}
	if err := p.logins.Put(ctx, login); err != nil {
		return "", nil, fmt.Errorf("keep login: %w", err)
	}
	target, err := p.authorizationRequest(idp, login, hint)
	if err != nil {
		return "", nil, err
	}
	return target, p.loginCookie(login.State, binding, int(LoginLife.Seconds())), nil
}

// authorizationRequest always carries PKCE with S256, whatever the metadata says about it: an attacker
// who can change the metadata must not be able to switch it off (RFC 9700 section 4.8).
func (p *RelyingParty) authorizationRequest(idp *provider, login Login, hint string) (string, error) {
	target, err := url.Parse(idp.authorization)
	if err != nil {
		return "", refuseWith(reasonProviderDown, errors.New("authorization endpoint: not a URL"))
	}
	query := target.Query()
	for name, value := range map[string]string{
		"response_type":         "code",
		"scope":                 scopes,
		"client_id":             login.ClientID,
		"redirect_uri":          p.CallbackURL(),
		"state":                 login.State,
		"nonce":                 login.Nonce,
		"code_challenge":        oidc.NewSHACodeChallenge(login.Verifier),
		"code_challenge_method": "S256",
		"login_hint":            hint,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	target.RawQuery = query.Encode()
	return target.String(), nil
}

// loginCookie is the cookie of one login. Its name comes from the state, so that logins in several tabs
// do not overwrite each other; it goes to the callback only.
func (p *RelyingParty) loginCookie(state, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(state), Value: value, Path: CallbackPath, MaxAge: maxAge,
		HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	}
}

func cookieName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "assay_login_" + hex.EncodeToString(sum[:8])
}

func bindingHash(value string) string {
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// random returns 256 random bits as 43 characters, which is also the form of a PKCE code verifier.
func random() string {
	buf := make([]byte, 32)
	rand.Read(buf)
	return base64.RawURLEncoding.EncodeToString(buf)
}

// redirect sends the browser on with 303, so that nothing it posted goes along (RFC 9700 section 4.12).
func (p *RelyingParty) redirect(w http.ResponseWriter, target string) {
	page.Guard(w.Header())
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}

func (p *RelyingParty) write(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if err := p.pages.Write(w, status, name, data); err != nil {
		p.logger.ErrorContext(r.Context(), "page not written", "page", name, "error", err)
	}
}
