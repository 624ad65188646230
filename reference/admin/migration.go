package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/directory"
	"assay/reference/migration"
)

// Migrations moves tenants to single sign-on.
type Migrations interface {
	Start(ctx context.Context, tenant, actor string) (directory.MigrationJob, error)
	Cancel(ctx context.Context, tenant, id, actor string) error
	RollBack(ctx context.Context, tenant, id, actor string) error
}

// Checklist is how ready a tenant is for its migration.
type Checklist struct {
	Ready       bool      `json:"ready" doc:"Whether nothing stands in the way"`
	Mode        string    `json:"mode" enum:"legacy,sso"`
	ActiveUsers int       `json:"active_users"`
	BreakGlass  []string  `json:"break_glass" nullable:"false" doc:"Ids of those who can get in when the identity provider fails"`
	Findings    []Finding `json:"findings" nullable:"false"`
}

// Finding is something that stands in the way of a migration, or a warning.
type Finding struct {
	Code     string   `json:"code"`
	Blocking bool     `json:"blocking"`
	Text     string   `json:"text"`
	Users    []string `json:"users,omitempty" doc:"Ids of the users whom it is about, at most 100"`
}

func (a *api) checklist(ctx context.Context, in *TenantPath) (*Body[Checklist], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	list, err := a.check(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "check readiness", err)
	}
	shown := Checklist{Ready: list.Ready(), Mode: string(list.Mode), ActiveUsers: list.Active, BreakGlass: list.BreakGlass, Findings: []Finding{}}
	if shown.BreakGlass == nil {
		shown.BreakGlass = []string{}
	}
	for _, f := range list.Findings {
		shown.Findings = append(shown.Findings, Finding{string(f.Code), f.Blocking, f.Text, f.Users})
	}
	return &Body[Checklist]{shown}, nil
}

func (a *api) check(ctx context.Context, tenant string) (migration.Checklist, error) {
	ready, err := a.Store.Readiness(ctx, tenant)
	if err != nil {
		return migration.Checklist{}, err
	}
	domains, err := a.Store.DomainsOf(ctx, tenant)
	if err != nil {
		return migration.Checklist{}, err
	}
	connection, err := a.Store.Connection(ctx, tenant)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return migration.Checklist{}, err
	}
	return migration.Check(ready, domains, connection.Matching), nil
}

// Migration is a migration as the API shows it.
type Migration struct {
	ID      string    `json:"id"`
	State   string    `json:"state" enum:"running,done,failed,cancelled,rolled-back"`
	Step    string    `json:"step" enum:"preconditions,canonicalise-emails,duplicates,bindings,flip" doc:"Which it is at, or was when it ended"`
	Done    int       `json:"done" doc:"Users whose e-mail address was made canonical"`
	Total   int       `json:"total" doc:"Of so many"`
	Problem string    `json:"problem,omitempty" doc:"Code of why it failed"`
	Detail  string    `json:"detail,omitempty"`
	Actor   string    `json:"actor" doc:"Who started it"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func showMigration(j directory.MigrationJob) Migration {
	return Migration{ID: j.ID, State: string(j.State), Step: string(j.Step), Done: j.Done, Total: j.Total, Problem: j.Problem,
		Detail: j.Detail, Actor: j.Actor, Created: j.Created.UTC(), Updated: j.Updated.UTC()}
}

// Accepted is the answer 202 to what goes on in the background.
type Accepted[T any] struct {
	Status int
	Body   T
}

func (a *api) migrate(ctx context.Context, in *TenantPath) (*Accepted[Migration], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	job, err := a.Migrations.Start(ctx, t.ID, actor(ctx))
	if err != nil {
		return nil, a.migrationProblem(ctx, err)
	}
	return &Accepted[Migration]{http.StatusAccepted, showMigration(job)}, nil
}

// MigrationPath names a migration.
type MigrationPath struct {
	TenantPath
	Migration string `path:"migration" doc:"Id of the migration"`
}

func (a *api) migration(ctx context.Context, in *MigrationPath) (*Body[Migration], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showMigration(ctx, t.ID, in.Migration)
}

func (a *api) showMigration(ctx context.Context, tenant, id string) (*Body[Migration], error) {
	job, err := a.Store.Migration(ctx, tenant, id)
	if err != nil {
		return nil, a.migrationProblem(ctx, err)
	}
	return &Body[Migration]{showMigration(job)}, nil
}

// MigrationsQuery selects migrations.
type MigrationsQuery struct {
	TenantPath
	Limit int `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many of the newest"`
}

func (a *api) migrations(ctx context.Context, in *MigrationsQuery) (*Body[[]Migration], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	jobs, err := a.Store.Migrations(ctx, t.ID, in.Limit)
	if err != nil {
		return nil, a.internal(ctx, "list migrations", err)
	}
	shown := make([]Migration, 0, len(jobs))
	for _, j := range jobs {
		shown = append(shown, showMigration(j))
	}
	return &Body[[]Migration]{shown}, nil
}

func (a *api) cancelMigration(ctx context.Context, in *MigrationPath) (*Body[Migration], error) {
	return a.endMigration(ctx, in, a.Migrations.Cancel)
}

func (a *api) rollBackMigration(ctx context.Context, in *MigrationPath) (*Body[Migration], error) {
	return a.endMigration(ctx, in, a.Migrations.RollBack)
}

func (a *api) endMigration(ctx context.Context, in *MigrationPath, end func(ctx context.Context, tenant, id, actor string) error) (*Body[Migration], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := end(ctx, t.ID, in.Migration, actor(ctx)); err != nil {
		return nil, a.migrationProblem(ctx, err)
	}
	return a.showMigration(ctx, t.ID, in.Migration)
}

func (a *api) migrationProblem(ctx context.Context, err error) error {
	if found, ok := errors.AsType[*migration.Finding](err); ok {
		return &Problem{Status: http.StatusConflict, Code: string(found.Code), Detail: found.Text}
	}
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Code: "MIGRATION_NOT_FOUND", Detail: "There is no such migration."}
	case errors.Is(err, directory.ErrMigrationRunning):
		return &Problem{Status: http.StatusConflict, Code: "MIGRATION_RUNNING", Detail: "A migration of this tenant is running already."}
	case errors.Is(err, directory.ErrMigrationOver):
		return &Problem{Status: http.StatusConflict, Code: "INVALID_STATE", Detail: "The migration is over and cannot be cancelled. One that is done can be rolled back."}
	case errors.Is(err, directory.ErrNotMigrated):
		return &Problem{Status: http.StatusConflict, Code: "INVALID_STATE", Detail: "Only the newest migration of a tenant can be rolled back, and only when it is done."}
	}
	return a.internal(ctx, "migrate", err)
}
