package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// TakeSnapshot keeps the state of the directory and of provisioning under a name: POST /snapshots. It does not hold
// keys, logins or sessions.
func (c *Client) TakeSnapshot(ctx context.Context, name string) (Snapshot, error) {
	return call[Snapshot](ctx, c, http.MethodPost, "/snapshots", NewSnapshot{Name: name})
}

// Snapshots lists them, oldest first: GET /snapshots.
func (c *Client) Snapshots(ctx context.Context) ([]Snapshot, error) {
	return call[[]Snapshot](ctx, c, http.MethodGet, "/snapshots", nil)
}

// RestoreSnapshot goes back to a snapshot: POST /snapshots/{name}/restore. Pending logins, grants and sessions are
// dropped.
func (c *Client) RestoreSnapshot(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodPost, "/snapshots/"+url.PathEscape(name)+"/restore", nil, nil)
}

// DeleteSnapshot forgets a snapshot: DELETE /snapshots/{name}.
func (c *Client) DeleteSnapshot(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/snapshots/"+url.PathEscape(name), nil, nil)
}

// Reset goes back to the state in which the IdP was when it was ready: POST /reset. Snapshots stay.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/reset", nil, nil)
}

// OpenAPI returns the description of the control API, OpenAPI 3.1: GET /openapi.json.
func (c *Client) OpenAPI(ctx context.Context) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, http.MethodGet, "/openapi.json", nil)
}
