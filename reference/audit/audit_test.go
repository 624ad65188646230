package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/reference/audit"
	"assay/reference/directory"
)

type store struct {
	events []directory.Event
	fail   error
}

func (s *store) Append(_ context.Context, e directory.Event) error {
	s.events = append(s.events, e)
	return s.fail
}

func (s *store) FindEvents(context.Context, string, directory.EventQuery) iter.Seq2[directory.Event, error] {
	return func(func(directory.Event, error) bool) {}
}

func (s *store) Events(context.Context, string, int) ([]directory.Event, error) { return s.events, nil }

func TestRecordCleansWhatComesFromOutside(t *testing.T) {
	var log bytes.Buffer
	s := &store{}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	r := audit.New(s, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	err := r.Record(t.Context(), audit.Entry{
		Tenant: "acme", Actor: audit.User("1"), Action: audit.LoginRefused,
		Detail: map[string]string{"sub": "a\nb\x00c\xff", "email": strings.Repeat("é", 500), "reason": "unknown-user"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.events[0]
	if got.Detail["sub"] != "a b c " || got.Action != "sso.login.refused" || got.Actor != "user:1" {
		t.Errorf("event %+v", got)
	}
	if email := got.Detail["email"]; len(email) > 210 || !utf8.ValidString(email) {
		t.Errorf("%d bytes are kept", len(email))
	}
	if got.Time.Location() != time.UTC || !got.Time.Equal(now) {
		t.Errorf("time %v", got.Time)
	}
	if line := log.String(); !strings.Contains(line, "unknown-user") || strings.Contains(line, "é") {
		t.Errorf("log %s", line)
	}
}

func TestRecordSaysThatAnEventIsLost(t *testing.T) {
	down := errors.New("disk full")
	r := audit.New(&store{fail: down}, slog.New(slog.DiscardHandler), nil)
	if err := r.Record(t.Context(), audit.Entry{Action: audit.LoggedOut}); !errors.Is(err, down) {
		t.Fatalf("error %v", err)
	}
}

// An export reads back as what was exported, and whatever else is refused with its line.
func TestLines(t *testing.T) {
	e := directory.Event{Seq: 7, Time: time.Unix(1, 5).UTC(), Tenant: "acme", Actor: "admin", Action: "made", Subject: "ü", Detail: map[string]string{"a": "1"}}
	e.Hash = e.Link(nil)
	line, err := json.Marshal(audit.LineOf(e))
	if err != nil {
		t.Fatal(err)
	}
	chains, err := audit.Verify(audit.ReadLines(bytes.NewReader(append(line, "\n\n"...))))
	if err != nil || len(chains) != 1 || !bytes.Equal(chains[0].Head, e.Hash) {
		t.Errorf("%+v, %v", chains, err)
	}
	for _, bad := range []string{string(line) + string(line), "{", `{"seq": 1, "hash": "xx"}`, `{"seq": 1, "extra": 1}`, strings.Repeat("x", 2<<20)} {
		if _, err := audit.Verify(audit.ReadLines(strings.NewReader(bad))); err == nil {
			t.Errorf("%.40s is accepted", bad)
		}
	}
}
