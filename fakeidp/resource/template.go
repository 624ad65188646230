package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Template is the body of a resource with placeholders: "{email}", or "{givenName} {familyName}". A
// string that consists of one placeholder becomes whatever the value is; otherwise the values become
// part of the string. The zero value is not usable.
type Template struct {
	root   node
	leaves []Leaf
}

// Leaf is one attribute of a template that has a placeholder.
type Leaf struct {
	// Path is its SCIM path: "name.givenName", `emails[type eq "work"].value`, or an extension's URN, a
	// colon and the name.
	Path string
	// Plain says that the path has no value filter.
	Plain bool

	text      string
	sources   []string
	parts     []part // of a text with more than its one placeholder
	momentary bool
	route     []step
}

// part is a piece of a leaf's text: fixed, or what a source says.
type part struct{ text, source string }

// step is one part of the way to a leaf: a member, and of an array the entry of this type.
type step struct {
	name  string
	entry string
}

type kind int

const (
	constant kind = iota
	placeholder
	object
	array
)

type node struct {
	kind     kind
	raw      json.RawMessage // of a constant
	leaf     int             // of a placeholder: its index
	names    []string        // of an object, one for each child
	keys     [][]byte        // the same as they are written, with the colon
	children []node
	size     int // of the root: how long the text is likely to become
	from, to int // the leaves inside: [from, to)
}

func (n node) variable() bool { return n.to > n.from }

// Sources are the names that a placeholder may have.
func Sources() []string {
	return []string{
		"id", "login", "email", "originalLogin", "mailNickname", "givenName", "middleName", "familyName", "displayName", "nickname",
		"userType", "title", "department", "employeeNumber", "phone", "mobile", "fax", "street", "city", "region", "postalCode", "country",
		"locale", "preferredLanguage", "manager", // of a person, and "custom." with a name
		"name",                                         // of a group
		"active", "activeText", "password", "remoteId", // of the moment
	}
}

// customPrefix begins the sources that are a person's custom attributes.
const customPrefix = "custom."

// CustomName reports whether a custom attribute may have this name: a letter, then letters, digits and
// underscores of ASCII.
func CustomName(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return name != ""
}

// Custom returns the name of the custom attribute that a source is; ok is false for any other source.
func Custom(source string) (name string, ok bool) {
	name, ok = strings.CutPrefix(source, customPrefix)
	return name, ok && CustomName(name)
}

func known(source string) bool {
	_, custom := Custom(source)
	return custom || slices.Contains(Sources(), source)
}

// momentary are sources that are not part of what is known of a person: their change is no change of the
// profile.
func momentary(source string) bool {
	return slices.Contains([]string{"active", "activeText", "password", "remoteId"}, source)
}

// source translates OneLogin's names of placeholders (L4) into ours.
func source(name string) string {
	switch name {
	case "$user.id":
		return "id"
	case "$user.email":
		return "email"
	case "$user.firstname":
		return "givenName"
	case "$user.lastname":
		return "familyName"
	case "$user.display_name":
		return "displayName"
	case "$user.title":
		return "title"
	case "$user.department":
		return "department"
	case "$user.phone":
		return "phone"
	case "$parameters.scimusername":
		return "login"
	default:
		return name
	}
}

// ParseTemplate reads a template: a JSON object. It fails for a placeholder that is none of Sources, and
// for one in an array entry without a constant "type", to which no path leads.
func ParseTemplate(text string) (Template, error) {
	p := parser{placeholders: regexp.MustCompile(`\{(\$?[A-Za-z][A-Za-z0-9_.]*)\}`)}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return Template{}, invalid([]byte(text))
	}
	root, err := p.object(compact.Bytes(), nil)
	if err != nil {
		return Template{}, err
	}
	root.size = 2 * compact.Len()
	return Template{root: root, leaves: p.leaves}, nil
}

type parser struct {
	placeholders *regexp.Regexp
	leaves       []Leaf
}

func (p *parser) node(raw json.RawMessage, route []step) (node, error) {
	switch raw[0] {
	case '{':
		return p.object(raw, route)
	case '[':
		return p.array(raw, route)
	case '"':
		return p.text(raw, route)
	default:
		return node{kind: constant, raw: raw, from: len(p.leaves), to: len(p.leaves)}, nil
	}
}

func (p *parser) object(raw json.RawMessage, route []step) (node, error) {
	o, err := Parse(raw)
	if err != nil {
		return node{}, err
	}
	n := node{kind: object, from: len(p.leaves)}
	for _, m := range o.members {
		child, err := p.node(m.value, append(slices.Clone(route), step{name: m.name}))
		if err != nil {
			return node{}, err
		}
		n.names = append(n.names, m.name)
		n.keys = append(n.keys, append(appendText(nil, m.name), ':'))
		n.children = append(n.children, child)
	}
	if n.to = len(p.leaves); !n.variable() && len(route) > 0 {
		return node{kind: constant, raw: raw, from: n.from, to: n.to}, nil
	}
	return n, nil
}

func (p *parser) array(raw json.RawMessage, route []step) (node, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return node{}, fmt.Errorf("not JSON: %w", err)
	}
	n := node{kind: array, from: len(p.leaves)}
	for _, entry := range entries {
		way := slices.Clone(route)
		way[len(way)-1].entry = typeOf(entry)
		child, err := p.node(entry, way)
		if err != nil {
			return node{}, err
		}
		if child.variable() && way[len(way)-1].entry == "" {
			return node{}, fmt.Errorf("%s: an entry with a placeholder needs a \"type\" that is none, to have a path", pathOf(route))
		}
		n.children = append(n.children, child)
	}
	if n.to = len(p.leaves); !n.variable() {
		return node{kind: constant, raw: raw, from: n.from, to: n.to}, nil
	}
	return n, nil
}

func typeOf(entry json.RawMessage) string {
	o, err := Parse(entry)
	if err != nil {
		return ""
	}
	return o.Text("type")
}

func (p *parser) text(raw json.RawMessage, route []step) (node, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return node{}, fmt.Errorf("not JSON: %w", err)
	}
	at := len(p.leaves)
	found := p.placeholders.FindAllStringSubmatch(s, -1)
	if len(found) == 0 {
		return node{kind: constant, raw: raw, from: at, to: at}, nil
	}
	leaf := Leaf{Path: pathOf(route), text: s, route: route}
	leaf.Plain = !strings.Contains(leaf.Path, "[")
	for _, match := range found {
		name := source(match[1])
		if !known(name) {
			return node{}, fmt.Errorf("%s: placeholder {%s} is none of {%s}, {%sNAME}", leaf.Path, match[1], strings.Join(Sources(), "}, {"), customPrefix)
		}
		leaf.text = strings.ReplaceAll(leaf.text, match[0], "{"+name+"}")
		leaf.sources = append(leaf.sources, name)
	}
	if len(found) > 1 && slices.ContainsFunc(leaf.sources, momentary) {
		return node{}, errors.New(leaf.Path + ": this placeholder stands alone")
	}
	leaf.momentary = slices.ContainsFunc(leaf.sources, momentary)
	if leaf.text != "{"+leaf.sources[0]+"}" {
		leaf.parts = split(leaf.text, leaf.sources)
	}
	p.leaves = append(p.leaves, leaf)
	return node{kind: placeholder, leaf: at, from: at, to: at + 1}, nil
}

// split cuts a text at its placeholders, which come in the order of sources.
func split(text string, sources []string) []part {
	var parts []part
	for _, source := range sources {
		before, after, _ := strings.Cut(text, "{"+source+"}")
		parts = append(parts, part{text: before}, part{source: source})
		text = after
	}
	return append(parts, part{text: text})
}

func pathOf(route []step) string {
	var b strings.Builder
	for i, s := range route {
		switch {
		case i == 0:
		case i == 1 && strings.HasPrefix(route[0].name, "urn:"):
			b.WriteByte(':')
		default:
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.entry != "" {
			b.WriteString(`[type eq "` + s.entry + `"]`)
		}
	}
	return b.String()
}

// Leaves lists the attributes that have a placeholder, in the order of the template.
func (t Template) Leaves() []Leaf { return t.leaves }

// LeafAt finds the attribute with a path. ok is false when the template has none.
func (t Template) LeafAt(path string) (leaf Leaf, ok bool) {
	at := slices.IndexFunc(t.leaves, func(l Leaf) bool { return l.Path == path })
	if at < 0 {
		return Leaf{}, false
	}
	return t.leaves[at], true
}

// Source is the one placeholder of the leaf, "" when it has several.
func (l Leaf) Source() string {
	if l.parts != nil {
		return ""
	}
	return l.sources[0]
}

// Momentary says that the leaf is no part of a profile: whether the user is active, a password, an id.
func (l Leaf) Momentary() bool { return l.momentary }
