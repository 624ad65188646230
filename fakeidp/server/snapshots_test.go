package server

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
)

// state is everything that a snapshot is to bring back, as the API shows it.
func state(t *testing.T, c *control.Client, app string) string {
	t.Helper()
	ctx := t.Context()
	status := must[control.Status](t)(c.Status(ctx, app))
	ahead := time.Until(status.Now).Round(time.Minute)
	status.Now = time.Time{}
	data, err := json.MarshalIndent([]any{
		must[[]control.Person](t)(c.People(ctx)), must[[]control.Group](t)(c.Groups(ctx)), must[[]control.App](t)(c.Apps(ctx)),
		must[[]control.Deletion](t)(c.DeletedPeople(ctx)), must[[]control.Link](t)(c.Links(ctx, app)), must[[]control.Step](t)(c.Log(ctx, app)), status, ahead,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSnapshots(t *testing.T) {
	_, c, p := start(t)
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, login := range []string{"ada", "bob", "eve"} {
		must[control.Person](t)(c.CreatePerson(ctx, control.Person{ID: login, Login: login, Email: "shared@example.test"}))
	}
	inner := must[control.Group](t)(c.CreateGroup(ctx, control.Group{Name: "Inner", Members: []string{"bob"}}))
	outer := must[control.Group](t)(c.CreateGroup(ctx, control.Group{Name: "Outer", Members: []string{"ada"}, Groups: []string{inner.ID}}))
	app := must[control.App](t)(c.CreateApp(ctx, control.App{SCIM: &control.SCIM{URL: target(t), Token: "t0ken"}})).ID
	do(c.Assign(ctx, app, "ada"))
	do(c.Assign(ctx, app, "bob"))
	do(c.PushGroup(ctx, app, outer.ID))
	do(c.DeletePerson(ctx, "eve"))
	must[control.Push](t)(c.Push(ctx, app))
	must[control.Clock](t)(c.Advance(ctx, time.Hour))

	taken := must[control.Snapshot](t)(c.TakeSnapshot(ctx, "before"))
	if taken.People != 2 || taken.Groups != 2 || taken.Apps != 1 {
		t.Errorf("snapshot %+v", taken)
	}
	if _, err := c.TakeSnapshot(ctx, "before"); err == nil || !strings.Contains(err.Error(), "delete it first") {
		t.Errorf("a second one of the name: %v", err)
	}
	before := state(t, c, app)

	do(c.DeleteGroup(ctx, inner.ID))
	must[control.Person](t)(c.RestorePerson(ctx, "eve"))
	must[control.Person](t)(c.UpdatePerson(ctx, control.Person{ID: "bob", Login: "robert", Email: "robert@example.test"}))
	do(c.Unassign(ctx, app, "ada"))
	do(c.Assign(ctx, app, "eve"))
	must[control.Push](t)(c.Push(ctx, app))
	must[control.Clock](t)(c.Advance(ctx, time.Hour))
	do(c.Grant(ctx, control.Grant{State: "s", Person: "eve"}))
	if state(t, c, app) == before {
		t.Fatal("nothing changed")
	}
	for range 2 { // a snapshot can be gone back to more than once
		do(c.RestoreSnapshot(ctx, "before"))
		if got := state(t, c, app); got != before {
			t.Fatalf("after the restoration:\n%s\nwant\n%s", got, before)
		}
		if len(p.granted) != 0 {
			t.Error("a grant is still pending")
		}
		do(c.DeletePerson(ctx, "ada"))
		do(c.DeleteApp(ctx, app))
	}
	do(c.RestoreSnapshot(ctx, "before"))
	if got := must[control.Push](t)(c.Push(ctx, app)); got.Requests != 0 {
		t.Errorf("%d requests, though nothing has changed since the last push", got.Requests)
	}
	if people := must[[]control.Person](t)(c.People(ctx)); people[0].Login != "ada" {
		t.Errorf("people %v", people)
	}
	if _, err := c.UpdateGroup(ctx, control.Group{ID: inner.ID, Name: "Inner", Groups: []string{"Outer"}}); err == nil {
		t.Error("the restored groups are not nested")
	}

	do(c.Reset(ctx))
	if people, apps := must[[]control.Person](t)(c.People(ctx)), must[[]control.App](t)(c.Apps(ctx)); len(people)+len(apps) != 0 {
		t.Errorf("after the reset: %v %v", people, apps)
	}
	if got := must[control.Clock](t)(c.Advance(ctx, 0)); time.Until(got.Now) > time.Minute {
		t.Errorf("after the reset the clock is at %v", got.Now)
	}
	if got := must[[]control.Snapshot](t)(c.Snapshots(ctx)); !reflect.DeepEqual(got, []control.Snapshot{taken}) {
		t.Errorf("snapshots %+v", got)
	}
	do(c.DeleteSnapshot(ctx, "before"))
	if err := c.RestoreSnapshot(ctx, "before"); err == nil {
		t.Error("a deleted snapshot is restored")
	}
}

// Going back waits for a push under way, and a push that waits meanwhile works with what is remembered then.
func TestGoingBackWhilePushing(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	app := must[control.App](t)(c.CreateApp(ctx, control.App{SCIM: &control.SCIM{URL: target(t)}})).ID
	must[control.CrowdAdded](t)(c.AddCrowd(ctx, control.Crowd{People: 20, App: app}))
	must[control.Snapshot](t)(c.TakeSnapshot(ctx, "start"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := c.Push(ctx, app); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := c.RestoreSnapshot(ctx, "start"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := c.RestoreSnapshot(ctx, "start"); err != nil {
		t.Fatal(err)
	}
	if got := must[[]control.Link](t)(c.Links(ctx, app)); len(got) != 0 {
		t.Errorf("%d links of the time after the snapshot", len(got))
	}
	must[control.Push](t)(c.Push(ctx, app))
	if links, people := must[[]control.Link](t)(c.Links(ctx, app)), must[[]control.Person](t)(c.People(ctx)); len(links) < 20 || len(people) != 20 {
		t.Errorf("%d links, %d people", len(links), len(people))
	}
}

func TestSnapshotsAreBounded(t *testing.T) {
	_, c, _ := start(t)
	for i := range maxSnapshots {
		must[control.Snapshot](t)(c.TakeSnapshot(t.Context(), fmt.Sprintf("s%d", i)))
	}
	if _, err := c.TakeSnapshot(t.Context(), "more"); err == nil || !strings.Contains(err.Error(), "delete one first") {
		t.Errorf("one too many: %v", err)
	}
	if err := c.DeleteSnapshot(t.Context(), "nothing"); err == nil || !strings.Contains(err.Error(), "s0, s1") {
		t.Errorf("an unknown one: %v", err)
	}
}
