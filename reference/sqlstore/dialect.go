package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"assay/reference/directory"
)

// dialect is all that SQLite and PostgreSQL do not say in the same words. Everything else is written
// once, in the SQL that both understand, with ? for an argument.
type dialect interface {
	// rewrite turns the placeholders of a statement into those of the database.
	rewrite(query string) string

	// begin opens a transaction that may write. Writers take turns: while it is open no other one is,
	// in this process or elsewhere, so that the order of seq is the order of commits.
	begin() []string

	// lookup is the context of a query that finds little through an index.
	lookup(ctx context.Context) context.Context

	// violation tells which rule of the tables an error reports.
	violation(err error) violation

	// storable tells whether a text can be in the database at all.
	storable(text string) bool

	// elements is a table function over an argument that is a JSON array of strings: its rows have one
	// text column called value.
	elements() string

	// documents is how conditions look into the attributes.
	documents() documents
}

// violation is what a refused statement has run into.
type violation int

const (
	noViolation   violation = iota
	missingParent           // a row that it refers to does not exist
	takenKey                // a key is in use
	takenName               // a user's name is in use
	unstorable              // the database has no form for a value
)

// conn is a connection inside a write transaction, or any other place where statements can be run.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// speaking takes statements in our common SQL and rewrites them.
type speaking struct {
	dialect
	conn conn
}

// ExecContext implements conn.
func (s speaking) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.conn.ExecContext(ctx, s.rewrite(query), args...)
}

// QueryContext implements conn.
func (s speaking) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.conn.QueryContext(ctx, s.rewrite(query), args...)
}

// QueryRowContext implements conn.
func (s speaking) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.conn.QueryRowContext(ctx, s.rewrite(query), args...)
}

// conflict tells in the domain's words which rule a write of a resource has broken.
func (s *Store) conflict(err error, r directory.Resource) error {
	switch s.dialect.violation(err) {
	case missingParent:
		return directory.ErrNotFound
	case takenName:
		return &directory.ConflictError{Kind: r.Kind, Attribute: "userName", Value: r.Name}
	case takenKey:
		return &directory.ConflictError{Kind: r.Kind, Attribute: "id", Value: r.ID}
	case unstorable:
		return directory.ErrUnstorable
	}
	return err
}

// constraint is conflict for the tables around the resources.
func (s *Store) constraint(err error, kind, id string) error {
	return s.conflict(err, directory.Resource{Kind: directory.Kind(kind), ID: id})
}

// notFound is the error of a lookup: what the database has no form for, it does not have either.
func (s *Store) notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) || s.dialect.violation(err) == unstorable {
		return directory.ErrNotFound
	}
	return err
}
