package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// client asks one server. It is the same for all of them, and does not ask for compression.
type client struct {
	address
	http *http.Client
}

func (p *process) client() *client {
	const connections = 64
	return &client{p.address, &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: connections, MaxIdleConns: connections, DisableCompression: true,
	}}}
}

// do sends a request, reads the answer to its end and refuses any other status.
func (c *client) do(ctx context.Context, status int, method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != status {
		return nil, fmt.Errorf("%s %s: status %d, wanted %d: %.300s", method, path, answer.StatusCode, status, got)
	}
	return got, nil
}

// into decodes an answer.
func (c *client) into(ctx context.Context, v any, status int, method, path string, body []byte) error {
	got, err := c.do(ctx, status, method, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(got, v)
}

// rate is how many times a second work is done, n times in all, by some clients at once.
func rate(clients, n int, work func(i int) error) (float64, error) {
	failures := make([]error, clients)
	var all sync.WaitGroup
	began := time.Now()
	for w := range clients {
		all.Go(func() {
			for i := w; i < n && failures[w] == nil; i += clients {
				failures[w] = work(i)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	for _, err := range failures {
		if err != nil {
			return 0, err
		}
	}
	return float64(n) / took.Seconds(), nil
}
