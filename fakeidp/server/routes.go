package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

func (s *server) people() {
	s.handle("GET /people", func(*http.Request) (any, error) { return s.Directory.People(), nil })
	s.handle("POST /people", func(r *http.Request) (any, error) {
		in, err := decode[control.Person](r)
		if err != nil {
			return nil, err
		}
		out, err := s.Directory.CreatePerson(in)
		return createdBody{out}, err
	})
	s.handle("PUT /people/{id}", func(r *http.Request) (any, error) {
		in, err := decode[control.Person](r)
		if err != nil {
			return nil, err
		}
		if err := sameID(&in.ID, r.PathValue("id")); err != nil {
			return nil, err
		}
		return s.updatePerson(r.Context(), in)
	})
	s.handle("DELETE /people/{id}", func(r *http.Request) (any, error) {
		return nil, s.Directory.DeletePerson(r.PathValue("id"))
	})
	s.handle("GET /deleted-people", func(*http.Request) (any, error) { return s.Directory.Deletions(), nil })
	s.handle("POST /deleted-people/{id}/restore", func(r *http.Request) (any, error) {
		return s.Directory.RestorePerson(r.PathValue("id"))
	})
	s.handle("DELETE /deleted-people/{id}", func(r *http.Request) (any, error) {
		return nil, s.Directory.PurgePerson(r.PathValue("id"))
	})
}

// updatePerson also logs out who is suspended by that.
func (s *server) updatePerson(ctx context.Context, in control.Person) (control.Person, error) {
	before, _ := s.Directory.Person(in.ID)
	out, err := s.Directory.UpdatePerson(in)
	if err == nil && out.Suspended && !before.Suspended {
		s.Provider.Suspended(ctx, out.ID)
	}
	return out, err
}

func (s *server) groups() {
	s.handle("GET /groups", func(*http.Request) (any, error) { return s.Directory.Groups(), nil })
	s.handle("POST /groups", func(r *http.Request) (any, error) {
		in, err := decode[control.Group](r)
		if err != nil {
			return nil, err
		}
		out, err := s.Directory.CreateGroup(in)
		return createdBody{out}, err
	})
	s.handle("PUT /groups/{id}", func(r *http.Request) (any, error) {
		in, err := decode[control.Group](r)
		if err != nil {
			return nil, err
		}
		if err := sameID(&in.ID, r.PathValue("id")); err != nil {
			return nil, err
		}
		return s.Directory.UpdateGroup(in)
	})
	s.handle("DELETE /groups/{id}", func(r *http.Request) (any, error) {
		return nil, s.Directory.DeleteGroup(r.PathValue("id"))
	})
}

func (s *server) apps() {
	s.handle("GET /apps", func(*http.Request) (any, error) { return s.listApps(), nil })
	s.handle("POST /apps", s.createApp)
	s.handle("DELETE /apps/{app}", func(r *http.Request) (any, error) {
		app, _ := s.Directory.App(r.PathValue("app"))
		if err := s.Directory.DeleteApp(r.PathValue("app")); err != nil {
			return nil, err
		}
		s.Engine.Forget(r.PathValue("app"))
		s.Provider.Forget(app.ClientID)
		return nil, nil
	})
	s.handle("PUT /apps/{app}/people/{person}", func(r *http.Request) (any, error) {
		return nil, s.Directory.Assign(r.PathValue("app"), r.PathValue("person"))
	})
	s.handle("DELETE /apps/{app}/people/{person}", func(r *http.Request) (any, error) {
		return nil, s.Directory.Unassign(r.PathValue("app"), r.PathValue("person"))
	})
	s.handle("PUT /apps/{app}/groups/{group}", func(r *http.Request) (any, error) {
		return nil, s.Directory.PushGroup(r.PathValue("app"), r.PathValue("group"))
	})
	s.handle("DELETE /apps/{app}/groups/{group}", s.unlinkGroup)
	s.provisioning()
}

func (s *server) provisioning() {
	s.handle("POST /apps/{app}/push", func(r *http.Request) (any, error) {
		return s.Engine.Push(r.Context(), r.PathValue("app"))
	})
	s.handle("POST /apps/{app}/test", func(r *http.Request) (any, error) {
		return s.Engine.TestConnection(r.Context(), r.PathValue("app"))
	})
	s.handle("POST /apps/{app}/import", func(r *http.Request) (any, error) {
		return s.Engine.Import(r.Context(), r.PathValue("app"))
	})
	s.handle("POST /apps/{app}/compare", func(r *http.Request) (any, error) {
		return s.Engine.Compare(r.Context(), r.PathValue("app"))
	})
	s.handle("GET /apps/{app}/status", func(r *http.Request) (any, error) {
		return s.Engine.Status(r.PathValue("app"))
	})
	s.handle("POST /clock", s.advance)
	s.handle("GET /apps/{app}/links", func(r *http.Request) (any, error) {
		return s.Engine.Links(r.PathValue("app"))
	})
	s.handle("GET /apps/{app}/log", func(r *http.Request) (any, error) {
		return s.Engine.Log(r.PathValue("app"))
	})
}

func (s *server) signOn() {
	s.handle("POST /grants", func(r *http.Request) (any, error) {
		in, err := decode[control.Grant](r)
		if err != nil {
			return nil, err
		}
		return nil, s.grant(in)
	})
	s.handle("GET /mutations", func(*http.Request) (any, error) {
		return slices.Concat(s.Provider.Mutations(), s.SAML.Mutations()), nil
	})
	s.handle("GET /visits", func(r *http.Request) (any, error) {
		visits := s.Provider.Visits(r.URL.Query().Get("client_id"))
		if visits == nil {
			visits = []control.Visit{}
		}
		return visits, nil
	})
	s.handle("GET /personas", func(*http.Request) (any, error) { return s.listPersonas(), nil })
}

func (s *server) keys() {
	s.handle("GET /personas/{persona}/keys", func(r *http.Request) (any, error) {
		return s.Provider.Keys(r.PathValue("persona"))
	})
	s.handle("POST /personas/{persona}/keys", func(r *http.Request) (any, error) {
		key, err := s.Provider.AddKey(r.PathValue("persona"))
		return createdBody{key}, err
	})
	s.handle("PUT /personas/{persona}/keys/{kid}/signing", func(r *http.Request) (any, error) {
		return nil, s.Provider.SignWith(r.PathValue("persona"), r.PathValue("kid"))
	})
	s.handle("DELETE /personas/{persona}/keys/{kid}", func(r *http.Request) (any, error) {
		return nil, s.Provider.WithdrawKey(r.PathValue("persona"), r.PathValue("kid"))
	})
	s.handle("POST /personas/{persona}/key-rotation", func(r *http.Request) (any, error) {
		return nil, s.Provider.RotateBeforeSigning(r.PathValue("persona"))
	})
}

func (s *server) grant(g control.Grant) error {
	grant := s.Provider.Grant
	switch g.Protocol {
	case "", "oidc":
	case "saml":
		grant = s.SAML.Grant
	default:
		return fmt.Errorf("%w: protocol %q is neither oidc nor saml", errRequest, g.Protocol)
	}
	if err := grant(g); err != nil { // a grant fails for what it asks only
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}

// show adds to an app what the IdP alone knows.
func (s *server) show(a control.App) control.App {
	a.Issuer = s.Provider.Issuer(a.Persona)
	if a.SAML != nil {
		a.SAML.Metadata = s.SAML.Metadata(a)
	}
	return a
}

func (s *server) createApp(r *http.Request) (any, error) {
	in, err := decode[control.App](r)
	if err != nil {
		return nil, err
	}
	if in.Persona == "" {
		in.Persona = s.Persona
	}
	if err := s.checkPersona(in.Persona); err != nil {
		return nil, err
	}
	if issuer := s.Provider.Issuer(in.Persona); in.Issuer != "" && in.Issuer != issuer {
		return nil, fmt.Errorf("%w: issuer is set by the IdP: of persona %s it is %s", errRequest, in.Persona, issuer)
	}
	in.Issuer = ""
	if err := s.Provider.Check(in); err != nil {
		return nil, err
	}
	if in.SAML != nil {
		if err := saml.Check(*in.SAML); err != nil {
			return nil, fmt.Errorf("%w: %w", errRequest, err)
		}
	}
	out, err := s.Directory.CreateApp(in)
	return createdBody{s.show(out)}, err
}

func (s *server) advance(r *http.Request) (any, error) {
	in, err := decode[control.ClockMove](r)
	if err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, fmt.Errorf("%w: advance: want a duration such as \"40m\" or \"720h\": %w", errRequest, err)
	}
	return s.Engine.Advance(r.Context(), d)
}

func (s *server) listApps() []control.App {
	apps := s.Directory.Apps()
	for i := range apps {
		apps[i] = s.show(apps[i])
	}
	return apps
}

func (s *server) unlinkGroup(r *http.Request) (any, error) {
	remove := false
	if value := r.URL.Query().Get("delete"); value != "" {
		var err error
		if remove, err = strconv.ParseBool(value); err != nil {
			return nil, fmt.Errorf("%w: delete is true or false", errRequest)
		}
	}
	return nil, s.Engine.UnlinkGroup(r.Context(), r.PathValue("app"), r.PathValue("group"), remove)
}

func (s *server) listPersonas() []control.Persona {
	var out []control.Persona
	for _, p := range s.Personas {
		item := control.Persona{Name: p.Name, Title: p.Title, Product: p.Product}
		for _, f := range p.Facts() {
			item.Knobs = append(item.Knobs, control.Knob{Name: f.Name, Value: f.Value, Source: f.Source, Mark: string(f.Mark), Text: f.Mark.Text()})
		}
		out = append(out, item)
	}
	return out
}

// sameID takes the id from the path; a body that names another one is a mistake.
func sameID(id *string, path string) error {
	if *id != "" && *id != path {
		return fmt.Errorf("%w: the body has id %q, the path %q", errRequest, *id, path)
	}
	*id = path
	return nil
}
