package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
	"assay/fakeidp/saml"
	"assay/fixtures"
)

// routes are all calls of the API.
func (s *server) routes() []route {
	return slices.Concat(s.people(), s.groups(), s.apps(), s.provisioning(), s.exchanges(), s.signOn(), s.keys(), s.misbehaviour(), s.logouts(), s.saml(), s.snapshots(), []route{
		answer("GET /openapi.json", "Describe this API", func(*http.Request) (json.RawMessage, error) { return s.description, nil }).
			says("The description is OpenAPI 3.1."),
	})
}

func (s *server) people() []route {
	return []route{
		answer("GET /people", "List the people", func(*http.Request) ([]control.Person, error) { return s.Directory.People(), nil }),
		exchange("POST /people", "Add somebody", func(_ *http.Request, in control.Person) (control.Person, error) {
			return s.Directory.CreatePerson(in)
		}).creates(),
		exchange("PUT /people/{id}", "Replace what is known of somebody", func(r *http.Request, in control.Person) (control.Person, error) {
			if err := sameID(&in.ID, r.PathValue("id")); err != nil {
				return in, err
			}
			return s.updatePerson(r.Context(), in)
		}).says("Members that the body leaves out become empty. Who is suspended by it is logged out, where the persona does that."),
		answer("GET /people/{id}", "Read what is known of somebody", func(r *http.Request) (control.Person, error) {
			p, ok := s.Directory.Person(r.PathValue("id"))
			return p, found(ok, "person", r)
		}).says("By id, login or e-mail address."),
		act("DELETE /people/{id}", "Delete somebody", func(r *http.Request) error {
			return s.Directory.DeletePerson(r.PathValue("id"))
		}).says("They can be restored."),
		exchange("POST /crowds", "Add made-up people", s.addCrowd).creates().
			says("They and their groups follow from the seed, and are added all or not at all. Their logins have a domain of the seed's own."),
		answer("GET /deleted-people", "List the deleted people", func(*http.Request) ([]control.Deletion, error) {
			return s.Directory.Deletions(), nil
		}),
		answer("POST /deleted-people/{id}/restore", "Restore somebody", func(r *http.Request) (control.Person, error) {
			return s.Directory.RestorePerson(r.PathValue("id"))
		}).says("They get back the apps and the memberships that still exist."),
		act("DELETE /deleted-people/{id}", "Delete somebody for good", func(r *http.Request) error {
			return s.Directory.PurgePerson(r.PathValue("id"))
		}),
	}
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

func (s *server) groups() []route {
	return []route{
		answer("GET /groups", "List the groups", func(*http.Request) ([]control.Group, error) { return s.Directory.Groups(), nil }),
		exchange("POST /groups", "Add a group", func(_ *http.Request, in control.Group) (control.Group, error) {
			return s.Directory.CreateGroup(in)
		}).creates(),
		exchange("PUT /groups/{id}", "Replace a group", func(r *http.Request, in control.Group) (control.Group, error) {
			if err := sameID(&in.ID, r.PathValue("id")); err != nil {
				return in, err
			}
			return s.Directory.UpdateGroup(in)
		}).says("Its name, its members and the groups inside it become those of the body."),
		answer("GET /groups/{id}", "Read a group", func(r *http.Request) (control.Group, error) {
			g, ok := s.Directory.Group(r.PathValue("id"))
			return g, found(ok, "group", r)
		}),
		act("PUT /groups/{id}/members/{person}", "Put somebody into a group", func(r *http.Request) error {
			return s.Directory.AddMember(r.PathValue("id"), r.PathValue("person"))
		}),
		act("DELETE /groups/{id}/members/{person}", "Take somebody out of a group", func(r *http.Request) error {
			return s.Directory.RemoveMember(r.PathValue("id"), r.PathValue("person"))
		}),
		act("DELETE /groups/{id}", "Delete a group", func(r *http.Request) error {
			return s.Directory.DeleteGroup(r.PathValue("id"))
		}),
	}
}

func (s *server) apps() []route {
	return []route{
		answer("GET /apps", "List the apps", func(*http.Request) ([]control.App, error) { return s.listApps(), nil }),
		exchange("POST /apps", "Add an app", s.createApp).creates().says("The answer holds the client secret, once."),
		act("DELETE /apps/{app}", "Delete an app", func(r *http.Request) error {
			app, _ := s.Directory.App(r.PathValue("app"))
			if err := s.Directory.DeleteApp(r.PathValue("app")); err != nil {
				return err
			}
			s.Provider.ForgetClient(app.ClientID)
			return s.Engine.Forget(r.PathValue("app"))
		}).says("Nothing is sent to its target."),
		act("PUT /apps/{app}/people/{person}", "Give somebody an app", func(r *http.Request) error {
			return s.Directory.Assign(r.PathValue("app"), r.PathValue("person"))
		}),
		act("DELETE /apps/{app}/people/{person}", "Take an app from somebody", func(r *http.Request) error {
			return s.Directory.Unassign(r.PathValue("app"), r.PathValue("person"))
		}),
		act("PUT /apps/{app}/groups/{group}", "Push a group to an app", func(r *http.Request) error {
			return s.Directory.PushGroup(r.PathValue("app"), r.PathValue("group"))
		}),
		act("DELETE /apps/{app}/groups/{group}", "End the push of a group", s.unlinkGroup).
			with(parameter{"delete", "true: the next push deletes the group at the target"}),
	}
}

func (s *server) provisioning() []route {
	return []route{
		answer("POST /apps/{app}/push", "Push what is due", func(r *http.Request) (control.Push, error) {
			return s.Engine.Push(r.Context(), r.PathValue("app"))
		}),
		exchange("POST /apps/{app}/on-demand", "Push one person or some members of a group at once", func(r *http.Request, in control.OnDemand) (control.Push, error) {
			return s.Engine.OnDemand(r.Context(), r.PathValue("app"), in)
		}).says("For personas whose administrators can do that."),
		accept("PUT /apps/{app}/user-template", "Edit the body of users of an app", func(r *http.Request, in control.UserTemplate) error {
			return s.setUserTemplate(r.PathValue("app"), in.Template)
		}).says("For personas whose administrators can do that. Empty, it is the persona's again. The next push sends everybody anew."),
		answer("POST /apps/{app}/test", "Test the connection of an app", func(r *http.Request) (control.Push, error) {
			return s.Engine.TestConnection(r.Context(), r.PathValue("app"))
		}),
		answer("POST /apps/{app}/import", "Import from the target of an app", func(r *http.Request) (control.Import, error) {
			return s.Engine.Import(r.Context(), r.PathValue("app"))
		}),
		answer("POST /apps/{app}/compare", "Compare the target of an app with the directory", func(r *http.Request) (control.Comparison, error) {
			return s.Engine.Compare(r.Context(), r.PathValue("app"))
		}),
		answer("GET /apps/{app}/status", "Tell how provisioning is doing", func(r *http.Request) (control.Status, error) {
			return s.Engine.Status(r.PathValue("app"))
		}),
		answer("GET /apps/{app}/links", "List what is known at the target of an app", func(r *http.Request) ([]control.Link, error) {
			return s.Engine.Links(r.PathValue("app"))
		}),
		answer("GET /apps/{app}/log", "Read the provisioning log of an app", func(r *http.Request) ([]control.Step, error) {
			return s.Engine.Log(r.PathValue("app"))
		}),
		exchange("POST /clock", "Move the clock forward", s.advance).says("Every cycle that becomes due on the way is run."),
	}
}

func (s *server) signOn() []route {
	return []route{
		accept("POST /grants", "Answer one sign-on without the login page", func(_ *http.Request, in control.Grant) error { return s.grant(in) }),
		answer("GET /mutations", "List the hostile behaviours", func(*http.Request) ([]control.Mutation, error) {
			return slices.Concat(s.Provider.Mutations(), s.SAML.Mutations()), nil
		}),
		answer("GET /visits", "List the requests of the OpenID Connect endpoints", func(r *http.Request) ([]control.Visit, error) {
			return append([]control.Visit{}, s.Provider.Visits(r.URL.Query().Get("client_id"))...), nil
		}).with(parameter{"client_id", "of the client whose requests are wanted; without it, those of nobody in particular"}),
		answer("GET /personas", "List the personas", func(*http.Request) ([]control.Persona, error) { return s.listPersonas(), nil }).
			says("Each knob has its source and how sure it is."),
	}
}

func (s *server) keys() []route {
	return []route{
		answer("GET /personas/{persona}/keys", "List the signing keys of an issuer", func(r *http.Request) ([]control.Key, error) {
			return s.Provider.Keys(r.PathValue("persona"))
		}).says("Of the issuer that the apps of a persona have: its published keys."),
		answer("POST /personas/{persona}/keys", "Publish one more signing key", func(r *http.Request) (control.Key, error) {
			return s.Provider.AddKey(r.PathValue("persona"))
		}).creates().says("Nothing is signed with it yet."),
		act("PUT /personas/{persona}/keys/{kid}/signing", "Sign with another published key", func(r *http.Request) error {
			return s.Provider.SignWith(r.PathValue("persona"), r.PathValue("kid"))
		}),
		act("DELETE /personas/{persona}/keys/{kid}", "Withdraw a signing key", func(r *http.Request) error {
			return s.Provider.WithdrawKey(r.PathValue("persona"), r.PathValue("kid"))
		}).says("It must not be the one that signs."),
		act("POST /personas/{persona}/key-rotation", "Rotate the key at the next signature", func(r *http.Request) error {
			return s.Provider.RotateBeforeSigning(r.PathValue("persona"))
		}).says("The next token is signed with a key that is made and published at that very moment."),
	}
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

func (s *server) addCrowd(_ *http.Request, in control.Crowd) (control.CrowdAdded, error) {
	crowd, err := fixtures.NewCrowd(in.Seed, in.People)
	if err != nil {
		return control.CrowdAdded{}, fmt.Errorf("%w: %w", errRequest, err)
	}
	return s.Directory.AddCrowd(crowd, !in.NoGroups, in.App)
}

// show adds to an app what the IdP alone knows.
func (s *server) show(a control.App) control.App {
	a.Issuer = s.Provider.Issuer(a.Persona)
	if a.SAML != nil {
		a.SAML.Metadata = s.SAML.Metadata(a)
	}
	return a
}

func (s *server) createApp(_ *http.Request, in control.App) (control.App, error) {
	if err := Prepare(&in, s.Persona, s.Personas); err != nil {
		return in, fmt.Errorf("%w: %w", errRequest, err)
	}
	if issuer := s.Provider.Issuer(in.Persona); in.Issuer != "" && in.Issuer != issuer {
		return in, fmt.Errorf("%w: issuer is set by the IdP: of persona %s it is %s", errRequest, in.Persona, issuer)
	}
	out, err := s.Directory.CreateApp(in)
	return s.show(out), err
}

// Prepare gives an app a persona if it names none, and refuses one that nobody can play, and an OpenID Connect client, a
// template of users or a SAML service provider that cannot be.
func Prepare(a *control.App, otherwise string, personas []persona.Persona) error {
	if a.Persona == "" {
		a.Persona = otherwise
	}
	played, ok := persona.Find(personas, a.Persona)
	if !ok {
		return fmt.Errorf("persona %q is none of %s", a.Persona, strings.Join(persona.NamesOf(personas), ", "))
	}
	if err := oidc.Check(*a, played.OIDC); err != nil {
		return err
	}
	if a.SCIM != nil {
		if err := checkTemplate(played, a.SCIM.UserTemplate); err != nil {
			return err
		}
	}
	if a.SAML == nil {
		return nil
	}
	return saml.Check(*a.SAML)
}

func (s *server) advance(r *http.Request, in control.ClockMove) (control.Clock, error) {
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		return control.Clock{}, fmt.Errorf("%w: advance: want a duration such as \"40m\" or \"720h\": %w", errRequest, err)
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

func (s *server) unlinkGroup(r *http.Request) error {
	remove := false
	if value := r.URL.Query().Get("delete"); value != "" {
		var err error
		if remove, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("%w: delete is true or false, not %q", errRequest, value)
		}
	}
	return s.Engine.UnlinkGroup(r.Context(), r.PathValue("app"), r.PathValue("group"), remove)
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

// found is the error for what is not there.
func found(ok bool, kind string, r *http.Request) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s %q: %w", kind, r.PathValue("id"), directory.ErrNotFound)
}

// sameID takes the id from the path; a body that names another one is a mistake.
func sameID(id *string, path string) error {
	if *id != "" && *id != path {
		return fmt.Errorf("%w: the body has id %q, the path %q", errRequest, *id, path)
	}
	*id = path
	return nil
}
