package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// reader runs queries and keeps them prepared: parsing a statement costs SQLite more than running it.
// The set of its queries is small and fixed, because values are always arguments.
type reader struct {
	db         *sql.DB
	statements sync.Map // text to *sql.Stmt
}

// QueryContext is that of sql.DB.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.db.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of sql.DB.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.db.QueryRowContext(ctx, query, args...)
}

// statement gives nil when the query cannot be prepared; running it then tells why.
func (r *reader) statement(ctx context.Context, query string) *sql.Stmt {
	if s, ok := r.statements.Load(query); ok {
		return s.(*sql.Stmt)
	}
	fresh, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	if s, lost := r.statements.LoadOrStore(query, fresh); lost {
		_ = fresh.Close() // somebody else was faster
		return s.(*sql.Stmt)
	}
	return fresh
}

// close closes the statements; the database is closed by its owner.
func (r *reader) close() {
	r.statements.Range(func(_, s any) bool {
		_ = s.(*sql.Stmt).Close() // it has nothing to lose
		return true
	})
}
