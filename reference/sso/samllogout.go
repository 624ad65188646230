package sso

import (
	"context"
	"net/http"
	"net/url"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/sso/saml"
)

// leave begins the logout at the identity provider of a session that ends here. It returns nil where there is none
// to tell; the session here ends in any case.
func (s *samlSite) leave(ctx context.Context, w http.ResponseWriter, session access.Session) *saml.Outgoing {
	one, ok := s.participations.take(session.ID)
	if !ok {
		return nil
	}
	with, err := s.partner(ctx, session.Tenant)
	if err != nil || with.idp.EntityID != one.issuer || len(with.idp.Logout) == 0 {
		return nil
	}
	state := random()
	out, err := with.sp.EndSession(with.idp, one.known, state)
	if err != nil {
		s.logger.WarnContext(ctx, "identity provider not told of a logout", "tenant", session.Tenant, "error", err)
		return nil
	}
	cookie, err := s.remember(ctx, with, out.ID, state, true)
	if err != nil {
		s.logger.WarnContext(ctx, "logout not remembered", "tenant", session.Tenant, "error", err)
		return nil
	}
	http.SetCookie(w, cookie)
	return &out
}

// singleLogout takes a logout message of the identity provider: a request to end sessions, or the answer to one of ours.
func (s *samlSite) singleLogout(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	with, err := s.partner(r.Context(), r.PathValue("tenant"))
	if err == nil {
		err = s.logoutMessage(w, r, with)
	}
	if err != nil {
		a := attempt{action: audit.LogoutRefused}
		if !anonymous(err) {
			a.tenant = with.tenant
		}
		err = refusedBySAML(err, &a)
		s.refused(w, r, a, err)
	}
}

func (s *samlSite) logoutMessage(w http.ResponseWriter, r *http.Request, with partner) error {
	carried, asks, err := readLogout(w, r)
	if err != nil {
		return err
	}
	if asks {
		return s.ended(w, r, with, carried)
	}
	return s.answered(w, r, with, carried)
}

// readLogout reads one message from either binding and tells whether it is a request.
func readLogout(w http.ResponseWriter, r *http.Request) (c saml.Carried, asks bool, err error) {
	var form url.Values
	if r.Method == http.MethodPost {
		form, err = readPost(w, r, "SAMLRequest", "SAMLResponse", "RelayState")
	} else if len(r.URL.RawQuery) > maxQuery {
		err = refuse(reasonBadRequest)
	} else {
		form, err = url.ParseQuery(r.URL.RawQuery)
	}
	if err != nil {
		return saml.Carried{}, false, refuseWith(reasonBadRequest, err)
	}
	asks = form.Has("SAMLRequest")
	if asks == form.Has("SAMLResponse") {
		return saml.Carried{}, false, refuse(reasonBadRequest)
	}
	c = saml.Carried{Relay: form.Get("RelayState")}
	if r.Method == http.MethodGet {
		c.Query = r.URL.RawQuery
		return c, asks, nil
	}
	if c.Posted = form.Get("SAMLResponse") + form.Get("SAMLRequest"); c.Posted == "" {
		return saml.Carried{}, false, refuse(reasonBadRequest)
	}
	return c, asks, nil
}

// ended ends what the identity provider names, and answers it. Sessions that are not known, or not any more, have ended.
func (s *samlSite) ended(w http.ResponseWriter, r *http.Request, with partner, carried saml.Carried) error {
	ending, err := with.sp.LogoutRequest(r.Context(), with.idp, carried)
	if err != nil {
		return err
	}
	for _, user := range s.participations.end(with.tenant, with.idp.EntityID, ending.Subject, ending.Index) {
		// The session is over whether or not that can be recorded; the recorder logs a lost event.
		_ = s.audit.Record(r.Context(), audit.Entry{
			Tenant: with.tenant, Actor: audit.System, Action: audit.LoggedOut, Subject: user, Detail: map[string]string{"by": "identity provider", "issuer": with.idp.EntityID},
		})
	}
	if len(with.idp.Logout) == 0 {
		s.write(w, r, http.StatusOK, "home", nil)
		return nil
	}
	out, err := with.sp.Ended(with.idp, ending)
	if err != nil {
		return err
	}
	s.send(w, r, out)
	return nil
}

// answered takes the answer to our own request. The session here ended before that was sent.
func (s *samlSite) answered(w http.ResponseWriter, r *http.Request, with partner, carried saml.Carried) error {
	login, err := s.take(r.Context(), w, r, carried.Relay, s.cookie(carried.Relay, "", -1))
	if err != nil {
		return err
	}
	if !login.Logout || login.Tenant != with.tenant || login.Issuer != with.idp.EntityID {
		return refuse(reasonUnknownState)
	}
	if err := with.sp.LogoutResponse(with.idp, carried, login.Request); err != nil {
		return err
	}
	s.redirect(w, "/")
	return nil
}
