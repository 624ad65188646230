package main

import (
	"fmt"
	"net/http"
	"net/url"
)

// large measures what must not grow with the number of users and members.
func (b *bench) large() error {
	file, err := crowd(b.ctx, b.dir, b.users)
	if err != nil {
		return err
	}
	p, err := start(b.ctx, "reference", file)
	if err != nil {
		return err
	}
	defer p.stop()
	c := p.client()
	deep, err := b.imported(p, c)
	if err != nil {
		return err
	}
	if err := b.pages(c, deep); err != nil {
		return err
	}
	if err := b.lookups(c); err != nil {
		return err
	}
	return b.members(c)
}

const pageSize = 100

// imported reads all users page by page, as an identity provider that imports them does, and measures the
// memory of the server that has served them. It returns the cursor of the page at nine tenths of the way.
func (b *bench) imported(p *process, c *client) (deep string, err error) {
	cursor, seen := "", 0
	for first := true; first || cursor != ""; first = false {
		got, err := c.page(b, "/Users", url.Values{"count": {fmt.Sprint(pageSize)}, "cursor": {cursor}})
		if err != nil {
			return "", err
		}
		seen += len(got.Resources)
		cursor = got.NextCursor
		if seen == b.users/10*9/pageSize*pageSize {
			deep = cursor
		}
	}
	if seen != b.users {
		return "", fmt.Errorf("an import by pages has seen %d of %d users", seen, b.users)
	}
	now, greatest, err := p.memory()
	if err != nil {
		return "", err
	}
	const mega = 1e6
	b.rows = append(b.rows, row{
		operation: fmt.Sprintf("resident memory after a full import of %d users by pages of %d", b.users, pageSize),
		hard:      fmt.Sprintf("%.0f MB at most", float64(greatest)/mega), easy: fmt.Sprintf("%.0f MB at the end", float64(now)/mega),
		value: float64(greatest) / mega, bar: 250, unit: "MB",
	})
	return deep, nil
}

// list gives a request for a page that must be full.
func (b *bench) list(c *client, query url.Values) step {
	query.Set("count", fmt.Sprint(pageSize))
	path := "/Users?" + query.Encode()
	return step{timed: func(int) error {
		_, err := c.do(b.ctx, http.StatusOK, http.MethodGet, path, nil)
		return err
	}}
}

func (b *bench) pages(c *client, deep string) error {
	const n = 60
	hard, easy, err := b.p50s(n, b.list(c, url.Values{"cursor": {deep}}), b.list(c, url.Values{"cursor": {""}}))
	if err != nil {
		return err
	}
	at := b.users / 10 * 9
	b.add(row{operation: fmt.Sprintf("list page of %d at offset %d by cursor, against the first page", pageSize, at), bar: 1.5}, seconds, hard, easy)
	return nil
}

// lookups compares userName eq with the same in a small directory.
func (b *bench) lookups(c *client) error {
	small, stop, err := b.serveCrowd(smallCrowd)
	if err != nil {
		return err
	}
	defer stop()
	lookup := func(c *client, n int) step {
		return step{timed: func(i int) error {
			query := url.Values{"filter": {fmt.Sprintf("userName eq %q", login(i*7919%n))}}
			p, err := c.page(b, "/Users", query)
			if err == nil && p.TotalResults != 1 {
				err = fmt.Errorf("userName eq has found %d users", p.TotalResults)
			}
			return err
		}}
	}
	hard, easy, err := b.p50s(400, lookup(c, b.users), lookup(small, smallCrowd))
	if err != nil {
		return err
	}
	b.add(row{operation: fmt.Sprintf("userName eq at %d users, p50, against %d users", b.users, smallCrowd), bar: 1.5}, seconds, hard, easy)
	return nil
}

// members compares adding a member to a large group with adding one to a small group. The member is taken
// out again in between, so that the groups keep their size.
func (b *bench) members(c *client) error {
	member, err := c.find(b, "/Users", "userName", login(b.users-1))
	if err != nil {
		return err
	}
	change := func(name string) (s step, err error) {
		id, err := c.find(b, "/Groups", "displayName", name)
		if err != nil {
			return s, err
		}
		value := []any{map[string]any{"value": member}}
		s.before = func(int) error {
			return c.patch(b, "/Groups/"+id+"?excludedAttributes=members", http.StatusOK, operation{"Remove", "members", value})
		}
		s.timed = func(int) error {
			return c.patch(b, "/Groups/"+id+"?excludedAttributes=members", http.StatusOK, operation{"Add", "members", value})
		}
		return s, nil
	}
	large, err := change(manyGroup)
	if err != nil {
		return err
	}
	small, err := change(fewGroup)
	if err != nil {
		return err
	}
	hard, easy, err := b.p50s(150, large, small)
	if err != nil {
		return err
	}
	b.add(row{operation: fmt.Sprintf("PATCH add one member, group of %d, against a group of %d", b.users/10, fewMembers), bar: 1.5}, seconds, hard, easy)
	return nil
}
