package push

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

// What Okta documents a server to return on GET, and what it then sends (O1, "Update a specific User").
const (
	adaAtTarget = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7d1f","userName":"ada@example.test","name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"primary":true,"value":"ada@example.test","type":"work","display":"ada@example.test"}],"active":true,"groups":[],"meta":{"resourceType":"User"}}`
	adaPut      = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7d1f","userName":"ada@example.test","name":{"givenName":"Ada","middleName":"K","familyName":"Byron"},"emails":[{"primary":true,"value":"ada@example.test","type":"work","display":"ada@example.test"}],"active":true,"groups":[],"meta":{"resourceType":"User"}}`
)

func TestJoinerIsLookedUpThenCreated(t *testing.T) {
	for _, name := range []string{"okta-oin", "okta-oin-patch", "okta-aiw"} {
		t.Run(name, func(t *testing.T) {
			r, target := newScripted(t, name)
			p := r.assign(ada())
			target.expect(
				turn{line: adaLookup, status: 200, reply: noMatch},
				turn{line: "POST /scim/v2/Users", body: adaCreate, status: 201, reply: adaAtTarget},
			)
			done := r.ok()
			target.done()
			if tasks(done.Steps) != "joiner joiner" {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			if !strings.Contains(done.Steps[1].Exchange.RequestBody, `"password":"[redacted]"`) {
				t.Errorf("stored body: %s", done.Steps[1].Exchange.RequestBody)
			}
			links, _ := r.engine.Links(r.app)
			if len(links) != 1 || links[0] != (control.Link{Subject: p.ID, Remote: "7d1f", Active: true}) {
				t.Errorf("links: %v", links)
			}
			r.ok() // nothing is due: the script has nothing left
		})
	}
}

func TestLookupAnswered404CountsAsNoMatch(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	r.assign(ada())
	target.expect(
		turn{line: adaLookup, status: 404, reply: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User not found","status":404}`},
		turn{line: "POST /scim/v2/Users", body: adaCreate, status: 201, reply: adaAtTarget},
	)
	r.ok()
	target.done()
}

func TestOptionalAttributesOfACreate(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	r.assign(control.Person{ID: "00u1", Login: `o'm"a\lley+x@example.test`, Email: "g@example.test", GivenName: "Zoë", FamilyName: "<O'Malley>", Title: "Data & Platform", Department: "Engineering"})
	target.expect(
		turn{line: `GET /scim/v2/Users?filter=userName%20eq%20%22o%27m%5C%22a%5C%5Clley%2Bx%40example.test%22&startIndex=1&count=100`, status: 200, reply: noMatch},
		turn{line: "POST /scim/v2/Users", status: 201, reply: `{"id":"1"}`, body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"o'm\"a\\lley+x@example.test","name":{"givenName":"Zoë","familyName":"<O'Malley>"},"emails":[{"primary":true,"value":"g@example.test","type":"work"}],"displayName":"Zoë <O'Malley>","title":"Data & Platform","externalId":"00u1","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engineering"},"groups":[],"password":"RANDOM","active":true}`},
	)
	r.ok()
	target.done()
}

// The observed capture: a match is read, what Okta knows is merged into it, stale members of it are echoed.
func TestMatchIsTakenOver(t *testing.T) {
	const (
		list    = `{"totalResults":1,"Resources":[{"id":"m 1/x","userName":"ADA@example.test"}]}`
		current = `{"active":false,"emails":[{"primary":true,"value":"old@example.test"}],"id":"m 1/x","name":{"familyName":"Old","formatted":"Mona Old","givenName":"Mona"},"quota":12345678901234567890,"meta":{"resourceType":"User"},"userName":"ADA@example.test"}`
		merged  = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"m 1/x","userName":"ada@example.test","name":{"givenName":"Ada","familyName":"Byron","formatted":"Mona Old"},"emails":[{"primary":true,"value":"ada@example.test","type":"work"}],"displayName":"Ada Byron","locale":"en-US","externalId":"00uexample0001AbCd5d7","active":%s,"groups":[],"quota":12345678901234567890,"meta":{"resourceType":"User"}}`
		path    = "/scim/v2/Users/m%201%2Fx"
	)
	read := []turn{{line: adaLookup, status: 200, reply: list}, {line: "GET " + path, status: 200, reply: current}}
	t.Run("okta-oin", func(t *testing.T) {
		r, target := newScripted(t, "okta-oin")
		r.assign(ada())
		target.expect(read...)
		target.expect(
			turn{line: "PUT " + path, body: fmt.Sprintf(merged, "false"), status: 200, reply: current},
			turn{line: "PATCH " + path, body: fmt.Sprintf(patchTo, "true"), status: 204},
		)
		r.ok()
		target.done()
	})
	t.Run("okta-aiw", func(t *testing.T) {
		r, target := newScripted(t, "okta-aiw")
		r.assign(ada())
		target.expect(read...)
		target.expect(turn{line: "PUT " + path, body: fmt.Sprintf(merged, "true"), status: 200, reply: current})
		r.ok()
		target.done()
	})
}

func TestUpdate(t *testing.T) {
	tests := map[string]turn{
		"okta-oin": {line: "PUT /scim/v2/Users/7d1f", body: adaPut, status: 200, reply: adaPut},
		"okta-aiw": {line: "PUT /scim/v2/Users/7d1f", body: adaPut, status: 200, reply: adaPut},
		"okta-oin-patch": {line: "PATCH /scim/v2/Users/7d1f", status: 204,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"name":{"middleName":"K"}}}]}`},
	}
	for name, write := range tests {
		t.Run(name, func(t *testing.T) {
			r, target := newScripted(t, name)
			p := r.known(ada(), "7d1f", true)
			p.MiddleName = "K"
			if _, err := r.dir.UpdatePerson(p); err != nil {
				t.Fatal(err)
			}
			target.expect(turn{line: "GET /scim/v2/Users/7d1f", status: 200, reply: adaAtTarget}, write)
			done := r.ok()
			target.done()
			if tasks(done.Steps) != "update update" {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			r.ok() // the change is remembered
		})
	}
}

func TestUpdateOfEmailAndDepartment(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	p := ada()
	p.Title = "Countess"
	p = r.known(p, "7d1f", true)
	p.Email, p.Title, p.Department = "countess@example.test", "", "Mathematics"
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	const (
		current = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7d1f","userName":"kept@example.test","title":"Countess","emails":[{"value":"home@example.test","type":"home"},{"value":"ada@example.test","type":"work"}],"active":true}`
		merged  = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"7d1f","userName":"kept@example.test","emails":[{"value":"home@example.test","type":"home"},{"primary":true,"value":"countess@example.test","type":"work"}],"active":true,"groups":[],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Mathematics"}}`
	)
	target.expect(
		turn{line: "GET /scim/v2/Users/7d1f", status: 200, reply: current},
		turn{line: "PUT /scim/v2/Users/7d1f", body: merged, status: 200, reply: current},
	)
	r.ok()
	target.done()
}

func TestDeactivateAndReactivate(t *testing.T) {
	inactive := strings.Replace(adaAtTarget, `"active":true`, `"active":false`, 1)
	read := turn{line: "GET /scim/v2/Users/7d1f", status: 200, reply: adaAtTarget}
	readInactive := turn{line: "GET /scim/v2/Users/7d1f", status: 200, reply: inactive}
	patch := func(to, reply string, status int) turn {
		return turn{line: "PATCH /scim/v2/Users/7d1f", body: fmt.Sprintf(patchTo, to), status: status, reply: reply}
	}
	put := func(body string) turn {
		return turn{line: "PUT /scim/v2/Users/7d1f", body: body, status: 200, reply: body}
	}
	tests := map[string]struct{ off, on []turn }{
		"okta-oin": {off: []turn{patch("false", "", 204)}, on: []turn{readInactive, patch("true", adaAtTarget, 200)}},
		"okta-aiw": {off: []turn{read, put(inactive)}, on: []turn{readInactive, put(adaAtTarget)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, target := newScripted(t, name)
			p := r.known(ada(), "7d1f", true)
			if err := r.dir.Unassign(r.app, p.ID); err != nil {
				t.Fatal(err)
			}
			target.expect(test.off...)
			if done := r.ok(); !strings.HasPrefix(tasks(done.Steps), "deactivate") {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			target.done()
			r.ok() // once is enough
			if err := r.dir.Assign(r.app, p.ID); err != nil {
				t.Fatal(err)
			}
			target.expect(test.on...)
			if done := r.ok(); !strings.HasPrefix(tasks(done.Steps), "reactivate") {
				t.Errorf("tasks: %s", tasks(done.Steps))
			}
			target.done()
			r.ok()
		})
	}
}

func TestReactivationOfAUserWhoIsGoneCreates(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	r.known(ada(), "7d1f", false)
	target.expect(
		turn{line: "GET /scim/v2/Users/7d1f", status: 404},
		turn{line: adaLookup, status: 200, reply: noMatch},
		turn{line: "POST /scim/v2/Users", body: adaCreate, status: 201, reply: `{"id":"new"}`},
	)
	r.ok()
	target.done()
	links, _ := r.engine.Links(r.app)
	if len(links) != 1 || links[0].Remote != "new" {
		t.Errorf("links: %v", links)
	}
}

func TestDeletedPersonIsDeactivated(t *testing.T) {
	r, target := newScripted(t, "okta-oin")
	p := r.known(ada(), "7d1f", true)
	if err := r.dir.DeletePerson(p.ID); err != nil {
		t.Fatal(err)
	}
	target.expect(turn{line: "PATCH /scim/v2/Users/7d1f", body: fmt.Sprintf(patchTo, "false"), status: 204})
	r.ok()
	target.done()
	r.ok()
}

func TestSuspensionSendsNothing(t *testing.T) {
	r, _ := newScripted(t, "okta-oin")
	p := r.known(ada(), "7d1f", true)
	p.Suspended, p.Title = true, "Countess"
	if _, err := r.dir.UpdatePerson(p); err != nil {
		t.Fatal(err)
	}
	if done := r.ok(); len(done.Steps) != 0 {
		t.Errorf("steps: %s", verdicts(done.Steps))
	}
}

func TestWhatOktaWouldSay(t *testing.T) {
	conflict := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User already exists in the database.","status":"409"}`
	tests := []struct {
		name    string
		replies []turn
		want    string
	}{
		{"empty create", []turn{{status: 200, reply: noMatch}, {status: 201}},
			"Automatic provisioning of user ada@example.test to app Acme failed: Error while creating user Ada Byron: Create new user returned empty user"},
		{"create without id", []turn{{status: 200, reply: noMatch}, {status: 201, reply: `{"userName":"ada@example.test"}`}}, "without an id"},
		{"id of a wrong type", []turn{{status: 200, reply: noMatch}, {status: 201, reply: `{"id":7}`}}, "one that is not a string"},
		{"match without id", []turn{{status: 200, reply: `{"totalResults":1,"Resources":[{"id":{},"userName":"ada@example.test"}]}`}}, "one that is not a string"},
		{"id that climbs", []turn{{status: 200, reply: noMatch}, {status: 201, reply: `{"id":".."}`}}, "cannot be part of a URL"},
		{"conflict", []turn{{status: 200, reply: noMatch}, {status: 409, reply: conflict}},
			"Conflict. Errors reported by remote server: User already exists in the database. The conflict stops the job"},
		{"look-up refused", []turn{{status: 401, reply: `{"detail":"who are you?"}`}}, "Unauthorized. Errors reported by remote server: who are you?"},
		{"filter ignored", []turn{{status: 200, reply: `{"totalResults":1,"Resources":[{"id":"1","userName":"eve@example.test"}]}`}}, "no user in Resources has the userName that was asked for"},
		{"two matches", []turn{{status: 200, reply: `{"totalResults":2,"Resources":[{"id":"1","userName":"ada@example.test"},{"id":"2","userName":"ada@example.test"}]}`}}, "more than one user"},
		{"number as string", []turn{{status: 200, reply: `{"totalResults":"0"}`}}, `totalResults is not an integer: it is "0"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := 0
			r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.replies[i].status)
				_, _ = w.Write([]byte(test.replies[i].reply))
				i++
			}), Options{})
			r.assign(ada())
			done := r.push()
			last := done.Steps[len(done.Steps)-1]
			if done.Failed != 1 || !last.Failed || !strings.Contains(last.Verdict, test.want) {
				t.Errorf("got %s\nwant %s", verdicts(done.Steps), test.want)
			}
			if i != len(test.replies) {
				t.Errorf("%d requests, want %d", i, len(test.replies))
			}
			if links, _ := r.engine.Links(r.app); len(links) != 0 {
				t.Errorf("links: %v", links)
			}
		})
	}
}
