package scim

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

// trait is an attribute of users or groups as the target publishes it, with the characteristics that RFC 7643
// section 2.2 gives to one of which the schema does not say them.
type trait struct {
	endpoint string
	urn      string // of the extension; "" for the core schema
	parent   string // the complex attribute, where it is a sub-attribute
	name     string
	parts    []trait // of a complex attribute

	kind, mutability, returned, uniqueness   string
	multiValued, required, caseExact, listed bool // listed: it has canonicalValues
}

// newTrait reads a definition (RFC 7643 section 7). Keywords are compared in any case.
func newTrait(definition any) trait {
	keyword := func(name, otherwise string) string {
		if text := textAt(definition, "/"+name); text != "" {
			return strings.ToLower(text)
		}
		return otherwise
	}
	flag := func(name string) bool {
		value, _ := wire.At(definition, "/"+name)
		return value == true
	}
	x := trait{
		name: textAt(definition, "/name"), kind: keyword("type", "string"), mutability: keyword("mutability", "readwrite"),
		returned: keyword("returned", "default"), uniqueness: keyword("uniqueness", "none"),
		multiValued: flag("multiValued"), required: flag("required"), caseExact: flag("caseExact"),
		listed: len(listAt(definition, "/canonicalValues")) > 0,
	}
	if x.kind != "complex" {
		return x
	}
	for _, sub := range listAt(definition, "/subAttributes") {
		part := newTrait(sub)
		part.parent = x.name
		x.parts = append(x.parts, part)
	}
	return x
}

// path is the attribute in a filter or a PATCH (RFC 7644 section 3.10).
func (x trait) path() string {
	path := x.name
	if x.parent != "" {
		path = x.parent + "." + path
	}
	if x.urn != "" {
		path = x.urn + ":" + path
	}
	return path
}

// pointer is where the attribute is in a resource.
func (x trait) pointer() string {
	pointer := "/" + x.name
	if x.parent != "" {
		pointer = "/" + x.parent + pointer
	}
	if x.urn != "" {
		pointer = "/" + x.urn + pointer
	}
	return pointer
}

func (x trait) writable() bool { return x.mutability != "readonly" }
func (x trait) readable() bool { return x.returned != "never" && x.mutability != "writeonly" }
func (x trait) unique() bool   { return x.uniqueness == "server" || x.uniqueness == "global" }

// atom makes up a value that no other resource of any run has, where the type has so many.
func (x trait) atom(t *check.T) any {
	name := t.Name()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // a hash does not fail
	number := int64(sum.Sum32() >> 1)
	switch x.kind {
	case "boolean":
		return true
	case "integer":
		return number
	case "decimal":
		return float64(number%1e6) + 0.5
	case "datetime":
		return "2011-05-13T04:42:34Z"
	case "binary":
		return base64.StdEncoding.EncodeToString([]byte(name))
	case "reference":
		return "https://assay.example.test/" + name
	}
	return name
}

// value is a value of the attribute as a whole.
func (x trait) value(t *check.T) any {
	value := x.atom(t)
	if x.kind == "complex" {
		object := map[string]any{}
		for _, part := range x.parts {
			if part.writable() && !part.listed && (part.required || part.name == "value") {
				object[part.name] = part.value(t)
			}
		}
		value = object
	}
	if x.multiValued {
		return []any{value}
	}
	return value
}

// schemaClaims is what the target publishes of users and groups, the types that a check can make.
type schemaClaims struct {
	traits   []trait
	required []trait // extensions that a type must have; only endpoint and urn are set
}

// claims reads the published resource types and schemas.
func claims(t *check.T) schemaClaims {
	definitions := map[string][]any{}
	for _, schema := range check.Elements(schemaList(t), "/Resources") {
		definitions[strings.ToLower(textAt(schema, "/id"))] = listAt(schema, "/attributes")
	}
	types := t.Get("/ResourceTypes")
	t.Require("the list of resource types", types, check.BeListResponse())
	c := schemaClaims{}
	for _, resourceType := range check.Elements(types, "/Resources") {
		endpoint := "/" + strings.Trim(textAt(resourceType, "/endpoint"), "/")
		if at := strings.LastIndex(endpoint, "/"); endpoint[at:] == "/Users" || endpoint[at:] == "/Groups" {
			endpoint = endpoint[at:]
		} else {
			continue
		}
		c.add(endpoint, "", definitions[strings.ToLower(textAt(resourceType, "/schema"))])
		for _, extension := range listAt(resourceType, "/schemaExtensions") {
			urn := textAt(extension, "/schema")
			c.add(endpoint, urn, definitions[strings.ToLower(urn)])
			if required, _ := wire.At(extension, "/required"); required == true {
				c.required = append(c.required, trait{endpoint: endpoint, urn: urn})
			}
		}
	}
	return c
}

func (c *schemaClaims) add(endpoint, urn string, definitions []any) {
	for _, definition := range definitions {
		x := newTrait(definition)
		x.endpoint, x.urn = endpoint, urn
		for i := range x.parts {
			x.parts[i].endpoint, x.parts[i].urn = endpoint, urn
		}
		c.traits = append(c.traits, x)
	}
}

// special are attributes that mean something to every target: a made-up value says little about how it
// treats others, and other checks are about them.
var special = []string{"id", "externalid", "meta", "schemas", "username", "active", "emails", "members", "groups", "password"}

// choose gives the attributes that are picked, and sub-attributes of singular ones. When there are none,
// the check is not applicable.
func (c schemaClaims) choose(t *check.T, what string, picked func(trait) bool) []trait {
	var chosen []trait
	for _, x := range c.traits {
		if x.urn == "" && slices.Contains(special, strings.ToLower(x.name)) {
			continue
		}
		if picked(x) {
			chosen = append(chosen, x)
		}
		if x.multiValued || !x.writable() {
			continue
		}
		for _, part := range x.parts {
			if picked(part) && !part.multiValued {
				chosen = append(chosen, part)
			}
		}
	}
	if len(chosen) == 0 {
		t.NotApplicable("the target publishes no attribute of users or groups that is %s", what)
	}
	return chosen
}

// body is a valid resource with values of attributes, and what the schemas require beside them.
func (c schemaClaims) body(t *check.T, endpoint string, values ...held) map[string]any {
	doc := t.User()
	if endpoint == "/Groups" {
		doc = t.Group()
	}
	for _, extension := range c.required {
		if extension.endpoint == endpoint {
			c.open(t, doc, extension.urn)
		}
	}
	for _, h := range values {
		h.into(c, t, doc)
	}
	return doc
}

// open gives a resource the container of an extension with what is required in it.
func (c schemaClaims) open(t *check.T, doc map[string]any, urn string) map[string]any {
	if inner, ok := doc[urn].(map[string]any); ok {
		return inner
	}
	inner := map[string]any{}
	doc[urn] = inner
	doc["schemas"] = append(slices.Clone(doc["schemas"].([]any)), urn)
	var filler *trait
	for i, x := range c.traits {
		switch {
		case x.urn != urn || !x.writable() || x.listed:
		case x.required:
			inner[x.name] = x.value(t)
		case filler == nil && x.kind == "string" && !x.multiValued:
			filler = &c.traits[i]
		}
	}
	if len(inner) == 0 && filler != nil {
		inner[filler.name] = filler.value(t)
	}
	return inner
}

// held is an attribute with a value for it.
type held struct {
	trait
	value any
}

func (h held) into(c schemaClaims, t *check.T, doc map[string]any) {
	holder := doc
	if h.urn != "" {
		holder = c.open(t, doc, h.urn)
	}
	if h.parent == "" {
		holder[h.name] = h.value
		return
	}
	element, ok := holder[h.parent].(map[string]any)
	if !ok {
		element = map[string]any{}
		for _, x := range c.traits {
			if x.endpoint == h.endpoint && x.urn == h.urn && x.name == h.parent {
				element, _ = x.value(t).(map[string]any)
			}
		}
		holder[h.parent] = element
	}
	element[h.name] = h.value
}

// shown is the attribute in the target's answer to a read that asks for it by name.
func (h held) shown(t *check.T, r check.Resource) (any, *wire.Response) {
	res := t.Reread(r, wire.Query("attributes", h.path()))
	value, _ := res.At(h.pointer())
	return value, res
}

// made is a resource that has the value of an attribute.
type made struct {
	check.Resource
	held
}

// keep makes, for each of the attributes, a resource that keeps a value of it. An attribute whose value the
// target refuses, alters or drops says nothing: RFC 7644 section 3.3 leaves it free to. When there is none
// left, the check is not applicable.
func (c schemaClaims) keep(t *check.T, chosen []trait, value func(trait) any) []made {
	var kept []made
	for _, endpoint := range []string{"/Users", "/Groups"} {
		var values []held
		for _, x := range chosen {
			if x.endpoint == endpoint {
				values = append(values, held{x, value(x)})
			}
		}
		all := c.kept(t, endpoint, values)
		if len(values) > 1 && len(all) < len(values) {
			all = nil
			for _, h := range values {
				all = append(all, c.kept(t, endpoint, []held{h})...)
			}
		}
		kept = append(kept, all...)
	}
	if len(kept) == 0 {
		t.NotApplicable("the target does not keep what is sent for %s", chosen[0].path())
	}
	return kept
}

// kept makes one resource with all the values and gives those that it keeps.
func (c schemaClaims) kept(t *check.T, endpoint string, values []held) []made {
	if len(values) == 0 {
		return nil
	}
	sent := c.body(t, endpoint, values...)
	res := t.Post(endpoint, sent)
	id := res.String("/id")
	if !res.OK() || id == "" {
		return nil
	}
	r := check.Resource{ID: id, Path: endpoint + "/" + id, Sent: sent, Created: res, Response: res}
	stored := t.Get(r.Path)
	var kept []made
	for _, h := range values {
		got, _ := stored.At(h.pointer())
		if h.returned == "request" {
			got, _ = h.shown(t, r)
		}
		if !h.readable() || sameValue(got, h.value) {
			kept = append(kept, made{r, h})
		}
	}
	return kept
}

// put gives a body for PUT: what was sent to make the resource, with another value of the attribute. A
// value of nil leaves it out.
func (m made) put(value any) map[string]any {
	doc := maps.Clone(m.Sent)
	doc["id"] = m.ID
	holder := doc
	for _, name := range []string{m.urn, m.parent} {
		if inner, ok := holder[name].(map[string]any); ok {
			inner = maps.Clone(inner)
			holder[name], holder = inner, inner
		}
	}
	holder[m.name] = value
	if value == nil {
		delete(holder, m.name)
	}
	return doc
}

// sameValue tells whether a target has kept a value. It may spell a number in another way.
func sameValue(got, sent any) bool {
	number, ok := got.(json.Number)
	if want, isFloat := sent.(float64); ok && isFloat {
		n, err := number.Float64()
		return err == nil && n == want
	}
	return check.Contains(got, sent)
}
