package admin

import (
	"context"
	"net/http"
	"strconv"

	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/scim/leniency"
)

// Leniencies tells how often each leniency was used for a tenant's requests since the start.
type Leniencies interface {
	Uses(tenant string) map[string]int64
}

// SCIM is a tenant's SCIM connection as the API shows it.
type SCIM struct {
	URL        string        `json:"url" doc:"Base URL"`
	Enabled    bool          `json:"enabled" doc:"Whether the endpoint is on; its clients get 403 while it is off"`
	InPlan     bool          `json:"in_plan" doc:"Whether the tenant's plan includes SCIM; its clients get 403 when it does not"`
	Strict     bool          `json:"strict" doc:"Clients are forgiven nothing"`
	Leniencies []LeniencyUse `json:"leniencies" nullable:"false" doc:"What is forgiven otherwise, with how many requests have used it since the start"`
}

// LeniencyUse is one leniency and in how many requests it was used.
type LeniencyUse struct {
	Name string `json:"name"`
	Used int64  `json:"used"`
}

func (a *api) showSCIM(ctx context.Context, t directory.Tenant) (*Body[SCIM], error) {
	open, err := a.Store.SCIMAccess(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "read SCIM access", err)
	}
	uses := a.Leniencies.Uses(t.ID)
	names := leniency.Names()
	shown := SCIM{URL: a.SCIMURL, Enabled: open.Enabled, InPlan: open.InPlan, Strict: t.Strict, Leniencies: make([]LeniencyUse, len(names))}
	for i, name := range names {
		shown.Leniencies[i] = LeniencyUse{name, uses[name]}
	}
	return &Body[SCIM]{shown}, nil
}

func (a *api) scim(ctx context.Context, in *TenantPath) (*Body[SCIM], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showSCIM(ctx, t)
}

// SetSCIM changes a tenant's SCIM connection. What is left out stays as it is.
type SetSCIM struct {
	TenantPath
	Body struct {
		Strict  *bool `json:"strict,omitempty" doc:"Whether clients are to be forgiven nothing. It holds from the next request on"`
		Enabled *bool `json:"enabled,omitempty" doc:"Whether the endpoint is on. Other processes on the same database know within a minute"`
		InPlan  *bool `json:"in_plan,omitempty" doc:"Whether the tenant's plan includes SCIM; only the site's administrator can say so"`
	}
}

func (a *api) setSCIM(ctx context.Context, in *SetSCIM) (*Body[SCIM], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if in.Body.Strict == nil && in.Body.Enabled == nil && in.Body.InPlan == nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "NOTHING_TO_SET", Detail: "Send at least one of strict, enabled and in_plan."}
	}
	if in.Body.InPlan != nil && !callerOf(ctx).site() {
		return nil, siteOnly()
	}
	if err := a.setAccess(ctx, t.ID, in.Body.Enabled, in.Body.InPlan); err != nil {
		return nil, err
	}
	if in.Body.Strict != nil {
		if err := a.setStrict(ctx, t.ID, *in.Body.Strict); err != nil {
			return nil, err
		}
		t.Strict = *in.Body.Strict
	}
	return a.showSCIM(ctx, t)
}

func (a *api) setStrict(ctx context.Context, tenant string, strict bool) error {
	if err := a.Store.SetStrict(ctx, tenant, strict); err != nil {
		return a.internal(ctx, "set strictness", err)
	}
	err := a.Audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: actor(ctx), Action: audit.StrictnessChanged, Subject: tenant,
		Detail: map[string]string{"strict": strconv.FormatBool(strict)},
	})
	if err != nil {
		return a.internal(ctx, "record strictness", err)
	}
	return nil
}

func (a *api) setAccess(ctx context.Context, tenant string, enabled, inPlan *bool) error {
	if enabled == nil && inPlan == nil {
		return nil
	}
	open, err := a.Store.SCIMAccess(ctx, tenant)
	if err != nil {
		return a.internal(ctx, "read SCIM access", err)
	}
	if enabled != nil {
		open.Enabled = *enabled
	}
	if inPlan != nil {
		open.InPlan = *inPlan
	}
	err = a.Store.SetSCIMAccess(ctx, tenant, open)
	a.Tokens.Forget(tenant)
	if err != nil {
		return a.internal(ctx, "set SCIM access", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: actor(ctx), Action: audit.SCIMAccessChanged, Subject: tenant,
		Detail: map[string]string{"enabled": strconv.FormatBool(open.Enabled), "in_plan": strconv.FormatBool(open.InPlan)},
	})
	if err != nil {
		return a.internal(ctx, "record SCIM access", err)
	}
	return nil
}
