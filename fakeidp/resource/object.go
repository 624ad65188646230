// Package resource holds SCIM resources the way a client writes them: JSON objects whose members keep
// their order, and templates of such objects with placeholders for what a directory knows.
package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Object is a JSON object that keeps the order of its members and the exact text of values it did not
// change. A read-before-write client echoes what the server said; a Go map would reorder it and turn
// large numbers into floats. It is not safe for concurrent use.
type Object struct {
	names  []string
	values map[string]json.RawMessage
}

// New returns an object without members.
func New() *Object { return &Object{values: map[string]json.RawMessage{}} }

// Parse reads one JSON object and nothing after it. Of a member named twice the last one counts.
func Parse(data []byte) (*Object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if open != json.Delim('{') {
		return nil, errors.New("JSON, but not an object")
	}
	o := New()
	for dec.More() {
		if err := o.read(dec); err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("JSON with something after it")
	}
	return o, nil
}

func (o *Object) read(dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	name, ok := token.(string)
	if !ok {
		return fmt.Errorf("a member is named %v", token)
	}
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		return err
	}
	o.put(name, value)
	return nil
}

func (o *Object) put(name string, value json.RawMessage) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// Set stores a value that Encode can write.
func (o *Object) Set(name string, value any) { o.put(name, Encode(value)) }

// Has reports whether there is a member of this name.
func (o *Object) Has(name string) bool {
	_, ok := o.values[name]
	return ok
}

// Len is the number of members.
func (o *Object) Len() int { return len(o.names) }

// Raw returns the JSON text of a member, nil when there is none.
func (o *Object) Raw(name string) json.RawMessage { return o.values[name] }

// Remove drops a member.
func (o *Object) Remove(name string) {
	if !o.Has(name) {
		return
	}
	delete(o.values, name)
	for i, n := range o.names {
		if n == name {
			o.names = append(o.names[:i], o.names[i+1:]...)
			return
		}
	}
}

// Text returns a member that is a JSON string, else "".
func (o *Object) Text(name string) string {
	var s string
	if json.Unmarshal(o.values[name], &s) != nil {
		return ""
	}
	return s
}

// child returns a member that is an object, else an empty object.
func (o *Object) child(name string) *Object {
	c, err := Parse(o.values[name])
	if err != nil {
		return New()
	}
	return c
}

// entries returns the elements of a member that is an array, else none.
func (o *Object) entries(name string) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(o.values[name], &list) != nil {
		return nil
	}
	return list
}

// Values lists the text of one member of each entry of an array of objects.
func (o *Object) Values(array, member string) []string {
	entries := o.entries(array)
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
	names := make([]string, 0, len(o.names))
	seen := map[string]bool{last: true}
	for _, name := range first {
		if o.Has(name) && name != last {
			names = append(names, name)
		}
		seen[name] = true
	}
	for _, name := range o.names {
		if !seen[name] {
			names = append(names, name)
		}
	}
	if o.Has(last) {
		names = append(names, last)
	}
	o.names = names
}

// MarshalJSON writes the members in order.
func (o *Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(Encode(name))
		b.WriteByte(':')
		b.Write(o.values[name])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
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
func Encode(value any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(fmt.Sprintf("resource: %T has no JSON form: %v", value, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
