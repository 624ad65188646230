package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRunPrintsItsAddressAndStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, "127.0.0.1:0", "planted", writer) }()

	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready map[string]string
	if err := json.Unmarshal([]byte(line), &ready); err != nil || len(ready) != 1 || strings.Contains(line, "planted") {
		t.Fatalf("the line is %q: %v", line, err)
	}
	req, err := http.NewRequestWithContext(ctx, "GET", ready["scim"]+"/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer planted")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("GET /Users answers %s", res.Status)
	}

	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("run ends with %v", err)
		}
	case <-time.After(2 * grace):
		t.Error("run does not end")
	}
}

func TestRunRefusesToStart(t *testing.T) {
	for name, tt := range map[string]struct{ addr, token, want string }{
		"no token":    {"127.0.0.1:0", "", "BARE_TOKEN"},
		"bad address": {"nowhere", "planted", "nowhere"},
	} {
		err := run(t.Context(), tt.addr, tt.token, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: the error is %v, want it to name %s", name, err, tt.want)
		}
	}
}
