package directory

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

func environment(name string) string {
	return map[string]string{"ACME_CLIENT_SECRET": "s3cret", "ACME_SCIM_TOKEN": "t0ken"}[name]
}

// The example of the documentation is a directory.
func TestExampleFile(t *testing.T) {
	data, err := os.ReadFile("../docs/directory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := New()
	var personas []string
	o := FileOptions{Name: "directory.yaml", Getenv: environment, Prepare: func(a *control.App) error { personas = append(personas, a.Persona); return nil }}
	if err := d.AddFile(data, o); err != nil {
		t.Fatal(err)
	}
	ada, _ := d.Person("ada@acme.example.test")
	bob, _ := d.Person("bob@acme.example.test")
	if bob.Manager != ada.ID || bob.ID != "00uBob00000000000001" || ada.EmployeeNumber != "0017" || ada.Custom["costCenter"] != "CC-100" || ada.Address.City != "London" {
		t.Errorf("ada %+v, bob %+v", ada, bob)
	}
	groups, apps := d.Groups(), d.Apps()
	if len(d.People()) != 4 || len(groups) != 3 || len(apps) != 2 || !slices.Equal(groups[0].Groups, []string{groups[1].ID}) || len(groups[1].Members) != 2 {
		t.Fatalf("%d people, groups %+v, apps %+v", len(d.People()), groups, apps)
	}
	scim, _ := d.Connection(apps[0].ID)
	if !d.CheckSecret("acme", "s3cret") || scim.Token != "t0ken" || !slices.Equal(personas, []string{"okta-oin", "entra-default"}) {
		t.Errorf("connection %+v, personas %v", scim, personas)
	}
	if got := d.Assignments(apps[0].ID); !slices.Equal(got, []string{ada.ID, bob.ID}) || len(d.Assignments(apps[1].ID)) != 4 {
		t.Errorf("assigned %v", got)
	}
	if got := d.PushedGroups(apps[0].ID); !slices.Equal(got, []string{groups[0].ID}) {
		t.Errorf("pushed %v", got)
	}
}

func TestFileErrorsNameTheLine(t *testing.T) {
	const ada = "people:\n- {login: ada, email: ada@x}\n"
	for text, want := range map[string]string{
		"":                               "line 1: want a mapping with people, groups and apps",
		"- a":                            "line 1: want a mapping",
		"people: {}\n":                   "line 1: the file.people: want a list, not a mapping",
		"people:\n- 7":                   `line 2: the file.people[0]: want a mapping, not "7"`,
		"poeple: []":                     `line 1: the file: "poeple" is none of people, groups, apps`,
		"people: []\npeople: []":         `line 2: the file: "people" is there already, in line 1`,
		ada + "- {lgoin: bob}":           `line 3: the file.people[1]: "lgoin" is none of id, login, email,`,
		ada + "- {login: bob, email: }":  "line 3: the file.people[1].email: want a text, not nothing",
		ada + "- {login: bob}":           `line 3: people[1]: person "bob": email is missing`,
		ada + "- {login: ADA, email: x}": `line 3: people[1]: person with login "ADA": already exists`,
		ada + "- {login: b, email: b, suspended: maybe}":                                  "suspended: want true or false, not \"maybe\"",
		ada + "- {login: b, email: b, manager: eve}":                                      `line 3: people[1]: person "b": manager "eve"`,
		ada + "- {login: b, email: b, custom: {a b: c}}":                                  `custom attribute "a b"`,
		ada + "- {login: b, email: b, custom: {a: [c]}}":                                  "custom.a: want a text, not a list",
		"people:\n- {login: a, email: a, manager: b}\n- {login: b, email: b, manager: a}": "line 3: people[1]: person \"b\": manager",
		ada + "groups:\n- {name: g, members: [bob]}":                                      `line 4: groups[0]: group "g": member "bob" is nobody`,
		ada + "groups:\n- {name: g, groups: [h]}":                                         `line 4: groups[0]: group "g": "h" is the id or name of no group`,
		"groups:\n- {name: g, groups: [h]}\n- {name: h, groups: [g]}":                     `line 3: groups[1]: group "h": with "g" in it, it would be inside itself (h > g > h)`,
		"groups:\n- name: g\n- name: G":                                                   `line 3: groups[1]: group with name "G": already exists`,
		"apps:\n- {persona: p, issuer: x}":                                                `line 2: the file.apps[0]: "issuer" is none of`,
		"apps:\n- {persona: p, redirect_uris: [http://a/cb]}":                             "line 2: apps[0]: client_secret is missing",
		"apps:\n- {persona: p, client_secret: env:NONE}":                                  "client_secret: the environment variable NONE is not set",
		"apps:\n- {persona: p, people: [bob]}":                                            `line 2: apps[0]: people: "bob" is`,
		"apps:\n- {persona: p, groups: [g]}":                                              `line 2: apps[0]: groups: "g" is`,
		"apps:\n- {persona: p, everyone: true, people: [a]}":                              "exclude each other",
		"apps:\n- {persona: evil}":                                                        "line 2: apps[0]: evil",
		"apps:\n- {persona: p, scim: {url: nowhere}}":                                     "line 2: apps[0]: app: scim.url",
		"people: &a []\ngroups: *a":                                                       "anchors and aliases",
		"people: [\n":                                                                     "line 1",
	} {
		prepare := func(a *control.App) error {
			if a.Persona == "evil" {
				return errors.New("evil")
			}
			return nil
		}
		err := New().AddFile([]byte(text), FileOptions{Name: "d.yaml", Getenv: environment, Prepare: prepare})
		if err == nil || !strings.HasPrefix(err.Error(), "d.yaml: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

func FuzzAddFile(f *testing.F) {
	f.Add("people:\n- {login: a, email: b, custom: {c: d}, address: {city: x}}\ngroups: [{name: g, members: [a]}]\napps: [{persona: p, scim: {url: http://a}, everyone: true}]")
	f.Add("people: [{login: a, email: a, manager: b}, {login: b, email: b}]\ngroups: [{name: g, groups: [h]}, {name: h}]")
	f.Fuzz(func(t *testing.T, text string) {
		d := New()
		if err := d.AddFile([]byte(text), FileOptions{Name: "f", Getenv: environment}); err != nil {
			return
		}
		d.Restore(d.Image())
		for _, g := range d.Groups() {
			d.AllMembers(g.ID)
		}
	})
}
