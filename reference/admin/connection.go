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
		ClientSecret string `json:"client_secret,omitempty" maxLength:"1024" writeOnly:"true" doc:"Never returned. Left out it stays, unless issuer or client change"`
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

// connect checks the issuer first, so that a connection which cannot work is not stored. The settings stay.
func (a *api) connect(ctx context.Context, in *Connect) (*Body[Connection], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	old, err := a.Store.Connection(ctx, t.ID)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return nil, a.internal(ctx, "read connection", err)
	}
	if err := a.SignOn.Discover(ctx, in.Body.Issuer); err != nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "IDP_DISCOVERY_FAILED", Detail: err.Error()}
	}
	sealed, err := a.sealedSecret(ctx, t.ID, in, old)
	if err != nil {
		return nil, err
	}
	c := directory.Connection{
		Protocol: directory.OIDC, Issuer: in.Body.Issuer, ClientID: in.Body.ClientID, SealedSecret: sealed, Updated: a.Now().UTC(),
		ConnectionSettings: directory.ConnectionSettings{Active: true},
	}
	if old.Protocol == c.Protocol {
		c.ConnectionSettings = old.ConnectionSettings
	}
	if err := a.Store.SetConnection(ctx, t.ID, c); err != nil {
		return nil, a.internal(ctx, "store connection", err)
	}
	a.SignOn.Forget(t.ID)
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: t.ID, Actor: actor(ctx), Action: audit.ConnectionChanged, Subject: t.ID,
		Detail: map[string]string{"issuer": c.Issuer, "client_id": c.ClientID},
	})
	if err != nil {
		return nil, a.internal(ctx, "record connection", err)
	}
	return a.showConnection(c), nil
}

// sealedSecret is the client secret to store. The one that is stored goes on only to those who have it: a new issuer
// must not get to see it.
func (a *api) sealedSecret(ctx context.Context, tenant string, in *Connect, old directory.Connection) ([]byte, error) {
	if in.Body.ClientSecret != "" {
		sealed, err := a.Vault.Seal(ctx, tenant, []byte(in.Body.ClientSecret))
		if err != nil {
			return nil, a.internal(ctx, "seal client secret", err)
		}
		return sealed, nil
	}
	if len(old.SealedSecret) == 0 || old.Issuer != in.Body.Issuer || old.ClientID != in.Body.ClientID {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "CLIENT_SECRET_REQUIRED", Detail: "Send client_secret: none is stored for this issuer and client."}
	}
	return old.SealedSecret, nil
}
