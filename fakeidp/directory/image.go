package directory

import (
	"maps"
	"slices"

	"assay/fakeidp/control"
)

// Image is the content of a directory at one moment: people, groups, apps with their assignments, and who was
// deleted. It does not hold the source of ids, so that what is made after a restoration has fresh ones. It is
// read-only, and shares with the directory what neither of them writes to.
type Image struct {
	seq     int
	people  []savedPerson
	shared  map[string][]string // e-mail addresses of several people, who had them in this order
	groups  []savedGroup
	apps    []savedApp
	deleted map[string]*tombstone
}

type savedPerson struct {
	*control.Person
	seq int
}

type savedGroup struct {
	control.Group
	seq int
}

type savedApp struct {
	control.App
	seq            int
	secret         [32]byte
	people, pushed map[string]int
}

// People counts the people.
func (i *Image) People() int { return len(i.people) }

// Groups counts the groups.
func (i *Image) Groups() int { return len(i.groups) }

// Apps counts the apps.
func (i *Image) Apps() int { return len(i.apps) }

// Image returns the content of the directory as it is now.
func (d *Directory) Image() *Image {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.image()
}

func (d *Directory) image() *Image {
	i := &Image{seq: d.seq, people: make([]savedPerson, 0, len(d.people)), shared: map[string][]string{}, deleted: maps.Clone(d.deleted)}
	for _, p := range d.people {
		i.people = append(i.people, savedPerson{p.Person, p.seq})
	}
	for email, ids := range d.emails {
		if len(ids) > 1 {
			i.shared[email] = slices.Clone(ids)
		}
	}
	for _, g := range d.groups {
		i.groups = append(i.groups, savedGroup{g.Group, g.seq})
	}
	for _, a := range d.apps {
		i.apps = append(i.apps, savedApp{copyApp(a.App), a.seq, a.secret, maps.Clone(a.people), maps.Clone(a.pushed)})
	}
	return i
}

// Restore makes the directory what it was when the image was taken.
func (d *Directory) Restore(i *Image) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.restore(i)
}

func (d *Directory) restore(i *Image) {
	d.seq, d.deleted = i.seq, maps.Clone(i.deleted)
	d.clear(len(i.people))
	for _, p := range i.people {
		d.people[p.ID] = &person{Person: p.Person, seq: p.seq}
		d.index(p.Person)
	}
	for email, ids := range i.shared {
		d.emails[email] = slices.Clone(ids)
	}
	for _, g := range i.groups {
		d.groups[g.ID] = &group{Group: g.Group, seq: g.seq, apps: map[string]bool{}, parents: map[string]bool{}}
		d.names[fold(g.Name)] = g.ID
	}
	for _, g := range i.groups {
		d.join(g.Group)
	}
	for _, a := range i.apps {
		restored := &app{App: copyApp(a.App), seq: a.seq, secret: a.secret, people: maps.Clone(a.people), pushed: maps.Clone(a.pushed)}
		d.apps[a.ID], d.clients[a.ClientID] = restored, a.ID
		for id := range restored.people {
			d.people[id].apps = append(d.people[id].apps, a.ID)
		}
		for id := range restored.pushed {
			d.groups[id].apps[a.ID] = true
		}
	}
}

// clear empties the directory and makes room for some people.
func (d *Directory) clear(people int) {
	d.people, d.logins = make(map[string]*person, people), make(map[string]string, people)
	d.emails = make(map[string][]string, people)
	d.groups, d.names = map[string]*group{}, map[string]string{}
	d.apps, d.clients = map[string]*app{}, map[string]string{}
}
