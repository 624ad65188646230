package push

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// empty is a target that holds nothing, takes everything and remembers the writes.
type empty struct {
	mu     sync.Mutex
	made   int
	writes []string
}

func (e *empty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodGet {
		if id, isGroup := strings.CutPrefix(r.URL.Path, "/scim/v2/Groups/"); isGroup {
			_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
			return
		}
		_, _ = io.WriteString(w, noMatch)
		return
	}
	e.writes = append(e.writes, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/scim/v2")+" "+string(body))
	if r.Method == http.MethodPost {
		e.made++
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":"g-%d"}`, e.made)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// added are the values that were added to members, by group.
func (e *empty) added() map[string]string {
	out := map[string]string{}
	for _, write := range e.writes {
		path, body, _ := strings.Cut(strings.TrimPrefix(write, "PATCH "), " ")
		if _, value, ok := strings.Cut(body, `"path":"members","value":`); ok {
			out[path] = strings.TrimSuffix(value, "}]}")
		}
	}
	return out
}

// What a target learns of a group inside a group is the persona's knob: the outer group comes first, so that
// a reference to the inner one has to wait.
func TestNestedGroups(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"entra-default": {"/Groups/g-1": `[{"$ref":null,"value":"u-1"}]`, "/Groups/g-2": `[{"$ref":null,"value":"u-9"}]`},
		"okta-oin":      {"/Groups/g-1": "[" + adaMember + "," + bobMember + "]", "/Groups/g-2": "[" + bobMember + "]"},
		"generic":       {"/Groups/g-1": `[{"value":"g-2","type":"Group"}]`, "/Groups/g-2": `[{"value":"u-9"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			target := &empty{}
			r := newRig(t, name, target, Options{})
			r.known(ada(), "u-1", true)
			r.known(bob(), "u-9", true)
			outer := r.group("All", "ada@example.test")
			inner := r.group("Team", "bob@example.test")
			outer.Groups = []string{inner.ID}
			if _, err := r.dir.UpdateGroup(outer); err != nil {
				t.Fatal(err)
			}
			r.ok()
			if got := target.added(); !reflect.DeepEqual(got, want) {
				t.Errorf("added %v\nwant %v\n%s", got, want, strings.Join(target.writes, "\n"))
			}
			writes := len(target.writes)
			r.ok()
			if len(target.writes) != writes {
				t.Errorf("a second push writes: %v", target.writes[writes:])
			}
		})
	}
}

// A guest of Entra ID loses the mark in the login unless the template asks for the original; attributes of an
// organisation's own come from the template too.
func TestGuestsAndCustomAttributes(t *testing.T) {
	guest := control.Person{ID: "00uguest", Login: "ada_partner.example#EXT#@acme.example", Email: "ada@partner.example", UserType: "Guest",
		DisplayName: "Ada (Partner)", Mobile: "+44 7", Fax: "+44 8", PreferredLanguage: "cy", Locale: "en-GB", Custom: map[string]string{"cost_center2": "C-7"}}
	for name, want := range map[string][]string{
		"entra-default": {`"userName":"ada_partner.example@acme.example"`, `"displayName":"Ada (Partner)"`, `"preferredLanguage":"cy"`,
			`"phoneNumbers":[{"type":"mobile","value":"+44 7"},{"type":"fax","value":"+44 8"}]`},
		"generic": {`"userName":"ada_partner.example#EXT#@acme.example"`, `"userType":"Guest"`},
		"acme":    {`"nickName":"ada_partner.example#EXT#@acme.example"`, `"urn:acme:User":{"costCenter":"C-7"}`},
	} {
		target := &empty{}
		r := newRig(t, name, target, Options{Personas: acme})
		r.assign(guest)
		r.ok()
		for _, part := range want {
			if !strings.Contains(target.writes[0], part) {
				t.Errorf("%s sent %s\nwithout %s", name, target.writes[0], part)
			}
		}
	}
}

// acme is Entra ID with a template of its own; other names are those of the built-in personas.
func acme(name string) (persona.Persona, bool) {
	if name != "acme" {
		return persona.ByName(name)
	}
	p := persona.EntraDefault()
	p.SCIM.UserCreate.Value = `{"schemas":[],"userName":"{login}","nickName":"{originalLogin}","urn:acme:User":{"costCenter":"{custom.cost_center2}"}}`
	return p, true
}
