package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"assay/fakeidp/control"
	"assay/suites"
	"assay/suites/wire"
)

// TestNoSecretLeaks runs everything and then looks for every secret that was in play in everything
// that came out: the report in all its formats, both output streams, and the servers' logs.
func TestNoSecretLeaks(t *testing.T) {
	ctx := context.Background()
	var log, out, narration safeBuffer
	s, err := openStand(ctx, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	secrets := &clientSecrets{}
	spy := httptest.NewServer(secrets.proxy(t, s.idp.Control))
	defer spy.Close()
	implementation, err := s.target(wire.DefaultTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer implementation.Close()
	p := &program{out: &out, err: &narration, getenv: func(string) string { return "" }}
	report, err := p.execute(ctx, suites.Options{Target: implementation, IdP: control.NewClient(spy.URL, s.idp.ControlToken)})
	if err != nil {
		t.Fatal(err)
	}
	dir := &output{t.TempDir()}
	if err := p.conclude(report, nil, dir, nil); err != nil {
		t.Errorf("the run is not conformant: %v\n%s", err, narration.Bytes())
	}
	if err := p.printJSON(report); err != nil {
		t.Fatal(err)
	}
	places := map[string][]byte{"log": log.Bytes(), "stdout": out.Bytes(), "stderr": narration.Bytes()}
	for _, file := range dir.files() {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		places[filepath.Base(file)] = data
	}
	planted := append(secrets.seen(), s.reference.Token, s.reference.AdminToken, s.idp.ControlToken)
	if len(planted) < 6 {
		t.Fatalf("only %d secrets were in play", len(planted))
	}
	for place, data := range places {
		for _, secret := range planted {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s contains a secret (%.14s…)", place, secret)
			}
		}
		if found := regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`).Find(data); found != nil {
			t.Errorf("%s contains a token (%.14s…)", place, found)
		}
	}
}

// clientSecrets overhears the control API and keeps every client secret that it gives out.
type clientSecrets struct {
	mu   sync.Mutex
	list []string
}

func (c *clientSecrets) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.list...)
}

func (c *clientSecrets) proxy(t *testing.T, to string) http.Handler {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(res *http.Response) error {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		for _, found := range regexp.MustCompile(`"client_secret":\s*"([^"]+)"`).FindAllSubmatch(body, -1) {
			c.mu.Lock()
			c.list = append(c.list, string(found[1]))
			c.mu.Unlock()
		}
		return nil
	}
	return proxy
}

// safeBuffer is a buffer that several servers may log into.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b.Bytes())
}
