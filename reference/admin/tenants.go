package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
)

// TenantPath names the tenant of an operation.
type TenantPath struct {
	Tenant string `path:"tenant" doc:"Id of the tenant"`
}

// Body is an answer with a JSON body.
type Body[T any] struct {
	Body T
}

// Tenant is a tenant as the API shows it.
type Tenant struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Customer string    `json:"customer_id,omitempty" doc:"What pairs its SSO and its SCIM connection"`
	Mode     string    `json:"mode" enum:"legacy,sso" doc:"How its people sign on"`
	Domains  []string  `json:"domains" nullable:"false" doc:"Verified e-mail domains; a single tenant without any takes everybody"`
	Created  time.Time `json:"created"`
	SCIM     string    `json:"scim" doc:"Base URL of its SCIM connection"`
}

func (a *api) show(t directory.Tenant) Tenant {
	domains := t.Domains
	if domains == nil {
		domains = []string{}
	}
	return Tenant{ID: t.ID, Name: t.Name, Customer: t.CustomerID, Mode: string(t.Mode), Domains: domains, Created: t.Created.UTC(), SCIM: a.SCIMURL}
}

func (a *api) tenants(ctx context.Context, _ *struct{}) (*Body[[]Tenant], error) {
	all, err := a.Store.Tenants(ctx)
	if err != nil {
		return nil, a.internal(ctx, "list tenants", err)
	}
	shown := make([]Tenant, 0, len(all))
	for _, t := range all {
		shown = append(shown, a.show(t))
	}
	return &Body[[]Tenant]{shown}, nil
}

func (a *api) tenant(ctx context.Context, in *TenantPath) (*Body[Tenant], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return &Body[Tenant]{a.show(t)}, nil
}

// SCIMToken is a SCIM token that was made just now.
type SCIMToken struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject,omitempty" doc:"Id of the user that it stands for"`
	Token   string    `json:"token" doc:"Shown this once; only its hash is kept"`
	SCIM    string    `json:"scim" doc:"Base URL of the SCIM connection"`
	Created time.Time `json:"created"`
}

// Rotate asks for a new SCIM token. The body may be left out.
type Rotate struct {
	TenantPath
	Body *struct {
		Subject string `json:"subject,omitempty" maxLength:"255" doc:"Id of the user that the token shall stand for: /Me is then this user"`
	}
}

func (a *api) rotate(ctx context.Context, in *Rotate) (*Body[SCIMToken], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	subject := ""
	if in.Body != nil {
		subject = in.Body.Subject
	}
	if err := a.checkSubject(ctx, t.ID, subject); err != nil {
		return nil, err
	}
	plain, token, err := a.Tokens.RotateFor(ctx, t.ID, subject)
	if err != nil {
		return nil, a.internal(ctx, "rotate SCIM token", err)
	}
	rotated := audit.Entry{Tenant: t.ID, Actor: audit.Admin, Action: audit.TokenRotated, Subject: token.ID}
	if subject != "" {
		rotated.Detail = map[string]string{"user": subject}
	}
	err = a.Audit.Record(ctx, rotated)
	if err != nil {
		return nil, a.internal(ctx, "record rotation", err)
	}
	return &Body[SCIMToken]{SCIMToken{ID: token.ID, Subject: token.Subject, Token: plain, SCIM: a.SCIMURL, Created: token.Created}}, nil
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
