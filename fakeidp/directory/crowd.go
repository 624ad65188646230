package directory

import (
	"fmt"

	"assay/fakeidp/control"
	"assay/fixtures"
)

// AddCrowd adds the people and groups of a crowd: all of them, or, when one is in conflict with what is there, none.
// A second crowd needs another seed, and the groups of two have the same names: without groups only people are added.
// With the id of an app everybody gets it, and the groups are pushed to it. It fails with ErrConflict and ErrNotFound.
func (d *Directory) AddCrowd(c *fixtures.Crowd, groups bool, appID string) (control.CrowdAdded, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if appID != "" && d.apps[appID] == nil {
		return control.CrowdAdded{}, fmt.Errorf("app %q: %w", appID, ErrNotFound)
	}
	before := d.image()
	added, err := d.addCrowd(c, groups, d.apps[appID])
	if err != nil {
		d.restore(before)
		return control.CrowdAdded{}, fmt.Errorf("the crowd of seed %d cannot be added to what is there; another seed has other people, "+
			"and crowds without groups do not share their names: %w", c.Seed(), err)
	}
	return added, nil
}

func (d *Directory) addCrowd(c *fixtures.Crowd, groups bool, to *app) (control.CrowdAdded, error) {
	added := control.CrowdAdded{Domain: c.Domain()}
	ids := make([]string, c.Size())
	for i := range ids {
		p := c.Person(i)
		boss := ""
		if p.Manager >= 0 {
			boss = ids[p.Manager]
		}
		made, err := d.createPerson(personOf(p, boss))
		if err != nil {
			return added, err
		}
		ids[i] = made.ID
		added.People++
		if p.UserType == "Guest" {
			added.Guests++
		}
		if to != nil {
			d.assign(to, d.people[made.ID])
		}
	}
	if !groups {
		return added, nil
	}
	for _, g := range c.Groups() {
		made := control.Group{ID: g.ID, Name: g.Name, Groups: g.Groups}
		for _, number := range g.Members {
			made.Members = append(made.Members, ids[number])
		}
		if _, err := d.createGroup(made); err != nil {
			return added, err
		}
		added.Groups++
		if to != nil {
			d.pushTo(to, d.groups[g.ID])
		}
	}
	return added, nil
}

func personOf(p fixtures.Profile, manager string) control.Person {
	return control.Person{
		ID: p.ID, Login: p.Login, Email: p.Email, GivenName: p.GivenName, MiddleName: p.MiddleName, FamilyName: p.FamilyName,
		DisplayName: p.Display, Nickname: p.Nickname, UserType: p.UserType, Title: p.Title, Department: p.Department,
		EmployeeNumber: p.EmployeeNumber, Manager: manager, Phone: p.Phone, Mobile: p.Mobile,
		Address: control.Address{City: p.City}, Locale: p.Locale, PreferredLanguage: p.PreferredLanguage,
		Custom: map[string]string{"costCenter": p.CostCenter},
	}
}

// AddFixtures adds the 40 people and 8 groups of the fixtures. Their ids are the same in every start.
func (d *Directory) AddFixtures() error {
	people, err := fixtures.People()
	if err != nil {
		return err
	}
	groups, err := fixtures.Groups()
	if err != nil {
		return err
	}
	for _, p := range people {
		if _, err := d.CreatePerson(control.Person{
			ID: d.idFrom(personPrefix, p.Login), Login: p.Login, Email: p.Login, GivenName: p.GivenName, FamilyName: p.FamilyName, Title: p.Title, Department: p.Department, Locale: p.Locale,
		}); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if _, err := d.CreateGroup(control.Group{ID: d.idFrom(groupPrefix, g.Name), Name: g.Name, Members: g.Members}); err != nil {
			return err
		}
	}
	return nil
}
