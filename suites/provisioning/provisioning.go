// Package provisioning drives a target with what real identity providers send: the fake IdP's
// provisioning engine talks to the target on the wire, and the checks then look at what the target
// holds, by SCIM requests of their own.
package provisioning

import (
	"context"
	"fmt"
	"net/url"

	"github.com/onsi/gomega/types"

	"assay/fakeidp/control"
	"assay/reports"
	"assay/suites/check"
	"assay/suites/target"
)

// Register puts the provisioning checks on a suite.
func Register(s *check.Suite) {
	oktaSpec(s)
	for _, client := range oktaClients() {
		oktaLifecycle(s, client)
		oktaGroups(s, client)
	}
	oktaImport(s)
}

// app is one app of the fake IdP that provisions into the target. It is made by the first check of a
// story that needs it.
type app struct {
	persona string
	app     control.App
	ready   bool
}

// open makes the app at the fake IdP, once.
func (a *app) open(t *check.T) {
	if a.ready {
		return
	}
	scim := t.Target().File.SCIM
	made, err := t.IdP().CreateApp(t.Context(), control.App{
		Persona: a.persona, Name: t.Name(), SCIM: &control.SCIM{URL: scim.URL, Token: scim.Token},
	})
	if err != nil {
		t.NotRun("the fake IdP could not make an app: %v", err)
	}
	a.app, a.ready = made, true
	t.Cleanup(func(ctx context.Context) error { return t.IdP().DeleteApp(ctx, made.ID) })
}

// hire makes a person at the IdP and assigns the app to them.
func (a *app) hire(t *check.T, given, family string) control.Person {
	a.open(t)
	email := t.Email()
	person, err := t.IdP().CreatePerson(t.Context(), control.Person{
		Login: email, Email: email, GivenName: given, FamilyName: family, Locale: "en-US",
	})
	if err != nil {
		t.NotRun("the fake IdP could not make a person: %v", err)
	}
	t.Cleanup(func(ctx context.Context) error { return t.IdP().DeletePerson(ctx, person.ID) })
	a.do(t, t.IdP().Assign(t.Context(), a.app.ID, person.ID))
	return person
}

// do ends the check as not-run when a call of the control API failed.
func (a *app) do(t *check.T, err error) {
	if err != nil {
		t.NotRun("%v", err)
	}
}

// push lets the IdP provision what is due, records what went over the wire, and fails the check when
// the IdP would show the administrator an error.
func (a *app) push(t *check.T) control.Push {
	pushed, err := t.IdP().Push(t.Context(), a.app.ID)
	a.do(t, err)
	record(t, pushed.Steps)
	t.ExpectThat("the IdP's provisioning log", pushed.Steps).To(succeed())
	return pushed
}

// remote returns the path of a person or group at the target, as the IdP remembers it.
func (a *app) remote(t *check.T, endpoint, subject string) string {
	links, err := t.IdP().Links(t.Context(), a.app.ID)
	a.do(t, err)
	for _, link := range links {
		if link.Subject == subject && link.Remote != "" {
			return endpoint + "/" + url.PathEscape(link.Remote)
		}
	}
	t.NotRun("the IdP has not provisioned %s yet: an earlier step of this scenario did not succeed", subject)
	return ""
}

// record keeps the exchanges of provisioning steps with the check.
func record(t *check.T, steps []control.Step) {
	for _, step := range steps {
		e := step.Exchange
		t.Record(reports.Exchange{
			Label:   step.Task + ": " + step.Why,
			Request: reports.Request{Method: e.Method, URL: e.URL, Header: e.RequestHeader, Body: e.RequestBody},
			Response: reports.Response{
				Status: e.Status, Header: e.ResponseHeader, Body: e.ResponseBody,
			},
			Error: e.Error, DurationMS: e.DurationMS,
		})
	}
}

// succeed matches a provisioning log without a failed step.
func succeed() types.GomegaMatcher {
	return check.Judge("every step succeeds", func(actual any) string {
		for _, step := range actual.([]control.Step) {
			if step.Failed {
				return fmt.Sprintf("%s failed (%s): %s", step.Task, step.Why, step.Verdict)
			}
		}
		return ""
	})
}

// needs lists what every provisioning check needs, and more.
func needs(more ...target.Capability) []target.Capability {
	return append(check.Needs(target.IdP), more...)
}
