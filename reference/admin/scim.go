package admin

import (
	"context"
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
	Strict     bool          `json:"strict" doc:"Clients are forgiven nothing"`
	Leniencies []LeniencyUse `json:"leniencies" nullable:"false" doc:"What is forgiven otherwise, with how many requests have used it since the start"`
}

// LeniencyUse is one leniency and in how many requests it was used.
type LeniencyUse struct {
	Name string `json:"name"`
	Used int64  `json:"used"`
}

func (a *api) showSCIM(t directory.Tenant) *Body[SCIM] {
	uses := a.Leniencies.Uses(t.ID)
	names := leniency.Names()
	shown := SCIM{URL: a.SCIMURL, Strict: t.Strict, Leniencies: make([]LeniencyUse, len(names))}
	for i, name := range names {
		shown.Leniencies[i] = LeniencyUse{name, uses[name]}
	}
	return &Body[SCIM]{shown}
}

func (a *api) scim(ctx context.Context, in *TenantPath) (*Body[SCIM], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showSCIM(t), nil
}

// SetSCIM changes a tenant's SCIM connection.
type SetSCIM struct {
	TenantPath
	Body struct {
		Strict bool `json:"strict" doc:"Whether clients are to be forgiven nothing. It holds from the next request on"`
	}
}

func (a *api) setSCIM(ctx context.Context, in *SetSCIM) (*Body[SCIM], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := a.Store.SetStrict(ctx, t.ID, in.Body.Strict); err != nil {
		return nil, a.internal(ctx, "set strictness", err)
	}
	t.Strict = in.Body.Strict
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: t.ID, Actor: audit.Admin, Action: audit.StrictnessChanged, Subject: t.ID,
		Detail: map[string]string{"strict": strconv.FormatBool(t.Strict)},
	})
	if err != nil {
		return nil, a.internal(ctx, "record strictness", err)
	}
	return a.showSCIM(t), nil
}
