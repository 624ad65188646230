package directory

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/fakeidp/control"
)

// file is a directory as a YAML file describes it. People, groups and apps have the members that the control API
// gives them.
type file struct {
	People []control.Person `json:"people"`
	Groups []control.Group  `json:"groups"`
	Apps   []fileApp        `json:"apps"`
}

// fileApp is an app with who may use it and which groups are pushed to it.
type fileApp struct {
	control.App
	Everyone bool     `json:"everyone"`
	People   []string `json:"people"` // by id, login or e-mail address
	Groups   []string `json:"groups"` // by id or name
}

// FileOptions say how a file is read.
type FileOptions struct {
	Name   string              // of the file, for messages
	Getenv func(string) string // for secrets of the form env:NAME
	// Prepare completes an app and says what it has to be beyond what the directory asks of it; nil does nothing.
	Prepare func(*control.App) error
}

// AddFile adds the people, groups and apps of a YAML file (fakeidp/docs/directory.yaml is an example). Managers, members
// and groups may be named before they are described. Every error names the line; then a part of the file has
// been added.
func (d *Directory) AddFile(data []byte, o FileOptions) error {
	dec := decoder{o.Name}
	root, err := dec.document(data)
	if err != nil {
		return err
	}
	var f file
	if err := dec.object(root, "the file", reflect.ValueOf(&f).Elem()); err != nil {
		return err
	}
	l := filing{directory: d, decoder: dec, options: o, root: root}
	if err := l.people(f.People); err != nil {
		return err
	}
	if err := l.groups(f.Groups); err != nil {
		return err
	}
	return l.apps(f.Apps)
}

// filing puts a file into a directory.
type filing struct {
	directory *Directory
	decoder   decoder
	options   FileOptions
	root      *yaml.Node
}

// at is the node of an entry of one of the three lists.
func (l filing) at(list string, index int) *yaml.Node {
	for i := 0; i+1 < len(l.root.Content); i += 2 {
		if l.root.Content[i].Value == list {
			return l.root.Content[i+1].Content[index]
		}
	}
	return l.root
}

func (l filing) fail(list string, index int, err error) error {
	return l.decoder.fail(l.at(list, index), "%s[%d]: %w", list, index, err)
}

func (l filing) people(people []control.Person) error {
	ids := make([]string, len(people))
	for i, p := range people {
		p.Manager = ""
		if p.ID == "" {
			p.ID = l.directory.idFrom(personPrefix, p.Login)
		}
		made, err := l.directory.CreatePerson(p)
		if err != nil {
			return l.fail("people", i, err)
		}
		ids[i] = made.ID
	}
	for i, p := range people {
		if p.Manager == "" {
			continue
		}
		if boss, ok := l.directory.Person(p.Manager); ok {
			p.Manager = boss.ID
		}
		p.ID = ids[i]
		if _, err := l.directory.UpdatePerson(p); err != nil {
			return l.fail("people", i, err)
		}
	}
	return nil
}

func (l filing) groups(groups []control.Group) error {
	ids := make([]string, len(groups))
	for i, g := range groups {
		g.Groups = nil
		if g.ID == "" {
			g.ID = l.directory.idFrom(groupPrefix, g.Name)
		}
		made, err := l.directory.CreateGroup(g)
		if err != nil {
			return l.fail("groups", i, err)
		}
		ids[i] = made.ID
	}
	for i, g := range groups {
		if len(g.Groups) == 0 {
			continue
		}
		g.ID = ids[i]
		if _, err := l.directory.UpdateGroup(g); err != nil {
			return l.fail("groups", i, err)
		}
	}
	return nil
}

func (l filing) apps(apps []fileApp) error {
	for i, a := range apps {
		if err := l.app(a); err != nil {
			return l.fail("apps", i, err)
		}
	}
	return nil
}

func (l filing) app(a fileApp) error {
	if err := l.reveal(&a); err != nil {
		return err
	}
	if len(a.RedirectURIs) > 0 && a.ClientSecret == "" {
		return errors.New("client_secret is missing: give one, or env:NAME for the value of an environment variable")
	}
	if l.options.Prepare != nil {
		if err := l.options.Prepare(&a.App); err != nil {
			return err
		}
	}
	if a.ID == "" {
		a.ID = l.directory.idFrom(appPrefix, a.Persona+"\n"+a.Name)
	}
	made, err := l.directory.CreateApp(a.App)
	if err != nil {
		return err
	}
	if a.Everyone && len(a.People) > 0 {
		return errors.New("everyone and people exclude each other")
	}
	if a.Everyone {
		for _, p := range l.directory.People() {
			a.People = append(a.People, p.ID)
		}
	}
	return l.assign(made.ID, a)
}

// reveal replaces secrets that are in the environment.
func (l filing) reveal(a *fileApp) error {
	secrets := map[string]*string{"client_secret": &a.ClientSecret}
	if a.SCIM != nil {
		secrets["scim.token"] = &a.SCIM.Token
	}
	for key, secret := range secrets {
		name, fromEnv := strings.CutPrefix(*secret, "env:")
		if !fromEnv {
			continue
		}
		if *secret = l.options.Getenv(name); *secret == "" {
			return fmt.Errorf("%s: the environment variable %s is not set", key, name)
		}
	}
	return nil
}

func (l filing) assign(app string, a fileApp) error {
	for _, key := range a.People {
		p, ok := l.directory.Person(key)
		if !ok {
			return fmt.Errorf("people: %q is the id, login or e-mail address of nobody", key)
		}
		if err := l.directory.Assign(app, p.ID); err != nil {
			return err
		}
	}
	for _, key := range a.Groups {
		id, ok := l.directory.groupID(key)
		if !ok {
			return fmt.Errorf("groups: %q is the id or name of no group", key)
		}
		if err := l.directory.PushGroup(app, id); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) groupID(key string) (string, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	g := d.findGroup(key)
	if g == nil {
		return "", false
	}
	return g.ID, true
}
