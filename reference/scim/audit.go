package scim

import (
	"context"
	"strings"

	"assay/reference/directory"
)

// noting gives the context of a change, which tells the audit log of it: event makes the events.
func (x *exchange) noting(events func(old, fresh directory.Resource) []directory.Event) context.Context {
	return directory.WithNote(x.request.Context(), events)
}

func (x *exchange) created(_, fresh directory.Resource) []directory.Event {
	return []directory.Event{x.event(fresh.ID, "created", nil)}
}

func (x *exchange) deleted(old, _ directory.Resource) []directory.Event {
	return []directory.Event{x.event(old.ID, "deleted", nil)}
}

// updated tells what an update did: a change of "active" has an action of its own, because it decides who
// gets in. Values are never recorded, only the names of attributes.
func (x *exchange) updated(old, fresh directory.Resource) []directory.Event {
	var events []directory.Event
	names := changedAttributes(old, fresh)
	if old.Active != fresh.Active {
		action := "deactivated"
		if fresh.Active {
			action = "reactivated"
		}
		events = append(events, x.event(fresh.ID, action, nil))
		if len(names) == 1 {
			return events // it was "active" and nothing else
		}
	}
	if len(names) == 0 {
		names = []string{x.kind.membership()}
	}
	return append(events, x.event(fresh.ID, "updated", map[string]string{"attributes": strings.Join(names, ",")}))
}

func (x *exchange) event(subject, action string, detail map[string]string) directory.Event {
	return directory.Event{
		Tenant: x.token.Tenant, Actor: "scim:" + x.token.ID, Subject: subject, Detail: detail,
		Action: "scim." + strings.ToLower(string(x.kind.Kind)) + "." + action,
	}
}
