package server

import (
	"fmt"
	"net/http"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
)

// hostile is what makes the IdP misbehave for an app.
func (s *server) hostile() {
	s.handle("GET /apps/{app}/mutations", func(r *http.Request) (any, error) {
		app, err := s.app(r)
		if err != nil {
			return nil, err
		}
		names := s.Provider.Habits(app.ClientID)
		if names == nil {
			names = []string{}
		}
		return control.Mutations{Mutations: names}, nil
	})
	s.handle("PUT /apps/{app}/mutations", func(r *http.Request) (any, error) {
		in, err := decode[control.Mutations](r)
		if err != nil {
			return nil, err
		}
		return nil, s.setHabits(r, in.Mutations)
	})
	s.handle("DELETE /apps/{app}/mutations", func(r *http.Request) (any, error) { return nil, s.setHabits(r, nil) })
	s.handle("GET /doors", func(r *http.Request) (any, error) { return s.House.Open(r.Context()) })
	s.handle("PUT /line", func(r *http.Request) (any, error) {
		in, err := decode[control.Line](r)
		if err != nil {
			return nil, err
		}
		return nil, s.House.Cut(r.Context(), in.Cut)
	})
	s.handle("GET /sessions", func(r *http.Request) (any, error) { return s.Provider.Sessions(r.URL.Query().Get("client_id")), nil })
	s.handle("GET /logouts", func(r *http.Request) (any, error) { return s.Provider.Logouts(r.URL.Query().Get("client_id")), nil })
	s.handle("POST /logouts", func(r *http.Request) (any, error) {
		in, err := decode[control.LogoutOrder](r)
		if err != nil {
			return nil, err
		}
		out, err := s.Provider.Logout(r.Context(), in)
		if err != nil { // it fails for what it is asked only
			return nil, fmt.Errorf("%w: %w", errRequest, err)
		}
		return out, nil
	})
	s.handle("GET /outages", func(*http.Request) (any, error) { return s.Provider.Outages(), nil })
	s.handle("POST /outages", s.addOutage)
	s.handle("DELETE /outages", func(*http.Request) (any, error) {
		s.Provider.EndOutages()
		return nil, nil
	})
	s.handle("DELETE /outages/{id}", func(r *http.Request) (any, error) { return nil, s.Provider.EndOutage(r.PathValue("id")) })
}

func (s *server) addOutage(r *http.Request) (any, error) {
	in, err := decode[control.Outage](r)
	if err != nil {
		return nil, err
	}
	app, ok := s.Directory.App(in.App)
	if !ok {
		return nil, fmt.Errorf("app %q: %w", in.App, directory.ErrNotFound)
	}
	out, err := s.Provider.AddOutage(app, in)
	if err != nil { // it fails for what it is asked only
		return nil, fmt.Errorf("%w: %w", errRequest, err)
	}
	return createdBody{out}, nil
}

func (s *server) setHabits(r *http.Request, names []string) error {
	app, err := s.app(r)
	if err != nil {
		return err
	}
	if err := s.Provider.SetHabits(app.ClientID, names); err != nil { // it fails for what it is asked only
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}

// app is the app that the path names.
func (s *server) app(r *http.Request) (control.App, error) {
	app, ok := s.Directory.App(r.PathValue("app"))
	if !ok {
		return control.App{}, fmt.Errorf("app %q: %w", r.PathValue("app"), directory.ErrNotFound)
	}
	return app, nil
}
