package admin

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"assay/reference/audit"
	"assay/reference/directory"
)

// EventsQuery selects audit events.
type EventsQuery struct {
	TenantPath
	Limit   int       `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many events at most"`
	Before  int64     `query:"before" minimum:"0" doc:"Only events with a smaller seq: send the last one of a page to get the next"`
	Actor   string    `query:"actor" maxLength:"300" doc:"Only what this actor did"`
	Action  string    `query:"action" maxLength:"100" doc:"Only this action, such as sso.login.refused"`
	Subject string    `query:"subject" maxLength:"300" doc:"Only what was done about this subject"`
	Since   time.Time `query:"since" doc:"Only events at this time or later"`
	Until   time.Time `query:"until" doc:"Only events before this time"`
}

func (q *EventsQuery) query() directory.EventQuery {
	return directory.EventQuery{
		Actor: q.Actor, Action: q.Action, Subject: q.Subject, Since: q.Since, Until: q.Until, Before: q.Before, Limit: q.Limit,
	}
}

// Event is one entry of the audit log.
type Event struct {
	Seq     int64             `json:"seq"`
	Time    time.Time         `json:"time"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Subject string            `json:"subject,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
	Hash    string            `json:"hash" doc:"Its link in the chain of the tenant's events, in hexadecimal"`
}

func (a *api) events(ctx context.Context, in *EventsQuery) (*Body[[]Event], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	shown := []Event{}
	for e, err := range a.Store.FindEvents(ctx, t.ID, in.query()) {
		if err != nil {
			return nil, a.internal(ctx, "read audit log", err)
		}
		shown = append(shown, Event{
			Seq: e.Seq, Time: e.Time.UTC(), Actor: e.Actor, Action: e.Action, Subject: e.Subject, Detail: e.Detail, Hash: hex.EncodeToString(e.Hash),
		})
	}
	return &Body[[]Event]{shown}, nil
}

// AuditChain is what a verification of the audit log has found.
type AuditChain struct {
	Intact bool   `json:"intact"`
	Events int    `json:"events" doc:"How many events follow from each other"`
	Head   string `json:"head,omitempty" doc:"Hash of the last one, in hexadecimal. Keep it elsewhere: it shows later that nothing up to it was changed"`
	Broken string `json:"broken,omitempty" doc:"Which event does not follow"`
}

func (a *api) verifyAudit(ctx context.Context, in *TenantPath) (*Body[AuditChain], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	chains, err := audit.Verify(a.Store.FindEvents(ctx, t.ID, directory.EventQuery{OldestFirst: true}))
	if broken, ok := errors.AsType[*audit.BrokenChainError](err); ok {
		return &Body[AuditChain]{AuditChain{Broken: broken.Error()}}, nil
	}
	if err != nil {
		return nil, a.internal(ctx, "verify audit log", err)
	}
	found := AuditChain{Intact: true}
	for _, c := range chains {
		found.Events, found.Head = c.Events, hex.EncodeToString(c.Head)
	}
	return &Body[AuditChain]{found}, nil
}

func exportOperation() huma.Operation {
	o := operation("export-audit", http.MethodGet, "/api/tenants/{tenant}/audit/export",
		"Export the whole audit log, oldest first, as JSON lines that \"assay audit verify\" can read", 404)
	o.Responses = map[string]*huma.Response{"200": {
		Description: "One event a line",
		Content:     map[string]*huma.MediaType{"application/jsonl": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	return o
}

// exportAudit streams: a log may be larger than memory. What fails in the middle breaks the answer off, so that nobody
// takes a part for the whole.
func (a *api) exportAudit(ctx context.Context, in *TenantPath) (*huma.StreamResponse, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		r, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", "application/jsonl")
		if err := a.writeLines(r.Context(), w, t.ID); err != nil {
			a.Logger.ErrorContext(ctx, "administration failed", "doing", "export audit log", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func (a *api) writeLines(ctx context.Context, w http.ResponseWriter, tenant string) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	for e, err := range a.Store.FindEvents(ctx, tenant, directory.EventQuery{OldestFirst: true}) {
		if err != nil {
			return err
		}
		if err := encoder.Encode(audit.LineOf(e)); err != nil {
			return err
		}
	}
	return buffered.Flush()
}
