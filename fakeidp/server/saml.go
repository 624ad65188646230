package server

import (
	"errors"
	"fmt"
	"net/http"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

// errNoSAML says that a path is below an app that has no SAML side.
var errNoSAML = errors.New("no such SAML app")

// saml is an app's SAML side: keys, metadata, sessions, logout.
func (s *server) saml() []route {
	return []route{
		answer("GET /apps/{app}/saml/certificates", "List the signing certificates of a SAML app", onSAML(s, func(_ *http.Request, a control.App) ([]control.Certificate, error) {
			return s.SAML.Certificates(a)
		})),
		answer("POST /apps/{app}/saml/certificates", "Publish one more signing certificate of a SAML app", onSAML(s, func(_ *http.Request, a control.App) ([]control.Certificate, error) {
			return s.SAML.AddCertificate(a)
		})).creates(),
		answer("POST /apps/{app}/saml/certificates/{id}/sign", "Sign with another certificate", onSAML(s, func(r *http.Request, a control.App) ([]control.Certificate, error) {
			return s.SAML.SwitchCertificate(a, r.PathValue("id"))
		})),
		answer("DELETE /apps/{app}/saml/certificates/{id}", "Withdraw a certificate", onSAML(s, func(r *http.Request, a control.App) ([]control.Certificate, error) {
			return s.SAML.Withdraw(a, r.PathValue("id"))
		})).says("The one that signs stays."),
		accept("PUT /apps/{app}/saml/metadata", "Let the metadata of a SAML app lie", func(r *http.Request, in control.MetadataLies) error {
			a, err := s.samlApp(r)
			if err != nil {
				return err
			}
			return s.SAML.LieInMetadata(a, in.Mutations)
		}).says("In place of the lies that it has; none makes it honest again."),
		answer("GET /apps/{app}/saml/sessions", "List the sessions at a SAML app", onSAML(s, func(_ *http.Request, a control.App) ([]control.SAMLSession, error) {
			return s.SAML.Sessions(a), nil
		})),
		exchange("POST /apps/{app}/saml/logouts", "Begin a single logout at the IdP", s.startSAMLLogout).creates().
			says("Somebody's browser has to follow the URL of the answer."),
		answer("GET /apps/{app}/saml/logouts", "List the single logouts that began at the IdP", onSAML(s, func(_ *http.Request, a control.App) ([]control.SAMLLogout, error) {
			return s.SAML.Logouts(a), nil
		})),
		answer("GET /apps/{app}/saml/fetches", "List who followed a URL in a hostile message", onSAML(s, func(_ *http.Request, a control.App) ([]control.Fetch, error) {
			return s.SAML.Fetches(a), nil
		})),
	}
}

// onSAML serves an app that has a SAML side.
func onSAML[Out any](s *server, fn func(*http.Request, control.App) (Out, error)) func(*http.Request) (Out, error) {
	return func(r *http.Request) (Out, error) {
		a, err := s.samlApp(r)
		if err != nil {
			var none Out
			return none, err
		}
		return fn(r, a)
	}
}

func (s *server) samlApp(r *http.Request) (control.App, error) {
	id := r.PathValue("app")
	a, ok := s.Directory.App(id)
	if !ok || a.SAML == nil {
		return control.App{}, fmt.Errorf("%w: %q: give the app a saml member when you create it", errNoSAML, id)
	}
	return a, nil
}

func (s *server) startSAMLLogout(r *http.Request, in control.SAMLLogout) (control.SAMLLogout, error) {
	a, err := s.samlApp(r)
	if err != nil {
		return in, err
	}
	if in.ID != "" || in.URL != "" || in.Status != "" || in.Error != "" {
		return in, fmt.Errorf("%w: id, url, status and error are set by the IdP", errRequest)
	}
	return s.SAML.StartLogout(a, in)
}

func statusOfSAML(err error) int {
	switch {
	case errors.Is(err, errNoSAML), errors.Is(err, saml.ErrUnknownCertificate):
		return http.StatusNotFound
	case errors.Is(err, saml.ErrCertificateInUse), errors.Is(err, saml.ErrNoLogout), errors.Is(err, saml.ErrNoSession):
		return http.StatusConflict
	case errors.Is(err, saml.ErrBadGrant), errors.Is(err, saml.ErrUnknownPerson), errors.Is(err, saml.ErrUnknownMutation), errors.Is(err, saml.ErrConflict):
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}
