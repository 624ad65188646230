package fakeidp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"assay/fakeidp/control"
)

// line is the public listener, which can be cut: connections are refused then, until it is mended.
type line struct {
	addr net.Addr

	mu     sync.Mutex
	inner  net.Listener  // nil while the line is cut
	mended chan struct{} // closed when a cut line is mended, or closed for good
	closed bool
}

func newLine(l net.Listener) *line { return &line{addr: l.Addr(), inner: l} }

// Addr implements net.Listener.
func (l *line) Addr() net.Addr { return l.addr }

// Accept implements net.Listener. While the line is cut it waits.
func (l *line) Accept() (net.Conn, error) {
	for {
		l.mu.Lock()
		inner, mended, closed := l.inner, l.mended, l.closed
		l.mu.Unlock()
		switch {
		case closed:
			return nil, net.ErrClosed
		case inner == nil:
			<-mended
			continue
		}
		conn, err := inner.Accept()
		if err == nil || !errors.Is(err, net.ErrClosed) {
			return conn, err
		}
	}
}

// Close implements net.Listener.
func (l *line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.inner == nil {
		close(l.mended)
		return nil
	}
	return l.inner.Close()
}

// cut makes connections to be refused from now on. Those that are there stay.
func (l *line) cut() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.inner == nil {
		return nil
	}
	err := l.inner.Close()
	l.inner, l.mended = nil, make(chan struct{})
	return err
}

// mend listens at the same address again. It fails when somebody else does by now.
func (l *line) mend(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.inner != nil {
		return nil
	}
	inner, err := listen(ctx, l.addr.String())
	if err != nil {
		return fmt.Errorf("listen again: %w", err)
	}
	l.inner = inner
	close(l.mended)
	return nil
}

// house is the public listener and the doors beside it. It implements server.House.
type house struct {
	line   *line
	server *http.Server
	doors  *doors
}

func newHouse(public net.Listener, s *http.Server, logger *slog.Logger) *house {
	host, _, err := net.SplitHostPort(public.Addr().String())
	if err != nil {
		host = "127.0.0.1" // no TCP address: nobody asks for doors then
	}
	return &house{line: newLine(public), server: s, doors: &doors{host: host, handler: s.Handler, logger: logger}}
}

// Open opens the doors, once, and says where they are.
func (h *house) Open(ctx context.Context) (control.Doors, error) { return h.doors.unlock(ctx) }

// Cut cuts or mends the public line. Connections that idle are closed, so that nobody goes on by them.
func (h *house) Cut(ctx context.Context, cut bool) error {
	h.server.SetKeepAlivesEnabled(!cut)
	if cut {
		return h.line.cut()
	}
	return h.line.mend(ctx)
}
