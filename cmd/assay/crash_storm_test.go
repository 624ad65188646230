package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	enterprise   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchMessage = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// stormWorker writes one request after the other and knows what must be there. Nobody else writes to
// its resources.
type stormWorker struct {
	name    string
	random  *rand.Rand
	created int // counts names

	users map[string]*ledger // by userName
	names []string           // of users that exist for sure, for the choice of one
	group *ledger
}

// ledger is what is known about one resource. The numbers say which write left it as it is; 0 is the
// creation.
type ledger struct {
	id      string // "" until the creation was answered
	settled int    // number of the last write that was answered
	pending int    // number of the write that was not; equal to settled when there is none
	gone    state
	touched bool // since the last look
}

type state int

const (
	stays     state = iota
	mayBeGone       // its removal was asked for
	isGone          // and answered
)

func newStormWorker(i int, seed uint64) *stormWorker {
	return &stormWorker{name: fmt.Sprint("w", i), random: rand.New(rand.NewPCG(seed, uint64(i)+100)), users: map[string]*ledger{}}
}

// write sends one write and says whether to go on.
func (w *stormWorker) write(t *testing.T, c *stormClient) bool {
	switch n := w.random.IntN(10); {
	case w.group == nil || w.group.id == "":
		return w.createGroup(t, c)
	case len(w.names) < 2 || n < 3:
		return w.createUser(t, c)
	case n < 6:
		return w.patchUser(t, c)
	case n < 9:
		return w.patchGroup(t, c)
	}
	return w.deleteUser(t, c)
}

func (w *stormWorker) createUser(t *testing.T, c *stormClient) bool {
	w.created++
	name := fmt.Sprintf("%s-%d", w.name, w.created)
	l := &ledger{touched: true}
	w.users[name] = l
	doc, ok := c.send(t, http.MethodPost, "/Users", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User", enterprise}, "userName": name,
		"title": "0", "nickName": "0", "name": map[string]any{"familyName": "0"}, enterprise: map[string]any{"department": "0"},
		"emails": []any{map[string]any{"value": "0@example.com", "type": "work", "primary": true}},
	})
	if ok {
		l.id = textAt(doc, "id")
		w.names = append(w.names, name)
	}
	return ok
}

// patchUser sets everything to the next number, in five operations.
func (w *stormWorker) patchUser(t *testing.T, c *stormClient) bool {
	l := w.users[w.names[w.random.IntN(len(w.names))]]
	l.pending, l.touched = l.settled+1, true
	n := strconv.Itoa(l.pending)
	_, ok := c.send(t, http.MethodPatch, "/Users/"+l.id, patchOf(
		operation("replace", "title", n), operation("add", "nickName", n), operation("replace", "name.familyName", n),
		operation("replace", enterprise+":department", n), operation("replace", `emails[type eq "work"].value`, n+"@example.com"),
	))
	if ok {
		l.settled = l.pending
	}
	return ok
}

func (w *stormWorker) createGroup(t *testing.T, c *stormClient) bool {
	w.created++
	doc, ok := c.send(t, http.MethodPost, "/Groups", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "0", "externalId": "0",
	})
	if ok {
		w.group = &ledger{id: textAt(doc, "id"), touched: true}
	}
	return ok
}

// patchGroup makes the members exactly two users and its names the next number: the number is in the
// names, so that the members must fit it.
func (w *stormWorker) patchGroup(t *testing.T, c *stormClient) bool {
	l := w.group
	l.pending, l.touched = l.settled+1, true
	n := strconv.Itoa(l.pending)
	first := w.random.IntN(len(w.names) - 1)
	a, b := w.users[w.names[first]].id, w.users[w.names[first+1]].id
	_, ok := c.send(t, http.MethodPatch, "/Groups/"+l.id, patchOf(
		operation("replace", "displayName", n+" "+a+" "+b),
		map[string]any{"op": "remove", "path": "members"},
		operation("add", "members", []any{map[string]any{"value": a}}),
		operation("add", "members", []any{map[string]any{"value": b}}),
		operation("replace", "externalId", n),
	))
	if ok {
		l.settled = l.pending
	}
	return ok
}

func (w *stormWorker) deleteUser(t *testing.T, c *stormClient) bool {
	i := w.random.IntN(len(w.names))
	l := w.users[w.names[i]]
	w.names = slices.Delete(w.names, i, i+1)
	l.gone, l.touched = mayBeGone, true
	_, ok := c.send(t, http.MethodDelete, "/Users/"+l.id, nil)
	if ok {
		l.gone = isGone
	}
	return ok
}

func patchOf(operations ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{patchMessage}, "Operations": operations}
}

func operation(op, path string, value any) map[string]any {
	return map[string]any{"op": op, "path": path, "value": value}
}

// verifyAll is verify for everything that the worker has ever written.
func (w *stormWorker) verifyAll(t *testing.T, c *stormClient) {
	t.Helper()
	for _, l := range w.users {
		l.touched = true
	}
	if w.group != nil {
		w.group.touched = true
	}
	w.verify(t, c)
}

// verify looks at what was written since the last look, and settles what was open.
func (w *stormWorker) verify(t *testing.T, c *stormClient) {
	t.Helper()
	for name, l := range w.users {
		if l.touched {
			l.touched = false
			w.verifyUser(t, c, name, l)
		}
	}
	if w.group != nil && w.group.touched {
		w.group.touched = false
		w.verifyGroup(t, c)
	}
}

func (w *stormWorker) verifyUser(t *testing.T, c *stormClient, name string, l *ledger) {
	t.Helper()
	if l.id == "" {
		w.settleCreation(t, c, name, l)
		return
	}
	doc := c.read(t, "/Users/"+l.id)
	switch {
	case doc == nil && l.gone == stays:
		t.Errorf("%s was created, and is lost", name)
	case doc != nil && l.gone == isGone:
		t.Errorf("%s was deleted, and is back", name)
	case doc == nil:
		l.gone = isGone
	default:
		if l.gone == mayBeGone { // the deletion did not happen, so the user may be chosen again
			l.gone, w.names = stays, append(w.names, name)
		}
		l.settle(t, name, numbersOf(doc))
	}
}

// settleCreation looks for a user whose creation was not answered: it is there as it was sent, or not
// at all.
func (w *stormWorker) settleCreation(t *testing.T, c *stormClient, name string, l *ledger) {
	t.Helper()
	found := c.read(t, "/Users?filter="+url.QueryEscape(`userName eq "`+name+`"`))
	list, _ := found["Resources"].([]any)
	if len(list) == 0 {
		delete(w.users, name)
		return
	}
	doc, _ := list[0].(map[string]any)
	l.id = textAt(doc, "id")
	w.names = append(w.names, name)
	l.settle(t, name, numbersOf(doc))
}

// numbersOf is every number in a user that the same PATCH sets.
func numbersOf(doc map[string]any) []string {
	numbers := []string{textAt(doc, "title"), textAt(doc, "nickName"), textAt(doc, "name", "familyName"), textAt(doc, enterprise, "department")}
	emails, _ := doc["emails"].([]any)
	for _, e := range emails {
		email, _ := e.(map[string]any)
		address, _, _ := strings.Cut(textAt(email, "value"), "@")
		numbers = append(numbers, address)
	}
	return numbers
}

// settle compares the numbers with those that can be there.
func (l *ledger) settle(t *testing.T, name string, numbers []string) {
	t.Helper()
	for _, n := range numbers[1:] {
		if n != numbers[0] {
			t.Errorf("%s: a write is half applied: %v", name, numbers)
			return
		}
	}
	n, err := strconv.Atoi(numbers[0])
	if err != nil || (n != l.settled && n != l.pending) {
		t.Errorf("%s: it has %v, the last write that was answered is %d, the last that was sent %d", name, numbers, l.settled, l.pending)
	}
	l.settled, l.pending = n, n
}

// verifyGroup compares the names of the group with each other and with the members that belong to
// them. A member that was deleted afterwards is gone from the group too.
func (w *stormWorker) verifyGroup(t *testing.T, c *stormClient) {
	t.Helper()
	doc := c.read(t, "/Groups/"+w.group.id)
	if doc == nil {
		t.Errorf("the group of %s is lost", w.name)
		return
	}
	words := strings.Fields(textAt(doc, "displayName"))
	var members []string
	list, _ := doc["members"].([]any)
	for _, m := range list {
		member, _ := m.(map[string]any)
		members = append(members, textAt(member, "value"))
	}
	wanted := slices.DeleteFunc(slices.Clone(words[1:]), func(id string) bool { return w.deleted(id) })
	slices.Sort(wanted)
	slices.Sort(members)
	if !slices.Equal(members, slices.Compact(wanted)) {
		t.Errorf("the group of %s is half changed: its name says %v, its members are %v", w.name, words, members)
	}
	w.group.settle(t, "the group of "+w.name, []string{words[0], textAt(doc, "externalId")})
}

// deleted tells whether a user of the worker is gone, after its users were looked at.
func (w *stormWorker) deleted(id string) bool {
	for _, l := range w.users {
		if l.id == id {
			return l.gone == isGone
		}
	}
	return true
}
