package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/reference/directory"
)

const (
	pageSize   = 50
	auditShown = 200
)

func (c *console) overview(w http.ResponseWriter, r *http.Request, f frame) {
	ctx := r.Context()
	people, err := c.Store.Count(ctx, f.Tenant.ID, directory.Query{Kind: directory.User})
	if err != nil {
		c.failed(w, r, err)
		return
	}
	groups, err := c.Store.Count(ctx, f.Tenant.ID, directory.Query{Kind: directory.Group})
	if err != nil {
		c.failed(w, r, err)
		return
	}
	connection, err := c.Store.Connection(ctx, f.Tenant.ID)
	connected := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		c.failed(w, r, err)
		return
	}
	c.write(w, r, http.StatusOK, "overview", map[string]any{
		"Frame": f, "People": people, "Groups": groups, "SCIM": c.SCIMURL, "Callback": c.Callback,
		"Connected": connected, "Connection": connection, // only its issuer, client id and date are shown
	})
}

// pager leads through a long list.
type pager struct {
	From, To, Total int
	Before, After   int // page numbers, 0 for none
}

// turn reads the page number of a request; pages count from one.
func turn(r *http.Request, total int) (pager, directory.Query) {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	last := max(1, (total+pageSize-1)/pageSize)
	if err != nil || number < 1 {
		number = 1
	}
	number = min(number, last)
	offset := (number - 1) * pageSize
	p := pager{From: min(offset+1, total), To: min(offset+pageSize, total), Total: total}
	if number > 1 {
		p.Before = number - 1
	}
	if number < last {
		p.After = number + 1
	}
	return p, directory.Query{Offset: offset, Limit: pageSize}
}

// read returns one page of the resources of a kind.
func (c *console) read(r *http.Request, tenant string, kind directory.Kind) ([]directory.Resource, pager, error) {
	total, err := c.Store.Count(r.Context(), tenant, directory.Query{Kind: kind})
	if err != nil {
		return nil, pager{}, err
	}
	p, query := turn(r, total)
	query.Kind = kind
	var found []directory.Resource
	for resource, err := range c.Store.List(r.Context(), tenant, query) {
		if err != nil {
			return nil, pager{}, err
		}
		found = append(found, resource)
	}
	return found, p, nil
}

func (c *console) people(w http.ResponseWriter, r *http.Request, f frame) {
	users, p, err := c.read(r, f.Tenant.ID, directory.User)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	c.write(w, r, http.StatusOK, "people", map[string]any{"Frame": f, "People": users, "Pager": p})
}

// counted is a group and how many members it has.
type counted struct {
	directory.Resource
	Members int
}

func (c *console) groups(w http.ResponseWriter, r *http.Request, f frame) {
	groups, p, err := c.read(r, f.Tenant.ID, directory.Group)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	shown := make([]counted, 0, len(groups))
	for _, group := range groups {
		members, err := c.Store.MembersOf(r.Context(), f.Tenant.ID, group.ID) // one at a time: a group may be large
		if err != nil {
			c.failed(w, r, err)
			return
		}
		shown = append(shown, counted{group, len(members[group.ID])})
	}
	c.write(w, r, http.StatusOK, "groups", map[string]any{"Frame": f, "Groups": shown, "Pager": p})
}

// happening is an audit event as the page shows it.
type happening struct {
	Time    time.Time
	Action  string
	Actor   string
	Subject string
	Detail  string
	Bad     bool
}

func (c *console) audit(w http.ResponseWriter, r *http.Request, f frame) {
	events, err := c.Store.Events(r.Context(), f.Tenant.ID, auditShown)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	shown := make([]happening, 0, len(events))
	for _, e := range events {
		shown = append(shown, happening{
			Time: e.Time, Action: e.Action, Actor: e.Actor, Subject: e.Subject,
			Detail: detail(e.Detail), Bad: strings.HasSuffix(e.Action, ".refused"),
		})
	}
	c.write(w, r, http.StatusOK, "audit", map[string]any{"Frame": f, "Events": shown, "Most": auditShown})
}

func detail(values map[string]string) string {
	parts := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, name+"="+values[name])
	}
	return strings.Join(parts, " · ")
}
