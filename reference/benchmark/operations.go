package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
)

const clients = 16 // that ask at once where rates are compared

// againstFloor compares creating and reading users with the floor. Both servers begin with no users.
func (b *bench) againstFloor() error {
	servers := map[string]*client{}
	for _, as := range []string{"reference", "floor"} {
		file := filepath.Join(b.dir, "fresh-"+as+".db")
		if err := removeDatabase(file); err != nil {
			return err
		}
		p, err := start(b.ctx, as, file)
		if err != nil {
			return err
		}
		defer p.stop()
		servers[as] = p.client()
	}
	const n = 4_000 // a round
	ids := map[string][]string{}
	create := func(as string) func(i int) error {
		made := make([]string, (b.rounds+1)*n)
		ids[as] = made
		return func(i int) error {
			var u struct{ ID string }
			err := servers[as].into(b.ctx, &u, http.StatusCreated, http.MethodPost, "/Users", newcomer(i))
			made[i] = u.ID
			return err
		}
	}
	ours, floors, err := b.rates(clients, n, create("reference"), create("floor"))
	if err != nil {
		return err
	}
	b.add(row{operation: "POST /Users durable, 16 clients, against the floor", bar: 0.5, atLeast: true}, perSecond, ours, floors)
	get := func(as string) func(i int) error {
		return func(i int) error {
			_, err := servers[as].do(b.ctx, http.StatusOK, http.MethodGet, "/Users/"+ids[as][i*7919%len(ids[as])], nil)
			return err
		}
	}
	if ours, floors, err = b.rates(clients, 2*n, get("reference"), get("floor")); err != nil {
		return err
	}
	b.add(row{operation: "GET /Users/{id}, 16 clients, against the floor", bar: 0.6, atLeast: true}, perSecond, ours, floors)
	return nil
}

// patches compares a PATCH as Entra ID sends it with one of a single operation.
func (b *bench) patches() error {
	c, stop, err := b.serveCrowd(smallCrowd)
	if err != nil {
		return err
	}
	defer stop()
	list, err := c.userIDs(b, 2)
	if err != nil {
		return err
	}
	three := func(i int) error {
		return c.patch(b, "/Users/"+list[0], http.StatusOK,
			operation{"Replace", "displayName", fmt.Sprint("Display ", i)},
			operation{"Replace", `emails[type eq "work"].value`, fmt.Sprintf("p%d@bench.test", i)},
			operation{"Replace", "name.familyName", fmt.Sprint("Family ", i)})
	}
	one := func(i int) error {
		return c.patch(b, "/Users/"+list[1], http.StatusOK, operation{"Replace", "displayName", fmt.Sprint("Display ", i)})
	}
	hard, easy, err := b.p50s(300, step{timed: three}, step{timed: one})
	if err != nil {
		return err
	}
	b.add(row{operation: "PATCH with three Entra operations, against one operation", bar: 2}, seconds, hard, easy)
	return nil
}

const smallCrowd = 1_000

// serveCrowd starts the reference on a crowd.
func (b *bench) serveCrowd(n int) (*client, func(), error) {
	file, err := crowd(b.ctx, b.dir, n)
	if err != nil {
		return nil, nil, err
	}
	p, err := start(b.ctx, "reference", file)
	if err != nil {
		return nil, nil, err
	}
	return p.client(), p.stop, nil
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func (c *client) patch(b *bench, path string, status int, operations ...operation) error {
	body, err := json.Marshal(map[string]any{"schemas": []string{patchURN}, "Operations": operations})
	if err != nil {
		return err
	}
	_, err = c.do(b.ctx, status, http.MethodPatch, path, body)
	return err
}

// page is a list response.
type page struct {
	TotalResults int
	NextCursor   string
	Resources    []struct{ ID string }
}

func (c *client) page(b *bench, endpoint string, query url.Values) (p page, err error) {
	return p, c.into(b.ctx, &p, http.StatusOK, http.MethodGet, endpoint+"?"+query.Encode(), nil)
}

// userIDs gives the ids of the first users.
func (c *client) userIDs(b *bench, n int) ([]string, error) {
	p, err := c.page(b, "/Users", url.Values{"count": {fmt.Sprint(n)}, "attributes": {"id"}})
	if err != nil {
		return nil, err
	}
	return p.ids(n)
}

func (p page) ids(n int) ([]string, error) {
	if len(p.Resources) != n {
		return nil, fmt.Errorf("%d resources were found, not %d", len(p.Resources), n)
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = p.Resources[i].ID
	}
	return ids, nil
}

// find gives the id of the one resource with a name.
func (c *client) find(b *bench, endpoint, attribute, name string) (string, error) {
	p, err := c.page(b, endpoint, url.Values{"filter": {fmt.Sprintf("%s eq %q", attribute, name)}, "attributes": {"id"}})
	if err != nil {
		return "", err
	}
	ids, err := p.ids(1)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", attribute, name, err)
	}
	return ids[0], nil
}
