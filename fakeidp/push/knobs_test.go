package push

import (
	"fmt"
	"strings"
	"testing"

	"assay/fakeidp/persona"
)

const contraryUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{login}","name":{"givenName":"{givenName}","familyName":"{familyName}"},` +
	`"emails":[{"primary":true,"value":"{email}","type":"work"}],"displayName":"{displayName}","title":"{title}","locale":"{locale}","active":"{active}"}`

// contrary is Okta with every switch the other way round: a vendor that does not exist, to prove that the
// engine reads the persona and nothing else.
func contrary(string) (persona.Persona, bool) {
	p := persona.OktaOIN()
	p.Product = "Contrary"
	k := &p.SCIM
	k.Headers.Value = persona.Headers{{Name: "User-Agent", Value: "contrary/1"}}
	k.ContentType.Value = "application/json"
	k.TestRequests.Value = []string{"/ServiceProviderConfig"}
	k.FilterSpace.Value, k.UserLookup.Value, k.GroupLookup.Value, k.NotFoundIsNo.Value = "+", "filter={filter}", "filter={filter}", false
	k.UserCreate.Value = contraryUser
	k.UserPut.Value = ""
	k.ReadBeforeWrite.Value, k.Suspended.Value = false, persona.Deactivate
	k.MemberAdd.Value, k.AssignedOnly.Value = persona.Minimal, false
	k.RenameWithMembers.Value, k.LinkedGroupFull.Value = false, false
	k.UserActive.Value = persona.Put
	return p, true
}

func TestEngineReadsThePersona(t *testing.T) {
	const (
		lookup = `GET /scim/v2/Users?filter=userName+eq+%22ada%40example.test%22`
		before = `"userName":"ada@example.test","name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"primary":true,"value":"ada@example.test","type":"work"}],"displayName":"Ada Byron"`
		schema = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`
	)
	target := &scripted{t: t}
	r := newRig(t, "contrary", target, Options{Personas: contrary})
	p := r.assign(ada())
	target.expect(turn{line: lookup, status: 404})
	if done := r.push(); done.Failed != 1 {
		t.Errorf("404 counted as no match: %s", verdicts(done.Steps))
	}
	r.group("Eng Team", p.ID)
	target.expect(
		turn{line: lookup, status: 200, reply: noMatch},
		turn{line: "POST /scim/v2/Users", body: schema + before + `,"locale":"en-US","active":true}`, status: 201, reply: `{"id":"7d1f"}`},
		turn{line: `GET /scim/v2/Groups?filter=displayName+eq+%22Eng+Team%22`, status: 200, reply: `{"totalResults":1,"Resources":[` + team + `]}`},
		patchGroup(fmt.Sprintf(operations, `{"op":"add","path":"members","value":[{"value":"7d1f"}]}`)),
	)
	r.ok()
	target.done()
	r.checkHeaders(target)

	p.Title = "Countess"
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	changed := schema + before + `,"title":"Countess","locale":"en-US","active":`
	put := func(active string) turn {
		return turn{line: "PUT /scim/v2/Users/7d1f", body: changed + active + `}`, status: 200, reply: `{"id":"7d1f"}`}
	}
	target.expect(put("true"))
	r.ok()
	target.done()

	p.Suspended = true
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	target.expect(put("false"))
	r.ok() // and the member stays
	target.done()

	p.Suspended = false
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	target.expect(put("true"))
	r.ok()
	target.done()

	if err := r.dir.Unassign(r.app, p.ID); err != nil {
		t.Fatal(err)
	}
	target.expect(put("false"))
	r.ok()
	target.done()

	target.expect(turn{line: "GET /scim/v2/ServiceProviderConfig", status: 200, reply: noMatch})
	if _, err := r.engine.TestConnection(t.Context(), r.app); err != nil {
		t.Error(err)
	}
	target.done()
}

func (r *rig) checkHeaders(target *scripted) {
	r.t.Helper()
	for _, seen := range target.seen {
		want := "application/json"
		if seen.body == "" {
			want = ""
		}
		if got := seen.header.Get("User-Agent"); got != "contrary/1" || seen.header.Get("Accept-Charset") != "" || seen.header.Get("Content-Type") != want {
			r.t.Errorf("%s: header %v", seen.line, seen.header)
		}
	}
}

// What the personas say they never send is not sent in any of the stories: the scripts would refuse it.
// Here is the one request that a script might allow by mistake.
func TestOktaNeverDeletesUsers(t *testing.T) {
	for _, p := range []persona.Persona{persona.OktaOIN(), persona.OktaOINPatch(), persona.OktaAIW()} {
		r, target := newScripted(t, p.Name)
		person := r.known(ada(), "7d1f", true)
		if err := r.dir.Unassign(r.app, person.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.dir.DeletePerson(person.ID); err != nil {
			t.Fatal(err)
		}
		if p.SCIM.UserActive.Value == persona.Put {
			target.expect(turn{line: "GET /scim/v2/Users/7d1f", status: 200, reply: adaAtTarget},
				turn{line: "PUT /scim/v2/Users/7d1f", status: 200, reply: adaAtTarget, body: strings.Replace(adaAtTarget, `"active":true`, `"active":false`, 1)})
		} else {
			target.expect(turn{line: "PATCH /scim/v2/Users/7d1f", body: fmt.Sprintf(patchTo, "false"), status: 204})
		}
		r.ok()
		target.done()
		r.ok()
	}
}
