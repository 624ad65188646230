package directory

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

func add(t *testing.T, d *Directory, login string) control.Person {
	t.Helper()
	p, err := d.CreatePerson(control.Person{Login: login, Email: login})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func addApp(t *testing.T, d *Directory, a control.App) control.App {
	t.Helper()
	if a.Persona == "" {
		a.Persona = "okta-oin"
	}
	a, err := d.CreateApp(a)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestIDsLookLikeOktas(t *testing.T) {
	d := New()
	p := add(t, d, "ada@example.test")
	g, err := d.CreateGroup(control.Group{Name: "Eng"})
	if err != nil {
		t.Fatal(err)
	}
	a := addApp(t, d, control.App{})
	for prefix, id := range map[string]string{"00u": p.ID, "00g": g.ID, "0oa": a.ID} {
		if !regexp.MustCompile("^" + prefix + "[0-9A-Za-z]{17}$").MatchString(id) {
			t.Errorf("id %q, want %s and 17 letters or digits", id, prefix)
		}
	}
	if a.ClientID != a.ID || len(a.ClientSecret) != 64 {
		t.Errorf("client id %q, secret of %d characters", a.ClientID, len(a.ClientSecret))
	}
}

func TestIDsOfOtherVendors(t *testing.T) {
	for form, pattern := range map[persona.IDForm]string{
		persona.IDGUID: `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, persona.IDHex: `^[0-9a-f]{24}$`, persona.IDNumber: `^1\d{20}$`,
	} {
		d := New()
		d.UseIDs(form)
		ada, bob, app := add(t, d, "ada"), add(t, d, "bob"), addApp(t, d, control.App{})
		for _, id := range []string{ada.ID, bob.ID, app.ID, app.ClientID} {
			if !regexp.MustCompile(pattern).MatchString(id) {
				t.Errorf("%s: id %s", form, id)
			}
		}
		if ada.ID == bob.ID {
			t.Errorf("%s: one id for two", form)
		}
	}
}

func TestSeededIDsRepeatAndRandomOnesDoNot(t *testing.T) {
	if a, b := add(t, NewSeeded(7), "x").ID, add(t, NewSeeded(7), "x").ID; a != b {
		t.Errorf("one seed gave %s and %s", a, b)
	}
	if a, b := add(t, NewSeeded(7), "x").ID, add(t, NewSeeded(8), "x").ID; a == b {
		t.Errorf("two seeds gave %s", a)
	}
	if a, b := add(t, New(), "x").ID, add(t, New(), "x").ID; a == b {
		t.Errorf("chance gave %s twice", a)
	}
}

func TestPersonIsFoundByIDLoginAndEmail(t *testing.T) {
	d := New()
	first, err := d.CreatePerson(control.Person{Login: "Ada", Email: "Shared@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.CreatePerson(control.Person{Login: "bob", Email: "shared@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{first.ID: first.ID, "ADA": first.ID, "SHARED@example.test": first.ID, "BOB": second.ID} {
		if got, ok := d.Person(key); !ok || got.ID != want {
			t.Errorf("Person(%q) is %q, want %q", key, got.ID, want)
		}
	}
	first.Login, first.Email = "countess", "countess@example.test"
	if _, err := d.UpdatePerson(first); err != nil {
		t.Fatal(err)
	}
	if got, ok := d.Person("ada"); ok {
		t.Errorf("the old login still finds %v", got)
	}
	if got, _ := d.Person("shared@example.test"); got.ID != second.ID {
		t.Errorf("the e-mail finds %v", got)
	}
	if _, ok := d.Person(""); ok {
		t.Error("the empty key finds somebody")
	}
}

func TestErrors(t *testing.T) {
	d := New()
	ada, bob := add(t, d, "ada"), add(t, d, "bob")
	if _, err := d.CreateGroup(control.Group{Name: "Eng"}); err != nil {
		t.Fatal(err)
	}
	app := addApp(t, d, control.App{ClientID: "client"})
	person := func(p control.Person) error { _, err := d.CreatePerson(p); return err }
	group := func(g control.Group) error { _, err := d.CreateGroup(g); return err }
	create := func(a control.App) error { a.Persona = "p"; _, err := d.CreateApp(a); return err }
	scim := func(url, token string) error { return create(control.App{SCIM: &control.SCIM{URL: url, Token: token}}) }
	rename := func(p control.Person, login string) error { p.Login = login; _, err := d.UpdatePerson(p); return err }
	tests := []struct {
		name string
		err  error
		want error
		text string
	}{
		{"duplicate login", person(control.Person{Login: "ADA", Email: "x"}), ErrConflict, "ADA"},
		{"duplicate id", person(control.Person{ID: ada.ID, Login: "c", Email: "x"}), ErrConflict, ada.ID},
		{"no login", person(control.Person{Email: "x"}), ErrInvalid, "login"},
		{"no e-mail", person(control.Person{Login: "x"}), ErrInvalid, "email"},
		{"id with slash", person(control.Person{ID: "a/b", Login: "c", Email: "x"}), ErrInvalid, "a/b"},
		{"login of another", rename(bob, "Ada"), ErrConflict, "Ada"},
		{"unknown person", rename(control.Person{ID: "00unobody", Email: "x"}, "x"), ErrNotFound, "00unobody"},
		{"delete nobody", d.DeletePerson("00unobody"), ErrNotFound, "00unobody"},
		{"duplicate group", group(control.Group{Name: "eng"}), ErrConflict, "eng"},
		{"nameless group", group(control.Group{Name: " "}), ErrInvalid, "name"},
		{"unknown member", group(control.Group{Name: "Ops", Members: []string{"ada", "eve"}}), ErrInvalid, "eve"},
		{"delete no group", d.DeleteGroup("00gnothing"), ErrNotFound, "00gnothing"},
		{"duplicate client", create(control.App{ClientID: "client"}), ErrConflict, "client"},
		{"relative redirect", create(control.App{RedirectURIs: []string{"/callback"}}), ErrInvalid, "/callback"},
		{"SCIM scheme", scim("ftp://example.test", ""), ErrInvalid, "scim.url"},
		{"SCIM password", scim("https://user:secret@example.test", ""), ErrInvalid, "scim.url"},
		{"token with line end", scim("https://example.test", "a\r\nb"), ErrInvalid, "scim.token"},
		{"assign no app", d.Assign("0oanothing", ada.ID), ErrNotFound, "0oanothing"},
		{"assign nobody", d.Assign(app.ID, "00unobody"), ErrNotFound, "00unobody"},
		{"push no group", d.PushGroup(app.ID, "00gnothing"), ErrNotFound, "00gnothing"},
	}
	for _, test := range tests {
		if !errors.Is(test.err, test.want) || !strings.Contains(fmt.Sprint(test.err), test.text) {
			t.Errorf("%s: %v, want %v naming %q", test.name, test.err, test.want, test.text)
		}
		if strings.Contains(fmt.Sprint(test.err), "secret") {
			t.Errorf("%s: the error tells a secret: %v", test.name, test.err)
		}
	}
	if len(d.People()) != 2 || len(d.Groups()) != 1 || len(d.Apps()) != 1 {
		t.Error("a refused call left something behind")
	}
}

func TestDeletedPersonLeavesGroupsAndApps(t *testing.T) {
	d := New()
	ada, bob := add(t, d, "ada"), add(t, d, "bob")
	g, err := d.CreateGroup(control.Group{Name: "Eng", Members: []string{"ada", bob.ID, "ADA"}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Members, []string{ada.ID, bob.ID}) {
		t.Errorf("members %v", g.Members)
	}
	app := addApp(t, d, control.App{})
	for _, p := range []control.Person{bob, ada, ada} {
		if err := d.Assign(app.ID, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.Assignments(app.ID); !slices.Equal(got, []string{bob.ID, ada.ID}) {
		t.Errorf("assignments %v, want them in the order of assigning", got)
	}
	if got := d.GroupNames(ada.ID); !slices.Equal(got, []string{"Eng"}) {
		t.Errorf("groups %v", got)
	}
	if err := d.DeletePerson(ada.ID); err != nil {
		t.Fatal(err)
	}
	if d.Assigned(app.ID, ada.ID) || !slices.Equal(d.Assignments(app.ID), []string{bob.ID}) {
		t.Errorf("assignments %v", d.Assignments(app.ID))
	}
	if got, _ := d.Group(g.ID); !slices.Equal(got.Members, []string{bob.ID}) {
		t.Errorf("members %v", got.Members)
	}
	if err := d.DeleteApp(app.ID); err != nil || d.Assigned(app.ID, bob.ID) {
		t.Errorf("deleted app: %v", err)
	}
	if err := d.DeletePerson(bob.ID); err != nil {
		t.Error(err)
	}
}

func TestPushedGroups(t *testing.T) {
	d := New()
	app := addApp(t, d, control.App{})
	var ids []string
	for _, name := range []string{"a", "b", "c"} {
		g, err := d.CreateGroup(control.Group{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.ID)
	}
	for _, i := range []int{2, 0, 1, 2} {
		if err := d.PushGroup(app.ID, ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.UnlinkGroup(app.ID, ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := d.UnlinkGroup(app.ID, ids[0]); !errors.Is(err, ErrNotFound) {
		t.Errorf("second unlink: %v", err)
	}
	if err := d.DeleteGroup(ids[1]); err != nil {
		t.Fatal(err)
	}
	if got := d.PushedGroups(app.ID); !slices.Equal(got, []string{ids[2]}) {
		t.Errorf("pushed %v", got)
	}
}

func TestSecretsStayInside(t *testing.T) {
	d := New()
	made := addApp(t, d, control.App{SCIM: &control.SCIM{URL: "https://example.test/scim", Token: "t0ken"}})
	if made.SCIM.Token != "" {
		t.Error("the answer to CreateApp holds the SCIM token")
	}
	byID, _ := d.App(made.ID)
	byClient, _ := d.AppByClient(made.ClientID)
	for _, a := range append(d.Apps(), byID, byClient) {
		if a.ID != made.ID || a.ClientSecret != "" || a.SCIM.Token != "" {
			t.Errorf("app %+v", a)
		}
	}
	if conn, ok := d.Connection(made.ID); !ok || conn.Token != "t0ken" {
		t.Error("the push engine does not get the token")
	}
	if !d.CheckSecret(made.ClientID, made.ClientSecret) || d.CheckSecret(made.ClientID, made.ClientSecret+"x") ||
		d.CheckSecret(made.ClientID, "") || d.CheckSecret("nobody", made.ClientSecret) || d.CheckSecret("", "") {
		t.Error("CheckSecret is wrong")
	}
}

// A public client has no secret: none is made, and none is right.
func TestPublicClientHasNoSecret(t *testing.T) {
	d := New()
	app := addApp(t, d, control.App{AuthMethod: "none"})
	if app.ClientSecret != "" || d.CheckSecret(app.ClientID, "") || d.CheckSecret(app.ClientID, "x") {
		t.Errorf("public client %+v", app)
	}
	if _, err := d.CreateApp(control.App{Persona: "generic", AuthMethod: "none", ClientSecret: "x"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a public client with a secret: %v", err)
	}
	if _, err := d.CreateApp(control.App{Persona: "generic", PostLogoutRedirectURIs: []string{"/bye"}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a relative logout URI: %v", err)
	}
}

func TestGroupIDs(t *testing.T) {
	d := New()
	ada := add(t, d, "ada")
	var want []string
	for _, name := range []string{"b", "a"} {
		g, err := d.CreateGroup(control.Group{Name: name, Members: []string{"ada"}})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, g.ID)
	}
	slices.Sort(want)
	if got := d.GroupIDs(ada.ID); !slices.Equal(got, want) || d.GroupIDs("nobody") != nil {
		t.Errorf("groups %v, want %v", got, want)
	}
}

func TestAnswersAreCopies(t *testing.T) {
	d := New()
	ada := add(t, d, "ada")
	g, err := d.CreateGroup(control.Group{Name: "Eng", Members: []string{ada.ID}})
	if err != nil {
		t.Fatal(err)
	}
	given := control.App{RedirectURIs: []string{"https://a.example/cb"}, SCIM: &control.SCIM{URL: "https://a.example"}}
	a := addApp(t, d, given)
	g.Members[0], a.RedirectURIs[0], a.SCIM.URL, given.SCIM.URL, given.RedirectURIs[0] = "x", "x", "x", "x", "x"
	if got, _ := d.Group(g.ID); got.Members[0] != ada.ID {
		t.Error("a group's members can be changed from outside")
	}
	if got, _ := d.App(a.ID); got.RedirectURIs[0] != "https://a.example/cb" || got.SCIM.URL != "https://a.example" {
		t.Errorf("an app can be changed from outside: %+v", got)
	}
}

func TestUsersAreAssignedAndNotSuspended(t *testing.T) {
	d := New()
	app := addApp(t, d, control.App{})
	ada, bob, _ := add(t, d, "ada"), add(t, d, "bob"), add(t, d, "eve")
	if err := errors.Join(d.Assign(app.ID, bob.ID), d.Assign(app.ID, ada.ID)); err != nil {
		t.Fatal(err)
	}
	if got := d.Users(app.ID); !reflect.DeepEqual(got, []control.Person{ada, bob}) {
		t.Errorf("users %v, want ada and bob", got)
	}
	ada.Suspended = true
	if _, err := d.UpdatePerson(ada); err != nil {
		t.Fatal(err)
	}
	if got := d.Users(app.ID); !reflect.DeepEqual(got, []control.Person{bob}) {
		t.Errorf("users %v, want bob: ada is suspended", got)
	}
	if got := d.Users("nothing"); len(got) != 0 {
		t.Errorf("users of no app: %v", got)
	}
}

func TestOneMembershipAtATime(t *testing.T) {
	d := New()
	ada, bob := add(t, d, "ada"), add(t, d, "bob")
	g, err := d.CreateGroup(control.Group{Name: "Eng", Members: []string{ada.ID}})
	if err != nil {
		t.Fatal(err)
	}
	before := d.Image()
	if err := errors.Join(d.AddMember(g.ID, "BOB"), d.AddMember(g.ID, bob.ID), d.RemoveMember(g.ID, "ada"), d.RemoveMember(g.ID, "ada")); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Group(g.ID); !slices.Equal(got.Members, []string{bob.ID}) || len(d.GroupNames(ada.ID)) != 0 || len(d.GroupNames(bob.ID)) != 1 {
		t.Errorf("members %v", got.Members)
	}
	if err := d.AddMember(g.ID, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	d.Restore(before)
	if got, _ := d.Group(g.ID); !slices.Equal(got.Members, []string{ada.ID}) || len(d.GroupNames(bob.ID)) != 0 {
		t.Errorf("restored members %v", got.Members)
	}
}

func TestConcurrentUse(t *testing.T) {
	d := New()
	app := addApp(t, d, control.App{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				login := fmt.Sprintf("p%d-%d", i, j)
				p, err := d.CreatePerson(control.Person{Login: login, Email: "shared"})
				if err != nil {
					t.Error(err)
					return
				}
				_ = d.Assign(app.ID, p.ID)
				_, _ = d.Person("shared")
				_ = d.Assignments(app.ID)
				if j%2 == 0 {
					_ = d.DeletePerson(p.ID)
				}
			}
		})
	}
	wg.Wait()
	if got := len(d.People()); got != 200 || len(d.Assignments(app.ID)) != 200 {
		t.Errorf("%d people, %d assigned", got, len(d.Assignments(app.ID)))
	}
}

func TestDeletedPeopleCanBeRestored(t *testing.T) {
	d := New()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	d.UseClock(func() time.Time { return at })
	ada, app := add(t, d, "ada"), addApp(t, d, control.App{})
	g, err := d.CreateGroup(control.Group{Name: "Eng", Members: []string{ada.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Assign(app.ID, ada.ID), d.DeletePerson(ada.ID)); err != nil {
		t.Fatal(err)
	}
	if got, ok := d.Deletion(app.ID, ada.ID); !ok || !got.Assigned || !got.At.Equal(at) || !reflect.DeepEqual(got.Person, ada) {
		t.Errorf("deletion %+v", got)
	}
	add(t, d, "bob") // nobody's login is in the way
	if got, err := d.RestorePerson(ada.ID); err != nil || !reflect.DeepEqual(got, ada) {
		t.Errorf("restored %+v, %v", got, err)
	}
	if got, _ := d.Group(g.ID); !d.Assigned(app.ID, ada.ID) || !slices.Equal(got.Members, []string{ada.ID}) {
		t.Errorf("assigned %t, members %v", d.Assigned(app.ID, ada.ID), got.Members)
	}
	if _, err := d.RestorePerson(ada.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody who is there: %v", err)
	}
	if err := d.DeletePerson(ada.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreatePerson(control.Person{Login: ada.Login, Email: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RestorePerson(ada.ID); !errors.Is(err, ErrConflict) {
		t.Errorf("the login was taken meanwhile: %v", err)
	}
	if err := d.PurgePerson(ada.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RestorePerson(ada.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody who was purged: %v", err)
	}
	if err := d.PurgePerson("nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestManagerIsAnotherPerson(t *testing.T) {
	d := New()
	boss := add(t, d, "boss")
	for manager, good := range map[string]bool{boss.ID: true, "nobody": false, "self": false} {
		_, err := d.CreatePerson(control.Person{ID: "self", Login: "x" + manager, Email: "x", Manager: manager})
		if good != (err == nil) || (err != nil && !errors.Is(err, ErrInvalid)) {
			t.Errorf("manager %s: %v", manager, err)
		}
	}
	boss.Manager = "self"
	if _, err := d.UpdatePerson(boss); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "boss > x"+boss.ID+" > boss") {
		t.Errorf("two who manage each other: %v", err)
	}
	if err := d.DeletePerson(boss.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.UpdatePerson(control.Person{ID: "self", Login: "y", Email: "y", Manager: boss.ID}); err != nil {
		t.Errorf("a manager who was deleted since: %v", err)
	}
}

func TestCustomAttributes(t *testing.T) {
	d := New()
	p, err := d.CreatePerson(control.Person{Login: "ada", Email: "ada", Custom: map[string]string{"costCenter": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Custom["costCenter"] = "8"
	if got, _ := d.Person("ada"); got.Custom["costCenter"] != "7" {
		t.Error("custom attributes can be changed from outside")
	}
	p.Custom = map[string]string{"cost center": "7"}
	if _, err := d.UpdatePerson(p); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), `"cost center"`) {
		t.Errorf("a name with a space: %v", err)
	}
}
