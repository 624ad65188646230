package server

import (
	"strings"
	"testing"

	"assay/fakeidp/control"
)

func TestUserTemplateAndOnDemand(t *testing.T) {
	t.Parallel()
	_, c, _ := start(t)
	ctx := t.Context()
	scim := control.SCIM{URL: target(t), UserTemplate: `{"userName": "{$user.email}"}`}
	_, err := c.CreateApp(ctx, control.App{Persona: "entra-default", SCIM: &scim})
	wantProblem(t, err, "this persona has none to edit")
	app := must[control.App](t)(c.CreateApp(ctx, control.App{Persona: "onelogin", SCIM: &scim}))
	if app.SCIM.UserTemplate != scim.UserTemplate {
		t.Errorf("template %q", app.SCIM.UserTemplate)
	}
	for template, want := range map[string]string{
		`{"userName": "{$user.shoe}"}`:     "{$user.shoe} is none of",
		`{"userName": `:                    "not JSON",
		`{"displayName": "{displayName}"}`: `has no "userName" with a placeholder`,
	} {
		wantProblem(t, c.SetUserTemplate(ctx, app.ID, template), want)
	}
	wantProblem(t, c.SetUserTemplate(ctx, "none", "{}"), `app "none": not found`)
	if err := c.SetUserTemplate(ctx, app.ID, `{"userName": "{login}", "title": "{title}"}`); err != nil {
		t.Fatal(err)
	}

	entra := must[control.App](t)(c.CreateApp(ctx, control.App{Persona: "entra-default", SCIM: &control.SCIM{URL: target(t)}}))
	ada := must[control.Person](t)(c.CreatePerson(ctx, control.Person{Login: "ada", Email: "ada@example.test"}))
	if err := c.Assign(ctx, entra.ID, ada.ID); err != nil {
		t.Fatal(err)
	}
	if done := must[control.Push](t)(c.OnDemand(ctx, entra.ID, control.OnDemand{Person: "ada"})); done.Requests != 2 || done.Failed != 0 {
		t.Errorf("on demand: %+v", done)
	}
	_, err = c.OnDemand(ctx, app.ID, control.OnDemand{Person: "ada"})
	wantProblem(t, err, "OneLogin has no provisioning on demand")
}

func wantProblem(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
