// Package resource holds SCIM resources the way a client writes them: JSON objects whose members keep
// their order, and templates of such objects with placeholders for what a directory knows.
package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Object is a JSON object that keeps the order of its members and the exact text of values it did not
// change. A read-before-write client echoes what the server said; a Go map would reorder it and turn
// large numbers into floats. It is not safe for concurrent use. What it was parsed from must not change.
type Object struct {
	members []member
	spaced  bool           // the text may have space between its parts
	index   map[string]int // of an object with many members
}

type member struct {
	name  string
	value json.RawMessage
}

// fewMembers is up to how many members are looked through one by one.
const fewMembers = 32

// New returns an object without members.
func New() *Object { return &Object{} }

// Parse reads one JSON object and nothing after it. Of a member named twice the last one counts.
func Parse(data []byte) (*Object, error) {
	if !json.Valid(data) {
		return nil, invalid(data)
	}
	at := skipSpace(data, 0)
	if data[at] != '{' {
		return nil, errors.New("JSON, but not an object")
	}
	o := &Object{members: make([]member, 0, 16), spaced: bytes.ContainsAny(data, " \n\t\r")}
	text := string(data) // names are parts of it
	for at = skipSpace(data, at+1); data[at] != '}'; at = next(data, at) {
		start := at
		at = stringEnd(data, at)
		name := text[start+1 : at-1]
		if !plain(name) {
			name = unquote(data[start:at])
		}
		start = skipSpace(data, skipSpace(data, at)+1) // past the colon
		at = valueEnd(data, start)
		o.put(name, data[start:at:at])
	}
	return o, nil
}

func (o *Object) find(name string) int {
	if o.index != nil {
		if at, ok := o.index[name]; ok {
			return at
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

func (o *Object) put(name string, value json.RawMessage) {
	if at := o.find(name); at >= 0 {
		o.members[at].value = value
		return
	}
	o.members = append(o.members, member{name, value})
	if o.index != nil {
		o.index[name] = len(o.members) - 1
	} else if len(o.members) > fewMembers {
		o.reindex()
	}
}

func (o *Object) reindex() {
	if o.index = nil; len(o.members) <= fewMembers {
		return
	}
	o.index = make(map[string]int, len(o.members))
	for i, m := range o.members {
		o.index[m.name] = i
	}
}

// Set stores a value that Encode can write.
func (o *Object) Set(name string, value any) { o.put(name, Encode(value)) }

// Has reports whether there is a member of this name.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

// Len is the number of members.
func (o *Object) Len() int { return len(o.members) }

// Raw returns the JSON text of a member, nil when there is none.
func (o *Object) Raw(name string) json.RawMessage {
	at := o.find(name)
	if at < 0 {
		return nil
	}
	return o.members[at].value
}

// Remove drops a member.
func (o *Object) Remove(name string) {
	if at := o.find(name); at >= 0 {
		o.members = slices.Delete(o.members, at, at+1)
		o.reindex()
	}
}

// Text returns a member that is a JSON string, else "".
func (o *Object) Text(name string) string { return textOf(o.Raw(name)) }

// child returns a member that is an object, else an empty object.
func (o *Object) child(name string) *Object {
	c, err := Parse(o.Raw(name))
	if err != nil {
		return New()
	}
	return c
}

// Entries returns the elements of a member; ok is false when that is no array.
func (o *Object) Entries(name string) (entries []json.RawMessage, ok bool) {
	raw := o.Raw(name)
	if len(raw) == 0 || raw[0] != '[' {
		return nil, false
	}
	for at := skipSpace(raw, 1); raw[at] != ']'; at = next(raw, at) {
		start := at
		at = valueEnd(raw, at)
		entries = append(entries, raw[start:at:at])
	}
	return entries, true
}

// Values lists the text of one member of each entry of an array of objects.
func (o *Object) Values(array, member string) []string {
	entries, _ := o.Entries(array)
	out := make([]string, 0, len(entries))
	for _, raw := range entries {
		if entry, err := Parse(raw); err == nil {
			out = append(out, entry.Text(member))
		}
	}
	return out
}

// arrange puts the named members first, in the order given, and last at the end; the others stay between
// them as they came.
func (o *Object) arrange(last string, first ...string) {
	members := make([]member, 0, len(o.members))
	placed := make([]bool, len(o.members))
	take := func(name string) {
		if at := o.find(name); at >= 0 && !placed[at] {
			placed[at] = true
			members = append(members, o.members[at])
		}
	}
	end := o.find(last)
	if end >= 0 {
		placed[end] = true
	}
	for _, name := range first {
		take(name)
	}
	for i, m := range o.members {
		if !placed[i] {
			members = append(members, m)
		}
	}
	if end >= 0 {
		members = append(members, o.members[end])
	}
	o.members = members
	o.reindex()
}

// MarshalJSON writes the members in order.
func (o *Object) MarshalJSON() ([]byte, error) { return o.append(nil), nil }

// append writes the members in order, without space between them.
func (o *Object) append(b []byte) []byte {
	size := 2
	for _, m := range o.members {
		size += len(m.name) + len(m.value) + 4
	}
	b = slices.Grow(b, size)
	b = append(b, '{')
	for i, m := range o.members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, m.name), ':')
		b = append(b, o.compact(m.value)...)
	}
	return append(b, '}')
}

func (o *Object) compact(value json.RawMessage) []byte {
	if !o.spaced {
		return value
	}
	var b bytes.Buffer
	_ = json.Compact(&b, value) // the value is valid
	return b.Bytes()
}

// Plain turns the object into Go's form, numbers kept as they were written.
func (o *Object) Plain() map[string]any {
	dec := json.NewDecoder(bytes.NewReader(Encode(o)))
	dec.UseNumber()
	out := map[string]any{}
	if err := dec.Decode(&out); err != nil {
		return map[string]any{} // cannot happen: the object was parsed from JSON
	}
	return out
}

// Encode writes JSON without Go's escapes of <, > and &, which no vendor's client makes. It is used for
// values that always have a JSON form: strings, bools, and structs, slices and objects of them.
func Encode(value any) json.RawMessage { return appendValue(nil, value) }

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case *Object:
		return v.append(b)
	}
	return appendEncoded(b, value)
}

func appendEncoded(b []byte, value any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(fmt.Sprintf("resource: %T has no JSON form: %v", value, err))
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
