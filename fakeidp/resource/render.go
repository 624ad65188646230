package resource

import (
	"encoding/json"
	"slices"
	"strings"
)

// Values says what a placeholder stands for: a string, or anything else that Encode can write. nil and ""
// mean that there is no value.
type Values func(source string) any

// Empty says what is written for an attribute without a value.
type Empty string

// The ways to write no value.
const (
	Omit        Empty = "omit" // with everything around it that holds nothing else
	EmptyString Empty = "emptyString"
	Null        Empty = "null"
)

// Options lists them.
func (Empty) Options() []string { return []string{string(Omit), string(EmptyString), string(Null)} }

// Value is what a leaf stands for now; nil when that is nothing.
func (l Leaf) Value(v Values) any {
	if source := l.Source(); source != "" {
		if value := v(source); value != "" {
			return value
		}
		return nil
	}
	var text strings.Builder
	for _, p := range l.parts {
		text.WriteString(p.text)
		if p.source != "" {
			value, _ := v(p.source).(string)
			text.WriteString(value)
		}
	}
	if whole := strings.TrimSpace(text.String()); whole != "" {
		return whole
	}
	return nil
}

// Snapshot is the profile: the text of each leaf, "" for one without a value and for a momentary one.
func (t Template) Snapshot(v Values) []string {
	out := make([]string, len(t.leaves))
	for i, l := range t.leaves {
		if l.Momentary() {
			continue
		}
		out[i], _ = l.Value(v).(string)
	}
	return out
}

// Read takes the snapshot from a resource: what the target holds at each leaf.
func (t Template) Read(o *Object) []string {
	out := make([]string, len(t.leaves))
	for i, l := range t.leaves {
		if !l.Momentary() {
			out[i] = l.Read(o)
		}
	}
	return out
}

// Read is the text at the leaf's place in a resource, "" when there is none. Of an object it is its
// "value": the manager of a user is written as a string by some and always read as an object.
func (l Leaf) Read(o *Object) string {
	for _, s := range l.route[:len(l.route)-1] {
		if s.entry == "" {
			o = o.child(s.name)
			continue
		}
		entries, _ := o.Entries(s.name)
		at := slices.IndexFunc(entries, func(e json.RawMessage) bool { return strings.EqualFold(typeOf(e), s.entry) })
		if at < 0 {
			return ""
		}
		next, err := Parse(entries[at])
		if err != nil {
			return ""
		}
		o = next
	}
	name := l.route[len(l.route)-1].name
	if text := o.Text(name); text != "" {
		return text
	}
	return o.child(name).Text("value")
}

// Render fills the template in. Of "schemas" it keeps an extension that the result does not use only if
// unused is true.
func (t Template) Render(v Values, empty Empty, unused bool) *Object {
	w := writer{template: t, values: v, empty: empty}
	o := w.members()
	if !unused {
		t.dropUnused(o)
	}
	return o
}

// dropUnused takes from schemas the extensions of the template that the object does not use.
func (t Template) dropUnused(o *Object) {
	schemas, ok := o.Entries("schemas")
	if !ok {
		return
	}
	used := slices.DeleteFunc(schemas, func(urn json.RawMessage) bool {
		name := textOf(urn)
		return slices.Contains(t.root.names, name) && !o.Has(name)
	})
	o.Set("schemas", used)
}

// Partial renders only the leaves for which changed is true, without the constants beside them; of an
// array all of it.
func (t Template) Partial(v Values, empty Empty, changed func(leaf int) bool) *Object {
	w := writer{template: t, values: v, empty: empty, include: changed}
	return w.members()
}

// writer renders nodes. What turns out to hold nothing is taken back.
type writer struct {
	template Template
	values   Values
	empty    Empty
	include  func(leaf int) bool // nil: everything
	out      []byte
}

// members renders the template's members, which share one buffer.
func (w *writer) members() *Object {
	root := w.template.root
	w.out = make([]byte, 0, root.size)
	ends := make([]int, len(root.names))
	for i, child := range root.children {
		if w.write(child) {
			ends[i] = len(w.out)
		}
	}
	o := &Object{members: make([]member, 0, len(root.names))}
	start := 0
	for i, end := range ends {
		if end > 0 {
			o.put(root.names[i], w.out[start:end:end])
			start = end
		}
	}
	return o
}

func (w *writer) write(n node) bool {
	switch n.kind {
	case constant:
		if w.include != nil {
			return false
		}
		w.out = append(w.out, n.raw...)
		return true
	case placeholder:
		return w.leaf(n.leaf)
	case object:
		return w.object(n)
	default:
		return w.array(n)
	}
}

func (w *writer) leaf(at int) bool {
	if w.include != nil && !w.include(at) {
		return false
	}
	value := w.template.leaves[at].Value(w.values)
	switch {
	case value != nil:
		w.out = appendValue(w.out, value)
	case w.empty == EmptyString:
		w.out = append(w.out, `""`...)
	case w.empty == Null:
		w.out = append(w.out, "null"...)
	default:
		return false
	}
	return true
}

func (w *writer) object(n node) bool {
	start := len(w.out)
	w.out = append(w.out, '{')
	first, held := true, !n.variable() && w.include == nil
	for i, child := range n.children {
		mark := len(w.out)
		if !first {
			w.out = append(w.out, ',')
		}
		w.out = append(w.out, n.keys[i]...)
		if !w.write(child) {
			w.out = w.out[:mark]
			continue
		}
		first = false
		held = held || child.variable()
	}
	if !held {
		w.out = w.out[:start]
		return false
	}
	w.out = append(w.out, '}')
	return true
}

func (w *writer) array(n node) bool {
	if w.include != nil {
		touched := false
		for i := n.from; i < n.to; i++ {
			touched = touched || w.include(i)
		}
		if !touched {
			return false
		}
		defer func(include func(int) bool) { w.include = include }(w.include)
		w.include = nil
	}
	start := len(w.out)
	w.out = append(w.out, '[')
	first := true
	for _, child := range n.children {
		mark := len(w.out)
		if !first {
			w.out = append(w.out, ',')
		}
		if !w.write(child) {
			w.out = w.out[:mark]
			continue
		}
		first = false
	}
	if first {
		w.out = w.out[:start]
		return false
	}
	w.out = append(w.out, ']')
	return true
}
