package sso

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"assay/reference/access"
	"assay/reference/directory"
	"assay/reference/sso/saml"
)

// start sends a browser to the identity provider of a tenant (Profiles section 4.1.3.1).
func (s *samlSite) start(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	ctx, tenant := r.Context(), r.PathValue("tenant")
	with, err := s.partner(ctx, tenant)
	if err != nil {
		s.refused(w, r, attempt{}, err)
		return
	}
	state := random()
	out, err := with.sp.AuthnRequest(with.idp, state)
	if err != nil {
		s.refused(w, r, attempt{tenant: tenant}, err)
		return
	}
	cookie, err := s.remember(ctx, with, out.ID, state, false)
	if err != nil {
		s.refused(w, r, attempt{tenant: tenant}, err)
		return
	}
	http.SetCookie(w, cookie)
	s.send(w, r, out)
}

// consume is the assertion consumer service.
func (s *samlSite) consume(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), callbackTime)
	defer cancel()
	var a attempt
	if err := s.conclude(ctx, w, r, &a); err != nil {
		s.refused(w, r, a, err)
		return
	}
	s.redirect(w, "/")
}

// conclude goes through the steps of a login. What the browser must show comes before what the identity provider says.
func (s *samlSite) conclude(ctx context.Context, w http.ResponseWriter, r *http.Request, a *attempt) error {
	posted, err := readPost(w, r, "SAMLResponse", "RelayState")
	if err != nil {
		return err
	}
	if posted.Get("SAMLResponse") == "" {
		return refuse(reasonBadRequest)
	}
	with, err := s.partner(ctx, r.PathValue("tenant"))
	if err != nil {
		return err
	}
	if a.login, err = s.asked(ctx, w, r, with, posted.Get("RelayState")); err != nil {
		return err
	}
	assertion, err := with.sp.Response(ctx, with.idp, posted.Get("SAMLResponse"), a.login.Request)
	if a.login.Request != "" || !anonymous(err) {
		a.tenant = with.tenant
	}
	if err != nil {
		return refusedBySAML(err, a)
	}
	a.claims = samlClaims(assertion)
	if err := s.admit(ctx, r, a, directory.SAML); err != nil {
		return err
	}
	return s.join(r.Context(), with, assertion)
}

// asked finds the login that a response answers. One that nobody asked for is taken where the tenant allows it
// (Profiles section 4.1.5); its RelayState, which may name a page, is not followed.
func (s *samlSite) asked(ctx context.Context, w http.ResponseWriter, r *http.Request, with partner, relay string) (Login, error) {
	if relay != "" && len(relay) <= saml.MaxRelayState {
		login, err := s.take(ctx, w, r, relay, s.cookie(relay, "", -1))
		if err == nil && (login.Request == "" || login.Logout) {
			return Login{}, refuse(reasonUnknownState)
		}
		if err == nil && (login.Tenant != with.tenant || login.Issuer != with.idp.EntityID) {
			return login, refuse(reasonConnectionMoved)
		}
		if err == nil || asRefusal(err).reason != reasonUnknownState || !with.connection.AllowIdPInitiated {
			return login, err
		}
	}
	if !with.connection.AllowIdPInitiated {
		return Login{}, refuse(reasonUnsolicited)
	}
	return Login{Tenant: with.tenant, Issuer: with.idp.EntityID}, nil
}

// join lets the identity provider end the session that has just begun, and ends it when that one says.
func (s *samlSite) join(ctx context.Context, with partner, assertion saml.Assertion) error {
	session, err := s.sessions.Current(ctx)
	if err != nil {
		return err
	}
	s.participations.put(session.ID, participation{
		tenant: with.tenant, issuer: with.idp.EntityID, subject: assertion.Subject, user: session.User,
		known: saml.Session{Name: assertion.Name, Index: assertion.Sessions}, ends: assertion.SessionEnds,
	})
	return nil
}

// refusedBySAML makes a refusal of what package saml says. Its reasons go to the audit log as they are.
func refusedBySAML(err error, a *attempt) error {
	var why *saml.Refusal
	if !errors.As(err, &why) {
		return err
	}
	a.code = why.Status
	switch why.Reason {
	case saml.ReasonStatus:
		return refuseWith(reasonProviderError, err)
	case saml.ReasonTransient:
		return refuseWith(reasonTransient, err)
	}
	return refuseWith(reason(why.Reason), err)
}

// anonymous tells whether anybody could have caused an error, without a message of the identity provider. Of such ones the
// operational log tells, but not the audit log of a tenant, which everybody could fill otherwise.
func anonymous(err error) bool {
	if why, ok := errors.AsType[*saml.Refusal](err); ok {
		return slices.Contains([]saml.Reason{
			saml.ReasonForm, saml.ReasonXML, saml.ReasonStructure, saml.ReasonUnsigned, saml.ReasonSignature, saml.ReasonEncryption, saml.ReasonMetadataStale,
		}, why.Reason)
	}
	_, ok := errors.AsType[*refusal](err)
	return ok
}

// readPost reads a form in which these fields may be there once each.
func readPost(w http.ResponseWriter, r *http.Request, fields ...string) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxSAMLForm)
	if err := r.ParseForm(); err != nil {
		return nil, refuseWith(reasonBadRequest, errors.New("the form cannot be read, or is too large"))
	}
	for _, field := range fields {
		if len(r.PostForm[field]) > 1 {
			return nil, refuse(reasonBadRequest)
		}
	}
	return r.PostForm, nil
}

// samlClaims says of an assertion what is said of an ID token; package identity knows which attribute is what. Its
// e-mail address counts as verified: SAML has no word for that, and the identity provider is the tenant's own. It still has
// to lie in a domain of the tenant.
func samlClaims(assertion saml.Assertion) Claims {
	return Claims{
		Issuer: assertion.Issuer, Subject: assertion.Subject, SubjectName: assertion.Name.Value, EmailVerified: true, All: assertion.Attributes,
	}
}

// lives tells whether a session is one that the identity provider has not ended. Others than those of SAML are not its.
func (s *samlSite) lives(session access.Session) bool {
	return session.Via != directory.ViaSAML || s.participations.has(session.ID, s.now())
}

// samlSessionLife bounds how long a participation is kept where the identity provider sets no end: longer than any
// session lasts.
const samlSessionLife = 24 * time.Hour
