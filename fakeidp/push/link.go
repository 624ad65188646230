package push

import (
	"encoding/binary"
	"errors"
	"time"
)

type personLink struct {
	seq    int
	remote string
	active bool
	shape  string    // of the profile: dialect.shape when it was pushed
	pushed []string  // the profile (dialect.profile); nil: nothing was pushed yet
	lost   time.Time // when the person was seen to have lost the app; zero for who has it
}

type groupLink struct {
	seq     int
	remote  string
	name    string          // as last pushed
	members map[string]bool // remote ids as last pushed
	full    bool            // what the target holds is not known: send everything
	batches int             // records that members is spread over
}

// errRecord says that a record is none of those that this program writes.
var errRecord = errors.New("not a record of this version")

// Records are numbers and texts one after the other, texts with their length before them.

func (l personLink) encode() []byte {
	b := make([]byte, 0, 256)
	b = binary.AppendUvarint(b, uint64(l.seq))
	b = appendFlag(b, l.active)
	b = appendText(b, l.remote)
	b = binary.AppendVarint(b, instant(l.lost))
	b = appendText(b, l.shape)
	return appendTexts(b, l.pushed)
}

func decodePerson(b []byte) (personLink, error) {
	r := unpacker{rest: b}
	l := personLink{seq: int(r.number()), active: r.flag(), remote: r.text(), lost: r.time(), shape: r.text(), pushed: r.texts()}
	return l, r.end()
}

// encode leaves the members out: they are in records of their own.
func (l groupLink) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(l.seq))
	b = appendFlag(b, l.full)
	b = appendText(b, l.remote)
	b = appendText(b, l.name)
	return binary.AppendUvarint(b, uint64(l.batches))
}

func decodeGroup(b []byte) (groupLink, error) {
	r := unpacker{rest: b}
	l := groupLink{seq: int(r.number()), full: r.flag(), remote: r.text(), name: r.text(), batches: int(r.number())}
	return l, r.end()
}

// memberBatch is one change of a group's members.
type memberBatch struct{ gone, come []string }

func (m memberBatch) encode() []byte { return appendTexts(appendTexts(nil, m.gone), m.come) }

func decodeBatch(b []byte) (memberBatch, error) {
	r := unpacker{rest: b}
	m := memberBatch{gone: r.texts(), come: r.texts()}
	return m, r.end()
}

func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func appendFlag(b []byte, flag bool) []byte {
	if flag {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTexts writes the number of texts plus one, 0 for nil, and the texts.
func appendTexts(b []byte, list []string) []byte {
	if list == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(list))+1)
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

// unpacker reads a record. What is not there is zero, and end says so.
type unpacker struct {
	rest []byte
	bad  bool
}

func (u *unpacker) number() uint64 {
	n, size := binary.Uvarint(u.rest)
	if size <= 0 {
		u.bad, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[size:]
	return n
}

func (u *unpacker) flag() bool { return u.number() == 1 }

func (u *unpacker) time() time.Time {
	n, size := binary.Varint(u.rest)
	if size <= 0 {
		u.bad, u.rest = true, nil
		return time.Time{}
	}
	if u.rest = u.rest[size:]; n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

func (u *unpacker) text() string {
	n := u.number()
	if n > uint64(len(u.rest)) {
		u.bad, u.rest = true, nil
		return ""
	}
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) texts() []string {
	n := u.number()
	if n == 0 || n > uint64(len(u.rest))+1 {
		u.bad = u.bad || n > 0
		return nil
	}
	out := make([]string, n-1)
	for i := range out {
		out[i] = u.text()
	}
	return out
}

func (u *unpacker) end() error {
	if u.bad || len(u.rest) > 0 {
		return errRecord
	}
	return nil
}
