package control

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Mutations are names of hostile behaviours, as in a Grant: "wrong-nonce", "jku=https://harness.example/keys".
type Mutations struct {
	Mutations []string `json:"mutations"`
}

// SetMutations gives an app mutations for good, in place of those it has: PUT /apps/{app}/mutations. Those of a login work on each
// of its logins, besides those of the grant, and those of a logout on each logout. Those of the discovery document and of the key set
// are seen by everybody who reads the documents of the app's issuer, since nobody says there whose they are.
func (c *Client) SetMutations(ctx context.Context, app string, names ...string) error {
	return c.do(ctx, http.MethodPut, appPath(app, "mutations"), Mutations{Mutations: names}, nil)
}

// AppMutations lists the mutations that an app has for good: GET /apps/{app}/mutations.
func (c *Client) AppMutations(ctx context.Context, app string) ([]string, error) {
	out, err := call[Mutations](ctx, c, http.MethodGet, appPath(app, "mutations"), nil)
	return out.Mutations, err
}

// ClearMutations makes an app honest again: DELETE /apps/{app}/mutations.
func (c *Client) ClearMutations(ctx context.Context, app string) error {
	return c.do(ctx, http.MethodDelete, appPath(app, "mutations"), nil, nil)
}

// Outage puts an endpoint of an app's issuer out of order.
//
// Requests that say whose they are (authorize, token, userinfo …) meet it only when they are the app's. Those of discovery and keys do
// not say: they meet it whoever sends them. HTTP clients like to repeat a request whose connection broke down on their own: with
// Times 1 some never notice.
type Outage struct {
	ID       string `json:"id,omitempty"` // set by the IdP
	App      string `json:"app"`
	Endpoint string `json:"endpoint,omitempty"` // "discovery", "keys", "authorize", "token", "userinfo", "introspect", "revoke", "logout", "groups"; empty: all
	Kind     string `json:"kind"`               // "reset", "slow", "truncated" …: those of GET /mutations whose protocol is "http"
	Times    int    `json:"times,omitempty"`    // that it happens; 0: until it is ended
	Delay    string `json:"delay,omitempty"`    // of kinds that take it: "500ms", "30s"; up to 10 minutes
	URL      string `json:"url,omitempty"`      // of kinds that take it
	Size     int64  `json:"size,omitempty"`     // bytes, of kinds that take it; up to 1 GB
	Served   int    `json:"served"`             // how often it has happened
}

// AddOutage puts an endpoint out of order: POST /outages.
func (c *Client) AddOutage(ctx context.Context, o Outage) (Outage, error) {
	return call[Outage](ctx, c, http.MethodPost, "/outages", o)
}

// Outages lists the outages that were not ended, oldest first: GET /outages.
func (c *Client) Outages(ctx context.Context) ([]Outage, error) {
	return call[[]Outage](ctx, c, http.MethodGet, "/outages", nil)
}

// EndOutage ends one: DELETE /outages/{id}.
func (c *Client) EndOutage(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/outages/"+url.PathEscape(id), nil, nil)
}

// EndOutages ends all: DELETE /outages.
func (c *Client) EndOutages(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/outages", nil, nil)
}

// Session is a login that an app has got tokens for. It is kept for twelve hours, or until it ends.
type Session struct {
	SID      string    `json:"sid"`
	ClientID string    `json:"client_id"`
	Person   string    `json:"person"` // id
	Subject  string    `json:"sub"`
	Issuer   string    `json:"issuer"`
	Begun    time.Time `json:"begun"`
}

// LogoutOrder ends sessions: one by its sid, or those of a person (id, login or e-mail), of one client only if it is named.
// Mutations are of the stages of a logout.
type LogoutOrder struct {
	SID       string   `json:"sid,omitempty"`
	Person    string   `json:"person,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Mutations []string `json:"mutations,omitempty"`
}

// Ended is the answer to a logout: what has ended, and what the apps were told.
type Ended struct {
	Sessions []Session `json:"sessions"`
	Logouts  []Logout  `json:"logouts"`
}

// Logout is how an app was told of the end of a session. On the back channel a logout token was posted: Exchange is that, without the
// token, whose header and payload are in Header and Claims. On the front channel URL is what an iframe has to load: the logout page
// does that when the app began the logout; after other logouts it is for the caller to open it in the person's browser.
type Logout struct {
	Time     time.Time `json:"time"`
	Channel  string    `json:"channel"` // "back" or "front"
	SID      string    `json:"sid"`
	ClientID string    `json:"client_id"`
	Person   string    `json:"person"`
	URL      string    `json:"url,omitempty"`
	Header   string    `json:"header,omitempty"`
	Claims   string    `json:"claims,omitempty"`
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Sessions lists the sessions at a client, or at all clients when it is "", oldest first: GET /sessions?client_id={client}.
func (c *Client) Sessions(ctx context.Context, client string) ([]Session, error) {
	return call[[]Session](ctx, c, http.MethodGet, "/sessions?client_id="+url.QueryEscape(client), nil)
}

// Logout ends sessions and tells their apps: POST /logouts.
func (c *Client) Logout(ctx context.Context, o LogoutOrder) (Ended, error) {
	return call[Ended](ctx, c, http.MethodPost, "/logouts", o)
}

// Logouts lists what a client was told of logouts, whatever began them, the last thousand of all clients, oldest first:
// GET /logouts?client_id={client}.
func (c *Client) Logouts(ctx context.Context, client string) ([]Logout, error) {
	return call[[]Logout](ctx, c, http.MethodGet, "/logouts?client_id="+url.QueryEscape(client), nil)
}

// Doors are TLS listeners with the public endpoints behind them, each with another certificate. CA is the certificate of the
// throw-away authority that a target has to trust for its test, PEM.
//
// The documents and tokens behind a door are those of the public listener: the issuer stays. To send a target through a door, let the
// discovery document name it: SetMutations(app, "discovery-token-elsewhere=" + door.URL + "/oauth2/default/v1/token").
type Doors struct {
	CA    string `json:"ca"`
	Doors []Door `json:"doors"`
}

// Door is one of them. Its URL is scheme, host and port.
type Door struct {
	Name string `json:"name"` // "trusted", "expired", "not-yet-valid", "wrong-host", "self-signed"
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Doors opens the TLS listeners, at the first call, and says where they are: GET /doors.
func (c *Client) Doors(ctx context.Context) (Doors, error) {
	return call[Doors](ctx, c, http.MethodGet, "/doors", nil)
}

// Line says whether the public listener is cut.
type Line struct {
	Cut bool `json:"cut"`
}

// CutLine makes all connections to the public listener to be refused, of all apps, until MendLine: PUT /line {"cut": true}. The
// control API and the doors go on.
func (c *Client) CutLine(ctx context.Context) error {
	return c.do(ctx, http.MethodPut, "/line", Line{Cut: true}, nil)
}

// MendLine ends a CutLine: PUT /line {"cut": false}.
func (c *Client) MendLine(ctx context.Context) error {
	return c.do(ctx, http.MethodPut, "/line", Line{}, nil)
}
