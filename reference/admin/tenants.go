package admin

import (
	"context"
	"time"

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
