package resource

import (
	"encoding/json"
	"slices"
)

// Merge writes the leaves for which changed is true into o, which a server returned. What it returned
// besides is echoed as it came; constants of the template that it left out are added; a leaf without a
// value is removed. The members are put in the order of the template, "meta" last.
func (t Template) Merge(o *Object, v Values, changed func(leaf int) bool) {
	m := merger{writer: writer{template: t, values: v}, changed: changed}
	schemas, _ := o.Entries("schemas")
	m.object(o, t.root, "meta")
	if len(schemas) == 0 {
		t.dropUnused(o)
		return
	}
	o.Set("schemas", t.withUsed(o, schemas))
}

// withUsed adds the template's extensions that the object uses to its schemas.
func (t Template) withUsed(o *Object, schemas []json.RawMessage) []json.RawMessage {
	for i, name := range t.root.names {
		urn := Encode(name)
		known := slices.ContainsFunc(schemas, func(s json.RawMessage) bool { return string(s) == string(urn) })
		if t.root.children[i].kind == object && len(name) > 4 && name[:4] == "urn:" && o.Has(name) && !known {
			schemas = append(schemas, urn)
		}
	}
	return schemas
}

type merger struct {
	writer  writer
	changed func(leaf int) bool
}

func (m *merger) touches(n node) bool {
	for i := n.from; i < n.to; i++ {
		if m.changed(i) {
			return true
		}
	}
	return false
}

func (m *merger) object(o *Object, n node, last string) {
	for i, name := range n.names {
		m.member(o, name, n.children[i])
	}
	o.arrange(last, n.names...)
}

func (m *merger) member(o *Object, name string, n node) {
	if !n.variable() {
		if !o.Has(name) {
			o.put(name, n.raw)
		}
		return
	}
	if !m.touches(n) {
		return
	}
	switch n.kind {
	case object:
		child := o.child(name)
		if m.object(child, n, ""); child.Len() == 0 {
			o.Remove(name)
			return
		}
		o.Set(name, child)
	case array:
		there, _ := o.Entries(name)
		if entries := m.entries(there, n); len(entries) > 0 {
			o.Set(name, entries)
		} else {
			o.Remove(name)
		}
	default:
		m.leaf(o, name, n)
	}
}

func (m *merger) leaf(o *Object, name string, n node) {
	value := m.writer.template.leaves[n.leaf].Value(m.writer.values)
	if value == nil {
		o.Remove(name)
		return
	}
	o.Set(name, value)
}

// entries replaces the entries of an array that the template has, each unless it holds our values already:
// then it is echoed with whatever the server added to it.
func (m *merger) entries(entries []json.RawMessage, n node) []json.RawMessage {
	for _, child := range n.children {
		m.writer.out = nil
		if !m.writer.write(child) {
			continue
		}
		ours := json.RawMessage(m.writer.out)
		at := position(entries, ours)
		if at < 0 {
			entries = append(entries, ours)
		} else if !holds(entries[at], ours) {
			entries[at] = ours
		}
	}
	return entries
}

// position finds the entry that ours replaces: the primary one if ours is primary, else the one of the
// same type; -1 when there is none.
func position(entries []json.RawMessage, ours json.RawMessage) int {
	if isPrimary(ours) {
		if at := slices.IndexFunc(entries, isPrimary); at >= 0 {
			return at
		}
	}
	return slices.IndexFunc(entries, func(e json.RawMessage) bool { return typeOf(e) == typeOf(ours) })
}

func isPrimary(entry json.RawMessage) bool {
	o, err := Parse(entry)
	return err == nil && string(o.Raw("primary")) == "true"
}

// holds reports whether an entry has every member of ours but "type" and "primary", by which it was found.
func holds(entry, ours json.RawMessage) bool {
	there, err := Parse(entry)
	if err != nil {
		return false
	}
	here, err := Parse(ours)
	if err != nil {
		return false
	}
	for _, m := range here.members {
		if m.name != "type" && m.name != "primary" && string(there.Raw(m.name)) != string(m.value) {
			return false
		}
	}
	return true
}
