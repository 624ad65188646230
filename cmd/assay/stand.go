package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fixtures"
	"assay/reference"
	"assay/reference/scim/schema"
	"assay/suites/target"
)

// stand is the reference and the fake IdP side by side on loopback, as judge and judged meet.
type stand struct {
	reference *reference.Server
	idp       *fakeidp.IdP
	control   *control.Client
}

// openStand starts both, with the people and groups of the fixtures in the fake IdP.
func openStand(ctx context.Context, log *slog.Logger) (*stand, error) {
	idp, err := startIdP(ctx, log, func(d *directory.Directory, _ func(*control.App) error) error { return d.AddFixtures() })
	if err != nil {
		return nil, err
	}
	s, err := openReference(ctx, idp, reference.Options{Logger: log})
	if err != nil {
		closeQuietly(idp.Close)
		return nil, err
	}
	return s, nil
}

// startIdP starts a fake IdP on loopback, with an empty directory if fill is nil.
func startIdP(ctx context.Context, log *slog.Logger, fill fakeidp.Fill) (*fakeidp.IdP, error) {
	idp, err := fakeidp.Start(ctx, fakeidp.Options{Addr: loopback, ControlAddr: loopback, Logger: log, Fill: fill})
	if err != nil {
		return nil, defect("start the fake IdP: %w", err)
	}
	return idp, nil
}

// openReference starts a reference with these options, and the fixture schema, beside a fake IdP that runs already.
func openReference(ctx context.Context, idp *fakeidp.IdP, o reference.Options) (*stand, error) {
	o.Addr, o.TenantName = loopback, "Acme"
	extension, err := fixtureSchema()
	if err != nil {
		return nil, err
	}
	o.Schemas = append(o.Schemas, extension)
	server, err := reference.Start(ctx, o)
	if err != nil {
		return nil, defect("start the reference: %w", err)
	}
	return &stand{server, idp, control.NewClient(idp.Control, idp.ControlToken)}, nil
}

// fixtureSchema is the embedded extension of users that has everything for the checks to try.
func fixtureSchema() (schema.Extension, error) {
	data, err := fixtures.UserSchema()
	if err != nil {
		return schema.Extension{}, defect("%w", err)
	}
	extension, err := schema.ParseFile("fixture-user.json", data)
	if err != nil {
		return schema.Extension{}, defect("%w", err)
	}
	return extension, nil
}

func (s *stand) close() {
	closeQuietly(s.reference.Close)
	closeQuietly(s.idp.Close)
}

// target is the reference as the suites see it: by its ordinary target file.
func (s *stand) target(timeout time.Duration) (*target.Target, error) {
	data, err := fixtures.Target("reference")
	if err != nil {
		return nil, defect("read the reference's target file: %w", err)
	}
	environment := map[string]string{
		"ASSAY_REFERENCE_URL": s.reference.BaseURL,
		"ASSAY_TOKEN":         s.reference.Token,
		"ASSAY_ADMIN_TOKEN":   s.reference.AdminToken,
	}
	file, err := target.Parse("reference.yaml", data, func(name string) string { return environment[name] })
	if err != nil {
		return nil, defect("the reference's target file: %w", err)
	}
	t := target.New(file, timeout)
	t.Redact.Add(s.idp.ControlToken)
	return t, nil
}

// provision pushes people and groups into the reference as Okta does, and returns the app through which it did so.
func (s *stand) provision(ctx context.Context, people []control.Person, groups []control.Group, callback string) (control.App, error) {
	app, err := s.control.CreateApp(ctx, control.App{
		Persona: "okta-oin", Name: "assay demo", RedirectURIs: []string{callback},
		SCIM: &control.SCIM{URL: s.reference.SCIM, Token: s.reference.Token},
	})
	if err != nil {
		return app, err
	}
	for _, person := range people {
		if err := s.control.Assign(ctx, app.ID, person.ID); err != nil {
			return app, err
		}
	}
	for _, group := range groups {
		if err := s.control.PushGroup(ctx, app.ID, group.ID); err != nil {
			return app, err
		}
	}
	pushed, err := s.control.Push(ctx, app.ID)
	if err != nil {
		return app, err
	}
	for _, step := range pushed.Steps {
		if step.Failed {
			return app, fmt.Errorf("the IdP could not provision: %s: %s", step.Task, step.Verdict)
		}
	}
	return app, nil
}
