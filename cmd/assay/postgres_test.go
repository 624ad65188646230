package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"assay/reference"
	"assay/reference/sqlstore/postgrestest"
	"assay/reference/sso/saml"
	"assay/reports"
	"assay/suites"
)

// TestSuitesOnPostgres judges the reference with its data in PostgreSQL by everything there is.
func TestSuitesOnPostgres(t *testing.T) {
	ctx := context.Background()
	source, err := postgrestest.New(t).Database(ctx)
	if err != nil {
		t.Fatal(err)
	}
	idp, err := startIdP(ctx, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(idp.Close)
	s, err := openReference(ctx, idp, reference.Options{
		Data: source, Keyset: filepath.Join(t.TempDir(), "keyset.json"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(s.reference.Close)
	implementation, err := s.target(0)
	if err != nil {
		t.Fatal(err)
	}
	defer implementation.Close()
	var runner suites.Runner
	report, err := runner.Run(ctx, suites.Options{Target: implementation, IdP: s.control, Tool: tool()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.Outcome == reports.Fail || c.Outcome == reports.Error || c.Outcome == reports.NotRun {
			t.Errorf("%s: %s: %s, got %s", c.ID, c.Outcome, c.Reason, c.Got)
		}
	}
	if report.Verdict != reports.Conformant {
		t.Errorf("the verdict is %s", report.Verdict)
	}
}

// TestServeHidesPassword starts "assay serve" on PostgreSQL and looks for the password in what it says,
// when it works and when it does not.
func TestServeHidesPassword(t *testing.T) {
	server := postgrestest.New(t)
	good, err := server.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.Path = "/missing"
	for _, source := range []string{good, u.String()} {
		ctx, cancel := context.WithCancel(context.Background())
		cancelled := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }) // ready: stop
		var log bytes.Buffer
		p := &program{out: cancelled, err: &log, getenv: func(string) string { return "" }}
		err := p.serve(ctx, serveFlags{addr: loopback, data: source, keyset: filepath.Join(t.TempDir(), "k.json"), tenant: "Acme", samlSkew: saml.DefaultSkew})
		cancel()
		text := log.String()
		if err != nil {
			text += err.Error()
		}
		if (err == nil) != (source == good) {
			t.Errorf("serve: %s", strings.ReplaceAll(text, password, "***"))
		}
		if strings.Contains(text, password) {
			t.Errorf("the password shows: %s", strings.ReplaceAll(text, password, "***"))
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
