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
	const n = 15 // the first page counts all users, which takes its time
	hard, easy, err := b.p50s(n, b.list(c, url.Values{"cursor": {deep}}), b.list(c, url.Values{"cursor": {""}}))
	if err != nil {
		return err
	}
	at := b.users / 10 * 9
	b.add(row{operation: fmt.Sprintf("list page of %d at offset %d by cursor, against the first page", pageSize, at), bar: 1.5}, seconds, hard, easy)
	count := step{timed: func(int) error {
		_, err := c.page(b, "/Users", url.Values{"count": {"0"}})
		return err
	}}
	if hard, easy, err = b.p50s(n, count, b.list(c, url.Values{"cursor": {deep}})); err != nil {
		return err
	}
	b.add(row{operation: fmt.Sprintf("totalResults of %d users alone (count=0), against a page by cursor, which does not count", b.users)}, seconds, hard, easy)
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
// out again in between, so that the groups keep their size. The answer leaves the members out where the
// client says so; otherwise it lists them all, as RFC 7644 section 3.5.2 has it.
func (b *bench) members(c *client) error {
	member, err := c.find(b, "/Users", "userName", login(b.users-1))
	if err != nil {
		return err
	}
	large, err := c.find(b, "/Groups", "displayName", manyGroup)
	if err != nil {
		return err
	}
	small, err := c.find(b, "/Groups", "displayName", fewGroup)
	if err != nil {
		return err
	}
	const without = "?excludedAttributes=members"
	adding := func(group, query string) step {
		change := func(op, query string) func(int) error {
			value := []any{map[string]any{"value": member}}
			return func(int) error {
				return c.patch(b, "/Groups/"+group+query, http.StatusOK, operation{op, "members", value})
			}
		}
		return step{before: change("Remove", without), timed: change("Add", query)}
	}
	hard, easy, err := b.p50s(150, adding(large, without), adding(small, without))
	if err != nil {
		return err
	}
	groups := fmt.Sprintf("group of %d, against a group of %d", b.users/10, fewMembers)
	b.add(row{operation: "PATCH add one member, " + groups, bar: 1.5}, seconds, hard, easy)
	if hard, easy, err = b.p50s(3, adding(large, ""), adding(small, "")); err != nil {
		return err
	}
	b.add(row{operation: "the same with an answer that lists all members"}, seconds, hard, easy)
	return nil
}
