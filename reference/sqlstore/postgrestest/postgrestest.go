// Package postgrestest starts a PostgreSQL server for a test: in a directory of its own, on loopback,
// as a user without rights, with fsync on, and gone when the test process is, however that ends.
// Debian's package postgresql has what it needs; the script "install" beside this file installs it.
package postgrestest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing is returned where PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed (make test-postgres installs it)")

// Required is the environment variable that makes a missing server an error instead of a skip.
const Required = "ASSAY_POSTGRES_REQUIRED"

const (
	account      = "postgres" // whom a server runs as when we are root: it refuses to run as root
	startTimeout = 60 * time.Second
	attempts     = 3 // the port that was free may be taken by the time that the server wants it
)

// Server is a running server. It is stopped by Stop.
type Server struct {
	dir, bin string
	port     int
	password string
	stdin    io.Closer
	exited   chan error
	output   *bytes.Buffer // read only after exited
}

// Start makes a database cluster in a temporary directory and starts a server on it.
func Start(ctx context.Context) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "assay-postgres-")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	s := &Server{dir: dir, bin: bin, password: rand.Text()}
	if err := s.initialise(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	for range attempts {
		if err = s.start(ctx); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
}

// binaries is the directory of initdb and postgres: on the PATH, or where Debian puts them, in the
// newest version that is there.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", fmt.Errorf("find PostgreSQL: %w", err)
		}
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // one that is no number is the last choice
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func (s *Server) initialise(ctx context.Context) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := s.giveAway(s.dir, secret); err != nil {
		return err
	}
	// The locale is not C on purpose: what is compared must not depend on it.
	cmd := s.command(ctx, filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", account, "-E", "UTF8", "--locale=C.UTF-8",
		"-A", "scram-sha-256", "--pwfile", secret, "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// giveAway makes the files those of the account that the server runs as.
func (s *Server) giveAway(paths ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup(account)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.Chown(path, uid, -1); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program as a user without rights.
func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	if os.Geteuid() == 0 {
		args = append([]string{"-u", account, "--", program}, args...)
		program = "runuser"
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = s.dir
	return cmd
}

// untilInput runs a command until its standard input ends. Ours is a pipe that is closed by Stop, or by
// the system when this process dies.
const untilInput = `"$@" </dev/null & server=$!
cat >/dev/null
kill -INT $server
wait $server`

func (s *Server) start(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.port, s.output, s.exited = port, new(bytes.Buffer), make(chan error, 1)
	cmd := s.command(context.WithoutCancel(ctx), "sh", "-c", untilInput, "sh", filepath.Join(s.bin, "postgres"), "-D", s.data(),
		"-c", "listen_addresses=127.0.0.1", "-p", strconv.Itoa(port), "-k", s.dir,
		"-c", "fsync=on", "-c", "shared_buffers=32MB", "-c", "max_connections=200")
	cmd.Stdout, cmd.Stderr = s.output, s.output
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { s.exited <- cmd.Wait() }()
	if err := s.await(ctx); err != nil {
		return errors.Join(err, s.halt(), errors.New(s.output.String()))
	}
	return nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

// await returns when the server answers.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// URL names a database of the server, with its password.
func (s *Server) URL(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(account, s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
}

// Password is the one in the URL, for tests that want to see that it does not show.
func (s *Server) Password() string { return s.password }

// Database makes an empty database and returns its URL.
func (s *Server) Database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	name := "t" + strings.ToLower(rand.Text())
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	return s.URL(name), nil
}

// Crash makes the server lose what it has not written to disk and come up again: all of its processes
// but the first are killed, which is what the first does when one of them crashes.
func (s *Server) Crash(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("crash PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	// The connection that kills its own backend gets no answer.
	_, _ = conn.Exec(ctx, fmt.Sprintf("COPY (SELECT 1) TO PROGRAM 'kill -KILL %d'", conn.PgConn().PID()))
	return s.await(ctx)
}

// Stop stops the server and removes its data.
func (s *Server) Stop() error {
	return errors.Join(s.halt(), os.RemoveAll(s.dir))
}

func (s *Server) halt() error {
	if err := s.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	<-s.exited // its exit code says how it was stopped, which we know
	return nil
}
