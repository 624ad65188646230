package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// maxBatch bounds how many writes share a commit, and with it how long the first of them waits.
const maxBatch = 128

var (
	errClosed    = errors.New("sqlstore: the store is closed")
	errAbandoned = errors.New("sqlstore: the write was abandoned by a panic")
)

// writer serialises the writes of a database. Writes that queue up while another one is being
// committed run one after the other in the next transaction and are made durable by one commit. Each but
// the first has a savepoint of its own; the first can be undone with the transaction. A write function runs in its caller's goroutine, so that its panics are
// the caller's.
type writer struct {
	db      *sql.DB
	dialect dialect
	turns   chan *turn
	quit    chan struct{}
	once    sync.Once
	stopped chan struct{}
}

// turn is one write on its way through the writer.
type turn struct {
	granted   chan grant // the writer hands over the connection
	done      chan error // the caller hands it back with its result
	committed chan error // the writer reports the fate of the transaction
}

type grant struct {
	conn conn
	err  error
}

func newWriter(db *sql.DB, d dialect) *writer {
	w := &writer{db: db, dialect: d, turns: make(chan *turn), quit: make(chan struct{}), stopped: make(chan struct{})}
	go w.loop()
	return w
}

func (w *writer) close() {
	w.once.Do(func() { close(w.quit) })
	<-w.stopped
}

// do runs fn in a write transaction and returns when it is durable or undone. It honours the
// cancellation of ctx only while it waits for its turn: an interrupted statement would make SQLite
// roll back the writes of others.
func (w *writer) do(ctx context.Context, fn func(ctx context.Context, conn conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &turn{granted: make(chan grant, 1), done: make(chan error, 1), committed: make(chan error, 1)}
	select {
	case w.turns <- t:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errClosed
	}
	g := <-t.granted
	if g.err != nil {
		return g.err
	}
	err := t.run(context.WithoutCancel(ctx), g.conn, fn)
	// Even a refusal may rest on a write of the same transaction, so it waits for the commit too.
	if commitErr := <-t.committed; commitErr != nil {
		return commitErr
	}
	return err
}

// run gives the connection back whatever fn does: return, panic or runtime.Goexit.
func (t *turn) run(ctx context.Context, conn conn, fn func(context.Context, conn) error) error {
	result := errAbandoned
	defer func() { t.done <- result }()
	result = fn(ctx, conn)
	return result
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case t := <-w.turns:
			w.batch(t)
		case <-w.quit:
			return
		}
	}
}

func (w *writer) batch(first *turn) {
	ctx := context.Background()
	own, err := w.db.Conn(ctx)
	if err != nil {
		first.granted <- grant{err: fmt.Errorf("sqlstore: connect: %w", err)}
		return
	}
	defer own.Close()
	conn := speaking{dialect: w.dialect, conn: own}
	if err := begin(ctx, conn); err != nil {
		first.granted <- grant{err: fmt.Errorf("sqlstore: begin: %w", err)}
		return
	}
	served := []*turn{first}
	err = serveFirst(ctx, conn, first)
	if err == nil {
		served, err = w.serveMore(ctx, conn, served)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		err = fmt.Errorf("sqlstore: commit: %w", err)
		// After some errors the database has rolled back already; then this fails, and rightly so.
		_, _ = conn.ExecContext(ctx, "ROLLBACK")
	}
	for _, t := range served {
		t.committed <- err
	}
}

func begin(ctx context.Context, conn speaking) error {
	for _, statement := range conn.begin() {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			_, _ = conn.ExecContext(ctx, "ROLLBACK") // there may be nothing to undo
			return err
		}
	}
	return nil
}

// serveFirst runs the first write of a transaction. Its error means that the transaction cannot go on.
func serveFirst(ctx context.Context, conn speaking, t *turn) error {
	t.granted <- grant{conn: conn}
	if <-t.done == nil {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		return err
	}
	return begin(ctx, conn)
}

// serveMore runs the writes that wait by now.
func (w *writer) serveMore(ctx context.Context, conn conn, served []*turn) ([]*turn, error) {
	for len(served) < maxBatch {
		select {
		case t := <-w.turns:
			granted, err := serve(ctx, conn, t)
			if granted {
				served = append(served, t)
			}
			if err != nil {
				return served, err
			}
		default:
			return served, nil
		}
	}
	return served, nil
}

// serve runs one write in a savepoint. Its error means that the transaction cannot go on.
func serve(ctx context.Context, conn conn, t *turn) (granted bool, err error) {
	if _, err := conn.ExecContext(ctx, "SAVEPOINT turn"); err != nil {
		t.granted <- grant{err: fmt.Errorf("sqlstore: savepoint: %w", err)}
		return false, err
	}
	t.granted <- grant{conn: conn}
	if <-t.done != nil {
		if _, err := conn.ExecContext(ctx, "ROLLBACK TO turn"); err != nil {
			return true, err
		}
	}
	_, err = conn.ExecContext(ctx, "RELEASE turn")
	return true, err
}
