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

func (a *api) grantBreakGlass(ctx context.Context, in *UserPath) (*Body[LocalLogin], error) {
	t, user, err := a.subject(ctx, in)
	if err != nil {
		return nil, err
	}
	fresh, err := a.Store.GrantBreakGlass(ctx, t.ID, user.ID, actor(ctx))
	if err != nil {
		return nil, a.loginProblem(ctx, err)
	}
	if !fresh {
		return a.showLogin(ctx, t.ID, user.ID)
	}
	return a.changeLogin(ctx, t.ID, user.ID, audit.BreakGlassGranted, func() error { return nil })
}

func (a *api) revokeBreakGlass(ctx context.Context, in *UserPath) (*Body[LocalLogin], error) {
	t, user, err := a.subject(ctx, in)
	if err != nil {
		return nil, err
	}
	err = a.Store.RevokeBreakGlass(ctx, t.ID, user.ID)
	if errors.Is(err, directory.ErrNotFound) { // it was not granted, which is what was asked for
		return a.showLogin(ctx, t.ID, user.ID)
	}
	return a.changeLogin(ctx, t.ID, user.ID, audit.BreakGlassRevoked, func() error { return err })
}

func (a *api) breakGlass(ctx context.Context, in *TenantPath) (*Body[[]LocalLogin], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	users, err := a.Store.BreakGlassUsers(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "list break-glass administrators", err)
	}
	shown := make([]LocalLogin, 0, len(users))
	for _, c := range users {
		shown = append(shown, showLogin(c))
	}
	return &Body[[]LocalLogin]{shown}, nil
}

// Alert is an alert as the API shows it.
type Alert struct {
	ID             int64             `json:"id"`
	Time           time.Time         `json:"time"`
	Kind           string            `json:"kind" doc:"break-glass.used"`
	Subject        string            `json:"subject" doc:"Id of the user whom it is about"`
	Detail         map[string]string `json:"detail,omitempty"`
	Acknowledged   time.Time         `json:"acknowledged,omitzero"`
	AcknowledgedBy string            `json:"acknowledged_by,omitempty"`
}

func showAlert(a directory.Alert) Alert {
	return Alert{ID: a.Place, Time: a.Time.UTC(), Kind: string(a.Kind), Subject: a.Subject, Detail: a.Detail,
		Acknowledged: a.Acknowledged.UTC(), AcknowledgedBy: a.AcknowledgedBy}
}

// AlertsQuery selects alerts.
type AlertsQuery struct {
	TenantPath
	Open  bool  `query:"open" doc:"Only those that nobody has acknowledged"`
	After int64 `query:"after" minimum:"0" doc:"Only alerts with a greater id"`
	Limit int   `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many alerts at most"`
}

func (a *api) alerts(ctx context.Context, in *AlertsQuery) (*Body[[]Alert], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	alerts, err := a.Store.Alerts(ctx, t.ID, in.After, in.Limit, in.Open)
	if err != nil {
		return nil, a.internal(ctx, "list alerts", err)
	}
	shown := make([]Alert, 0, len(alerts))
	for _, alert := range alerts {
		shown = append(shown, showAlert(alert))
	}
	return &Body[[]Alert]{shown}, nil
}

// AlertPath names an alert.
type AlertPath struct {
	TenantPath
	Alert int64 `path:"alert" doc:"Id of the alert"`
}

func (a *api) acknowledge(ctx context.Context, in *AlertPath) (*Body[Alert], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	alert, err := a.Store.AcknowledgeAlert(ctx, t.ID, in.Alert, actor(ctx), a.Now().UTC())
	if errors.Is(err, directory.ErrNotFound) {
		return nil, &Problem{Status: http.StatusNotFound, Code: "ALERT_NOT_FOUND", Detail: "There is no such alert."}
	}
	if err != nil {
		return nil, a.internal(ctx, "acknowledge alert", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.AlertAcknowledged, Subject: strconv.FormatInt(in.Alert, 10)})
	if err != nil {
		return nil, a.internal(ctx, "record acknowledgement", err)
	}
	return &Body[Alert]{showAlert(alert)}, nil
}
