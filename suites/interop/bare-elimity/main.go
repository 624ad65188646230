// Command bare-elimity runs the deliberately naive SCIM server of package bareelimity.
//
// The environment variable BARE_TOKEN holds the bearer token. When the server is ready it prints one
// JSON line, {"scim": URL}, on stdout. It stops on SIGTERM and SIGINT.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"assay/suites/interop/bareelimity"
)

// grace is how long requests that are under way may take to end after a signal.
const grace = 2 * time.Second

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is any free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, os.Getenv("BARE_TOKEN"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bare-elimity:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr, token string, out io.Writer) error {
	handler, err := bareelimity.New(token)
	if err != nil {
		return fmt.Errorf("BARE_TOKEN: %w", err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready := map[string]string{"scim": "http://" + listener.Addr().String() + "/scim/v2"}
	if err := json.NewEncoder(out).Encode(ready); err != nil {
		return errors.Join(fmt.Errorf("print the address: %w", err), server.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return server.Shutdown(ending)
}
