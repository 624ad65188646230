package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
)

// Connect is the SSO connection as an administrator sets it.
type Connect struct {
	TenantPath
	Body struct {
		Issuer       string `json:"issuer" minLength:"1" maxLength:"1024" doc:"Issuer of the OpenID provider, exactly as its discovery document names it"`
		ClientID     string `json:"client_id" minLength:"1" maxLength:"255"`
		ClientSecret string `json:"client_secret" minLength:"1" maxLength:"1024" writeOnly:"true" doc:"Never returned"`
	}
}

// Connection is the SSO connection as the API shows it.
type Connection struct {
	Issuer      string    `json:"issuer"`
	ClientID    string    `json:"client_id"`
	SecretSet   bool      `json:"secret_set"`
	CallbackURL string    `json:"callback_url" doc:"Redirect URI to register at the OpenID provider"`
	Updated     time.Time `json:"updated"`
}

func (a *api) showConnection(c directory.Connection) *Body[Connection] {
	return &Body[Connection]{Connection{
		Issuer: c.Issuer, ClientID: c.ClientID, SecretSet: len(c.SealedSecret) > 0,
		CallbackURL: a.SignOn.CallbackURL(), Updated: c.Updated.UTC(),
	}}
}

func (a *api) connection(ctx context.Context, in *TenantPath) (*Body[Connection], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	c, err := a.Store.Connection(ctx, t.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, &Problem{Status: http.StatusNotFound, Code: "SSO_NOT_CONNECTED", Detail: "The tenant has no SSO connection yet."}
	}
	if err != nil {
		return nil, a.internal(ctx, "read connection", err)
	}
	return a.showConnection(c), nil
}

// connect checks the issuer first, so that a connection which cannot work is not stored.
func (a *api) connect(ctx context.Context, in *Connect) (*Body[Connection], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := a.SignOn.Discover(ctx, in.Body.Issuer); err != nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "IDP_DISCOVERY_FAILED", Detail: err.Error()}
	}
	sealed, err := a.Vault.Seal(t.ID, []byte(in.Body.ClientSecret))
	if err != nil {
		return nil, a.internal(ctx, "seal client secret", err)
	}
	c := directory.Connection{
		Protocol: directory.OIDC, Issuer: in.Body.Issuer, ClientID: in.Body.ClientID, SealedSecret: sealed, Updated: a.Now().UTC(),
		ConnectionSettings: directory.ConnectionSettings{Active: true},
	}
	if err := a.Store.SetConnection(ctx, t.ID, c); err != nil {
		return nil, a.internal(ctx, "store connection", err)
	}
	a.SignOn.Forget(t.ID)
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: t.ID, Actor: audit.Admin, Action: audit.ConnectionChanged, Subject: t.ID,
		Detail: map[string]string{"issuer": c.Issuer, "client_id": c.ClientID},
	})
	if err != nil {
		return nil, a.internal(ctx, "record connection", err)
	}
	return a.showConnection(c), nil
}
