package server

import (
	"fmt"

	"assay/fakeidp/persona"
	"assay/fakeidp/push"
)

func (s *server) setUserTemplate(appID, template string) error {
	app, err := s.app(appID)
	if err != nil {
		return err
	}
	played, ok := persona.Find(s.Personas, app.Persona)
	if !ok {
		return fmt.Errorf("%w: app %q: persona %q", push.ErrNoPersona, appID, app.Persona)
	}
	if err := checkTemplate(played, template); err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return s.Directory.SetUserTemplate(appID, template)
}

// checkTemplate refuses a template of users that the persona cannot use.
func checkTemplate(p persona.Persona, template string) error {
	if template == "" {
		return nil
	}
	_, err := p.SCIM.WithUserTemplate(template)
	return err
}
