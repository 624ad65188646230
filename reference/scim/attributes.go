package scim

import (
	"slices"
	"strings"

	"assay/reference/directory"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// accept takes the attributes of a POST or PUT that the library has validated: it makes them
// canonical, drops what clients may not write, and splits off the ids of a group's members.
func (k *kind) accept(attributes map[string]any) (doc map[string]any, members []string, err error) {
	if doc, err = k.Canonicalise(attributes); err != nil {
		return nil, nil, err
	}
	k.StripReadOnly(doc)
	if err := k.CheckRequired(doc); err != nil {
		return nil, nil, err
	}
	if k.Kind == directory.Group {
		members, err = memberIDs(doc["members"])
		delete(doc, "members")
	}
	return doc, members, err
}

// named gives the attributes that a POST or PUT writes, as paths with the URN of an extension.
func (k *kind) named(doc map[string]any) []string {
	var names []string
	for key, value := range doc {
		extension := k.Extension(key)
		if a := k.Attribute(key); a != nil && extension == nil {
			names = append(names, a.Name)
		}
		inner, _ := value.(map[string]any)
		for name := range inner {
			if ref, err := k.Resolve(key + ":" + name); err == nil && extension != nil && ref.Attribute != nil {
				names = append(names, ref.String())
			}
		}
	}
	return names
}

func memberIDs(value any) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for i, item := range schema.Values(value) {
		member, _ := item.(map[string]any)
		id, _ := member["value"].(string)
		if id == "" {
			return nil, scimerr.InvalidValue("members[%d].value: the id of a user or group is wanted", i)
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// open gives the document that a PATCH works on.
func open(r directory.Resource) map[string]any {
	doc := schema.Clone(r.Attributes)
	if doc == nil {
		doc = map[string]any{}
	}
	if r.ExternalID != "" {
		doc["externalId"] = r.ExternalID
	}
	return doc
}

// fill puts a canonical document into a resource. A document that does not say whether the user is
// active leaves that as it is. The password goes nowhere.
func (k *kind) fill(r *directory.Resource, doc map[string]any) {
	r.ExternalID, _ = doc["externalId"].(string)
	delete(doc, "externalId")
	delete(doc, "password")
	if k.Kind == directory.User {
		canonicalAddresses(doc)
	}
	k.distinct(doc)
	r.Name, _ = doc[k.name].(string)
	if k.Kind == directory.User {
		if active, said := doc["active"].(bool); said {
			r.Active = active
		}
		doc["active"] = r.Active
		r.Email = primaryEmail(doc["emails"])
	}
	r.Attributes = doc
	unique := k.UniqueValues(doc, k.name)
	r.Unique = make([]directory.UniqueValue, len(unique))
	for i, value := range unique {
		r.Unique[i] = directory.UniqueValue(value)
	}
}

// primaryEmail is the address that is marked primary, or else the first.
func primaryEmail(emails any) string {
	list := schema.Values(emails)
	at := slices.IndexFunc(list, schema.IsPrimary)
	if at < 0 && len(list) > 0 {
		at = 0
	}
	if at < 0 {
		return ""
	}
	email, _ := list[at].(map[string]any)
	value, _ := email["value"].(string)
	return strings.TrimSpace(value)
}

// distinct merges values with the same type and value, which must not be returned twice (RFC 7643
// section 2.4). The first stays, and takes over the mark of a later one that is primary.
func (k *kind) distinct(doc map[string]any) {
	for name, value := range doc {
		list, ok := value.([]any)
		if !ok || len(list) < 2 {
			continue
		}
		a := k.Attribute(name)
		if a == nil || a.SubAttribute("type") == nil {
			continue
		}
		doc[name] = merge(list)
	}
}

func merge(list []any) []any {
	type key struct{ kind, value any }
	first := map[key]map[string]any{}
	out := list[:0:0]
	for _, item := range list {
		element, ok := item.(map[string]any)
		value, isText := element["value"].(string)
		if !ok || !isText {
			out = append(out, item)
			continue
		}
		label, _ := element["type"].(string)
		id := key{label, value}
		earlier, twice := first[id]
		if !twice {
			first[id] = element
			out = append(out, item)
			continue
		}
		if schema.IsPrimary(element) {
			earlier["primary"] = true
		}
	}
	return out
}

// changedAttributes names the top-level attributes in which two states of a resource differ.
func changedAttributes(old, fresh directory.Resource) []string {
	var names []string
	for name, value := range fresh.Attributes {
		if before, present := old.Attributes[name]; !present || !schema.Same(before, value) {
			names = append(names, name)
		}
	}
	for name := range old.Attributes {
		if _, present := fresh.Attributes[name]; !present {
			names = append(names, name)
		}
	}
	if old.ExternalID != fresh.ExternalID {
		names = append(names, "externalId")
	}
	slices.Sort(names)
	return names
}
