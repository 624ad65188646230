package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
)

// SCIMToken is a SCIM token that was made just now.
type SCIMToken struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject,omitempty" doc:"Id of the user that it stands for"`
	Token   string    `json:"token" doc:"Shown this once; only its hash is kept"`
	SCIM    string    `json:"scim" doc:"Base URL of the SCIM connection"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

// Rotate asks for a new SCIM token. The body may be left out.
type Rotate struct {
	TenantPath
	Body *struct {
		Subject        string `json:"subject,omitempty" maxLength:"255" doc:"Id of the user that the token shall stand for: /Me is then this user"`
		OverlapMinutes int    `json:"overlap_minutes,omitempty" minimum:"0" maximum:"10080" doc:"How long the tokens before it stay good; they are revoked at once when it is 0"`
		ExpiresInDays  int    `json:"expires_in_days,omitempty" minimum:"0" maximum:"3650" doc:"0 is never"`
	}
}

func (a *api) rotate(ctx context.Context, in *Rotate) (*Body[SCIMToken], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	o := access.TokenOptions{}
	if in.Body != nil {
		o = access.TokenOptions{Subject: in.Body.Subject, Overlap: time.Duration(in.Body.OverlapMinutes) * time.Minute, Life: time.Duration(in.Body.ExpiresInDays) * day}
	}
	if err := a.checkSubject(ctx, t.ID, o.Subject); err != nil {
		return nil, err
	}
	plain, token, err := a.Tokens.Rotate(ctx, t.ID, o)
	if err != nil {
		return nil, a.internal(ctx, "rotate SCIM token", err)
	}
	rotated := audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.TokenRotated, Subject: token.ID}
	if o.Subject != "" {
		rotated.Detail = map[string]string{"user": o.Subject}
	}
	err = a.Audit.Record(ctx, rotated)
	if err != nil {
		return nil, a.internal(ctx, "record rotation", err)
	}
	return &Body[SCIMToken]{SCIMToken{
		ID: token.ID, Subject: token.Subject, Token: plain, SCIM: a.SCIMURL, Created: token.Created, Expires: token.Expires,
	}}, nil
}

// checkSubject refuses a token for somebody who is not there, before the old tokens are revoked.
func (a *api) checkSubject(ctx context.Context, tenant, subject string) error {
	if subject == "" {
		return nil
	}
	_, err := a.Store.Get(ctx, tenant, directory.User, subject)
	if errors.Is(err, directory.ErrNotFound) {
		return &Problem{Status: http.StatusUnprocessableEntity, Code: "USER_NOT_FOUND", Detail: "The tenant has no user with the id that the token shall stand for."}
	}
	if err != nil {
		return a.internal(ctx, "read user", err)
	}
	return nil
}

// StoredToken is a SCIM token as the API shows it afterwards.
type StoredToken struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject,omitempty" doc:"Id of the user that it stands for"`
	State   string    `json:"state" enum:"active,expired,revoked"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"last_used,omitzero" doc:"To within ten minutes"`
}

func (a *api) showToken(t directory.Token) StoredToken {
	shown := StoredToken{ID: t.ID, Subject: t.Subject, State: "active", Created: t.Created.UTC(), Expires: t.Expires.UTC(), Used: t.Used.UTC()}
	switch {
	case t.Revoked:
		shown.State = "revoked"
	case !t.Expires.IsZero() && !a.Now().Before(t.Expires):
		shown.State = "expired"
	}
	return shown
}

func (a *api) tokens(ctx context.Context, in *TenantPath) (*Body[[]StoredToken], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	tokens, err := a.Store.TokensOf(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "list SCIM tokens", err)
	}
	shown := make([]StoredToken, 0, len(tokens))
	for _, token := range tokens {
		shown = append(shown, a.showToken(token))
	}
	return &Body[[]StoredToken]{shown}, nil
}

// TokenPath names a SCIM token.
type TokenPath struct {
	TenantPath
	Token string `path:"token" doc:"Id of the token"`
}

func (a *api) revokeToken(ctx context.Context, in *TokenPath) (*struct{}, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	err = a.Tokens.Revoke(ctx, t.ID, in.Token)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, &Problem{Status: http.StatusNotFound, Code: "TOKEN_NOT_FOUND", Detail: "The tenant has no such SCIM token."}
	}
	if err != nil {
		return nil, a.internal(ctx, "revoke SCIM token", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.TokenRevoked, Subject: in.Token})
	if err != nil {
		return nil, a.internal(ctx, "record revocation", err)
	}
	return nil, nil
}
