package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
)

// UserPath names a user.
type UserPath struct {
	TenantPath
	User string `path:"user" doc:"Id of the user"`
}

// ArchivedUser is an archived user as the API shows it.
type ArchivedUser struct {
	ID         string         `json:"id"`
	UserName   string         `json:"user_name"`
	Email      string         `json:"email,omitempty"`
	ExternalID string         `json:"external_id,omitempty"`
	Active     bool           `json:"active" doc:"Whether the user was active when archived"`
	Groups     []string       `json:"groups" nullable:"false" doc:"Ids of the groups that the user was a member of"`
	Attributes map[string]any `json:"attributes" doc:"The SCIM attributes as they were"`
	Created    time.Time      `json:"created"`
	Archived   time.Time      `json:"archived"`
}

func showArchived(u directory.ArchivedUser) ArchivedUser {
	groups := u.Groups
	if groups == nil {
		groups = []string{}
	}
	return ArchivedUser{
		ID: u.ID, UserName: u.Name, Email: u.Email, ExternalID: u.ExternalID, Active: u.Active, Groups: groups,
		Attributes: u.Attributes, Created: u.Created.UTC(), Archived: u.At.UTC(),
	}
}

// archive moves a user to the archive; doing so again changes nothing.
func (a *api) archive(ctx context.Context, in *UserPath) (*Body[ArchivedUser], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := a.over(ctx, t.ID, in.User); err != nil && !isStatus(err, http.StatusNotFound) { // one in the archive has no role
		return nil, err
	}
	user, fresh, err := a.Store.ArchiveUser(ctx, t.ID, in.User)
	if err != nil {
		return nil, a.userProblem(ctx, "archive user", err)
	}
	if fresh {
		err := a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.UserArchived, Subject: user.ID})
		if err != nil {
			return nil, a.internal(ctx, "record archiving", err)
		}
	}
	return &Body[ArchivedUser]{showArchived(user)}, nil
}

func (a *api) userProblem(ctx context.Context, doing string, err error) error {
	if errors.Is(err, directory.ErrLastBreakGlass) {
		return a.loginProblem(ctx, err)
	}
	if errors.Is(err, directory.ErrNotFound) {
		return &Problem{Status: http.StatusNotFound, Code: "USER_NOT_FOUND", Detail: "The tenant has no such user."}
	}
	if _, taken := errors.AsType[*directory.ConflictError](err); taken {
		return &Problem{Status: http.StatusConflict, Code: "ALREADY_IN_ARCHIVE", Detail: "The archive has another user with this id; delete that one first."}
	}
	return a.internal(ctx, doing, err)
}

// ArchiveQuery selects archived users.
type ArchiveQuery struct {
	TenantPath
	After int64 `query:"after" minimum:"0" doc:"Only users after this place, which is the next of an earlier answer"`
	Limit int   `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many users at most"`
}

// ArchivedUsers is a piece of the archive.
type ArchivedUsers struct {
	Users []ArchivedUser `json:"users" nullable:"false" doc:"In the order of archiving"`
	Next  int64          `json:"next" doc:"Send it as after to go on; there is nothing more when users is empty"`
}

func (a *api) archivedUsers(ctx context.Context, in *ArchiveQuery) (*Body[ArchivedUsers], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	users, err := a.Store.ArchivedUsers(ctx, t.ID, in.After, in.Limit)
	if err != nil {
		return nil, a.internal(ctx, "read archive", err)
	}
	shown := ArchivedUsers{Users: make([]ArchivedUser, 0, len(users)), Next: in.After}
	for _, u := range users {
		shown.Users = append(shown.Users, showArchived(u))
		shown.Next = u.Place
	}
	return &Body[ArchivedUsers]{shown}, nil
}

func (a *api) archivedUser(ctx context.Context, in *UserPath) (*Body[ArchivedUser], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	user, err := a.Store.ArchivedUser(ctx, t.ID, in.User)
	if err != nil {
		return nil, a.userProblem(ctx, "read archived user", err)
	}
	return &Body[ArchivedUser]{showArchived(user)}, nil
}

// deleteArchived removes a user from the archive. One who is not there is for SCIM to delete.
func (a *api) deleteArchived(ctx context.Context, in *UserPath) (*struct{}, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	err = a.Store.DeleteArchived(ctx, t.ID, in.User)
	if errors.Is(err, directory.ErrNotFound) {
		if _, present := a.Store.Get(ctx, t.ID, directory.User, in.User); present == nil {
			return nil, &Problem{Status: http.StatusConflict, Code: "USER_NOT_ARCHIVED", Detail: "The user is not archived. Archive it first, or delete it by SCIM."}
		}
	}
	if err != nil {
		return nil, a.userProblem(ctx, "delete archived user", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.ArchivedDeleted, Subject: in.User})
	if err != nil {
		return nil, a.internal(ctx, "record deletion", err)
	}
	return nil, nil
}
