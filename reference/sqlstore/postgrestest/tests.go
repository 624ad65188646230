package postgrestest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
)

// Shared is one server for all tests of a package. It is started for the first test that asks and
// stopped by Stop, which belongs into TestMain.
type Shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Server returns the server. Where PostgreSQL is not installed the test is skipped, or fails when the
// environment variable Required is set.
func (s *Shared) Server(tb testing.TB) *Server {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = Start(context.Background()) })
	skipOrFail(tb, s.err)
	return s.server
}

func skipOrFail(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv(Required) == "" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// New starts a server for one test, under the same conditions as Shared.
func New(tb testing.TB) *Server {
	tb.Helper()
	server, err := Start(context.Background())
	skipOrFail(tb, err)
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// Database returns the URL of an empty database of the server.
func (s *Shared) Database(tb testing.TB) string {
	tb.Helper()
	source, err := s.Server(tb).Database(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return source
}

// Stop stops the server, if one was started.
func (s *Shared) Stop() error {
	s.once.Do(func() {})
	if s.server == nil {
		return nil
	}
	return s.server.Stop()
}
