package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/page"
	"assay/reference/sso/saml"
)

// me is the answer of /api/me.
type me struct {
	ID     string `json:"id"`
	Email  string `json:"email"`
	Name   string `json:"name"`
	Tenant string `json:"tenant"`
	Role   string `json:"role"`
	Via    string `json:"via"`
}

// whoever returns who is signed on. The user is read anew each time, so that a person who was
// deactivated or deleted by provisioning is out with the next request. It returns access.ErrNoSession
// when nobody is signed on (any more).
func (p *RelyingParty) whoever(ctx context.Context) (me, access.Session, error) {
	session, err := p.sessions.Current(ctx)
	if err != nil {
		return me{}, session, err
	}
	user, err := p.store.Get(ctx, session.Tenant, directory.User, session.User)
	if errors.Is(err, directory.ErrNotFound) || (err == nil && (!user.Active || !p.saml.lives(session))) {
		return me{}, session, errors.Join(access.ErrNoSession, p.sessions.End(ctx))
	}
	if err != nil {
		return me{}, session, fmt.Errorf("read signed-on user: %w", err)
	}
	unlinked, err := p.unlinked(ctx, session)
	if err != nil {
		return me{}, session, err
	}
	if unlinked {
		return me{}, session, errors.Join(access.ErrNoSession, p.sessions.End(ctx))
	}
	standing, err := p.people.Standing(ctx, session.Tenant, user.ID)
	if err != nil {
		return me{}, session, err
	}
	return me{
		ID: user.ID, Email: emailOf(user), Name: nameOf(user), Tenant: session.Tenant, Role: string(standing.Role), Via: string(session.Via),
	}, session, nil
}

// unlinked tells that a session is of somebody whose identity was taken from the user since.
func (p *RelyingParty) unlinked(ctx context.Context, session access.Session) (bool, error) {
	identities, err := p.store.Identities(ctx, session.Tenant, session.User)
	if err != nil {
		return false, fmt.Errorf("read identities of signed-on user: %w", err)
	}
	via := directory.Protocol(session.Via)
	return (via == directory.OIDC || via == directory.SAML) && len(identities) == 0, nil
}

func (p *RelyingParty) me(w http.ResponseWriter, r *http.Request) {
	who, _, err := p.whoever(r.Context())
	if errors.Is(err, access.ErrNoSession) {
		problem(w, http.StatusUnauthorized, "Nobody is signed on.")
		return
	}
	if err != nil {
		p.logger.ErrorContext(r.Context(), "session not read", "error", err)
		problem(w, http.StatusInternalServerError, "The session could not be read.")
		return
	}
	writeJSON(w, http.StatusOK, "application/json", who)
}

func (p *RelyingParty) home(w http.ResponseWriter, r *http.Request) {
	who, _, err := p.whoever(r.Context())
	if err != nil {
		p.write(w, r, http.StatusOK, "home", nil)
		return
	}
	tenant, err := p.store.Tenant(r.Context(), who.Tenant)
	if err == nil {
		who.Tenant = tenant.Name
	}
	p.write(w, r, http.StatusOK, "home", who)
}

// logout ends the session here, and tells a SAML identity provider that wants to know. It is a POST, and not one from
// another site.
func (p *RelyingParty) logout(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	session, err := p.sessions.Current(ctx)
	var told *saml.Outgoing
	if err == nil {
		told = p.saml.leave(ctx, w, session)
		// The session ends whether or not that can be recorded; the recorder logs a lost event.
		_ = p.audit.Record(ctx, audit.Entry{
			Tenant: session.Tenant, Actor: audit.User(session.User), Action: audit.LoggedOut, Subject: session.User,
		})
	}
	if err := p.sessions.End(ctx); err != nil {
		p.logger.ErrorContext(ctx, "session not ended", "error", err)
		problem(w, http.StatusInternalServerError, "The session could not be ended.")
		return
	}
	if told != nil {
		p.saml.send(w, r, *told)
		return
	}
	p.redirect(w, "/")
}

func emailOf(user directory.Resource) string {
	if user.Email != "" {
		return user.Email
	}
	if strings.Contains(user.Name, "@") {
		return user.Name
	}
	return ""
}

// nameOf is the display name of a user, or the best that the SCIM document has instead.
func nameOf(user directory.Resource) string {
	if display, _ := user.Attributes["displayName"].(string); display != "" {
		return display
	}
	name, _ := user.Attributes["name"].(map[string]any)
	if formatted, _ := name["formatted"].(string); formatted != "" {
		return formatted
	}
	given, _ := name["givenName"].(string)
	family, _ := name["familyName"].(string)
	if full := strings.TrimSpace(given + " " + family); full != "" {
		return full
	}
	return user.Name
}

func problem(w http.ResponseWriter, status int, detail string) {
	writeJSON(w, status, "application/problem+json", map[string]any{
		"title": http.StatusText(status), "status": status, "detail": detail,
	})
}

func writeJSON(w http.ResponseWriter, status int, kind string, body any) {
	data, err := json.Marshal(body)
	if err != nil { // strings and numbers always have a JSON form
		http.Error(w, "the answer could not be written", http.StatusInternalServerError)
		return
	}
	page.Guard(w.Header())
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // an error here means that the client has gone
}
