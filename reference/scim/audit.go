package scim

import (
	"context"
	"strings"

	"assay/reference/directory"
)

// recordChange tells the audit log what an update did: a change of "active" has an action of its own,
// because it decides who gets in. Values are never recorded, only the names of attributes.
func (s *server) recordChange(x *exchange, old, fresh directory.Resource) {
	names := changedAttributes(old, fresh)
	if old.Active != fresh.Active {
		action := "deactivated"
		if fresh.Active {
			action = "reactivated"
		}
		s.record(x, fresh.ID, action, nil)
		if len(names) == 1 {
			return // it was "active" and nothing else
		}
	}
	if len(names) == 0 {
		names = []string{x.kind.membership()}
	}
	s.record(x, fresh.ID, "updated", map[string]string{"attributes": strings.Join(names, ",")})
}

// record appends an event. The change is stored already, so a failure is logged and the client hears
// of its success.
func (s *server) record(x *exchange, subject, action string, detail map[string]string) {
	e := directory.Event{
		Tenant: x.token.Tenant, Actor: "scim:" + x.token.ID, Subject: subject, Detail: detail,
		Action: "scim." + strings.ToLower(string(x.kind.Kind)) + "." + action,
	}
	// A client that hangs up after its change was stored must not keep it out of the log.
	if err := s.store.Append(context.WithoutCancel(x.request.Context()), e); err != nil {
		s.log.Error("scim audit event lost", "request", x.id, "action", e.Action, "subject", subject, "error", err)
	}
}
