package push

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/journal"
)

// What is recalled is in the journal too: an engine that takes the file up afterwards knows the same.
func TestRecallWritesTheJournal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	j, err := journal.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Unix(1_700_000_000, 0) }
	r := newRig(t, "okta-oin", &empty{}, Options{Journal: j, Now: now})
	r.assign(ada())
	g := r.group("Team", ada().ID)
	r.ok()
	if _, err := r.engine.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	then, links := r.remember(), r.links(r.engine)
	if len(links) != 2 {
		t.Fatalf("links %+v", links)
	}

	r.assign(bob())
	if err := r.engine.UnlinkGroup(t.Context(), r.app, g.ID, true); err != nil {
		t.Fatal(err)
	}
	r.ok()
	if _, err := r.engine.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	resume, err := r.engine.Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.engine.Recall(then); err != nil {
		t.Fatal(err)
	}
	resume()
	check := func(e *Engine) {
		t.Helper()
		if got := r.links(e); !reflect.DeepEqual(got, links) || e.Now() != now().Add(time.Hour) {
			t.Errorf("at %s links %+v, want %+v", e.Now(), got, links)
		}
	}
	check(r.engine)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = journal.Open(file); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	again := New(r.dir, Options{Journal: j, Now: now})
	defer again.Close()
	check(again)
}

// An app that is heard of for the first time while the engine is paused waits as well.
func TestPauseHoldsNewApps(t *testing.T) {
	t.Parallel()
	r := newRig(t, "okta-oin", &empty{}, Options{})
	r.assign(ada())
	resume, err := r.engine.Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pushed := make(chan int)
	go func() {
		done, _ := r.engine.Push(t.Context(), r.app)
		pushed <- done.Requests
	}()
	select {
	case <-pushed:
		t.Error("it was pushed")
	case <-time.After(20 * time.Millisecond):
	}
	resume()
	if requests := <-pushed; requests == 0 {
		t.Error("nothing was pushed after the pause")
	}
}

func (r *rig) remember() *Memory {
	r.t.Helper()
	resume, err := r.engine.Pause(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	defer resume()
	m, err := r.engine.Memory()
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (r *rig) links(e *Engine) []control.Link {
	r.t.Helper()
	links, err := e.Links(r.app)
	if err != nil {
		r.t.Fatal(err)
	}
	return links
}
