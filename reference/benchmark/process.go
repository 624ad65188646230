package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"assay/reference"
)

// address is what a server process prints when it is ready.
type address struct {
	URL   string // of the users' and groups' endpoints, without a slash at the end
	Token string
}

// process is a server that runs beside this one.
type process struct {
	address
	cmd *exec.Cmd
}

// start runs this program as a server on a database file and waits until it is ready.
func start(ctx context.Context, as, file string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	p := &process{cmd: exec.CommandContext(ctx, self, as, file)}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", as, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", as, err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s has not come up: %w", as, err)
	}
	return p, json.Unmarshal(line, &p.address)
}

// stop ends the process; how it ends does not matter any more.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory is the resident memory of the process in bytes, now and at its greatest so far.
func (p *process) memory() (now, greatest int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read memory: %w", err)
	}
	if now, err = kilobytes(status, "VmRSS"); err != nil {
		return 0, 0, err
	}
	greatest, err = kilobytes(status, "VmHWM")
	return now, greatest, err
}

func kilobytes(status []byte, name string) (int64, error) {
	found := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("read memory: there is no %s in /proc", name)
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 64)
	return n << 10, err
}

// serveReference is the server process of the reference, as "assay serve --quiet --data FILE" starts it.
func serveReference(ctx context.Context, file string) error {
	s, err := reference.Start(ctx, reference.Options{Data: file})
	if err != nil {
		return err
	}
	a := address{URL: s.SCIM, Token: s.Token}
	if a.Token == "" { // made by an earlier start
		if a.Token, err = freshToken(ctx, s); err != nil {
			return err
		}
	}
	return announce(ctx, a, s.Close)
}

func freshToken(ctx context.Context, s *reference.Server) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Admin+"/tenants/"+s.Tenant+"/scim-token", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+s.AdminToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	defer answer.Body.Close()
	var made struct{ Token string }
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.Token == "" {
		return "", fmt.Errorf("make a token: status %d: %v", answer.StatusCode, err)
	}
	return made.Token, nil
}

// serve is the server process of a handler of our own.
func serve(ctx context.Context, h http.Handler, closing func() error) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(listener) }() // until Shutdown
	return announce(ctx, address{URL: "http://" + listener.Addr().String()}, func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return err
		}
		return closing()
	})
}

// announce says that a server is ready and closes it when it is told to end.
func announce(ctx context.Context, a address, closing func(context.Context) error) error {
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		return err
	}
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return closing(ctx)
}
