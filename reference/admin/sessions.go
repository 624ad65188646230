package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
)

// Session is a session as the API shows it.
type Session struct {
	ID      string    `json:"id"`
	User    string    `json:"user" doc:"Id of the user"`
	Via     string    `json:"via" doc:"How the user signed on: oidc, saml, local or break-glass"`
	MFA     bool      `json:"mfa" doc:"Whether there was a second factor"`
	Address string    `json:"address,omitempty" doc:"Where the user signed on from"`
	Agent   string    `json:"agent,omitempty" doc:"What the browser calls itself"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen" doc:"A request came about then"`
	Expires time.Time `json:"expires"`
	Yours   bool      `json:"yours" doc:"Whether it is the one of this request"`
}

// SessionsQuery selects sessions.
type SessionsQuery struct {
	TenantPath
	User  string `query:"user" doc:"Id of a user whose sessions are meant; without it those of the whole tenant"`
	After int64  `query:"after" minimum:"0" doc:"Only sessions after this place, which is the next of an earlier answer"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many sessions at most"`
}

// Sessions is a piece of the list of sessions.
type Sessions struct {
	Sessions []Session `json:"sessions" nullable:"false" doc:"The oldest first"`
	Next     int64     `json:"next" doc:"Send it as after to go on; there is nothing more when it is 0"`
}

func (a *api) sessions(ctx context.Context, in *SessionsQuery) (*Body[Sessions], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.SessionsOf(ctx, t.ID, in.User, in.After, in.Limit)
	if err != nil {
		return nil, a.internal(ctx, "list sessions", err)
	}
	shown, own := Sessions{Sessions: []Session{}}, callerOf(ctx).session.ID
	for _, s := range found {
		if a.Now().Before(s.Expires) {
			shown.Sessions = append(shown.Sessions, Session{
				ID: s.ID, User: s.User, Via: string(s.Via), MFA: s.MFA, Address: s.Address, Agent: s.Agent,
				Created: s.Created.UTC(), Seen: s.Seen.UTC(), Expires: s.Expires.UTC(), Yours: s.ID == own,
			})
		}
	}
	if len(found) == in.Limit {
		shown.Next = found[len(found)-1].Place
	}
	return &Body[Sessions]{shown}, nil
}

// SessionPath names a session.
type SessionPath struct {
	TenantPath
	Session string `path:"session" doc:"Id of the session"`
}

func (a *api) endSession(ctx context.Context, in *SessionPath) (*struct{}, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	err = a.Store.EndSession(ctx, t.ID, in.Session)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, &Problem{Status: http.StatusNotFound, Code: "SESSION_NOT_FOUND", Detail: "There is no such session; perhaps it has ended."}
	}
	if err != nil {
		return nil, a.internal(ctx, "end session", err)
	}
	return nil, a.recordEnded(ctx, t.ID, in.Session, 1)
}

// EndSessions selects the sessions to end.
type EndSessions struct {
	TenantPath
	User string `query:"user" doc:"Id of a user whose sessions are meant; without it those of the whole tenant"`
}

// Ended is how many sessions were ended.
type Ended struct {
	Ended int `json:"ended"`
}

// endSessions ends all sessions, but not the one of the request.
func (a *api) endSessions(ctx context.Context, in *EndSessions) (*Body[Ended], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	n, err := a.Store.EndSessions(ctx, t.ID, in.User, callerOf(ctx).session.ID)
	if err != nil {
		return nil, a.internal(ctx, "end sessions", err)
	}
	return &Body[Ended]{Ended{n}}, a.recordEnded(ctx, t.ID, in.User, n)
}

func (a *api) recordEnded(ctx context.Context, tenant, subject string, n int) error {
	err := a.Audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: actor(ctx), Action: audit.SessionsEnded, Subject: subject, Detail: map[string]string{"sessions": strconv.Itoa(n)},
	})
	if err != nil {
		return a.internal(ctx, "record end of sessions", err)
	}
	return nil
}
