package reference_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/reference"
)

// A whole server stops cleanly and at once although somebody is receiving changes, with SCIM writing them.
func TestShutdownEndsStreams(t *testing.T) {
	s, err := reference.Start(t.Context(), reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Admin+"/tenants/"+s.Tenant+"/changes/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.AdminToken)
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	made := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, ada)
	id, _ := made.json(t)["id"].(string)
	lines, seen, stopped := bufio.NewScanner(res.Body), false, make(chan error, 1)
	for lines.Scan() {
		if !seen && strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), id) {
			seen = true
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				defer cancel()
				stopped <- s.Close(ctx)
			}()
		}
	}
	if err := lines.Err(); err != nil || !seen {
		t.Errorf("seen %t, the stream ended with %v", seen, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// The page of changes follows the feed without a script, for a bounded time.
func TestConsoleFollowsChanges(t *testing.T) {
	s := start(t, reference.Options{})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	send(t, browser, http.MethodPost, s.Console+"/sign-in", form, url.Values{"token": {s.AdminToken}}.Encode())
	page := send(t, browser, http.MethodGet, s.Console+"/changes", nil, "")
	_, next, found := strings.Cut(page.header.Get("Refresh"), "url=")
	if page.status != http.StatusOK || !found || !strings.Contains(page.text, "Nothing has changed yet") {
		t.Fatalf("status %d, Refresh %q: %s", page.status, page.header.Get("Refresh"), page.text)
	}
	id, _ := call(t, http.MethodPost, s.SCIM+"/Users", s.Token, ada).json(t)["id"].(string)
	page = send(t, browser, http.MethodGet, s.BaseURL+next, nil, "")
	if !strings.Contains(page.text, id) || !strings.Contains(page.header.Get("Refresh"), "live=198") {
		t.Errorf("Refresh %q: %s", page.header.Get("Refresh"), page.text)
	}
	for _, query := range []string{"?live=0", "?live=-1", "?live=x", "?live="} {
		if page = send(t, browser, http.MethodGet, s.Console+"/changes"+query, nil, ""); page.header.Get("Refresh") != "" || !strings.Contains(page.text, "Follow") {
			t.Errorf("%s refreshes: %q", query, page.header.Get("Refresh"))
		}
	}
}
