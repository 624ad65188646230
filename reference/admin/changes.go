package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/directory"
)

// Change is one entry of the change feed as the API shows it. It holds ids and names, no values.
type Change struct {
	Seq        int64     `json:"seq" doc:"Its place: it grows in the order of commits, with gaps"`
	Time       time.Time `json:"time"`
	Type       string    `json:"type" enum:"User,Group"`
	ID         string    `json:"id" doc:"Id of the user or group"`
	Action     string    `json:"action" enum:"created,changed,deactivated,reactivated,archived,deleted"`
	Attributes []string  `json:"attributes,omitempty" doc:"Names of the attributes that have changed"`
	Removed    []string  `json:"removed,omitempty" doc:"Ids of the members that left the group, before those in added joined"`
	Added      []string  `json:"added,omitempty" doc:"Ids of the members that joined the group, in this order"`
}

func showChange(c directory.Change) Change {
	return Change{
		Seq: c.Seq, Time: c.Time.UTC(), Type: string(c.Kind), ID: c.ID, Action: string(c.Action),
		Attributes: c.Attributes, Removed: c.Removed, Added: c.Added,
	}
}

// Changes is a piece of the change feed.
type Changes struct {
	Changes []Change `json:"changes" nullable:"false" doc:"Oldest first"`
	Next    int64    `json:"next" doc:"Send it as after to go on; there is nothing more for now when changes is empty"`
}

// ChangesQuery selects changes.
type ChangesQuery struct {
	TenantPath
	After  int64 `query:"after" minimum:"0" doc:"Only changes after the one with this seq; 0 is the beginning"`
	Limit  int   `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many changes at most"`
	Newest bool  `query:"newest" doc:"The newest changes instead of those after a place. Its next is where to start when everything has been read anew"`
}

func (a *api) changes(ctx context.Context, in *ChangesQuery) (*Body[Changes], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	found, next, err := a.readChanges(ctx, t.ID, in)
	if err != nil {
		return nil, a.changesProblem(ctx, err)
	}
	shown := make([]Change, 0, len(found))
	for _, c := range found {
		shown = append(shown, showChange(c))
	}
	return &Body[Changes]{Changes{Changes: shown, Next: next}}, nil
}

func (a *api) readChanges(ctx context.Context, tenant string, in *ChangesQuery) (found []directory.Change, next int64, err error) {
	if in.Newest {
		return a.Store.NewestChanges(ctx, tenant, in.Limit)
	}
	found, err = a.Store.Changes(ctx, tenant, in.After, in.Limit)
	if len(found) == 0 {
		return nil, in.After, err
	}
	return found, found[len(found)-1].Seq, err
}

// changesProblem tells a reader when changes are missing, so that it never goes on as if it had seen them.
func (a *api) changesProblem(ctx context.Context, err error) error {
	if errors.Is(err, directory.ErrChangesGone) {
		return &Problem{Status: http.StatusGone, Code: "CHANGES_GONE",
			Detail: "Changes after this place are not kept, or the place is not of this database. Ask with newest=true for the place to go on from, then read all resources."}
	}
	return a.internal(ctx, "read changes", err)
}
