package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fixtures"
)

// counting is a SCIM target that keeps users and groups by their matching attribute, counts what is created, and can
// hold an answer back for ever.
type counting struct {
	mu        sync.Mutex
	resources map[string]string // userName or displayName -> id
	creates   map[string]int    // accepted, by name
	lookups   map[string]int    // of users
	members   map[string]int    // adds, by group id and user id
	hold      int               // the create of a user whose answer is held back, counted from 1; 0: none
	held      chan string       // its name
}

func newCounting() *counting {
	return &counting{resources: map[string]string{}, creates: map[string]int{}, lookups: map[string]int{}, members: map[string]int{}, held: make(chan string, 1)}
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/scim+json")
	switch {
	case r.Method == http.MethodPost:
		c.create(w, r, body)
	case r.Method == http.MethodGet && r.URL.Query().Has("filter"):
		c.find(w, r)
	case r.Method == http.MethodGet, r.Method == http.MethodPut:
		_, _ = fmt.Fprintf(w, `{"id":%q}`, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	default:
		c.change(r, body)
		w.WriteHeader(http.StatusNoContent)
	}
}

// create accepts a resource, whether or not its answer gets through.
func (c *counting) create(w http.ResponseWriter, r *http.Request, body []byte) {
	var sent struct{ UserName, DisplayName string }
	_ = json.Unmarshal(body, &sent)
	name, isUser := sent.DisplayName, strings.HasSuffix(r.URL.Path, "/Users")
	if isUser {
		name = sent.UserName
	}
	c.mu.Lock()
	c.creates[name]++
	c.resources[name] = fmt.Sprintf("id-%d", len(c.resources)+1)
	id := c.resources[name]
	hold := false
	if isUser && c.hold > 0 {
		c.hold--
		hold = c.hold == 0
	}
	c.mu.Unlock()
	if hold {
		c.held <- name
		<-r.Context().Done()
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
}

func (c *counting) find(w http.ResponseWriter, r *http.Request) {
	_, quoted, _ := strings.Cut(r.URL.Query().Get("filter"), " eq ")
	var name string
	_ = json.Unmarshal([]byte(quoted), &name)
	c.mu.Lock()
	id, known := c.resources[name]
	if strings.HasSuffix(r.URL.Path, "/Users") {
		c.lookups[name]++
	}
	c.mu.Unlock()
	if !known {
		_, _ = io.WriteString(w, `{"totalResults":0,"Resources":[]}`)
		return
	}
	_, _ = fmt.Fprintf(w, `{"totalResults":1,"Resources":[{"id":%q,"userName":%q,"displayName":%q,"active":true}]}`, id, name, name)
}

func (c *counting) lookedUp(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookups[name]
}

// change notes the members that a PATCH adds.
func (c *counting) change(r *http.Request, body []byte) {
	var patch struct {
		Operations []struct {
			Path  string
			Value json.RawMessage
		}
	}
	_ = json.Unmarshal(body, &patch)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, op := range patch.Operations {
		var added []struct{ Value string }
		if op.Path != "members" || json.Unmarshal(op.Value, &added) != nil {
			continue
		}
		for _, member := range added {
			c.members[r.URL.Path+" "+member.Value]++
		}
	}
}

// TestKilledPushGoesOn kills the process in the middle of pushes, each time while the answer to a create is out, tears the end
// of its file, and wants the pushes after that to make everybody exactly once.
func TestKilledPushGoesOn(t *testing.T) {
	people, err := fixtures.People()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"entra-default", "okta-oin"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newCounting()
			server := httptest.NewServer(target)
			defer server.Close()
			state := filepath.Join(t.TempDir(), "state")
			for range 3 {
				lost := target.killWhileCreating(t, 7, pushProcess(name, server.URL, state))
				tear(t, state)
				if n := target.lookedUp(lost); n != 1 {
					t.Errorf("%s was looked up %d times before they were created", lost, n)
				}
			}
			summary, log, err := finish(pushProcess(name, server.URL, state))
			if err != nil || summary.Failed != 0 || summary.People != len(people) {
				t.Fatalf("the last push: %v, %+v\n%s", err, summary, log)
			}
			target.everybodyOnce(t, people)
			again, log, err := finish(pushProcess(name, server.URL, state))
			if err != nil || again.Requests != 0 {
				t.Errorf("pushing again: %v, %+v\n%s", err, again, log)
			}
		})
	}
}

// pushToken is what the processes push with. It must not get into their files.
const pushToken = "t0ken-of-the-killed-push"

func pushProcess(persona, target, state string) *exec.Cmd {
	cmd := exec.Command("assay", "idp", "--quiet", "--push", "once", "--persona", persona, "--target", target, "--state", state, "--concurrency", "3")
	cmd.Env = append(os.Environ(), "ASSAY_TOKEN="+pushToken)
	return cmd
}

// killWhileCreating starts a push and kills it when the answer to its nth create is out. It returns whom that was about.
func (c *counting) killWhileCreating(t *testing.T, nth int, cmd *exec.Cmd) string {
	t.Helper()
	c.mu.Lock()
	c.hold = nth
	c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // that it was killed is no news
	}()
	select {
	case lost := <-c.held:
		return lost
	case <-time.After(30 * time.Second):
		t.Fatal("the push did not come to its creates")
		return ""
	}
}

// tear adds the beginning of a record, as a process leaves it that is killed while it writes, and looks at what else is there.
func tear(t *testing.T, state string) {
	t.Helper()
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(pushToken)) {
		t.Error("the token is in the state file")
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file has mode %v, %v", info.Mode(), err)
	}
	const half = 20 // bytes: the head of a record and some of its key
	torn := append(text, text[len("assay journal 1\n"):][:half]...)
	if err := os.WriteFile(state, torn, 0o600); err != nil {
		t.Fatal(err)
	}
}

func finish(cmd *exec.Cmd) (summary pushSummary, log string, err error) {
	var out, narration bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &narration
	if err := cmd.Run(); err != nil {
		return summary, narration.String(), err
	}
	return summary, narration.String(), json.Unmarshal(out.Bytes(), &summary)
}

// everybodyOnce wants one create for each person and group, no second look-up of those whose link was remembered, and
// every member added.
func (c *counting) everybodyOnce(t *testing.T, people []fixtures.Person) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	twice := 0
	for _, p := range people {
		if c.creates[p.Login] != 1 {
			t.Errorf("%s was created %d times", p.Login, c.creates[p.Login])
		}
		if twice += c.lookups[p.Login] - 1; c.lookups[p.Login] < 1 {
			t.Errorf("%s was created without a look-up", p.Login)
		}
	}
	// Three kills, with up to three creates under way in each: their answers were lost, the others were remembered.
	if twice < 3 || twice > 9 {
		t.Errorf("%d look-ups were made again, want those of the creates whose answers were lost", twice)
	}
	for name, times := range c.creates {
		if times != 1 {
			t.Errorf("%s was created %d times", name, times)
		}
	}
	for member, times := range c.members {
		if times != 1 {
			t.Errorf("%s was added %d times", member, times)
		}
	}
	if len(c.members) == 0 {
		t.Error("no member was added")
	}
}
