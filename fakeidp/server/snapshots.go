package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/push"
)

// maxSnapshots bounds what is kept in memory.
const maxSnapshots = 16

var (
	errNoSnapshot = errors.New("no such snapshot")
	errSnapshot   = errors.New("snapshot cannot be taken")
)

// shelf holds the snapshots, oldest first, and the state at the start.
type shelf struct {
	mu    sync.Mutex
	start moment
	taken []snapshot
}

// moment is a state that can be gone back to.
type moment struct {
	people *directory.Image
	memory *push.Memory
}

type snapshot struct {
	control.Snapshot
	moment
}

func (s *server) snapshots() []route {
	const rest = " Keys, the snapshots themselves and the log of visits are left alone; pending logins, grants and sessions are dropped. It waits for a push under way."
	return []route{
		answer("GET /snapshots", "List the snapshots", func(*http.Request) ([]control.Snapshot, error) { return s.listSnapshots(), nil }),
		exchange("POST /snapshots", "Take a snapshot", func(r *http.Request, in control.NewSnapshot) (control.Snapshot, error) {
			return s.takeSnapshot(r.Context(), in.Name)
		}).creates().says(fmt.Sprintf("It holds the directory with its apps, assignments and deleted people, and what provisioning remembers: "+
			"links to targets, escrow, quarantine, logs, the clock. At most %d are kept.", maxSnapshots)),
		act("POST /snapshots/{name}/restore", "Go back to a snapshot", func(r *http.Request) error {
			return s.restoreSnapshot(r.Context(), r.PathValue("name"))
		}).says("What a snapshot holds becomes what it was." + rest),
		act("DELETE /snapshots/{name}", "Delete a snapshot", func(r *http.Request) error { return s.deleteSnapshot(r.PathValue("name")) }),
		act("POST /reset", "Go back to the start", func(r *http.Request) error { return s.goBack(r.Context(), s.shelf.start) }).
			says("What a snapshot holds becomes what it was when the IdP was ready." + rest),
	}
}

func (s *server) listSnapshots() []control.Snapshot {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	out := make([]control.Snapshot, len(s.shelf.taken))
	for i, taken := range s.shelf.taken {
		out[i] = taken.Snapshot
	}
	return out
}

func (s *server) takeSnapshot(ctx context.Context, name string) (control.Snapshot, error) {
	if err := checkSnapshotName(name); err != nil {
		return control.Snapshot{}, err
	}
	resume, err := s.Engine.Pause(ctx)
	if err != nil {
		return control.Snapshot{}, err
	}
	defer resume()
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	switch {
	case s.shelf.find(name) >= 0:
		return control.Snapshot{}, fmt.Errorf("%w: there is one with the name %q: delete it first", errSnapshot, name)
	case len(s.shelf.taken) == maxSnapshots:
		return control.Snapshot{}, fmt.Errorf("%w: there are %d already: delete one first", errSnapshot, maxSnapshots)
	}
	m, err := s.now()
	if err != nil {
		return control.Snapshot{}, err
	}
	taken := snapshot{control.Snapshot{Name: name, Taken: time.Now().UTC(), People: m.people.People(), Groups: m.people.Groups(), Apps: m.people.Apps()}, m}
	s.shelf.taken = append(s.shelf.taken, taken)
	return taken.Snapshot, nil
}

func checkSnapshotName(name string) error {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, odd) {
		return fmt.Errorf("%w: snapshot name %q: want 1 to 64 letters, digits, hyphens and underscores", errRequest, name)
	}
	return nil
}

// now is the state of this moment. The engine is paused, or not yet in use.
func (s *server) now() (moment, error) {
	memory, err := s.Engine.Memory()
	return moment{s.Directory.Image(), memory}, err
}

func (h *shelf) find(name string) int {
	return slices.IndexFunc(h.taken, func(s snapshot) bool { return s.Name == name })
}

func (h *shelf) missing(name string) error {
	if len(h.taken) == 0 {
		return fmt.Errorf("%w: %q; there is none", errNoSnapshot, name)
	}
	names := make([]string, len(h.taken))
	for i, s := range h.taken {
		names[i] = s.Name
	}
	return fmt.Errorf("%w: %q is none of %s", errNoSnapshot, name, strings.Join(names, ", "))
}

func (s *server) restoreSnapshot(ctx context.Context, name string) error {
	s.shelf.mu.Lock()
	at := s.shelf.find(name)
	if at < 0 {
		defer s.shelf.mu.Unlock()
		return s.shelf.missing(name)
	}
	m := s.shelf.taken[at].moment
	s.shelf.mu.Unlock()
	return s.goBack(ctx, m)
}

func (s *server) goBack(ctx context.Context, m moment) error {
	resume, err := s.Engine.Pause(ctx)
	if err != nil {
		return err
	}
	defer resume()
	s.Directory.Restore(m.people)
	s.Provider.Forget()
	s.SAML.Forget()
	return s.Engine.Recall(m.memory)
}

func (s *server) deleteSnapshot(name string) error {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	at := s.shelf.find(name)
	if at < 0 {
		return s.shelf.missing(name)
	}
	s.shelf.taken = slices.Delete(s.shelf.taken, at, at+1)
	return nil
}
