package directory

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"iter"
	"maps"
	"slices"
	"time"
)

// Event is one entry of the audit log. Detail never holds a secret.
type Event struct {
	Seq     int64
	Time    time.Time
	Tenant  string
	Actor   string // who: "scim:<token id>", "user:<id>", "admin", "system"
	Action  string // what: "scim.user.created", "sso.login.succeeded" …
	Subject string // about whom: a resource id, where there is one
	Detail  map[string]string
	Hash    []byte // what Link gives for the Hash of the tenant's event before it; the store sets it
}

// Link is the hash of the event in the chain of its tenant, whose event before it has the hash previous (nil for
// the first): SHA-256 over previous and all of the event but Seq. Whoever knows the hash of an event knows whether
// any event up to it was changed, removed or slipped in.
func (e Event) Link(previous []byte) []byte {
	h := sha256.New()
	part(h, string(previous))
	_ = binary.Write(h, binary.BigEndian, e.Time.UnixNano()) // a hash takes everything
	for _, text := range []string{e.Tenant, e.Actor, e.Action, e.Subject} {
		part(h, text)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		part(h, name)
		part(h, e.Detail[name])
	}
	return h.Sum(nil)
}

// part hashes a text behind its length, so that no two lists of texts are the same bytes.
func part(h hash.Hash, text string) {
	_ = binary.Write(h, binary.BigEndian, uint64(len(text)))
	h.Write([]byte(text))
}

// EventQuery selects events of a tenant. What is empty selects nothing out.
type EventQuery struct {
	Actor, Action, Subject string    // exactly
	Since, Until           time.Time // from the one on and before the other
	Before                 int64     // only events with a smaller Seq
	OldestFirst            bool
	Limit                  int // 0 means all
}

// Audit is the part of the Store that holds the audit log. The events of a tenant are a chain, see Event.Link;
// nothing changes or removes them.
type Audit interface {
	// Append adds an event and sets its Seq, its Hash and, when zero, its Time.
	Append(ctx context.Context, e Event) error

	// Events returns the newest events of a tenant, newest first, at most limit.
	Events(ctx context.Context, tenant string, limit int) ([]Event, error)

	// FindEvents streams events of a tenant, the newest first unless the query says otherwise.
	FindEvents(ctx context.Context, tenant string, q EventQuery) iter.Seq2[Event, error]
}
