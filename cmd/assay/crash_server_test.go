package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serving is a process of "assay serve".
type serving struct {
	readyLine
	cmd  *exec.Cmd
	once sync.Once
}

// startServe starts the program on the data and waits until it is ready.
func startServe(t *testing.T, data, keyset string) *serving {
	t.Helper()
	path, err := exec.LookPath("assay") // put there by testscript: this very program
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--quiet", "--addr", loopback, "--data", data, "--keyset", keyset)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &serving{cmd: cmd}
	t.Cleanup(s.kill)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		s.kill()
		t.Fatalf("the server did not start: %v\n%s", err, log.String())
	}
	if err := json.Unmarshal(line, &s.readyLine); err != nil {
		t.Fatal(err)
	}
	return s
}

// kill ends the process as the system does that has run out of memory: at once.
func (s *serving) kill() {
	s.once.Do(func() {
		_ = s.cmd.Process.Kill() // it may be gone
		_ = s.cmd.Wait()         // that it was killed is no news
	})
}

// stormClient speaks SCIM to one process.
type stormClient struct {
	base, token string
	http        *http.Client
	answered    atomic.Int64
	killing     atomic.Bool // from here on a request may fail
}

func newStormClient(base, token string) *stormClient {
	return &stormClient{base: base, token: token, http: &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: stormWorkers},
	}}
}

// do sends a request. Its error means that it is not known what became of the request.
func (c *stormClient) do(method, path string, body any) (status int, doc map[string]any, err error) {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		sent = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(method, c.base+path, sent)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/scim+json")
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, err
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &doc); err != nil {
			return 0, nil, fmt.Errorf("status %d: %w", answer.StatusCode, err)
		}
	}
	return answer.StatusCode, doc, nil
}

// send is do for a write of the storm: it says whether the write was answered, and with what. Any
// other answer than success is a finding, and so is none before the kill.
func (c *stormClient) send(t *testing.T, method, path string, body any) (doc map[string]any, ok bool) {
	status, doc, err := c.do(method, path, body)
	switch {
	case err != nil && c.killing.Load():
		return nil, false
	case err != nil:
		t.Errorf("%s %s: %v", method, path, err)
		return nil, false
	case status >= http.StatusMultipleChoices:
		t.Errorf("%s %s: status %d: %v", method, path, status, doc["detail"])
		return nil, false
	}
	c.answered.Add(1)
	return doc, true
}

// read returns a resource; nil when there is none.
func (c *stormClient) read(t *testing.T, path string) map[string]any {
	t.Helper()
	status, doc, err := c.do(http.MethodGet, path, nil)
	switch {
	case err != nil:
		t.Fatalf("GET %s: %v", path, err)
	case status == http.StatusNotFound:
		return nil
	case status != http.StatusOK:
		t.Fatalf("GET %s: status %d", path, status)
	}
	return doc
}

// textAt is the text at a path of keys, or "".
func textAt(doc map[string]any, path ...string) string {
	for _, key := range path[:len(path)-1] {
		doc, _ = doc[key].(map[string]any)
	}
	text, _ := doc[path[len(path)-1]].(string)
	return strings.TrimSpace(text)
}
