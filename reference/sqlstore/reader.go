package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// reader runs queries and keeps them prepared: parsing a statement costs SQLite more than running it.
// Values are always arguments, so that the set of its queries is small, but for the conditions that
// clients write as filters: beyond maxStatements, queries are run without being kept.
type reader struct {
	db         *sql.DB
	dialect    dialect
	statements sync.Map // text to *sql.Stmt
	kept       atomic.Int64
}

// maxStatements is the greatest number of statements that are kept prepared, give or take the number of
// goroutines that prepare one at the same time.
const maxStatements = 500

// QueryContext is that of sql.DB.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.db.QueryContext(ctx, r.dialect.rewrite(query), args...)
}

// QueryRowContext is that of sql.DB.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.db.QueryRowContext(ctx, r.dialect.rewrite(query), args...)
}

// statement gives nil when the query cannot be prepared (running it then tells why), or enough are kept.
func (r *reader) statement(ctx context.Context, query string) *sql.Stmt {
	if s, ok := r.statements.Load(query); ok {
		return s.(*sql.Stmt)
	}
	if r.kept.Load() >= maxStatements {
		return nil
	}
	fresh, err := r.db.PrepareContext(ctx, r.dialect.rewrite(query))
	if err != nil {
		return nil
	}
	if s, lost := r.statements.LoadOrStore(query, fresh); lost {
		_ = fresh.Close() // somebody else was faster
		return s.(*sql.Stmt)
	}
	r.kept.Add(1)
	return fresh
}

// close closes the statements; the database is closed by its owner.
func (r *reader) close() {
	r.statements.Range(func(_, s any) bool {
		_ = s.(*sql.Stmt).Close() // it has nothing to lose
		return true
	})
}
