package admin

import (
	"context"
	"errors"
	"net/http"

	"assay/reference/audit"
	"assay/reference/directory"
)

// Role is the role of a user and where it comes from.
type Role struct {
	Role          string        `json:"role" enum:"owner,admin,member,viewer" doc:"The one that counts: the highest of all"`
	Direct        string        `json:"direct,omitempty" doc:"That which was assigned directly"`
	Default       bool          `json:"default" doc:"Nothing gives a role, so that it is the default one"`
	Groups        []RoleMapping `json:"groups" nullable:"false" doc:"The groups that give a role"`
	GroupsUnknown string        `json:"groups_unknown,omitempty" enum:"overage,missing" doc:"Why the groups of the identity provider give nothing: they were too many for its token, or it has said nothing"`
}

// RoleMapping gives a role to the members of a group.
type RoleMapping struct {
	Source string `json:"source" enum:"directory,claim" doc:"A group of this tenant, by its id, or one that the identity provider names in its tokens and assertions"`
	Group  string `json:"group" minLength:"1" maxLength:"1024"`
	Role   string `json:"role" enum:"owner,admin,member,viewer"`
}

func showMapping(m directory.RoleMapping) RoleMapping {
	return RoleMapping{Source: string(m.Source), Group: m.Group, Role: string(m.Role)}
}

func (a *api) role(ctx context.Context, in *UserPath) (*Body[Role], error) {
	t, user, err := a.user(ctx, in)
	if err != nil {
		return nil, err
	}
	s, err := a.People.Standing(ctx, t.ID, user.ID)
	if err != nil {
		return nil, a.userProblem(ctx, "compute role", err)
	}
	shown := Role{Role: string(s.Role), Direct: string(s.Direct), Default: s.Default, GroupsUnknown: s.GroupsUnknown, Groups: []RoleMapping{}}
	for _, m := range s.Grants {
		shown.Groups = append(shown.Groups, showMapping(m))
	}
	return &Body[Role]{shown}, nil
}

// AssignRole assigns a role.
type AssignRole struct {
	UserPath
	Body struct {
		Role string `json:"role" enum:"owner,admin,member,viewer"`
	}
}

func (a *api) assignRole(ctx context.Context, in *AssignRole) (*Body[Role], error) {
	return a.setRole(ctx, &in.UserPath, directory.Role(in.Body.Role))
}

func (a *api) unassignRole(ctx context.Context, in *UserPath) (*Body[Role], error) {
	return a.setRole(ctx, in, "")
}

func (a *api) setRole(ctx context.Context, in *UserPath, role directory.Role) (*Body[Role], error) {
	t, user, err := a.subject(ctx, in)
	if err == nil {
		err = mayGive(ctx, role)
	}
	if err != nil {
		return nil, err
	}
	old := role
	_, err = a.Store.UpdateAccount(ctx, t.ID, user.ID, func(_ directory.Resource, account *directory.Account) error {
		old, account.Role = account.Role, role
		return nil
	})
	if err != nil {
		return nil, a.userProblem(ctx, "assign role", err)
	}
	if old != role {
		err = a.Audit.Record(ctx, audit.Entry{
			Tenant: t.ID, Actor: actor(ctx), Action: audit.RoleAssigned, Subject: user.ID, Detail: map[string]string{"old": string(old), "new": string(role)},
		})
	}
	if err != nil {
		return nil, a.internal(ctx, "record role", err)
	}
	return a.role(ctx, in)
}

func (a *api) roleMappings(ctx context.Context, in *TenantPath) (*Body[[]RoleMapping], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	mappings, err := a.Store.RoleMappings(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "read role mappings", err)
	}
	shown := make([]RoleMapping, 0, len(mappings))
	for _, m := range mappings {
		shown = append(shown, showMapping(m))
	}
	return &Body[[]RoleMapping]{shown}, nil
}

// MapRole stores a mapping.
type MapRole struct {
	TenantPath
	Body RoleMapping
}

func (a *api) mapRole(ctx context.Context, in *MapRole) (*Body[RoleMapping], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	m := directory.RoleMapping{Source: directory.GroupSource(in.Body.Source), Group: in.Body.Group, Role: directory.Role(in.Body.Role)}
	if err := mayGive(ctx, m.Role); err != nil {
		return nil, err
	}
	if err := a.Store.MapRole(ctx, t.ID, m); err != nil {
		return nil, a.groupProblem(ctx, "map role", err)
	}
	err = a.recordMapping(ctx, t.ID, audit.RoleMapped, m)
	return &Body[RoleMapping]{in.Body}, err
}

// UnmapRole names a mapping.
type UnmapRole struct {
	TenantPath
	Source string `query:"source" required:"true" enum:"directory,claim"`
	Group  string `query:"group" required:"true"`
}

func (a *api) unmapRole(ctx context.Context, in *UnmapRole) (*struct{}, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	m := directory.RoleMapping{Source: directory.GroupSource(in.Source), Group: in.Group}
	if err := a.Store.UnmapRole(ctx, t.ID, m.Source, m.Group); err != nil {
		return nil, a.groupProblem(ctx, "unmap role", err)
	}
	return nil, a.recordMapping(ctx, t.ID, audit.RoleUnmapped, m)
}

func (a *api) recordMapping(ctx context.Context, tenant string, action audit.Action, m directory.RoleMapping) error {
	detail := map[string]string{"source": string(m.Source), "group": m.Group}
	if m.Role != "" {
		detail["role"] = string(m.Role)
	}
	err := a.Audit.Record(ctx, audit.Entry{Tenant: tenant, Actor: actor(ctx), Action: action, Subject: tenant, Detail: detail})
	if err != nil {
		return a.internal(ctx, "record role mapping", err)
	}
	return nil
}

func (a *api) groupProblem(ctx context.Context, doing string, err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return &Problem{Status: http.StatusNotFound, Code: "GROUP_NOT_FOUND", Detail: "The tenant has no such group, or the group gives no role. A group of the directory is named by its id; push it first."}
	}
	return a.internal(ctx, doing, err)
}
