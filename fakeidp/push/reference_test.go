package push_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/persona"
	"assay/fakeidp/push"
	"assay/reference"
)

// provisioned is how many people TestEveryPersonaProvisions has, and how many groups: 8 to 200. The
// environment variable ASSAY_PROVISION_PEOPLE raises it; 10000 takes minutes.
func provisioned(t *testing.T) (people, groups int) {
	t.Helper()
	people = 28 // of whom one is unassigned, one deleted, one moved and one suspended
	if text := os.Getenv("ASSAY_PROVISION_PEOPLE"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 20 {
			t.Fatalf("ASSAY_PROVISION_PEOPLE is %q; want a number of at least 20", text)
		}
		people = n
	}
	return people, min(max(people/10, 8), 200)
}

func start(t *testing.T) *reference.Server {
	t.Helper()
	s, err := reference.Start(t.Context(), reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestEveryPersonaProvisions fills an empty reference from a directory, changes the directory, and wants both
// equal after each push, as the persona defines equal, and nothing more to send.
func TestEveryPersonaProvisions(t *testing.T) {
	people, groups := provisioned(t)
	for _, p := range persona.All() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			c := newCompany(t, p.Name, s, people, groups)
			c.pushed(t, "joiners")
			c.change(t)
			c.pushed(t, "movers and leavers")
			if wait := p.SCIM.Delay.Value; wait > 0 {
				try[control.Clock](t)(c.engine.Advance(t.Context(), wait))
				c.pushed(t, "after the delay")
			}
			c.restart(t)
			c.pushed(t, "after a restart that forgot everything")
		})
	}
}

// company is a directory with one app.
type company struct {
	dir    *directory.Directory
	engine *push.Engine
	app    string
	people []control.Person
	groups []control.Group
}

func newCompany(t *testing.T, personaName string, s *reference.Server, people, groups int) *company {
	t.Helper()
	c := &company{dir: directory.NewSeeded(1)}
	app, err := c.dir.CreateApp(control.App{Persona: personaName, SCIM: &control.SCIM{URL: s.SCIM, Token: s.Token}})
	if err != nil {
		t.Fatal(err)
	}
	c.app = app.ID
	given := []string{"Ada", "Zoë", "李", "Мария", "Nguyễn", "O'Neil", `Q"uote`, "X"}
	for i := range people {
		p := control.Person{
			Login: fmt.Sprintf("p%d+x@acme.example", i), Email: fmt.Sprintf("p%d@mail.acme.example", i),
			GivenName: given[i%len(given)], FamilyName: fmt.Sprintf("Name %d", i), Title: []string{"", "Engineer"}[i%2],
			Department: []string{"R&D", "", "Sales <EU>"}[i%3], Locale: "en-GB", EmployeeNumber: strconv.Itoa(i),
			Phone: []string{"", "tel:+44-20-7946-0" + fmt.Sprintf("%03d", i%1000)}[i%2],
		}
		if i%5 == 0 {
			p.Address = control.Address{Street: "1 High St", City: "Bath", PostalCode: "BA1", Country: "GB"}
		}
		if i >= 10 {
			p.Manager = c.people[i/10].ID
		}
		made := try[control.Person](t)(c.dir.CreatePerson(p))
		if err := c.dir.Assign(c.app, made.ID); err != nil {
			t.Fatal(err)
		}
		c.people = append(c.people, made)
	}
	for i := range groups {
		g := control.Group{Name: fmt.Sprintf("Team %d & Co", i)}
		for j := i; j < people; j += groups/2 + i%7 {
			g.Members = append(g.Members, c.people[j].ID)
		}
		made := try[control.Group](t)(c.dir.CreateGroup(g))
		if err := c.dir.PushGroup(c.app, made.ID); err != nil {
			t.Fatal(err)
		}
		c.groups = append(c.groups, made)
	}
	c.restart(t)
	return c
}

// restart gives the company an engine that remembers nothing.
func (c *company) restart(t *testing.T) {
	t.Helper()
	c.engine = push.New(c.dir, push.Options{Concurrency: 8})
	c.dir.UseClock(c.engine.Now)
	t.Cleanup(c.engine.Close)
}

// change lets every seventh person leave, be suspended, or move.
func (c *company) change(t *testing.T) {
	t.Helper()
	for i := 3; i < len(c.people); i += 7 {
		p := c.people[i]
		var err error
		switch i % 4 {
		case 0:
			err = c.dir.Unassign(c.app, p.ID)
		case 1:
			err = c.dir.DeletePerson(p.ID)
		case 2:
			p.FamilyName, p.Title, p.Department, p.Email, p.Manager = "Moved", "", "Moved here", "moved."+p.Email, c.people[0].ID
			_, err = c.dir.UpdatePerson(p)
		default:
			p.Suspended = true
			_, err = c.dir.UpdatePerson(p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range c.groups {
		g, _ := c.dir.Group(c.groups[i].ID)
		if i%2 == 0 {
			g.Name += " renamed"
		}
		g.Members = g.Members[min(2, len(g.Members)):]
		if _, err := c.dir.UpdateGroup(g); err != nil {
			t.Fatal(err)
		}
	}
}

// pushed pushes, and wants both sides equal and nothing left to do.
func (c *company) pushed(t *testing.T, what string) {
	t.Helper()
	started := time.Now()
	done := try[control.Push](t)(c.engine.Push(t.Context(), c.app))
	took := time.Since(started)
	t.Logf("%s: %d requests in %s", what, done.Requests, took.Round(time.Millisecond))
	for _, step := range done.Steps {
		if step.Failed {
			t.Fatalf("%s: %s %s\n%s\n%s\n%s", what, step.Exchange.Method, step.Exchange.URL, step.Exchange.RequestBody, step.Verdict, step.Exchange.ResponseBody)
		}
	}
	if strings.HasPrefix(what, "after a restart") {
		// Who had lost the app before is a stranger to the new engine: it looks only after those who have it.
		c.onlyStrangers(t)
	} else {
		c.equal(t, what)
	}
	if again := try[control.Push](t)(c.engine.Push(t.Context(), c.app)); again.Requests != 0 {
		t.Errorf("%s: the second cycle sent %d requests, first %s %s", what, again.Requests, again.Steps[0].Exchange.Method, again.Steps[0].Exchange.URL)
	}
}

func (c *company) equal(t *testing.T, what string) {
	t.Helper()
	found := try[control.Comparison](t)(c.engine.Compare(t.Context(), c.app))
	if found.Failed > 0 || found.Users < len(c.people)*3/4 {
		t.Fatalf("%s: comparison of %d users, %d failed", what, found.Users, found.Failed)
	}
	for i, d := range found.Differences {
		if t.Errorf("%s: %+v", what, d); i == 10 {
			t.Fatalf("%s: %d differences", what, len(found.Differences))
		}
	}
}

func (c *company) onlyStrangers(t *testing.T) {
	t.Helper()
	found := try[control.Comparison](t)(c.engine.Compare(t.Context(), c.app))
	for _, d := range found.Differences {
		if d.Subject != "" && d.Path != "members" {
			t.Errorf("after a restart: %+v", d)
		}
	}
}

func try[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// TestKilledMidCycle cuts a push off in the middle, with requests under way, and lets an engine that remembers
// nothing finish it: nobody may be there twice.
func TestKilledMidCycle(t *testing.T) {
	for _, name := range []string{"okta-oin", "entra-default", "onelogin", "jumpcloud", "pingfederate", "generic"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, name, start(t), 28, 8)
			for _, after := range []int{7, 20} {
				ctx, kill := context.WithCancel(t.Context())
				c.engine = push.New(c.dir, push.Options{Concurrency: 4, Progress: func(p push.Progress) {
					if p.Pass == "people" && p.Done == after {
						kill()
					}
				}})
				cut := try[control.Push](t)(c.engine.Push(ctx, c.app))
				c.engine.Close()
				if cut.Failed == 0 {
					t.Error("the push was not cut off")
				}
				kill()
			}
			c.restart(t)
			c.pushed(t, "after two kills")
		})
	}
}
