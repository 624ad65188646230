package server

import (
	"fmt"

	"assay/fakeidp/directory"
	"assay/fakeidp/persona"
)

func (s *server) setUserTemplate(appID, template string) error {
	app, ok := s.Directory.App(appID)
	if !ok {
		return fmt.Errorf("app %q: %w", appID, directory.ErrNotFound)
	}
	if err := s.checkTemplate(app.Persona, template); err != nil {
		return err
	}
	return s.Directory.SetUserTemplate(appID, template)
}

// checkTemplate refuses a template of users that the persona cannot use.
func (s *server) checkTemplate(personaName, template string) error {
	p, known := persona.Find(s.Personas, personaName)
	if template == "" || !known {
		return nil
	}
	if _, err := p.SCIM.WithUserTemplate(template); err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}
