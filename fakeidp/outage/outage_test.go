package outage

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	issuer = "https://idp.example"
	body   = `{"keys":[]}`
)

// rig serves an honest answer through a board.
func rig(t *testing.T) (*Board, *httptest.Server) {
	t.Helper()
	board := &Board{}
	honest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, _ := board.Wrap(issuer, r.URL.Query().Get("client"), "keys", honest)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return board, s
}

// meets says what a client meets, in short.
func meets(s *httptest.Server, path string) string {
	fresh := &http.Transport{DisableKeepAlives: true} // or Go's client tries again, on a new connection
	client := &http.Client{Transport: fresh, Timeout: 2 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	begun := time.Now()
	res, err := client.Get(s.URL + path)
	if err != nil {
		return "error: " + err.Error()
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	said := strconv.Itoa(res.StatusCode) + " " + res.Header.Get("Content-Type") + " " + strconv.Itoa(len(data)) + " bytes"
	if strings.TrimSpace(string(data)) == body {
		said += " right"
	}
	for _, header := range []string{"Location", "Retry-After"} {
		if value := res.Header.Get(header); value != "" {
			said += " " + header + " " + value
		}
	}
	if time.Since(begun) > 15*time.Millisecond {
		said += " late"
	}
	if err != nil {
		said += " error: " + err.Error()
	}
	return said
}

// What a client meets, kind by kind; and all is well again after it.
func TestEachKind(t *testing.T) {
	want := map[string]string{
		"reset":             `error: .*reset`,
		"hang-up":           `error: .*EOF`,
		"not-http":          `error: .*malformed`,
		"slow":              `^200 application/json 11 bytes right late$`,
		"drip":              `^200 application/json 11 bytes right late$`,
		"stall":             `^200 application/json 11 bytes right late$`,
		"error-500":         `^500 application/json \d+ bytes`,
		"error-503":         `^503 application/json \d+ bytes Retry-After 30`,
		"error-429":         `^429 application/json \d+ bytes Retry-After 30`,
		"error-404":         `^404 application/json \d+ bytes`,
		"truncated":         `^200 application/json 5 bytes.* error: unexpected EOF`,
		"cut-json":          `^200 application/json 5 bytes`,
		"empty":             `^200 application/json 0 bytes`,
		"html":              `^200 text/html; charset=utf-8 \d+ bytes`,
		"wrong-type":        `^200 text/html; charset=utf-8 11 bytes right`,
		"huge":              `^200 application/json 100011 bytes right`,
		"endless":           `^200 application/json 100010 bytes`,
		"bomb":              `^200 application/json 100011 bytes right`,
		"redirect-loop":     `^307  0 bytes Location /keys\?x=1`,
		"redirect":          `^307  0 bytes Location http://169\.254\.169\.254/latest/meta-data/`,
		"redirect-loopback": `^307  0 bytes Location http://127\.0\.0\.1:22/`,
		"redirect-file":     `^307  0 bytes Location file:///etc/passwd`,
	}
	board, s := rig(t)
	for _, kind := range Kinds() {
		pattern, known := want[kind.Name]
		if !known {
			t.Errorf("%s: no expectation", kind.Name)
			continue
		}
		delete(want, kind.Name)
		if kind.Text == "" || len(kind.Rows) == 0 {
			t.Errorf("%s says nothing", kind.Name)
		}
		o := Order{Kind: kind.Name, Issuer: issuer, Endpoint: "keys", Times: 1}
		switch kind.Takes {
		case "delay":
			o.Delay = map[string]time.Duration{"drip": 2 * time.Millisecond}[kind.Name]
			if o.Delay == 0 {
				o.Delay = 20 * time.Millisecond
			}
		case "size":
			o.Size = 100_000
		}
		made, err := board.Add(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := meets(s, "/keys?x=1"); !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s: a client meets %s, want %s", kind.Name, got, pattern)
		}
		if got := meets(s, "/keys?x=1"); !strings.HasPrefix(got, "200 application/json 11 bytes right") {
			t.Errorf("after %s: %s", kind.Name, got)
		}
		if orders := board.Orders(); len(orders) != 1 || orders[0].Served != 1 || !board.Remove(func(o Order) bool { return o.ID == made.ID }) {
			t.Errorf("%s: orders %+v", kind.Name, orders)
		}
	}
	for name := range want {
		t.Errorf("%s: no such kind", name)
	}
}

func TestOrdersConcernTheirOwn(t *testing.T) {
	board, s := rig(t)
	for _, o := range []Order{
		{Kind: "error-500", Issuer: "https://other.example"},
		{Kind: "error-500", Issuer: issuer, Endpoint: "token"},
		{Kind: "error-404", Issuer: issuer, Client: "a"},
	} {
		if _, err := board.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"/?client=b": "200", "/?client=a": "404", "/": "404"} {
		if got := meets(s, path); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	all := func(Order) bool { return true }
	board.Remove(all)
	if got := meets(s, "/?client=a"); !strings.HasPrefix(got, "200") || len(board.Orders()) != 0 || board.Remove(all) {
		t.Errorf("after the end: %s", got)
	}
}

func TestOrdersThatCannotBe(t *testing.T) {
	board := &Board{}
	for _, test := range []struct {
		order Order
		want  error
		text  string
	}{
		{Order{Kind: "slowly"}, ErrKind, "drip"},
		{Order{Kind: "slow", Times: -1}, ErrOrder, "-1"},
		{Order{Kind: "slow", Delay: time.Hour}, ErrOrder, "1h0m0s"},
		{Order{Kind: "huge", Size: 1 << 40}, ErrOrder, "1099511627776"},
	} {
		if _, err := board.Add(test.order); !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%+v: %v", test.order, err)
		}
	}
	for range MaxOrders {
		if _, err := board.Add(Order{Kind: "slow"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := board.Add(Order{Kind: "slow"}); !errors.Is(err, ErrOrder) {
		t.Errorf("one too many: %v", err)
	}
}
