package server

import (
	"fmt"
	"net/http"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
)

// misbehaviour is what makes the IdP misbehave for an app.
func (s *server) misbehaviour() []route {
	return []route{
		answer("GET /apps/{app}/mutations", "List the mutations that an app has for good", func(r *http.Request) (control.Mutations, error) {
			app, err := s.app(r.PathValue("app"))
			return control.Mutations{Mutations: append([]string{}, s.Provider.Habits(app.ClientID)...)}, err
		}),
		accept("PUT /apps/{app}/mutations", "Give an app mutations for good", func(r *http.Request, in control.Mutations) error {
			return s.setHabits(r, in.Mutations)
		}).says("In place of those that it has. Those of the discovery document and of the key set are seen by everybody who reads the documents of the app's issuer."),
		act("DELETE /apps/{app}/mutations", "Make an app honest again", func(r *http.Request) error { return s.setHabits(r, nil) }),
		answer("GET /outages", "List the outages", func(*http.Request) ([]control.Outage, error) { return s.Provider.Outages(), nil }),
		exchange("POST /outages", "Put an endpoint out of order", s.addOutage).creates().
			says("Requests that say whose they are meet it only when they are the app's; those of discovery and keys meet it whoever sends them."),
		act("DELETE /outages", "End all outages", func(*http.Request) error {
			s.Provider.EndOutages()
			return nil
		}),
		act("DELETE /outages/{id}", "End an outage", func(r *http.Request) error { return s.Provider.EndOutage(r.PathValue("id")) }),
		answer("GET /doors", "Open listeners with good and bad certificates", func(r *http.Request) (control.Doors, error) {
			return s.House.Open(r.Context())
		}).says("The public endpoints are behind each of them. They are opened at the first call."),
		accept("PUT /line", "Cut the public listener or mend it", func(r *http.Request, in control.Line) error {
			return s.House.Cut(r.Context(), in.Cut)
		}).says("While it is cut all connections to it are refused. The control API and the doors go on."),
	}
}

func (s *server) logouts() []route {
	client := parameter{"client_id", "of the client that is asked about; without it, all"}
	return []route{
		answer("GET /sessions", "List the sessions of the OpenID Connect clients", func(r *http.Request) ([]control.Session, error) {
			return s.Provider.Sessions(r.URL.Query().Get("client_id")), nil
		}).with(client),
		exchange("POST /logouts", "End sessions and tell their apps", func(r *http.Request, in control.LogoutOrder) (control.Ended, error) {
			out, err := s.Provider.Logout(r.Context(), in)
			if err != nil { // it fails for what it is asked only
				return out, fmt.Errorf("%w: %w", errRequest, err)
			}
			return out, nil
		}),
		answer("GET /logouts", "List what the OpenID Connect clients were told of logouts", func(r *http.Request) ([]control.Logout, error) {
			return s.Provider.Logouts(r.URL.Query().Get("client_id")), nil
		}).with(client).says("The last thousand, whatever began them."),
	}
}

func (s *server) addOutage(_ *http.Request, in control.Outage) (control.Outage, error) {
	app, err := s.app(in.App)
	if err != nil {
		return in, err
	}
	out, err := s.Provider.AddOutage(app, in)
	if err != nil { // it fails for what it is asked only
		return in, fmt.Errorf("%w: %w", errRequest, err)
	}
	return out, nil
}

func (s *server) setHabits(r *http.Request, names []string) error {
	app, err := s.app(r.PathValue("app"))
	if err != nil {
		return err
	}
	if err := s.Provider.SetHabits(app.ClientID, names); err != nil { // it fails for what it is asked only
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return nil
}

func (s *server) app(id string) (control.App, error) {
	app, ok := s.Directory.App(id)
	if !ok {
		return control.App{}, fmt.Errorf("app %q: %w", id, directory.ErrNotFound)
	}
	return app, nil
}
