package oidc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// groupsURL is where all groups of a person are.
func (p *Provider) groupsURL(personID string) string {
	return p.base + strings.ReplaceAll(p.face.GroupsPath.Value, "{user}", url.PathEscape(personID))
}

// memberObjects answers, as Microsoft Graph does, where the claim _claim_sources points to: the ids of all groups of
// the person that the access token was issued for.
func (p *Provider) memberObjects(w http.ResponseWriter, r *http.Request) {
	t, ok := p.liveToken(bearer(r.Header))
	if !ok {
		fail(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is missing, invalid, expired or revoked.")
		return
	}
	visit := visitOf(r.Context())
	visit.Client, visit.State = t.login.request.ClientID, t.login.request.State
	if r.PathValue("user") != t.login.person.ID {
		fail(w, http.StatusForbidden, "Authorization_RequestDenied", "The access token is another person's.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the client is gone.
	_ = json.NewEncoder(w).Encode(map[string]any{"value": p.directory.GroupIDs(t.login.person.ID)})
}

// bearer is the access token of a request, "" when there is none (RFC 6750 section 2.1).
func bearer(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
