package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client talks to the control API of a fake IdP.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// NewClient returns a client for the control API at base, which takes the bearer token.
func NewClient(base, token string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{}}
}

// CreatePerson adds somebody to the directory: POST /people.
func (c *Client) CreatePerson(ctx context.Context, p Person) (Person, error) {
	return call[Person](ctx, c, http.MethodPost, "/people", p)
}

// AddCrowd adds made-up people and their groups, all or none: POST /crowds.
func (c *Client) AddCrowd(ctx context.Context, crowd Crowd) (CrowdAdded, error) {
	return call[CrowdAdded](ctx, c, http.MethodPost, "/crowds", crowd)
}

// Person finds somebody by id, login or e-mail address: GET /people/{id}.
func (c *Client) Person(ctx context.Context, key string) (Person, error) {
	return call[Person](ctx, c, http.MethodGet, "/people/"+url.PathEscape(key), nil)
}

// UpdatePerson replaces what the directory knows of a person: PUT /people/{id}.
func (c *Client) UpdatePerson(ctx context.Context, p Person) (Person, error) {
	return call[Person](ctx, c, http.MethodPut, "/people/"+url.PathEscape(p.ID), p)
}

// DeletePerson removes somebody from the directory; they can be restored: DELETE /people/{id}. Nothing is
// sent to the targets of apps from which the person was unassigned before.
func (c *Client) DeletePerson(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/people/"+url.PathEscape(id), nil, nil)
}

// People lists the directory: GET /people.
func (c *Client) People(ctx context.Context) ([]Person, error) {
	return call[[]Person](ctx, c, http.MethodGet, "/people", nil)
}

// DeletedPeople lists who was deleted, those who were purged included: GET /deleted-people.
func (c *Client) DeletedPeople(ctx context.Context) ([]Deletion, error) {
	return call[[]Deletion](ctx, c, http.MethodGet, "/deleted-people", nil)
}

// RestorePerson brings a deleted person back, with the apps and memberships that still exist:
// POST /deleted-people/{id}/restore.
func (c *Client) RestorePerson(ctx context.Context, id string) (Person, error) {
	return call[Person](ctx, c, http.MethodPost, "/deleted-people/"+url.PathEscape(id)+"/restore", nil)
}

// PurgePerson deletes a deleted person for good: DELETE /deleted-people/{id}.
func (c *Client) PurgePerson(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/deleted-people/"+url.PathEscape(id), nil, nil)
}

// CreateGroup adds a group: POST /groups.
func (c *Client) CreateGroup(ctx context.Context, g Group) (Group, error) {
	return call[Group](ctx, c, http.MethodPost, "/groups", g)
}

// Group reads a group: GET /groups/{id}.
func (c *Client) Group(ctx context.Context, id string) (Group, error) {
	return call[Group](ctx, c, http.MethodGet, "/groups/"+url.PathEscape(id), nil)
}

// AddMember puts somebody into a group: PUT /groups/{id}/members/{person}.
func (c *Client) AddMember(ctx context.Context, group, person string) error {
	return c.do(ctx, http.MethodPut, "/groups/"+url.PathEscape(group)+"/members/"+url.PathEscape(person), nil, nil)
}

// RemoveMember takes somebody out of a group: DELETE /groups/{id}/members/{person}.
func (c *Client) RemoveMember(ctx context.Context, group, person string) error {
	return c.do(ctx, http.MethodDelete, "/groups/"+url.PathEscape(group)+"/members/"+url.PathEscape(person), nil, nil)
}

// UpdateGroup replaces the name of a group, its members and the groups inside it: PUT /groups/{id}.
func (c *Client) UpdateGroup(ctx context.Context, g Group) (Group, error) {
	return call[Group](ctx, c, http.MethodPut, "/groups/"+url.PathEscape(g.ID), g)
}

// DeleteGroup removes a group from the directory: DELETE /groups/{id}.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/groups/"+url.PathEscape(id), nil, nil)
}

// Groups lists the groups of the directory: GET /groups.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	return call[[]Group](ctx, c, http.MethodGet, "/groups", nil)
}

// CreateApp adds an app: POST /apps. The answer holds the client secret, once.
func (c *Client) CreateApp(ctx context.Context, a App) (App, error) {
	return call[App](ctx, c, http.MethodPost, "/apps", a)
}

// DeleteApp removes an app and its state; nothing is sent to its target: DELETE /apps/{id}.
func (c *Client) DeleteApp(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/apps/"+url.PathEscape(id), nil, nil)
}

// Apps lists the apps, without secrets: GET /apps.
func (c *Client) Apps(ctx context.Context) ([]App, error) {
	return call[[]App](ctx, c, http.MethodGet, "/apps", nil)
}

// Assign gives a person the app: PUT /apps/{app}/people/{person}. The next push provisions them.
func (c *Client) Assign(ctx context.Context, app, person string) error {
	return c.do(ctx, http.MethodPut, appPath(app, "people", person), nil, nil)
}

// Unassign takes the app from a person: DELETE /apps/{app}/people/{person}. The next push deactivates them.
func (c *Client) Unassign(ctx context.Context, app, person string) error {
	return c.do(ctx, http.MethodDelete, appPath(app, "people", person), nil, nil)
}

// PushGroup links a group to the app: PUT /apps/{app}/groups/{group}. The next push creates it at the target.
func (c *Client) PushGroup(ctx context.Context, app, group string) error {
	return c.do(ctx, http.MethodPut, appPath(app, "groups", group), nil, nil)
}

// UnlinkGroup ends the push of a group: DELETE /apps/{app}/groups/{group}?delete={deleteInTarget}. With
// deleteInTarget the next push deletes it at the target; otherwise nothing is sent.
func (c *Client) UnlinkGroup(ctx context.Context, app, group string, deleteInTarget bool) error {
	path := fmt.Sprintf("%s?delete=%t", appPath(app, "groups", group), deleteInTarget)
	return c.do(ctx, http.MethodDelete, path, nil, nil)
}

// Push does all provisioning that is due and says what it did: POST /apps/{app}/push.
func (c *Client) Push(ctx context.Context, app string) (Push, error) {
	return call[Push](ctx, c, http.MethodPost, appPath(app, "push"), nil)
}

// OnDemand provisions one person, or one group with some of its members, as an administrator does who cannot wait for the
// cycle: POST /apps/{app}/on-demand.
func (c *Client) OnDemand(ctx context.Context, app string, what OnDemand) (Push, error) {
	return call[Push](ctx, c, http.MethodPost, appPath(app, "on-demand"), what)
}

// SetUserTemplate edits the JSON body of users of an app: PUT /apps/{app}/user-template. "" is the persona's. The next push
// sends everybody anew.
func (c *Client) SetUserTemplate(ctx context.Context, app, template string) error {
	return c.do(ctx, http.MethodPut, appPath(app, "user-template"), UserTemplate{Template: template}, nil)
}

// Status says how an app's provisioning is doing: GET /apps/{app}/status.
func (c *Client) Status(ctx context.Context, app string) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, appPath(app, "status"), nil)
}

// Advance moves the IdP's clock forward and runs the cycles that become due, of all apps: POST /clock with
// {"advance": "40m"}. The first cycle of an app is due at once.
func (c *Client) Advance(ctx context.Context, d time.Duration) (Clock, error) {
	return call[Clock](ctx, c, http.MethodPost, "/clock", ClockMove{Advance: d.String()})
}

// TestConnection sends what the vendor sends when an administrator saves the connection: POST /apps/{app}/test.
func (c *Client) TestConnection(ctx context.Context, app string) (Push, error) {
	return call[Push](ctx, c, http.MethodPost, appPath(app, "test"), nil)
}

// Import pages through the target as the vendor's import does: POST /apps/{app}/import.
func (c *Client) Import(ctx context.Context, app string) (Import, error) {
	return call[Import](ctx, c, http.MethodPost, appPath(app, "import"), nil)
}

// Compare reads the target and says where it differs from the directory: POST /apps/{app}/compare.
func (c *Client) Compare(ctx context.Context, app string) (Comparison, error) {
	return call[Comparison](ctx, c, http.MethodPost, appPath(app, "compare"), nil)
}

// Links lists what the IdP remembers about its people and groups at the target: GET /apps/{app}/links.
func (c *Client) Links(ctx context.Context, app string) ([]Link, error) {
	return call[[]Link](ctx, c, http.MethodGet, appPath(app, "links"), nil)
}

// Log returns the provisioning log of an app: GET /apps/{app}/log.
func (c *Client) Log(ctx context.Context, app string) ([]Step, error) {
	return call[[]Step](ctx, c, http.MethodGet, appPath(app, "log"), nil)
}

// Personas lists the personas that an app may have, each knob with its source: GET /personas.
func (c *Client) Personas(ctx context.Context) ([]Persona, error) {
	return call[[]Persona](ctx, c, http.MethodGet, "/personas", nil)
}

// Keys lists the signing keys that the issuer of a persona publishes: GET /personas/{persona}/keys.
func (c *Client) Keys(ctx context.Context, persona string) ([]Key, error) {
	return call[[]Key](ctx, c, http.MethodGet, keyPath(persona), nil)
}

// AddKey publishes one more signing key, with which nothing is signed yet: POST /personas/{persona}/keys.
func (c *Client) AddKey(ctx context.Context, persona string) (Key, error) {
	return call[Key](ctx, c, http.MethodPost, keyPath(persona), nil)
}

// SignWith switches to a published key: PUT /personas/{persona}/keys/{kid}/signing.
func (c *Client) SignWith(ctx context.Context, persona, kid string) error {
	return c.do(ctx, http.MethodPut, keyPath(persona, kid, "signing"), nil, nil)
}

// WithdrawKey publishes a key no more; it must not be the one that signs: DELETE /personas/{persona}/keys/{kid}.
func (c *Client) WithdrawKey(ctx context.Context, persona, kid string) error {
	return c.do(ctx, http.MethodDelete, keyPath(persona, kid), nil, nil)
}

// RotateBeforeSigning makes the next token signed with a key that is made and published at that very moment:
// POST /personas/{persona}/key-rotation.
func (c *Client) RotateBeforeSigning(ctx context.Context, persona string) error {
	return c.do(ctx, http.MethodPost, "/personas/"+url.PathEscape(persona)+"/key-rotation", nil, nil)
}

// Grant arranges the answer to one authorization request: POST /grants.
func (c *Client) Grant(ctx context.Context, g Grant) error {
	return c.do(ctx, http.MethodPost, "/grants", g, nil)
}

// Mutations lists the hostile behaviours that a Grant may name: GET /mutations.
func (c *Client) Mutations(ctx context.Context) ([]Mutation, error) {
	return call[[]Mutation](ctx, c, http.MethodGet, "/mutations", nil)
}

// Visits returns the requests that the OpenID Connect endpoints saw for a client, oldest first:
// GET /visits?client_id={client}.
func (c *Client) Visits(ctx context.Context, client string) ([]Visit, error) {
	return call[[]Visit](ctx, c, http.MethodGet, "/visits?client_id="+url.QueryEscape(client), nil)
}

func appPath(app string, parts ...string) string { return below("/apps/"+url.PathEscape(app), parts) }

func keyPath(persona string, parts ...string) string {
	return below("/personas/"+url.PathEscape(persona)+"/keys", parts)
}

func below(path string, parts []string) string {
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}

func call[Out any](ctx context.Context, c *Client, method, path string, in any) (Out, error) {
	var out Out
	err := c.do(ctx, method, path, in, &out)
	return out, err
}

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("fake IdP: encode %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("fake IdP: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("fake IdP: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return problem(method, path, res)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("fake IdP: read answer to %s %s: %w", method, path, err)
	}
	return nil
}

func problem(method, path string, res *http.Response) error {
	var p Problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || p.Detail == "" {
		return fmt.Errorf("fake IdP: %s %s: %s", method, path, res.Status)
	}
	return fmt.Errorf("fake IdP: %s %s: %s", method, path, p.Detail)
}
