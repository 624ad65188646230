package provisioning

import (
	"context"
	"fmt"

	"github.com/onsi/gomega/types"

	"assay/fakeidp/control"
	"assay/suites/check"
	"assay/suites/target"
)

// oktaClient is one of the SCIM clients that Okta has. They differ in what they send for the same
// event, which the fake IdP's persona knows; the checks are the same.
type oktaClient struct {
	name    string // part of the check IDs
	persona string
	needs   []target.Capability // what the client cannot do without
}

func oktaClients() []oktaClient {
	return []oktaClient{
		{name: "oin", persona: "okta-oin", needs: needs(target.Patch, target.Filter)},
		{name: "aiw", persona: "okta-aiw", needs: needs(target.Filter)},
	}
}

// spec makes the spec of a check on this client's traffic.
func (c oktaClient) spec(behaviour, title, topic string, more ...target.Capability) check.Spec {
	return check.Spec{
		ID: "okta." + c.name + "." + behaviour, Title: title, Level: check.Must,
		Needs: append(append([]target.Capability{}, c.needs...), more...),
		Hurts: check.Hurts("okta"), Refs: check.Refs(check.Okta(topic)),
	}
}

// oktaLifecycle tells the story of one person: hired, married, left, back again.
func oktaLifecycle(s *check.Suite, client oktaClient) {
	s.Scenario("okta "+client.name+" lifecycle", func() {
		a := &app{persona: client.persona}
		var person control.Person
		s.It(client.spec("connection-test", "the requests behind Test API Credentials succeed", "Test the connection"),
			func(t *check.T) {
				a.open(t)
				tested, err := t.IdP().TestConnection(t.Context(), a.app.ID)
				a.do(t, err)
				record(t, tested.Steps)
				t.ExpectThat("the connection test", tested.Steps).To(succeed())
			})
		s.It(client.spec("joiner", "a person to whom the app is assigned arrives as an active user", "Create Users"),
			func(t *check.T) {
				person = a.hire(t, "Ada", "Byron")
				a.push(t)
				user := t.Get(a.remoteUser(t, person))
				t.Expect(user).To(check.HaveJSON("/userName", person.Login))
				t.Expect(user).To(check.HaveJSON("/active", true))
			})
		s.It(client.spec("joiner-profile", "the joiner's names and e-mail address arrive", "Create Users"),
			func(t *check.T) {
				user := t.Get(a.remoteUser(t, person))
				t.Expect(user).To(check.HaveJSON("/name/givenName", "Ada"))
				t.Expect(user).To(check.HaveJSON("/name/familyName", "Byron"))
				t.Expect(user).To(check.HaveJSON("/emails/0/value", person.Email))
			})
		s.It(client.spec("password-hidden", "the placeholder password that Okta sends is accepted and never returned", "Create Users"),
			func(t *check.T) {
				user := t.Get(a.remoteUser(t, person))
				t.Require("the user", user, check.HaveJSON("/userName", person.Login))
				t.Expect(user).To(check.LackJSON("/password"))
			})
		s.It(client.spec("mover", "a changed name arrives at the same user and nothing else changes", "Update a specific User"),
			func(t *check.T) {
				path := a.remoteUser(t, person)
				before := t.Get(path)
				t.Require("the user before the change", before, check.HaveJSON("/name/familyName", "Byron"))
				person.FamilyName = "Lovelace"
				_, err := t.IdP().UpdatePerson(t.Context(), person)
				a.do(t, err)
				a.push(t)
				after := t.Get(path)
				t.Expect(after).To(check.HaveJSON("/name/familyName", "Lovelace"))
				t.Expect(after).To(check.HaveJSON("/userName", person.Login))
				t.Expect(after).To(check.HaveJSON("/active", true))
				t.Expect(after).To(check.HaveJSON("/emails/0/value", before.String("/emails/0/value")))
			})
		s.It(client.spec("leaver", "a person from whom the app is taken stays readable and becomes inactive", "Deprovisioning"),
			func(t *check.T) {
				path := a.remoteUser(t, person)
				t.Require("the user before", t.Get(path), check.HaveJSON("/active", true))
				a.do(t, t.IdP().Unassign(t.Context(), a.app.ID, person.ID))
				a.push(t)
				t.Expect(t.Get(path)).To(check.HaveJSON("/active", false))
			})
		s.It(client.spec("leaver-found", "a deactivated user is still found by userName", "Retrieve Users"),
			func(t *check.T) {
				path := a.remoteUser(t, person)
				found := t.Find("/Users", fmt.Sprintf("userName eq %q", person.Login))
				t.Expect(found).To(check.HoldExactly(t.Get(path).String("/id")))
			})
		s.It(client.spec("returner", "the person is reactivated at the same id when the app is assigned again", "Reactivation"),
			func(t *check.T) {
				path := a.remoteUser(t, person)
				t.Require("the user before", t.Get(path), check.HaveJSON("/active", false))
				a.do(t, t.IdP().Assign(t.Context(), a.app.ID, person.ID))
				a.push(t)
				t.ExpectThat("the user's path at the target", a.remoteUser(t, person)).To(check.Be(path))
				t.Expect(t.Get(path)).To(check.HaveJSON("/active", true))
			})
		s.It(client.spec("match", "a user who existed before is matched by userName and not made twice", "Retrieve Users"),
			func(t *check.T) {
				a.open(t)
				existing := t.CreateUser()
				login := existing.Sent["userName"].(string)
				known, err := t.IdP().CreatePerson(t.Context(), control.Person{
					Login: login, Email: login, GivenName: "Matched", FamilyName: "Person",
				})
				a.do(t, err)
				a.do(t, t.IdP().Assign(t.Context(), a.app.ID, known.ID))
				a.push(t)
				t.ExpectThat("the user's path at the target", a.remoteUser(t, known)).To(check.Be(existing.Path))
				t.Expect(t.Get(existing.Path)).To(check.HaveJSON("/name/givenName", "Matched"))
			})
	})
}

// remoteUser is the path of a person's user; it is removed when the story ends.
func (a *app) remoteUser(t *check.T, person control.Person) string {
	path := a.remote(t, "/Users", person.ID)
	t.RemoveLater(path)
	return path
}

// remoteGroup is the path of a pushed group; it is removed when the story ends.
func (a *app) remoteGroup(t *check.T, group control.Group) string {
	path := a.remote(t, "/Groups", group.ID)
	t.RemoveLater(path)
	return path
}

// oktaGroups tells the story of a pushed group.
func oktaGroups(s *check.Suite, client oktaClient) {
	s.Scenario("okta "+client.name+" group push", func() {
		a := &app{persona: client.persona}
		var ada, grace control.Person
		var group control.Group
		s.It(client.spec("group-push", "a pushed group arrives with its name and its members", "Create Groups", target.Groups),
			func(t *check.T) {
				ada, grace = a.hire(t, "Ada", "Byron"), a.hire(t, "Grace", "Hopper")
				made, err := t.IdP().CreateGroup(t.Context(), control.Group{Name: t.Name() + " Eng Team", Members: []string{ada.ID}})
				a.do(t, err)
				group = made
				t.Cleanup(func(ctx context.Context) error { return t.IdP().DeleteGroup(ctx, made.ID) })
				a.do(t, t.IdP().PushGroup(t.Context(), a.app.ID, group.ID))
				a.push(t)
				a.remoteUser(t, ada)
				a.remoteUser(t, grace)
				pushed := t.Get(a.remoteGroup(t, group))
				t.Expect(pushed).To(check.HaveJSON("/displayName", group.Name))
				t.Expect(pushed).To(a.members(t, ada))
			})
		s.It(client.spec("group-member-added", "a new member is added to the group and the others stay", "Update a specific Group membership", target.Groups),
			func(t *check.T) {
				path := a.remoteGroup(t, group)
				t.Require("the group before", t.Get(path), a.members(t, ada))
				a.update(t, &group, group.Name, ada.ID, grace.ID)
				t.Expect(t.Get(path)).To(a.members(t, ada, grace))
			})
		s.It(client.spec("group-renamed", "a renamed group keeps its id and its members", "Update a specific Group name", target.Groups),
			func(t *check.T) {
				path := a.remoteGroup(t, group)
				t.Require("the group before", t.Get(path), a.members(t, ada, grace))
				a.update(t, &group, group.Name+" renamed", ada.ID, grace.ID)
				renamed := t.Get(path)
				t.Expect(renamed).To(check.HaveJSON("/displayName", group.Name))
				t.Expect(renamed).To(a.members(t, ada, grace))
			})
		s.It(client.spec("group-member-removed", "a removed member leaves the group and the others stay", "Update a specific Group membership", target.Groups),
			func(t *check.T) {
				path := a.remoteGroup(t, group)
				t.Require("the group before", t.Get(path), a.members(t, ada, grace))
				a.update(t, &group, group.Name, grace.ID)
				t.Expect(t.Get(path)).To(a.members(t, grace))
			})
		s.It(client.spec("group-deleted", "an unlinked group that is to be deleted in the target is gone", "Delete a specific Group", target.Groups),
			func(t *check.T) {
				path := a.remoteGroup(t, group)
				t.Control(t.Get(path), check.BeOK())
				a.do(t, t.IdP().UnlinkGroup(t.Context(), a.app.ID, group.ID, true))
				a.push(t)
				t.Expect(t.Get(path)).To(check.HaveStatus(404))
			})
	})
}

// update changes a group at the IdP and pushes it.
func (a *app) update(t *check.T, group *control.Group, name string, members ...string) {
	group.Name, group.Members = name, members
	_, err := t.IdP().UpdateGroup(t.Context(), *group)
	a.do(t, err)
	a.push(t)
}

// members matches a group whose members are exactly these people.
func (a *app) members(t *check.T, people ...control.Person) types.GomegaMatcher {
	ids := make([]string, len(people))
	for i, person := range people {
		ids[i] = t.Get(a.remoteUser(t, person)).String("/id")
	}
	return check.HaveMembers(ids...)
}
