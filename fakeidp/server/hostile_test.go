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
