package sso

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/identity"
)

const (
	callbackTime = 8 * time.Second // for all exchanges of one callback
	maxQuery     = 16 << 10
)

// arrival is what a browser brings back from the identity provider (RFC 6749 section 4.1.2).
type arrival struct {
	state, code, failure string
	issuer               string // RFC 9207
	hasIssuer            bool
}

// attempt is what is known so far about a login that is being finished, for the audit log.
type attempt struct {
	tenant string
	user   string
	// strategy has found the user; "" when the identity was known.
	strategy string
	code     string // error code of the identity provider
	login    Login
	claims   Claims
	action   audit.Action // what is refused; a login when empty
}

// callback finishes a login.
func (p *RelyingParty) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD, which the pattern admits, must not use up the login
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callbackTime)
	defer cancel()
	var a attempt
	err := p.finish(ctx, w, r, &a)
	if err != nil {
		p.refused(w, r, a, err)
		return
	}
	p.redirect(w, "/")
}

// finish goes through the steps of a login, in the order in which a mistake costs the least: nothing
// is sent to anybody before state, browser and issuer are right.
func (p *RelyingParty) finish(ctx context.Context, w http.ResponseWriter, r *http.Request, a *attempt) error {
	back, err := readArrival(r.URL)
	if err != nil {
		return err
	}
	login, err := p.take(ctx, w, r, back.state, p.loginCookie(back.state, "", -1))
	if err != nil {
		return err
	}
	if login.Request != "" {
		return refuse(reasonUnknownState) // it is one of SAML
	}
	a.login, a.tenant = login, login.Tenant
	if back.hasIssuer && back.issuer != login.Issuer {
		return refuse(reasonIssuerMismatch)
	}
	idp, err := p.providers.get(ctx, login.Tenant, login.Issuer)
	if err != nil {
		return refuseWith(reasonProviderDown, err)
	}
	if idp.answersIssuer && !back.hasIssuer {
		return refuse(reasonIssuerMissing)
	}
	if back.failure != "" { // an error counts even when a code comes with it
		if errorCode.MatchString(back.failure) {
			a.code = back.failure
		}
		return refuse(reasonProviderError)
	}
	if back.code == "" {
		return refuse(reasonBadRequest)
	}
	a.claims, err = p.identify(ctx, idp, login, back.code)
	if err != nil {
		return err
	}
	return p.admit(ctx, r, a, directory.OIDC)
}

// readArrival reads the query of the callback. No parameter may occur twice (RFC 6749 section 3.1).
func readArrival(u *url.URL) (arrival, error) {
	if len(u.RawQuery) > maxQuery {
		return arrival{}, refuse(reasonBadRequest)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return arrival{}, refuse(reasonBadRequest)
	}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(query[name]) > 1 {
			return arrival{}, refuse(reasonBadRequest)
		}
	}
	if query.Get("state") == "" {
		return arrival{}, refuse(reasonUnknownState)
	}
	back := arrival{state: query.Get("state"), code: query.Get("code"), issuer: query.Get("iss"), hasIssuer: query.Has("iss")}
	if query.Has("error") {
		back.failure = query.Get("error")
		if back.failure == "" {
			back.failure = "unnamed"
		}
	}
	return back, nil
}

// take gets the login of a state, once, and sees to it that this is the browser that began it. The
// login is used up even when the browser is another one: somebody who has the state may have the code. gone is
// the cookie of the login, expired.
func (p *RelyingParty) take(ctx context.Context, w http.ResponseWriter, r *http.Request, state string, gone *http.Cookie) (Login, error) {
	login, err := p.logins.Take(ctx, state)
	if errors.Is(err, ErrNoLogin) {
		return Login{}, refuse(reasonUnknownState)
	}
	if err != nil {
		return Login{}, fmt.Errorf("take login: %w", err)
	}
	http.SetCookie(w, gone)
	cookie, err := r.Cookie(cookieName(login.State))
	if err != nil {
		return Login{}, refuse(reasonOtherBrowser)
	}
	if subtle.ConstantTimeCompare([]byte(bindingHash(cookie.Value)), []byte(login.Binding)) != 1 {
		return Login{}, refuse(reasonOtherBrowser)
	}
	return login, nil
}

// identify redeems the code and returns what the identity provider vouches for.
func (p *RelyingParty) identify(ctx context.Context, idp *provider, login Login, code string) (Claims, error) {
	as, err := p.credentials(ctx, login)
	if err != nil {
		return Claims{}, err
	}
	got, err := p.out.redeem(ctx, idp, as, code, login.Verifier, p.CallbackURL())
	if err != nil {
		return Claims{}, refuseWith(reasonCodeRefused, err)
	}
	claims, err := p.checker.Check(ctx, login, got.id)
	var invalid *InvalidTokenError
	if errors.As(err, &invalid) {
		return Claims{}, refuseWith(reasonInvalidToken, err)
	}
	if err != nil {
		return Claims{}, refuseWith(reasonProviderDown, err)
	}
	if err := checkAccessToken(claims, got.access); err != nil {
		return Claims{}, refuseWith(reasonInvalidToken, err)
	}
	if claims.Email != "" || idp.userinfo == "" {
		return claims, nil
	}
	full, err := p.out.complete(ctx, idp, claims, got.access)
	if errors.Is(err, errOtherSubject) {
		return claims, refuse(reasonUserinfoMismatch)
	}
	if err != nil {
		return claims, refuseWith(reasonUserinfo, err)
	}
	return full, nil
}

// credentials opens the client secret of the connection with which the login began.
func (p *RelyingParty) credentials(ctx context.Context, login Login) (credentials, error) {
	connection, err := p.connectionOf(ctx, login, directory.OIDC)
	if err != nil {
		return credentials{}, err
	}
	secret, err := p.vault.Unseal(ctx, login.Tenant, connection.SealedSecret)
	if err != nil {
		return credentials{}, err
	}
	return credentials{clientID: connection.ClientID, secret: string(secret)}, nil
}

// connectionOf is the connection with which a login began, as it is now.
func (p *RelyingParty) connectionOf(ctx context.Context, login Login, via directory.Protocol) (directory.Connection, error) {
	connection, err := p.store.Connection(ctx, login.Tenant)
	if err != nil {
		return directory.Connection{}, fmt.Errorf("read connection: %w", err)
	}
	if connection.Protocol != via || !connection.Active || connection.Issuer != login.Issuer || connection.ClientID != login.ClientID {
		return directory.Connection{}, refuse(reasonConnectionMoved)
	}
	return connection, nil
}

// admit finds the user, writes the audit log and starts the session, in this order: a login that was
// not recorded does not happen.
func (p *RelyingParty) admit(ctx context.Context, r *http.Request, a *attempt, via directory.Protocol) error {
	tenant, err := p.store.Tenant(ctx, a.tenant)
	if err != nil {
		return fmt.Errorf("read tenant: %w", err)
	}
	if tenant.Mode == directory.ModeLegacy {
		return refuse(reasonLocalSignOn)
	}
	connection, err := p.connectionOf(ctx, a.login, via)
	if err != nil {
		return err
	}
	admitted, err := p.people.Recognize(ctx, tenant, connection, a.claims.assertion())
	a.user, a.strategy = admitted.User.ID, admitted.Strategy
	if err != nil {
		return err
	}
	if admitted.Linked {
		if err := p.record(ctx, audit.IdentityLinked, *a, admitted.User); err != nil {
			return err
		}
	}
	session := access.Session{Tenant: tenant.ID, User: admitted.User.ID, Via: directory.Via(via), MFA: slices.Contains(a.claims.All["amr"], "mfa")}
	if err := p.sessions.Admit(r.Context(), session); err != nil {
		return err
	}
	if err := p.record(ctx, audit.LoginSucceeded, *a, admitted.User); err != nil {
		return err
	}
	return p.sessions.Start(r.Context(), session)
}

// assertion is what an identity provider vouches for, in the words of package identity.
func (c Claims) assertion() identity.Assertion {
	return identity.Assertion{
		Issuer: c.Issuer, Subject: c.Subject, Name: cmp.Or(c.SubjectName, c.Subject), Claims: c.All, EmailVerified: c.EmailVerified, Absent: c.Absent,
	}
}

func (p *RelyingParty) record(ctx context.Context, action audit.Action, a attempt, user directory.Resource) error {
	detail := map[string]string{"issuer": a.claims.Issuer, "sub": a.claims.Subject}
	if a.strategy != "" {
		detail["strategy"] = a.strategy
	}
	return p.audit.Record(ctx, audit.Entry{Tenant: a.tenant, Actor: audit.User(user.ID), Action: action, Subject: user.ID, Detail: detail})
}

// refused answers a login that failed with a page that a person understands, and records it.
func (p *RelyingParty) refused(w http.ResponseWriter, r *http.Request, a attempt, err error) {
	why := asRefusal(err)
	told := explain(why.reason)
	reference := newReference()
	ctx := context.WithoutCancel(r.Context())
	action := cmp.Or(a.action, audit.LoginRefused)
	level := p.logger.WarnContext
	if why.reason == reasonInternal {
		level = p.logger.ErrorContext
	}
	level(ctx, "sign-on refused", "action", string(action), "reason", string(why.reason), "reference", reference, "tenant", a.tenant, "error", why)
	if a.tenant != "" {
		// The person is turned away in any case; the recorder logs it when the event is lost.
		_ = p.audit.Record(ctx, audit.Entry{
			Tenant: a.tenant, Actor: audit.System, Action: action, Subject: a.user,
			Detail: refusalDetail(a, why, reference),
		})
	}
	p.write(w, r, told.status, "refused", map[string]string{
		"Title": told.title, "Text": told.text, "Code": codeOf(why.reason), "Answered": a.code, "Reference": reference,
	})
}

func refusalDetail(a attempt, why *refusal, reference string) map[string]string {
	detail := map[string]string{"reason": string(why.reason), "reference": reference}
	for name, value := range map[string]string{
		"issuer": a.login.Issuer, "sub": a.claims.Subject, "email": a.claims.Email, "code": a.code, "error": codeOf(why.reason),
	} {
		if value != "" {
			detail[name] = value
		}
	}
	var invalid *InvalidTokenError
	if errors.As(why, &invalid) {
		detail["rules"] = brokenRules(invalid)
	}
	return detail
}

func brokenRules(invalid *InvalidTokenError) string {
	names := make([]string, 0, len(invalid.Violations))
	for _, violation := range invalid.Violations {
		names = append(names, string(violation.Rule))
	}
	return strings.Join(names, " ")
}
