package check

import (
	"context"
	"fmt"
	"maps"
	"net/url"

	"assay/suites/target"
	"assay/suites/wire"
)

// Resource is a resource that a check made at the target. Its Response is the first that shows the
// resource: the answer to the create, or to a read when that answer did not.
type Resource struct {
	ID      string
	Path    string         // relative to the SCIM base URL: "/Users/…"
	Sent    map[string]any // what was sent to make it
	Created *wire.Response // the answer to the create
	*wire.Response
}

// Op is one operation of a PATCH request (RFC 7644 section 3.5.2). A nil Value is left out.
type Op struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

// mediaType is what a SCIM client sends and accepts (RFC 7644 section 8.1).
const mediaType = "application/scim+json"

// Send makes a request of the SCIM endpoint and records it. A body that is neither bytes nor a string
// is sent as JSON.
func (t *T) Send(method, path string, body any, options ...wire.Option) *wire.Response {
	if body != nil {
		options = append([]wire.Option{wire.Header("Content-Type", mediaType)}, options...)
	}
	return t.record(t.suite.Target.SCIM.Do(t.ctx, method, path, body, options...))
}

// Get reads a path below the SCIM base URL.
func (t *T) Get(path string, options ...wire.Option) *wire.Response {
	return t.Send("GET", path, nil, options...)
}

// Post sends a body to a path below the SCIM base URL. What it creates is removed after the check.
func (t *T) Post(path string, body any, options ...wire.Option) *wire.Response {
	res := t.Send("POST", path, body, options...)
	if id := res.String("/id"); res.OK() && id != "" {
		t.RemoveLater(path + "/" + url.PathEscape(id))
	}
	return res
}

// Put replaces a resource.
func (t *T) Put(path string, body any, options ...wire.Option) *wire.Response {
	return t.Send("PUT", path, body, options...)
}

// Patch sends PATCH operations.
func (t *T) Patch(path string, ops ...Op) *wire.Response {
	return t.PatchBody(path, map[string]any{"schemas": []string{PatchURN}, "Operations": ops})
}

// PatchBody sends a PATCH request with any body.
func (t *T) PatchBody(path string, body any, options ...wire.Option) *wire.Response {
	return t.Send("PATCH", path, body, options...)
}

// Delete removes a resource.
func (t *T) Delete(path string, options ...wire.Option) *wire.Response {
	return t.Send("DELETE", path, nil, options...)
}

// Find lists the resources of an endpoint ("/Users") that a filter selects.
func (t *T) Find(endpoint, filter string, options ...wire.Option) *wire.Response {
	return t.Get(endpoint, append([]wire.Option{wire.Query("filter", filter)}, options...)...)
}

// Name makes up a name that no other resource of any run has: "assay-<run>-<n>".
func (t *T) Name() string {
	return fmt.Sprintf("assay-%s-%d", t.suite.RunID, t.suite.serial.Add(1))
}

// Email makes up an e-mail address that no other resource of any run has.
func (t *T) Email() string { return t.Name() + "@" + t.suite.Target.EmailDomain() }

// User makes up a valid user: the attributes that every vendor sends, what the target file demands of
// every user, and the given attributes on top. A nil attribute removes it.
func (t *T) User(attributes ...map[string]any) map[string]any {
	email := t.Email()
	user := map[string]any{
		"schemas":     []any{UserURN},
		"userName":    email,
		"name":        map[string]any{"givenName": "Ada", "familyName": "Byron"},
		"displayName": "Ada Byron",
		"emails":      []any{map[string]any{"value": email, "type": "work", "primary": true}},
		"active":      true,
	}
	maps.Copy(user, t.suite.Target.File.SCIM.User)
	return overlay(user, attributes)
}

// Group makes up a valid group, with the given attributes on top.
func (t *T) Group(attributes ...map[string]any) map[string]any {
	group := map[string]any{"schemas": []any{GroupURN}, "displayName": t.Name()}
	return overlay(group, attributes)
}

func overlay(base map[string]any, layers []map[string]any) map[string]any {
	for _, layer := range layers {
		for name, value := range layer {
			if value == nil {
				delete(base, name)
				continue
			}
			base[name] = value
		}
	}
	return base
}

// CreateUser makes a user for the check to work on. When the target refuses, the check is not-run.
func (t *T) CreateUser(attributes ...map[string]any) Resource {
	return t.create("/Users", t.User(attributes...))
}

// CreateGroup makes a group for the check to work on. When the target refuses, the check is not-run.
func (t *T) CreateGroup(attributes ...map[string]any) Resource {
	return t.create("/Groups", t.Group(attributes...))
}

func (t *T) create(endpoint string, body map[string]any) Resource {
	return t.resource(endpoint, body, t.Post(endpoint, body))
}

func withoutID(res *wire.Response, id string) string {
	if res.OK() && id == "" {
		return res.Summary() + ", but the answer has no id"
	}
	return res.Summary()
}

// Members is the members attribute for the given resources.
func Members(resources ...Resource) []any {
	members := make([]any, len(resources))
	for i, r := range resources {
		members[i] = map[string]any{"value": r.ID}
	}
	return members
}

// RemoveLater deletes a resource after the check. Nothing that the run did not make is ever deleted.
func (t *T) RemoveLater(path string) {
	t.Cleanup(func(ctx context.Context) error {
		res := t.suite.Target.SCIM.Do(ctx, "DELETE", path, nil)
		if res.Err != nil {
			return fmt.Errorf("delete %s: %w", path, res.Err)
		}
		if !res.OK() && res.Status != 404 {
			return fmt.Errorf("delete %s: %s", path, res.Summary())
		}
		return nil
	})
}

// NewBrowser opens a browser whose exchanges are recorded with the check.
func (t *T) NewBrowser() *target.Browser {
	browser, err := t.suite.Target.NewBrowser(func(res *wire.Response) { t.record(res) })
	if err != nil {
		panic(err)
	}
	return browser
}
