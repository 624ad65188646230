// Package audit names what the application writes into a tenant's audit log and writes it in one form.
package audit

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"assay/reference/directory"
)

// Action is what happened. Its text is stable: people search for it.
type Action string

// The actions outside SCIM. Those of SCIM ("scim.user.created" …) are written by package scim.
const (
	TenantCreated     Action = "tenant.created"
	TokenIssued       Action = "scim.token.issued"
	TokenRotated      Action = "scim.token.rotated"
	StrictnessChanged Action = "scim.strictness.changed"
	ConnectionChanged Action = "sso.connection.changed"
	LoginSucceeded    Action = "sso.login.succeeded"
	LoginRefused      Action = "sso.login.refused"
	IdentityLinked    Action = "sso.identity.linked"
	IdentityReset     Action = "sso.identity.reset"
	IdentityRelink    Action = "sso.identity.relink"
	SettingsChanged   Action = "sso.settings.changed"
	DomainAdded       Action = "sso.domain.added"
	DomainVerified    Action = "sso.domain.verified"
	DomainRemoved     Action = "sso.domain.removed"
	RoleAssigned      Action = "role.assigned"
	RoleMapped        Action = "role.mapped"
	RoleUnmapped      Action = "role.unmapped"
	UserProvisioned   Action = "sso.user.provisioned"
	UserRefreshed     Action = "sso.user.updated"
	CustomerChanged   Action = "tenant.customer.changed"
	LoggedOut         Action = "sso.logout"
	LogoutRefused     Action = "sso.logout.refused"
	UserArchived      Action = "user.archived"
	ArchivedDeleted   Action = "user.archived.deleted"
	ConsoleEntered    Action = "console.login.succeeded"
)

// Actors that are not a person or a token.
const (
	Admin  = "admin"
	System = "system"
)

// User names a person as the actor of an event.
func User(id string) string { return "user:" + id }

const maxDetail = 200 // bytes of one detail: what an identity provider sent may be of any length

// Entry is one event as its author writes it. Detail must not hold a secret.
type Entry struct {
	Tenant  string
	Actor   string
	Action  Action
	Subject string
	Detail  map[string]string
}

// Event is the entry as it is stored. It is for changes that take their events along (directory.WithNote); everything
// else goes through a Recorder.
func (e Entry) Event(at time.Time) directory.Event {
	return directory.Event{
		Time: at.UTC(), Tenant: e.Tenant, Actor: e.Actor, Action: string(e.Action), Subject: clean(e.Subject), Detail: cleanAll(e.Detail),
	}
}

// Recorder writes entries to the audit log and mirrors them in the operational log. Details that came
// from outside are cut to a bounded length and cleaned of control characters.
type Recorder struct {
	store  directory.Audit
	logger *slog.Logger
	now    func() time.Time
}

// New returns a recorder. now may be nil.
func New(store directory.Audit, logger *slog.Logger, now func() time.Time) *Recorder {
	if now == nil {
		now = time.Now
	}
	return &Recorder{store: store, logger: logger, now: now}
}

// Record appends an entry. A caller must not report success for something that could not be recorded.
func (r *Recorder) Record(ctx context.Context, e Entry) error {
	event := e.Event(r.now())
	if err := r.store.Append(ctx, event); err != nil {
		r.logger.ErrorContext(ctx, "audit event lost", "action", event.Action, "tenant", event.Tenant, "error", err)
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	attrs := []any{"action", event.Action, "tenant", event.Tenant, "actor", event.Actor, "subject", event.Subject}
	for _, name := range []string{"reason", "reference"} {
		if value := event.Detail[name]; value != "" {
			attrs = append(attrs, name, value)
		}
	}
	r.logger.InfoContext(ctx, "audit", attrs...)
	return nil
}

func cleanAll(detail map[string]string) map[string]string {
	if len(detail) == 0 {
		return nil
	}
	out := make(map[string]string, len(detail))
	for name, value := range detail {
		out[name] = clean(value)
	}
	return out
}

// clean makes text from outside fit for a log: valid UTF-8, no control characters, bounded.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	if len(s) <= maxDetail {
		return s
	}
	cut := maxDetail
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
