package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// maxPrepared is how many statements a connection keeps prepared.
const maxPrepared = 200

// preparing opens connections of SQLite's driver that keep their statements prepared: parsing a statement costs
// SQLite more than running it. Values are always arguments, so that the statements are few, but for the
// conditions that clients write as filters: where there are too many, one that is kept gives way.
type preparing struct {
	driver driver.Driver
	name   string
}

// Connect implements driver.Connector.
func (p preparing) Connect(context.Context) (driver.Conn, error) {
	opened, err := p.driver.Open(p.name)
	if err != nil {
		return nil, err
	}
	c, ok := opened.(connection)
	if !ok {
		_ = opened.Close() // nothing was done with it
		return nil, fmt.Errorf("the driver's connection is a %T", opened)
	}
	return &preparedConn{connection: c, kept: map[string]*prepared{}}, nil
}

// Driver implements driver.Connector.
func (p preparing) Driver() driver.Driver { return p.driver }

// connection is what SQLite's driver opens.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn runs statements that it keeps prepared. database/sql uses it from one goroutine at a time.
type preparedConn struct {
	connection
	kept map[string]*prepared // by text
}

type prepared struct {
	statement
	reading bool // its rows are not closed yet
}

type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	p, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if p.reading {
		return c.connection.ExecContext(ctx, query, args)
	}
	return p.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	p, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if p.reading {
		return c.connection.QueryContext(ctx, query, args)
	}
	rows, err := p.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	p.reading = true
	return &preparedRows{rows, p}, nil
}

func (c *preparedConn) prepared(ctx context.Context, query string) (*prepared, error) {
	if p, ok := c.kept[query]; ok {
		return p, nil
	}
	fresh, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := fresh.(statement)
	if !ok {
		_ = fresh.Close() // nothing was done with it
		return nil, fmt.Errorf("the driver's statement is a %T", fresh)
	}
	c.makeRoom()
	p := &prepared{statement: s}
	c.kept[query] = p
	return p, nil
}

// makeRoom forgets some statement when too many are kept.
func (c *preparedConn) makeRoom() {
	for query, p := range c.kept {
		if len(c.kept) < maxPrepared {
			return
		}
		if !p.reading {
			_ = p.Close() // it has nothing to lose
			delete(c.kept, query)
		}
	}
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	for _, p := range c.kept {
		_ = p.Close() // likewise
	}
	return c.connection.Close()
}

type preparedRows struct {
	driver.Rows
	of *prepared
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	r.of.reading = false
	return r.Rows.Close()
}
