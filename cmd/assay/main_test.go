package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assay/reference"
	"assay/reference/faults"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": main})
}

// TestScripts runs the command lines in testdata/script as a user types them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"reference":   startReference,
			"extended":    startExtended,
			"hostile":     startHostile,
			"exits":       expectExit,
			"interrupted": interruptCommand,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Values[requestsKey{}] = &requests{}
			return nil
		},
	})
}

// startReference ("reference [FAULT…]") starts the reference and sets $TARGET, $ASSAY_TOKEN and what
// its target file asks for.
func startReference(ts *testscript.TestScript, _ bool, names []string) {
	o := reference.Options{Addr: loopback, Logger: slog.New(slog.DiscardHandler)}
	for _, name := range names {
		fault, ok := faults.Find(name)
		if !ok {
			ts.Fatalf("no fault %q", name)
		}
		o.Faults = append(o.Faults, fault)
	}
	startWith(ts, o)
}

// startExtended ("extended FILE…") is startReference with custom schemas.
func startExtended(ts *testscript.TestScript, _ bool, names []string) {
	o := reference.Options{Addr: loopback, Logger: slog.New(slog.DiscardHandler)}
	for _, name := range names {
		extension, err := readSchema(ts.MkAbs(name))
		ts.Check(err)
		o.Schemas = append(o.Schemas, extension)
	}
	startWith(ts, o)
}

func startWith(ts *testscript.TestScript, o reference.Options) {
	server, err := reference.Start(context.Background(), o)
	ts.Check(err)
	ts.Defer(func() { closeQuietly(server.Close) })
	ts.Setenv("TARGET", server.SCIM)
	ts.Setenv("ASSAY_TOKEN", server.Token)
	ts.Setenv("ASSAY_REFERENCE_URL", server.BaseURL)
	ts.Setenv("ASSAY_ADMIN_TOKEN", server.AdminToken)
}

// startHostile ("hostile KIND") starts a server that answers everything badly and sets $TARGET.
func startHostile(ts *testscript.TestScript, _ bool, args []string) {
	handler, ok := hostiles()[args[0]]
	if !ok {
		ts.Fatalf("no hostile server %q", args[0])
	}
	asked := make(chan struct{}, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		handler.ServeHTTP(w, r)
	}))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Value(requestsKey{}).(*requests).seen = asked
	ts.Setenv("TARGET", server.URL+"/scim/v2")
	ts.Setenv("ASSAY_TOKEN", "planted-token-of-the-hostile-target")
}

// requests counts what a hostile server of a script is asked.
type requests struct{ seen chan struct{} }

type requestsKey struct{}

// wait returns once the server was asked n times more.
func (r *requests) wait(ts *testscript.TestScript, n int) {
	for i := range n {
		select {
		case <-r.seen:
		case <-time.After(30 * time.Second):
			ts.Fatalf("the server was asked only %d times", i)
		}
	}
}

// interruptCommand ("interrupted CODE COMMAND…") starts a command against the hostile server, interrupts it
// when it is well under way, and compares its exit code. What it prints goes to the files out and err.
func interruptCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var out, errOut bytes.Buffer
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), &out, &errOut
	for _, name := range []string{"PATH", "HOME", "TARGET", "ASSAY_TOKEN", "NO_COLOR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	ts.Value(requestsKey{}).(*requests).wait(ts, 10)
	ts.Check(cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // its exit code says more
	ts.Check(os.WriteFile(ts.MkAbs("out"), out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), errOut.Bytes(), 0o600))
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, errOut.String())
	}
}

// expectExit ("exits CODE COMMAND…") runs a command and compares its exit code.
func expectExit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// repositoryRoot is where the tests find the files of the whole repository.
func repositoryRoot(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(fmt.Errorf("not the repository: %w", err))
	}
	return dir
}
