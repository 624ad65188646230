package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ExchangeFilter says which provisioning exchanges are wanted. Every field that is set has to hold; the zero value
// wants the latest 1000.
type ExchangeFilter struct {
	App    string
	Person string // id, login or e-mail address
	Group  string // id or name
	Method string // "GET", "POST" …
	Status string // "404", "4xx", or "0" for no answer
	Since  time.Time
	Until  time.Time
	Failed *bool
	Limit  int // the latest so many; 0 means 1000
}

func (f ExchangeFilter) query() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("app", f.App)
	set("person", f.Person)
	set("group", f.Group)
	set("method", f.Method)
	set("status", f.Status)
	if !f.Since.IsZero() {
		q.Set("since", f.Since.Format(time.RFC3339Nano))
	}
	if !f.Until.IsZero() {
		q.Set("until", f.Until.Format(time.RFC3339Nano))
	}
	if f.Failed != nil {
		q.Set("failed", strconv.FormatBool(*f.Failed))
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Exchanges lists the provisioning exchanges of all apps, oldest first: GET /exchanges.
func (c *Client) Exchanges(ctx context.Context, f ExchangeFilter) ([]Step, error) {
	return call[[]Step](ctx, c, http.MethodGet, "/exchanges"+f.query(), nil)
}

// ExportHAR returns them as an HTTP Archive 1.2, to be written to a file: GET /exchanges.har.
func (c *Client) ExportHAR(ctx context.Context, f ExchangeFilter) (json.RawMessage, error) {
	return call[json.RawMessage](ctx, c, http.MethodGet, "/exchanges.har"+f.query(), nil)
}
