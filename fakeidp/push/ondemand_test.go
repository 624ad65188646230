package push

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// demand provisions on demand and wants it to go well.
func (r *rig) demand(what control.OnDemand) {
	r.t.Helper()
	done, err := r.engine.OnDemand(r.t.Context(), r.app, what)
	if err != nil || done.Failed > 0 {
		r.t.Fatalf("%+v: %v %s", what, err, verdicts(done.Steps))
	}
	r.noSecrets(done)
}

// team assigns seven people and pushes a group of them.
func (r *rig) team() (people []control.Person, group control.Group) {
	r.t.Helper()
	group = control.Group{ID: "8c2e0000", Name: "Eng Team"}
	for i, name := range []string{"Zero", "One", "Two", "Three", "Four", "Five", "Six"} {
		login := fmt.Sprintf("p%d@example.test", i)
		people = append(people, r.assign(control.Person{Login: login, Email: login, GivenName: "P", FamilyName: name}))
		group.Members = append(group.Members, people[i].ID)
	}
	if _, err := r.dir.CreateGroup(group); err != nil {
		r.t.Fatal(err)
	}
	if err := r.dir.PushGroup(r.app, group.ID); err != nil {
		r.t.Fatal(err)
	}
	return people, group
}

func TestOnDemand(t *testing.T) {
	t.Parallel()
	target := newMirror()
	r := newRig(t, "entra-062020", target, Options{})
	want := readWires(t, "entra-on-demand")
	people, group := r.team()

	r.demand(control.OnDemand{Person: "P0@example.test"})
	compareWires(t, "person", target.take(), want["person"])
	people[0].Title = "Countess"
	if _, err := r.dir.UpdatePerson(people[0]); err != nil {
		t.Fatal(err)
	}
	r.demand(control.OnDemand{Person: people[0].ID})
	compareWires(t, "person changed", target.take(), want["person changed"])

	for _, p := range people[1:] {
		r.demand(control.OnDemand{Person: p.ID})
	}
	target.take()
	r.demand(control.OnDemand{Group: group.ID, Members: group.Members[1:6]})
	compareWires(t, "group", target.take(), want["group"])
	r.ok() // the next push adds the members who were not chosen
	got := target.take()
	if len(got) != 2 || !strings.Contains(got[1].body, `"u-1"`) || !strings.Contains(got[1].body, `"u-7"`) || strings.Contains(got[1].body, `"u-2"`) {
		t.Errorf("the push after it sent %+v", got)
	}

	if err := r.dir.Unassign(r.app, people[0].ID); err != nil {
		t.Fatal(err)
	}
	r.demand(control.OnDemand{Person: people[0].ID})
	compareWires(t, "person gone", target.take(), want["person gone"])
}

func TestOnDemandRefuses(t *testing.T) {
	t.Parallel()
	quiet := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	r := newRig(t, "entra-default", quiet, Options{})
	people, group := r.team()
	if err := r.dir.Unassign(r.app, people[6].ID); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what control.OnDemand
		want string
	}{
		{control.OnDemand{}, "want a person or a group"},
		{control.OnDemand{Person: "p0@example.test", Group: group.ID}, "want a person or a group"},
		{control.OnDemand{Person: "nobody"}, `no person "nobody"`},
		{control.OnDemand{Person: people[6].ID}, "p6@example.test is not in scope"},
		{control.OnDemand{Person: people[0].ID, Members: group.Members[:1]}, "members go with a group"},
		{control.OnDemand{Group: "none"}, `group "none" is not pushed`},
		{control.OnDemand{Group: group.ID, Members: group.Members[:6]}, "6 members; Entra ID takes up to 5"},
		{control.OnDemand{Group: group.ID, Members: []string{"nobody"}}, `"nobody" is no member`},
	}
	for _, test := range tests {
		if _, err := r.engine.OnDemand(t.Context(), r.app, test.what); !errors.Is(err, ErrOnDemand) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.what, err, test.want)
		}
	}
	r = newRig(t, "okta-oin", quiet, Options{})
	if _, err := r.engine.OnDemand(t.Context(), r.app, control.OnDemand{Person: "x"}); !errors.Is(err, ErrOnDemand) || !strings.Contains(err.Error(), "Okta has no provisioning on demand") {
		t.Errorf("Okta: %v", err)
	}
}

// TestProbes switches on what a document of Entra ID has as arguments of a library.
func TestProbes(t *testing.T) {
	t.Parallel()
	target := &knowing{mirror: newMirror()}
	r := newRig(t, "probing", target, Options{Personas: func(string) (persona.Persona, bool) {
		p := persona.EntraDefault()
		p.SCIM.ReferenceProbe.Value, p.SCIM.MembershipProbe.Value = "attributes=id&filter={filter}", "excludedAttributes=members&filter={filter}"
		return p, true
	}})
	want := readWires(t, "entra-probes")
	first, second, third := r.assign(ada()), r.assign(bob()), r.assign(control.Person{Login: "eve@example.test", Email: "eve@example.test"})
	r.ok()
	target.take()

	first.Manager = second.ID
	if _, err := r.dir.UpdatePerson(first); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dir.CreateGroup(control.Group{ID: "8c2e0000", Name: "Eng Team", Members: []string{first.ID}}); err != nil {
		t.Fatal(err)
	}
	if err := r.dir.PushGroup(r.app, "8c2e0000"); err != nil {
		t.Fatal(err)
	}
	r.ok()
	compareWires(t, "missing", target.take(), want["missing"])

	target.knows = true
	third.Manager = first.ID
	if _, err := r.dir.UpdatePerson(third); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dir.UpdateGroup(control.Group{ID: "8c2e0000", Name: "Eng Team", Members: []string{first.ID, second.ID}}); err != nil {
		t.Fatal(err)
	}
	r.ok()
	compareWires(t, "there", target.take(), want["there"])
	r.ok()
	if got := target.take(); len(got) != 0 {
		t.Errorf("the next push sent %+v", got)
	}
}

// knowing is a mirror that says yes to every probe once it knows.
type knowing struct {
	*mirror
	knows bool
}

func (k *knowing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if k.knows && strings.Contains(r.URL.Query().Get("filter"), " and ") {
		k.mirror.ServeHTTP(discarding{w.Header()}, r)
		_, _ = w.Write([]byte(`{"totalResults":1,"Resources":[{"id":"x"}]}`))
		return
	}
	k.mirror.ServeHTTP(w, r)
}

// discarding records nothing of an answer.
type discarding struct{ header http.Header }

func (d discarding) Header() http.Header         { return d.header }
func (d discarding) Write(b []byte) (int, error) { return len(b), nil }
func (d discarding) WriteHeader(int)             {}

// TestUserTemplate edits the template of one app, as OneLogin's administrators do, and wants the next push to send everybody by it.
func TestUserTemplate(t *testing.T) {
	t.Parallel()
	target := newMirror()
	r := newRig(t, "onelogin", target, Options{})
	r.assign(ada())
	r.ok()
	target.take()
	const template = `{"schemas": ["urn:scim:schemas:core:2.0"], "userName": "{$parameters.scimusername}", "nickName": "{$user.firstname}", "active": "{activeText}"}`
	if err := r.dir.SetUserTemplate(r.app, template); err != nil {
		t.Fatal(err)
	}
	r.ok()
	// L4: the user body is an admin-edited JSON template; L1: URNs that are not the IETF's come from it.
	compareWires(t, "edited", target.take(), []wire{{`The user body is an **admin-edited JSON template**`, "PUT /scim/v2/Users/u-1?",
		`{"schemas":["urn:scim:schemas:core:2.0"],"userName":"ada@example.test","nickName":"Ada","active":"true"}`}})
	r.ok()
	if got := target.take(); len(got) != 0 {
		t.Errorf("the next push sent %+v", got)
	}
}
