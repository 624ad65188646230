package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object that keeps the order of its members and the exact text of values it did not
// change. A read-before-write client echoes what the server said; a Go map would reorder it and turn
// large numbers into floats.
type object struct {
	names  []string
	values map[string]json.RawMessage
}

func newObject() *object { return &object{values: map[string]json.RawMessage{}} }

// parseObject reads one JSON object and nothing after it. Of a member named twice the last one counts.
func parseObject(data []byte) (*object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if open != json.Delim('{') {
		return nil, errors.New("JSON, but not an object")
	}
	o := newObject()
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

func (o *object) read(dec *json.Decoder) error {
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

func (o *object) put(name string, value json.RawMessage) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// set stores a value that encode can write.
func (o *object) set(name string, value any) { o.put(name, encode(value)) }

func (o *object) has(name string) bool {
	_, ok := o.values[name]
	return ok
}

func (o *object) remove(name string) {
	if !o.has(name) {
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

// text returns a member that is a JSON string, else "".
func (o *object) text(name string) string {
	var s string
	if json.Unmarshal(o.values[name], &s) != nil {
		return ""
	}
	return s
}

// child returns a member that is an object, else an empty object.
func (o *object) child(name string) *object {
	c, err := parseObject(o.values[name])
	if err != nil {
		return newObject()
	}
	return c
}

// arrange puts the named members first, in the order given, and last at the end; the others stay between
// them as they came.
func (o *object) arrange(last string, first ...string) {
	names := make([]string, 0, len(o.names))
	seen := map[string]bool{last: true}
	for _, name := range first {
		if o.has(name) {
			names = append(names, name)
		}
		seen[name] = true
	}
	for _, name := range o.names {
		if !seen[name] {
			names = append(names, name)
		}
	}
	if o.has(last) {
		names = append(names, last)
	}
	o.names = names
}

// MarshalJSON writes the members in order.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(name))
		b.WriteByte(':')
		b.Write(o.values[name])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON without Go's escapes of <, > and &, which no vendor's client makes. It is used for
// values that always have a JSON form: strings, bools, and structs, slices and objects of them.
func encode(value any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(fmt.Sprintf("push: %T has no JSON form: %v", value, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
