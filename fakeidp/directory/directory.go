// Package directory is what the fake IdP knows: people, groups, apps, and who is assigned to which
// app. It lives in memory, speaks the control API's types, and hands out ids that look like a vendor's.
//
// Every look-up is by map. Lists come in the order of creation, so that what is pushed from them is
// the same from one run to the next.
package directory

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

var (
	// ErrNotFound says that an id names nothing in the directory.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a value which must be unique is taken.
	ErrConflict = errors.New("already exists")
	// ErrInvalid says that a value cannot be stored.
	ErrInvalid = errors.New("invalid")
)

// Directory holds people, groups and apps. It is safe for concurrent use; what it returns are copies.
type Directory struct {
	mu  sync.RWMutex
	ids *source
	seq int

	people  map[string]*person
	logins  map[string]string   // folded login -> person id
	emails  map[string][]string // folded e-mail -> person ids, oldest first: Okta lets people share one
	groups  map[string]*group
	names   map[string]string // folded group name -> group id
	apps    map[string]*app
	clients map[string]string // client id -> app id
	deleted map[string]*tombstone
	now     func() time.Time
}

// person is somebody. What the pointer points to is never written to: an image shares it. Most people have
// few groups and apps, so that lists are smaller than maps and as fast.
type person struct {
	*control.Person
	seq    int
	groups []string
	apps   []string
}

// group is a group. The lists of its Group are never written to, only replaced: an image shares them.
type group struct {
	control.Group
	seq     int
	apps    map[string]bool // apps that it is pushed to
	parents map[string]bool // groups that it is in
}

type app struct {
	control.App
	seq    int
	secret [32]byte       // SHA-256 of the client secret
	people map[string]int // person id -> sequence of the assignment
	pushed map[string]int // group id -> sequence of the push
}

// New returns an empty directory with random ids and secrets.
func New() *Directory { return newDirectory(randomSource()) }

// NewSeeded returns an empty directory whose ids and client secrets follow from seed: for runs that
// must repeat to the letter. Its secrets can be guessed by whoever knows the seed.
func NewSeeded(seed uint64) *Directory { return newDirectory(seededSource(seed)) }

func newDirectory(ids *source) *Directory {
	d := &Directory{ids: ids, deleted: map[string]*tombstone{}, now: time.Now}
	d.clear(0)
	return d
}

// UseIDs sets the form of the ids that are given out from now on. It is called before the directory is shared.
func (d *Directory) UseIDs(form persona.IDForm) { d.ids.form = form }

// idFrom returns a free id that follows from a name, for what is added anew at each start: what was pushed under it
// is found again.
func (d *Directory) idFrom(prefix, name string) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ids := source{r: rand.NewChaCha8(sha256.Sum256([]byte(prefix + name))), form: d.ids.form}
	return ids.id(prefix, func(id string) bool { return d.people[id] != nil || d.groups[id] != nil || d.apps[id] != nil })
}

// UseClock replaces the clock by which deletions are dated. It is called before the directory is shared.
func (d *Directory) UseClock(now func() time.Time) { d.now = now }

// next numbers what is created and linked. The caller holds the lock.
func (d *Directory) next() int {
	d.seq++
	return d.seq
}

// inOrder returns the keys of a set in the order of the numbers that they were given.
func inOrder(set map[string]int) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(set[a], set[b]) })
	return keys
}
