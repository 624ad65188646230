package push

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

const (
	teamLookup = `GET /scim/v2/Groups?filter=displayName%20eq%20%22Eng%20Team%22&startIndex=1&count=100`
	teamCreate = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Eng Team","members":[]}`
	team       = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g-1","displayName":"Eng Team","members":null}`
	teamRename = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"id":"g-1","displayName":"%s"}}]}`
	operations = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`
	teamPut    = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"%s","members":[%s]}`
	adaMember  = `{"value":"u-1","display":"ada@example.test"}`
	bobMember  = `{"value":"u-9","display":"bob@example.test"}`
)

func bob() control.Person {
	return control.Person{ID: "00ubob", Login: "bob@example.test", Email: "bob@example.test", GivenName: "Bob", FamilyName: "Hope"}
}

func patchGroup(body string) turn {
	return turn{line: "PATCH /scim/v2/Groups/g-1", body: body, status: 204}
}

func putTeam(name, members string) turn {
	return turn{line: "PUT /scim/v2/Groups/g-1", body: fmt.Sprintf(teamPut, name, members), status: 200, reply: team}
}

func readTeam() turn { return turn{line: "GET /scim/v2/Groups/g-1", status: 200, reply: team} }

func createTeam() []turn {
	return []turn{{line: teamLookup, status: 200, reply: noMatch}, {line: "POST /scim/v2/Groups", body: teamCreate, status: 201, reply: team}}
}

// The life of a pushed group: created, a member replaced, renamed, left alone, deleted.
func TestGroupPush(t *testing.T) {
	add := func(m string) string { return `{"op":"add","path":"members","value":[` + m + `]}` }
	remove := `{"op":"remove","path":"members[value eq \"u-1\"]"}`
	noop := patchGroup(fmt.Sprintf(teamRename, "Eng Team"))
	tests := map[string]struct{ first, swap, rename []turn }{
		"okta-oin": {
			first:  []turn{noop, patchGroup(fmt.Sprintf(operations, add(adaMember)))},
			swap:   []turn{readTeam(), noop, patchGroup(fmt.Sprintf(operations, remove+","+add(bobMember)))},
			rename: []turn{readTeam(), patchGroup(fmt.Sprintf(teamRename, "Core"))},
		},
		"okta-aiw": {
			first:  []turn{putTeam("Eng Team", adaMember)},
			swap:   []turn{readTeam(), putTeam("Eng Team", bobMember)},
			rename: []turn{readTeam(), putTeam("Core", bobMember)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, target := newScripted(t, name)
			a, b := r.known(ada(), "u-1", true), r.known(bob(), "u-9", true)
			stranger, err := r.dir.CreatePerson(control.Person{Login: "eve", Email: "eve@example.test"})
			if err != nil {
				t.Fatal(err)
			}
			g := r.group("Eng Team", a.ID, stranger.ID) // who is not assigned is not sent
			target.expect(append(createTeam(), test.first...)...)
			r.ok()
			target.done()

			g.Members = []string{b.ID, stranger.ID}
			r.change(g)
			target.expect(test.swap...)
			r.ok()
			target.done()

			g.Name = "Core"
			r.change(g)
			target.expect(test.rename...)
			if done := r.ok(); done.Steps[len(done.Steps)-1].Task != "rename" {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			target.done()
			r.ok() // nothing changed, nothing is sent

			if err := r.engine.UnlinkGroup(t.Context(), r.app, g.ID, true); err != nil {
				t.Fatal(err)
			}
			target.expect(turn{line: "DELETE /scim/v2/Groups/g-1", status: 204})
			if done := r.ok(); tasks(done.Steps) != "group-delete" {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			target.done()
		})
	}
}

func (r *rig) change(g control.Group) {
	r.t.Helper()
	if _, err := r.dir.UpdateGroup(g); err != nil {
		r.t.Fatal(err)
	}
}

func TestUnassignedMemberLeavesTheGroup(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	a := r.known(ada(), "u-1", true)
	r.group("Eng Team", a.ID)
	noop := patchGroup(fmt.Sprintf(teamRename, "Eng Team"))
	target.expect(append(createTeam(), noop, patchGroup(fmt.Sprintf(operations, `{"op":"add","path":"members","value":[`+adaMember+`]}`)))...)
	r.ok()
	if err := r.dir.Unassign(r.app, a.ID); err != nil {
		t.Fatal(err)
	}
	target.expect(turn{line: "PATCH /scim/v2/Users/u-1", body: fmt.Sprintf(patchTo, "false"), status: 204},
		readTeam(), noop, patchGroup(fmt.Sprintf(operations, `{"op":"remove","path":"members[value eq \"u-1\"]"}`)))
	r.ok()
	target.done()
}

func TestGroupThatIsThereIsLinkedAndPushedInFull(t *testing.T) {
	found := turn{line: teamLookup, status: 200, reply: `{"totalResults":1,"Resources":[` + team + `]}`}
	r, target := newScripted(t, "okta-oin")
	a := r.known(ada(), "u-1", true)
	r.group("Eng Team", a.ID)
	target.expect(found, patchGroup(fmt.Sprintf(teamRename, "Eng Team")),
		patchGroup(fmt.Sprintf(operations, `{"op":"replace","path":"members","value":[`+adaMember+`]}`)))
	r.ok()
	target.done()
	r.ok()
}

func TestGroupThatVanishedIsCreatedAgain(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	g := r.group("Eng Team")
	target.expect(createTeam()...)
	r.ok() // no members: nothing but the creation
	target.done()
	a := r.known(ada(), "u-1", true)
	g.Members = []string{a.ID}
	r.change(g)
	target.expect(turn{line: "GET /scim/v2/Groups/g-1", status: 404})
	target.expect(createTeam()...)
	target.expect(patchGroup(fmt.Sprintf(teamRename, "Eng Team")), patchGroup(fmt.Sprintf(operations, `{"op":"add","path":"members","value":[`+adaMember+`]}`)))
	r.ok()
	target.done()
}

func TestUnlinkWithoutDeletionSendsNothing(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	g := r.group("Eng Team")
	target.expect(createTeam()...)
	r.ok()
	if err := r.engine.UnlinkGroup(t.Context(), r.app, g.ID, false); err != nil {
		t.Fatal(err)
	}
	if done := r.ok(); len(done.Steps) != 0 {
		t.Errorf("steps: %s", verdicts(done.Steps))
	}
	if links, _ := r.engine.Links(r.app); len(links) != 0 {
		t.Errorf("links: %v", links)
	}
}

func TestFailedDeletionStaysDue(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	g := r.group("Eng Team")
	target.expect(createTeam()...)
	r.ok()
	if err := r.engine.UnlinkGroup(t.Context(), r.app, g.ID, true); err != nil {
		t.Fatal(err)
	}
	target.expect(turn{line: "DELETE /scim/v2/Groups/g-1", status: 500})
	if done := r.push(); done.Failed != 1 {
		t.Errorf("failed %d: %s", done.Failed, verdicts(done.Steps))
	}
	target.expect(turn{line: "DELETE /scim/v2/Groups/g-1", status: 404})
	r.ok()
	target.done()
	r.ok()
}

func TestMembersGoInBatches(t *testing.T) {
	target := &scripted{t: t}
	r := newRig(t, "small", target, Options{Personas: func(string) (persona.Persona, bool) {
		p := persona.OktaOIN()
		p.SCIM.MembersBatch.Value = 2
		return p, true
	}})
	var ids, members []string
	for i := range 5 {
		login := fmt.Sprintf("p%d@example.test", i)
		p := r.known(control.Person{Login: login, Email: login}, fmt.Sprintf("u-%d", i), true)
		ids = append(ids, p.ID)
		members = append(members, fmt.Sprintf(`{"value":"u-%d","display":"%s"}`, i, login))
	}
	add := func(from, to int) turn {
		return patchGroup(fmt.Sprintf(operations, `{"op":"add","path":"members","value":[`+strings.Join(members[from:to], ",")+`]}`))
	}
	noop := patchGroup(fmt.Sprintf(teamRename, "Eng Team"))
	g := r.group("Eng Team", ids...)
	failing := add(2, 4)
	failing.status, failing.reply = http.StatusInternalServerError, "boom"
	target.expect(append(createTeam(), noop, add(0, 2), failing)...)
	if done := r.push(); done.Failed != 1 {
		t.Errorf("failed %d: %s", done.Failed, verdicts(done.Steps))
	}
	target.done()
	target.expect(readTeam(), noop, add(2, 4), add(4, 5)) // what went through is not sent again
	r.ok()
	target.done()
	g.Members = ids[3:]
	r.change(g)
	remove := func(ids ...int) string {
		var ops []string
		for _, i := range ids {
			ops = append(ops, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"u-%d\"]"}`, i))
		}
		return strings.Join(ops, ",")
	}
	target.expect(readTeam(), noop, patchGroup(fmt.Sprintf(operations, remove(0, 1))), patchGroup(fmt.Sprintf(operations, remove(2))))
	r.ok()
	target.done()
}
