package server

import (
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

func TestAppMutations(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	app := must[control.App](t)(c.CreateApp(ctx, control.App{Name: "Acme"}))
	want := []string{"jwks-empty", "jku=https://harness.example/keys"}
	if err := c.SetMutations(ctx, app.ID, want...); err != nil {
		t.Fatal(err)
	}
	if got := must[[]string](t)(c.AppMutations(ctx, app.ID)); !slices.Equal(got, want) {
		t.Errorf("mutations %q", got)
	}
	if err := c.ClearMutations(ctx, app.ID); err != nil {
		t.Fatal(err)
	}
	if got := must[[]string](t)(c.AppMutations(ctx, app.ID)); len(got) != 0 {
		t.Errorf("mutations after the end %q", got)
	}
}

func TestOutages(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	app := must[control.App](t)(c.CreateApp(ctx, control.App{Name: "Acme"}))
	made := must[control.Outage](t)(c.AddOutage(ctx, control.Outage{App: app.ID, Endpoint: "keys", Kind: "slow", Delay: "50ms", Times: 3}))
	if made.ID == "" || made.Delay != "50ms" || made.App != app.ID {
		t.Errorf("outage %+v", made)
	}
	if got := must[[]control.Outage](t)(c.Outages(ctx)); len(got) != 1 || got[0] != made {
		t.Errorf("outages %+v", got)
	}
	if err := c.EndOutage(ctx, made.ID); err != nil {
		t.Error(err)
	}
	if err := c.EndOutage(ctx, made.ID); err == nil {
		t.Error("ended twice")
	}
	must[control.Outage](t)(c.AddOutage(ctx, control.Outage{App: app.ID, Kind: "error-503"}))
	if err := c.EndOutages(ctx); err != nil {
		t.Error(err)
	}
	if got := must[[]control.Outage](t)(c.Outages(ctx)); len(got) != 0 {
		t.Errorf("outages after the end %+v", got)
	}
	for _, o := range []control.Outage{{App: "nothing", Kind: "slow"}, {App: app.ID, Kind: "nothing"}} {
		if _, err := c.AddOutage(ctx, o); err == nil || !strings.Contains(err.Error(), "nothing") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestLogoutCalls(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	ada := must[control.Person](t)(c.CreatePerson(ctx, control.Person{Login: "ada", Email: "ada@example.test"}))
	app := must[control.App](t)(c.CreateApp(ctx, control.App{Persona: "generic", BackchannelLogoutURI: "https://app.example/b", FrontchannelLogoutURI: "https://app.example/f"}))
	if app.BackchannelLogoutURI == "" || app.FrontchannelLogoutURI == "" {
		t.Errorf("app %+v", app)
	}
	if got := must[[]control.Session](t)(c.Sessions(ctx, app.ClientID)); len(got) != 0 {
		t.Errorf("sessions %+v", got)
	}
	if got := must[control.Ended](t)(c.Logout(ctx, control.LogoutOrder{Person: ada.ID})); len(got.Sessions)+len(got.Logouts) != 0 {
		t.Errorf("ended %+v", got)
	}
	if got := must[[]control.Logout](t)(c.Logouts(ctx, app.ClientID)); len(got) != 0 {
		t.Errorf("logouts %+v", got)
	}
	ada.Suspended = true
	if got := must[control.Person](t)(c.UpdatePerson(ctx, ada)); !got.Suspended {
		t.Errorf("person %+v", got)
	}
	if _, err := c.Logout(ctx, control.LogoutOrder{}); err == nil || !strings.Contains(err.Error(), "sid") {
		t.Errorf("a logout of nobody: %v", err)
	}
	for _, wrong := range []control.App{{Persona: "generic", BackchannelLogoutURI: "/relative"}, {Persona: "entra-default", BackchannelLogoutURI: "https://app.example/b"}} {
		if _, err := c.CreateApp(ctx, wrong); err == nil || !strings.Contains(err.Error(), "logout") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}
